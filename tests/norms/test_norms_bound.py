"""Norms within limits, integrals and sums, and conditions on sizes and steps: what is said there is never wrong."""

import pytest
import sympy
from in_numbers import numbers
from layers import layer

import symgrad as sg
from symgrad.base.errors import ClaimError, ParseError
from symgrad.language.verdicts import Outcome
from symgrad.norms.scopes import BoundVariableError, atoms_of, moved
from symgrad.prove.basics.goals import Goal
from symgrad.prove.provers import cases

n, m = sg.dims("n m")
DECLARED = ["A, B matrix (n, n)", "x, y vector (n)"]
LEAKY = sg.CELLS["leaky"].cell(n, m)
LINEAR = sg.read_cell("h[t] = W @ h[t-1]", {"h": n, "W": (n, n)})


def said(says, where=(), cell=None):
    if cell is None:
        return sg.claim(says, where=[*DECLARED, *where])
    return sg.cell_claim(cell, says, where=where)


# --- bound variables ----------------------------------------------------------------------------------------------

TRUE = [
    ("Limit(norm(k*x)/k, k, oo) == norm(x)", [], None),
    ("Limit(norm(x/k), k, oo) == 0", [], None),
    ("Integral(norm(k*x), (k, 0, 1)) == norm(x)/2", [], None),
    ("Integral(norm(k*x), (k, 0, 1)) >= 0", [], None),
    ("Sum(norm(k*x), (k, 1, 3)) == 6*norm(x)", [], None),
    ("Product(norm(k*x), (k, 1, 3)) == 6*norm(x)**3", [], None),
    ("diff(norm(s*x), s) == norm(x)", ["s > 0"], None),
    ("Sum(norm(A**k), (k, 1, 3)) <= norm(A) + norm(A)**2 + norm(A)**3", [], None),
    ("Limit(norm(A**k), k, oo) == 0", ["norm(A) < 1"], None),
    ("Limit(norm(product(A, (i, 1, k))), k, oo) == 0", ["norm(A) < 1"], None),
    ("Limit(norm(dh[T]/dh[0]), T, oo) == 0", ["norm(W) < 4"], layer("sigmoid")),
    ("Limit((norm(W)/4)**T, T, oo) == 0", ["norm(W) < 4"], layer("sigmoid")),
    ("Limit(norm(dh[T]/dh[0]), T, oo) == 0", ["norm(W) < 1"], LINEAR),
    ("Limit(norm(dh[T]/dh[0]), T, oo) == 0", ["alpha in (0, 1]", "norm(W) < 1"], LEAKY),
]
FALSE = [
    ("Limit(sin(pi*k)*norm(x)/k, k, 0) == 0", [], None),
    ("Integral(sin(pi*k)*norm(x), (k, 0, 1)) == 0", [], None),
    ("Limit(norm(sin(k*x))/k, k, oo) == 1", [], None),
    ("Integral(norm(k*x), (k, 0, 1)) == norm(x)", [], None),
    ("Sum(norm(k*x), (k, 1, 3)) == 3*norm(x)", [], None),
    ("Product(norm(k*x), (k, 1, 3)) == norm(x)**3", [], None),
    ("Sum(norm(A**k), (k, 1, 3)) <= norm(A)", [], None),
    ("Limit(norm(A**k), k, oo) == 1", ["norm(A) < 1"], None),
    ("Limit(norm(dh[T]/dh[0]), T, oo) == 1", ["norm(W) < 4"], layer("sigmoid")),
]
# False, or true and beyond the rules: neither a symbol nor a number may stand for a norm that changes.
OPEN = [
    ("Sum(Limit(norm(B)*norm(A**j)**k, j, oo), (k, 0, 1)) == 0", ["norm(A) < 1", "k >= 1"], None),
    ("Limit(norm(A**k)/k, k, oo) == 0", ["norm(A) > 2"], None),
    ("Limit(norm(A**k), k, oo) == 0", [], None),
    ("Limit(norm(A + k*B), k, oo) == 0", [], None),
    ("Limit(norm(A + B/k), k, oo) == norm(A)", [], None),
    ("Integral(norm(A + k*B), (k, 0, 1)) == norm(A + B)", [], None),
    ("Integral(norm(A + k*B), (k, 0, 1)) <= norm(A) + norm(B)", [], None),
    ("diff(norm(A + s*B), s) == 0", [], None),
    ("diff(norm(k*x), k) == 0", [], None),
    ("Sum(norm(A + k*B), (k, 1, T)) == T*norm(A)", [], None),
    ("norm(A) <= 1", ["Integral(norm(A + k*B), (k, 0, 1)) <= 1"], None),
    ("Limit(norm(dh[T]/dh[0])/T, T, oo) == 0", [], LINEAR),
    ("Limit(norm(dh[T]/dh[0]), T, oo) == 0", ["norm(W) <= 4"], layer("sigmoid")),
    ("Limit(norm(dh[T]/dh[0]), T, oo) == 0", ["alpha in [0, 1]", "norm(W) < 1"], LEAKY),
    ("Limit(norm(dh[T]/dh[0]), T, oo) == 0", ["T == 1"], layer("sigmoid")),
    ("Sum(norm(h[t]), (t, 1, T)) <= 1", [], layer("sigmoid")),
    ("Sum(norm(dh[T]/dh[t]), (t, 1, T)) <= norm(W)", [], layer("sigmoid")),
]


def name(value):
    """Of a row of a table; the same in every process."""
    return str(value)[:60] if isinstance(value, str | list) else type(value).__name__


@pytest.mark.parametrize(("says", "where", "cell"), TRUE, ids=name)
def test_what_is_true_of_bound_variables_is_proved(says, where, cell):
    verdict = sg.verify(said(says, where, cell))
    assert verdict.outcome is Outcome.PROVED, verdict


@pytest.mark.parametrize(("says", "where", "cell"), FALSE, ids=name)
def test_what_is_false_of_bound_variables_is_refuted(says, where, cell):
    verdict = sg.verify(said(says, where, cell))
    assert verdict.outcome is Outcome.REFUTED, verdict
    assert "k" not in verdict.witness.point
    assert verdict.witness.left != verdict.witness.right


@pytest.mark.parametrize(("says", "where", "cell"), OPEN, ids=name)
def test_a_norm_that_changes_with_a_bound_variable_decides_nothing(says, where, cell):
    verdict = sg.verify(said(says, where, cell))
    assert verdict.outcome is Outcome.UNDECIDED, verdict


def test_the_same_from_python():
    k, x = sg.integer("k"), sg.Parameter("x", n)
    summed = sg.claim(sympy.Sum(sg.norm(k * x), (k, 1, 3)), "==", 6 * sg.norm(x))
    assert sg.verify(summed).outcome is Outcome.PROVED
    limited = sg.claim(sympy.Limit(sg.norm(k * x) / k, k, sympy.oo), "==", 2 * sg.norm(x), where=[sg.norm(x) > 0])
    assert sg.verify(limited).outcome is Outcome.REFUTED


def test_no_leaf_is_taken_out_of_what_binds_a_variable_in_it():
    """By construction: whatever asks for the norms of a formula gets none that changes with a bound variable."""
    binders = ["Limit({}, k, oo)", "Integral({}, (k, 0, 1))", "Sum({}, (k, 1, T))", "Product({}, (k, 1, T))"]
    for binder in binders:
        for inside in ("norm(A + k*B)", "k*norm(A + k*B)", "Sum(norm(A + k*B), (j, 1, 2))", "Abs(trace(k*A))"):
            side = said(f"{binder.format(inside)} == 0").statement.expressions[0]
            with pytest.raises(BoundVariableError, match="k"):
                atoms_of(side)
        free = said(f"{binder.format('k*norm(A)')} == 0").statement.expressions[0]
        assert [str(leaf) for leaf in atoms_of(free)] == ["norm(A)"]


def test_a_sum_with_a_symbol_as_its_end_is_not_refuted_at_some_value_of_its_variable():
    verdict = sg.verify(said("Sum(norm(k*x), (k, 1, T)) == T*(T + 1)/2*norm(x)"))
    assert verdict.outcome in (Outcome.SUPPORTED, Outcome.PROVED)


def test_the_sign_of_what_changes_along_a_sum_is_no_case_of_the_whole():
    """Each of k - 2, 2 - k and 0 has the sum 0 from 1 to 3, and yet the sum of the absolute values is 2."""
    goal = Goal.of(sg.claim("Sum(Abs(k - 2), (k, 1, 3)) == 0").statement, sg.claim("k == k", where="k integer").domain)
    assert cases.prove(goal, lambda case: pytest.fail(f"asked about {case.relation}")) is None


def test_sizes_and_steps_move_and_bound_variables_stay():
    k = sg.integer("k")
    side = said("Sum(k*norm(x), (k, 1, 3)) + k*norm(k*x) == 0").statement.expressions[0]
    assert str(moved(side, {k: sympy.Integer(2)})) == "Sum(k*norm(x), (k, 1, 3)) + 2*norm(2*x)"


# --- conditions ---------------------------------------------------------------------------------------------------

CONDITIONS = [  # a false claim, a condition, and what the witness must fulfil
    ("spectral_radius(A) == norm(A)", "n >= 2", None, lambda p: p["n"] >= 2),
    ("spectral_radius(A) == norm(A)", "n == 3", None, lambda p: p["n"] == 3),
    ("spectral_radius(A) == norm(A)", "n > 4", None, lambda p: p["n"] > 4),
    ("norm(A)**T <= norm(A)", "T == 5", None, lambda p: p["T"] == 5),
    ("norm(A)**T <= norm(A)", "T >= 2", None, lambda p: p["T"] >= 2),
    ("norm(A)**T >= norm(A)", "T >= 0", None, lambda p: p["T"] >= 0),
    ("norm(zeros(n, n))**T == 0", "T >= 0", None, lambda p: p["T"] == 0),
    ("norm(alpha*A) == alpha*norm(A)", "alpha < 1/2", None, lambda p: p["alpha"] < 0.5),
    ("norm(A) <= 1", "n != 2", None, lambda p: p["n"] != 2),
    ("norm(A) <= 1", "norm(A) > 2", None, lambda p: True),
    ("norm(dh[T]/dh[0]) <= norm(W)/4", "T == 2", layer("sigmoid"), lambda p: p["T"] == 2),
    ("norm(dh[T]/dh[0]) <= norm(W)**2/16", "T >= 2", layer("sigmoid"), lambda p: p["T"] >= 2),
    ("norm(dh[T]/dh[0]) <= norm(W)**2/16", "T == 1", layer("sigmoid"), lambda p: p["T"] == 1),
    ("norm(dh[T]/dh[0]) <= norm(W)**2/16", "T == 4", layer("sigmoid"), lambda p: p["T"] == 4),
    ("norm(dh[T]/dh[0]) <= (spectral_radius(W)/4)**T", "n >= 3", layer("sigmoid"), lambda p: p["n"] >= 3),
    ("norm(dh[t]/dh[k]) < 1", "k >= 1", layer("sigmoid"), lambda p: p["t"] >= p["k"] >= 1),
    ("norm(dh[T]/dh[0]) < 1", "T >= 0", layer("sigmoid"), lambda p: p["T"] >= 0),
    ("norm(dh[T]/dh[0]) < 1", "norm(dh[t]/dh[t-1]) >= 1/8", layer("sigmoid"), lambda p: 1 <= p["t"] <= p["T"]),
]


@pytest.mark.parametrize(("says", "condition", "cell", "fits"), CONDITIONS, ids=name)
def test_a_witness_fulfils_every_condition(says, condition, cell, fits):
    verdict = sg.verify(said(says, [condition], cell))
    assert verdict.outcome is Outcome.REFUTED, verdict
    assert fits({name: numbers(text) for name, text in verdict.witness.point.items()})


UNDER = [
    ("spectral_radius(A) == norm(A)", ["n == 1"], None),
    ("spectral_radius(A) == norm(A)", ["n < 2"], None),
    ("norm(eye(n)) == n", ["n == 1"], None),
    ("norm(A)**T == norm(A)", ["T == 1"], None),
    ("norm(A @ B) <= 1/2", ["norm(A) <= 1/2", "norm(B) <= 1"], None),
    ("norm(A)**T <= 1", ["T >= 0", "norm(A) <= 1"], None),
    ("norm(dh[T]/dh[0]) <= norm(W)/4", ["T == 1"], layer("sigmoid")),
    ("norm(dh[T]/dh[0]) <= norm(W)**2/16", ["T == 2"], layer("sigmoid")),
    ("norm(dh[T]/dh[0]) <= (spectral_radius(W)/4)**T", ["n == 1"], layer("sigmoid")),
    ("norm(dh[T]/dh[0]) <= 1", ["norm(W) < 4", "T >= 0"], layer("sigmoid")),
    ("norm(dh[T]/dh[0]) <= (norm(W)/4)**T", ["T >= 0"], layer("sigmoid")),
    ("norm(dh[T]/dh[0]) == 1", ["T == 0"], layer("sigmoid")),
    ("norm(dh[T]/dh[0]) <= norm(W)/4", ["T <= 2", "norm(W) <= 4"], layer("sigmoid")),
    ("norm(dh[t]/dh[k]) < 1", ["norm(W) < 4", "t > k", "k >= 0"], layer("sigmoid")),
    ("norm(dh[T]/dh[T]) == 1", [], layer("sigmoid")),
    ("norm(dh[T]/dh[0]) < 2", ["norm(dh[T]/dh[0]) < 1"], layer("sigmoid")),
    ("norm(dh[0]/dh[0]) == 1", [], layer("sigmoid")),
    ("norm(dh[t]/dh[t]) == 1", [], layer("sigmoid")),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("says", "where", "cell"), UNDER, ids=name)
def test_conditions_on_sizes_and_steps_are_used_in_proofs(says, where, cell):
    verdict = sg.verify(said(says, where, cell))
    assert verdict.outcome is Outcome.PROVED, verdict


def test_where_steps_start_is_told():
    free = sg.verify(said("norm(dh[T]/dh[0]) < 1", ["norm(W) < 4"], layer("sigmoid")))
    assert free.outcome is Outcome.PROVED
    assert free.evidence.endswith("for T >= 1")
    short = sg.verify(said("norm(dh[T]/dh[0]) < 1", ["norm(W) < 4", "T <= 2"], layer("sigmoid")))
    assert short.outcome is Outcome.PROVED
    assert short.evidence.endswith("for T >= 1")  # that T ends at 2 does not say where it starts


def test_the_reason_told_where_no_norm_is_left():
    verdict = sg.verify(said("Limit(norm(A**k), k, oo) == 0", ["norm(A) < 1"]))
    assert "in place of the norms" not in verdict.evidence
    assert "norm(A)**k, which tends to 0" in verdict.evidence
    assert "k runs through the whole numbers" in verdict.evidence


def test_the_reason_told_is_the_one_that_was_used():
    verdict = sg.verify(said("Integral(norm(k*x), (k, 0, 1)) >= 0"))
    assert "norm(k*x) is k*norm(x)" in verdict.evidence
    verdict = sg.verify(said("norm(A) >= 0"))
    assert verdict.evidence.startswith("it holds for all numbers that are not negative in place of the norms")


# --- parts without a value ----------------------------------------------------------------------------------------

CANCELLED = [
    "norm(A/k - A/k) == 0",
    "norm((k/k)*A) == norm(A)",
    "norm(sqrt(s)*sqrt(s)*A) == Abs(s)*norm(A)",
    "norm(A/norm(B)*norm(B)) == norm(A)",
    "norm(log(x) - log(x)) == 0",
    "norm(log(x) - log(x) + log(A @ x)) >= 0",
    "norm(x**(-1) - x**(-1)) == 0",
    "norm(elementwise(y, y/y, x)) >= 0",
    "norm(zeros(n, n)/k) == 0",
    "trace(A/k - A/k) == 0*norm(A)",
    "Sum(norm(A/k - A/k), (k, 0, 2)) == 0",
    "norm(A[0:2, 0:2] - A[0:2, 0:2]) == 0",
    "norm(A[0:4, :][0:2, :]) <= norm(A)",
]
KEPT = [
    ("norm(A/2 - A/2) == 0", Outcome.PROVED),
    ("norm(tanh(x) - tanh(x)) == 0", Outcome.PROVED),
    ("norm(2**k*A) == 2**k*norm(A)", Outcome.PROVED),
    ("norm(A/(1 + norm(A))) < 1", Outcome.PROVED),
    ("norm(A[0:1, :] - A[0:1, :]) == 0", Outcome.PROVED),
    ("norm(A[0:2, 0:2] + B[0:2, 0:2]) >= 0", Outcome.REFUTED),
    ("norm(A/k + B/k) >= 0", Outcome.REFUTED),
    ("norm(log(x).T) >= 0", Outcome.REFUTED),
    ("norm(exp(log(x))) == norm(x)", Outcome.REFUTED),
    ("norm(hadamard(x**(-1), A @ x)) >= 0", Outcome.REFUTED),
]


@pytest.mark.parametrize("says", CANCELLED)
def test_what_has_no_value_everywhere_is_never_lost_in_silence(says):
    with pytest.raises(ParseError, match="cancels here, and it has no value everywhere"):
        said(says)


@pytest.mark.parametrize(("says", "outcome"), KEPT)
def test_what_is_kept_is_judged(says, outcome):
    assert sg.verify(said(says)).outcome is outcome


def test_conditions_on_steps_hold_where_the_claim_speaks_of_none():
    """There is no step 2 in a run of one step."""
    with pytest.raises(ClaimError, match="the domain is empty"):
        said("norm(dh[2]/dh[0]) <= norm(W)/4", ["T == 1"], layer("sigmoid"))


# --- empty domains ------------------------------------------------------------------------------------------------

NEVER_MET = [
    (["norm(A) < 0"], None),
    (["spectral_radius(A) > norm(A)"], None),
    (["norm(A @ B) > norm(A)*norm(B)"], None),
    (["norm(A + B) > norm(A) + norm(B)"], None),
    (["norm(x - A @ x) > norm(x) + norm(A @ x)"], None),
    (["norm(A) < norm(B) - norm(A + B)"], None),
    (["norm(A) != norm(A.T)"], None),
    (["norm(A) < 1", "norm(A) > 2"], None),
    (["norm(A) < 1", "norm(A @ A) > 1"], None),
    (["norm(A) == 2", "norm(A) == 3"], None),
    (["norm(A) <= k", "k < 0"], None),
    (["norm(A.T @ A + eye(n)) == 0"], None),
    (["norm(A.T @ A + 2*B @ B.T) == 0", "norm(B) > 0"], None),
    (["norm(A.T @ A - 4*eye(n)) == 0", "norm(A) < 2"], None),
    (["norm(A - B) == 0", "norm(A) != norm(B)"], None),
    (["norm(W) < spectral_radius(W)"], layer("sigmoid")),
    (["norm(W) < 2", "norm(W @ W) >= 4"], layer("sigmoid")),
    (["norm(dh[T]/dh[0]) < 0"], layer("sigmoid")),
    (["norm(dh[t]/dh[t-1]) > norm(W)"], layer("sigmoid")),
    (["norm(A.T @ A - eye(n)) == 0", "spectral_radius(A) < 1"], None),
    (["norm(A @ A - 4*eye(n)) == 0", "spectral_radius(A) != 2"], None),
    (["norm(A @ A.T - eye(n)) == 0", "norm(A.T @ x) < norm(x)"], None),
    (["norm(W.T @ W - eye(n)) == 0", "spectral_radius(W) < 1"], layer("sigmoid")),
    (["norm(A @ B - B @ A - eye(n)) == 0"], None),
    (["norm(A @ B - B @ A + 3*eye(n)) <= 2"], None),
    (["norm(outer(x, y) - eye(n)) == 0", "n >= 2"], None),
    (["norm(outer(x, y) + outer(y, x) - eye(n)) < 1", "n > 2"], None),
]
FALSE_OF_CELL, FALSE_OF_MATRICES = "norm(dh[T]/dh[0]) <= -1", "norm(A) + norm(B) + norm(x + y) + k*0 == -5"


@pytest.mark.parametrize(("where", "cell"), NEVER_MET, ids=name)
def test_conditions_that_are_never_met_prove_nothing(where, cell):
    verdict = sg.verify(said(FALSE_OF_MATRICES if cell is None else FALSE_OF_CELL, where, cell))
    assert verdict.outcome is Outcome.UNINFORMATIVE, verdict
    assert verdict.evidence.startswith("the domain is empty")


THIN = [  # a product through a smaller size is no multiple of the identity
    ("norm(V) == 1", ["V matrix (2, 3)", "norm(V.T @ V - eye(3)) == 0"]),
    ("norm(V) >= 0", ["V matrix (2, 3)", "norm(V.T @ V - eye(3)) < 1/2"]),
    ("norm(V) == 1", ["V matrix (m, p)", "m < p", "norm(V.T @ V - eye(p)) == 0"]),
]


@pytest.mark.parametrize(("says", "where"), THIN, ids=name)
def test_too_thin_a_matrix_has_no_orthogonal_columns(says, where):
    verdict = sg.verify(sg.claim(says, where=where))
    assert verdict.outcome is Outcome.UNINFORMATIVE, verdict


UNKNOWN = [  # without a point, as a proof by others would show
    ["norm(A - eye(n)) == 0", "norm(A.T + A) == 0"],
    ["norm(A)/norm(A) == 1", "norm(A) == 0"],
]


@pytest.mark.parametrize("where", UNKNOWN, ids=name)
def test_what_may_be_about_nothing_is_not_proved(where):
    verdict = sg.verify(said("norm(A) >= 0", where))
    assert verdict.outcome not in (Outcome.PROVED, Outcome.CERTIFIED), verdict


def test_a_case_without_a_point_is_no_part_of_the_domain():
    """At T = 0 the Jacobian is the identity."""
    claim = said("norm(dh[T]/dh[0]) <= 1/2", ["norm(dh[T]/dh[0]) < 1/2", "T >= 0"], layer("sigmoid"))
    assert sg.verify(claim).outcome is Outcome.PROVED


MET = [  # at matrices that no sample is
    (["norm(A) == sqrt(2)"], "norm(A)**2 == 2"),
    (["norm(A) >= 10**9", "norm(A) <= 10**9"], "norm(A) == 10**9"),
    (["norm(A.T @ A - 4*eye(n)) == 0"], "norm(A) == 2"),
    (["norm(A.T @ A - eye(n)) == 0"], "spectral_radius(A @ B) <= norm(B)"),
    (["norm(A.T @ A + B.T @ B) == 0"], "norm(A) == norm(B)"),
    (["norm(A.T) <= 1/2"], "norm(A) < 1"),
    (["spectral_radius(A) == norm(A)", "norm(A) == sqrt(3)"], "spectral_radius(A) == sqrt(3)"),
    (["norm(A) == sqrt(2)", "norm(B) == 1/sqrt(2)"], "norm(A @ B) <= 1"),
    (["norm(A.T @ A - 2*eye(n)) == 0"], "norm(A) == sqrt(2)"),
]


@pytest.mark.parametrize(("where", "says"), MET, ids=name)
def test_conditions_that_are_met_where_no_sample_is_prove_what_follows(where, says):
    assert sg.verify(said(says, where)).outcome is Outcome.PROVED


# --- products that are a multiple of the identity -----------------------------------------------------------------

ORTHOGONAL = "norm(A.T @ A - eye(n)) == 0"
BY_IDENTITIES = [
    ("norm(A @ x) == norm(x)", [ORTHOGONAL]),
    ("norm(A.T @ x) == norm(x)", [ORTHOGONAL]),
    ("norm(A @ B) == norm(B)", [ORTHOGONAL]),
    ("norm(B @ A) == norm(B)", [ORTHOGONAL]),
    ("norm(A @ B @ A.T) == norm(B)", [ORTHOGONAL]),
    ("norm(A @ (x - y)) == norm(x - y)", [ORTHOGONAL]),
    ("norm(dot(A @ x, A @ y)) == norm(dot(x, y))", [ORTHOGONAL]),
    ("norm(A @ x) == 2*norm(x)", ["norm(A.T @ A - 4*eye(n)) == 0"]),
    ("norm(A @ B @ x) == norm(x)", [ORTHOGONAL, "norm(B @ B.T - eye(n)) == 0"]),
    ("norm(C @ x) == norm(x)", ["C matrix (m, n)", "norm(C.T @ C - eye(n)) == 0"]),
    ("norm(A @ B @ x) <= norm(x)", ["norm(A @ B - eye(n)) == 0"]),
    ("spectral_radius(A) == 1", [ORTHOGONAL]),
    ("spectral_radius(A) == 2", ["norm(A @ A - 4*eye(n)) == 0"]),
    ("spectral_radius(A @ B @ A.T) == spectral_radius(B)", [ORTHOGONAL]),
    ("spectral_radius(A @ C @ B) == spectral_radius(C)", ["C matrix (n, n)", "norm(A @ B - eye(n)) == 0"]),
    ("norm(C @ A @ B) == norm(C)", ["C matrix (n, n)", "norm(A @ B @ B.T @ A.T - eye(n)) == 0"]),
    ("norm(C @ A @ B.T) == 3*norm(C)", ["C matrix (n, n)", "norm(A @ B.T @ B @ A.T - 9*eye(n)) == 0"]),
    ("Abs(c) == sqrt(norm(A @ B))", ["norm(c**2*eye(n) - A @ B) == 0"]),
    ("Abs(c) + norm(B) >= c", ["norm(c**2*eye(n) - A @ B) == 0"]),
]
# Of an odd number of factors nothing follows for the ones at the ends, nor of an even power for the sign of its base.
ODD = ["v vector (n)", "norm(A @ diag(v) @ A.T - eye(n)) == 0"]
FIVE = ["C matrix (n, n)", "v vector (n)", "norm(A @ B @ diag(v) @ B.T @ A.T - eye(n)) == 0"]
NOT_BY_IDENTITIES = [
    ("norm(C.T @ z) == norm(z)", ["C matrix (m, n)", "z vector (m)", "norm(C.T @ C - eye(n)) == 0"]),
    ("norm(A) == 1", ["norm(A @ A - eye(n)) == 0"]),
    ("spectral_radius(A @ B) == spectral_radius(B)", [ORTHOGONAL]),
    ("norm(A @ x) == norm(x)", ["norm(A @ A - eye(n)) == 0"]),
    ("norm(A) == 1", ["norm(A @ B - eye(n)) == 0"]),
    *((says, ODD) for says in ("norm(B @ A) == norm(B)", "norm(A.T @ x) == norm(x)", "norm(A) == 1", "norm(A) <= 1",
                               "spectral_radius(A) <= 1")),
    ("norm(A) <= 1", ["norm(A @ (B + B.T) @ A.T - eye(n)) == 0"]),
    ("norm(B @ A @ x) <= norm(B)*norm(x)", ["S matrix (n, n)", "norm(A @ (S + S.T) @ A.T - eye(n)) == 0"]),
    ("norm(C @ A @ B) == norm(C)", FIVE),
    ("c >= 0", ["norm(c**2*eye(n) - A @ B) == 0"]),
    ("c + norm(B) >= 0", ["norm(c**2*eye(n) - A @ B) == 0"]),
    ("c + norm(A) >= 0", ["norm(c**2*eye(n) - A @ B @ A @ B @ B) == 0"]),
    ("c + norm(B @ A) >= 0", ["norm(c**4*eye(n) + B @ A @ B) == 0"]),
]  # fmt: skip


AGAINST_IDENTITIES = [
    ("norm(A) <= 3", ["norm(A @ A - eye(n)) == 0"]),
    ("norm(A - A.T) == 0", ["norm(A @ A - 4*eye(n)) == 0"]),
    ("norm(A @ A @ A @ A - eye(n)) == 0", [ORTHOGONAL]),
    ("norm(A @ B - B @ A) == 0", [ORTHOGONAL, "norm(B.T @ B - eye(n)) == 0"]),
    ("norm(relu(A)) <= 1", [ORTHOGONAL]),
    ("norm(A) <= 4", ["norm(A @ A - A) == 0"]),
    ("norm(A - eye(n)) == 0", ["norm(A @ A @ A - eye(n)) == 0"]),
]


@pytest.mark.parametrize(("says", "where"), AGAINST_IDENTITIES, ids=name)
def test_what_is_false_under_equations_is_refuted_by_matrices_that_meet_them(says, where):
    assert sg.verify(said(says, where)).outcome is Outcome.REFUTED


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("says", "where"), BY_IDENTITIES, ids=name)
def test_what_follows_from_products_that_are_multiples_of_the_identity(says, where):
    assert sg.verify(said(says, where)).outcome is Outcome.PROVED


@pytest.mark.parametrize(("says", "where"), NOT_BY_IDENTITIES, ids=name)
def test_what_does_not_follow_from_them_is_not_proved(says, where):
    assert sg.verify(said(says, where)).holds is not True


# --- letters of steps that are numbers ----------------------------------------------------------------------------

PLAIN = [
    ("norm(A @ B) <= {}*{}", ["norm(A) <= {}", "norm(B) <= {}"], Outcome.PROVED),
    ("norm({}*A) + norm({}*B) == {0}*norm(A) + {1}*norm(B)", ["{} > 0", "{} > 0"], Outcome.PROVED),
    ("norm(A + B) <= {} + {}", ["norm(A) <= {} - 1", "norm(B) <= {}"], Outcome.PROVED),
    ("norm({}*A) + {}*0 == {0}*norm(A)", [], Outcome.REFUTED),
    ("norm(A @ B) < {}*{}", ["norm(A) <= {}", "norm(B) <= {}"], Outcome.REFUTED),
]


@pytest.mark.parametrize(("says", "where", "outcome"), PLAIN, ids=name)
def test_letters_of_steps_that_stand_as_a_step_nowhere_are_numbers_like_others(says, where, outcome):
    for one, other in (("p", "q"), ("t", "T"), ("T", "t")):
        claim = _lettered(says, where, one, other)
        assert sg.verify(claim).outcome is outcome, claim


def _lettered(says, where, one, other):
    places = iter((one, other))
    conditions = [c.format(next(places)) for c in where]
    if "{0}" in says:
        head, _, tail = says.partition("==")
        return said(f"{head.format(one, other)}=={tail.format(one, other)}", conditions)
    return said(says.format(one, other), conditions)


def test_the_length_of_a_run_is_a_step_in_exponents_and_limits():
    assert "for T >= 1" in sg.verify(said("norm(A)**T <= 1", ["norm(A) <= 1"])).evidence
    with pytest.raises(ClaimError, match="T is a number of steps here"):
        said("norm(A)**T <= 1", ["norm(A) <= 1", "T real"])
