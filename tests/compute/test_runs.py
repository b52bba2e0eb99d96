"""Programs of gradients in every arithmetic, against balls that walk the equations one by one."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import mpmath
import numpy as np
import pytest
import sympy
from cells_in_numbers import run_and_point
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import symgrad as sg
from symgrad.balls import precision
from symgrad.compute.program.program import Equations, program_of
from symgrad.compute.run.run import Run
from symgrad.compute.text.sources import functions_of
from symgrad.recurrent.judge.slips import slips
from symgrad.symbols import declared_shape

SIZES = {"n": 3, "m": 2, "p": 2}
ROUNDING = 1e-12  # of the largest entry: a few hundred operations on entries of about 1, each to 1.1e-16
PLACES = ("last", "every", "mean")


def composed():
    tanh, lstm = sg.CELLS["tanh"], sg.CELLS["lstm"]
    return {
        "scalar": tanh.cell(),
        "two scalar states": scalar_pair(),
        "two steps back": two_steps_back(),
        "only two steps back": only_two_steps_back(),
        "output layer": sg.with_output(lstm.cell(3, 2), 2, activation=sg.sigmoid),
        "bidirectional below a layer": sg.stacked(sg.bidirectional(tanh.cell(3, 2)), tanh.cell(2, 6)),
        "residual": sg.with_residual(tanh.cell(3, 3)),
    }


def scalar_pair():
    h, c, x, w, u = sg.State("h"), sg.State("c"), sg.Input("x"), sg.Parameter("w"), sg.Parameter("u")
    return sg.Cell({c: sg.sigmoid(w * h.prev + x) * c.prev + u * x, h: sg.tanh(c) * sg.sigmoid(u * h.prev)})


def two_steps_back():
    n, m = sg.dims("n m")
    h, x = sg.State("h", n), sg.Input("x", m)
    W, V, U = sg.Parameter("W", n, n), sg.Parameter("V", n, n), sg.Parameter("U", n, m)
    return sg.Cell({h: sg.tanh(W @ h.prev + V @ h.at(sg.TIME - 2) + U @ x)})


def only_two_steps_back():
    h, x, w = sg.State("h"), sg.Input("x"), sg.Parameter("w")
    return sg.Cell({h: sg.tanh(w * h.at(sg.TIME - 2) + x)})


CELLS = {
    **{name: row.cell(*(SIZES[size] for size in row.sizes)) for name, row in sg.CELLS.items()},
    **composed(),
}


def gradients(name, at="last"):
    return sg.bptt(CELLS[name], sg.half_squared_error(sg.output_of(CELLS[name])), at=at)


def point(grad, length, lead=(), seed=1):
    generator = np.random.default_rng(seed)
    found = {}
    for argument in grad.arguments:
        shape = tuple(SIZES.get(str(size)) or int(size) for size in declared_shape(argument))
        steps = (length,) if getattr(argument, "time", None) == sg.TIME else ()
        found[grad.name_of(argument)] = 0.4 * generator.standard_normal((*lead, *steps, *shape))
    return found


def walked(grad, arguments):
    """Loss, gradients and states by the oracle, as doubles."""
    plain = {name: float(a) if np.ndim(a) == 0 else a.astype(object) for name, a in arguments.items()}
    with precision(150):
        found = grad.evaluate(plain)
    return float(found.loss), doubles(found.gradients), doubles(found.states)


def doubles(arrays):
    return {name: np.array(np.vectorize(float)(a), dtype=float) for name, a in arrays.items()}


def assert_same(expected, found):
    assert set(expected) == set(found)
    for name, array in expected.items():
        assert array.shape == np.shape(found[name]), name
        assert np.abs(array - found[name]).max() <= ROUNDING * max(1, np.abs(array).max()), name


@pytest.mark.parametrize("length", [1, 2, 6])
@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("name", CELLS)
def test_programs_give_what_the_equations_give(name, at, length):
    grad = gradients(name, at)
    arguments = point(grad, length)
    loss, expected, states = walked(grad, arguments)
    out = grad.compile()(**arguments)
    assert abs(out.loss - loss) <= ROUNDING * max(1, loss)
    assert_same(expected, out.gradients)
    assert_same(states, out.states)


@pytest.mark.parametrize("name", CELLS)
def test_leading_axes_broadcast(name):
    """A grid of some arguments and a batch of others: each point as if it stood alone."""
    grad = gradients(name, "every")
    grid, batch = point(grad, 4, (2, 1), 2), point(grad, 4, (3,), 3)
    mixed = {key: (grid if k % 2 else batch)[key] for k, key in enumerate(grid)}
    out = grad.compile()(**mixed)
    for i in range(2):
        for j in range(3):
            alone = {key: a[i, 0] if k % 2 else a[j] for k, (key, a) in enumerate(mixed.items())}
            single = grad.compile()(**alone)
            assert abs(single.loss - out.loss[i, j]) <= ROUNDING
            assert_same({key: a[i, j] for key, a in out.gradients.items()}, single.gradients)
            assert_same({key: a[i, j] for key, a in out.states.items()}, single.states)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", [name for name in CELLS if "bidirectional" not in name])
@pytest.mark.parametrize("at", PLACES)
def test_checkpoints_change_nothing(name, at):
    grad = gradients(name, at)
    for length in (1, 2, 11):
        arguments = point(grad, length)
        whole, pieces = grad.compile()(**arguments), grad.compile(checkpoint=True)(**arguments)
        assert abs(whole.loss - pieces.loss) <= ROUNDING
        assert_same(whole.gradients, pieces.gradients)
        for state, array in whole.states.items():
            assert np.allclose(pieces.states[state], array[-1:], rtol=ROUNDING, atol=0)


def test_what_runs_in_reverse_has_no_checkpoints():
    with pytest.raises(sg.CellError, match="looks at later ones"):
        gradients("bidirectional below a layer").compile(checkpoint=True)


@pytest.mark.parametrize("name", CELLS)
def test_balls_and_mpmath_run_the_same_program(name):
    grad = gradients(name)
    arguments = point(grad, 3)
    balls, digits = grad.compile(backend="balls", digits=40), grad.compile(backend="mpmath", digits=40)
    certain, many = balls(**arguments), digits(**arguments)
    plain = grad.compile()(**arguments)
    assert_same(doubles(certain.gradients), plain.gradients)
    with mpmath.workdps(60):
        for key, array in certain.gradients.items():
            for ball, number in zip(np.ravel(array), np.ravel(many.gradients[key])):
                assert isinstance(ball, arb)
                assert ball.is_zero() or ball.rel_accuracy_bits() >= 40 * 3.32
                middle = mpmath.mpf(ball.str(60, radius=False))
                assert abs(middle - number) <= abs(middle) * mpmath.mpf(10) ** -40


def test_digits_are_certain_far_below_doubles():
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: 1000}, "balls", digits=30)
    gradient = run(w=1).gradients["h0"]
    with mpmath.workdps(60):
        expected, state = mpmath.mpf(1), mpmath.mpf(0)
        for _ in range(1000):
            state = 1 / (1 + mpmath.exp(-state))
            expected *= state * (1 - state)
        assert abs(mpmath.mpf(gradient.str(50, radius=False)) / expected - 1) < mpmath.mpf(10) ** -30
    assert gradient < arb("1e-600")


@pytest.mark.parametrize("checkpoint", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("backend", ["mpmath", "balls"])
@pytest.mark.parametrize(
    "made_of",
    [
        lambda u, k: k * sympy.Abs(u),
        lambda u, k: k + k * sympy.sign(u),
        lambda u, k: k * sg.relu(u),
        lambda u, k: 1 / (1 + k * sympy.Abs(u)),
        lambda u, k: u * sympy.exp(k * sympy.Abs(u)),
        lambda u, k: k * sympy.Max(u, k**2),
        lambda u, k: sympy.Min(u, k**2) * u,
        lambda u, k: k * sg.tanh(u),
    ],
)
def test_an_initial_state_is_a_number_to_functions_of_numbers(made_of, backend, steps, checkpoint):
    """In no arithmetic does an array without axes stand for it, which functions of single numbers do not know."""
    h, k = sg.State("h"), sg.Parameter("k")
    made, point = sg.bptt(sg.Cell({h: made_of(h.prev, k)}), h), {"k": 0.5, "h0": 0.75}
    found = made.compile({sg.LENGTH: steps}, backend, checkpoint=checkpoint)(**point)
    expected = made.compile({sg.LENGTH: steps})(**point)
    for name, gradient in expected.gradients.items():
        assert not isinstance(found.gradients[name], np.ndarray)
        assert float(found.gradients[name]) == pytest.approx(gradient, rel=1e-13)


def test_a_gradient_that_underflows_says_so():
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: 1000})
    with pytest.warns(sg.UnderflowWarning, match="of h0 are below the range of doubles"):
        assert run(w=1.0).gradients["h0"] == 0


def test_a_gradient_that_is_zero_says_nothing():
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.relu(w * h.prev)}), h).compile({sg.LENGTH: 5})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(w=1.0, h0=-1.0).gradients["h0"] == 0


def test_a_gradient_beyond_doubles_is_an_error():
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: w * h.prev}), h).compile({sg.LENGTH: 400})
    with pytest.raises(sg.CellError, match="beyond the range of doubles"):
        run(w=10.0, h0=1e-200)


@dataclass(frozen=True)
class Mistaken(Equations):
    """Equations of which one is replaced, at every step."""

    replaced: Mapping = field(default_factory=dict)

    @cached_property
    def backward(self):
        return tuple(sg.Equation(e.left, self.replaced.get(e.left, e.right)) for e in super().backward)

    @cached_property
    def final(self):
        return tuple(sg.Equation(e.left, self.replaced.get(e.left, e.right)) for e in super().final)


def programs_with_slips(grad, point):
    """The gradients of programs of the equations with a slip in one place, as far as they can be computed."""
    equations = Equations(grad.cell, grad.loss, grad.at)
    for equation in (*equations.backward, *equations.final):
        for name, spoilt in slips(equation):
            mistaken = Mistaken(grad.cell, grad.loss, grad.at, {equation.left: spoilt.right})
            try:
                yield f"{name} {spoilt}", Run(mistaken)(**point).gradients
            except (sg.SymgradError, ArithmeticError, LookupError, ValueError, TypeError):
                continue


@pytest.mark.one_in(4)
@pytest.mark.parametrize("name", ["tanh", "lstm", "gru_reset_after", "elman"])
def test_what_nobody_reads_need_not_be_stored(name, monkeypatch):
    """Equations of whatever form, here with a slip in each place, give the same if all that they compute is stored."""
    made, point = run_and_point(name, "last")
    lean = list(islice(programs_with_slips(made.gradients, point), 60))
    monkeypatch.setattr(Run, "_wanted", None)
    whole = list(islice(programs_with_slips(made.gradients, point), 60))
    assert [words for words, _ in lean] == [words for words, _ in whole]
    assert len(lean) > 10
    for (words, found), (_, expected) in zip(lean, whole):
        for key in expected:
            np.testing.assert_allclose(found[key], expected[key], rtol=1e-10, atol=1e-13, err_msg=words)


# --- arguments ----------------------------------------------------------------------------------------------------


@pytest.fixture
def run():
    n, m = sg.dims("n m")
    return sg.bptt(sg.CELLS["tanh"].cell(n, m), sg.half_squared_error(sg.State("h", n))).compile()


def good():
    return {"W": np.eye(3), "U": np.ones((3, 2)), "b": np.zeros(3), "x": np.ones((4, 2)), "target": np.zeros((4, 3))}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W": np.ones((3, 4))}, r"W must be \(..., n, n\) with n = 3; got \(3, 4\)"),
        ({"W": np.ones(3)}, r"W must be \(..., n, n\)"),
        ({"b": np.zeros(4)}, r"b must be \(..., n\) with n = 3; got \(4,\)"),
        ({"x": np.ones((5, 2))}, "the numbers of steps differ: x has 5 and target has 4"),
        ({"x": np.ones((0, 2)), "target": np.zeros((0, 3))}, "a run has at least one step; x has none"),
        ({"b": np.array([0, np.nan, 0])}, r"b must be finite; at \(1,\) it is nan"),
        ({"b": np.array([0, 0, -np.inf])}, r"b must be finite; at \(2,\) it is -inf"),
        ({"b": np.array(["a", "b", "c"])}, "b must be real numbers; got an array of <U1"),
        ({"b": 1j * np.ones(3)}, "b must be real numbers; got an array of complex128"),
        ({"V": np.eye(3)}, "unknown argument V; arguments are U, W, b, x, target, h0"),
        (
            {"W": np.ones((2, 3, 3)), "b": np.zeros((5, 3))},
            r"leading axes do not broadcast: W has \(2,\), b has \(5,\)",
        ),
    ],
)
def test_bad_arguments_are_named(run, change, message):
    with pytest.raises(sg.CellError, match=message):
        run(**{**good(), **change})


def test_a_missing_argument_is_named(run):
    arguments = good()
    del arguments["b"]
    with pytest.raises(sg.CellError, match="the argument b is missing"):
        run(**arguments)


def test_arrays_of_any_layout_give_the_same(run):
    expected = run(**good())
    read_only = {name: np.asfortranarray(a.astype(int) if name != "W" else a) for name, a in good().items()}
    for array in read_only.values():
        array.flags.writeable = False
    doubled = {name: np.repeat(a, 2, axis=-1)[..., ::2] for name, a in good().items()}
    for arguments in (read_only, doubled):
        assert_same(expected.gradients, run(**arguments).gradients)


def test_arguments_are_not_changed(run):
    arguments = good()
    run(**arguments)
    assert all(np.array_equal(a, good()[name]) for name, a in arguments.items())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "fortran"}, "backend is one of numpy, compiled, mpmath, balls; got 'fortran'"),
        ({"digits": 30}, "digits are for the backends mpmath and balls"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(sg.CellError, match=message):
        gradients("tanh").compile(**options)


# --- generated source ---------------------------------------------------------------------------------------------


def test_no_name_of_a_user_reaches_the_source():
    n, m = sg.dims("secret_n secret_m")
    h, x = sg.State("secret_h", n), sg.Input("secret_x", m)
    W, U = sg.Parameter("secret_W", n, n), sg.Parameter("secret_U", n, m)
    grad = sg.bptt(sg.Cell({h: sg.tanh(W @ h.prev + U @ x)}), sg.half_squared_error(h))
    assert "secret" not in grad.compile().source().text


@pytest.mark.parametrize("text", ["x = 'a'", "x.__class__", 'x = "a"', "import os; x = `1`", "x = 1 ; y = '1'", "a!b"])
def test_source_that_no_generator_writes_is_refused(text):
    with pytest.raises(ValueError, match="what no generator writes"):
        functions_of(text, {})


@given(st.sampled_from(sorted(CELLS)), st.sampled_from(PLACES))
def test_programs_define_all_that_they_read(name, at):
    program = program_of(gradients(name, at))
    defined = {line.target for line in program.lines} | set(program.arguments.values())
    for line in program.lines:
        assert {variable for variable, _ in line.reads} <= defined
