"""Sets are taken apart by their form, and their ends are compared only where their order is told."""

import re
from pathlib import Path

import pytest
import sympy
from sympy import Complement, ConditionSet, FiniteSet, Interval, Range, Rational, S, Symbol, Union, cos, oo, sin, sqrt

from symgrad.base.sized import TooLarge
from symgrad.prove.basics import sets

x = Symbol("x", real=True)
ONE = sin(1) ** 2 + cos(1) ** 2
SAME = (sqrt(2) + sqrt(3)) * sqrt(5 - 2 * sqrt(6))  # one again
OF_INTEGERS = [
    S.Integers,
    S.Naturals,
    Range(3),
    Range(1, oo),
    FiniteSet(1, 2),
    Union(Range(3), FiniteSet(7)),
    Complement(S.Integers, Interval(0, 1)),
    S.EmptySet,
    ConditionSet(x, x**3 > 2, S.Integers),
]
OF_REALS = [S.Reals, Interval(0, oo), FiniteSet(sqrt(2)), Union(Interval(0, 1), FiniteSet(2)), Interval(ONE, SAME + 1)]
NEITHER = [S.Complexes, FiniteSet(sympy.I), Union(Interval(0, 1), FiniteSet(sympy.I))]


@pytest.mark.parametrize("values", [*OF_INTEGERS, *OF_REALS, *NEITHER], ids=str)
def test_what_a_set_is_made_of(values):
    assert sets.is_of_integers(values) is (values in OF_INTEGERS)
    assert sets.is_of_reals(values) is (values not in NEITHER)


@pytest.mark.parametrize("values", [v for v in (*OF_INTEGERS, *OF_REALS, *NEITHER) if not v.has(cos)], ids=str)
def test_it_is_made_of_what_sympy_says_where_sympy_can_tell(values):
    assert sets.is_of_integers(values) is bool(values.is_subset(S.Integers))
    assert sets.is_of_reals(values) is bool(values.is_subset(S.Reals))


@pytest.mark.parametrize(
    "values", [Interval(ONE, 5), Interval(ONE - 1, ONE), Union(Interval(ONE, 2), Interval(3, 4))], ids=str
)
@pytest.mark.parametrize("other", [Interval(SAME, 3), FiniteSet(SAME)], ids=str)
def test_ends_that_are_the_same_in_other_words_are_not_put_in_order(values, other):
    with pytest.raises(TooLarge, match="cannot be told apart"):
        sets.meet(values, other)
    with pytest.raises(TooLarge, match="cannot be told apart"):
        sets.without(values, [SAME, SAME - 1])


def test_ends_that_are_told_apart_are_put_in_order():
    assert sets.meet(Interval(ONE / 2, 5), Interval(1, sqrt(3))) == Interval(1, sqrt(3))
    assert sets.without(Interval(0, sqrt(2)), [Rational(1, 2)]) == Union(
        Interval.Ropen(0, Rational(1, 2)), Interval.Lopen(Rational(1, 2), sqrt(2))
    )
    assert sets.interior(Interval(ONE - 1, SAME - 1)).left_open


def test_provers_ask_sets_here_and_not_sympy():
    asked = re.compile(r"\.(is_subset|is_superset|is_disjoint|intersect|interior|boundary|complement)\b")
    rooms = (path for path in Path(sets.__file__).parents[1].rglob("*.py") if path.name != "sets.py")
    assert [path.name for path in rooms if asked.search(path.read_text(encoding="utf-8"))] == []
