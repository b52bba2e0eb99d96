"""No base in LaTeX bears two superscripts, which TeX refuses."""

import re

import pytest
import sympy
from cells_of_size_one import TERMS, cell_of
from sympy import HadamardPower

import symgrad as sg
from symgrad.symbols.notation import latex

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\\\s]")
n, m = sg.dims("n m")


def doubled(tex):
    """The places at which a base that has a superscript gets another one; those in groups too."""
    found, has_one = [], [False]  # of the base that stands last in each group around
    tokens = [(t.group(), t.start()) for t in _TOKEN.finditer(tex)]
    script = ""  # the sign whose argument comes next
    waiting = []  # by group, the sign whose argument it is
    for token, place in tokens:
        if token == "}":
            has_one.pop()
            if not waiting.pop():
                has_one[-1] = False  # a group is a base of its own
        elif token in ("^", "'") or (token == "_" and not script):
            found += [place] if token != "_" and has_one[-1] else []
            has_one[-1] = has_one[-1] or token == "^"
            script = token if token != "'" else ""
            continue
        elif token == "{":
            waiting.append(script)
            has_one.append(False)
        elif not script:
            has_one[-1] = False
        script = ""
    return found


def test_two_superscripts_are_seen():
    for tex in (
        r"a^\top^{2}",
        r"{b}^2_k^3",
        r"\left(a^{2^{3}^{4}}\right)",
        r"\tanh\left(a_{h,k}\right)^\top^{\circ 2}",
    ):
        assert doubled(tex), tex
    for tex in (r"{a^\top}^2", r"\left(a^\top\right)^{2}", r"a^2 b_k^3 f'^2", r"a^{b^{c}} d^2"):
        assert not doubled(tex), tex


@pytest.mark.slow
@pytest.mark.parametrize("size", ["n = 2, m = 1 in symbols", "n = 2, m = 1"])
def test_no_line_of_any_cell_has_two(size):
    for term in TERMS:
        grad, _ = cell_of(term, size)
        for equation in (*grad.cell.steps, *grad.backward, *grad.final, *map(grad.equation_of, grad.arguments)):
            for tex in (latex(equation.left), latex(equation.right)):
                assert not doubled(tex), (term, tex)


@pytest.mark.one_in(4)
@pytest.mark.parametrize("name", sg.CELLS)
def test_no_form_of_a_gradient_has_two(name):
    cell = sg.CELLS[name].cell(*sg.dims(" ".join(sg.CELLS[name].sizes)))
    grad = sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)))
    for line in grad.prove_forms():
        assert not doubled(latex(line.left)), line.says
        assert not doubled(latex(line.right)), line.says


h, W, r = sg.State("h", n), sg.Parameter("W", n, n), sg.Parameter("r", 1, n)
h1, W1 = sg.State("h1", n), sg.Parameter("W1", n, n)
BASES = [
    h,
    W,
    r,
    h1,
    W1,
    sg.Parameter("W1_2", n, n),
    W @ h,
    h + r.T,
    sg.tanh(h),
    sg.elementwise(sympy.exp, h),
    sg.elementwise(lambda y: y**3 + 1, W),
]
OPERATIONS = {
    "transpose": lambda e: e.T,
    "power of each entry": lambda e: HadamardPower(e, 2),
    "inverse of each entry": lambda e: HadamardPower(e, -1),
    "function of each entry": lambda e: sg.elementwise(lambda y: sympy.sin(y) ** 2, e),
    "power as a function": lambda e: sg.elementwise(lambda y: y**3, e),
    "power of a matrix": lambda e: e**2 if e.shape[0] == e.shape[1] else e,
}


@pytest.mark.parametrize("first", OPERATIONS)
@pytest.mark.parametrize("second", OPERATIONS)
def test_no_operation_on_another_gives_two(first, second):
    for base in BASES:
        for third in OPERATIONS.values():
            tex = latex(third(OPERATIONS[second](OPERATIONS[first](base))))
            assert not doubled(tex), tex


def test_powers_of_the_entries_of_a_row_are_written_as_those_of_a_column():
    assert latex(HadamardPower(h, 2)) == "h_{t}^{2}"
    assert latex(HadamardPower(h.T, 2)) == r"\left(h_{t}^\top\right)^{2}"
    assert latex(HadamardPower(W, 2)) == r"W^{\circ 2}"


def test_names_with_numbers_are_no_powers_and_no_steps():
    s1, w1 = sg.State("s1"), sg.Parameter("W1", n, n)
    assert latex(s1**2) == r"\left(s^{(1)}_{t}\right)^{2}"
    assert latex(w1.T) == r"\left(W^{(1)}\right)^\top"
    assert latex(sg.State("a_e").at(3)) == "a_{e, 3}"
    assert latex(sg.State("a_e_3").at(1)) == "a_{e^{(3)}, 1}"
    assert latex(sg.State("delta_Delta")) == r"\delta_{\Delta, t}"
