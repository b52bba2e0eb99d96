"""Random claims: true ones by sound rewriting, false ones by a slip that mpmath sees; no verdict may be wrong.

Truth is known without the prover. What is true was made from the other side by steps that hold wherever both sides have
values; a verdict that one of them has none is believed only where mpmath, too, finds no value or no agreement. What is
false differs by more than 1e-20 at a point of the domain, to 60 digits.
"""

import os

import mpmath
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Abs, Max, Min, Piecewise, Rational, S, cos, cosh, exp, log, sin, sinh, sqrt, tanh

import symgrad as sg
from symgrad.language.statements import Domain, Relation
from symgrad.language.verdicts import Outcome

x, y = sg.real("x"), sg.real("y")
NUMBERS = [Rational(p) for p in ("1", "-1", "2", "-2", "1/2", "3", "-3/2", "1/3", "5")]
PLACES = [
    Rational(p) for p in ("1/7", "-3/11", "9/5", "-12/7", "31/9", "-41/13", "27/4", "-100/17", "1/1000", "-1/999")
]
FUNCTIONS = {"exp": mpmath.exp, "log": mpmath.log, "Abs": abs, "sign": mpmath.sign}
DIGITS = 60
EXAMPLES = int(os.environ.get("SYMGRAD_RANDOM_CLAIMS", "24"))  # of each kind

leaves = st.sampled_from([x, x, y, *NUMBERS])
softplus, sigmoid, relu = (sg.ACTIVATIONS[name].function for name in ("softplus", "sigmoid", "relu"))


def grown(inner):
    """Larger expressions from smaller ones; each is defined on the whole line."""
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]),
        pairs.map(lambda p: p[0] - p[1]),
        pairs.map(lambda p: p[0] * p[1]),
        pairs.map(lambda p: p[0] / (1 + p[1] ** 2)),
        pairs.map(lambda p: Max(*p)),
        pairs.map(lambda p: Min(*p)),
        pairs.map(lambda p: Piecewise((p[0], x < 1), (p[1], True))),
        inner.map(lambda u: u**2),
        st.tuples(st.sampled_from([sin, cos, tanh, Abs, sigmoid, softplus, relu]), inner).map(lambda p: p[0](p[1])),
        inner.map(lambda u: exp(tanh(u))),
        inner.map(lambda u: log(1 + u**2)),
        inner.map(lambda u: sqrt(1 + u**2)),
    )


expressions = st.recursive(leaves, grown, max_leaves=4)


# --- rewriting that holds wherever both sides have values ------------------------------------------------------------

REWRITINGS = {
    sin: lambda u: cos(u - S.Pi / 2),
    cos: lambda u: 1 - 2 * sin(u / 2) ** 2,
    tanh: lambda u: sinh(u) / cosh(u),
    exp: lambda u: 1 / exp(-u),
    log: lambda u: 2 * log(sqrt(u)),
    sigmoid: lambda u: (1 + tanh(u / 2)) / 2,
    softplus: lambda u: u + log(1 + exp(-u)),
    relu: lambda u: (u + Abs(u)) / 2,
    Abs: lambda u: Max(u, -u),
}


def rewritten(e, choose):
    """An equal expression, with some functions in it replaced by what they are equal to."""
    if not e.args:
        return e
    if isinstance(e, Piecewise):
        return Piecewise(*((rewritten(value, choose), condition) for value, condition in e.args))
    e = e.func(*(rewritten(a, choose) for a in e.args))
    if e.func in REWRITINGS and choose():
        return REWRITINGS[e.func](*e.args)
    if isinstance(e, Max | Min) and len(e.args) == 2 and choose():
        a, b = e.args
        return (a + b + (1 if isinstance(e, Max) else -1) * Abs(a - b)) / 2
    if isinstance(e, sympy.Add | sympy.Mul) and choose():
        return sympy.expand(e, deep=False)
    return e


# --- slips -----------------------------------------------------------------------------------------------------------


def slipped(e, pick):
    """The expression with one slip in it: a sign, a factor, a square, a function, a border."""
    parts = [n for n in sympy.preorder_traversal(e) if isinstance(n, sympy.Expr) and n.free_symbols]
    if not parts:
        return e + 1
    old = parts[pick(len(parts))]
    slips = [
        -old, 2 * old, old / 2, old**2, old + 1, old + Rational(1, 10**15), old * (1 + Rational(1, 10**12)), Abs(old),
        Max(old, -3), Min(old, 10**5), old + Max(0, Rational(1, 10**6) - Abs(x - Rational(9, 5))),
    ]  # fmt: skip
    try:
        return e.xreplace({old: slips[pick(len(slips))]})
    except ValueError:  # SymPy compares real numbers only
        return e + 1


def value(e, point):
    """The value to many digits, or None; by mpmath alone."""
    modules = [FUNCTIONS, "mpmath"]
    with mpmath.workdps(DIGITS):
        function = sympy.lambdify((x, y), sg.activations.expand(e), modules)
        try:
            found = function(*(mpmath.mpf(int(v.p)) / int(v.q) for v in point))
        except (ZeroDivisionError, ValueError, OverflowError, TypeError):
            return None
        return found if mpmath.isfinite(found) else None


def greatest_gap(left, right):
    """How far both sides are apart, at most, at a few points; None where one of them has no value."""
    gaps = []
    for place in PLACES:
        point = (place, Rational(2, 3) - place / 5)
        values = value(left, point), value(right, point)
        if None in values:
            return None
        with mpmath.workdps(DIGITS):
            gaps.append(abs(values[0] - values[1]) / (1 + abs(values[0])))
    return max(gaps)


def verdict(left, right, op="=="):
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    return sg.verify(sg.Claim(Relation(left, op, right), Domain.of(symbols)))


few = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES < 100)


@pytest.mark.slow
@few
@given(expressions, st.data())
def test_what_is_true_is_never_refuted(e, data):
    other = rewritten(e, lambda: data.draw(st.booleans()))
    gap = greatest_gap(e, other)
    if gap is not None and gap < 1e-40:
        found = verdict(e, other)
        assert found.outcome is not Outcome.REFUTED, (e, other, str(found))


@pytest.mark.slow
@few
@given(expressions, st.data())
def test_what_is_false_is_never_proved(e, data):
    other = slipped(e, lambda n: data.draw(st.integers(0, n - 1)))
    if data.draw(st.booleans()):
        other = rewritten(other, lambda: data.draw(st.booleans()))
    gap = greatest_gap(e, other)
    if gap is not None and gap > 1e-20:
        found = verdict(e, other)
        assert not found.holds, (e, other, str(found))


@pytest.mark.slow
@few
@given(expressions, expressions, st.sampled_from(["<", "<=", ">", ">=", "!="]))
def test_no_inequality_is_decided_against_a_point(left, right, op):
    found = verdict(left, right, op)
    for place in PLACES:
        point = (place, Rational(2, 3) - place / 5)
        values = value(left, point), value(right, point)
        if None not in values and found.holds:
            with mpmath.workdps(DIGITS):
                gap = values[0] - values[1]
            near = abs(gap) < 1e-40
            assert near or {"<": gap < 0, "<=": gap < 0, ">": gap > 0, ">=": gap > 0, "!=": True}[op], str(found)
