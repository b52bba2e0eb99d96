"""How names are set in LaTeX: the letters of a word are no product."""

import pytest

import symgrad as sg
from symgrad.symbols.notation import latex

n, m = sg.dims("n m")
SHOWN = {
    "x": "x",
    "dt": r"\mathrm{dt}",
    "om": r"\mathrm{om}",
    "eps": r"\mathrm{eps}",
    "Wx": r"\mathrm{Wx}",
    "dt_x": r"\mathrm{dt}_{x}",
    "dt1": r"\mathrm{dt}_{1}",
    "W_hh": "W_{hh}",
    "x_out": r"x_{\mathrm{out}}",
    "mu": r"\mu",
    "omega": r"\omega",
    "pi2": r"\pi_{2}",
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_name_of_two_letters_or_more_is_upright_unless_it_is_greek(name):
    assert latex(sg.real(name)) == SHOWN[name] == latex(sg.Parameter(name))


@pytest.mark.parametrize("name", [name for name in SHOWN if not any(c.isdigit() for c in name)])
def test_scalars_are_set_as_matrices_are(name):
    assert latex(sg.Parameter(name)) == latex(sg.Parameter(name, n, n))


@pytest.mark.parametrize("name", sorted(sg.CELLS))
def test_one_unit_is_printed_as_many_are(name):
    row = sg.CELLS[name]
    one, many = row.cell(*[1] * len(row.sizes)), row.cell(*sg.dims(" ".join(row.sizes)))
    assert "eye(1)" not in str(one)
    for few, all_of_them in zip(one.equations, many.equations, strict=True):
        assert ("1 - " in str(few)) == ("1 - " in str(all_of_them))
        assert latex(few.right).count(r"\mathbf{1}") == latex(all_of_them.right).count(r"\mathbf{1}")


h, target = sg.State("h", n), sg.Input("target", m)
DIFFERENCES = {
    "two vectors": (lambda: h - target, "h[t] - target[t]: shapes"),
    "a negative one": (lambda: h - (-target), "h[t] - (-target[t]): shapes"),
    "a sum": (lambda: h - (target + target.prev), "h[t] - ("),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_that_does_not_fit_is_shown_as_it_was_written(name):
    make, says = DIFFERENCES[name]
    with pytest.raises(sg.ShapeError) as found:
        make()
    assert says in str(found.value)
    assert "- -" not in str(found.value)


COMMANDS = {
    r"delta[t] = hbar[t] \odot (1 - h[t]**2)": r"\odot is a command of LaTeX; write hadamard(u, v)",
    r"delta[t] = \delta[t]": r"\delta is a command of LaTeX; write delta",
    r"delta[t] = W^\top": r"\top is a command of LaTeX; write W.T",
    "delta[t] = W^T @ hbar[t]": "^T has two meanings; write .T for the transpose, **T for the power",
    "delta[t] = W' @ hbar[t]": "write .T for the transpose, slope(tanh, a) for a slope",
    r"delta[t] = \tilde h": r"\tilde is a command of LaTeX; formulas have none",
    "∂L/∂W = outer(delta[t], h[t-1])": "the gradient of W is named dW, as in dW = …",
    r"\partial W = outer(delta[t], h[t-1])": "the gradient of W is named dW, as in dW = …",
}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_line_says_what_to_write_for_a_command_of_latex(line):
    W = sg.Parameter("W", n, n)
    with pytest.raises(sg.ParseError) as found:
        sg.check_backward(sg.Cell({h: sg.tanh(W @ h.prev)}), sg.half_squared_error(h), backward=[line])
    assert COMMANDS[line] in str(found.value)
