"""What functions are given of a wrong kind is refused in one line, whatever it is, and never by a traceback."""

import enum
import inspect
import math

import mpmath
import numpy as np
import pytest
import sympy

import symgrad as sg

h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
CELL = sg.Cell({h: sg.tanh(w * h.prev + x)})
GRAD = sg.bptt(CELL, sg.half_squared_error(h))
VALUES = {"w": 0.5, "x": [1, 0], "target": [0, 0]}

WRONG = {
    "an object": object(),
    "a number": 3,
    "a broken decimal": math.nan,
    "half a number": 2.5,
    "a complex number": 1j,
    "a text": "a",
    "a broken text": "W(",
    "bytes": b"a",
    "nothing": None,
    "a list": [1, [2]],
    "a set": {1},
    "a mapping": {"a": object()},
    "a class": int,
    "an array": np.zeros((2, 2)),
    "a cell": CELL,
    "a truth value": sympy.true,
}

# What stands behind the first argument, where that is more than the wrong value again.
BEHIND = {
    "sweep": lambda f, value: f(value, w=[1, 2]),
    "erratum": lambda f, value: f(value, source="a page"),
    "points": lambda f, value: f(value, [1], label="loss"),
    "field": lambda f, value: f(value, [1], [[1]], label="loss"),
    "figure": lambda f, value: f(value, alt="", x_label="", y_label=""),
    "Relation": lambda f, value: f(value, "==", 1),
    "difference": lambda f, value: f(value, 1.0),
    "precise_difference": lambda f, value: f(value, 1.0),
    "complex_step": lambda f, value: f(value, 1.0),
    "orbit": lambda f, value: f(w, value, {w: 1}, 3),
}

METHODS = {
    "differentiation at": lambda value: sg.difference(math.exp, value),
    "precise differentiation at": lambda value: sg.precise_difference(mpmath.exp, value),
    "a complex step at": lambda value: sg.complex_step(np.exp, value),
    "an orbit's start": lambda value: sg.orbit(w, {w: w / 2}, value, 3),
    "the steps of an ordered product": lambda value: sg.OrderedProduct(sympy.Identity(2), value),
    "the steps of a sum": lambda value: sg.TimeSum(sympy.Identity(2), value),
    "a second factor": lambda value: sg.hadamard(sg.State("v", 2), value),
    "a second size": lambda value: sg.ones(2, value),
    "a parameter of an activation": lambda value: sg.elu(w, value),
    "a target": lambda value: sg.half_squared_error(h, value),
    "a layer": lambda value: sg.stacked(CELL, value),
    "weights of torch": lambda value: sg.from_torch("tanh", value),
    "a gradient": lambda value: GRAD[value],
    "an equation": GRAD.equation_of,
    "paths": GRAD.paths,
    "a closed form": GRAD.closed_form,
    "forward mode": GRAD.forward_mode,
    "truncation": lambda value: GRAD.truncated(value, 1, 2),
    "steps between": lambda value: GRAD.truncated(w, value, 2),
    "steps back": lambda value: GRAD.truncated(w, 1, value),
    "unrolled": GRAD.unroll,
    "proved unrolled": lambda value: GRAD.prove_unrolled(value, 3),
    "proved for steps": lambda value: GRAD.prove_unrolled(w, value),
    "a line": lambda value: GRAD.line(value, "w"),
    "the right of a line": lambda value: GRAD.line("hbar[t]", value),
    "stated gradients": lambda value: sg.check_backward(CELL, h, gradients=value),
    "a stated gradient": lambda value: sg.check_backward(CELL, h, gradients={"w": value}),
    "a stated adjoint": lambda value: sg.check_backward(CELL, h, backward=[value]),
    "the function that is checked": lambda value: sg.check_gradient(3 if callable(value) else value, w**2, w=1),
    "where it is checked": lambda value: sg.check_gradient(lambda w: {"w": w}, w**2 / 2, w=value),
    "scaled numbers": sg.Scaled.of,
    "scaled exponentials": sg.Scaled.exp,
    "scaled balls": sg.Scaled.of_balls,
    "scaled numbers side by side": sg.Scaled.stack,
    "an entry of a single number": lambda value: sg.Scaled.of(4.0)[value],
    "evaluated": GRAD.evaluate,
    "evaluated numbers": lambda value: GRAD.evaluate({**VALUES, "w": value}),
    "evaluated steps": lambda value: GRAD.evaluate({**VALUES, "x": value}),
    "a formula": lambda value: GRAD.value_of(value, VALUES),
    "an argument of a run": lambda value: GRAD.compile()(**{**VALUES, "w": value}),
    "steps of a run": lambda value: GRAD.compile()(**{**VALUES, "x": value}),
    "an argument of a formula": lambda value: sg.compile(w**2)(w=value),
}


def public():
    """All public functions and classes but errors, and enumerations, which Python calls."""
    for name in sg.__all__:
        f = getattr(sg, name)
        if callable(f) and not (isinstance(f, type) and issubclass(f, BaseException | enum.Enum)):
            yield name


def called(name, value):
    f = getattr(sg, name)
    if name in BEHIND:
        return BEHIND[name](f, value)
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p for p in inspect.signature(f).parameters.values() if p.default is p.empty and p.kind in kinds]
    return f(*[value] * max(1, len(needed)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("name", [*public(), *METHODS])
def test_a_value_of_a_wrong_kind_is_taken_or_refused_in_one_line(name, kind):
    try:
        METHODS[name](WRONG[kind]) if name in METHODS else called(name, WRONG[kind])
    except sg.SymgradError as error:
        told = str(error)
    else:
        return
    assert len(told.splitlines()) == 1
    assert " at 0x" not in told


SAYS = {
    "output_of": (lambda: sg.output_of(3), "an output is that of a Cell; got 3"),
    "bidirectional": (lambda: sg.bidirectional(3), "bidirectional takes a Cell; got 3"),
    "stacked": (lambda: sg.stacked(3), "stacked takes two cells or more; got int"),
    "with_residual": (lambda: sg.with_residual(3), "an output is that of a Cell; got 3"),
    "sweep": (lambda: sg.sweep(3, w=[1, 2]), "sweep takes a program that compile has made; got 3"),
    "cell_claim": (lambda: sg.cell_claim(3, "W <= W"), "cell_claim takes a Cell, or its equations as text; got 3"),
    "read_cell": (lambda: sg.read_cell(3), "read_cell takes a text, or texts with an equation each"),
    "a text of an activation": (lambda: sg.sigmoid("x"), "sigmoid takes a scalar, a vector or a matrix"),
    "Scaled.of": (lambda: sg.Scaled.of("a"), "scaled numbers are made of real numbers; got 'a'"),
    "Scaled.stack": (lambda: sg.Scaled.stack([[1, 2], [3]]), "all of one shape: shapes (2) and (1) do not fit"),
    "an entry": (lambda: sg.Scaled(4.0, 0)[0], "a single scaled number has no entries"),
    "real functions": (lambda: sg.complex_step(math.exp, 1.0), "takes complex numbers and gives one; it says: must be"),
    "no number": (lambda: sg.check_gradient(lambda x: {"x": x}, w**2, w="a"), "w must be real numbers; got 'a'"),
    "no formula": (
        lambda: sg.check_backward(CELL, h, gradients={"w": object()}),
        "the right side of a line is a text or an expression; got an object",
    ),
}


@pytest.mark.parametrize("name", SAYS)
def test_an_error_says_what_is_taken_and_what_came(name):
    make, says = SAYS[name]
    with pytest.raises(sg.SymgradError) as found:
        make()
    assert says in str(found.value)


def test_a_line_names_its_own_options():
    with pytest.raises(TypeError, match=r"line\(\) got an unexpected keyword argument 'foo'"):
        GRAD.line("hbar[t]", "w*delta[t+1]", foo=1)
