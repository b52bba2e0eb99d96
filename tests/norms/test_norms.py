"""Norms and spectral radii in claims: what is true is proved, what is false is refuted by matrices that show it."""

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from in_numbers import norm, numbers, radius
from sympy import MatrixSymbol

import symgrad as sg
from symgrad.balls import UNKNOWN, precision
from symgrad.balls.spectra import spectral_norm, spectral_radius
from symgrad.base.errors import ClaimError, ParseError, ShapeError
from symgrad.language.latex import statement_latex
from symgrad.language.verdicts import Outcome
from symgrad.norms.exact import value
from symgrad.norms.products import canonical
from symgrad.reading.text import to_text

SQUARE = ["A, B, C matrix (n, n)", "x, y vector (n)"]
SHAPES = ["A matrix (n, m)", "B matrix (m, p)", "x vector (m)"]
n, m = sg.dims("n m")
A, B = sg.Parameter("A", n, n), sg.Parameter("B", n, n)
x, y = sg.Parameter("x", n), sg.Parameter("y", n)

TRUE = [
    ("norm(A @ B) <= norm(A)*norm(B)", SHAPES),
    ("norm(A @ x) <= norm(A)*norm(x)", SHAPES),
    ("norm(A.T) == norm(A)", SHAPES),
    ("norm(A @ A.T) == norm(A)**2", SHAPES),
    ("norm(A[0:1, :]) <= norm(A)", SHAPES),
    ("norm(A[0:2, 0:2]) <= norm(A)", [*SQUARE, "n >= 2"]),
    ("norm(A[2:4, :]) <= norm(A)", [*SQUARE, "n in [4, 9]"]),
    ("norm(zeros(n, m)) == 0", SHAPES),
    ("norm(ones(n, m)) == sqrt(n*m)", SHAPES),
    ("norm(A + B) <= norm(A) + norm(B)", SQUARE),
    ("norm(A - B) == norm(B - A)", SQUARE),
    ("Abs(norm(A) - norm(B)) <= norm(A - B)", SQUARE),
    ("norm(A) <= norm(A - B) + norm(B)", SQUARE),
    ("norm(alpha*A) == Abs(alpha)*norm(A)", SQUARE),
    ("norm(eye(n)) == 1", SQUARE),
    ("norm(A) >= 0", SQUARE),
    ("norm(A @ B @ C) <= norm(A @ B)*norm(C)", SQUARE),
    ("norm(A @ (B + C)) <= norm(A @ B) + norm(A @ C)", SQUARE),
    ("norm(A @ B - B @ A) <= 2*norm(A)*norm(B)", SQUARE),
    ("norm(A @ A @ A) <= norm(A)**3", SQUARE),
    ("norm(A)*norm(B) - norm(A @ B) >= 0", SQUARE),
    ("log(1 + norm(A @ B)) <= log(1 + norm(A)*norm(B))", SQUARE),
    ("Max(norm(A @ B), norm(A)) <= norm(A)*Max(norm(B), 1)", SQUARE),
    ("norm(hadamard(A, B)) <= norm(A)*norm(B)", SQUARE),
    ("norm(blocks([[A, B], [C, A]])) <= 2*norm(A) + norm(B) + norm(C)", SQUARE),
    ("norm(hadamard(x, y)) <= norm(x)*norm(y)", SQUARE),
    ("norm(diag(x)) <= norm(x)", SQUARE),
    ("norm(dot(x, y)) <= norm(x)*norm(y)", SQUARE),
    ("norm(dot(x, x)) == norm(x)**2", SQUARE),
    ("norm(outer(x, y)) == norm(x)*norm(y)", SQUARE),
    ("norm(concatenate(x, y))**2 == norm(x)**2 + norm(y)**2", SQUARE),
    ("norm(x + y)**2 <= 2*norm(x)**2 + 2*norm(y)**2", SQUARE),
    ("norm(tanh(A @ x)) <= norm(A)*norm(x)", SHAPES),
    ("norm(sigmoid(A @ x)) <= sqrt(n)", SHAPES),
    ("norm(diag(slope(sigmoid, x)) @ A) <= norm(A)/4", SQUARE),
    ("norm(softmax(x)) <= 1", SQUARE),
    ("norm(A @ x - B @ x) <= norm(A - B)*norm(x)", SQUARE),
    ("norm(tanh(x) - tanh(y)) <= norm(x - y)", SQUARE),
    ("norm(sigmoid(A @ x + y) - sigmoid(B @ x + y)) <= norm(A - B)*norm(x)/4", SQUARE),
    ("spectral_radius(A) <= norm(A)", SQUARE),
    ("spectral_radius(A @ B) == spectral_radius(B @ A)", SQUARE),
    ("spectral_radius(A.T @ A) == norm(A)**2", SQUARE),
    ("spectral_radius(A + A.T) == norm(A + A.T)", SQUARE),
    ("spectral_radius(A @ A) == spectral_radius(A)**2", SQUARE),
    ("spectral_radius(A + eye(n)) <= spectral_radius(A) + 1", SQUARE),
    ("spectral_radius(outer(x, y)) == norm(dot(x, y))", SQUARE),
    ("Abs(trace(A)) <= n*spectral_radius(A)", SQUARE),
    ("Abs(trace(A)) <= 1", [*SQUARE, "trace(A) == 1"]),
    ("spectral_radius(A)**2 <= norm(A @ A) <= norm(A)**2", SQUARE),
    ("norm(a*A + (1 - a)*B) <= a*norm(A) + (1 - a)*norm(B)", [*SQUARE, "a in [0, 1]"]),
    ("norm(A @ B) < 1", [*SQUARE, "norm(A) < 1", "norm(B) <= 1"]),
    ("norm(A)**T >= spectral_radius(A)**T", [*SQUARE, "T integer", "T >= 1"]),
    ("norm(product(A, (i, 1, T))) <= norm(A)**T", SQUARE),
    ("norm(sum(A, (i, 1, T))) <= T*norm(A)", SQUARE),
    ("norm(A/(1 + norm(A))) < 1", SQUARE),
]  # fmt: skip


# False, with what NumPy makes of both sides.
FALSE = [
    ("norm(A) <= spectral_radius(A)", lambda A, **_: (norm(A), radius(A))),
    ("spectral_radius(A @ B) <= spectral_radius(A)*spectral_radius(B)",
     lambda A, B, **_: (radius(A @ B), radius(A) * radius(B))),
    ("spectral_radius(A + B) <= spectral_radius(A) + spectral_radius(B)",
     lambda A, B, **_: (radius(A + B), radius(A) + radius(B))),
    ("spectral_radius(hadamard(A, B)) <= spectral_radius(A)*spectral_radius(B)",
     lambda A, B, **_: (radius(A * B), radius(A) * radius(B))),
    ("norm(A @ B) == norm(A)*norm(B)", lambda A, B, **_: (norm(A @ B), norm(A) * norm(B))),
    ("norm(A + B) == norm(A) + norm(B)", lambda A, B, **_: (norm(A + B), norm(A) + norm(B))),
    ("norm(A @ A) == norm(A)**2", lambda A, **_: (norm(A @ A), norm(A) ** 2)),
    ("norm(A @ B) <= 0.99*norm(A)*norm(B)", lambda A, B, **_: (norm(A @ B), 0.99 * norm(A) * norm(B))),
    ("norm(A @ B) < norm(A)*norm(B)", lambda A, B, **_: (norm(A @ B), norm(A) * norm(B))),
    ("norm(A @ B) == norm(B @ A)", lambda A, B, **_: (norm(A @ B), norm(B @ A))),
    ("norm(alpha*A) == alpha*norm(A)", lambda A, alpha, **_: (norm(alpha * A), alpha * norm(A))),
    ("norm(A) <= Abs(trace(A))", lambda A, **_: (norm(A), abs(np.trace(A)))),
    ("norm(diag(x)) == norm(x)", lambda x, **_: (norm(np.diag(x)), norm(x[:, None]))),
    ("norm(hadamard(x, y)) == norm(x)*norm(y)",
     lambda x, y, **_: (norm((x * y)[:, None]), norm(x[:, None]) * norm(y[:, None]))),
    ("norm(A @ x) <= spectral_radius(A)*norm(x)",
     lambda A, x, **_: (norm((A @ x)[:, None]), radius(A) * norm(x[:, None]))),
    ("norm(sign(x) - sign(y)) <= norm(x - y)",
     lambda x, y, **_: (norm((np.sign(x) - np.sign(y))[:, None]), norm((x - y)[:, None]))),
    ("norm(relu(A)) <= norm(A)", lambda A, **_: (norm(np.maximum(A, 0)), norm(A))),
    ("norm(A - A.T) < 2*norm(A)", lambda A, **_: (norm(A - A.T), 2 * norm(A))),
    ("norm(sigmoid(x)) <= norm(x)", lambda x, **_: (norm(1 / (1 + np.exp(-x))[:, None]), norm(x[:, None]))),
]  # fmt: skip


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("says", "where"), TRUE, ids=[row[0] for row in TRUE])
def test_what_is_true_is_proved(says, where):
    verdict = sg.verify(sg.claim(says, where=where))
    assert verdict.outcome is Outcome.PROVED, verdict
    assert verdict.evidence


@pytest.mark.parametrize(("says", "sides"), FALSE, ids=[row[0] for row in FALSE])
def test_what_is_false_is_refuted_by_numbers_that_anybody_can_check(says, sides):
    verdict = sg.verify(sg.claim(says, where=SQUARE))
    assert verdict.outcome is Outcome.REFUTED, verdict
    point = {name: numbers(text) for name, text in verdict.witness.point.items()}
    left, right = sides(**point)
    assert (float(Fraction(verdict.witness.left)), float(Fraction(verdict.witness.right))) == pytest.approx(
        (left, right)
    )


def test_steps_start_at_1_and_that_is_said():
    says = "norm(product(A, (i, 1, T))) <= norm(A)**T"
    assert sg.verify(sg.claim(says, where=SQUARE)).evidence.endswith("for T >= 1")
    assert "for T >= 1" not in sg.verify(sg.claim(says, where=[*SQUARE, "T >= 2"])).evidence
    assert sg.verify(sg.claim("norm(A) == 0", where=[*SQUARE, "norm(A + A.T) == 0"])).holds is False


UNDEFINED = ["norm(A)/norm(A) == 1", "norm(A/norm(A)) <= 1", "norm(log(x)) >= 0", "norm(exp(log(x))) == norm(x)",
             "norm(A[0:2, 0:2]) <= norm(A)", "norm(A[2:4, :]) >= 0", "norm(x[1:2]) == norm(x[1:2])",
             "norm(x**(-1)) >= 0", "norm(A)**k >= spectral_radius(A)**k"]  # fmt: skip


@pytest.mark.parametrize("says", UNDEFINED)
def test_what_has_no_value_somewhere_is_refuted_there(says):
    verdict = sg.verify(sg.claim(says, where=[*SQUARE, "k integer"]))
    assert verdict.outcome is Outcome.REFUTED
    assert "undefined" in (verdict.witness.left, verdict.witness.right)


@pytest.mark.parametrize("says", ["norm(sqrt(x)) >= 0", "norm(asin(x)) <= 2*sqrt(n)"])
def test_what_is_not_certainly_real_is_not_proved(says):
    assert sg.verify(sg.claim(says, where=SQUARE)).holds is not True


OPEN = [
    "norm(x + y)**2 + norm(x - y)**2 == 2*norm(x)**2 + 2*norm(y)**2",
    "norm(A @ A - B @ B) <= (norm(A) + norm(B))*norm(A - B)",
]


@pytest.mark.parametrize("says", OPEN)
def test_what_no_rule_proves_is_evidence_only(says):
    assert sg.verify(sg.claim(says, where=SQUARE)).outcome is Outcome.SUPPORTED


@pytest.mark.parametrize(("says", "where"), TRUE, ids=[row[0] for row in TRUE])
def test_slips_of_what_is_true_are_never_proved_where_numbers_contradict_them(says, where):
    """A relation turned round is refuted, or it is an equality that holds both ways."""
    statement = sg.claim(says, where=where).statement
    for part in getattr(statement, "parts", (statement,)):
        for name, spoilt in part.slips():
            if name.startswith("direction"):
                domain = sg.claim(says, where=where).domain
                assert sg.verify(sg.Claim(spoilt, domain)).outcome is Outcome.REFUTED, spoilt


def test_the_same_from_python():
    assert sg.verify(sg.claim(sg.norm(A @ B), "<=", sg.norm(A) * sg.norm(B))).outcome is Outcome.PROVED
    assert sg.verify(sg.claim(sg.norm(A), "<=", sg.spectral_radius(A))).outcome is Outcome.REFUTED
    assert (
        sg.verify(sg.claim(sg.norm(A @ B), "<", 1, where=[sg.norm(A) < 1, sg.norm(B) <= 1])).outcome is Outcome.PROVED
    )
    assert sg.verify(sg.claim("norm(A @ x)", "<=", sg.norm(A) * sg.norm(x))).outcome is Outcome.PROVED
    explicit = sympy.ImmutableMatrix([[3, 0], [4, 0]])
    assert sg.verify(sg.claim(sg.norm(explicit), "==", 5)).holds is not False
    assert sg.verify(sg.claim(sg.norm(explicit), "==", 4)).outcome is Outcome.REFUTED


def test_two_sides_that_are_one_expression_say_so():
    verdict = sg.verify(sg.claim(sg.norm(A), "==", sg.norm(A)))
    assert "same expression as given" in verdict.evidence


def test_a_condition_on_no_symbol_is_told():
    where = [*SQUARE, "alhpa in [0, 1]", "n >= 2"]
    (remark,) = sg.claim("norm(alpha*A) == Abs(alpha)*norm(A)", where=where).remarks
    assert "did you mean alpha?" in remark


def test_norms_are_claims_on_real_numbers():
    c = sympy.Symbol("c", complex=True)
    for sides in ((sg.norm(c * A), "==", sympy.Abs(c) * sg.norm(A)), (sympy.Abs(c), "<=", sg.norm(A))):
        with pytest.raises(ClaimError, match=r"c is complex; write real\('c'\)"):
            sg.claim(*sides)


def test_nothing_is_proved_of_what_nobody_says_has_values():
    unknown = sympy.Function("f")(sg.real("s"))
    for sides in ((unknown, unknown), (unknown + 1, 1 + unknown), (unknown * sg.norm(A), unknown * sg.norm(A))):
        verdict = sg.verify(sg.claim(sides[0], "==", sides[1]))
        assert verdict.outcome is Outcome.UNDECIDED, sides


def test_equations_hold_no_norms():
    with pytest.raises(ParseError, match="norm stands in claims, and in no equation"):
        sg.read_cell("h[t] = h[t-1]/norm(h[t-1])", {"h": n})


def test_of_a_scalar_both_are_the_absolute_value():
    s = sg.real("s")
    assert sg.norm(s) == sg.spectral_radius(s) == sympy.Abs(s)


@pytest.mark.parametrize(
    ("says", "where", "error", "reason"),
    [
        ("norm(A @ B) <= 1", [], ParseError, 'say in a condition what A is, as in "A matrix (n, m)"'),
        ("norm(A) <= 1", ["A matrix"], ParseError, "say the shape"),
        ("norm(A) <= 1", ["A matrix (n, 0)"], ParseError, "say the shape"),
        ("norm(A) <= 1", ["A matrix (n, n)", "A vector (n)"], ParseError, "A is declared twice"),
        ("norm(A) <= 1", ["A matrix (n, n)", "A > 0"], ClaimError, "A is a matrix"),
        ("norm(A @ x) <= 1", ["A matrix (n, n)", "x vector (m)"], ParseError, "shapes (n, n) and (m, 1) do not fit"),
        ("spectral_radius(A) <= 1", ["A matrix (n, m)"], ParseError, "spectral_radius takes a square matrix"),
        ("A @ B == B @ A", ["A, B matrix (n, n)"], ParseError, "a claim compares scalars, such as norms"),
        ("norm(x) >= 0", ["x vector (n)", "outer(x, x) == 0"], ParseError, "a claim compares scalars, such as norms"),
        ("norm(x) <= oo", ["x vector (n)"], ParseError, "oo is no number"),
        ("norm(A, 1) <= 1", ["A matrix (n, m)"], ParseError, "write norm(A)"),
        ("norm(A)", ["A matrix (n, m)"], ParseError, "a statement has a relation"),
    ],
)
def test_what_cannot_be_read_says_why(says, where, error, reason):
    with pytest.raises(error) as caught:
        sg.claim(says, where=where)
    assert reason in str(caught.value)


def test_a_spectral_radius_is_of_square_matrices():
    with pytest.raises(ShapeError, match=r"\(n, 1\)"):
        sg.spectral_radius(x)


@pytest.mark.parametrize(("says", "where"), TRUE, ids=[row[0] for row in TRUE])
def test_claims_read_back_from_their_text(says, where):
    claim = sg.claim(says, where=where)
    for part in getattr(claim.statement, "parts", (claim.statement,)):
        again = sg.claim(to_text(part), where=where)
        assert to_text(again.statement) == to_text(part)
        assert again.statement.facts == part.facts


def test_norms_are_printed_with_double_bars():
    claim = sg.claim("norm(A @ x)**2 <= norm(A)**2*spectral_radius(A)", where=SQUARE)
    assert statement_latex(claim.statement, claim.domain) == (
        r"\left\Vert A x \right\Vert_{2}^{2} \leq \left\Vert A \right\Vert_{2}^{2} \rho\left(A\right)"
    )


# --- the parts -----------------------------------------------------------------------------------------------------


def exact(matrix):
    return np.vectorize(lambda e: fmpq(*Fraction(e).as_integer_ratio()), otypes=[object])(matrix)


@pytest.mark.parametrize("seed", range(12))
def test_enclosures_hold_what_numpy_finds(seed):
    drawn = np.random.default_rng(seed)
    size, other = drawn.integers(1, 5, 2)
    rectangle, square = drawn.integers(-3, 4, (size, other)), drawn.integers(-3, 4, (size, size))
    for divisor in (1, 3):  # thirds are no exact balls
        with precision(160):
            length = spectral_norm(exact(rectangle) * (arb(1) / divisor))
            largest = spectral_radius(exact(square) * (arb(1) / divisor))
        assert float(arb(length).mid()) == pytest.approx(norm(rectangle) / divisor, abs=1e-9)
        assert arb(length).rad() < 1e-12
        if divisor == 1 or largest is not UNKNOWN:  # multiple eigenvalues of balls are not told apart
            assert float(arb(largest).mid()) == pytest.approx(radius(square) / divisor, abs=1e-3)


def test_norms_and_radii_of_fractions_are_exact_where_they_are_fractions():
    nilpotent, stretched = exact(np.eye(3, k=1)), exact(np.diag([0.5, -2, 1]))
    assert (spectral_norm(nilpotent), spectral_radius(nilpotent)) == (1, 0)
    assert (spectral_norm(stretched), spectral_radius(stretched)) == (2, 2)


RULES = [(sg.norm(-2 * A.T), 2 * sg.norm(A)), (sg.norm(A - A), 0), (sg.norm(A.T @ A), sg.norm(A) ** 2),
         (sg.spectral_radius(B @ A), sg.spectral_radius(A @ B)), (sg.norm(sympy.Identity(n)), 1),
         (sg.spectral_radius(A.T), sg.spectral_radius(A))]  # fmt: skip


@pytest.mark.parametrize(("leaf", "known"), RULES, ids=str)
def test_values_by_equalities(leaf, known):
    assert value(leaf) == known


def test_the_normal_form_of_products_is_no_larger_claim():
    assert canonical((A @ B).T) == canonical(B.T @ A.T)
    assert canonical(A @ B) != canonical(B @ A)
    assert canonical(A + A.T) == canonical((A + A.T).T)
    assert canonical(MatrixSymbol("A", n, n)) != canonical(A)


# --- random claims whose truth NumPy knows -------------------------------------------------------------------------
# A term is its text with what it is in numbers; of a bound likewise.


def leaf(name, length):
    return (name, lambda at: at[name]), (f"norm({name})", lambda at: length(at[name]))


def composed(draw, depth):
    """A random matrix, and a bound of its norm that is true."""
    if depth == 0 or draw.random() < 0.2:
        (text, number), bound = leaf(draw.choice("AB"), norm)
        return ((f"{text}.T", lambda at: number(at).T), bound) if draw.random() < 0.3 else ((text, number), bound)
    (left, of_left), (first, of_first) = composed(draw, depth - 1)
    (right, of_right), (second, of_second) = composed(draw, depth - 1)
    product = (f"({first})*({second})", lambda at: of_first(at) * of_second(at))
    return draw.choice([
        ((f"({left}) @ ({right})", lambda at: of_left(at) @ of_right(at)), product),
        ((f"hadamard({left}, {right})", lambda at: of_left(at) * of_right(at)), product),
        ((f"(({left}) - ({right}))", lambda at: of_left(at) - of_right(at)),
         (f"({first} + {second})", lambda at: of_first(at) + of_second(at))),
        ((f"({left} + eye(n))", lambda at: of_left(at) + np.eye(len(at["A"]))),
         (f"({first} + 1)", lambda at: of_first(at) + 1)),
        ((f"(-1/2)*({left})", lambda at: -of_left(at) / 2), (f"({first})/2", lambda at: of_first(at) / 2)),
    ])  # fmt: skip


def numbers_at(seed):
    drawn = np.random.default_rng(seed)
    size = 1 + seed % 4
    kinds = (np.eye(size, k=1), np.eye(size), np.outer(*drawn.standard_normal((2, size))))
    plain = [drawn.standard_normal((size, size)) * 10.0 ** drawn.integers(-2, 2) for _ in "AB"]
    return {name: kinds[seed % 3] if drawn.random() < 0.3 else a for name, a in zip("AB", plain)}


@pytest.mark.parametrize("seed", range(30))
def test_random_claims_agree_with_numpy(seed):
    draw = random.Random(seed)
    (text, of_matrix), (bound, of_bound) = composed(draw, 3)
    measure, measured = draw.choice((("norm", norm), ("spectral_radius", radius)))
    factor, change = draw.choice((("1", "norm(A)"), ("1", "norm(A)"), ("0.9", "norm(A)"), ("1", "spectral_radius(A)")))
    said = f"{measure}({text}) <= {factor}*({bound.replace('norm(A)', change)})"
    verdict = sg.verify(sg.claim(said, where=SQUARE))
    if factor == "1" and change == "norm(A)":
        assert verdict.holds is True, (said, verdict)
    if verdict.holds is True and change == "norm(A)":
        for at in map(numbers_at, range(40)):
            assert measured(of_matrix(at)) <= float(factor) * of_bound(at) * (1 + 1e-9) + 1e-9, said
    if verdict.holds is False:
        at = {name: numbers(value) for name, value in verdict.witness.point.items()}
        at = {name: at.get(name, np.eye(int(at.get("n", 2)))) for name in "AB"}
        left, right = (float(Fraction(side)) for side in (verdict.witness.left, verdict.witness.right))
        assert left > right, said
        assert left == pytest.approx(measured(of_matrix(at)), rel=1e-4, abs=1e-4), said


@pytest.mark.parametrize(
    ("says", "truth"),
    [
        ("norm(A**2 - A @ A) == 0", True),
        ("spectral_radius(A**2) == spectral_radius(A)**2", True),
        ("norm(hadamard(A, A)) == norm(A**2)", False),
        ("norm(x**2) == norm(hadamard(x, x))", True),
    ],
)
def test_a_power_of_a_square_matrix_is_a_product_and_one_of_a_vector_is_that_of_its_entries(says, truth):
    assert sg.verify(sg.claim(says, where=["A matrix (n, n)", "x vector (n)"])).holds is truth


OF_INVERSES = ["k integer", "k < 0", "A, B matrix (2, 2)"]


@pytest.mark.parametrize(
    ("says", "where"),
    [
        ("norm(A**k) >= norm(A)**k", ["norm(A - eye(2)) < 1"]),
        ("norm(A**k)*norm(A)**(-k) >= 1", ["norm(A - eye(2)) <= 1/2"]),
    ],
)
def test_what_is_true_of_inverses_is_not_refuted(says, where):
    assert sg.verify(sg.claim(says, where=[*OF_INVERSES, *where])).holds is not False


@pytest.mark.parametrize(
    ("says", "where"),
    [
        ("norm(A**k) <= 1", ["norm(A - eye(2)) < 1/2"]),
        ("norm(A**k) == 1", []),
        ("spectral_radius(A**k) == 1", []),
        ("norm((2*A)**k) == 2**k*norm(A**k)", []),
    ],
)
def test_negative_powers_are_those_of_the_inverse_and_have_no_value_without_one(says, where):
    verdict = sg.verify(sg.claim(says, where=[*OF_INVERSES, *where]))
    assert verdict.holds is False
    A, power = numbers(verdict.witness.point["A"]), int(verdict.witness.point["k"])
    if np.linalg.det(A):
        assert float(Fraction(verdict.witness.left)) == pytest.approx(norm(np.linalg.matrix_power(A, power)))
    else:
        assert verdict.witness.left == "undefined"


@pytest.mark.parametrize(
    ("says", "where", "holds"),
    [
        ("dot(x, y) <= norm(x)*norm(y)", [], True),
        ("dot(x, y) <= norm(x)*norm(y)/2", [], False),
        ("Abs(dot(x, y)) <= norm(x)*norm(y)", [], True),
        ("x.T @ A @ x <= norm(A)*norm(x)**2", [], True),
        ("dot(x, y)/2 + 1 <= norm(x)*norm(y) + 1", [], True),
        ("dot(x, y) >= -norm(x)*norm(y)", [], True),
        ("exp(log(dot(x, y))) <= norm(x)*norm(y)", [], False),
        ("norm(x - y) == norm(x) + norm(y)", ["dot(x, y) == 0"], False),
        ("norm(A) <= 1", ["trace(A) == 0"], False),
    ],
)
def test_a_product_with_one_entry_is_compared_as_that_entry(says, where, holds):
    """dot(x, y) is a number, although it is made as a matrix; where the logarithm has no value, nothing holds."""
    shapes = ["x, y vector (n)", "A matrix (n, n)"]
    assert sg.verify(sg.claim(says, where=[*shapes, *where])).holds is holds
