"""Vector formulas from text: what is read, what is refused, and that all that is written reads back."""

import contextlib

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import OneMatrix, Symbol
from watch import soon

import symgrad as sg
from symgrad.reading.vectors.reader import parse_equation, parse_vector
from symgrad.recurrent.forms.index_notation import Definitions, Reader
from symgrad.recurrent.text.from_text import read_equation
from symgrad.symbols import Elementwise, OrderedProduct, TimeSum, shape_of, slope
from symgrad.symbols.conditions import ENTRY
from symgrad.symbols.writing import to_text

n, m = sg.dims("n m")
h, z, x = sg.State("h", n), sg.Intermediate("z", n), sg.Input("x", m)
q, J = sg.State("q", 2 * n), sg.State("J", n, n)
W, U, b = sg.Parameter("W", n, n), sg.Parameter("U", n, m), sg.Parameter("b", n)
s, gate, alpha = sg.State("s"), sg.Intermediate("i", n), sg.Parameter("alpha")
NAMES = {v.name: v for v in (h, z, x, q, J, W, U, b, s, gate, alpha)}
t, T = Symbol("t", integer=True), Symbol("T", integer=True, positive=True)
i, k = Symbol("i", integer=True), Symbol("k", integer=True)


def of_entries(function, argument):
    return Elementwise(sympy.Lambda((ENTRY,), function(ENTRY)), argument)


READ = {
    "h": h,
    "h[t-1]": h.prev,
    "h[2*t - k + 3]": h.at(2 * t - k + 3),
    "h[T]": h.at(T),
    "h[0]": h.at(0),
    "i[i]": gate.at(i),
    "W.T @ h[t+1] + (z[t] - b)": W.T @ h.next + (z - b),
    "W @ h[t-1] + U @ x + b": W @ h.prev + U @ x + b,
    "hadamard(h[t], 1 - z[t]**2)": sg.hadamard(h, sg.ones(n) - sympy.HadamardPower(z, 2)),
    "outer(h, x)": h @ x.T,
    "dot(h, z)": h.T @ z,
    "diag(h) @ W": sympy.MatMul(sympy.DiagMatrix(h), W),
    "sum(outer(h[t], h[t-1]), (t, 1, T))": TimeSum(h @ h.prev.T, (t, 1, T)),
    "sum(s[i]**2, (i, 1, t))": sympy.Sum(s.at(i) ** 2, (i, 1, t)),
    "sum(s[i]*s[k], (i, 1, k), (k, 1, t))": sympy.Sum(s.at(i) * s.at(k), (i, 1, k), (k, 1, t)),
    "product(J[i], (i, k+1, t))": OrderedProduct(J.at(i), (i, k + 1, t)),
    "product(s[i], (i, k+1, t))": sympy.Product(s.at(i), (i, k + 1, t)),
    "tanh(z[t])": sg.tanh(z),
    "sigmoid(W @ h[t-1] + b)": sg.sigmoid(W @ h.prev + b),
    "celu(z, alpha)": sg.celu(z, alpha),
    "slope(swish, z)": of_entries(lambda y: sympy.Derivative(sg.swish(y), y), z),
    "slope(tanh, z)": of_entries(lambda y: 1 - sympy.tanh(y) ** 2, z),
    "slope(tanh, s)": 1 - sympy.tanh(s) ** 2,
    "elementwise(y, y**2 + alpha, z)": of_entries(lambda y: y**2 + alpha, z),
    "softmax(z[t])": sg.softmax(z),
    "logsumexp(z[t])": sg.logsumexp(z),
    "concatenate(h[t-1], x)": sg.concatenate(h.prev, x),
    "q[t][0:n]": q[0:n, :],
    "q[n:2*n]": q[n : 2 * n, :],
    "W[0:1, :]": W[0:1, :],
    "ones(n)": sg.ones(n),
    "sqrt(z)": sympy.HadamardPower(z, sympy.Rational(1, 2)),
    "W.T[0:n, :].T": W.T[0:n, :].T,
    "ones(1, n) @ h": sympy.MatMul(OneMatrix(1, n), h),
    "1 - z": 1 - z,
    "z - 1/2 + alpha": z + (alpha - sympy.Rational(1, 2)) * sg.ones(n),
    "-z/T": -(1 / T) * z,
    "0.1*W": W / 10,
    "s*h*alpha": s * alpha * h,
    "s[t-1].T": s.prev,
    "gamma(2)*h": h,
    "pi*n*h": sympy.pi * n * h,
    "-h**2": -sympy.HadamardPower(h, 2),
    "s*trace(W @ J.T)": s * sympy.Trace(W @ J.T),
    "W @ W @ h": W @ (W @ h),
}


@pytest.mark.parametrize("text", READ)
def test_what_is_read(text):
    assert_same(parse_vector(text, NAMES), READ[text])


def assert_same(found, wanted):
    assert shape_of(found) == shape_of(wanted)
    if not shape_of(wanted):
        assert found == wanted or sympy.expand(found - wanted) == 0
    else:
        assert found == wanted or Reader(Definitions({}, ())).equal(found, wanted)


def test_the_comparison_of_this_file_can_fail():
    for wrong in (W @ h, W.T @ h.prev, 2 * (W.T @ h)):
        with pytest.raises(AssertionError):
            assert_same(parse_vector("W.T @ h[t]", NAMES), wrong)


def test_a_bound_index_is_no_variable_of_the_same_name():
    assert parse_vector("sum(alpha**i * i[i], (i, 1, t))", NAMES) == TimeSum(alpha**i * gate.at(i), (i, 1, t))


@pytest.mark.parametrize("sign", ["=", "=="])
def test_equations_have_two_sides(sign):
    assert parse_equation(f"z[t] {sign} W @ h[t-1]", NAMES) == (z, W @ h.prev)


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("h[t]", 5, "an equation is wanted"),
        ("h = h = h", 7, "one equation at a time"),
        ("h = u", 5, "u is none of h, z"),
        ("h =", 4, "a formula is missing"),
        ("h <= z", 7, "an equation is wanted"),
    ],
)
def test_what_is_no_equation(text, column, reason):
    refused(lambda: parse_equation(text, NAMES), column, reason)


ERRORS = [
    ("W @ hh", 5, "hh is none of h, z, x, q, J, W, U, b, s, i, alpha; did you mean h?"),
    ("W @ beta", 5, "beta is none of h, z"),
    ("h + x", 5, "+ of h and x: shapes (n, 1) and (m, 1) do not fit"),
    ("W @ x", 5, "@ of W and x: shapes (n, n) and (m, 1) do not fit"),
    ("hadamard(h, x)", 13, "hadamard of h and x: shapes (n, 1) and (m, 1) do not fit"),
    ("dot(h, x)", 8, "dot of h and x: shapes (n, 1) and (m, 1) do not fit"),
    ("concatenate(h, W)", 16, "concatenate of h and W: shapes (n, 1) and (n, n) do not fit"),
    ("blocks([[W, h], [W, W]])", 21, "blocks of h and W: shapes (n, 1) and (n, n) do not fit"),
    ("h*z", 3, "write hadamard(u, v) for the product by entries, u @ v for that of matrices"),
    ("W*h", 3, "write hadamard(u, v)"),
    ("h/W", 3, "nothing is divided by a matrix"),
    ("h/x", 3, "/ of h and x: shapes (n, 1) and (m, 1) do not fit"),
    ("where(h > 0, x, 1)", 7, "where of x and h: shapes (m, 1) and (n, 1) do not fit"),
    ("h ⊙ W @ h", 9, "needs brackets"),
    ("(W) ⊙ W @ h", 11, "needs brackets"),
    ("W^T @ h", 2, "two meanings"),
    ("s @ s", 1, "@ stands between matrices, and s is a scalar; write *, or say its shape"),
    ("h*exp(s @ s)", 7, "@ stands between matrices, and s is a scalar"),
    ("s @ h", 5, "@ stands between matrices, and s is a scalar; write *"),
    ("h**z", 4, "a scalar is wanted here; z has shape (n, 1)"),
    ("sin(s) + exp(2*sqrt(z + 1))*h", 29, "* of exp(2*sqrt(z + 1)) and h"),
    ("(W\n  + W) @ (x +\n x)", 14, "@ of W + W and x + x: shapes (n, n) and (m, 1) do not fit"),
    ("trace(h)", 1, "write trace(A) with a square matrix"),
    ("root(z, 5)", 1, "root of a vector is not read; write elementwise(y, root(…), a)"),
    ("h[t+x]", 5, "x is no step or size; these are sums of whole numbers and of t, T, i, j, k, n, m"),
    ("h[t-0.5]", 5, "0.5 is no step"),
    ("h[t*t]", 3, "t*t is no step"),
    ("h[t/2]", 3, "t/2 is no step"),
    ("W[t]", 1, "W does not change with time"),
    ("h[0:n+1]", 3, "a slice from 0 to n + 1 is not within 0 to n"),
    ("W[0:n]", 1, "is written as in W[0:n, :]"),
    ("h[0:n:2]", 1, "a slice of shape (n, 1) is written as in a[t][0:n]"),
    ("h.shape", 2, "the only attribute is .T, the transpose; got .shape"),
    ("hadmard(h, z)", 1, "hadmard is not a known function; did you mean hadamard?"),
    ("f(h)", 1, "f is not a known function"),
    ("tanh", 1, "tanh is a function; write tanh(…)"),
    ("tanh(h, z)", 1, "tanh takes 1 argument; got 2"),
    ("celu(h, x)", 9, "celu of h and x: shapes (n, 1) and (m, 1) do not fit"),
    ("softmax(W)", 9, "softmax takes vectors; W has shape (n, n)"),
    ("diag(s)", 6, "diag takes vectors; s has shape ()"),
    ("outer(h)", 1, "outer takes 2 vectors; got 1"),
    ("hadamard(h)", 1, "write hadamard(u, v)"),
    ("concatenate()", 1, "write concatenate(u, v)"),
    ("concatenate(s, h)", 13, "a vector or matrix is wanted here; s is a scalar"),
    ("blocks([h])", 1, "write blocks([[A, B], [C, D]])"),
    ("product(h, (i, 1, t))", 1, "the factors of product must be square; got shape (n, 1)"),
    ("sum(h)", 1, "write sum(f, (k, 1, t))"),
    ("sum(h, (i, 1))", 8, "write sum(f, (k, 1, t))"),
    ("sum(h, (i, 1, s))", 15, "s is no step"),
    ("slope(h, h)", 7, "h is not a known function"),
    ("slope(tanh)", 1, "write slope("),
    ("elementwise(tanh(h), h, h)", 1, "write elementwise("),
    ("ones(0)", 1, "with positive sizes"),
    ("h[t] == z", 1, "this is an equation"),
    ("h = z", 3, "equality is written =="),
    ("h[t", 2, "this bracket is never closed"),
    ("h[t)", 4, "'[' is closed by ']'; got ')'"),
    ("h]", 2, "this bracket was never opened"),
    ("h[]", 3, "something must stand between"),
    ("h z", 3, "an operator is missing before 'z'"),
    ("h:z", 2, "a colon stands only"),
    ("[h, z]", 1, "this is not part of a formula"),
    ("h/0", 3, "this is undefined"),
    ("", 1, "a formula is missing"),
]


def refused(read, column, reason):
    with pytest.raises(sg.ParseError) as caught:
        read()
    assert (caught.value.column, reason in str(caught.value), "\n" in str(caught.value)) == (column, True, False), (
        caught.value
    )


@pytest.mark.parametrize(("text", "column", "reason"), ERRORS, ids=[e[0] for e in ERRORS])
def test_errors_say_what_and_where(text, column, reason):
    refused(lambda: parse_vector(text, NAMES), column, reason)


HOSTILE = [
    "h.__class__", "h.T.__init__", "__import__('os')", "(lambda: h)()", "[h for h in z]", "{h: z}", "h if h else z",
    "f'{h}'", "'h'", "h := z", "h.T()", "h[t](z)", "h[h[t]]", "h['T']", "hadamard(*[h, z])", "hadamard(h, b=z)",
    "2**9**9**9*h", "h**10**12", "h[9**9**9]", "ones(n)**(9**9**9)", "factorial(10**9)*h", "0x10*h", "h; z", "h, z",
    "await h", "h\\z", "not h", "h @= z", "...", "h[...]", "print(h)", "eval(h)", "W.T.T.real", "h._args", "\0",
    "(" * 60 + "h" + ")" * 60, "h" + "[0:n]" * 60, "-" * 200 + "h", "h" + " + h" * 3000, "tanh(" * 60 + "h" + ")" * 60,
    "h[" * 60 + "t" + "]" * 60, "9" * 2000 + "*h", "h" * 20_000, "sum(" * 60 + "h" + ", (i, 1, t))" * 60,
    "h" + ".T" * 2500, "h" + ".T" * 200, "h[t" + "+1" * 1200 + "]",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20].replace("\0", "0"))
def test_hostile_texts_are_refused_at_once(text):
    with soon(), pytest.raises(sg.ParseError) as caught:
        parse_vector(text, NAMES)
    assert len(str(caught.value)) < 400


LONG = {
    "h" + " + h" * 1000: 1001 * h,
    "h" + " - z" * 3 + " + h" * 500: 501 * h - 3 * z,
    "2" + "*s" * 1000 + "*h": 2 * s**1000 * h,
    "W" + " @ W" * 1000: sympy.MatPow(W, 1001),
}


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:10])
def test_long_texts_are_read(text):
    assert parse_vector(text, NAMES) == LONG[text]


@given(st.text("ht[]().,:+-*/@=T1W '\"_isum", max_size=25))
@settings(max_examples=400)
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(sg.ParseError):
        parse_vector(text, NAMES)


# --- what is written reads back -----------------------------------------------------------------------------------

SCALARS = st.sampled_from(
    [alpha, s, s.prev, sympy.Integer(2), sympy.Rational(-1, 3), 1 / T, alpha * s - 1, alpha ** (t - k), sympy.tanh(s)]
)
VECTORS = st.sampled_from([h, h.prev, h.at(T), h.at(0), z.next, b, gate, q[0:n, :], q.prev[n : 2 * n, :], sg.ones(n)])
SQUARES = st.sampled_from([W, W.T, J, J.prev, sympy.Identity(n), OneMatrix(n, n)])


def grown_vector(vectors, squares):
    pairs = st.tuples(vectors, vectors)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1] if hasattr(p[0], "latex_name") else sympy.MatAdd(*p).doit(deep=False)),
        pairs.map(lambda p: sg.hadamard(*p)),
        st.tuples(squares, vectors).map(lambda p: sympy.MatMul(*p).doit(deep=False)),
        st.tuples(SCALARS, vectors).map(lambda p: sympy.MatMul(*p).doit(deep=False)),
        st.tuples(SCALARS, vectors).map(lambda p: sympy.MatAdd(p[0] * sg.ones(n), p[1]).doit(deep=False)),
        vectors.map(lambda v: sympy.HadamardPower(v, 2)),
        vectors.map(sg.sigmoid),
        vectors.map(lambda v: sg.celu(v, alpha)),
        vectors.map(lambda v: of_entries(lambda y: sympy.Derivative(sg.swish(y), y), v)),
        vectors.map(lambda v: Elementwise(slope(sympy.Lambda((ENTRY,), sympy.tanh(ENTRY))), v)),
        vectors.map(sg.softmax),
        vectors.map(lambda v: TimeSum(v, (t, 1, T))),
        vectors.map(lambda v: sg.concatenate(v, x)[0:n, :]),
    )


def grown_square(vectors, squares):
    pairs = st.tuples(squares, squares)
    return st.one_of(
        pairs.map(lambda p: sympy.MatMul(*p).doit(deep=False)),
        pairs.map(lambda p: sympy.MatAdd(*p).doit(deep=False)),
        vectors.map(sympy.DiagMatrix),
        st.tuples(vectors, vectors).map(lambda p: sympy.MatMul(p[0], p[1].T).doit(deep=False)),
        squares.map(lambda m: OrderedProduct(m.subs(t, i), (i, k + 1, t))),
        squares.map(sympy.Transpose),
    )


FLAT_VECTORS = grown_vector(VECTORS, SQUARES)
FLAT_SQUARES = grown_square(VECTORS, SQUARES)
FORMULAS = st.one_of(
    FLAT_VECTORS, FLAT_SQUARES, grown_vector(FLAT_VECTORS, FLAT_SQUARES), grown_square(FLAT_VECTORS, FLAT_SQUARES)
)


@given(FORMULAS)
@settings(max_examples=150)
def test_what_is_written_reads_back(formula):
    text = to_text(formula)
    back = parse_vector(text, NAMES)
    if isinstance(formula, sympy.ZeroMatrix):
        assert back == 0
        return
    assert shape_of(back) == tuple(map(sympy.expand, shape_of(formula)))
    assert to_text(back) == text or to_text(parse_vector(to_text(back), NAMES)) == to_text(back)
    assert back == formula or Reader(Definitions({}, ())).equal(back, formula), text


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (sympy.Transpose(sympy.MatPow(NAMES["W"], 2)), "(W**2).T"),
        (sympy.MatPow(NAMES["W"].T, 2), "W.T**2"),
        (sympy.Transpose(sympy.HadamardPower(NAMES["h"], 2)), "(h[t]**2).T"),
        (sympy.HadamardPower(sympy.HadamardPower(NAMES["h"], 3), sympy.Rational(1, 2)), "(h[t]**3)**(1/2)"),
        (sympy.MatMul(sympy.MatPow(NAMES["W"], 2), NAMES["h"]), "W**2 @ h[t]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_powers_stand_in_brackets_where_something_follows_that_binds_more(formula, text):
    assert to_text(formula) == text
    assert parse_vector(text, NAMES).doit() == formula.doit()


VECTOR = {"h": n, "x": m, "W": (n, n), "U": (n, m), "b": n}
GATES = {name: shape for g in "ifog" for name, shape in {g: n, f"W_{g}": (n, n + m), f"b_{g}": n}.items()} | {
    "c": n,
    "h": n,
    "x": m,
}
LSTM = """
i[t] = sigmoid(W_i @ concatenate(h[t-1], x[t]) + b_i)
f[t] = sigmoid(W_f @ concatenate(h[t-1], x[t]) + b_f)
o[t] = sigmoid(W_o @ concatenate(h[t-1], x[t]) + b_o)
g[t] = tanh(W_g @ concatenate(h[t-1], x[t]) + b_g)
c[t] = hadamard(f[t], c[t-1]) + hadamard(i[t], g[t])
h[t] = hadamard(o[t], tanh(c[t]))
"""
SLICES = """
a[t] = W @ h[t-1] + b
z[t] = sigmoid(a[t][0:n])
h[t] = hadamard(z[t], h[t-1]) + hadamard(1 - z[t], tanh(a[t][n:2*n]))
"""
CELLS = {
    "vector": ("h[t] = tanh(W @ h[t-1] + U @ x[t] + b)", VECTOR),
    "swish": ("h[t] = swish(W @ h[t-1] + U @ x[t] + b)", VECTOR),
    "celu": ("h[t] = celu(W @ h[t-1] + U @ x[t] + b)", VECTOR),
    "scalar": ("h[t] = tanh(w*h[t-1] + u*x[t] + b)", {}),
    "leaky": ("h[t] = (1 - alpha)*h[t-1] + alpha*softmax(W @ h[t-1])", {"h": n, "W": (n, n)}),
    "slices": (SLICES, {"a": 2 * n, "W": (2 * n, n), "b": 2 * n, "z": n, "h": n}),
    "lstm": (LSTM, GATES),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_written_as_it_is_read(name):
    text, shapes = CELLS[name]
    cell = sg.read_cell(text, shapes, name=name)
    assert cell.name == name
    assert sg.read_cell(str(cell), shapes).equations == cell.equations


@pytest.mark.parametrize("at", ["last", "mean"])
@pytest.mark.parametrize("name", CELLS)
def test_backward_equations_and_gradients_read_back(name, at):
    cell = sg.read_cell(*CELLS[name])
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[-1]), at=at)
    adjoints = (*grad.adjoints.values(), grad.loss_adjoint)
    known = {v.name: v for v in (*cell.defined, *grad.cell.defined, *adjoints, *grad.arguments)}
    gradients = [grad.equation_of(a) for a in grad.arguments]
    lefts = {str(e.left): e.left for e in gradients}
    for equation in (*grad.backward, *grad.final, *gradients):
        left, right = read_equation(str(equation), known, lefts, {})
        assert left == equation.left
        assert right == equation.right or Reader(Definitions({}, ())).equal(right, equation.right), str(equation)


def test_roles_are_found_from_use():
    cell = sg.read_cell(LSTM.strip().splitlines(), GATES)
    assert [v.name for v in cell.states] == ["c", "h"]
    assert [v.name for v in cell.inputs] == ["x"]
    assert {p.name for p in cell.parameters} == {f"{kind}_{g}" for kind in "Wb" for g in "ifog"}
    assert [e.left.name for e in cell.equations] == ["i", "f", "o", "g", "c", "h"]


@pytest.mark.parametrize(
    ("text", "shapes", "error", "reason"),
    [
        ("", {}, sg.CellError, "a cell needs at least one equation"),
        ("h[t] tanh(h[t-1])", {}, sg.ParseError, "an equation is wanted"),
        ("h[t-1] = x[t]", {}, sg.ParseError, "a name with its step, as in h[t]"),
        ("2*h[t] = x[t]", {}, sg.ParseError, "a name with its step, as in h[t]"),
        ("h[t] = W @ h[t-1]", {"h": n}, sg.ParseError, "@ stands between matrices, and W is a scalar"),
        ("h[t] = W @ h[t-1]", {"h": n, "W": (n, m)}, sg.ParseError, "shapes (n, m) and (n, 1) do not fit"),
        ("h[t] = W @ x[t]", {"h": m, "W": (n, m), "x": m}, sg.ShapeError, "shapes (m, 1) and (n, 1) do not fit"),
        ("h[t] = w*h[t-1]", {"hh": n}, sg.CellError, "hh is none of h, w; did you mean h?"),
        ("h[t] = w*h[t-1]\nh[t] = 2*h[t-1]", {}, sg.CellError, "two equations define h"),
        ("h[t] = w*h[t-1] + h[t]", {}, sg.CellError, "is used before it is defined"),
        ("h[t] = W.real @ h[t-1]", {}, sg.ParseError, "the only attribute is .T"),
    ],
)
def test_what_is_no_cell(text, shapes, error, reason):
    with pytest.raises(error) as caught:
        sg.read_cell(text, shapes)
    assert reason in str(caught.value)


@pytest.mark.parametrize("text", ["(W ⊙ W.T) @ h", "((W ⊙ W.T)) @ h", "(W ⊙ W.T) @ (W @ h)", "2*(W ⊙ W.T) @ h"])
def test_a_product_by_entries_in_brackets_is_a_factor_like_others(text):
    assert parse_vector(text, NAMES) == parse_vector(text.replace("W ⊙ W.T", "hadamard(W, W.T)"), NAMES)


@pytest.mark.parametrize("text", ["-(W @ h) - b", "-h - 2*b", "h - b", "-h", "-(W @ h) - W @ b - b"])
def test_a_sum_of_negative_terms_begins_with_a_minus(text):
    written = to_text(parse_vector(text, NAMES))
    assert "  " not in written
    assert not written.startswith(" ")
    assert parse_vector(written, NAMES) == parse_vector(text, NAMES)
