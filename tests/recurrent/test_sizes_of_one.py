"""Slices, rows, columns, single entries, 1 by 1 matrices: one meaning in every arithmetic, or one clear error."""

import warnings

import numpy as np
import pytest
import sympy
from cells_of_size_one import LOSSES, SIZES, STEPS, TERMS, cell_of, point_of

import symgrad as sg
from symgrad.balls import precision
from symgrad.recurrent.cells.operations import OPERATIONS
from symgrad.recurrent.gradients.vjp import RULES
from symgrad.symbols.operations import summed

# Each term at one of the sizes, in turn: all pairs would take minutes. All are compared with PyTorch among the oracles.
PAIRS = [(term, list(SIZES)[k % len(SIZES)], list(LOSSES)[k % len(LOSSES)]) for k, term in enumerate(TERMS)]
OPTIONS = {
    "numpy": {},
    "checkpoint": {"checkpoint": True},
    "mpmath": {"backend": "mpmath", "digits": 20},
    "balls": {"backend": "balls", "digits": 20},
    "scaled": {"scaled": True},
}
n, m = sg.dims("n m")


def as_doubles(array):
    return np.vectorize(float, otypes=[float])(array.to_mpmath() if isinstance(array, sg.Scaled) else array)


def assert_same(expected, found, what):
    assert expected.keys() == found.keys(), what
    for name, right in expected.items():
        value = as_doubles(found[name])
        assert value.shape == right.shape, (what, name)
        assert np.abs(value - right).max(initial=0) <= 1e-12, (what, name)


def oracle(grad, known, point):
    with precision(120):
        plain = {name: float(a) if a.ndim == 0 else a.astype(object) for name, a in point.items()}
        found = grad.evaluate(plain, known)
    return {"loss": np.float64(found.loss)} | {name: as_doubles(a) for name, a in found.gradients.items()}


def all_of(output):
    return {"loss": output.loss} | output.gradients


@pytest.mark.one_in(4)
@pytest.mark.parametrize(("term", "sizes", "loss"), PAIRS, ids=[f"{t}, {s}" for t, s, _ in PAIRS])
def test_every_arithmetic_the_printed_program_and_leading_axes_agree_with_the_oracle(term, sizes, loss):
    grad, known = cell_of(term, sizes, loss)
    point = point_of(grad, known)
    expected = oracle(grad, known, point)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sg.UnderflowWarning)
        for name, options in OPTIONS.items():
            assert_same(expected, all_of(grad.compile(known, **options)(**point)), name)
        several = {name: a if name == "v" else np.stack([a * 0.7, a]) for name, a in point.items()}
        for backend in ("numpy", "mpmath"):
            output = all_of(grad.compile(known, backend)(**several))
            assert_same(expected, {name: a[1] for name, a in output.items()}, f"leading axes of {backend}")
    made = {}
    exec(str(grad.compile(known).program), made)  # noqa: S102
    loss, gradients = made["run"](**{name: float(a) if a.ndim == 0 else a for name, a in point.items()})
    assert_same(expected, {"loss": loss} | gradients, "printed")


@pytest.mark.one_in(3)
@pytest.mark.parametrize("first", range(0, len(PAIRS), 12))
def test_machine_code_agrees_with_the_oracle(first):
    """Some terms at once, as code takes long to make."""
    pytest.importorskip("llvmlite")
    terms = list(TERMS)[first : first + 12]
    sizes = list(SIZES)[first // 12 % len(SIZES)]
    grad, known = cell_of(terms, sizes)
    point = point_of(grad, known)
    run = grad.compile(known, "compiled")
    expected = oracle(grad, known, point)
    assert_same(expected, all_of(run(**point)), "one point")
    output = all_of(run(**{name: np.stack([a * 0.7, a]) for name, a in point.items()}))
    assert_same(expected, {name: a[1] for name, a in output.items()}, "leading axes")


h, x, v = sg.State("h", n), sg.Input("x", m), sg.Parameter("v", n)
W, w, s, q = sg.Parameter("W", n, n), sg.Parameter("w"), sg.State("s"), sg.State("q", 1)
u2 = sg.State("u2", 2)

# Each of these is refused when it is written, or when the cell is made; and what the message says.
REFUSED = {
    "a scalar before @": (lambda: w @ h.prev, "w is a scalar, multiplied with"),
    "a scalar after @": (lambda: h.prev @ s.prev, r"s\[t-1\] is a scalar"),
    "a vector plus one entry": (lambda: h.prev + sg.dot(v, h.prev), r"shapes \(n, 1\) and \(1, 1\)"),
    "one entry plus a vector": (lambda: sg.dot(v, h.prev) + h.prev, r"shapes \(1, 1\) and \(n, 1\)"),
    "a vector times a vector": (lambda: h.prev * v, r"shapes \(n, 1\) and \(n, 1\)"),
    "a vector times a vector, in numbers": (lambda: u2.prev * u2.prev * u2.prev.T, "hadamard"),
    "a root of a matrix": (lambda: sympy.sqrt(W) @ h.prev, "powers of matrices are whole"),
    "an inverse": (lambda: W.I @ h.prev, "powers of matrices are whole"),
    "a step in a slice": (lambda: v @ sg.ones(2).T @ h.prev[0:4:2, :], "entries that lie side by side"),
    "an empty slice": (lambda: h.prev[0:0, :], r"h\[t-1\] has no part \[0:0, :\]"),
    "a slice beyond the end": (lambda: u2.prev[2:3, :], r"u2\[t-1\] has no part \[2:3, :\]"),
    "an entry beyond the end": (lambda: u2.prev[2, 0], r"u2\[t-1\] has no part \[2, 0\]"),
    "an entry of a product": (lambda: (W @ h.prev)[0, 0] * v, r"take a slice of the product"),
    "a trace of a vector": (lambda: sympy.Trace(h.prev) * v, "a trace is that of a square matrix"),
    "a diagonal of a matrix": (lambda: sympy.DiagMatrix(W) @ h.prev, "diag takes a vector"),
    "a determinant": (lambda: sympy.Determinant(W) * v, "no rule to differentiate Determinant"),
    "a Kronecker product": (lambda: sympy.KroneckerProduct(v, q.prev), "no rule to differentiate KroneckerProduct"),
    "a norm": (lambda: h.prev / sg.norm(h.prev), "no rule to differentiate SpectralNorm"),
    "a dot of scalars": (lambda: sg.dot(s.prev, w) * v, "dot takes vectors; s"),
    "an outer product of scalars": (lambda: sg.outer(s.prev, h.prev).T, "outer takes vectors; s"),
    "a summed of a scalar": (lambda: summed(s.prev) * v, "summed takes a vector"),
    "a summed of a matrix": (lambda: v @ summed(W), "summed takes a vector"),
    "a softmax of a row": (lambda: sg.softmax(h.prev.T).T, "softmax takes vectors"),
    "a row for a column": (lambda: h.prev.T, r"shapes \(n, 1\) and \(1, n\)"),
    "an array of NumPy": (lambda: np.ones((2, 2)) @ h.prev, "an array of NumPy of shape"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_meaning_is_refused_by_name_when_the_cell_is_made(name):
    write, message = REFUSED[name]
    with pytest.raises(sg.CellError, match=message):
        sg.Cell({h: sg.tanh(v + write())})


def test_a_slice_that_is_no_part_at_the_sizes_given_is_refused_in_every_arithmetic():
    grad = sg.bptt(sg.Cell({h: v @ h.prev[2:3, :]}), h.T @ h)
    point = {"v": np.ones(2), "h0": np.ones(2)}
    for options in OPTIONS.values():
        with pytest.raises(sg.ShapeError, match=r"h\[2:3\] is no part of h: shapes \(3\) and \(2\)"):
            grad.compile({sg.LENGTH: STEPS}, **options)(**point)
    with pytest.raises(sg.CellError, match=r"no part of a matrix of shape \(2, 1\)"):
        grad.evaluate({name: a.astype(object) for name, a in point.items()}, {sg.LENGTH: STEPS})


def test_every_operation_that_a_cell_may_hold_has_a_rule():
    assert set(OPERATIONS) == set(RULES)


def test_states_that_do_not_reach_the_loss_have_gradients_of_zero():
    """Their initial states asked for adjoints that no line computes."""
    cell = sg.Cell({s: sg.tanh(w * s.prev), q: sg.tanh(q.prev)})
    out = sg.bptt(cell, s).compile({sg.LENGTH: 2})(w=0.5, s0=1.0, q0=[1.0])
    assert out.gradients["q0"].tolist() == [0.0]
    assert out.gradients["s0"] != 0


def test_a_cell_of_scalars_and_vectors_has_a_document_and_no_jacobians():
    """Its document ended in a raw error where one state did not depend on the other."""
    grad, _ = cell_of("matrix times vector", "n = 2, m = 1 in symbols")
    with pytest.raises(sg.CellError, match="some are scalars and some are vectors"):
        grad.jacobians  # noqa: B018
    assert grad.derivation()
