"""What a value near 1 leaves of 1 keeps its digits, also where the value has a name."""

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb

import symgrad as sg

n = sympy.Symbol("n", integer=True, positive=True)
h, w, z = sg.State("h"), sg.Parameter("w"), sg.Intermediate("z")

# A gate, what is left of 1, a weight at which the gate is 1 as a double, and the exact value.
LEFT = {
    "1 - sigmoid": (sg.sigmoid(w), 1 - z, 45.0, lambda x: 1 / (1 + mpmath.exp(x))),
    "2 - 2*sigmoid": (sg.sigmoid(w), 2 - 2 * z, 45.0, lambda x: 2 / (1 + mpmath.exp(x))),
    "1 - tanh": (sg.tanh(w), 1 - z, 25.0, lambda x: 1 - mpmath.tanh(x)),
    "1 + tanh": (sg.tanh(w), 1 + z, -25.0, lambda x: 1 + mpmath.tanh(x)),
    "1 - tanh**2": (sg.tanh(w), 1 - z**2, 25.0, lambda x: mpmath.sech(x) ** 2),
    "1 - exp": (sympy.exp(-w), 1 - z, 1e-20, lambda x: -mpmath.expm1(-x)),
    "exp - 1": (sympy.exp(w), z - 1, 1e-20, mpmath.expm1),
    "1 - erf": (sympy.erf(w), 1 - z, 8.0, mpmath.erfc),
    "1 + erf": (sympy.erf(w), 1 + z, -8.0, lambda x: mpmath.erfc(-x)),
    "1 - exp**2": (sympy.exp(-w), 1 - z**2, 1e-20, lambda x: -mpmath.expm1(-2 * x)),
    "sqrt(1 - exp**3)": (sympy.exp(-w), sympy.sqrt(1 - z**3), 1e-20, lambda x: mpmath.sqrt(-mpmath.expm1(-3 * x))),
    "log(1 + z)": (2 * w, sympy.log(1 + z), 1e-20, lambda x: mpmath.log1p(2 * x)),
    "log(1 - z)": (w**3, sympy.log(1 - z), 1e-8, lambda x: mpmath.log1p(-(x**3))),
    "log of 1 + z": (1 + w, sympy.log(z), 1e-20, mpmath.log1p),
    "log of exp": (sympy.exp(w), sympy.log(z), 1e-20, lambda x: x),
    "log of 1 + exp": (sympy.exp(w), sympy.log(1 + z), -45.0, lambda x: mpmath.log1p(mpmath.exp(x))),
    "log(1 - sigmoid)": (sg.sigmoid(w), sympy.log(1 - z), 45.0, lambda x: -mpmath.log1p(mpmath.exp(x))),
    "1 - (1 - sigmoid)": (1 - sg.sigmoid(-w), 1 - z, 45.0, lambda x: 1 / (1 + mpmath.exp(x))),
}
q = sg.Intermediate("q")
# The same through a second name: what the gate is called, its square, and multiples of it.
SECOND = {
    "alias": (sg.sigmoid(w), z, 1 - q, 45.0, lambda x: 1 / (1 + mpmath.exp(x))),
    "square": (sg.tanh(w), z * z, 1 - q, 25.0, lambda x: mpmath.sech(x) ** 2),
    "2*z - 1": (sg.sigmoid(w), 2 * z - 1, 1 - q, 45.0, lambda x: 2 / (1 + mpmath.exp(x))),
    "2 - 2*z": (sg.sigmoid(w), 2 - 2 * z, 2 - q, -45.0, lambda x: 2 / (1 + mpmath.exp(-x))),
    "1 + (z - 2)": (sg.sigmoid(w), z - 2, 1 + q, 45.0, lambda x: -1 / (1 + mpmath.exp(x))),
}
BACKENDS = ({"backend": "numpy"}, {"backend": "compiled"}, {"backend": "mpmath", "digits": 16}, {"scaled": True})


def number(value):
    return value.to_mpmath() if isinstance(value, sg.Scaled) else mpmath.mpf(np.asarray(value).item())


@pytest.mark.parametrize("options", BACKENDS, ids=str)
@pytest.mark.parametrize("kind", LEFT)
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "inline"])
def test_what_is_left_of_one_keeps_its_digits(kind, options, is_named):
    gate, left, at, exact = LEFT[kind]
    cell = sg.Cell({z: gate, h: left * h.prev} if is_named else {h: left.subs(z, gate) * h.prev})
    run = sg.bptt(cell, h).compile({sg.LENGTH: 3}, **options)(w=at, h0=1.0)
    with mpmath.workdps(120):
        expected = exact(mpmath.mpf(at)) ** 3
        assert abs(number(run.gradients["h0"]) / expected - 1) < 1e-12
        assert abs(number(run.loss) / expected - 1) < 1e-12


@pytest.mark.parametrize("options", BACKENDS, ids=str)
@pytest.mark.parametrize("kind", LEFT)
@pytest.mark.parametrize("form", ["named", "inline", "of two vectors"])
def test_what_is_left_of_one_keeps_its_digits_in_vectors(kind, options, form):
    gate, left, at, exact = LEFT[kind]
    s, v, u, g = sg.State("s", n), sg.Parameter("v", n), sg.Parameter("u", n), sg.Intermediate("g", n)
    inline, of_gate = left.subs(z, gate), lambda y: left.subs(z, y)
    cells = {
        "named": {g: sg.elementwise(lambda y: gate.subs(w, y), v), s: sg.hadamard(sg.elementwise(of_gate, g), s.prev)},
        "inline": {s: sg.hadamard(sg.elementwise(lambda y: inline.subs(w, y), v), s.prev)},
        "of two vectors": {s: sg.elementwise(lambda y, other, last: inline.subs(w, y) * last * other, v, u, s.prev)},
    }
    grad = sg.bptt(sg.Cell(cells[form]), sg.half_squared_error(s))
    given = {"v": [at], "s0": [1.0], "target": [[0.0]] * 3} | ({"u": [1.0]} if form == "of two vectors" else {})
    run = grad.compile(**options)(**{name: np.array(value) for name, value in given.items()})
    with mpmath.workdps(120):
        assert abs(number(run.gradients["s0"]) / exact(mpmath.mpf(at)) ** 6 - 1) < 1e-12


@pytest.mark.parametrize("options", BACKENDS, ids=str)
@pytest.mark.parametrize("kind", SECOND)
def test_what_is_left_of_one_keeps_its_digits_through_a_second_name(kind, options):
    gate, second, left, at, exact = SECOND[kind]
    run = sg.bptt(sg.Cell({z: gate, q: second, h: left * h.prev}), h).compile({sg.LENGTH: 3}, **options)(w=at, h0=1.0)
    with mpmath.workdps(120):
        assert abs(number(run.gradients["h0"]) / exact(mpmath.mpf(at)) ** 3 - 1) < 1e-12


@pytest.mark.parametrize("options", BACKENDS[:3], ids=str)
def test_the_gates_of_a_vector_do_so_at_every_step_and_backwards(options):
    s, x, g = sg.State("s", n), sg.Input("x", n), sg.Intermediate("g", n)
    cell = sg.Cell({g: sg.sigmoid(x), s: sg.hadamard(sg.ones(n) - g, s.prev)})
    given = np.array([[30.0, -1.0], [45.0, 2.0], [60.0, 3.0]])
    run = sg.bptt(cell, sg.half_squared_error(s)).compile(**options)(x=given, s0=np.ones(2), target=np.zeros((3, 2)))
    left = [[1 / (1 + mpmath.exp(a)) for a in row] for row in given]
    products = [np.prod([left[t][k] for t in range(3)]) for k in range(2)]
    for k in range(2):
        assert abs(number(run.gradients["s0"][k]) / products[k] ** 2 - 1) < 1e-12
        for t in range(3):
            slope = -left[t][k] * (1 - left[t][k])  # of the logarithm of what is left, times that
            expected = products[k] ** 2 * slope / left[t][k]
            assert abs(number(run.gradients["x"][t][k]) / expected - 1) < 1e-12


def test_a_gated_unit_of_the_zoo_learns_with_a_closed_gate():
    cell = sg.CELLS["gru"].cell(1, 1)
    gradients = sg.bptt(cell, sg.half_squared_error(cell.states[0]))
    zeros = {name: np.zeros((1, 1)) for name in ("U_r", "W_r", "U_z", "W_z", "U_g", "W_g")} | {
        "b_r": [0.0],
        "b_g": [0.0],
    }
    run = gradients.compile()(**zeros, b_z=[40.0], x=[[0.5]], h0=[1.0], target=[[0.0]])
    # h = (1 - z) tanh(0) + z: the gradient of b_g is h (1 - z), and 1 - z is exp(-40) nearly
    assert np.isclose(run.gradients["b_g"].item(), np.exp(-40.0), rtol=1e-12, atol=0)


def test_what_stands_outside_of_the_steps_is_not_taken_for_what_the_equation_says():
    """z0 is an argument, and no sigmoid."""
    cell = sg.Cell({z: sg.sigmoid(w), h: (1 - z.prev) * h.prev})
    run = sg.bptt(cell, h).compile({sg.LENGTH: 2})(w=1.0, h0=1.0, z0=3.0)
    assert np.isclose(run.loss, (1 - 3.0) / (1 + np.exp(1.0)))


# Sums in which several values may be near what they are taken from, at places where each in turn is.
SEVERAL = {
    "two gates": (lambda a, b: 1 - sg.sigmoid(a) - sg.sigmoid(b), lambda a, b: 1 - _logistic(a) - _logistic(b)),
    "less than 1": (lambda a, b: sg.sigmoid(a) + sg.sigmoid(b) - 1, lambda a, b: _logistic(a) + _logistic(b) - 1),
    "tanh and a gate": (
        lambda a, b: 2 - 2 * sg.tanh(a) - 2 * sg.sigmoid(b),
        lambda a, b: 2 - 2 * mpmath.tanh(a) - 2 * _logistic(b),
    ),
    "both signs": (lambda a, b: 1 + sg.tanh(-a) - sg.sigmoid(b), lambda a, b: 1 - mpmath.tanh(a) - _logistic(b)),
}  # fmt: skip
PLACES = [(-300.0, 750.0), (750.0, -300.0), (-200.0, 300.0), (300.0, -200.0), (-30.0, 45.0), (0.5, 0.25), (0.5, 0.5)]


def _logistic(x):
    return 1 / (1 + mpmath.exp(-x))


@pytest.mark.filterwarnings("ignore::symgrad.UnderflowWarning")  # of gradients
@pytest.mark.parametrize("options", [*BACKENDS[:3], {"backend": "balls"}], ids=str)
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "inline"])
@pytest.mark.parametrize("kind", SEVERAL)
def test_of_several_values_the_one_that_is_nearest_is_taken(kind, is_named, options):
    formula, exact = SEVERAL[kind]
    v = sg.Parameter("v")
    named = {z: sg.sigmoid(v), h: formula(w, v).subs(sg.sigmoid(v), z)} if is_named else {h: formula(w, v)}
    run = sg.bptt(sg.Cell(named), h).compile({sg.LENGTH: 1}, **options)
    for a, b in PLACES:
        with mpmath.workdps(700):
            expected = exact(mpmath.mpf(a), mpmath.mpf(b))
            loss = run(w=a, v=b).loss
            found = mpmath.mpf(loss.str(30, radius=False)) if isinstance(loss, arb) else mpmath.mpf(loss)
            assert abs(found - expected) <= 1e-12 * abs(expected), (a, b)
