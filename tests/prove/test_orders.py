"""Max, Min and Piecewise of comparisons, in every order of what is compared."""

import math

import pytest
import sympy

import symgrad as sg
from symgrad.prove.provers.orders import METHOD, _orders

a, b, x, y = (sg.real(name) for name in "abxy")


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_there_are_as_many_orders_as_ordered_partitions(count):
    # The Fubini numbers: sums of k! S(n, k) over k (OEIS A000670).
    expected = sum(
        math.factorial(k) * sympy.functions.combinatorial.numbers.nT(range(count), k) for k in range(count + 1)
    )
    assert len(list(_orders(list(sympy.symbols(f"s:{count}", real=True))))) == expected


def test_numbers_stand_in_one_order_only():
    orders = list(_orders([sympy.Integer(1), sympy.Integer(3), x]))
    assert len(orders) == 5
    assert all(order[1] < order[3] for order in orders)


TRUE = [
    "Max(a, Min(b, x)) == Min(Max(a, b), Max(a, x))",
    "a + b + x == Max(a, b, x) + Min(a, b, x) + Max(Min(a, b), Min(b, x), Min(a, x))",
    "Max(a, b, x, y) == Piecewise((a, (a >= b) & (a >= x) & (a >= y)), (b, (b >= x) & (b >= y)), (Max(x, y), True))",
    "Max(a, Min(3, x)) == Min(Max(a, 3), Max(a, x))",
    "Max(a, b, x, y) >= Min(a, b, x, y)",
    "Min(Max(a, b), x) <= Max(a, Min(b, x))",
]
FALSE = [
    "Max(a, Min(b, x)) == Min(Max(a, b), x)",
    "Max(a, b, x, y) > Min(a, b, x, y)",
    "Max(a, Min(b, x)) <= Min(Max(a, b), x)",
    "Piecewise((a, a > b), (b, b > x), (x, True)) == Max(a, b, x)",
    "Min(a, b, x, y) == Piecewise((a, (a <= b) & (a <= x) & (a <= y)), (b, b <= x), (Min(x, y), True))",
    "Max(1/a, Min(b, x)) == Min(Max(1/a, b), Max(1/a, x))",
    "Piecewise((a, a > b), (b, b > x)) == Piecewise((a, a > b), (b, b > x))",
]


@pytest.mark.parametrize("says", TRUE)
def test_what_holds_in_every_order_is_proved(says):
    verdict = sg.verify(says)
    assert verdict.holds is True
    assert verdict.method == METHOD


@pytest.mark.parametrize("says", FALSE)
def test_what_fails_in_one_order_or_has_no_value_is_refuted(says):
    assert sg.verify(says).holds is False
