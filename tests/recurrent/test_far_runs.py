"""Claims about cells that are false only for large weights, for some weights at 0, for states far from 0, or late."""

import pytest
import sympy
from flint import fmpq

import symgrad as sg
from symgrad.language.statements import Domain
from symgrad.language.verdicts import Outcome
from symgrad.recurrent.oracle import far_runs

UNIT, LINEAR_UNIT = "h[t] = sigmoid(w*h[t-1])", "h[t] = w*h[t-1]"
LINEAR, LAYER, RESIDUAL = ("h[t] = W @ h[t-1]", "h[t] = tanh(W @ h[t-1])", "h[t] = h[t-1] + tanh(W @ h[t-1])")
GATED = "h[t] = sigmoid(a*h[t-1])*tanh(w*h[t-1])"
SHAPES = ["W matrix (n, n)", "h vector (n)"]
FALSE = [
    *((UNIT, f"Abs(dh[T]/dh[0]) <= {bound}", []) for bound in ("1", "10", "100", "10**4", "10**6")),
    (UNIT, "Abs(dh[T]/dh[0]) <= Abs(w)/4", []),
    (UNIT, "Abs(dh[T]/dh[0]) <= 2*Abs(w)", []),
    ("h[t] = sigmoid(w*h[t-1] + b + x[t])", "Abs(dh[T]/dh[0]) <= 2*Abs(w)", []),
    (UNIT, "Abs(dh[T]/dh[0]) >= 1/10**6", ["w >= 1"]),
    (UNIT, "Abs(dh[T]/dh[t])*Abs(dh[t]/dh[k]) <= (Abs(w)/4)**(T - t)", []),
    (LINEAR_UNIT, "Abs(dh[T]/dh[0]) <= 100", ["w in [1, 2]"]),
    ("h[t] = log(w*h[t-1])", "Abs(dh[T]/dh[0]) <= 7", []),
    (LINEAR_UNIT, "Abs(dh[T]/dh[0]) <= 1000", ["w < 2"]),
    (LINEAR_UNIT, "Abs(dh[T]/dh[0]) >= 1/1000", ["w in (1/2, 1)"]),
    (GATED, "Abs(dh[T]/dh[0]) <= Abs(a)**T", []),
    (GATED, "Abs(dh[T]/dh[0]) <= Abs(w)**T/4", []),
    ("h[t] = sigmoid(b)*h[t-1] + tanh(w*h[t-1])", "Abs(dh[T]/dh[0]) <= 100", ["Abs(w) <= 1"]),
    ("h[t] = tanh(h[t-1])", "h[1] <= 1 + h[0]/4", []),
    (LINEAR, "norm(dh[T]/dh[0]) <= 10**6", SHAPES),
    (LINEAR, "norm(dh[T]/dh[0]) <= 1000", [*SHAPES, "norm(W) <= 2"]),
    *((cell, "norm(dh[T]/dh[0]) > 1", [*SHAPES, "norm(W) > 1"]) for cell in (LINEAR, LAYER)),
    (LAYER, "norm(dh[T]/dh[0]) <= 10*norm(W)", SHAPES),
    (LAYER, "norm(dh[T]/dh[0]) <= 5", [*SHAPES, "norm(W) <= 3"]),
    ("h[t] = tanh(W @ h[t-1] + b)", "norm(dh[T]/dh[0]) <= 1000", [*SHAPES, "b vector (n)"]),
    (RESIDUAL, "norm(dh[T]/dh[0]) <= 100", [*SHAPES, "norm(W) <= 1"]),
]
TRUE = [
    (UNIT, "Abs(dh[T]/dh[0]) <= 1", ["Abs(w) <= 4"]),
    (UNIT, "Abs(dh[T]/dh[t])*Abs(dh[t]/dh[k]) <= (Abs(w)/4)**(T - k)", []),
    (UNIT, "Abs(dh[T]/dh[0]) > 0", ["w >= 1"]),
    (LINEAR_UNIT, "Abs(dh[T]/dh[0]) <= 2**T", ["w in [1, 2]"]),
    (GATED, "Abs(dh[T]/dh[0]) <= (Abs(a) + Abs(w))**T", []),
    ("h[t] = tanh(h[t-1])", "h[1] <= 1 + h[0]**2", []),
    (LINEAR, "norm(dh[T]/dh[0]) <= 2**T", [*SHAPES, "norm(W) <= 2"]),
    *((f"h[t] = {step}", "Abs(dh[T]/dh[0]) + 1 >= 0", []) for step in ("log(1 + (w*h[t-1])**2)", "w/(1 + h[t-1]**2)")),
    ("h[t] = tanh(w*h[t-1])", "norm(dh[T]/dh[0]) <= 7 + Abs(w)**T + norm(h[0])", ["h vector (n)"]),
    (RESIDUAL, "norm(dh[T]/dh[0]) <= 2**T", [*SHAPES, "norm(W) <= 1"]),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("cell", "says", "where"), FALSE, ids=lambda value: str(value)[:60])
def test_what_is_false_far_away_is_refuted(cell, says, where):
    assert sg.verify(sg.cell_claim(cell, says, where=where)).outcome is Outcome.REFUTED


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("cell", "says", "where"), TRUE, ids=lambda value: str(value)[:60])
def test_what_is_true_far_away_is_not_refuted(cell, says, where):
    assert sg.verify(sg.cell_claim(cell, says, where=where)).outcome is not Outcome.REFUTED


@pytest.mark.parametrize("bound", [3, 50, 10**6, 10**11])
def test_factors_exceed_what_a_claim_bounds_and_meet_what_conditions_allow(bound):
    x = sympy.Symbol("x", real=True)
    factors = far_runs.factors_for([sympy.Integer(bound)], [sympy.Le(x, 5)])
    assert max(factors) > 4 * bound
    assert fmpq(5) in factors
    assert any(4 < f < 5 for f in factors)


@pytest.mark.parametrize(
    "values",
    [
        sympy.Interval(1, 2),
        sympy.Interval.open(1, 2),
        sympy.Interval(-sympy.oo, 3),
        sympy.Interval(7, 7),
        sympy.S.Reals,
    ],
)
def test_values_of_a_scalar_lie_in_its_set(values):
    x = sympy.Symbol("x", real=True)
    found = far_runs.values_of(x, Domain(((x, values),)), far_runs.factors_for([], []))
    assert found
    assert all(values.contains(sympy.Rational(int(v.p), int(v.q))) == sympy.true for v in found)


def test_each_weight_is_at_rest_alone_and_alone_not_at_rest():
    families = {"a": [1, 2], "b": [3, 4], "c": [5, 6]}
    found = list(far_runs.choices(families, dict.fromkeys(families, 0)))
    for name in families:
        assert any(c[name] == 0 and all(c[other] for other in families if other != name) for c in found)
        assert any(c[name] and not any(c[other] for other in families if other != name) for c in found)


@pytest.mark.parametrize(("step", "fixed"), [(lambda x: 1 - 2 * x, 0.5), (lambda x: x * x * x - 1, 1.0)])
def test_a_fixed_point_is_found_where_the_change_has_other_signs(step, fixed):
    found = far_runs.fixed_point(lambda x: float(step(x)))
    assert abs(float(found) - fixed) < 1e-9


def test_there_may_be_no_fixed_point():
    assert far_runs.fixed_point(lambda x: 1.0) is None
