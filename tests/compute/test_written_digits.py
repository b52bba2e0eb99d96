"""Programs keep the digits that a formula has as it is written: of logarithms of sums, and of products with exp(-u)."""

import mpmath
import pytest
import sympy

import symgrad as sg
from symgrad.language.provable import as_sympy

a, y = sg.real("a"), sg.real("y")
h, w, x, k = sg.State("h"), sg.Parameter("w"), sg.Input("x"), sg.Parameter("k")
TINY = sympy.Rational(1, 10**12)

# Formulas of a and y, with points at which a form that is equal in real numbers loses the value.
FORMULAS = {
    "log(a + 1e-12)": (sympy.log(a + TINY), [0.0, 1e-15, 7.0, 1e300]),
    "log(a + 1/2)": (sympy.log(a + sympy.S.Half), [-0.49999999999999994, 0.0, 1e-20]),
    "log(a + 0.001)": (sympy.log(a + 0.001), [0.0, 1e-12]),
    "log(a**2 + 1e-12)": (sympy.log(a**2 + TINY), [0.0, 1e-9, 1e100]),
    "log(a + 3)": (sympy.log(a + 3), [-2.9999999999999996, 1e-20]),
    "log(1 + a)": (sympy.log(1 + a), [1e-20, -1e-20, 1e300]),
    "log(1.0 + a)": (sympy.log(1.0 + a), [1e-20]),
    "log(1 + 1/a)": (sympy.log(1 + 1 / a), [1e20, 1e-300]),
    "log(1 + exp(a))": (sympy.log(1 + sympy.exp(a)), [-700.0, 800.0]),
    "log(1/2 + exp(a))": (sympy.log(sympy.S.Half + sympy.exp(a)), [-700.0, 700.0]),
    "log(1 - sigmoid(a))": (sympy.log(1 - sg.sigmoid(a)), [40.0, 600.0]),
    "exp(a)/(1 + exp(a))": (sympy.exp(a) / (1 + sympy.exp(a)), [-700.0, 300.0, 800.0]),
    "exp(a)/(1 + exp(a))**2": (sympy.exp(a) / (1 + sympy.exp(a)) ** 2, [-700.0, 360.0, 700.0]),
    "y/(1 + exp(a))**2": (y / (1 + sympy.exp(a)) ** 2, [-700.0, 354.0]),
    "10**30*y/(1 + exp(a))": (10**30 * y / (1 + sympy.exp(a)), [-700.0, 715.0]),
    "nested": (a * sympy.log(sympy.log(a + TINY) ** 2 + TINY), [1.0, 1e-13]),
    "exp(-a)/y": (sympy.exp(-a) / y, [700.0, 705.0, -700.0]),
    "exp(-a)/y at a divisor that is tiny": ((sympy.exp(-a) / y).subs(y, y / 10**100), [710.0, 720.0]),
    "exp(-a**2/2)/y": (sympy.exp(-(a**2) / 2) / y, [37.0, 1e-20]),
    "exp(-a)/(1 + a**2)": (sympy.exp(-a) / (1 + a**2), [690.0, -690.0]),
    "2*exp(-a)/(3*y*a)": (2 * sympy.exp(-a) / (3 * y * a), [690.0]),
    "exp(-a)*a/(1 + a**2)": (a * sympy.exp(-a) / (1 + a**2), [700.0]),
}
POINTS = [(name, float(at)) for name, (_, places) in FORMULAS.items() for at in places]
Y = 1.5
DIGITS = 400  # exp(-700) beside 1 takes 305


def exact(formula, at):
    """The value at a and y, from SymPy's own text of the formula."""
    with mpmath.workdps(DIGITS):
        text = sympy.nsimplify(as_sympy(formula), rational=True)
        text = text.replace(sg.sigmoid, lambda u: 1 / (1 + sympy.exp(-u)))
        return sympy.lambdify((a, y), text, "mpmath")(mpmath.mpf(at), mpmath.mpf(Y))


def at_point(formula, at):
    return {s.name: {"a": at, "y": Y}[s.name] for s in formula.free_symbols}


def is_near(found, expected):
    return abs(mpmath.mpf(float(found)) - expected) <= 1e-11 * abs(expected)


@pytest.mark.parametrize(("name", "at"), POINTS)
@pytest.mark.parametrize("backend", ["numpy", "compiled"])
def test_a_formula_keeps_its_digits(name, at, backend):
    if backend == "compiled":
        pytest.importorskip("llvmlite")
    formula, _ = FORMULAS[name]
    assert is_near(sg.compile(formula, backend=backend)(**at_point(formula, at)), exact(formula, at))


@pytest.mark.filterwarnings("ignore:overflow encountered")  # in what the stable form of softplus does not take
@pytest.mark.parametrize(("name", "at"), POINTS)
def test_a_printed_formula_keeps_its_digits(name, at):
    formula, _ = FORMULAS[name]
    functions = {}
    exec(str(sg.compile(formula).program), functions)  # noqa: S102
    assert is_near(functions["run"](**at_point(formula, at)), exact(formula, at))


@pytest.mark.filterwarnings("ignore::symgrad.UnderflowWarning")  # of gradients
@pytest.mark.parametrize(("name", "at"), [(name, at) for name, at in POINTS if 1e-200 < abs(at) < 1e200])
@pytest.mark.parametrize("backend", ["numpy", "compiled"])
def test_a_loss_and_a_cell_keep_them(name, at, backend):
    if backend == "compiled":
        pytest.importorskip("llvmlite")
    formula, _ = FORMULAS[name]
    point = {"w": at, "k": Y} if y in formula.free_symbols else {"w": at}
    expected = exact(formula, at)
    in_cell = sg.Cell({h: formula.subs({a: w, y: k}) + 0 * h.prev})
    in_loss = sg.Cell({h: w * h.prev})
    found = sg.bptt(in_cell, h).compile({sg.LENGTH: 1}, backend)(**point)
    assert is_near(found.loss, expected)
    found = sg.bptt(in_loss, formula.subs({a: h, y: k})).compile({sg.LENGTH: 1}, backend)(**{**point, "w": 1.0}, h0=at)
    assert is_near(found.loss, expected)


@pytest.mark.parametrize("backend", ["numpy", "compiled"])
def test_an_entropy_of_entries_keeps_them(backend):
    if backend == "compiled":
        pytest.importorskip("llvmlite")
    p, q = sg.State("p", 2), sg.Input("q", 2)
    entropy = -sg.dot(q, sg.elementwise(lambda u: sympy.log(u + TINY), p))
    run = sg.bptt(sg.Cell({p: w * p.prev + q}), entropy).compile(backend=backend)
    found = run(w=0.0, q=[[1.0, 0.0]], p0=[1.0, 0.0]).gradients["q"][0, 1]
    assert is_near(found, -mpmath.log(mpmath.mpf(10) ** -12))


@pytest.mark.parametrize("condition", [sympy.Ne(x, 0), sympy.Not(sympy.Eq(x, 0))], ids=str)
@pytest.mark.parametrize("options", [{}, {"backend": "compiled"}, {"backend": "balls"}, {"scaled": True}], ids=str)
def test_what_differs_is_compared_in_every_backend(condition, options):
    if "compiled" in options.values():
        pytest.importorskip("llvmlite")
    run = sg.bptt(sg.Cell({h: sympy.Piecewise((w * h.prev, condition), (h.prev, True))}), h).compile(**options)
    loss = run(w=[0.5, 3.0], x=[1.0, 0.0], h0=1.0).loss
    found = loss.to_mpmath() if isinstance(loss, sg.Scaled) else loss
    assert [float(value) for value in found] == [0.5, 3.0]
