"""Claims about cells are about steps 0 <= k <= t <= T: what is left of them is named, and nothing left is refused."""

import random
from fractions import Fraction
from itertools import product

import pytest
import sympy

import symgrad as sg
from symgrad.base.errors import ClaimError
from symgrad.language.verdicts import Outcome
from symgrad.symbols.inequalities import Row, is_impossible

VECTOR = (["h[t] = tanh(W @ h[t-1])"], ["h vector (n)", "W matrix (n, n)"])
UNIT = (["h[t] = tanh(w*h[t-1])"], [])
LINEAR = (["h[t] = W @ h[t-1]"], ["h vector (n)", "W matrix (n, n)"])


def said(cell, says, where=()):
    equations, shapes = cell
    text = says if cell is not UNIT else says.replace("norm(W)", "Abs(w)").replace("norm(", "Abs(")
    return sg.cell_claim(equations, text, where=[*shapes, *where])


EMPTY = [
    ("norm(dh[T]/dh[k]) <= -1", ["k > T"]),
    ("norm(dh[T]/dh[k]) == -3", ["k >= T + 3"]),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k)", ["k > T"]),
    ("norm(dh[t]/dh[k]) <= -1", ["k == t + 1"]),
    ("norm(dh[t]/dh[k]) <= -1", ["2*t < k"]),
    ("norm(dh[t]/dh[k]) <= -1", ["t == 2", "k == 3"]),
    ("norm(dh[t]/dh[k]) <= -1", ["k > t - 1", "k < t"]),
    ("norm(dh[t]/dh[k]) <= -1", ["2*k > 2*t - 2", "2*k < 2*t"]),
    ("norm(dh[T]/dh[k]) <= -1", ["k < 0"]),
    ("norm(dh[T]/dh[k-1]) <= -1", ["k <= 0"]),
    ("norm(dh[T]/dh[T-k]) <= -1", ["k > T"]),
    ("norm(dh[T]/dh[T-2]) <= norm(W)**2", ["T == 1"]),
    ("norm(dh[T]/dh[2]) <= -1", ["T <= 1"]),
    ("norm(dh[t]/dh[t-1]) <= -1", ["t > T"]),
    ("norm(dh[t]/dh[t-1]) <= -1", ["T >= 0", "T == 0", "t <= T"]),
    ("norm(dh[T+1]/dh[T]) <= -1", []),
    ("norm(h[T-3]) <= -1", ["T == 2"]),
    ("norm(h[k]) <= -1", ["k < 0"]),
    ("norm(h[k]) <= norm(h[T])", ["k > T"]),
    ("sum(norm(dh[T]/dh[k]), (k, 1, 3)) <= -1", ["T == 2"]),
]


@pytest.mark.parametrize("cell", [VECTOR, UNIT, LINEAR], ids=["vector", "unit", "linear"])
@pytest.mark.parametrize(("says", "where"), EMPTY, ids=str)
def test_a_claim_about_no_steps_is_refused(cell, says, where):
    with pytest.raises(ClaimError) as caught:
        said(cell, says, where)
    assert str(caught.value).startswith("the domain is empty: ")
    assert "\n" not in str(caught.value)


NAMED = [  # a claim, its conditions, and the conditions on steps that nobody stated
    ("norm(dh[T]/dh[0]) <= norm(W)**T", [], "T >= 1"),
    ("norm(dh[T]/dh[0]) <= norm(W)**T", ["T >= 1"], ""),
    ("norm(dh[T]/dh[0]) <= norm(W)**T", ["T >= 0"], ""),
    ("norm(dh[T]/dh[0]) <= norm(W)**T", ["T <= 2"], "T >= 1"),
    ("norm(dh[T]/dh[2]) <= norm(W)**(T - 2)", [], "T >= 2"),
    ("norm(dh[T]/dh[T-2]) <= norm(W)**2", [], "T >= 2"),
    ("norm(dh[T]/dh[T-2]) <= norm(W)**2", ["T >= 0"], "T >= 2"),
    ("norm(dh[T]/dh[T-2]) <= norm(W)**2", ["T > 1"], ""),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k)", [], "0 <= k <= T and T >= 1"),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k)", ["k <= T"], "k >= 0 and T >= 1"),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k)", ["k < T"], "k >= 0"),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k)", ["k >= 0", "k < T"], ""),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k)", ["k >= 1"], "k <= T"),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k)", ["k in [-3, 5]"], "0 <= k <= T and T >= 1"),
    ("norm(dh[T]/dh[T-k]) <= norm(W)**k", [], "0 <= T - k <= T and T >= 1"),
    ("norm(dh[t]/dh[k]) <= norm(W)**(t - k)", ["t <= T"], "0 <= k <= t and t >= 1"),
    ("norm(dh[T]/dh[t]) <= norm(W)**(T - t)", [], "1 <= t <= T"),
    ("norm(dh[t]/dh[t-1]) <= norm(W)", [], "t >= 1"),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("cell", [VECTOR, UNIT], ids=["vector", "unit"])
@pytest.mark.parametrize(("says", "where", "told"), NAMED, ids=str)
def test_what_nobody_stated_of_steps_is_named_and_nothing_else(cell, says, where, told):
    verdict = sg.verify(said(cell, says, where))
    assert verdict.outcome is Outcome.PROVED, verdict
    assert verdict.side_conditions == ()
    named = verdict.evidence.rpartition("; for ")[2] if "; for " in verdict.evidence else ""
    assert named == told


FALSE = [
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k + 1)", ["k >= 5", "k < T"], lambda k, T: 5 <= k < T),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k + 1)", ["k == T - 2"], lambda k, T: k == T - 2),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k + 1)", ["T == 6", "k > 3"], lambda k, T: T == 6 and 3 < k <= 6),
    ("norm(dh[T]/dh[k]) <= norm(W)**(T - k + 1)", ["k > T - 1"], lambda k, T: k == T),
    ("norm(dh[T]/dh[k]) < norm(W)**(T - k)", [], lambda k, T: 0 <= k <= T),
]


@pytest.mark.parametrize("cell", [VECTOR, UNIT], ids=["vector", "unit"])
@pytest.mark.parametrize(("says", "where", "fits"), FALSE, ids=[", ".join([says, *where]) for says, where, _ in FALSE])
def test_a_witness_is_at_steps_of_the_domain(cell, says, where, fits):
    verdict = sg.verify(said(cell, says, where))
    assert verdict.outcome is Outcome.REFUTED, verdict
    assert fits(*(Fraction(verdict.witness.point[name]) for name in "kT"))


@pytest.mark.parametrize("condition", ["k > T**2", "k > T + norm(W)", "k*k > T*T + norm(W)"])
def test_conditions_that_are_no_inequalities_between_steps_alone_prove_nothing_either(condition):
    assert sg.verify(said(VECTOR, "norm(dh[T]/dh[k]) <= -1", [condition])).holds is None


# --- inequalities between whole numbers ---------------------------------------------------------------------------

SYMBOLS = sympy.symbols("i j k", integer=True)
REACH = range(-3, 4)


def drawn(generator, is_of_differences):
    """Rows with small coefficients; every system has rows that keep its symbols within REACH."""
    box = [Row(((s, sign),), 3) for s in SYMBOLS for sign in (1, -1)]
    for _ in range(generator.randint(1, 4)):
        if is_of_differences:
            one, other = generator.sample(SYMBOLS, 2)
            terms = {one: 1, other: -1}
        else:
            terms = {s: generator.randint(-3, 3) for s in SYMBOLS}
        kept = tuple((s, c) for s, c in sorted(terms.items(), key=str) if c)
        box.append(Row(kept, generator.randint(-4, 3)))
    return box


def has_point(rows):
    points = (dict(zip(SYMBOLS, values)) for values in product(REACH, repeat=len(SYMBOLS)))
    return any(all(sum(c * p[s] for s, c in row.terms) + row.constant >= 0 for row in rows) for p in points)


def test_what_is_called_impossible_has_no_point_among_whole_numbers():
    generator = random.Random(7)
    systems = [drawn(generator, False) for _ in range(150)]
    impossible = [rows for rows in systems if is_impossible(rows)]
    assert not any(map(has_point, impossible))
    assert 10 < len(impossible) < 140  # so that both answers were asked for


def test_differences_of_steps_are_decided():
    generator = random.Random(8)
    for rows in (drawn(generator, True) for _ in range(100)):
        assert is_impossible(rows) is not has_point(rows)
