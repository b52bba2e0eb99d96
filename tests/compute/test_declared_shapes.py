"""The shape that is declared says what an array means: a matrix of one column is no vector, in any backend."""

import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.symbols import declared_shape

STEPS = 3
SHAPES = [(1,), (2,), (1, 1), (2, 1), (1, 2)]
BACKENDS = {
    "numpy": {},
    "scaled": {"scaled": True},
    "mpmath": {"backend": "mpmath"},
    "balls": {"backend": "balls"},
    "compiled": {"backend": "compiled"},
}


def gradients_of(shape):
    """Of a cell whose parameter, input and state all have this shape."""
    s, x, w = sg.State("s", *shape), sg.Input("x", *shape), sg.Parameter("w", *shape)
    cell = sg.Cell({s: sg.tanh(sg.hadamard(w, s.prev) + x)})
    return sg.bptt(cell, sympy.Trace(s.T @ s) / 2, at="every")


def point_of(shape, *lead):
    generator = np.random.default_rng(0)
    shapes = {"w": shape, "x": (STEPS, *shape), "s0": shape}
    return {name: generator.uniform(-1, 1, (*lead, *axes)) for name, axes in shapes.items()}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_have_the_shapes_that_were_declared_and_more_axes_are_a_batch(shape, backend):
    if backend == "compiled":
        pytest.importorskip("llvmlite")
    run = gradients_of(shape).compile(**BACKENDS[backend])
    point, batch = point_of(shape), point_of(shape, 4)
    out = run(**point)
    assert {name: np.shape(array) for name, array in point.items()} == {
        name: np.shape(array.to_mpmath() if isinstance(array, sg.Scaled) else array)
        for name, array in out.gradients.items()
    }
    assert np.shape(out.loss) == ()
    assert np.shape(run(**batch).loss) == (4,)
    with pytest.raises(sg.ShapeError, match="w must be"):
        run(**{**point, "w": point["w"][0]})


@pytest.mark.parametrize("shape", SHAPES)
def test_what_checks_gradients_takes_arrays_of_the_declared_shapes(shape):
    """`crosscheck` ended in an IndexError for matrices of one entry."""
    grad, point = gradients_of(shape), point_of(shape)
    run = grad.compile()
    assert sg.crosscheck(run, point).verdict.outcome is sg.Outcome.SUPPORTED
    assert (
        sg.check_gradient(lambda **given: run(**given).gradients, grad, **point).verdict.outcome is sg.Outcome.SUPPORTED
    )
    wrong = sg.check_gradient(lambda **given: {k: 2 * v for k, v in run(**given).gradients.items()}, grad, **point)
    assert wrong.verdict.outcome is sg.Outcome.REFUTED
    made = {}
    exec(str(run.program), made)  # noqa: S102
    _, found = made["run"](**point)
    for name, array in run(**point).gradients.items():
        assert np.shape(found[name]) == np.shape(array)
        assert np.allclose(found[name], array)


def test_a_vector_of_one_entry_and_a_matrix_of_one_entry_are_two_things():
    vector, matrix = sg.Parameter("W", 1), sg.Parameter("W", 1, 1)
    assert vector != matrix
    assert (declared_shape(vector), declared_shape(matrix)) == ((1,), (1, 1))
    assert sg.State("h", 1, 1).prev.at(0) == sg.State("h", 1, 1).at(0)
    h, b = sg.State("h", 1), sg.State("b", 1)
    with pytest.raises(sg.CellError, match=r"W stands for parameter \(1, 1\) and for parameter \(1\)"):
        sg.Cell({h: sg.tanh(matrix @ h.prev), b: vector})


def test_a_cell_of_the_zoo_takes_the_arrays_of_its_shapes_where_sizes_are_one():
    """An input weight of shape (2, 1) was refused, and one of (1, 1) taken for a batch."""
    for rows in (1, 2):
        run = sg.bptt(sg.CELLS["tanh"].cell(rows, 1), sg.half_squared_error(sg.State("h", rows))).compile()
        point = {"W": np.eye(rows), "U": np.ones((rows, 1)), "b": np.ones(rows), "x": np.ones((STEPS, 1))}
        out = run(**point, target=np.zeros((STEPS, rows)))
        assert all(np.shape(out.gradients[name]) == array.shape for name, array in point.items())
