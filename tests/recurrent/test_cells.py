"""Cells, their forms and their documents: what is refused, what is printed, and that all forms have one value."""

import pickle

import pytest
import sympy
from flint import arb

import symgrad as sg
from symgrad.balls import precision
from symgrad.base.errors import CellError, ShapeError
from symgrad.documents.tree.document import symbol_rows
from symgrad.recurrent.oracle.runs import run_forward, surroundings, value_of
from symgrad.symbols.notation import latex

n, m = sg.dims("n m")
h, x, z = sg.State("h", n), sg.Input("x", m), sg.Intermediate("z", n)
W, U, b = sg.Parameter("W", n, n), sg.Parameter("U", n, m), sg.Parameter("b", n)
q, y = sg.State("q"), sg.Input("y")
w, u, c = sg.Parameter("w"), sg.Parameter("u"), sg.Parameter("c")

BAD_CELLS = {
    "no equations": ({}, CellError, "a cell needs at least one equation"),
    "an input defined": ({x: U.T @ h.prev}, CellError, "defines a State or an Intermediate; got x[t]"),
    "another step defined": ({h.prev: h}, CellError, "defines a variable at step t; got one for h[t-1]"),
    "no expression": ({h: "tanh(h)"}, CellError, "must be an expression; got 'tanh(h)'"),
    "itself": ({h: sg.tanh(W @ h)}, CellError, "h[t] is used before it is defined; did you mean h.prev?"),
    "too early": ({h: z + h.prev, z: sg.tanh(h)}, CellError, "h[t] = h[t-1] + z[t]: z[t] is used before it is defined"),
    "a circle": ({z: h.next, h: z + h.prev}, CellError, "go round in a circle"),
    "unknown": ({h: z + h.prev}, CellError, "z has no equation in this cell; known are h"),
    "past of a gate": ({z: sg.tanh(h.prev), h: z.prev}, None, None),
    "a circle of long ways": ({z: h.at(sg.TIME + 7), h: z.at(sg.TIME - 7)}, CellError, "in a circle"),
    "two meanings": ({h: sg.tanh(W @ h.prev + sg.Input("b", n))}, None, None),
    "one name twice": ({h: sg.hadamard(b, h.prev) + sg.Input("b", n)}, CellError, "the name b stands for"),
    "far steps": ({h: h.at(3)}, CellError, "h[3] stands at no fixed distance from step t"),
    "sides": ({h: sg.tanh(U @ x).T}, ShapeError, "both sides: shapes (n, 1) and (1, n) do not fit"),
    "product inside": (
        {h: sympy.MatMul(W, sympy.MatMul(U, h.prev))},
        ShapeError,
        "shapes (n, m) and (n, 1) do not fit",
    ),
    "sum inside": ({h: sympy.MatAdd(h.prev, x)}, ShapeError, "shapes (n, 1) and (m, 1) do not fit"),
    "scalar for vector": ({h: 3}, ShapeError, "shapes (n, 1) and () do not fit"),
}


@pytest.mark.parametrize("name", BAD_CELLS)
def test_a_bad_cell_is_refused_in_one_line_that_names_the_equation(name):
    equations, error, says = BAD_CELLS[name]
    if error is None:
        sg.Cell(equations)
        return
    with pytest.raises(error) as found:
        sg.Cell(equations)
    assert says in str(found.value)
    assert "\n" not in str(found.value)


tanh_cell = sg.Cell({h: sg.tanh(W @ h.prev + U @ x + b)})
BAD_LOSSES = {
    "a vector": (
        h,
        "last",
        ShapeError,
        "the loss h[t] must be a scalar, as in dot(v, v): shapes (n, 1) and () do not fit",
    ),
    "another state": (sg.State("c"), "last", CellError, "names c[t]; the cell has a, h, x"),
    "nothing of the cell": (sg.Input("target"), "last", CellError, "depends on nothing that the cell computes"),
    "a far step": (sg.dot(h.at(3), h), "last", CellError, "h[3] stands at no fixed distance from step t"),
    "no real number": (sympy.I * sg.dot(h, h), "last", CellError, "cells compute with real numbers"),
    "a text": ("h", "last", CellError, "a loss is a Loss or an expression"),
    "a strange place": (sg.dot(h, h), "first", CellError, "at is one of last, every, mean; got 'first'"),
}


@pytest.mark.parametrize("name", BAD_LOSSES)
def test_a_bad_loss_is_refused_in_one_line(name):
    loss, at, error, says = BAD_LOSSES[name]
    with pytest.raises(error) as found:
        sg.bptt(tanh_cell, loss, at)
    assert says in str(found.value)


def test_shapes_are_checked_where_an_expression_is_written():
    with pytest.raises(ShapeError) as found:
        W @ x
    assert found.value.shapes == ((n, n), (m, 1))
    with pytest.raises(ShapeError, match=r"h\[t\] \+ x\[t\]: shapes \(n, 1\) and \(m, 1\)"):
        h + x


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a b", "__import__('os')", "h;"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(CellError, match="a name is letters and digits"):
        sg.State(name, n)


def test_a_gradient_is_asked_for_by_variable_or_name_and_a_wrong_one_is_told_the_right_ones():
    grad = sg.bptt(tanh_cell, sg.half_squared_error(h))
    assert grad[W] == grad["W"]
    assert grad[h.at(0)] == grad["h0"]
    with pytest.raises(CellError, match="there is a gradient with respect to U, W, b, x, target, h0; asked for was V"):
        grad["V"]


# --- all forms have one value -------------------------------------------------------------------------------------

FORMS = {
    "one unit": (sg.Cell({q: sg.sigmoid(w * q.prev + u * y + c)}), sg.half_squared_error(q), w),
    "a linear unit": (sg.Cell({q: w * q.prev + u * y}), sg.half_squared_error(q), w),
    "a layer": (tanh_cell, sg.half_squared_error(h), W),
    "a layer's bias": (tanh_cell, sg.half_squared_error(h), b),
    "two states": (sg.CELLS["lstm_peephole"].cell(n, m), sg.half_squared_error(h), sg.Parameter("W_f", n, n)),
}


def point(grad, length):
    """Small exact numbers for every argument, none of them zero."""
    sizes = {n: 2, m: 1}
    found = {}
    for k, a in enumerate(grad.arguments):
        shape = tuple(int(sympy.S(s).subs(sizes)) for s in sg.symbols.shape_of(a))
        whole = (length, *shape) if getattr(a, "time", None) == sg.TIME else shape
        found[grad.name_of(a)] = filled(whole, k)
    return found


def filled(shape, seed):
    if not shape:
        return sympy.Rational(seed + 2, seed + 5)
    return [filled(shape[1:], seed + 3 * k + 1) for k in range(shape[0])]


def entries(value):
    return [arb(e) for e in getattr(value, "ravel", lambda: [value])()]


@pytest.mark.parametrize("at", ["last", "every", "mean"])
@pytest.mark.parametrize("length", [1, 2, 4])
@pytest.mark.parametrize("name", FORMS)
def test_all_forms_of_a_gradient_have_one_value(name, length, at):
    cell, loss, parameter = FORMS[name]
    grad = sg.bptt(cell, loss, at)
    arguments = point(grad, length)
    with precision(200):
        known = entries(value_of(grad, grad[parameter], arguments))
        double_sum = entries(value_of(grad, grad.paths(parameter), arguments))
        cut = grad.truncated(parameter, 1, 2)
        both = [entries(value_of(grad, part, arguments)) for part in (cut.gradient, cut.bias)]
        assert max(abs(a - b) for a, b in zip(known, double_sum, strict=True)) < 1e-40
        assert max(abs(a - b - e) for a, b, e in zip(known, *both, strict=True)) < 1e-40
    if length <= 2:
        assert both[1] == [0] * len(known)
    elif name != "a linear unit" or at == "last":
        assert any(abs(e) > 1e-12 for e in both[1])


@pytest.mark.parametrize("at", ["last", "every"])
@pytest.mark.parametrize("name", ["one unit", "a layer", "a layer's bias"])
def test_forward_mode_gives_the_same_gradient(name, at):
    cell, loss, parameter = FORMS[name]
    grad = sg.bptt(cell, loss, at)
    forward, arguments, length = grad.forward_mode(parameter), point(grad, 3), 3
    with precision(200):
        around = surroundings(grad, arguments)
        run_forward(grad, around)
        carried = forward.recursion.left
        around.timed[carried.key, 0] = around.zero(carried)
        for step in range(1, length + 1):
            around.timed[carried.key, step] = around.evaluate(forward.recursion.right, step)
        row = entries(around.evaluate(forward.gradient, length))
        known = value_of(grad, grad[parameter], arguments)
        by_columns = entries(getattr(known, "T", known))
        assert max(abs(a - b) for a, b in zip(row, by_columns, strict=True)) < 1e-40


def test_a_truncation_that_is_none_is_refused():
    grad = sg.bptt(tanh_cell, sg.half_squared_error(h))
    with pytest.raises(CellError, match="truncation needs k2 >= k1 >= 1; got k1 = 3, k2 = 2"):
        grad.truncated(W, 3, 2)


@pytest.mark.parametrize("steps", [1, 2, 3, 6])
def test_the_closed_form_of_a_linear_unit_is_its_unrolled_gradient(steps):
    grad = sg.bptt(sg.Cell({q: w * q.prev + c}), q)
    states = {q.at(0): q.at(0)}
    for k in range(1, steps + 1):
        states[q.at(k)] = sympy.expand(w * states[q.at(k - 1)] + c)
    for parameter in (w, c):
        unrolled = grad.unroll(steps).closed[parameter].xreplace(states)
        closed = grad.closed_form(parameter).subs(sg.LENGTH, steps)
        assert sympy.cancel(sympy.expand(closed - unrolled)) == 0


def test_the_named_form_grows_in_proportion_to_the_number_of_steps():
    grad = sg.bptt(sg.Cell({q: sg.tanh(w * q.prev + u * y + c)}), q)
    counts = [grad.unroll(steps).operations for steps in (10, 20, 40)]
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])


# --- what people see ----------------------------------------------------------------------------------------------


def test_formulas_are_printed_as_papers_print_them():
    grad = sg.bptt(tanh_cell, sg.half_squared_error(h))
    hbar, delta = grad.backward
    assert latex(hbar.right) == r"W^\top \delta_{t + 1}"
    assert latex(delta.left) == r"\delta_{t}"
    assert latex(delta.right) == r"\overline{h}{}_{t} \odot \left(\mathbf{1} - h_{t}^{2}\right)"
    assert latex(grad[W]) == r"\sum_{t = 1}^{T} \delta_{t} h_{t - 1}^\top"
    assert latex(grad.jacobian) == r"\operatorname{diag}\left(\mathbf{1} - h_{t}^{2}\right) W"
    text = " ".join(
        latex(e.right) for e in (*grad.backward, *sg.bptt(sg.CELLS["lstm"].cell(n, m), sg.dot(h, h)).backward)
    )
    assert not any(word in text for word in ("mapsto", "Permute", "Lambda", "Derivative"))


def test_slopes_that_the_output_does_not_tell_are_those_of_the_preactivation():
    grad = sg.bptt(sg.Cell({h: sg.swish(W @ h.prev)}), sg.dot(h, h))
    assert str(grad.backward[1]) == "delta[t] = hadamard(hbar[t], slope(swish, a[t]))"


def test_names_of_the_author_are_kept_and_a_taken_name_is_not_used_again():
    a, hbar = sg.Intermediate("a", n), sg.Parameter("hbar", n)
    grad = sg.bptt(sg.Cell({a: W @ h.prev + hbar, h: sg.tanh(a)}), sg.dot(h, h))
    assert [str(e.left) for e in grad.backward] == ["hbar_2[t]", "delta[t]"]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", ["tanh", "gru", "diagonal", "elman"])
@pytest.mark.parametrize("at", ["last", "every"])
def test_the_document_of_any_cell_is_proved_line_by_line(name, at):
    row = sg.CELLS[name]
    cell = row.cell(*sg.dims(" ".join(row.sizes)))
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[-1]), at)
    derivation = grad.derivation()
    assert [str(claim) for claim in derivation.claims if not sg.verify(claim).holds] == []
    assert len(symbol_rows(derivation)) > 3


def test_a_false_line_of_a_document_is_refuted():
    grad = sg.bptt(tanh_cell, sg.half_squared_error(h))
    (claim,) = grad.slip(W, sg.TimeSum(sg.outer(grad.adjoints[h], h.prev), (sg.TIME, 1, sg.LENGTH))).claims
    verdict = sg.verify(claim)
    assert verdict.outcome is sg.Outcome.REFUTED
    assert verdict.witness is not None
    assert claim.expect == "refuted"


def test_cells_and_gradients_survive_pickling():
    grad = sg.bptt(tanh_cell, sg.half_squared_error(h))
    assert sg.verify(grad.line(W, grad[W]).claim).holds
    again = pickle.loads(pickle.dumps(grad))
    assert again == grad
    assert again[W] == grad[W]


@pytest.mark.parametrize("letter", ["t", "T"])
def test_steps_are_no_names_of_sizes_nor_in_lines_of_parameters(letter):
    """A vector of size T would have as many entries as a run has steps; T*s/T is a product of two things."""
    (d,) = sg.dims(letter)
    h, v, p = sg.State("h"), sg.State("v", d), sg.Parameter(letter)
    for make in (
        lambda: sg.Cell({v: sg.mean(v.prev) * v.prev}),
        lambda: sg.Cell({v: sg.tanh(v.prev) / d}),
        lambda: sg.check_backward(sg.Cell({h: p * h.prev * sg.TIME * sg.LENGTH}), h, backward=["hbar[t] = hbar[t+1]"]),
        lambda: sg.check_backward(sg.Cell({h: h.prev}), p * h * sg.TIME * sg.LENGTH, backward=["hbar[t] = hbar[t+1]"]),
    ):
        with pytest.raises(sg.CellError, match=f"{letter} is the .*write another letter"):
            make()
    assert sg.Cell({h: h.prev * sg.TIME / sg.LENGTH}).parameters == ()
    assert sg.check_backward(sg.Cell({h: p * h.prev}), h, backward=[f"hbar[t] = {letter}*hbar[t+1]"]).holds


def test_a_parameter_called_as_the_number_of_steps_is_none_beside_a_mean():
    h, p = sg.State("h"), sg.Parameter("T")
    with pytest.raises(sg.CellError, match="T is the number of steps"):
        sg.check_backward(sg.Cell({h: p * h.prev}), h, backward=["hbar[t] = T*hbar[t+1]"], at="mean")
