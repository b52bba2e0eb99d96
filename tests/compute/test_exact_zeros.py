"""Entries that are 0 because terms cancel: scaled numbers and balls give them with a bound, and all others as ever."""

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb

import symgrad as sg
from symgrad.balls import precision
from symgrad.compute.run.backends import MOST_BITS

SIZE, STEPS = 3, 4
(n,) = sg.dims("n")
h, d, c = sg.State("h", n), sg.State("d", n), sg.State("c", n)
x, W, b, shift = sg.Input("x", n), sg.Parameter("W", n, n), sg.Parameter("b", n), sg.Parameter("shift")
ONES = sg.ones(n)
CENTRED = c - ONES @ (ONES.T @ c) / n
DIAGONAL = np.eye(SIZE, dtype=bool)

# Cells, and where which gradient is 0, whatever the arguments are.
CANCELLING = {
    "antisymmetric": (sg.Cell({h: sg.tanh((W - W.T) @ h.prev + x)}), {"W": DIAGONAL}),
    "shift under a mean": (sg.Cell({c: W @ h.prev + x + shift * ONES, h: sg.tanh(CENTRED)}), {"shift": ()}),
    "shift under a softmax": (sg.Cell({c: W @ h.prev + x + shift * ONES, h: sg.softmax(c)}), {"shift": ()}),
    "shift under a deviation": (
        sg.Cell({c: W @ h.prev + x + shift * ONES, h: CENTRED / sympy.sqrt(1 + sympy.Trace(CENTRED.T @ CENTRED))}),
        {"shift": ()},
    ),
    "two equal units": (
        sg.Cell({h: sg.tanh(W @ h.prev + x), d: sg.tanh(W @ d.prev + x), c: sg.hadamard(b, h - d)}),
        {"W": ..., "b": ..., "x": ...},
    ),
}


def arguments_of(grad, seed=0):
    generator = np.random.default_rng(seed)
    shapes = {"W": (SIZE, SIZE), "b": (SIZE,), "shift": (), "h0": (SIZE,), "d0": (SIZE,)}
    found = {grad.name_of(a): shapes.get(grad.name_of(a), (STEPS, SIZE)) for a in grad.arguments}
    point = {name: generator.standard_normal(shape) for name, shape in found.items()}
    return {name: point["h0"] if name == "d0" else a for name, a in point.items()}  # two equal units start equal


@pytest.mark.parametrize("name", CANCELLING)
def test_what_cancels_is_given_as_zero_with_a_bound_and_all_else_as_ever(name):
    cell, places = CANCELLING[name]
    grad = sg.bptt(cell, ONES.T @ c if "units" in name else sg.half_squared_error(h))
    point = arguments_of(grad)
    plain = grad.compile()(**point)
    with pytest.warns(sg.UnderflowWarning, match="given as 0, as terms cancel"):
        scaled = grad.compile(scaled=True)(**point)
    with pytest.warns(sg.UnderflowWarning, match=rf"given as 0.*the gradient of {next(iter(places))}"):
        balls = grad.compile(backend="balls", digits=30)(**point)
    for argument, found in plain.gradients.items():
        is_zero = np.zeros(np.shape(found), dtype=bool)
        is_zero[places.get(argument, np.zeros(np.shape(found), dtype=bool))] = True
        for place in np.ndindex(np.shape(found)):
            ball, number = np.asarray(balls.gradients[argument])[place], scaled.gradients[argument][place]
            if is_zero[place]:
                assert ball.contains(0)
                assert ball.abs_upper() < arb(2) ** (-MOST_BITS // 2)
                assert ball.mid().is_zero()
                assert number.mantissa == 0
            else:
                assert ball.rel_accuracy_bits() > 90 or ball.is_zero()
                assert float(number.to_mpmath()) == pytest.approx(float(ball), rel=1e-15)
                assert np.asarray(found)[place] == pytest.approx(float(ball), rel=1e-9, abs=1e-13)


def test_a_formula_that_cancels_is_given_with_a_bound_entry_by_entry():
    a = sg.real("a")
    run = sg.compile(sympy.sin(a) ** 2 + sympy.cos(a) ** 2 - 1 + a * (a - 1), backend="balls", digits=20)
    with pytest.warns(sg.UnderflowWarning, match=r"given as 0, as terms cancel: the value at \(1,\)"):
        values = run(a=[2.0, 1.0])
    assert values[1].contains(0)
    assert values[1].abs_upper() < arb(2) ** -1000
    assert values[0].rel_accuracy_bits() > 66


def test_what_cancels_to_less_than_a_double_is_no_zero():
    """Two units that come nearer by a factor at each step: their difference is 1e-900, and is given with all digits."""
    one, other, w = sg.State("one"), sg.State("other"), sg.Parameter("w")
    cell = sg.Cell({one: w * one.prev + 1, other: w * other.prev + 1})
    run = sg.bptt(cell, one - other).compile({sg.LENGTH: 3000}, scaled=True)
    loss = run(w=0.5, one0=1.0, other0=0.0).loss
    assert loss.to_mpmath() == mpmath.mpf(2) ** -3000


@pytest.mark.parametrize("options", [{"scaled": True}, {"backend": "balls"}])
def test_what_no_precision_tells_is_refused_by_name(options):
    w, s = sg.Parameter("w"), sg.State("s")
    at_kink = sg.Cell({s: sg.relu(sg.sin(w) ** 2 + sg.elementwise(sympy.cos, w) ** 2 - 1 + s.prev)})
    with pytest.raises(sg.PrecisionError, match="a comparison, as at a kink"):
        sg.bptt(at_kink, s).compile({sg.LENGTH: 2}, **options)(w=0.5)
    over = sg.Cell({s: s.prev / (sg.sin(w) ** 2 + sg.elementwise(sympy.cos, w) ** 2 - 1)})
    with pytest.raises(sg.PrecisionError, match="the loss: "):
        sg.bptt(over, s).compile({sg.LENGTH: 2}, **options)(w=0.5, s0=1.0)


def test_a_wide_ball_that_is_given_is_no_zero():
    a = sg.real("a")
    with pytest.raises(sg.PrecisionError, match="the value: "):
        sg.compile(sympy.sin(a), backend="balls")(a=arb(0, 1e-3))


@pytest.mark.parametrize("at", ["last", "every", "mean"])
@pytest.mark.parametrize("kind", ["number", "vector"])
def test_sizes_and_numbers_of_steps_are_exact_in_every_arithmetic(kind, at):
    """1/T and t/n as quotients of integers in Python were doubles, and the digits of balls beyond wrong."""
    t, T = sg.TIME, sg.LENGTH
    s, w, u = sg.State("s"), sg.Parameter("w"), sg.Input("u")
    cell = {
        "number": sg.Cell({s: sg.tanh(w * s.prev / t + t * u / T**2)}),
        "vector": sg.Cell({h: sg.tanh(W @ h.prev / n + x / (n + 4) * (t / T))}),
    }[kind]
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]), at)
    point = arguments_of(grad)
    if kind == "number":
        point = {"w": 0.75, "u": [1.0, 2.0, 3.0], "target": [0.0, 1.0, -1.0]}
    certain = grad.compile(backend="balls", digits=40)(**point)
    many = grad.compile(backend="mpmath", digits=40)(**point)
    with precision(300), mpmath.workdps(60):
        plain = {name: a if np.ndim(a) == 0 else np.asarray(a, dtype=object) for name, a in point.items()}
        oracle = grad.evaluate(plain)
        for name, expected in oracle.gradients.items():
            pairs = zip(*(np.ravel(out.gradients[name]) for out in (certain, many)), strict=True)
            for (ball, number), right in zip(pairs, np.ravel(expected), strict=True):
                assert ball.overlaps(right)
                assert abs(arb(str(number)) - right) <= abs(right) * arb("1e-40")
