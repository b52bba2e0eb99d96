"""Cells written as in NumPy, functions of the entries of several vectors among them, against differences."""

import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.reading.vectors.reader import parse_vector
from symgrad.symbols.notation import latex
from symgrad.symbols.writing import to_text

n, m = sg.dims("n m")
h, x = sg.State("h", n), sg.Input("x", m)
a, f, i = (sg.Intermediate(name, n) for name in "afi")
W, V, U = sg.Parameter("W", n, n), sg.Parameter("V", n, n), sg.Parameter("U", n, m)
SHAPES = {"h": n, "x": m, "W": (n, n), "V": (n, n), "U": (n, m)}
rec, fed = W @ h.prev, U @ x
STEPS = 4


def sigma(y):
    return 1 / (1 + np.exp(-y))


def normed(y):
    return (y - y.mean()) / np.sqrt(y.var() + 1)


# The cell in Python, the same as text, and one step of it in NumPy, of W h[t-1], U x[t], V h[t-1] and h[t-1].
CELLS = {
    "the larger": ({h: sg.Max(rec, fed)}, "h[t] = Max(W @ h[t-1], U @ x[t])", lambda p, q, r, s: np.maximum(p, q)),
    "between": (
        {h: sg.Min(sg.Max(rec, -1 / sympy.S(2)), fed + 1)},
        "h[t] = Min(Max(W @ h[t-1], -1/2), U @ x[t] + 1)",
        lambda p, q, r, s: np.minimum(np.maximum(p, -0.5), q + 1),
    ),
    "a quotient of gates": (
        {f: sg.sigmoid(rec), i: sg.sigmoid(V @ h.prev), h: f / (f + i) + fed},
        "f[t] = sigmoid(W @ h[t-1])\ni[t] = sigmoid(V @ h[t-1])\nh[t] = f[t]/(f[t] + i[t]) + U @ x[t]",
        lambda p, q, r, s: sigma(p) / (sigma(p) + sigma(r)) + q,
    ),
    "an inverse": (
        {h: 1 / (2 + sg.tanh(rec)) - fed},
        "h[t] = 1/(2 + tanh(W @ h[t-1])) - U @ x[t]",
        lambda p, q, r, s: 1 / (2 + np.tanh(p)) - q,
    ),
    "a mask": (
        {h: sg.where(h.prev > fed, rec, fed / 2)},
        "h[t] = where(h[t-1] > U @ x[t], W @ h[t-1], U @ x[t]/2)",
        lambda p, q, r, s: np.where(s > q, p, q / 2),
    ),
    "two masks": (
        {h: sg.where((h.prev > 0) & ~(rec > fed), h.prev, fed)},
        "h[t] = where((h[t-1] > 0) & ~(W @ h[t-1] > U @ x[t]), h[t-1], U @ x[t])",
        lambda p, q, r, s: np.where((s > 0) & ~(p > q), s, q),
    ),
    "cases of three": (
        {h: sg.where(rec > 1 / sympy.S(2), h.prev, sg.where(fed < 0, V @ h.prev, fed))},
        "h[t] = Piecewise((h[t-1], W @ h[t-1] > 1/2), (V @ h[t-1], U @ x[t] < 0), (U @ x[t], True))",
        lambda p, q, r, s: np.where(p > 0.5, s, np.where(q < 0, r, q)),
    ),
    "a layer norm": (
        {a: rec + fed, h: (a - sg.mean(a)) / sg.sqrt(sg.variance(a) + 1)},
        "a[t] = W @ h[t-1] + U @ x[t]\nh[t] = (a[t] - mean(a[t]))/sqrt(variance(a[t]) + 1)",
        lambda p, q, r, s: normed(p + q),
    ),
    "a norm by hand": (
        {h: rec / sg.sqrt(1 + sg.total(h.prev**2)) + fed},
        "h[t] = W @ h[t-1]/sqrt(1 + total(h[t-1]**2)) + U @ x[t]",
        lambda p, q, r, s: p / np.sqrt(1 + (s**2).sum()) + q,
    ),
    "a function of two": (
        {h: sg.elementwise(lambda y, z: sg.tanh(y * z) + z**2 / (1 + y**2), rec, fed)},
        "h[t] = elementwise((y, z), tanh(y*z) + z**2/(1 + y**2), W @ h[t-1], U @ x[t])",
        lambda p, q, r, s: np.tanh(p * q) + q**2 / (1 + p**2),
    ),
    "an entry times a vector": (
        {h: sg.dot(h.prev, h.prev) * rec / 4 + fed},
        "h[t] = dot(h[t-1], h[t-1])*W @ h[t-1]/4 + U @ x[t]",
        lambda p, q, r, s: (s @ s) * p / 4 + q,
    ),
    "signs of mathematics": (
        {f: sg.sigmoid(rec), h: sg.hadamard(f, h.prev) + sg.hadamard(1 - f, sg.tanh(fed))},
        "f[t] = σ(W @ h[t-1])\nh[t] = f[t] ⊙ h[t-1] + (1 - f[t]) ⊙ tanh(U @ x[t])",
        lambda p, q, r, s: sigma(p) * s + (1 - sigma(p)) * np.tanh(q),
    ),
}
OPTIONS = ({}, {"backend": "compiled"}, {"backend": "mpmath"}, {"backend": "balls"}, {"scaled": True})


def shapes_of(text):
    return {name: shape for name, shape in SHAPES.items() if f"{name}[" in text or f"{name} " in text} | {
        v.name: n for v in (a, f, i) if f"{v.name}[" in text
    }


def point(grad):
    generator = np.random.default_rng(7)
    sizes = {"W": (3, 3), "V": (3, 3), "U": (3, 2), "x": (STEPS, 2), "target": (STEPS, 3), "h0": (3,)}
    wanted = {str(grad.name_of(argument)) for argument in grad.arguments}
    return {name: generator.uniform(-1, 1, size) for name, size in sizes.items() if name in wanted}


def loss(step, given):
    state = given["h0"]
    for x_t in given["x"]:
        beside = given["V"] @ state if "V" in given else None
        state = step(given["W"] @ state, given["U"] @ x_t, beside, state)
    return ((state - given["target"][-1]) ** 2).sum() / 2


def difference(step, given, name, place, width=1e-5):
    moved = [{**given, name: given[name].copy()} for _ in range(2)]
    for one, sign in zip(moved, (1, -1)):
        one[name][place] += sign * width
    return (loss(step, moved[0]) - loss(step, moved[1])) / (2 * width)


@pytest.mark.parametrize("name", CELLS)
def test_the_text_is_the_cell_of_python(name):
    equations, text, _ = CELLS[name]
    read = sg.read_cell(text.splitlines(), shapes_of(text))
    if name != "cases of three":  # which are nested in Python
        assert str(read) == str(sg.Cell(equations))
    assert str(sg.read_cell(str(read).splitlines(), shapes_of(text))) == str(read)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", CELLS)
def test_every_arithmetic_computes_loss_and_gradients(name, options):
    equations, _, step = CELLS[name]
    grad = sg.bptt(sg.Cell(equations), sg.half_squared_error(h))
    given = point(grad)
    found = grad.compile({sg.LENGTH: STEPS}, **options)(**given)
    as_doubles = (lambda a: a.to_float()) if "scaled" in options else np.vectorize(float)
    assert float(as_doubles(found.loss)) == pytest.approx(loss(step, given), rel=1e-9)
    for argument in ("W", "U", "h0", "x"):
        gradient = np.asarray(as_doubles(found.gradients[argument]))
        wanted = [difference(step, given, argument, place) for place in np.ndindex(gradient.shape)]
        np.testing.assert_allclose(gradient.ravel(), wanted, rtol=1e-5, atol=1e-7)  # a difference has no more digits


@pytest.mark.parametrize("name", CELLS)
def test_the_backward_equations_are_proved(name):
    grad = sg.bptt(sg.Cell(CELLS[name][0]), sg.half_squared_error(h))
    lines = [str(line) for line in grad.backward]
    judged = sg.check_backward(grad.cell, grad.loss, backward=lines)
    assert [line.verdict.outcome.name for line in judged.lines] == ["PROVED"] * len(lines), str(judged)


@pytest.mark.parametrize("options", [{}, {"backend": "compiled"}, {"backend": "balls"}], ids=str)
@pytest.mark.parametrize("text", ["where(x[t] > 0, w/x[t], w)", "Piecewise((w/x[t], x[t] > 0), (w, True))"])
def test_what_is_not_chosen_needs_no_value(text, options):
    cell = sg.read_cell(f"h[t] = h[t-1] + {text}", {"h": 2, "x": 2})
    grad = sg.bptt(cell, sg.total(cell.states[0]))
    found = grad.compile({sg.LENGTH: 1}, **options)(w=2.0, x=[[0.0, 2.0]], h0=[0.0, 0.0])
    assert (float(found.loss), float(found.gradients["w"])) == (3.0, 1.5)
    assert np.vectorize(float)(found.gradients["x"]).tolist() == [[0.0, -0.5]]


@pytest.mark.parametrize(
    "text", ["x/y - x/y", "x/dot(y, y) - x/dot(y, y)", "0*(x/y)", "where(x/y > 0, x, y) - where(x/y > 0, x, y)"]
)
def test_a_quotient_that_cancels_is_refused(text):
    with pytest.raises(sg.ParseError, match="cancels here, and it has no value everywhere"):
        sg.verify(sg.claim(f"norm({text}) == 0", where=["x, y vector (n)"]))


s, u = sg.Intermediate("s"), sg.Input("u", n)
QUOTIENTS = {
    "f[t]/(f[t] + i[t])": (f / (f + i), r"\frac{f_{t}}{f_{t} + i_{t}}"),
    "-f[t]/i[t]": (-f / i, r"- \frac{f_{t}}{i_{t}}"),
    "2*f[t]/i[t]": (2 * f / i, r"2 \frac{f_{t}}{i_{t}}"),
    "-s[t]/f[t]": (-s / f, r"- \frac{s_{t}}{f_{t}}"),
    "f[t]/i[t]/u[t]": (f / i / u, r"\frac{\frac{f_{t}}{i_{t}}}{u_{t}}"),
    "f[t]/(i[t]/u[t])": (f / (i / u), r"\frac{f_{t}}{\frac{i_{t}}{u_{t}}}"),
    "(1/f[t])**2": ((1 / f) ** 2, r"\left(\frac{1}{f_{t}}\right)^{2}"),
    "W @ (f[t]/i[t])": (W @ (f / i), r"W \frac{f_{t}}{i_{t}}"),
    "W @ f[t]/i[t]": ((W @ f) / i, r"\frac{W f_{t}}{i_{t}}"),
    "(f[t]/i[t]).T @ u[t]": ((f / i).T @ u, r"\frac{f_{t}^\top}{i_{t}^\top} u_{t}"),
    "1 - f[t]/i[t]": (1 - f / i, r"\mathbf{1} - \frac{f_{t}}{i_{t}}"),
    "exp(-f[t]/i[t])": (sg.exp(-f / i), r"e^{- \frac{f_{t}}{i_{t}}}"),
}


def test_the_size_of_a_vector_divides():
    cell = sg.read_cell("h[t] = h[t-1]*(c/mean(sigmoid(q[t]))) + h[t-1]/sqrt(variance(q[t]))", {"h": n, "q": n})
    assert "1/sqrt(n)" not in str(cell)  # n is positive, so that nothing is lost


@pytest.mark.parametrize("text", QUOTIENTS)
def test_quotients_are_written_and_read_as_an_author_writes_them(text):
    names = {v.name: v for v in (f, i, u, W, s)}
    formula, tex = QUOTIENTS[text]
    assert parse_vector(text, names) == formula == parse_vector(to_text(formula), names)
    assert to_text(parse_vector(text, names)) == to_text(formula)
    assert latex(formula) == tex
