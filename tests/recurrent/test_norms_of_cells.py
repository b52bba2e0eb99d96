"""Norms of Jacobians of cells: bounds for all steps are proved from slopes and weights, false ones refuted."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from in_numbers import norm, numbers, radius
from in_process import invoke
from layers import layer

import symgrad as sg
from symgrad.base.errors import CellError, ParseError
from symgrad.checking.claim_files import read_claims
from symgrad.language.verdicts import Outcome
from symgrad.reading.text import to_text

n, m, p = sg.dims("n m p")
h, x = sg.State("h", n), sg.Input("x", m)
W, U, b = sg.Parameter("W", n, n), sg.Parameter("U", n, m), sg.Parameter("b", n)


# The least simple bound of the slope of each activation, a number that is too small, and the reason that is told.
SLOPES = {
    "sigmoid": ("1/4", "0.249"),
    "tanh": ("1", "0.99"),
    "relu": ("1", "0.99"),
    "softplus": ("1", "0.49"),
    "sin": ("1", "0.99"),
    "softsign": ("1", "0.99"),
    "atan": ("1", "0.99"),
    "hard_sigmoid": ("1/6", "0.166"),
    "swish": ("1.1", "0.49"),
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("activation", SLOPES)
def test_the_gradient_over_all_steps_is_bounded_by_slope_and_weight(activation):
    largest, too_small = SLOPES[activation]
    cell = layer(activation)
    true = sg.verify(sg.cell_claim(cell, f"norm(dh[T]/dh[0]) <= (({largest})*norm(W))**T"))
    # The largest slope of swish is found by enclosures, and so is what follows from it.
    assert true.outcome is (Outcome.CERTIFIED if activation == "swish" else Outcome.PROVED), true
    assert "the norm of a product is at most the product of the norms" in true.evidence
    reason = "the absolute value of 1/(y**2 + 1)" if activation == "atan" else f"the slope of {activation}"
    assert f"{reason} is at most" in true.evidence
    assert sg.verify(sg.cell_claim(cell, f"norm(dh[T]/dh[0]) <= ({too_small}*norm(W))**T")).outcome is Outcome.REFUTED


def test_the_spectral_radius_in_place_of_the_norm_is_refuted_by_a_nilpotent_weight():
    verdict = sg.verify(sg.cell_claim(layer("sigmoid"), "norm(dh_T/dh_0) <= (spectral_radius(W)/4)**T"))
    assert verdict.outcome is Outcome.REFUTED
    point = {name: numbers(text) for name, text in verdict.witness.point.items()}
    weight = point["W"]
    assert radius(weight) == 0 < norm(weight)
    assert (weight @ weight == 0).all()
    # By hand: one step, whose Jacobian is diag(slope) W.
    assert point["T"] == 1
    z = weight @ point["h0"] + np.reshape(point["U"], (2, 1)) @ point["x"][0] + point["b"]
    slope = np.exp(-z) / (1 + np.exp(-z)) ** 2
    assert float(Fraction(verdict.witness.left)) == pytest.approx(norm(np.diag(slope) @ weight))
    assert float(Fraction(verdict.witness.right)) == 0


TRUE = [
    ("norm(dh[t]/dh[t-1]) <= norm(W)/4", []),
    ("norm(dh_T/dh_0) <= (norm(W)/4)**T", []),
    ("norm(dh[t]/dh[k]) <= (norm(W)/4)**(t - k)", []),
    ("norm(dh[T]/dh[t]) <= (norm(W)/4)**(T - t)", []),
    ("norm(dh[t]/dh[t-2]) <= norm(W)**2/16", []),
    ("spectral_radius(dh[T]/dh[0]) <= (norm(W)/4)**T", []),
    ("norm(dh[T]/dh[0]) <= (norm(W)/4)**T <= norm(W)**T", []),
    ("norm(dh[T]/dh[0]) <= (1/2)**T", ["norm(W) <= 2"]),
    ("norm(dh[T]/dh[0]) < 1", ["norm(W) < 4"]),
    ("norm(dh[T]/dh[0]) <= q**T", ["norm(W) <= 4*q"]),
    ("norm(h[T]) <= sqrt(n)", []),
]
FALSE = [
    ("norm(dh[T]/dh[0]) < (norm(W)/4)**T", []),
    ("norm(dh[T]/dh[0]) >= (norm(W)/4)**T", []),
    ("norm(dh[T]/dh[0]) == (norm(W)/4)**T", []),
    ("norm(dh[T]/dh[0]) <= norm(W)/4", []),
    ("norm(dh[t]/dh[k]) <= (norm(W)/4)**(t - k + 1)", []),
    ("norm(dh[T]/dh[0]) < 1", ["spectral_radius(W) < 4"]),
    ("norm(dh[T]/dh[0]) <= (1/2)**T", ["norm(W) <= 2.01"]),
]

# Of the steps from k to T, for all k, with what is known of the norm of the weight.
POWERS = [
    ("tanh", "norm(dh[T]/dh[k]) <= 1", ["norm(W) <= 1"], True),
    ("tanh", "norm(dh[T]/dh[k]) <= norm(W)", ["norm(W) <= 1", "k < T"], True),
    ("tanh", "norm(dh[T]/dh[k]) <= norm(W)", ["norm(W) <= 1"], False),
    ("tanh", "norm(dh[T]/dh[k]) <= norm(W)**2", ["norm(W) <= 1", "k < T"], False),
    ("tanh", "norm(dh[T]/dh[k]) < 1", ["norm(W) < 1", "k < T"], True),
    ("tanh", "norm(dh[T]/dh[k]) < 1", ["norm(W) < 1"], False),
    ("gelu", "norm(dh[T]/dh[k]) <= (1.2*norm(W))**(T - k)", [], True),
    ("gelu", "norm(dh[T]/dh[k]) <= (1.1*norm(W))**(T - k)", [], False),
    ("mish", "norm(dh[t]/dh[t-1]) <= 1.05*norm(W)", [], False),
    ("tanh", "spectral_radius(dh[t]/dh[t-1]) <= spectral_radius(W)", [], False),
    ("atan", "spectral_radius(dh[T]/dh[0]) <= spectral_radius(W)**T", [], False),
    ("tanh", "spectral_radius(dh[t]/dh[t-1]) <= norm(W)", [], True),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("activation", "says", "where", "truth"), POWERS, ids=lambda value: str(value)[:60])
def test_powers_of_bounded_norms_and_radii_of_scaled_rows(activation, says, where, truth):
    assert sg.verify(sg.cell_claim(layer(activation), says, where=where)).holds is truth


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("says", "where"), TRUE, ids=[row[0] for row in TRUE])
def test_what_is_true_of_a_logistic_layer(says, where):
    assert sg.verify(sg.cell_claim(layer("sigmoid"), says, where=where)).outcome is Outcome.PROVED


@pytest.mark.parametrize(("says", "where"), FALSE, ids=[row[0] for row in FALSE])
def test_what_is_false_of_a_logistic_layer(says, where):
    assert sg.verify(sg.cell_claim(layer("sigmoid"), says, where=where)).outcome is Outcome.REFUTED


ZOO = [
    ("linear", (n, m), "norm(dh[T]/dh[0]) <= norm(W)**T", [], True),
    ("linear", (n, m), "spectral_radius(dh[T]/dh[0]) == spectral_radius(W)**T", [], True),
    ("linear", (n, m), "norm(dh[T]/dh[0]) <= spectral_radius(W)**T", [], False),
    ("leaky", (n, m), "norm(dh[T]/dh[0]) <= (1 - alpha + alpha*norm(W))**T", ["alpha in [0, 1]"], True),
    ("leaky", (n, m), "norm(dh[T]/dh[0]) <= (1 - alpha + alpha*norm(W))**T", [], False),
    ("leaky", (n, m), "norm(dh[T]/dh[0]) <= (Abs(1 - alpha) + Abs(alpha)*norm(W))**T", [], True),
    ("residual", (n, m), "norm(dh[T]/dh[0]) <= (1 + norm(W))**T", [], True),
    ("residual", (n, m), "norm(dh[T]/dh[0]) <= norm(W)**T", [], False),
    ("independent", (n, m), "norm(dh[T]/dh[0]) <= norm(diag(w))**T", [], True),
    ("independent", (n, m), "norm(dh[T]/dh[0]) <= (norm(w)/2)**T", [], False),
    ("elman", (n, m, p), "norm(dh[T]/dh[0]) <= norm(W)**T", [], True),
    ("jordan", (n, m, p), "norm(dy[T]/dy[0]) <= (norm(V)*norm(W)/4)**T", [], True),
    ("jordan", (n, m, p), "norm(dy[T]/dy[0]) <= (norm(V)*norm(W)/5)**T", [], False),
    ("lstm", (n, m), "norm(dc[t]/dc[t-1]) <= 1", [], True),
    ("gru", (n, m), "norm(dh[t]/dh[t-1]) <= 1", [], False),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("name", "sizes", "says", "where", "truth"), ZOO, ids=lambda value: str(value)[:60])
def test_cells_of_the_zoo(name, sizes, says, where, truth):
    assert sg.verify(sg.cell_claim(sg.CELLS[name].cell(*sizes), says, where=where)).holds is truth


def test_what_no_rule_proves_is_never_proved():
    """The diagonal slopes can raise the spectral radius, so that no bound by it is true in one step either."""
    for says in ("norm(dh[T]/dh[0]) <= 1", "spectral_radius(dh[t]/dh[t-1]) <= spectral_radius(W)/4"):
        assert sg.verify(sg.cell_claim(layer("sigmoid"), says)).holds is not True


def test_the_same_from_python_and_as_a_method():
    cell = sg.Cell({h: sg.sigmoid(W @ h.prev + U @ x + b)})
    jacobian = sg.state_jacobian(h.at(sg.LENGTH), h.at(0))
    claim = sg.cell_claim(cell, sg.norm(jacobian), "<=", (sg.norm(W) / 4) ** sg.LENGTH)
    assert str(claim) == "norm(dh[T]/dh[0]) <= (norm(W)/4)**T"
    assert sg.verify(claim).outcome is Outcome.PROVED
    grad = sg.bptt(cell, sg.half_squared_error(h))
    assert grad.claim(str(claim)).statement == sg.cell_claim(cell, str(claim)).statement


@pytest.mark.parametrize(
    ("says", "error", "reason"),
    [
        ("norm(dh[T]/dh[0]) <= norm(V)**T", ParseError, "V is none of h0, h, x, U, W, b"),
        ("norm(dg[T]/dh[0]) <= 1", ParseError, "dg is none of"),
        ("norm(dx[T]/dh[0]) <= 1", CellError, "the states of the cell are h[t]"),
        ("norm(dh[0]/dh[T]) <= 1", CellError, "the later state stands above"),
        ("norm(dh[t]/dh[t+1]) <= 1", CellError, "the later state stands above"),
        ("dh[T]/dh[0] <= 1", ParseError, "a claim compares scalars"),
    ],
)
def test_what_cannot_be_read_says_why(says, error, reason):
    with pytest.raises(error) as caught:
        sg.cell_claim(layer("tanh"), says)
    assert reason in str(caught.value)


def test_a_page_shows_the_claim_with_its_verdict():
    claim = sg.cell_claim(layer("sigmoid"), "norm(dh[T]/dh[0]) <= (norm(W)/4)**T")
    assert claim._repr_latex_() == (
        r"$\displaystyle \left\Vert \frac{\partial h_{T}}{\partial h_{0}} \right\Vert_{2} \leq "
        r"\left(\frac{\left\Vert W \right\Vert_{2}}{4}\right)^{T}$"
    )


# --- one unit ------------------------------------------------------------------------------------------------------

q, w, v, alpha = sg.State("h"), sg.Parameter("w"), sg.Input("x"), sg.Parameter("alpha")
UNITS = [
    (sg.sigmoid(w * q.prev + v), "norm(dh[T]/dh[0]) <= (Abs(w)/4)**T", [], True),
    (sg.sigmoid(w * q.prev + v), "Abs(dh[t]/dh[t-1]) <= Abs(w)/4", [], True),
    (sg.sigmoid(w * q.prev + v), "Abs(dh[T]/dh[0]) <= (Abs(w)/5)**T", [], False),
    (sg.sigmoid(w * q.prev + v), "dh[T]/dh[0] >= 0", [], False),
    (sg.sigmoid(w * q.prev + v), "Abs(dh[T]/dh[0]) < 1", ["Abs(w) < 4"], True),
    (sg.sigmoid(w * q.prev + v), "Abs(h[T]) <= 1", [], True),
    (sg.tanh(w * q.prev + v), "Abs(dh[T]/dh[0]) <= Abs(w)**T", [], True),
    (sg.tanh(w * q.prev + v), "Abs(dh[T]/dh[0]) <= Abs(w)**T/2", [], False),
    (sg.relu(w * q.prev + v), "Abs(dh[T]/dh[0]) <= Abs(w)**T", [], True),
    (sg.swish(w * q.prev + v), "Abs(dh[T]/dh[0]) <= (1.1*Abs(w))**T", [], True),
    (sg.swish(w * q.prev + v), "Abs(dh[T]/dh[0]) <= Abs(w)**T", [], False),
    ((1 - alpha) * q.prev + alpha * sg.tanh(w * q.prev + v), "Abs(dh[T]/dh[0]) <= (1 - alpha + alpha*Abs(w))**T",
     ["alpha in [0, 1]"], True),
    ((1 - alpha) * q.prev + alpha * sg.tanh(w * q.prev + v), "Abs(dh[T]/dh[0]) <= (1 - alpha + alpha*Abs(w))**T",
     [], False),
    ((1 - alpha) * q.prev + alpha * sg.tanh(w * q.prev + v), "Abs(dh[T]/dh[k]) <= (1 - alpha + alpha*Abs(w))**(T - k)",
     ["alpha in [0, 1]"], True),
    (sg.sigmoid(w * q.prev + v), "Abs(dh[T]/dh[k]) <= (Abs(w)/4)**(T - k)", [], True),
    (sg.sigmoid(w * q.prev + v), "Abs(dh[T]/dh[k]) <= (Abs(w)/5)**(T - k)", [], False),
    (sg.tanh(w * q.prev), "Abs(dh[T]/dh[k]) <= Abs(w)**(T - k)", ["w in (-1, 1)"], True),
    (sg.tanh(w * q.prev), "Abs(dh[T]/dh[k]) <= Abs(w)**(T - k)/2", ["w in (-1, 1)"], False),
    (sg.tanh(w * q.prev), "Abs(dh[T]/dh[k]) <= 1", ["w in (-1, 1)"], True),
    (sg.tanh(w * q.prev), "dh[T]/dh[k] == product(w*(1 - h[i]**2), (i, k + 1, T))", [], True),
    (sg.tanh(w * q.prev), "dh[T]/dh[k] == product(w*(1 - h[i]**2), (i, k, T))", ["k >= 1"], False),
    (w * q.prev + v, "Abs(dh[T]/dh[k]) < 1", ["w in (0, 1)", "k < T"], True),
    (w * q.prev + v, "Abs(dh[T]/dh[k]) < 1", ["w in (0, 1)"], False),
    (sg.swish(q.prev), "Abs(dh[t]/dh[t-1]) <= 1", [], False),
    (sg.gelu(q.prev), "Abs(dh[t]/dh[t-1]) <= 1", [], False),
    (sg.mish(q.prev), "Abs(dh[t]/dh[t-1]) <= 1", [], False),
    (sg.gelu(w * q.prev + v), "Abs(dh[T]/dh[0]) <= (1.1*Abs(w))**T", [], False),
    (sg.gelu(q.prev), "Abs(dh[T]/dh[k]) <= 1.13**(T - k)", [], True),
    (sg.sigmoid(w * q.prev + v), "dh[T]/dh[0] > 0", ["w > 0"], True),
    (sg.sigmoid(w * q.prev + v), "dh[T]/dh[0] >= 0", ["w >= 0", "T >= 0"], True),
    (sg.sigmoid(w * q.prev + v), "dh[T]/dh[0] > 0", ["w >= 0"], False),
    (sg.sigmoid(w * q.prev + v), "dh[T]/dh[0] < 0", ["w < 0"], False),
    (sg.tanh(w * q.prev + v), "dh[T]/dh[k] != 0", ["w > 0", "k >= 0", "k <= T"], True),
    (sg.relu(w * q.prev), "dh[T]/dh[0] > 0", ["w > 0"], False),
    (sympy.sin(w * q.prev), "dh[T]/dh[0] >= 0", ["w > 0"], False),
    (sg.sigmoid(w * q.prev + v), "0 < dh[T]/dh[0] <= (w/4)**T", ["w > 0"], True),
    (sg.sigmoid(w * q.prev + v), "dh[T]/dh[0] >= -Abs(w/4)**T", [], True),
    (sg.sigmoid(w * q.prev + v), "dh[T]/dh[0] <= (w/4)**T", [], False),
    (sg.sigmoid(w * q.prev + v), "Limit(dh[T]/dh[0], T, oo) == 0", ["Abs(w) < 4"], True),
    (sg.tanh(w * q.prev + v), "Limit(dh[T]/dh[0], T, oo) == 0", ["w in (-1, 1)"], True),
    (sg.sigmoid(w * q.prev + v), "Limit(dh[T]/dh[0], T, oo) == 1", ["w in (0, 1)"], False),
]  # fmt: skip


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("step", "says", "where", "truth"), UNITS, ids=lambda value: str(value)[:60])
def test_cells_of_one_unit(step, says, where, truth):
    assert sg.verify(sg.cell_claim(sg.Cell({q: step}), says, where=where)).holds is truth


def test_a_cell_that_has_no_value_everywhere_has_no_proof():
    cell = sg.Cell({q: sympy.log(w * q.prev + v)})
    assert sg.verify(sg.cell_claim(cell, "Abs(dh[T]/dh[0]) >= 0")).holds is not True


# What a state is by its equation is true of it, from step 1 on; of the state before that, nothing is known.
BY_EQUATION = [
    ("h[t] = tanh(a*h[t-1])", "h[t] < 1", [], True),
    ("h[t] = tanh(a*h[t-1])", "h[t]**2 <= 1", [], True),
    ("h[t] = tanh(a*h[t-1])", "h[t]**2 <= 9/10", [], False),
    ("h[t] = tanh(a*h[t-1])", "h[t-1] < 1", [], False),
    ("h[t] = tanh(a*h[t-1])", "h[t-1] < 1", ["t >= 2"], True),
    ("h[t] = tanh(a*h[t-1])", "h[t] == tanh(a*h[t-1])", [], True),
    ("h[t] = tanh(a*h[t-1])", "h[t] == tanh(a*h[t])", [], False),
    ("h[t] = tanh(a*h[t-1])", "dh[t]/dh[t-1] == a*(1 - tanh(a*h[t-1])**2)", [], True),
    ("h[t] = tanh(a*h[t-1])", "dh[t]/dh[t-1] == a*(1 - tanh(a*h[t-1]))**2", [], False),
    ("h[t] = tanh(a*h[t-1])", "dh[t]/dh[t-2] == a**2*(1 - h[t]**2)*(1 - h[t-1]**2)", [], True),
    ("h[t] = sigmoid(w*h[t-1])", "dh[t]/dh[t-1] > 0", ["w > 0"], True),
    ("h[t] = sigmoid(w*h[t-1])", "dh[t]/dh[t-1] < w/4", ["w > 0"], False),
    ("h[t] = h[t-1] - r*x[t]*h[t-1]", "h[t] - h[t-1] == -r*x[t]*h[t-1]", [], True),
    ("h[t] = (1 - z)*h[t-1] + z*tanh(w*h[t-1])", "Abs(h[t]) <= maximum(1, Abs(h[t-1]))", ["z in [0, 1]"], True),
    ("h[t] = exp(-h[t-1]**2)", "Abs(dh[t]/dh[t-1]) <= 0.9", [], True),
    ("h[t] = exp(-h[t-1]**2)", "Abs(dh[t]/dh[t-1]) <= 0.8", [], False),
    ("h[t] = h[t-1]/(1 + h[t-1]**2)", "h[t]**2 <= 1/4", [], True),
    ("h[t] = log(h[t-1])", "h[t] == log(h[t-1])", [], False),  # h[1] has no value for h0 = 0
    ("h[t] = log(h[t-1])", "h[t] == log(h[t-1])", ["h[t-1] > 0"], True),
    ("h[t] = log(h[t-1])", "h[t] == h[t]", [], False),
    ("h[t] = h[t-1]/w", "h[t] == h[t]", [], False),
    ("h[t] = h[t-1]/w", "h[t] == h[t]", ["w != 0"], True),
    ("h[t] = h[t-1]/w", "dh[t]/dh[t-1] == 1/w", ["w > 0"], True),
]
OF_VECTORS = [
    ("h[t] = tanh(W @ h[t-1])", "norm(h[T]) == norm(tanh(W @ h[T-1]))", True),
    ("h[t] = tanh(W @ h[t-1])", "norm(h[T]) == norm(tanh(W @ h[T]))", False),
    ("h[t] = tanh(W @ h[t-1])", "norm(h[T]) <= norm(W)*norm(h[T-1])", True),
    ("h[t] = tanh(W @ h[t-1])", "norm(h[3]) <= norm(W)*norm(h[2])", True),
    ("h[t] = tanh(W @ h[t-1])", "norm(h[3]) == norm(tanh(W @ h[2]))", True),
    ("h[t] = tanh(W @ h[t-1])", "norm(h[T]) <= norm(h[T-1])", False),
    ("h[t] = log(W @ h[t-1])", "norm(h[t]) >= 0", False),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("cell", "says", "where", "truth"), BY_EQUATION, ids=str)
def test_a_state_is_what_its_equation_says(cell, says, where, truth):
    assert sg.verify(sg.cell_claim(cell, says.replace("maximum", "Max"), where=where)).holds is truth


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("cell", "says", "truth"), OF_VECTORS, ids=str)
def test_a_vector_is_what_its_equation_says(cell, says, truth):
    assert sg.verify(sg.cell_claim(cell, says, where=["h vector (n)", "W matrix (n, n)"])).holds is truth


# --- texts ---------------------------------------------------------------------------------------------------------


def test_evidence_has_the_names_of_the_author():
    shapes = ["h, a vector (n)", "W matrix (n, n)"]
    for cell in ("h[t] = tanh(W @ h[t-1] + a)", "h[t] = tanh(W @ h[t-1])"):
        verdict = sg.verify(sg.cell_claim(cell, "norm(dh[t]/dh[t-1]) >= 0", where=shapes))
        assert "slope(tanh, W @ h[t-1]" in verdict.evidence
        assert "a_2" not in verdict.evidence
        assert "a[" not in verdict.evidence
    named = ["a[t] = W @ h[t-1]", "h[t] = tanh(a[t])"]
    assert "slope(tanh, a[t])" in sg.verify(sg.cell_claim(named, "norm(dh[t]/dh[t-1]) >= 0", where=shapes)).evidence
    unit = sg.verify(sg.cell_claim("h[t] = sin(w*h[t-1])", "dh[t]/dh[t-1] <= Abs(w)"))
    assert "cos((w*h[t-1]))" in unit.evidence


def test_numbers_are_no_matrices():
    verdict = sg.verify(sg.cell_claim("h[t] = log(h[t-1])", "h[T] <= h[T]**2 + 1", where=["h0 > 10**9", "T <= 3"]))
    assert "choices of numbers" in verdict.evidence


# A condition on a state at step t is about that one t; one on inputs is about all steps.
VALUES = [
    ("h[t] = log(h[t-1])", "h[T] <= Abs(h[T])", ["h[t-1] > 0"], False),
    ("h[t] = log(h[t-1])", "h[T]**2 >= 0", ["h[0] > 0", "t == 1"], False),
    ("h[t] = log(h[t-1])", "h[t] <= Abs(h[t])", ["h[t-1] > 0"], True),
    ("h[t] = log(h[t-1])", "h[1]**2 >= 0", ["h[0] > 0"], True),
    ("h[t] = 1/(h[t-1] - 1)", "h[T]**2 >= 0", ["h[t-1] != 1"], False),
    ("h[t] = 1/(h[t-1] - 1)", "h[t]*(h[t-1] - 1) == 1", ["h[t-1] != 1"], True),
    ("h[t] = sqrt(h[t-1] - 1)", "h[T]**2 >= 0", ["h[t-1] >= 1"], False),
    ("h[t] = sqrt(h[t-1])", "h[T] >= 0", [], False),
    ("h[t] = log(w*h[t-1])", "Abs(dh[T]/dh[0]) >= 0", [], False),
    ("h[t] = h[t-1]/w", "h[T]**2 >= 0", [], False),
    ("h[t] = h[t-1]/w", "h[0]**2 >= 0", [], True),
    ("h[t] = h[t-1]/x[t]", "h[T]**2 >= 0", ["x[t] != 0"], True),
    ("h[t] = h[t-1]/x[t]", "h[T]**2 >= 0", ["x[t] != 0", "t == 1"], True),
    ("h[t] = h[t-1]/x[t]", "h[T]**2 >= 0", ["x[T] != 0"], False),
    ("h[t] = h[t-1]/x[t-1]", "h[T]**2 >= 0", ["x[t] != 0"], False),
    ("h[t] = tanh(h[t-1] + x[t])", "Sum(log(x[k]), (k, 1, T))**2 >= 0", ["x[t] > 0"], True),
    ("h[t] = tanh(h[t-1] + x[t])", "Sum(log(h[t]), (t, 1, T))**2 >= 0", ["h[t] > 0"], False),
    ("h[t] = h[t-1]**k", "h[T]**2 >= 0", ["k integer"], False),
]


@pytest.mark.parametrize(("cell", "says", "where", "truth"), VALUES, ids=str)
def test_a_claim_is_proved_only_where_its_states_have_values_and_refuted_where_one_certainly_has_none(
    cell, says, where, truth
):
    verdict = sg.verify(sg.cell_claim(cell, says, where=where))
    assert verdict.holds is truth, verdict
    if truth is False:
        assert "undefined" in (verdict.witness.left, verdict.witness.right)


def test_what_has_no_value_in_a_run_is_named_with_the_reason():
    verdict = sg.verify(sg.cell_claim("h[t] = log(h[t-1])", "h[T] <= 5", where=["h[t-1] > 0"]))
    assert verdict.evidence == "h[2]: log(h[t-1]) has no value at h[t-1] = 0"
    assert verdict.witness.point == {"t": "1", "T": "2", "h0": "1"}


def test_a_run_without_values_at_later_steps_has_those_before():
    assert sg.verify(sg.cell_claim("h[t] = 2 + log(h[t-1])", "h[0] >= 1", where=["h[0] >= 1"])).holds is True


@pytest.mark.parametrize(
    "says", ["h[1] <= 1", "dh[1]/dh[0] <= 1 + Abs(a)", "Abs(dh[T]/dh[0]) <= 1 + Abs(a)**T + h[0]**2"]
)
@pytest.mark.parametrize("cell", ["h[t] = tanh(a*h[t-1])", "h[t] = sigmoid(a*h[t-1])*tanh(h[t-1])"])
def test_evidence_of_units_speaks_of_no_matrices_and_of_nothing_that_nobody_named(cell, says):
    evidence = sg.verify(sg.cell_claim(cell, says)).evidence
    assert evidence
    assert "matrices" not in evidence
    assert not any(name in evidence for name in ("a_2", "a_h", "a["))


def test_powers_of_states_stand_without_brackets():
    for text in ("h[t]**2 <= 1", "h[t-1]**2*w <= 1", "(dh[t]/dh[t-1])**2 <= 1"):
        assert str(sg.cell_claim("h[t] = tanh(w*h[t-1])", text)) == text


def test_what_is_missing_is_asked_for():
    for says in ("norm(W) >= 0", "norm(dh[T]/dh[0]) <= norm(W)"):
        with pytest.raises(ParseError, match="W is a scalar; write \\*, or say its shape"):
            sg.cell_claim("h[t] = tanh(W @ h[t-1])", says)
    with pytest.raises(ParseError, match="derivative of a state of a cell; say of which"):
        sg.claim("norm(dh[T]/dh[0]) <= norm(W)**T", where=["W matrix (n, n)"])


# --- as text -------------------------------------------------------------------------------------------------------

TANH, MATRICES = "h[t] = tanh(w*h[t-1])", ("W matrix (n, n)", "h vector (n)")
WRITTEN = [
    *((TANH, (), says) for says in (
        "h[1] <= 1 + h[0]/4", "h[t] - (h[t-1] - w) <= 3", "-(h[t] + w)/2 <= 3*(h[t] + 1)",
        "1/h[t]**2 + 1 >= h[t]/h[t-1]",
        "Abs(h[t]) <= 1 - h[t-1]**2/3 + 2*w", "Abs(dh[t]/dh[t-1]) <= 2 + Abs(w*h[t-1])/4",
        "2**h[t] + h[t] <= 3 + 0.5*h[t]",
        "tanh(h[t])**2 + h[t] <= exp(-h[t]/2) + 1", "Max(h[t], 0) <= 1/4 + Abs(h[t-1]/2)", "sqrt(1 + h[t]**2) >= 1",
        "dh[t]/dh[t-1] + h[t] == w*(1 - h[t]**2) + h[t]", "(dh[t]/dh[t-1])/2 + 1 <= 5", "h[t]**(-1) + 1 >= -1 + h[t]",
        "Abs(dh[T]/dh[0])**(1/T) <= Abs(w) + h[0]/2", "Sum(h[k]/2 + 1, (k, 1, t)) <= 3*t",
    )),
    *(("h[t] = tanh(W @ h[t-1])", MATRICES, says) for says in (
        "norm(h[t]) <= 1 + norm(h[t-1])/4", "norm(dh[t]/dh[t-1])/2 <= 1 + norm(W)/3", "norm(h[t] + 1/2) <= 7",
        "norm((1 + norm(h[t])/4)*W) <= 3 + norm(W)/2", "norm(h[t]/2 + h[t-1]) <= 3 + norm(h[t])/5",
        "norm(tanh(h[t]/2) + 1) <= 1 + 1/3", "norm((W/2 + eye(n)) @ h[t]) <= norm(W)/2 + 5",
    )),
    *((cell, where, says) for cell, says, where, _ in BY_EQUATION),
    *((cell, MATRICES, says) for cell, says, _ in OF_VECTORS),
    *((layer("sigmoid"), where, says) for says, where in (*TRUE, *FALSE)),
    *((layer(activation), where, says) for activation, says, where, _ in POWERS),
    *((sg.Cell({q: step}), where, says) for step, says, where, _ in UNITS),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "where", "says"), WRITTEN, ids=lambda value: str(value)[:60])
def test_claims_about_cells_read_back_from_their_text(cell, where, says):
    says = says.replace("maximum", "Max")
    said = sg.cell_claim(cell, says, where=where)
    for part in getattr(said.statement, "parts", (said.statement,)):
        assert sg.cell_claim(cell, to_text(part), where=where).statement.facts == part.facts


FILE = """
[[claim]]
id = "bound"
cell = ["a[t] = W @ h[t-1] + b", "h[t] = sigmoid(a[t])"]
says = "norm(dh[T]/dh[0]) <= (norm(W)/4)**T"
where = ["W matrix (n, n)", "h, a, b vector (n)"]

[[claim]]
id = "slip"
cell = ["h[t] = sigmoid(w*h[t-1])"]
says = "Abs(dh[T]/dh[0]) <= (Abs(w)/5)**T"
expect = "refuted"

[[claim]]
id = "unknown"
cell = ["h[t] = sigmoid(w*h[t-1])"]
says = "Abs(dg[T]/dh[0]) <= 1"

[[claim]]
id = "shapes"
cell = ["h[t] = sigmoid(W @ h[t-1])"]
says = "norm(dh[T]/dh[0]) <= 1"
where = ["W matrix (n, m)", "h vector (n)"]
"""


def test_cells_stand_in_files_of_claims(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(FILE, encoding="utf-8")
    bound, slip, unknown, shapes = read_claims(path)
    assert sg.verify(bound.read).outcome is Outcome.PROVED
    assert sg.verify(slip.read).outcome is Outcome.REFUTED
    assert "dg is none of" in str(unknown.read)
    assert "shapes (n, m) and (n, 1) do not fit" in str(shapes.read)


def test_cells_stand_on_the_command_line(run):
    options = ["--cell", "h[t] = tanh(W @ h[t-1])", "--where", "h vector (n)", "--where", "W matrix (n, n)"]
    for says, code in (("norm(dh[T]/dh[0]) <= norm(W)**T", 0), ("norm(dh[T]/dh[0]) <= spectral_radius(W)**T", 1)):
        assert run("verify", says, *options)[0] == code
    code, _, told = run("verify", "norm(dh[T]/dh[0]) >= 0", "--cell", "h[t] = g(")
    assert (code, "'h[t] = g('" in told) == (2, True)


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *arguments: invoke(monkeypatch, capsys, *arguments)


def test_cells_without_an_activation_are_decided():
    cell = sg.read_cell("h[t] = w*h[t-1]", {})
    assert sg.verify(sg.cell_claim(cell, "dh[T]/dh[0] == w**T")).holds
    assert sg.verify(sg.cell_claim(cell, "dh[T]/dh[0] == w")).holds is False


@pytest.mark.parametrize(
    ("says", "cell", "where"),
    [
        ("dh[T]/dh[0] == 1", "h[t] = Sum(h[t-1]**k, (k, 1, 1))", []),
        ("Abs(dh[T]/dh[0]) <= 1", "h[t] = sinc(h[t-1])", []),
        ("dh[t]/dh[t-1] >= 0", "h[t] = h[t-1]**(2*p + 1)", ["p integer", "p >= 0"]),
    ],
)
def test_a_slope_that_has_no_value_as_it_is_written_refutes_nothing(says, cell, where):
    assert sg.verify(sg.cell_claim(cell, says, where=where)).holds is not False


def test_a_slope_that_there_is_not_refutes():
    assert sg.verify(sg.cell_claim("h[t] = sqrt(h[t-1])", "Abs(dh[T]/dh[0]) <= 1")).holds is False


@pytest.mark.parametrize(
    ("cell", "is_told"),
    [
        ("h[t] = Abs(h[t-1])", True),
        ("h[t] = Piecewise((tanh(h[t-1]), h[t-1] > 0), (h[t-1], True))", True),
        ("h[t] = tanh(h[t-1])", False),
    ],
)
def test_slopes_at_kinks_are_said_to_be_those_of_programs(cell, is_told):
    verdict = sg.verify(sg.cell_claim(cell, "Abs(dh[T]/dh[0]) <= 1"))
    assert verdict.holds is True
    assert ("where a case changes, the slope is the one that programs take" in verdict.evidence) is is_told


def test_a_cell_without_a_state_is_refused():
    with pytest.raises(sg.CellError, match="the cell has no state"):
        sg.cell_claim("h[t] = tanh(w)", "dh[T]/dh[0] == 0")


VECTORS = ["h, x vector (n)", "W matrix (n, n)"]
# What is said of initial states and inputs: the cell, the claim, the conditions, and whether it is true.
GIVEN = [
    ("h[t] = h[t-1]", "h[1] > 0", ["h0 > 0"], True),
    ("h[t] = h[t-1]", "h[1] > 0", ["h[0] >= 0"], False),
    ("h[t] = h[t-1]", "h[0] == h0", [], True),
    ("h[t] = w*h[t-1]", "h[1] == w*h0", [], True),
    ("h[t] = w*h[t-1]", "h[1] == 2*w*h0", [], False),
    ("h[t] = hard_tanh(h[t-1])", "dh[1]/dh[0] == 1", ["h0 in (-1, 1)"], True),
    ("h[t] = hard_tanh(h[t-1])", "dh[1]/dh[0] == 1", ["h0 in (-2, 2)"], False),
    ("h[t] = x[t]*h[t-1]", "Abs(dh[t]/dh[t-1]) <= 1", ["x in (0, 1)"], True),
    ("h[t] = x[t]*h[t-1]", "Abs(dh[t]/dh[t-1]) <= 1", ["x in (0, 1.01)"], False),
    ("h[t] = x[t]*h[t-1]", "Abs(dh[T]/dh[0]) <= 1/2", ["x in (0, 1)"], False),
    ("h[t] = x[t]*h[t-1]", "dh[t]/dh[t-1] > 3", ["x > 3"], True),
    ("h[t] = x[t]*h[t-1]", "dh[t]/dh[t-1] > 3", ["x[t] >= 3"], False),
    ("h[t] = x[t]*h[t-1]", "dh[t]/dh[t-1] == x", [], True),
    ("h[t] = x[t]*h[t-1]", "dh[T]/dh[0] <= 1", ["x < 1"], False),
    ("h[t] = hadamard(x[t], h[t-1])", "norm(dh[T]/dh[0]) <= 1", [*VECTORS[:1], "norm(x) <= 2"], False),
    ("h[t] = tanh(W @ h[t-1])", "norm(h[1]) <= norm(W)/2", [*VECTORS, "norm(h0) <= 1"], False),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "says", "where", "truth"), GIVEN)
def test_names_of_initial_states_and_inputs_mean_those_of_the_cell(cell, says, where, truth):
    verdict = sg.verify(sg.cell_claim(cell, says, where=where))
    assert verdict.holds is truth, verdict


# True, and beyond the provers: inputs are limited at every step of a run, not at one of them.
@pytest.mark.parametrize(
    ("cell", "says", "where"),
    [
        ("h[t] = x[t]*h[t-1]", "Abs(dh[T]/dh[0]) <= 1", ["x in (0, 1)"]),
        ("h[t] = hadamard(x[t], h[t-1])", "norm(dh[T]/dh[0]) <= 1", [*VECTORS[:1], "norm(x) <= 1"]),
        ("h[t] = relu(w*h[t-1])", "dh[T]/dh[0] == w**T", ["h0 > 0", "w > 0"]),
        ("h[t] = tanh(W @ h[t-1])", "norm(h[1]) <= norm(W)", [*VECTORS, "norm(h0) <= 1"]),
    ],
)
def test_what_is_said_of_inputs_is_said_of_all_steps(cell, says, where):
    assert sg.verify(sg.cell_claim(cell, says, where=where)).holds is not False


def test_names_that_nobody_gave_are_free_for_others():
    says, where = "norm(dh[t]/dh[t-1]) <= a*norm(W)", ["h, b vector (n)", "W matrix (n, n)"]
    step = "h[t] = sigmoid(W @ h[t-1] + b)"
    assert sg.verify(sg.cell_claim(step, says, where=[*where, "a >= 1/4"])).holds is True
    assert sg.verify(sg.cell_claim(step, says, where=[*where, "a >= 1/5"])).holds is False
    of_slopes = "norm(dh[t]/dh[t-1]) <= norm(diag(slope(sigmoid, a[t])))*norm(W)"
    assert sg.verify(sg.cell_claim(step, of_slopes, where=where)).holds is True


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (["T < 0"], "steps are 0 to T, and the conditions leave T none"),
        (["w complex"], "w is said to be complex"),
        (["T real"], "T is a number of steps here"),
        (["h0 in {0, 1}"], "an interval is understood"),
    ],
)
def test_conditions_that_leave_no_claim_are_told(where, reason):
    with pytest.raises(sg.ClaimError, match=reason):
        sg.cell_claim("h[t] = w*h[t-1]", "Abs(dh[T]/dh[0]) <= Abs(w)**T", where=where)


def test_refutations_at_kinks_say_which_slope_was_taken():
    verdict = sg.verify(sg.cell_claim("h[t] = elu(w*h[t-1], 2)", "Abs(dh[t]/dh[t-1]) < 2*Abs(w)", where=["w != 0"]))
    assert verdict.holds is False
    assert "where a case changes, the slope is the one that programs take" in verdict.evidence


@pytest.mark.parametrize(
    ("cell", "says", "where"),
    [
        ("h[t] = k*h[t-1] + x[t]", "dh[T]/dh[k] == k**(T - k)", []),
        ("h[t] = w*h[t-1] + k*x[t]", "dh_t/dh_k == w**(t - k)", ["k >= 1"]),
        ("h[t] = tanh(i*h[t-1])", "dh[T]/dh[i] <= 1", []),
        ("h[t] = j*h[t-1]", "h[j] >= 0", ["h0 > 0"]),
    ],
)
def test_a_weight_is_no_step(cell, says, where):
    with pytest.raises(ParseError, match="is the name of a number here; write another letter for the step"):
        sg.cell_claim(cell, says, where=where)
    letter = "i" if "dh[i]" not in says and "h[j]" in says else "j"
    other = says.replace("dh[k]", f"dh[{letter}]").replace("dh_k", f"dh_{letter}").replace("dh[i]", f"dh[{letter}]")
    assert sg.cell_claim(cell, other.replace("h[j] >=", f"h[{letter}] >="), where=where)


# False at one corner, or close to one place: ends of all conditions are tried together, and a search leads to the rest.
AT_ENDS = [
    ("h[t] = h[t-1] + x[t]", "h[T] == 1", ["h0 == 1"]),
    ("h[t] = tanh(w*h[t-1] + x[t])", "h[1] == 0", ["h0 == 0"]),
    ("h[t] = tanh(w*h[t-1] + x[t])", "h[T] == 0", ["h0 == 0", "w == 1"]),
    ("h[t] = tanh(W @ h[t-1] + x[t])", "norm(h[T]) == 0", [*VECTORS, "norm(h0) == 0"]),
    ("h[t] = h[t-1] + x[t]", "h[T] > h0", ["x > 0", "T >= 0"]),
    ("h[t] = w*h[t-1] + (1 - w)*x[t]", "h[T] > 0", ["x > 0", "h0 >= 0", "w in [0, 1]"]),
    ("h[t] = r*h[t-1]*(1 - h[t-1])", "h[T] < 1", ["h0 in (0, 1)", "r in (0, 4]"]),
    ("h[t] = h[t-1]**2 + x[t]", "dh[2]/dh[0] > 0", ["h0 > 0"]),
    ("h[t] = tanh(W*h[t-1])**2", "Abs(dh[T]/dh[0]) < 1", ["Abs(W) < 1.5588"]),
    ("h[t] = 1/(1 + h[t-1]**2)", "Abs(dh[t]/dh[t-1]) <= 0.6492", []),
    ("h[t] = gelu(w*h[t-1] + x[t])", "Abs(dh[t]/dh[t-1]) <= 1.1284*Abs(w)", []),
    ("h[t] = sigmoid(x[t])*h[t-1]", "dh[T]/dh[0] <= 0.99**T", []),
    ("h[t] = sigmoid(x[t])*tanh(h[t-1])", "Abs(dh[T]/dh[0]) <= 0.9999", []),
]


@pytest.mark.parametrize(("cell", "says", "where"), AT_ENDS)
def test_what_fails_at_ends_together_or_close_to_the_largest_slope_is_refuted(cell, says, where):
    assert sg.verify(sg.cell_claim(cell, says, where=where)).outcome is Outcome.REFUTED


@pytest.mark.parametrize(
    ("cell", "says", "where"),
    [
        ("h[t] = h[t-1] + x[t]", "h[T] > h0", ["x > 0"]),
        ("h[t] = h[t-1] + x[t]", "h[T] >= h0", ["x > 0", "T >= 0"]),
        ("h[t] = w*h[t-1] + (1 - w)*x[t]", "h[T] > 0", ["x > 0", "h0 > 0", "w in [0, 1]"]),
        ("h[t] = r*h[t-1]*(1 - h[t-1])", "h[T] <= 1", ["h0 in (0, 1)", "r in (0, 4]"]),
        ("h[t] = tanh(W*h[t-1])**2", "Abs(dh[T]/dh[0]) < 1", ["Abs(W) < 1.299"]),
        ("h[t] = 1/(1 + h[t-1]**2)", "Abs(dh[t]/dh[t-1]) <= 0.6496", []),
    ],
)
def test_what_holds_at_ends_and_at_the_largest_slope_is_not_refuted(cell, says, where):
    assert sg.verify(sg.cell_claim(cell, says, where=where)).holds is not False


@pytest.mark.parametrize(
    ("says", "where", "truth"),
    [
        ("dh[t]/dh[t-1] != 1/2", ["p integer"], (True, None)),
        ("dh[t]/dh[t-1] != 1/2", [], (False,)),
        ("Abs(dh[t]/dh[t-1]) >= 1", ["p integer", "p != 0"], (True,)),
        ("dh[t]/dh[t-1] != 3", ["p integer"], (False,)),
    ],
)
def test_a_parameter_of_a_cell_may_be_an_integer(says, where, truth):
    assert sg.verify(sg.cell_claim("h[t] = p*h[t-1] + x[t]", says, where=where)).holds in truth


def test_only_a_parameter_of_a_cell_may_be_an_integer():
    with pytest.raises(sg.ClaimError, match="x is said to be an integer"):
        sg.cell_claim("h[t] = p*h[t-1] + x[t]", "dh[t]/dh[t-1] != 1/2", where=["x integer"])
