"""The zoo and what is composed of it: gradients against mpmath, forms proved, every slip noticed."""

import re
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import sympy
from cells_by_hand import outputs, total
from in_mpmath import (
    DIGITS,
    RELATIVE,
    STEPS,
    binary_cross_entropy,
    difference_along,
    differences,
    half_squared_error,
    softmax_cross_entropy,
)

import symgrad as sg
from symgrad.balls import precision
from symgrad.language.statements import Domain
from symgrad.recurrent.gradients import vjp
from symgrad.recurrent.judge.document_lines import BackwardLine
from symgrad.recurrent.judge.slips import slips
from symgrad.recurrent.oracle.runs import evaluate, run_forward, surroundings, total_loss
from symgrad.symbols import TIME, declared_shape, timed_in, zero_like

BITS = 300
SIZES = {"n": 2, "m": 2, "p": 2}
SYMBOLS = dict(zip("nmp", sg.dims("n m p")))
PLACES = ("last", "every", "mean")
LOSSES = {
    "half squared error": (sg.half_squared_error, half_squared_error),
    "softmax cross entropy": (sg.softmax_cross_entropy, softmax_cross_entropy),
    "binary cross entropy": (sg.binary_cross_entropy, binary_cross_entropy),
}


def sized(name, sizes=SYMBOLS):
    row = sg.CELLS[name]
    return row.cell(*(sizes[letter] for letter in row.sizes))


def composed(sizes=SYMBOLS):
    """Cells made of cells, by name."""
    n, m, p = (sizes[letter] for letter in "nmp")
    gru, lstm, tanh = (sg.CELLS[name] for name in ("gru", "lstm", "tanh"))
    return {
        "stacked LSTM": sg.stacked(lstm.cell(n, m), lstm.cell(p, n)),
        "bidirectional GRU": sg.bidirectional(gru.cell(n, m)),
        "shared weights": sg.stacked(tanh.cell(n, n), tanh.cell(n, n), shared=["W", "U"]),
        "residual": sg.with_residual(tanh.cell(n, n)),
        "output layer": sg.with_output(lstm.cell(n, m), p, activation=sg.sigmoid),
        "bidirectional below a layer": sg.stacked(sg.bidirectional(tanh.cell(n, m)), tanh.cell(p, 2 * n)),
        "both directions with one weight": sg.bidirectional(tanh.cell(n, m), merge="sum", shared=["W"]),
    }


def gradients(cell, at="last", loss=sg.half_squared_error):
    return sg.bptt(cell, loss(sg.output_of(cell)), at=at)


def point(grad, length, seed=1):
    """Small fractions for all arguments, as numbers of mpmath."""
    generator = np.random.default_rng(seed)
    found = {}
    for argument in grad.arguments:
        shape = tuple(int(size) for size in declared_shape(argument))
        in_time = getattr(argument, "time", None) == TIME
        whole = generator.integers(-40, 41, size=(length, *shape) if in_time else shape)
        found[grad.name_of(argument)] = fractions(whole)
    return found


def fractions(whole):
    made = np.vectorize(lambda k: mpmath.mpf(int(k) or 7) / 64, otypes=[object])(whole)
    return made if np.shape(whole) else made.item()


def in_balls(grad, arguments):
    """Loss and gradients by the equations that symgrad derives, as numbers of mpmath."""
    with precision(BITS):
        found = evaluate(grad, as_rationals(arguments))
        return number(found.loss), {name: np.vectorize(number)(a) for name, a in found.gradients.items()}


def as_rationals(arguments):
    found = {name: np.asarray(np.vectorize(exact, otypes=[object])(a)) for name, a in arguments.items()}
    return {name: a if a.ndim else a.item() for name, a in found.items()}


def exact(value):
    return sympy.Rational(*map(int, mpmath.libmp.to_rational(value._mpf_)))


def number(ball):
    return mpmath.mpf(ball.str(DIGITS + 10, radius=False))


def assert_gradients_are_differences(grad, arguments, loss):
    """All gradients of one point against central differences of a function of the arguments."""
    found, given = in_balls(grad, arguments)
    assert abs(loss(arguments) - found) <= RELATIVE * max(1, abs(found))
    assert set(given) == set(arguments)
    for name, array in given.items():
        expected = differences(loss, arguments, name)
        largest = max([1, *map(abs, expected.ravel())])
        assert max(map(abs, np.ravel(expected - array))) <= RELATIVE * largest, name


@pytest.fixture(autouse=True)
def sixty_digits():
    with mpmath.workdps(DIGITS):
        yield


# --- gradients ----------------------------------------------------------------------------------------------------


def by_hand(name, at, loss=half_squared_error):
    """The loss of a cell as a function of its arguments, from the equations of the paper."""

    def function(arguments):
        each = zip(outputs(STEPS[name], arguments), arguments["target"])
        return total([loss(output, target) for output, target in each], at)

    return function


def test_every_cell_is_written_by_hand():
    assert set(STEPS) == set(sg.CELLS)


@pytest.mark.one_in(4)
@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("name", sg.CELLS)
def test_gradients_of_a_cell_are_those_of_the_paper(name, length, at):
    grad = gradients(sized(name, SIZES), at)
    assert_gradients_are_differences(grad, point(grad, length), by_hand(name, at))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("name", ["elman", "lstm_peephole"])
def test_gradients_of_every_loss(name, at, loss):
    ours, theirs = LOSSES[loss]
    grad = gradients(sized(name, SIZES), at, ours)
    assert_gradients_are_differences(grad, point(grad, 3), by_hand(name, at, theirs))


@pytest.mark.one_in(4)
@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("name", sg.CELLS)
def test_gradients_of_a_scalar_cell(name, at):
    grad = gradients(sg.CELLS[name].cell(), at)
    of_vectors = by_hand(name, at)
    assert_gradients_are_differences(grad, point(grad, 3), lambda p: of_vectors(of_size_one(name, p)))


def of_size_one(name, arguments):
    """The arguments of a scalar cell as those of the cell of vectors with one entry."""
    grad = gradients(sized(name, dict.fromkeys(SIZES, 1)))
    found = {}
    for argument in grad.arguments:
        named = grad.name_of(argument)
        value = arguments[named if named in arguments else named[0].lower() + named[1:]]
        shape = tuple(int(size) for size in getattr(argument, "shape", ()))
        found[named] = np.reshape(value, (-1, 1) if getattr(argument, "time", None) == TIME else shape[:1])
        if len(shape) == 2 and shape[1] == 1 and named[0].isupper():
            found[named] = np.reshape(value, shape)
    return found


def forward_of(grad):
    """The loss by the equations of the cell itself, in balls: an oracle for the backward equations alone."""

    tapes = {}  # formulas are compiled once, not for every difference

    def function(arguments):
        with precision(BITS):
            around = replace(surroundings(grad, as_rationals(arguments)), tapes=tapes)
            run_forward(grad, around)
            return number(total_loss(grad, around))

    return function


@pytest.mark.one_in(5)
@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("name", composed())
def test_gradients_of_composed_cells(name, length, at):
    """Along one random direction of each argument, against the forward pass of the cell in balls."""
    grad = gradients(composed(SIZES)[name], at)
    arguments, directions, loss = point(grad, length), point(grad, length, seed=2), forward_of(grad)
    _, given = in_balls(grad, arguments)
    assert set(given) == set(arguments)
    for argument, direction in directions.items():
        expected = difference_along(loss, arguments, argument, direction)
        found = np.sum(given[argument] * direction)
        assert abs(expected - found) <= RELATIVE * max(1, abs(expected)), argument


def two_layers(arguments):
    lower = {k.replace("1", "", 1): v for k, v in arguments.items() if "1" in k}
    upper = {k.replace("2", "", 1): v for k, v in arguments.items() if "2" in k}
    below = outputs(STEPS["lstm"], {**lower, "x": arguments["x"]})
    return outputs(STEPS["lstm"], {**upper, "x": below})


def test_a_stacked_cell_is_one_network_on_the_other():
    grad = gradients(composed(SIZES)["stacked LSTM"], "every")

    def loss(arguments):
        return sum(half_squared_error(o, y) for o, y in zip(two_layers(arguments), arguments["target"]))

    assert_gradients_are_differences(grad, point(grad, 3), loss)


def test_a_bidirectional_cell_is_one_network_each_way():
    grad = gradients(composed(SIZES)["bidirectional GRU"], "every")

    def loss(arguments):
        ahead = {k: v for k, v in arguments.items() if "reverse" not in k}
        back = {k.replace("_reverse", "").replace("_end", "0"): v for k, v in arguments.items() if "reverse" in k}
        one = outputs(STEPS["gru"], ahead)
        other = outputs(STEPS["gru"], {**back, "x": arguments["x"][::-1]})[::-1]
        both = [np.concatenate(pair) for pair in zip(one, other)]
        return sum(half_squared_error(o, y) for o, y in zip(both, arguments["target"]))

    assert_gradients_are_differences(grad, point(grad, 3), loss)


# --- proofs -------------------------------------------------------------------------------------------------------


@pytest.mark.one_in(4)
@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("name", sg.CELLS)
def test_all_forms_are_proved_equal(name, at):
    lines = gradients(sized(name), at).prove_forms()
    assert [line.says for line in lines if line.verdict.outcome is not sg.Outcome.PROVED] == []


def lines_of(grad):
    return [*grad.backward, *grad.final, *(grad.equation_of(argument) for argument in grad.arguments)]


# Slips that leave a line true, each with the reason.
TRUE_SLIPS = {
    "dU_im = sum(hbar_im[t] @ x[t].T, (t, 1, T - 1))": "the loss sees the real part alone: hbar_im[T] is 0",
    "dc0 = cbar[0]": "the adjoint of the state before the first step is its gradient",
}


def is_true_before_the_end(grad, equation, spoilt, verdict):
    """Whether a line that is said of the steps before the last holds there, where what the last loss alone reads has no
    adjoint."""
    if not re.fullmatch(r"both sides are equal for all sizes, for t = [12], \.\.\., T - 1", verdict.evidence):
        return False
    read = {v.key for step in grad.cell.steps for v in timed_in(step.right)}
    unread = {"lossbar", *(f"{v.name}bar" for v in grad.cell.intermediates if v.key not in read)}
    sides = [
        e.right.xreplace({v: zero_like(v) for v in timed_in(e.right) if v.name in unread}).doit()
        for e in (equation, spoilt)
    ]
    return sides[0] == sides[1]


def cells_to_spoil():
    return {**{name: sized(name) for name in sg.CELLS}, **composed()}


def undecided(relation, domain):
    """Lines about a cell ask for no proof about scalars."""
    raise AssertionError(relation)


@pytest.mark.slow
@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("name", cells_to_spoil())
def test_every_line_is_proved_and_every_slip_refuted(name, at):
    grad = gradients(cells_to_spoil()[name], at)
    if grad.runs_in_reverse and at == "last":
        pytest.skip(
            "adjoints of the reverse half are zero before T, so that most slips leave their lines true, unproved"
        )
    for equation in lines_of(grad):
        assert BackwardLine(grad, equation).decided(Domain(), undecided).outcome is sg.Outcome.PROVED, equation
        for slip, spoilt in slips(equation):
            verdict = BackwardLine(grad, spoilt).decided(Domain(), undecided)
            is_true = str(spoilt) in TRUE_SLIPS or is_true_before_the_end(grad, equation, spoilt, verdict)
            expected = sg.Outcome.PROVED if is_true else sg.Outcome.REFUTED
            assert verdict.outcome is expected, (slip, spoilt)


@pytest.mark.parametrize("name", ["tanh", "lstm", "gru"])
def test_a_wrong_rule_is_noticed(name, monkeypatch):
    """The share of a Hadamard product with its sign turned, and the product of matrices without its transpose."""
    right = vjp.RULES[sympy.HadamardProduct]
    monkeypatch.setitem(
        vjp.RULES, sympy.HadamardProduct, lambda *given: [(part, -share) for part, share in right(*given)]
    )
    grad = gradients(sized(name, SIZES), "every", lambda output: half_hadamard(output))
    with pytest.raises(AssertionError):
        assert_gradients_are_differences(grad, point(grad, 3), forward_of(grad))


def half_hadamard(output):
    """A loss that holds a Hadamard product, so that every cell has one."""
    return sg.Loss(sg.ones(output.shape[0]).T @ sg.hadamard(output, sg.Input("target", output.shape[0])))


# --- names, sizes, errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sg.CELLS)
def test_every_cell_says_where_it_is_from(name):
    row = sg.CELLS[name]
    assert row.name == name
    assert row.title
    assert row.source
    assert row.variant
    assert row.cell().is_scalar
    assert sized(name).source == row.source


def test_a_wrong_number_of_sizes_is_told():
    with pytest.raises(sg.CellError, match="lstm takes the sizes n, m, or none for scalars; got 1"):
        sg.CELLS["lstm"].cell(3)


def test_layers_that_do_not_fit_are_told_with_both_shapes():
    with pytest.raises(sg.ShapeError, match=r"layer 2 takes x\[t\] and is given h1\[t\]: shapes \(5, 1\) and \(3, 1\)"):
        sg.stacked(sg.CELLS["tanh"].cell(3, 2), sg.CELLS["tanh"].cell(3, 5))
    with pytest.raises(sg.ShapeError, match=r"the shared parameter U: shapes \(3, 2\) and \(3, 3\)"):
        sg.stacked(sg.CELLS["tanh"].cell(3, 2), sg.CELLS["tanh"].cell(3, 3), shared=["U"])
    with pytest.raises(sg.ShapeError, match=r"with_residual adds h\[t\] and x\[t\]: shapes \(3, 1\) and \(2, 1\)"):
        sg.with_residual(sg.CELLS["tanh"].cell(3, 2))


def test_bad_compositions_are_told():
    cell = sg.CELLS["tanh"].cell(2, 2)
    with pytest.raises(sg.CellError, match="two cells or more"):
        sg.stacked(cell)
    with pytest.raises(sg.CellError, match="no parameter Q to share; there are U, W, b"):
        sg.stacked(cell, cell, shared=["Q"])
    with pytest.raises(sg.CellError, match="merge is one of concatenate, sum; got 'mean'"):
        sg.bidirectional(cell, merge="mean")
    with pytest.raises(sg.CellError, match="merge='sum'"):
        sg.bidirectional(sg.CELLS["tanh"].cell())
    with pytest.raises(sg.CellError, match="takes the size of the output"):
        sg.with_output(cell)
    with pytest.raises(sg.CellError, match="the cell has another y"):
        sg.with_residual(sg.with_residual(cell))


def test_names_of_a_stack_in_a_stack_stay_apart():
    tanh = sg.CELLS["tanh"].cell(2, 2)
    assert [v.name for v in sg.stacked(sg.stacked(tanh, tanh), tanh).states] == ["h11", "h21", "h2"]


def test_states_of_torch_without_bias_or_with_wrong_rows():
    weights = {"weight_ih_l0": np.ones((6, 3)), "weight_hh_l0": np.ones((6, 2))}
    assert np.array_equal(sg.from_torch("gru_reset_after", weights)["b_q"], [0, 0])
    with pytest.raises(sg.ShapeError, match=r"weight_ih_l0 of torch\.nn\.LSTM has rows for 4 gates"):
        sg.from_torch("lstm", weights)
    with pytest.raises(sg.CellError, match="torch has no module for the cell 'gru'"):
        sg.from_torch("gru", weights)
    with pytest.raises(sg.CellError, match="has a weight weight_ih_l1"):
        sg.from_torch("gru_reset_after", weights, layer=1)


# --- judging ------------------------------------------------------------------------------------------------------


def test_a_line_that_names_a_value_beyond_the_steps_is_refuted():
    grad = gradients(sized("tanh"))
    hbar, h, target = grad.final[0].left, grad.cell.states[0], sg.Input("target", SYMBOLS["n"])
    end = hbar.time
    line = sg.Equation(hbar, h.at(end + 1) - target.at(end))
    verdict = BackwardLine(grad, line).decided(Domain(), undecided)
    assert verdict.outcome is sg.Outcome.REFUTED
    assert "there is no step T + 1" in str(verdict)


def test_a_trace_of_a_vector_is_told():
    h = sg.State("h", SYMBOLS["n"])
    with pytest.raises(sg.ShapeError, match="a trace is that of a square matrix"):
        sg.bptt(sized("tanh"), sympy.Trace(h))


def test_slips_of_a_product_with_a_number_are_matrices():
    h, k = (sg.State(name, SYMBOLS["n"]) for name in "hk")
    found = [spoilt for _, spoilt in slips(sg.Equation(k, h.prev - h))]
    assert all(spoilt.right.shape == h.shape for spoilt in found)
