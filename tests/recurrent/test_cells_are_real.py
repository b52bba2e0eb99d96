"""Cells are of real numbers: where a root or a logarithm is not real, a cell has no value, and a line says nothing."""

import numpy as np
import pytest
import sympy
from flint import arb

import symgrad as sg
from symgrad.balls.matrices import NotRealError, NoValueError
from symgrad.base.errors import CellError
from symgrad.compute.run.backends import BACKENDS

# Functions that are not real everywhere, and another way to write them where they are.
TWO_WAYS = {
    "log(x[t])": "log(x[t]**2)/2",
    "sqrt(x[t])*sqrt(y[t])": "sqrt(x[t]*y[t])",
    "log(x[t])*sqrt(y[t])": "log(x[t]**2)*sqrt(y[t])/2",
    "x[t]**(2/3)": "(x[t]**2)**(1/3)",
    "log(p)": "log(p**2)/2",
    "sqrt(log(1 + x[t]))": "sqrt(log((1 + x[t])**2)/2)",
}


def judged(factor, of_next):
    """The line of the adjoint of h[t] = h[t-1]*factor."""
    cell = sg.read_cell(f"h[t] = h[t-1]*{factor}", {})
    line = f"hbar[t] = h[t] - target[t] + hbar[t+1]*({of_next.replace('[t]', '[t+1]')})"
    (found,) = sg.check_backward(cell, sg.half_squared_error(cell.states[0]), at="every", backward=[line]).lines
    return found


@pytest.mark.parametrize(("factor", "other"), TWO_WAYS.items())
def test_lines_that_hold_where_the_cell_is_real_are_never_refuted(factor, other):
    assert judged(factor, factor).holds is True
    assert judged(factor, other).holds is not False


@pytest.mark.parametrize(("factor", "other"), TWO_WAYS.items())
def test_false_lines_are_refuted_by_real_numbers(factor, other):
    found = judged(factor, f"2*({other})")
    assert found.holds is False
    assert "I" not in found.verdict.witness.left + found.verdict.witness.right


@pytest.mark.parametrize("loss_of", ["log(x[t])", "sqrt(x[t])", "elementwise(y, y**(1/3), x[t])"])
def test_lines_about_vectors_likewise(loss_of):
    (n,) = sg.dims("n")
    cell = sg.read_cell(f"h[t] = hadamard(h[t-1], {loss_of})", {"h": n, "x": n})
    loss = sg.half_squared_error(cell.states[0])
    lines = [str(e) for e in sg.bptt(cell, loss).backward]
    assert sg.check_backward(cell, loss, backward=lines).holds is True
    found = sg.check_backward(cell, loss, backward=[lines[0].replace("= ", "= 2*", 1)]).lines[0]
    assert found.holds is False
    assert "I" not in str(found.verdict.witness)


def test_a_line_is_not_tried_where_its_name_has_no_value():
    (n,) = sg.dims("n")
    cell = sg.read_cell("h[t] = hadamard(h[t-1], sqrt(1 - x[t]**2))", {"h": n, "x": n})
    line = "dx[t] = -hadamard(hbar[t], h[t-1], x[t], elementwise(y, 1/sqrt(1 - y**2), x[t]))"
    loss = sg.half_squared_error(cell.states[0])
    assert sg.check_backward(cell, loss, at="every", backward=[line]).holds is not False


def test_a_cell_without_real_values_is_not_judged():
    line = judged("log(-1 - x[t]**2)", "2*log(-1 - x[t]**2)")
    assert line.verdict.outcome is sg.Outcome.UNDECIDED
    assert "no real value at" in line.verdict.evidence


NOWHERE = [
    ("log(x[t])", {"x": [-1.0]}, "h[1]: log(x[t])*h[t-1] has no real value at"),
    ("sqrt(x[t])*sqrt(y[t])", {"x": [-1.0], "y": [-1.0]}, "has no real value at x[t] = -1"),
    ("log(p)", {"p": -2.0}, "has no real value at"),
    ("Abs(log(p))", {"p": -2.0}, "has no real value at"),
    ("sqrt(1 - x[t])", {"x": [1.0]}, "the gradient of x: "),
]
WAYS = {
    "evaluate": lambda grad: grad.evaluate,
    **{name: lambda grad, name=name: lambda point: grad.compile(backend=name)(**point) for name in BACKENDS},
    "scaled": lambda grad: lambda point: grad.compile(scaled=True)(**point),
    "crosscheck": lambda grad: lambda point: sg.crosscheck(grad.compile(), point),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("factor", "point", "said"), NOWHERE)
def test_it_is_said_what_is_not_real(factor, point, said, way):
    cell = sg.read_cell(f"h[t] = h[t-1]*{factor}", {})
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]))
    given = {name: np.array(value) for name, value in point.items()}
    with pytest.raises((NotRealError, NoValueError)) as error:
        WAYS[way](grad)({**given, "h0": np.array(1.0), "target": np.zeros(1)})
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_it_is_said_at_which_point_of_many():
    cell = sg.read_cell("h[t] = h[t-1]*log(x[t])", {})
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]))
    with pytest.raises(NotRealError, match=r"at point \(1,\), h\[1\]: "):
        grad.compile()(x=np.array([[1.0], [-1.0]]), h0=1.0, target=np.zeros(1))


def test_what_is_only_too_large_for_doubles_is_no_missing_value():
    cell = sg.read_cell("h[t] = exp(h[t-1])", {})
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]))
    with pytest.raises(CellError, match="beyond the range of doubles"):
        grad.compile()(h0=1000.0, target=np.zeros(1))


KINDS = (1.5, np.float64(1.5), np.array(1.5), np.float32(1.5), sympy.Rational(3, 2), arb(1.5))


@pytest.mark.parametrize("number", KINDS, ids=lambda number: type(number).__name__)
def test_numbers_of_all_kinds_are_taken(number):
    cell = sg.read_cell("s[t] = tanh(w*s[t-1])", {})
    grad = sg.bptt(cell, cell.states[0])
    known, sizes = grad.evaluate({"w": 1.5, "s0": 1}, {sg.LENGTH: 2}), {sg.LENGTH: 2}
    assert grad.evaluate({"w": number, "s0": np.int64(1)}, sizes).loss.overlaps(known.loss)
    assert grad.value_of(cell.states[0].at(sg.LENGTH), {"w": number, "s0": 1}, sizes).overlaps(known.loss)


@pytest.mark.parametrize("given", ["a", 1j, [1.0, 2.0], object()])
def test_what_is_no_number_is_refused_in_one_line(given):
    cell = sg.read_cell("s[t] = tanh(w*s[t-1])", {})
    with pytest.raises(CellError, match=r"^w must be "):
        sg.bptt(cell, cell.states[0]).evaluate({"w": given, "s0": 1}, {sg.LENGTH: 2})


def test_an_inner_product_beside_a_number_is_told_of_its_trace():
    (n,) = sg.dims("n")
    with pytest.raises(sg.ShapeError, match=r"trace\(dot\(a, b\)\)"):
        sg.read_cell("s[t] = k*s[t-1] + dot(y[t], y[t])", {"y": n})


@pytest.mark.parametrize("text", ["log(x)", "sqrt(x)*sqrt(x)*sqrt(x)", "x**(1/3)"])
def test_formulas_that_are_not_real_are_nan_in_doubles_and_in_many_digits(text):
    for backend in ("numpy", "mpmath"):
        with pytest.warns(RuntimeWarning, match="the formula has none there"):
            assert np.isnan(float(sg.compile(sg.parse(text), backend=backend)(x=-1)))


def test_a_division_by_0_is_told_in_many_digits():
    with pytest.warns(RuntimeWarning, match="the formula has none there"):
        assert np.isnan(float(sg.compile(sg.parse("1/x"), backend="mpmath")(x=0)))


# What has no value where it is not chosen, a place like that, and one where it is chosen.
NOT_CHOSEN = {
    "1/y": (lambda y: sg.where(y > 0, 1 / y, 0), 0, 2),
    "sin(y)/y": (lambda y: sg.where(y > 0, sympy.sin(y) / y, 1), 0, 2),
    "log": (lambda y: sg.where(y > 0, sg.log(y), 0), 0, 2),
    "log below 0": (lambda y: sg.where(y > 0, sg.log(y), 0), -1, 2),
    "log of log": (lambda y: sg.where(y > 1, sg.log(sg.log(y)), 0), 0, 2),
    "sqrt": (lambda y: sg.where(y > 0, sg.sqrt(y), 0), -1, 2),
    "1/sqrt": (lambda y: sg.where(y > 0, 1 / sg.sqrt(y), 0), 0, 2),
    "asin": (lambda y: sg.where(y < 1, sympy.asin(y), 0), 1, 0.5),
    "atanh": (lambda y: sg.where(y < 1, sympy.atanh(y), 0), 1, 0.5),
    "exp(-1/y)": (lambda y: sg.where(y > 0, sg.exp(-1 / y), 0), 0, 2),
    "in cases": (lambda y: sg.where(y > 0, sg.where(y < 5, 1 / (y * (y - 7)), 1), 0), 0, 2),
    "in cases of a pole": (lambda y: sg.where(y > 0, sg.where(y < 5, 1 / (y * (y - 7)), 1), 0), 7, 2),
}
IN_ALL = ({}, {"backend": "compiled"}, {"backend": "mpmath"}, {"backend": "balls"}, {"scaled": True})


@pytest.mark.parametrize("options", IN_ALL, ids=str)
@pytest.mark.parametrize("name", NOT_CHOSEN)
def test_what_is_not_chosen_needs_no_value(name, options):
    function, away, chosen = NOT_CHOSEN[name]
    s, y, v, z = sg.State("s"), sg.Input("y"), sg.State("v", 2), sg.Input("z", 2)
    slope = sympy.Symbol("p", real=True)
    value, beside = (float(function(sympy.S(place))) for place in (chosen, away))
    slopes = [float(function(slope).diff(slope).subs(slope, place)) for place in (away, chosen)]
    for cell, inputs in (
        (sg.Cell({s: function(y) + s.prev}), {"y": [away, chosen]}),
        (sg.Cell({v: sg.elementwise(function, z) + v.prev}), {"z": [[away, chosen]]}),
    ):
        grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]))
        state = np.array([beside, value]) if "z" in inputs else np.array(beside + value)
        given = {name: np.array(a, dtype=float) for name, a in inputs.items()}
        target = (state - 1) * np.ones((len(next(iter(given.values()))), *np.shape(state)))
        run = grad.compile(**options)(target=target, **given)
        (found,) = (run.gradients[key] for key in given)
        found = np.ravel(found.to_float() if isinstance(found, sg.Scaled) else found).astype(float)
        assert found == pytest.approx(slopes, rel=1e-12)
