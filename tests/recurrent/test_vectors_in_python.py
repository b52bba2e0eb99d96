"""What Python writes of vectors that SymPy has no meaning for is refused in one line that says what to write."""

import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.claims.derivation_files import load_derivation

n, m = sg.dims("n m")
h, s, x, u, A = sg.State("h", n), sg.State("s"), sg.real("x"), sg.Input("u", m), sg.Parameter("A", n, n)
k = sg.integer("k")

REFUSED = {
    "the absolute value": (lambda: abs(h), r"could mean a norm; of each entry it is symgrad.abs\(h\[t\]\)"),
    "a comparison as a truth value": (lambda: bool(s > h), "a condition on each entry, and no truth value"),
    "the larger by Python": (lambda: max(h, 0), "a condition on each entry, and no truth value"),
    "a comparison of other lengths": (lambda: h < u, r"h\[t\] < u\[t\]: shapes \(n, 1\) and \(m, 1\)"),
    "cases without a condition": (lambda: sg.where(h, 1, 0), "where takes a comparison first"),
    "cases of other lengths": (lambda: sg.where(h > 0, u, 0), r"shapes \(n, 1\) and \(m, 1\)"),
    "the larger of other lengths": (lambda: sg.Max(h, u), r"Max\(h\[t\], u\[t\]\): shapes"),
    "a power with a vector above": (lambda: 2**h, "an exponent is a scalar"),
    "a quotient by a matrix": (lambda: 1 / A, "divides by a matrix"),
    "the mean of a scalar": (lambda: sg.mean(s), "mean takes a vector or a matrix"),
    "an entry of a softmax": (lambda: sg.softmax(h)[0, 0], r"write sympy.Trace\(softmax\(h\[t\]\)\[0:1, 0:1\]\)"),
    "an entry of logsumexp": (lambda: sg.logsumexp(h)[0, 0], "the number in a slice"),
    "an entry of a sum over time": (lambda: sg.TimeSum(h.at(k), (k, 1, 3))[1, 0], r"\[1:2, 0:1\]"),
    "an entry of a product with a softmax": (lambda: (A @ sg.softmax(h))[0, 0], r"\(W @ v\)\[0:1, :\]"),
    "the inner product of other lengths": (lambda: sg.dot(h, u), r"dot\(h\[t\], u\[t\]\): shapes \(n, 1\) and"),
    "the inner product of matrices": (lambda: sg.dot(A, A), "dot takes vectors; A is a matrix"),
    "the outer product of matrices": (lambda: sg.outer(A, A), "outer takes vectors; A is a matrix"),
    "the outer product with a row": (lambda: sg.outer(h, h.T), "outer takes vectors; .* is a matrix"),
    "nothing one below the other": (lambda: sg.concatenate(), "at least one vector"),
    "a number below a vector": (lambda: sg.concatenate(h, 2), r"of one width: shapes \(n, 1\) and \(\)"),
    "ones of no size": (lambda: sg.ones(), r"one or two sizes, as in ones\(n\)"),
    "ones of three sizes": (lambda: sg.ones(n, n, n), "one or two sizes"),
    "ones of half a size": (lambda: sg.ones(1.5), "one or two sizes"),
    "too many parameters": (lambda: sg.elementwise(sympy.tanh, h, 2), "tanh takes exactly 1 argument"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_one_line(name):
    write, message = REFUSED[name]
    with pytest.raises(sg.CellError, match=message) as told:
        write()
    assert "\n" not in str(told.value)


def test_the_number_in_the_slice_that_is_named_is_the_entry():
    first = sg.Cell({h: sg.tanh(A @ h.prev)}), sympy.Trace(sg.softmax(h)[0:1, 0:1])
    loss = sg.bptt(*first).compile()(A=[[1, 2], [3, 4]], h0=[0.1, 0.2]).loss
    state = np.tanh([0.5, 1.1])
    assert float(loss) == pytest.approx(np.exp(state[0]) / np.exp(state).sum(), rel=1e-12)


@pytest.mark.parametrize("matrix", [sympy.Matrix([3, 4]), sympy.ImmutableMatrix([3, 4])])
def test_a_matrix_of_sympy_is_a_matrix_everywhere(matrix):
    assert sg.norm(matrix) == sg.norm(sympy.ImmutableMatrix([3, 4]))
    assert sg.verify(sg.claim(sg.norm(matrix), "<", 5)).holds is False
    assert sg.dot(matrix, matrix).doit() == sympy.ImmutableMatrix([[25]])
    assert sg.spectral_radius(matrix @ matrix.T) == sg.spectral_radius(sympy.ImmutableMatrix([[9, 12], [12, 16]]))
    assert sg.softmax(matrix).shape == (2, 1)


def test_scalars_are_compared():
    assert (s > x) == sympy.StrictGreaterThan(s, x)
    assert (s <= 1) == sympy.LessThan(s, 1)


def test_the_form_that_is_named_works():
    cell = sg.Cell({h: sg.elementwise(sympy.Abs, h.prev) + sg.ones(n) - sg.hadamard(h.prev, h.prev)})
    assert cell.states == (h,)


def test_a_number_beside_whatever_sympy_returns_is_told_in_a_derivation_with_what_to_write(tmp_path):
    path = tmp_path / "product.py"
    path.write_text(
        "import symgrad as sg, sympy\na = sympy.MatrixSymbol('a', 2, 1)\nderivation = 1 - sympy.HadamardProduct(a, a)\n"
    )
    with pytest.raises(sg.SymgradError, match=r"product.py:3.*as in ones\(n\) - hadamard\(v, v\)"):
        load_derivation(path)
