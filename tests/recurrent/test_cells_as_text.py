"""Cells as text and as LaTeX: the text is read back to the same cell, and the LaTeX is that of papers."""

import random
import re

import pytest
import sympy
from sympy import exp, log, sqrt

import symgrad as sg
from symgrad.symbols import declared_shape
from symgrad.symbols.notation import latex

n, m = sg.dims("n m")
h, c, x = sg.State("h", n), sg.State("c", n), sg.Input("x", m)
W, U, b = sg.Parameter("W", n, n), sg.Parameter("U", n, m), sg.Parameter("b", n)
# Letters that stand for an entry in texts, as names of the cell.
y, z, u, alpha = (sg.Parameter(name) for name in ("y", "z", "u", "alpha"))
s = sg.State("s")
half = sympy.Rational(1, 2)

OF_ENTRIES = (
    exp, log, sqrt, sympy.erf, sympy.Abs, sg.tanh, sg.gelu, sg.identity,
    lambda v: v**3, lambda v: 1 / v, lambda v: v**alpha, lambda v: v ** (-half), lambda v: y**v, lambda v: v**v,
    lambda v: 1 / (1 + v**2), lambda v: y * v + z, lambda v: u * v**2 - v + y, lambda v: exp(-(v**2)), lambda v: 1 - v,
    lambda v: log(1 + exp(v)), lambda v: v * sg.sigmoid(alpha * v), lambda v: sympy.Max(0, v, z),
    lambda v: sympy.Piecewise((alpha * v, v > 0), (v, True)), lambda v: s.prev * v + 1, lambda v: v / 2 + sympy.pi,
)  # fmt: skip
OF_TWO = (sg.leaky_relu, sg.elu, sympy.atan2, lambda v, p: sympy.atan2(p, v), lambda v, p: sympy.Max(v, p))


def shapes(cell):
    """The shapes of all names, as `read_cell` takes them."""
    return {v.name: declared_shape(v) for v in (*(e.left for e in cell.equations), *cell.inputs, *cell.parameters)}


def drawn(seed):
    """A cell with several functions of entries."""
    pick = random.Random(seed)

    def of_entries(argument):
        if pick.random() < 0.2:
            return sg.elementwise(pick.choice(OF_TWO), argument, pick.choice((alpha, y, s.prev)))
        return sg.elementwise(pick.choice(OF_ENTRIES), argument)

    vectors = [h.prev, c.prev, b, W @ h.prev + U @ x, h.prev - b, -c.prev, W.T @ c.prev, sg.hadamard(h.prev, b)]

    def vector(depth):
        if not depth:
            return pick.choice(vectors)
        kinds = (
            lambda: of_entries(vector(depth - 1)),
            lambda: of_entries(vector(depth - 1)),
            lambda: vector(depth - 1) + vector(depth - 1),
            lambda: vector(depth - 1) - vector(depth - 1),
            lambda: sg.hadamard(vector(depth - 1), vector(depth - 1)),
            lambda: W @ vector(depth - 1),
            lambda: sg.elementwise(pick.choice((exp, sqrt, sg.tanh)), W) @ vector(depth - 1),
            lambda: sympy.HadamardPower(vector(depth - 1), pick.choice((2, 3, -1, half, alpha))),
        )
        return pick.choice(kinds)()

    equations = {s: sg.tanh(u * s.prev), c: of_entries(W @ c.prev) + vector(2), h: of_entries(h.prev) + vector(2)}
    return sg.Cell(equations, name=f"cell {seed}")


ZOO = [row.cell(*sizes) for row in sg.CELLS.values() for sizes in ((), sg.dims(" ".join(row.sizes)))]
CELLS = [*ZOO, *(drawn(seed) for seed in range(60))]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_text_of_a_cell_is_read_back_to_the_same_cell(cell):
    text = str(cell)
    found = sg.read_cell(text, shapes(cell))
    assert str(found) == text
    assert (found.names, found.states, found.parameters) == (cell.names, cell.states, cell.parameters)


PYTHON = re.compile(r"\*|@|\.T\b|(?<![a-z])(?:elementwise|hadamard|slope|Lambda|Piecewise|Derivative)\b|_y|\[")
COMMANDS = re.compile(r"\\(?:displaystyle|operatorname|begin|end)|\\\\")


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_latex_of_a_cell_is_no_python(cell):
    shown = COMMANDS.sub("", cell._repr_latex_())
    assert not PYTHON.search(shown), shown
    assert shown.count(r"\left(") == shown.count(r"\right)")
    assert not re.search(r"\^(\{[^{}]*\}|\\top|\w)\s*\^", shown), shown  # TeX refuses two exponents at one base


a, v = W @ h.prev + b, h.prev
AS_PAPERS_WRITE = {
    sg.elementwise(exp, v): r"e^{h_{t - 1}}",
    sg.elementwise(exp, a): r"e^{W h_{t - 1} + b}",
    sg.elementwise(log, a): r"\log\left(W h_{t - 1} + b\right)",
    sg.elementwise(sqrt, a): r"\sqrt{W h_{t - 1} + b}",
    sg.elementwise(abs, v): r"\left|{h_{t - 1}}\right|",
    sg.elementwise(lambda y: y**3, a): r"\left(W h_{t - 1} + b\right)^{3}",
    sg.elementwise(lambda y: 1 / y, a): r"\frac{1}{W h_{t - 1} + b}",
    sg.elementwise(lambda y: y**2 + 1, v - b): r"\left(h_{t - 1} - b\right)^{2} + 1",
    sg.elementwise(lambda y: 1 - y, v - b): r"1 - \left(h_{t - 1} - b\right)",
    sg.elementwise(lambda y: alpha * y, -v): r"\alpha \left(- h_{t - 1}\right)",
    sg.elementwise(lambda y: alpha * y, v): r"\alpha h_{t - 1}",
    sg.hadamard(sg.elementwise(lambda y: 1 + y, v), b): r"\left(h_{t - 1} + 1\right) \odot b",
    sg.elementwise(lambda y: y**2, sg.elementwise(exp, v)): r"\left(e^{h_{t - 1}}\right)^{2}",
    sg.elementwise(exp, v).T: r"\left(e^{h_{t - 1}}\right)^\top",
    sg.hadamard(v, v).T: r"\left(h_{t - 1}^\top\right)^{2}",
    sympy.HadamardPower(v, -half): r"\frac{1}{\sqrt{h_{t - 1}}}",
    sg.leaky_relu(v, alpha): r"{\operatorname{LeakyReLU}}_{\alpha}\left(h_{t - 1}\right)",
    # Formulas of whole matrices mean something else.
    sg.elementwise(exp, W): r"\exp\left(W\right)",
    sg.elementwise(lambda y: y**3, W): r"W^{\circ 3}",
    sg.elementwise(lambda y: 1 + y**3, W @ W): r"\left(\left(W^{2}\right)_{ij}^{3} + 1\right)_{ij}",
    W.T @ W.T: r"\left(W^\top\right)^{2}",
}


@pytest.mark.parametrize("formula", AS_PAPERS_WRITE, ids=str)
def test_functions_of_entries_are_typeset_as_papers_write_them(formula):
    assert latex(formula) == AS_PAPERS_WRITE[formula]


def test_the_letter_of_an_entry_stands_for_nothing_else():
    cell = sg.Cell({h: sg.elementwise(lambda v: y * v**2 + z, h.prev)})
    assert str(cell) == "h[t] = elementwise(u, u**2*y + z, h[t-1])"
    assert sg.read_cell(str(cell), {"h": n}).parameters == cell.parameters
