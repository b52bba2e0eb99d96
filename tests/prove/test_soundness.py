"""The provers are not led astray: claims made to mislead them, and the lists of what they trust."""

import ast
import tomllib
from pathlib import Path

import mpmath
import pytest
import sympy
from flint import acb, arb, fmpq

import symgrad as sg
from symgrad.activations import ACTIVATIONS, expand
from symgrad.balls import FUNCTIONS, UNDEFINED, Ball, NoValue, RootOfNonnegative, Tape, UnsupportedError, precision
from symgrad.balls.functions.without_jumps import CONTINUOUS
from symgrad.language.statements import Domain, Relation
from symgrad.language.verdicts import Outcome, Verdict, Witness
from symgrad.prove.basics import facts
from symgrad.prove.basics.conditions import (
    DERIVATIVE,
    DERIVATIVES,
    ENTIRE,
    JUMPING,
    NEVER,
    TOTAL,
    UNTRUSTED,
    VALUE,
    conditions,
)
from symgrad.prove.basics.goals import Goal
from symgrad.prove.certain.refutations import confirmed
from symgrad.prove.signs.validity import discharged
from symgrad.reading.text import vocabulary

CLAIMS = tomllib.loads((Path(__file__).parent / "soundness.toml").read_text(encoding="utf-8"))["claim"]
AT_A_TIME = 20
x, y = sympy.symbols("x y", real=True)
n, m = sympy.symbols("n m", integer=True)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, len(CLAIMS), AT_A_TIME))
def test_no_claim_made_to_mislead_gets_a_wrong_verdict(start):
    entries = CLAIMS[start : start + AT_A_TIME]
    verdicts = [sg.verify(sg.claim(e["says"], where=e.get("where", ()))) for e in entries]
    wrong = [(e["says"], str(v)) for e, v in zip(entries, verdicts) if v.holds is (not e["true"])]
    assert wrong == []
    if start % (3 * AT_A_TIME):  # that verdicts depend on nothing else is asked of a third of them
        return
    sympy.core.cache.clear_cache()
    again = [sg.verify(sg.claim(e["says"], where=e.get("where", ()))) for e in reversed(entries)]
    assert list(map(str, again[::-1])) == list(map(str, verdicts))  # in another order, with cold caches


# --- where functions have values --------------------------------------------------------------------------------


def classes_of_the_vocabulary():
    """Every SymPy function that a word of formulas can make."""
    arguments = sympy.symbols("u v w s", real=True)
    found = {}
    for name in vocabulary.function_names():
        function = vocabulary.function(name)
        for arity in function.arities or (2,):
            for node in sympy.preorder_traversal(expand(function.make(*arguments[:arity]))):
                if isinstance(node, sympy.Function):
                    found[node.func] = name
    return found


def test_each_function_of_the_vocabulary_is_total_or_has_a_row_of_where_it_is_defined():
    lists = (ENTIRE, TOTAL, VALUE, UNTRUSTED, {sympy.Piecewise})
    assert {kind.__name__ for kind in classes_of_the_vocabulary() if sum(kind in each for each in lists) != 1} == set()


def test_each_function_with_enclosures_is_total_or_has_a_row_of_where_it_is_defined():
    lists = (ENTIRE, TOTAL, VALUE, UNTRUSTED, {sympy.Pow})
    assert {kind.__name__ for kind in FUNCTIONS if sum(kind in each for each in lists) != 1} == set()


def test_what_is_in_no_list_is_not_trusted_to_have_a_value():
    unknown = sympy.Function("unknown", real=True)
    unlisted = type("Unlisted", (sympy.Function,), {})
    assert conditions(unknown(x)) == []  # stands for a number of which nothing else is known
    for e in (
        unlisted(x),
        unlisted(sympy.Integer(1)),
        sympy.Integral(y, (y, 0, x)),
        sympy.Limit(y, y, x),
        sympy.Sum(x**n, (n, 1, sympy.oo)),
    ):
        assert NEVER in conditions(e), e
    assert not discharged(NEVER, Domain(), lambda *_: None)


def test_derivatives_are_trusted_of_listed_functions_only():
    assert set(DERIVATIVE) | set(DERIVATIVES) <= ENTIRE | TOTAL | set(VALUE)
    assert set(VALUE) >= JUMPING
    for kind in (*TOTAL, *JUMPING):
        arguments = (x, y) if kind in (sympy.Max, sympy.Min, sympy.Mod, sympy.atan2, sympy.KroneckerDelta) else (x,)
        if kind not in (sympy.elliptic_e, sympy.KroneckerDelta):
            e = kind(*arguments, evaluate=False) if kind is not sympy.Heaviside else kind(x)
            assert NEVER in conditions(sympy.Derivative(e, x, evaluate=False)), kind


POINTS = (*map(sympy.Integer, range(-4, 5)), *(sympy.Rational(k, 2) for k in (-5, -3, -1, 1, 3)))
WITH_ROWS = sorted((kind for kind in FUNCTIONS if kind in VALUE), key=lambda kind: kind.__name__)
# SymPy does not say that lerchphi takes three arguments.
SINGLE = [kind for kind in WITH_ROWS if 1 in kind.nargs and kind not in (sympy.beta, sympy.lerchphi)]
DOUBLE = [kind for kind in WITH_ROWS if 2 in kind.nargs and kind not in (*SINGLE, sympy.lerchphi)]


def holds(condition):
    """Whether a condition on numbers holds."""
    return (
        facts.is_nonzero(condition.nonzero)
        or (condition.positive is not None and facts.is_positive(condition.positive))
        or (condition.real is not None and facts.is_real(condition.real))
        or bool(condition.nonnegative and all(map(facts.is_nonnegative, condition.nonnegative)))
    )


def enclosed(kind, values):
    """A finite ball, or which value is missing."""
    try:
        value = FUNCTIONS[kind](*(fmpq(int(v.p), int(v.q)) for v in values))
    except (ZeroDivisionError, ValueError, OverflowError):
        return NoValue.UNKNOWN
    finite = isinstance(value, fmpq) or (isinstance(value, arb | acb) and value.is_finite())
    return value if finite or value is UNDEFINED else NoValue.UNKNOWN


@pytest.mark.parametrize("kind", SINGLE + DOUBLE)
def test_the_rows_agree_with_the_enclosures_at_exact_points(kind):
    """Where a ball is certainly undefined a condition fails; where a needed condition fails there is no finite ball."""
    lists = [(p,) for p in POINTS] if kind in SINGLE else [(p, q) for p in POINTS for q in POINTS]
    for values in lists:
        with precision(128):
            value = enclosed(kind, values)
        row = VALUE[kind](*values)
        assert value is not UNDEFINED or not all(map(holds, row)), (kind, values)
        assert not (isinstance(value, Ball) and any(c.is_needed and not holds(c) for c in row)), (kind, values, value)


@pytest.mark.parametrize("kind", SINGLE)
def test_no_enclosure_around_a_point_without_a_value_is_finite(kind):
    for p in POINTS:
        if enclosed(kind, (p,)) is not UNDEFINED or kind in (sympy.erfinv, sympy.erfcinv):
            continue
        with precision(64):
            around = arb(int(p.p)) / int(p.q) + arb(0, "1e-9")
            value = FUNCTIONS[kind](around)
        assert value is UNDEFINED or value is NoValue.UNKNOWN or not value.is_finite(), (kind, p, value)


# Singular points of functions, and of orders, in the words of mpmath: it raises or gives infinity there.
SINGULAR = {
    sympy.gamma: (mpmath.gamma, [(0,), (-1,), (-2,)]),
    sympy.factorial: (mpmath.factorial, [(-1,), (-2,)]),
    sympy.loggamma: (mpmath.loggamma, [(0,), (-1,)]),
    sympy.digamma: (mpmath.digamma, [(0,), (-1,)]),
    sympy.harmonic: (mpmath.harmonic, [(-1,), (-2,)]),
    sympy.zeta: (mpmath.zeta, [(1,)]),
    sympy.log: (mpmath.log, [(0,)]),
    sympy.Ei: (mpmath.ei, [(0,)]),
    sympy.Ci: (mpmath.ci, [(0,)]),
    sympy.Chi: (mpmath.chi, [(0,)]),
    sympy.li: (mpmath.li, [(1,)]),
    sympy.atanh: (mpmath.atanh, [(1,), (-1,)]),
    sympy.coth: (mpmath.coth, [(0,)]),
    sympy.csch: (mpmath.csch, [(0,)]),
    sympy.cot: (mpmath.cot, [(0,)]),
    sympy.csc: (mpmath.csc, [(0,)]),
    sympy.elliptic_k: (mpmath.ellipk, [(1,)]),
    sympy.bessely: (mpmath.bessely, [(0, 0), (1, 0), (2, 0)]),
    sympy.besselk: (mpmath.besselk, [(0, 0), (1, 0)]),
    sympy.polylog: (mpmath.polylog, [(1, 1)]),
    sympy.expint: (mpmath.expint, [(1, 0), (0, 0)]),
    sympy.beta: (mpmath.beta, [(0, 1), (-1, sympy.Rational(1, 2))]),
    sympy.catalan: (lambda v: mpmath.gamma(v + 0.5), [(sympy.Rational(-1, 2),), (sympy.Rational(-3, 2),)]),
}


@pytest.mark.parametrize("kind", sorted(SINGULAR, key=lambda k: k.__name__))
def test_at_singular_points_a_condition_fails(kind):
    function, places = SINGULAR[kind]
    for values in places:
        try:
            known = function(*(mpmath.mpf(sympy.Rational(v).p) / sympy.Rational(v).q for v in values))
        except (ValueError, ZeroDivisionError):
            known = mpmath.inf
        assert not mpmath.isfinite(known), (kind, values)
        assert not all(map(holds, VALUE[kind](*map(sympy.Rational, values)))), (kind, values)


# --- conditions are gathered before anything is expanded --------------------------------------------------------


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_argument_of_an_activation_must_have_a_value_whatever_it_expands_to(name):
    row = ACTIVATIONS[name]
    needed = {str(c) for c in conditions(row.function(sympy.log(x)))}
    assert "x != 0" in needed
    tape = Tape(row.function(sympy.log(x)), (x,))
    assert tape(fmpq(0)) is UNDEFINED


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_enclosure_of_an_activation_is_that_of_its_definition(name):
    e = ACTIVATIONS[name].function(x)
    with precision(100):
        for value in (fmpq(1, 3), fmpq(-7, 2), fmpq(3), arb(1) / 7):
            of_itself, of_its_definition = Tape(e, (x,))(value), Tape(expand(e), (x,))(value)
            assert arb(of_itself).overlaps(arb(of_its_definition))
            assert arb(of_itself).rel_accuracy_bits() > 60


# --- refutations ---------------------------------------------------------------------------------------------------


@pytest.mark.swallows_failures
@pytest.mark.parametrize(
    ("op", "left", "right", "evidence", "is_one"),
    [
        ("==", "2", "2", "", False),
        ("<=", "2", "2", "", False),
        ("==", "2", "3", "", True),
        ("<", "2", "2", "", True),
        ("!=", "2", "2", "", True),
        ("==", "undefined", "undefined", "", True),
        ("==", "1", "1", "1/x has no value there", True),
    ],
)
def test_a_refutation_whose_sides_agree_is_none(op, left, right, evidence, is_one, caplog):
    goal = Goal(Relation(x, op, y), Domain(((x, sympy.S.Reals), (y, sympy.S.Reals))))
    verdict = Verdict(Outcome.REFUTED, "somebody", evidence, Witness({"x": "0"}, left, right))
    with caplog.at_level("CRITICAL", "symgrad.prove"):
        found = confirmed(verdict, goal)
    assert found.outcome is (Outcome.REFUTED if is_one else Outcome.UNDECIDED)


@pytest.mark.swallows_failures
@pytest.mark.parametrize(
    ("says", "where", "point", "is_one"),
    [
        ("(x**2 - 2)**2 > 0", "x**2 != 2", "sqrt(2)", False),
        ("(x**2 - 2)**2 > 0", "x**2 != 3", "sqrt(2)", True),
        ("x > 0", "x in [1, 2]", "0", False),
        ("1/x > 0", "x > -1", "1", False),
        ("1/x > 0", "x > -1", "0", True),
    ],
)
def test_a_witness_is_a_point_of_the_domain_and_misses_no_value_that_is_there(says, where, point, is_one, caplog):
    asked = sg.claim(says, where=[where])
    goal = Goal.of(asked.statement, asked.domain)
    left, right = ("undefined", "0") if "/" in says else ("0", "0")
    verdict = Verdict(Outcome.REFUTED, "somebody", "", Witness({"x": point}, left, right))
    with caplog.at_level("CRITICAL", "symgrad.prove"):
        assert confirmed(verdict, goal).outcome is (Outcome.REFUTED if is_one else Outcome.UNDECIDED)


def test_cases_with_values_everywhere_need_no_condition():
    cases = sympy.Piecewise((x, x > 0), (0, True))
    assert conditions(cases) == [] == conditions(ACTIVATIONS["relu"].function(x))
    assert NEVER in conditions(sympy.Piecewise((x, x > 0)))
    assert [str(c) for c in conditions(sympy.Piecewise((1 / x, x > 0), (0, True)))] == ["x != 0"]


# --- continuity -------------------------------------------------------------------------------------------------


def test_functions_that_jump_are_not_listed_as_continuous():
    jumping = {sympy.sign, sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod, sympy.Heaviside, sympy.atan2, sympy.arg}
    assert not jumping & CONTINUOUS
    assert set(FUNCTIONS) | {RootOfNonnegative} >= CONTINUOUS


@pytest.mark.parametrize(
    "e",
    [sympy.acot(x), sympy.acoth(x), 1 / x, sympy.gamma(x), sympy.log(x), sympy.sqrt(x), sympy.sqrt(x**2 - 1) * sympy.I,
     sympy.zeta(x + 1), sympy.tan(x + sympy.pi / 2), sympy.acsch(x), sympy.Ei(x), sympy.sign(x), sympy.floor(x),
     sympy.re(sympy.sqrt(x - 1)), sympy.atan2(x, -1), sympy.besselk(0, x), sympy.digamma(x), sympy.Ci(x)],
    ids=str,
)  # fmt: skip
def test_nothing_is_continuous_across_a_jump_a_pole_or_a_branch_point(e):
    tape = Tape(e, (x,))
    with precision(64):
        assert not tape.is_continuous_on(arb(0, "1e-3"))


def test_smooth_functions_are_continuous_on_small_boxes():
    with precision(64):
        for e in (
            sympy.exp(x) * sympy.tan(x),
            sympy.log(x + 2),
            sympy.sqrt(x + 1) / (x - 3),
            sg.gelu(x),
            sympy.acot(x - 1),
        ):
            assert Tape(e, (x,)).is_continuous_on(arb(0, "1e-3"))


# --- facts ------------------------------------------------------------------------------------------------------


def test_an_arc_tangent_of_integers_may_be_zero():
    assert not facts.is_nonzero(sympy.atan(n * m - 70049))
    assert sympy.atan(n * m - 70049).is_zero is False  # what SymPy believes, and why it is not asked


VALUES = {
    sympy.Symbol("a", real=True): [fmpq(-3), fmpq(-1, 2), fmpq(0), fmpq(1), fmpq(5, 2)],
    sympy.Symbol("p", positive=True): [fmpq(1, 100), fmpq(1), fmpq(7, 2)],
    sympy.Symbol("q", nonpositive=True): [fmpq(0), fmpq(-1, 3), fmpq(-4)],
    sympy.Symbol("k", integer=True, positive=True): [fmpq(1), fmpq(2), fmpq(5)],
    sympy.Symbol("j", integer=True): [fmpq(-2), fmpq(0), fmpq(3)],
}


@pytest.mark.parametrize(
    "kind", sorted(set(facts.RULES) & set(FUNCTIONS) - {sympy.Add, sympy.Mul}, key=lambda k: k.__name__)
)
def test_each_rule_of_facts_holds_at_points(kind):
    symbols = list(VALUES)
    inner = [
        *symbols,
        *(s - 1 for s in symbols),
        *(s * t for s in symbols for t in symbols[:2]),
        *(s**2 for s in symbols),
    ]
    for arity in (1, 2):
        if arity not in (kind.nargs if kind is not sympy.Pow else {2}):
            continue
        chosen = [(u,) for u in inner] if arity == 1 else [(u, v) for u in inner[:12] for v in inner[:8]]
        for arguments in chosen:
            try:
                e = kind(*arguments)
            except (TypeError, ValueError):
                break
            found = facts.span(e)
            if found is not None and e.free_symbols and not e.has(sympy.nan, sympy.zoo, sympy.oo):
                assert_within(e, found)


def assert_within(e, found):
    free = sorted(e.free_symbols, key=str)
    try:
        tape = Tape(e, free)
    except UnsupportedError:
        return
    with precision(80):
        for k in range(5):
            value = tape(*(VALUES[s][(k + i) % len(VALUES[s])] for i, s in enumerate(free)))
            if isinstance(value, NoValue):
                continue
            known = acb(value)
            assert known.imag.contains(0), (e, value)
            low = None if found.low is None else arb(found.low.numerator) / found.low.denominator
            high = None if found.high is None else arb(found.high.numerator) / found.high.denominator
            assert low is None or not known.real < low, (e, value, found)
            assert high is None or not known.real > high, (e, value, found)
            assert not (found.is_nonzero and known.is_zero()), (e, value, found)


ASSUMPTIONS = {
    "is_zero", "is_nonzero", "is_real", "is_positive", "is_negative", "is_nonnegative", "is_nonpositive", "is_integer",
    "is_rational", "is_irrational", "is_extended_real", "is_extended_positive", "is_extended_negative",
    "is_extended_nonnegative", "is_extended_nonpositive", "is_extended_nonzero", "is_even", "is_odd", "is_complex",
}  # fmt: skip
# What has such attributes and is none of SymPy's expressions: normal forms, polynomials, generators, kinds of sets.
OUR_OWN = (
    "facts.", "self.is_", "kind.is_", "kind_of(", "difference.is_zero", "normal.is_zero", "form[1].is_zero",
    "found[1].is_zero", "above.is_zero", "tower.difference(", "generators[", "base.is_zero", "below.is_zero",
    "polynomial.is_zero",
)  # fmt: skip
# A symbol itself is asked what it was declared to be.
DECLARED = {"symbol.is_integer", "s.is_integer", "x.is_integer", "s.is_real", "x.is_real"}


@pytest.mark.parametrize("path", sorted((Path(sg.__file__).parent / "prove").rglob("*.py")), ids=lambda path: path.stem)
def test_no_prover_asks_sympys_assumptions_of_an_expression(path):
    """They are wrong at times; what is plain to see is seen by `facts`, whose rules are tested above."""
    if path.stem == "facts":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    asked = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ASSUMPTIONS and id(node) not in called
    ]
    assert [text for text in asked if text not in DECLARED and not any(own in text for own in OUR_OWN)] == []


# Inequalities that fail at every point of their domain, most by less than 1e-1500, and what is not seen to hold.
NEVER_HOLDS = [
    ("softplus(x) <= x + exp(-x)/2", ["x >= 5000"]),
    ("coth(x) <= 1 + exp(-2*x)", ["x >= 3000"]),
    ("log(1 + exp(-exp(x))) <= exp(-exp(x))/2", ["x >= 10"]),
    ("log(1 + exp(-exp(x))) == exp(-exp(x))/2", ["x >= 10"]),
    ("trigamma(x) <= 1", ["x in (-2, -1)"]),
    ("exp(I*x)*exp(-I*x) > 2", ["x in (1, 2)"]),
    ("gamma(1 + I*x)*gamma(1 - I*x) < 0", ["x in (1, 2)"]),
    ("asin(sin(2)) != pi - 2", []),
    ("asin(sin(2)) < pi - 2", []),
    ("sqrt(x + sqrt(x**2 - 1)) != (sqrt(x + 1) + sqrt(x - 1))/sqrt(2)", ["x >= 1"]),
    ("Integral(sqrt(cos(x)), (x, 0, 1)) > 5", []),
    ("Integral(sqrt(cos(x)), (x, 0, 1)) != Integral(sqrt(cos(x)), (x, 0, 1))", []),
]


@pytest.mark.parametrize("name", ["trigamma(-19/2)", "polygamma(1, -19/2)"])
def test_one_function_under_two_names_is_as_real_under_either(name):
    assert sg.verify(f"{name} > 9").holds is True
    assert sg.verify(f"{name} > 10").holds is False


@pytest.mark.parametrize(("says", "where"), NEVER_HOLDS)
def test_what_fails_everywhere_is_never_seen_to_hold(says, where):
    assert sg.verify(sg.claim(says, where=where)).outcome in (Outcome.REFUTED, Outcome.UNDECIDED)


@pytest.mark.parametrize("number", ["exp(-13850)", "-exp(-13850)", "exp(-10000)", "exp(13000)", "-exp(13850)", "2"])
def test_the_span_of_a_constant_holds_it_also_where_it_cannot_be_written_down(number):
    found = facts.span(sympy.sympify(number))
    with precision(256):
        value = Tape(sympy.sympify(number), ())()
        ends = [None if end is None else fmpq(end.numerator, end.denominator) for end in (found.low, found.high)]
        assert ends[0] is None or not value < ends[0]
        assert ends[1] is None or not value > ends[1]
