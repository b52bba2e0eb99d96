"""Gradients of every cell of the zoo against those of PyTorch, in double precision.

A gradient agrees if no entry of it differs by more than 1e-12 of its largest entry: small entries are differences of
large ones, which no double has to more digits.
"""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from cells_at_random import drawn, in_symgrad, point, total_loss, with_zeros
from cells_by_hand import outputs, steps, total

import symgrad as sg
from symgrad.balls import precision
from symgrad.recurrent.oracle.runs import evaluate

STEPS = steps(
    SimpleNamespace(
        sigmoid=torch.sigmoid,
        tanh=torch.tanh,
        relu=torch.relu,
        as_complex=torch.complex,
        real=torch.real,
        imaginary=torch.imag,
    )
)
SIZES = {"n": 3, "m": 2, "p": 2}
RELATIVE = 1e-12  # what the project promises for T up to 50
BITS = 200  # far more than doubles have, so that all the rounding is that of torch
LENGTHS = (1, 2, 10, 50)
PLACES = ("last", "every", "mean")


def shape(argument, length):
    sizes = tuple(int(size) for size in argument.shape)
    sizes = sizes[:1] if len(sizes) == 2 and sizes[1] == 1 else sizes
    is_in_time = getattr(argument, "time", None) == sg.symbols.TIME
    return (length, *sizes) if is_in_time else sizes


def gradients_of(cell, loss=sg.half_squared_error, at="last"):
    return sg.bptt(cell, loss(sg.output_of(cell)), at=at)


def random_arguments(grad, length, seed):
    """Normal numbers, small enough that no unit saturates.

    Twice as large, the cell state of the 1997 LSTM grows so far in 50 steps that 1 - tanh(c)**2 loses digits in torch:
    mpmath at 60 digits then has our gradient to the last digit, and that of torch is wrong by 1.7e-12.
    """
    generator = np.random.default_rng(seed)
    found = {}
    for argument in grad.arguments:
        wanted = () if not hasattr(argument, "shape") else shape(argument, length)
        found[grad.name_of(argument)] = np.asarray(0.25 * generator.standard_normal(wanted))
    return found


def ours(grad, arguments):
    """Loss and gradients as doubles."""
    plain = {name: float(a) if a.ndim == 0 else a.astype(object) for name, a in arguments.items()}
    with precision(BITS):
        found = evaluate(grad, plain)
        return float(found.loss), {name: as_doubles(a) for name, a in found.gradients.items()}


def as_doubles(array):
    return np.array(np.vectorize(float)(array), dtype=float)


def assert_close(name, expected, found):
    expected, found = np.asarray(expected), np.asarray(found)
    assert expected.shape == found.shape, name
    assert np.isfinite(expected).all(), name
    assert np.abs(expected - found).max() <= RELATIVE * np.abs(expected).max(), name


def tensors(arguments):
    return {name: torch.tensor(a, dtype=torch.float64, requires_grad=True) for name, a in arguments.items()}


def half_squared(output, target):
    return ((output - target) ** 2).sum() / 2


def of_torch(leaves):
    return {name: (torch.zeros_like(v) if v.grad is None else v.grad).numpy() for name, v in leaves.items()}


LOSSES = {
    "half squared error": (sg.half_squared_error, half_squared),
    "softmax cross entropy": (
        sg.softmax_cross_entropy,
        lambda o, y: torch.logsumexp(o, 0) - (y * o).sum(),
    ),
    "binary cross entropy": (
        sg.binary_cross_entropy,
        lambda o, y: torch.nn.functional.binary_cross_entropy_with_logits(o, y, reduction="sum"),
    ),
}


def test_every_cell_of_the_zoo_is_written_in_torch():
    assert set(STEPS) == set(sg.CELLS)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", sg.CELLS)
def test_gradients_agree_with_autograd(name, length, seed):
    row = sg.CELLS[name]
    cell, at = row.cell(*(SIZES[size] for size in row.sizes)), PLACES[(length + seed) % 3]
    grad = gradients_of(cell, at=at)
    compare_with_torch(grad, STEPS[name], random_arguments(grad, length, seed), half_squared)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("at", PLACES)
def test_every_loss_agrees_with_autograd(loss, at):
    ours_of, theirs = LOSSES[loss]
    cell = sg.CELLS["elman"].cell(*SIZES.values())
    grad = gradients_of(cell, ours_of, at)
    compare_with_torch(grad, STEPS["elman"], random_arguments(grad, 7, 5), theirs)


@pytest.mark.parametrize("is_vector", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_cells_that_look_at_other_steps_agree_with_autograd(seed, is_vector):
    what = drawn(100 + seed, is_vector)
    grad = in_symgrad(what)
    runs = [grad.compile(), grad.compile(backend="compiled")] if seed % 4 == 0 else [grad.compile()]
    for length in (1, 2, 3, 8):
        arguments = point(grad, length, seed)
        leaves = tensors(with_zeros(grad, arguments))
        whole = total_loss(what, leaves, length, {"tanh": torch.tanh, "sigmoid": torch.sigmoid})
        whole.backward()
        found = [ours(grad, arguments), *((out.loss, out.gradients) for out in (run(**arguments) for run in runs))]
        for loss, gradients in found:
            assert_close("loss", whole.detach().numpy(), loss)
            for name, expected in of_torch(leaves).items():
                assert_close(f"{what}: {name}, {length}", expected, gradients[name])


def compare_with_torch(grad, step, arguments, loss):
    leaves = tensors(arguments)
    whole = total([loss(o, y) for o, y in zip(outputs(step, leaves), leaves["target"])], grad.at)
    whole.backward()
    found, gradients = ours(grad, arguments)
    assert_close("loss", whole.detach().numpy(), found)
    for name, expected in of_torch(leaves).items():
        assert_close(name, expected, gradients[name])


# --- modules of torch ---------------------------------------------------------------------------------------------

MODULES = {
    "tanh": lambda **options: torch.nn.RNN(2, 3, nonlinearity="tanh", dtype=torch.float64, **options),
    "relu": lambda **options: torch.nn.RNN(2, 3, nonlinearity="relu", dtype=torch.float64, **options),
    "lstm": lambda **options: torch.nn.LSTM(2, 3, dtype=torch.float64, **options),
    "gru_reset_after": lambda **options: torch.nn.GRU(2, 3, dtype=torch.float64, **options),
}


def arrays(module):
    return {name: tensor.detach().numpy() for name, tensor in module.state_dict().items()}


def theirs(module, cell, arguments, layers):
    """Gradients of weights, inputs and initial states, for half the squared error at every step."""
    leaves = tensors(arguments)
    start = torch.stack([leaves[name] for name in layers["h"]])
    both = (start, torch.stack([leaves[name] for name in layers["c"]])) if cell == "lstm" else start
    found, _ = module(leaves["x"], both)
    half_squared(found, leaves["target"]).backward()
    weights = {name: p.grad.numpy() for name, p in module.named_parameters()}
    return weights, {name: leaf.grad.numpy() for name, leaf in leaves.items() if leaf.grad is not None}


def given(grad, length, seed):
    """Random inputs, initial states and targets, without parameters."""
    parameters = {p.name for p in grad.cell.parameters}
    return {name: a for name, a in random_arguments(grad, length, seed).items() if name not in parameters}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("length", [1, 50])
@pytest.mark.parametrize("cell", MODULES)
def test_modules_of_torch_agree_through_conversions(cell, length, seed):
    torch.manual_seed(seed)
    module = MODULES[cell]()
    grad = gradients_of(sg.CELLS[cell].cell(3, 2), at="every")
    around = given(grad, length, seed)
    weights, others = theirs(module, cell, around, {"h": ["h0"], "c": ["c0"]})
    _, found = ours(grad, {**around, **sg.from_torch(cell, arrays(module))})
    for name, expected in others.items():
        assert_close(name, expected, found[name])
    for name, array in sg.gradients_to_torch(cell, found).items():
        assert_close(name, weights[name], array)


@pytest.mark.parametrize("cell", MODULES)
def test_weights_go_to_torch_and_come_back(cell):
    grad = gradients_of(sg.CELLS[cell].cell(3, 2))
    parameters = {p.name for p in grad.cell.parameters}
    weights = {name: a for name, a in random_arguments(grad, 2, 1).items() if name in parameters}
    state = sg.to_torch(cell, weights)
    MODULES[cell]().load_state_dict({name: torch.tensor(a) for name, a in state.items()})
    back = sg.from_torch(cell, state)
    assert all(np.array_equal(back[name], a) for name, a in weights.items())


@pytest.mark.parametrize("cell", MODULES)
def test_two_layers_of_torch_are_two_stacked_cells(cell):
    torch.manual_seed(7)
    module = MODULES[cell](num_layers=2)
    row = sg.CELLS[cell]
    grad = gradients_of(sg.stacked(row.cell(3, 2), row.cell(3, 3)), at="every")
    around = given(grad, 20, 3)
    weights, others = theirs(module, cell, around, {"h": ["h10", "h20"], "c": ["c10", "c20"]})
    named = {
        numbered(name, k + 1): a for k in (0, 1) for name, a in sg.from_torch(cell, arrays(module), layer=k).items()
    }
    _, found = ours(grad, {**around, **named})
    for name, expected in others.items():
        assert_close(name, expected, found[name])
    for k in (0, 1):
        layer = {p.name: found[numbered(p.name, k + 1)] for p in row.cell(3, 2).parameters}
        for name, array in sg.gradients_to_torch(cell, layer, layer=k).items():
            assert_close(name, weights[name], array)


def numbered(name, number):
    first, *below = name.split("_")
    return "_".join([f"{first}{number}", *below])


@pytest.mark.parametrize("cell", MODULES)
def test_both_directions_of_torch_are_a_bidirectional_cell(cell):
    torch.manual_seed(11)
    module = MODULES[cell](bidirectional=True)
    row = sg.CELLS[cell]
    grad = gradients_of(sg.bidirectional(row.cell(3, 2)), at="every")
    around = given(grad, 20, 4)
    weights, others = theirs(module, cell, around, {"h": ["h0", "h_reverse_end"], "c": ["c0", "c_reverse_end"]})
    backwards = sg.from_torch(cell, arrays(module), reverse=True)
    named = sg.from_torch(cell, arrays(module)) | {f"{name}_reverse": a for name, a in backwards.items()}
    _, found = ours(grad, {**around, **named})
    for name, expected in others.items():
        assert_close(name, expected, found[name])
    for reverse in (False, True):
        ending = "_reverse" if reverse else ""
        layer = {p.name: found[p.name + ending] for p in row.cell(3, 2).parameters}
        for name, array in sg.gradients_to_torch(cell, layer, reverse=reverse).items():
            assert_close(name, weights[name], array)
