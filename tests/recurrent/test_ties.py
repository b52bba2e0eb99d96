"""Where arguments of Max and Min are equal, they share the slope: within the slopes on both sides, and 1 in all."""

from itertools import product

import numpy as np
import pytest
import sympy

import symgrad as sg

OPTIONS = ({}, {"backend": "compiled"}, {"backend": "mpmath"}, {"backend": "balls"}, {"scaled": True})
NAMES = "pqrs"
SIZES = {"scalars": (), "vectors": (sg.dims("n")[0],)}
EXTREMES = {
    "Max": sg.Max,
    "Min": sg.Min,
    "in each entry": lambda *a: sg.elementwise(lambda *y: sympy.Max(y[0], sympy.Max(*y[1:])), *a),
    "the other of the other signs": lambda *a: -sg.Min(*(-one for one in a)),
    "moved together": lambda *a: sg.Max(*(one + a[0] for one in a)) - a[0],
    "with a constant": lambda *a: sg.Max(*a, -9),
}
POINTS = [*product((1, 2), repeat=3), *product((1, 2), repeat=4)]


def largest(values, name):
    return min(values) if name == "Min" else max(values)


def shares(extreme, size, values, options):
    """The slopes of one step by each parameter: its adjoint is 1, as the target is the state less 1."""
    p = [sg.Parameter(letter, *size) for letter in NAMES[: len(values)]]
    h = sg.State("h", *size)
    grad = sg.bptt(sg.Cell({h: EXTREMES[extreme](*p) + h.prev / 2}), sg.half_squared_error(h))
    target = largest(values, extreme) - 1.0
    given = {letter: np.full((2,) * len(size), float(v)) for letter, v in zip(NAMES, values)}
    run = grad.compile(**options)(h0=0 * given["p"], target=np.full((1, *given["p"].shape), target), **given)
    return [first_of(run.gradients[str(one)]) for one in p]


def first_of(gradient):
    return float(np.ravel(gradient.to_float() if isinstance(gradient, sg.Scaled) else gradient)[0])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("extreme", EXTREMES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_each_of_k_equal_ones_has_one_in_k_of_the_slope(extreme, size, options):
    for values in POINTS[:8:3] + POINTS[8::5]:
        ahead = [v == largest(values, extreme) for v in values]
        found = shares(extreme, SIZES[size], values, options)
        assert found == pytest.approx([is_ahead / sum(ahead) for is_ahead in ahead], abs=1e-15), values


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_shares_of_a_larger_one_among_larger_ones_are_one_in_all(options):
    h, p, q, r = (sg.State("h", 2), *(sg.Parameter(name, 2) for name in "pqr"))
    grad = sg.bptt(sg.Cell({h: sg.Max(p, sg.Max(q, r)) + h.prev / 2}), sg.half_squared_error(h))
    given = {"p": [1, 1], "q": [1, 0], "r": [1, 1], "h0": [0, 0], "target": [[0, 0]]}
    run = grad.compile(**options)(**{name: np.array(value, dtype=float) for name, value in given.items()})
    assert sum(first_of(run.gradients[name]) for name in "pqr") == 1


OF_ONE = {  # of one number, with the slopes on both sides of 0
    "three lines": (lambda y: sg.Max(-y, 2 * y, 3 * y), (-1, 3)),
    "three lines below": (lambda y: sg.Min(-y, 2 * y, 3 * y), (3, -1)),
    "curves": (lambda y: sg.Max(sympy.sin(y), y**2, sympy.exp(y) - 1, 0), (0, 1)),
    "within functions": (lambda y: sympy.exp(sg.Max(y, -2 * y, y**2)), (-2, 1)),
    "of three within three": (lambda y: sg.Max(y, sympy.tanh(sg.Max(-y, y, 2 * y)), -3 * y), (-3, 2)),
}


@pytest.mark.parametrize("is_vector", [False, True])
@pytest.mark.parametrize("name", OF_ONE)
def test_the_slope_at_a_tie_lies_within_those_on_both_sides(name, is_vector):
    function, sides = OF_ONE[name]
    size = SIZES["vectors"] if is_vector else ()
    h, p = sg.State("h", *size), sg.Parameter("p", *size)
    value = sg.elementwise(function, p)
    grad = sg.bptt(sg.Cell({h: value + h.prev / 2}), sg.half_squared_error(h))
    zero = np.zeros((2,) * len(size))
    at_zero = float(function(sympy.S.Zero))
    for options in OPTIONS:
        run = grad.compile(**options)(h0=zero, p=zero, target=np.full((1, *zero.shape), at_zero - 1))
        assert min(sides) <= first_of(run.gradients["p"]) <= max(sides)


def test_two_have_the_slope_that_sympy_gives():
    p, q = sg.Parameter("p"), sg.Parameter("q")
    h = sg.State("h")
    grad = sg.bptt(sg.Cell({h: sg.Max(p * h.prev, q)}), sg.half_squared_error(h))
    assert "Heaviside(-h[t-1]*p + q)" in str(grad.equation_of(q)).replace("p*h[t-1]", "h[t-1]*p")
