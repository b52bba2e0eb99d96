"""Gradients of cells of any operations, drawn at random, are those of plain recursions in NumPy that share no rule."""

import numpy as np
import pytest
import sympy
from flint import arb
from operations_at_random import SYMBOLS, NoValue, drawn, in_symgrad, point, slopes

import symgrad as sg
from symgrad.base.errors import CellError
from symgrad.reading.text import to_text
from symgrad.reading.vectors.reader import parse_vector
from symgrad.recurrent.oracle.runs import evaluate, run_backward, run_forward, surroundings
from symgrad.symbols import SlopeAt, parameters_in, timed_in

LENGTHS = (1, 2, 3)
RELATIVE = 1e-8  # values up to 50 in some operations, of which no one is ill-conditioned by itself
pytestmark = pytest.mark.filterwarnings(
    "ignore::symgrad.base.errors.UnderflowWarning"
)  # softmax of one entry is constant
BACKENDS = {
    "compiled": {"backend": "compiled"},
    "mpmath": {"backend": "mpmath", "digits": 20},
    "balls": {"backend": "balls", "digits": 15},
    "scaled": {"scaled": True},
    "checkpoint": {"checkpoint": True},
}


def made(seed):
    """A cell and its gradients; nothing where SymPy cannot order the parts of Max or Piecewise, or no loss is left."""
    what = drawn(seed)
    try:
        return what, in_symgrad(what)
    except CellError as error:
        assert "depends on nothing" in str(error), what  # noqa: PT017
    except TypeError as error:
        assert "symgrad" not in str(error), what  # noqa: PT017
    return what, None


def doubles(array):
    numbers = array.to_mpmath() if isinstance(array, sg.Scaled) else array
    return np.array(np.vectorize(float, otypes=[float])(np.asarray(numbers, dtype=object)), dtype=float)


def compared(seed, run_of):
    """At how many lengths the gradients of a cell were compared."""
    what, grad = made(seed)
    seen = 0
    if grad is None:
        return seen
    run = run_of(what, grad)
    for length in LENGTHS if any(getattr(a, "time", None) == sg.TIME for a in grad.arguments) else (1,):
        arguments = point(what, grad, length, seed)
        try:
            loss, directions = slopes(what, grad, arguments, length, seed)
        except (NoValue, OverflowError):
            continue
        found = run(arguments, length)
        assert np.isclose(float(doubles(found.loss)), loss, RELATIVE, RELATIVE), (seed, length)
        for name, (direction, slope) in directions.items():
            gradient = doubles(found.gradients[name])
            assert gradient.shape == direction.shape, (seed, name)
            large = max(1, abs(slope), np.abs(gradient).max(initial=0))
            assert abs((gradient * direction).sum() - slope) <= RELATIVE * large, (seed, name, length)
        seen += 1
    return seen


def compiled(**options):
    def run_of(what, grad):
        run = grad.compile(sizes=what.sizes, **options)
        return lambda arguments, length: run(**arguments)

    return run_of


def in_balls(what, grad):
    def run(arguments, length):
        plain = {k: float(v) if v.ndim == 0 else v.astype(object) for k, v in arguments.items()}
        return evaluate(grad, plain, {**what.sizes, sg.symbols.LENGTH: length})

    return run


def test_gradients_of_programs_are_those_of_the_plain_recursion():
    assert sum(bool(compared(seed, compiled())) for seed in range(25)) > 12


def test_gradients_as_papers_write_them_are_those_of_the_plain_recursion():
    assert sum(bool(compared(seed, in_balls)) for seed in range(100, 112)) > 5


@pytest.mark.one_in(2)
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_has_them(backend):
    seeds = range(200, 204)
    ahead = [made(seed)[1] for seed in seeds]
    kept = [seed for seed, grad in zip(seeds, ahead) if backend != "checkpoint" or not (grad and grad.looks_ahead)]
    assert sum(bool(compared(seed, compiled(**BACKENDS[backend]))) for seed in kept) > 1


def names_of(formula):
    return {v.name: v for v in (*timed_in(formula), *parameters_in(formula), *sg.dims("n m"))}


def compared_texts(seed):
    """How many formulas of a derivation, written and read again, had the value that they have."""
    what, grad = made(seed)
    if grad is None or not any(getattr(a, "time", None) == sg.TIME for a in grad.arguments):
        return 0
    plain = {k: float(v) if v.ndim == 0 else v.astype(object) for k, v in point(what, grad, 2, seed).items()}
    around = surroundings(grad, plain, what.sizes)
    run_forward(grad, around)
    run_backward(grad, around)
    right = [e.right for e in (*grad.cell.steps, *grad.final) if not isinstance(e.right, sympy.ZeroMatrix)]
    for formula in right:
        read = parse_vector(to_text(formula), names_of(formula))
        pairs = zip(np.ravel(around.evaluate(formula, 2)), np.ravel(around.evaluate(read, 2)), strict=True)
        assert all((arb(a) - arb(b)).contains(0) for a, b in pairs), (seed, to_text(formula))
    return len(right)


def test_what_is_derived_is_read_as_it_is_written():
    assert sum(map(compared_texts, range(314, 326))) > 40


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1024))
@pytest.mark.parametrize("run_of", [compiled(), in_balls], ids=["programs", "papers"])
def test_more_cells(seed, run_of):
    for other in range(10 * seed, 10 * seed + 10):
        compared(other, run_of)


def operations(tree):
    if isinstance(tree, tuple):
        if tree and isinstance(tree[0], str):
            yield tree[0]
        for part in tree:
            yield from operations(part)


def test_every_operation_is_drawn():
    cells = list(map(drawn, range(200)))
    seen = {kind for what in cells for tree in (*what.equations.values(), what.loss) for kind in operations(tree)}
    assert set(SYMBOLS) - seen <= {"floor"}  # of which no program is made


# A condition on cases in a cell, and in a slope; a trace with an adjoint before step 1; elu with a negative parameter.
# Cases within cases, in a sum over steps.
FOUND = (3012, 409, 3278, 101, 10010, 10175)


@pytest.mark.parametrize("seed", FOUND)
def test_cells_that_had_no_value_or_a_wrong_slope(seed):
    assert compared(seed, in_balls)


def test_variables_that_print_alike_are_told_apart_in_slopes():
    """SymPy takes two places of a slope for one if they print alike; what came second had the first one's variables."""

    def run(kind):
        r, v = kind("r"), sg.State("v", 3)
        body = sg.elementwise(lambda y: sympy.tanh(y + r.prev) * r.prev, v.prev)
        gradients = sg.bptt(sg.Cell([(r, sympy.Integer(1)), (v, body)]), sg.half_squared_error(v))
        return gradients.compile()(target=np.ones((4, 3)), v0=np.ones(3))

    kinds = (sg.Intermediate, sg.State, sg.Intermediate)
    runs = [run(kind) for kind in kinds]
    assert all(np.isclose(run.loss, runs[0].loss) for run in runs)
    assert all(np.allclose(run.gradients["r0"], runs[0].gradients["r0"]) for run in runs)
    y = sympy.Symbol("y")
    places = [SlopeAt(sympy.Derivative(sympy.tanh(y), y), y, kind("r")) for kind in kinds]
    assert places[0] != places[1]
    assert places[0] == places[2]
