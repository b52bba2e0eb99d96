"""Parts that have no value everywhere are kept only by what has none there either."""

from itertools import product

import pytest
from sympy import Rational, Symbol

import symgrad as sg
from symgrad.base.errors import ParseError
from symgrad.language.provable import as_sympy
from symgrad.language.verdicts import Outcome
from symgrad.reading.text import kept, parse_written

c, k = Symbol("c", real=True), Symbol("k", integer=True)
EXPONENTS = [Rational(p, q) for p in range(-4, 5) for q in (1, 2, 3)]
SHAPES = ["A, B matrix (n, n)", "x vector (n)"]


def has_value(base, exponent):
    """Whether a real power of -1, 0 or 1, which stand for all numbers of one sign, has a value."""
    return base > 0 or (exponent >= 0 if base == 0 else exponent.is_integer)


@pytest.mark.parametrize("lost", EXPONENTS, ids=str)
def test_a_power_keeps_the_others_that_have_values_wherever_it_has_one_and_no_more(lost):
    parts = list(kept.of_scalar(c**lost))
    for other in EXPONENTS:
        contained = all(has_value(base, lost) for base in (-1, 0, 1) if has_value(base, other))
        assert all(kept.is_in(c**other, part) for part in parts) is contained, other


@pytest.mark.parametrize(("lost", "other"), [*product((k, k + 1, k + Rational(1, 2)), repeat=2)], ids=str)
def test_of_powers_with_any_whole_number_the_one_with_the_smaller_exponent_keeps_the_others(lost, other):
    step = other - lost
    assert kept.is_in(c**other, c**lost) is bool(step.is_Integer and step <= 0)


KEPT = [
    ("1/c + c", "1/c"),
    ("1/c", "c**(-3)"),
    ("log(c)", "log(c) + exp(c)"),
    ("Sum(j/c, (j, 1, 3))", "2*Sum(j/c, (j, 1, 3))"),
    ("Piecewise((1/c, c > 1), (c, True))", "3 + Piecewise((c**(-2), c > 1), (c**2, True))"),
    ("Piecewise((1/c, 1 < c), (c, True))", "Piecewise((1/c, c > 1), (c, True))**2"),
    ("1/(1 + sqrt(2)) + Abs(c)**(3/2) + (1 + 2**c)**0", "c"),
]
LOST = [
    ("1/c", "Piecewise((1/c, c > 1), (c, True))"),
    ("1/j", "Sum(1/j, (j, 1, 3))"),
    ("1/c", "Sum(j/c, (j, 1, T))"),
    ("1/s", "Limit(1/s, s, oo)"),
    ("log(c)", "Piecewise((log(c), c > 1), (c, True))"),
    ("Piecewise((1/c, c > 0), (c, True))", "Piecewise((1/c, c > 1), (c, True))"),
    ("Piecewise((1/c - 1/c, c > 0), (c, True))", "Piecewise((c, c > 0), (c, True))"),
    ("Sum(j/c, (j, 1, 3))", "Sum(j/c, (j, 1, 2))"),
    ("Integral(exp(s), (s, 0, oo))", "c"),
    ("diff(Abs(c), c)", "c"),
    ("1/(sqrt(3 + 2*sqrt(2)) - sqrt(2) - 1)", "c"),
    ("sqrt(-2)", "c"),
    ("log(-1)", "c"),
]


@pytest.mark.parametrize(("written", "made", "is_kept"), [(*row, row in KEPT) for row in (*KEPT, *LOST)], ids=str)
def test_what_is_looked_at_in_a_case_or_with_a_variable_of_its_own_keeps_nothing_outside_of_it(written, made, is_kept):
    parts = kept.of_scalar(parse_written(written))
    assert all(kept.is_in(as_sympy(parse_written(made)), part) for part in parts) is is_kept


UNDEFINED = [  # each was proved: a side has no value at 0, or at a number below it
    ("norm(c**(3/2)/c*A) == sqrt(c)*norm(A)", ["c >= 0"]),
    ("norm(log(c)**(3/2)/log(c)*A) >= 0", ["c >= 1"]),
    ("norm(A/norm(A)*norm(A)**(3/2)) == norm(A)**(3/2)", []),
    ("norm(sqrt(c)*sqrt(c)/c**2*A) == norm(A)/Abs(c)", ["c < 0"]),
    ("norm(elementwise(y, Abs(y)**(3/2)/Abs(y), x)) >= 0", []),
    ("norm((1/c - 1/c + Piecewise((1/c, c > 5), (1, True)))*A) >= 0", []),
    ("norm(elementwise(y, 1/y - 1/y + Piecewise((1/y, y > 5), (y, True)), x)) >= 0", []),
    ("norm(elementwise(y, 1/y, elementwise(y, 1/y - 1/y + y + 1, x))) >= 0", ["norm(x) > 2"]),
    ("norm((1/s - 1/s + Limit(1/s, s, oo))*A) >= 0", []),
    ("norm((Integral(exp(s), (s, 0, oo)) - Integral(exp(s), (s, 0, oo)))*A) == 0", []),
    ("norm(A*norm(B/c) - A*norm(B/c)) == 0", []),
]


@pytest.mark.parametrize(("says", "where"), UNDEFINED, ids=str)
def test_claims_whose_sides_lose_a_part_are_refused(says, where):
    with pytest.raises(ParseError, match="cancels here, and it has no value everywhere"):
        sg.claim(says, where=[*SHAPES, *where])


CHOSEN = [
    ("norm(Piecewise((1/c, c > 1), (c, True))**2*A) >= 0", Outcome.PROVED),
    ("norm(Piecewise((norm(B/c), c > 1), (1, True))*A) <= norm(A)*(1 + norm(B))", Outcome.PROVED),
    ("norm(elementwise(y, Piecewise((1/y, y > 1), (y, True)), x)) >= 0", Outcome.PROVED),
    ("Piecewise((norm(A/c), c > 1), (0, True)) >= 0", Outcome.SUPPORTED),
    ("Piecewise((norm(A/c), c > -1), (0, True)) >= 0", Outcome.REFUTED),
    ("norm(Piecewise((norm(B/c), c > -1), (1, True))*A) >= 0", Outcome.REFUTED),
]


@pytest.mark.parametrize(("says", "outcome"), CHOSEN, ids=str)
def test_a_norm_needs_a_value_only_in_the_case_that_is_chosen(says, outcome):
    assert sg.verify(sg.claim(says, where=SHAPES)).outcome is outcome


def test_cells_keep_the_parts_of_their_equations():
    with pytest.raises(ParseError, match=r"1/Abs\(x\[t\]\) cancels here"):
        sg.read_cell("h[t] = Abs(x[t])**(3/2)/Abs(x[t])*h[t-1]")
