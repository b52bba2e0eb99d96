"""Variables at other steps, of every role: one rule says which values there are, and everything obeys it."""

import warnings

import numpy as np
import pytest
from cells_at_random import NUMPY, drawn, in_symgrad, point, slopes, total_loss, with_zeros
from sympy import I, Symbol

import symgrad as sg
from symgrad.balls import precision
from symgrad.base.errors import CellError

h, x, w, u = sg.State("h"), sg.Input("x"), sg.Parameter("w"), sg.Parameter("u")
FAMILY = [(seed, is_vector) for seed in (0, 2, 5) for is_vector in (False, True)]
LENGTHS = (1, 2, 5)
RELATIVE = 1e-11
BACKENDS = {
    "numpy": {},
    "compiled": {"backend": "compiled"},
    "mpmath": {"backend": "mpmath", "digits": 20},
    "balls": {"backend": "balls", "digits": 18},
    "scaled": {"scaled": True},
    "checkpoint": {"checkpoint": True},
}


def doubles(array):
    numbers = array.to_mpmath() if isinstance(array, sg.Scaled) else array
    return np.array(np.vectorize(float, otypes=[float])(np.asarray(numbers, dtype=object)), dtype=float)


def assert_close(expected, found, name):
    expected, found = doubles(expected), doubles(found)
    assert expected.shape == found.shape, name
    assert np.abs(expected - found).max(initial=0) <= RELATIVE * max(1, np.abs(expected).max(initial=0)), name


def by_oracle(grad, arguments):
    with precision(100):
        return grad.evaluate({k: float(v) if v.ndim == 0 else v.astype(object) for k, v in arguments.items()})


def pasted(program):
    space = {}
    exec(str(program), space)  # noqa: S102
    return space["run"]


@pytest.fixture(scope="module")
def family():
    return {kind: in_symgrad(drawn(*kind)) for kind in FAMILY}


@pytest.mark.parametrize("kind", FAMILY, ids=str)
def test_gradients_are_those_of_the_plain_recursion(family, kind):
    what, grad = drawn(*kind), family[kind]
    for length in LENGTHS:
        arguments = point(grad, length, kind[0])
        everything = with_zeros(grad, arguments)
        directions = {k: np.random.default_rng(1).standard_normal(v.shape) for k, v in everything.items()}
        found = by_oracle(grad, arguments)
        assert_close(total_loss(what, everything, length, NUMPY), found.loss, "loss")
        for name, slope in slopes(what, everything, length, directions).items():
            assert_close(slope, (doubles(found.gradients[name]) * directions[name]).sum(), f"{what}: {name}, {length}")


@pytest.mark.parametrize("kind", FAMILY, ids=str)
def test_every_backend_and_the_printed_program_compute_them(family, kind):
    what, grad = drawn(*kind), family[kind]
    runs = {
        name: grad.compile(**options)
        for name, options in BACKENDS.items()
        if not (name == "checkpoint" and grad.looks_ahead)
    }
    printed = pasted(runs["numpy"].program)
    for length in LENGTHS:
        arguments = point(grad, length, kind[0])
        expected = by_oracle(grad, arguments)
        for name, run in runs.items():
            found = run(**arguments)
            assert_close(expected.loss, found.loss, name)
            for argument, gradient in expected.gradients.items():
                assert_close(gradient, found.gradients[argument], f"{what}: {name}, {argument}, {length}")
        loss, gradients = printed(**arguments)
        assert_close(expected.loss, loss, "printed")
        for argument, gradient in expected.gradients.items():
            assert_close(gradient, gradients[argument], f"{what}: printed, {argument}, {length}")


@pytest.mark.parametrize("kind", FAMILY[:2], ids=str)
def test_leading_axes_broadcast_over_values_outside_of_the_steps(family, kind):
    grad = family[kind]
    arguments = point(grad, 3, kind[0])
    expected = by_oracle(grad, arguments)
    spread = {k: np.stack([v / 2, v]) if place % 2 else v for place, (k, v) in enumerate(arguments.items())}
    for backend, threads in (("numpy", 1), ("compiled", 2)):
        found = grad.compile(backend=backend, threads=threads)(**spread)
        for argument, gradient in found.gradients.items():
            assert_close(expected.gradients[argument], gradient[1], argument)


def test_a_crosscheck_finds_nothing_wrong(family):
    grad = family[FAMILY[0]]
    found = sg.crosscheck(grad.compile(), point(grad, 2, 0), entries=1)
    assert found.verdict.outcome is sg.Outcome.SUPPORTED


def test_the_input_before_is_not_the_input_of_now():
    grad = sg.bptt(sg.Cell({h: h.prev + x.prev}), h)
    for options in BACKENDS.values():
        found = grad.compile(**options)(x=[1, 10, 100])
        assert doubles(found.states["h"]).tolist()[-1] == 11
        assert doubles(grad.compile(**options)(x=[1, 10, 100], x0=1000).states["h"]).tolist()[-1] == 1011
        assert doubles(found.gradients["x"]).tolist() == [1, 1, 0]
        assert doubles(found.gradients["x0"]) == 1


def test_what_stands_outside_of_the_steps_has_names_like_those_of_states():
    z = sg.Intermediate("z")
    cell = sg.Cell({z: x.at(sg.TIME - 2) * x.next, h: z.prev + h.at(sg.TIME - 3)})
    loss = (h - sg.Input("target").at(sg.TIME + 2)) ** 2
    names = "x target h0 h1 h2 z0 x_end x0 x1"
    assert sorted(map(sg.bptt(cell, loss).name_of, sg.bptt(cell, loss).arguments)) == sorted(
        f"{names} target_end1".split()
    )
    every = sg.bptt(cell, loss, at="every")
    assert sorted(map(every.name_of, every.arguments)) == sorted(f"{names} target_end target_end1".split())


def test_a_loss_of_two_steps_gives_equations_of_their_own_to_the_last_steps():
    grad = sg.bptt(sg.Cell({h: w * h.prev + x}), (h - h.prev) ** 2 / 2)
    assert [str(e) for e in grad.final] == ["hbar[T] = h[T] - h[T-1]", "hbar[T-1] = w*hbar[T] + h[T-1] - h[T]"]
    assert [str(e) for e in grad.backward] == ["hbar[t] = w*hbar[t+1]"]
    every = sg.bptt(grad.cell, (h - h.prev) ** 2 / 2, at="every")
    assert [str(e) for e in every.final] == ["hbar[T] = h[T] - h[T-1]"]
    assert [str(e) for e in every.backward] == ["hbar[t] = w*hbar[t+1] + 2*h[t] - h[t-1] - h[t+1]"]


@pytest.mark.parametrize("at", ["last", "every", "mean"])
@pytest.mark.parametrize(
    "loss", [(h - h.prev) ** 2, (h - h.at(sg.TIME - 2)) ** 2 + h.at(sg.TIME - 1), (h - h.next) ** 2]
)
def test_all_equations_of_a_loss_of_several_steps_are_judged_to_be_true(loss, at):
    cell = sg.Cell({h: sg.tanh(w * h.prev + u * x.prev)})
    grad = sg.bptt(cell, loss, at)
    judged = sg.check_backward(
        cell, loss, at=at, backward=[*grad.final, *grad.backward], gradients=list(map(grad.equation_of, grad.arguments))
    )
    assert judged.holds, judged


def test_a_product_with_an_adjoint_of_no_step_is_never_computed():
    c = sg.State("c")
    grad = sg.bptt(sg.Cell({h: h.at(sg.TIME - 2) / x, c: c.at(sg.TIME + 2) / x + h}), c + h)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for options in BACKENDS.values():
            if "checkpoint" not in options:
                found = grad.compile(**options)(x=[2, 4, 5], h0=1, h1=1)
                assert all(np.isfinite(doubles(a)).all() for a in found.gradients.values())


def test_checkpoints_are_refused_where_a_cell_or_a_loss_looks_ahead():
    for cell, loss in (
        (sg.Cell({h: h.prev + x.next}), h),
        (sg.Cell({h: h.prev + x}), h * x.next),
        (sg.Cell({h: h.next + x}), h),
    ):
        with pytest.raises(CellError, match="look at earlier steps only; this one looks at later ones"):
            sg.bptt(cell, loss).compile(checkpoint=True)


def test_what_no_loop_computes_is_refused_when_a_run_is_made_and_computed_in_balls():
    z = sg.Intermediate("z")
    grad = sg.bptt(sg.Cell({z: h.next + x, h: z.at(sg.TIME - 2)}), h)
    with pytest.raises(CellError, match=r"h\[t\], z\[t\] wait for earlier and for later steps at once"):
        grad.compile()
    assert doubles(grad.evaluate({"x": [1, 10, 100], "z0": 7, "z1": 5}).loss) == 7 + 1


def test_cells_are_read_from_text_with_inputs_at_other_steps():
    cell = sg.read_cell("h[t] = tanh(w*h[t-1] + u*x[t-1] + x[t+1])")
    assert str(cell) == str(sg.read_cell(str(cell)))
    assert set(map(str, cell.borders)) == {"h[0]", "x[0]", "x[T+1]"}


def test_parts_of_composed_cells_look_at_other_steps():
    n, m = sg.dims("n m")
    s, y, weights = sg.State("s", n), sg.Input("y", m), sg.Parameter("U", n, m)
    cell = sg.Cell({s: sg.tanh(s.prev + weights @ y.prev)})
    both = sg.bidirectional(cell, output="o")
    grad = sg.bptt(both, sg.half_squared_error(sg.output_of(both)))
    assert {"s0", "y0", "s_reverse_end", "y_end"} <= set(map(grad.name_of, grad.arguments))
    values = np.random.default_rng(0).standard_normal((3, 2))
    arguments = {"U": np.ones((2, 2)), "U_reverse": np.ones((2, 2)), "y": values, "target": np.ones((3, 4))}
    expected = by_oracle(grad, arguments)
    found = grad.compile()(**arguments)
    for name, gradient in expected.gradients.items():
        assert_close(gradient, found.gradients[name], name)


@pytest.mark.parametrize(
    "loss", [sg.half_squared_error(h, sg.Input("target").next), (h - h.prev) ** 2, h * sg.Intermediate("z").prev]
)
def test_documents_and_unrolled_forms_have_all_steps(loss):
    z = sg.Intermediate("z")
    grad = sg.bptt(sg.Cell({z: sg.tanh(w * h.prev + x.prev), h: z + u * h.prev}), loss)
    assert all(sg.verify(claim).holds for claim in grad.derivation().claims)
    values = {"w": 0.5, "u": 0.25, "x": [1.0, 2.0], "h0": 1.5, "x0": -1.0}
    values |= {name: 0.75 for name in map(grad.name_of, grad.arguments) if name not in values}
    values |= {"target": [0.5, -0.5]} if "target" in values else {}
    found = grad.unroll(2)
    for parameter in (w, u):
        expected = grad.evaluate(values).gradients[parameter.name]
        assert_close(expected, grad.value_of(found.gradients[parameter], values), parameter.name)


# --- formulas -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "backend"), [("last", "numpy"), ("every", "compiled"), ("mean", "balls")])
def test_an_adjoint_is_compiled_by_itself(at, backend):
    z = sg.Intermediate("z")
    cell = sg.Cell({z: x.prev * h.prev, h: sg.tanh(w * h.at(sg.TIME - 2) + u * z.prev)})
    grad = sg.bptt(cell, (h - z.prev) ** 2, at)
    arguments = point(grad, 4, 0)
    exact = {k: float(v) if v.ndim == 0 else v.astype(object) for k, v in arguments.items()}
    for equation in grad.backward:
        found = doubles(sg.compile(equation, grad, backend=backend)(**arguments))
        with precision(100):
            expected = [grad.value_of(equation.left.at(step), exact) for step in range(1, 5)]
        assert_close(expected, found, str(equation))
    for equation in grad.final:
        with precision(100):
            expected = grad.value_of(equation.left, exact)
        assert_close(expected, sg.compile(equation, grad, backend=backend)(**arguments), str(equation))
    run = grad.compile()(**arguments)
    for argument in grad.arguments:
        found = sg.compile(grad.equation_of(argument), grad, backend=backend)(**arguments)
        assert_close(run.gradients[grad.name_of(argument)], found, str(argument))


ENDS = {
    "an input acts on the last loss through a state and without one": (sg.tanh(w * h.prev + x), h * u * x),
    "two targets": (sg.tanh(w * h.prev + x), (h - sg.Input("y")) * (h - sg.Input("y").prev)),
    "a loss of an input two steps later": (sg.tanh(w * h.prev + x), h.prev * x.at(sg.TIME + 2)),
    "a loss of an input two steps before": (sg.tanh(w * h.prev + x), h.prev * x.at(sg.TIME - 2)),
    "an input of the step before": (sg.tanh(w * h.prev + x.prev), h * x.prev),
    "an input of the step after": (sg.tanh(w * h.prev + x.next), (h - x) ** 2),
    "an input of both": (sg.tanh(w * h.prev + x.next * x.prev), h.prev * x.next),
}


@pytest.mark.parametrize("at", ["last", "every", "mean"])
@pytest.mark.parametrize("name", ENDS)
def test_what_is_printed_of_a_gradient_is_true_at_the_first_and_the_last_steps(name, at):
    update, loss = ENDS[name]
    grad = sg.bptt(sg.Cell({h: update}), loss, at)
    lines = [str(grad.equation_of(a)) for a in grad.arguments]
    judged = sg.check_backward(grad.cell, loss, at=at, gradients=lines)
    assert [line.verdict.outcome.name for line in judged.lines] == ["PROVED"] * len(lines), str(judged)
    demand_formulas_hold_at_all_lengths(grad)


@pytest.mark.parametrize("at", ["last", "every", "mean"])
def test_a_loss_divides_by_inputs_of_other_steps(at):
    loss = h / x.at(sg.TIME - 2) + h.prev / x.next
    demand_formulas_hold_at_all_lengths(sg.bptt(sg.Cell({h: sg.tanh(w * h.prev + x)}), loss, at))


def demand_formulas_hold_at_all_lengths(grad):
    for length in LENGTHS:
        outside = {grad.name_of(b): np.array(1.5) for b in grad.borders}
        demand_formulas_are_the_gradients(grad, outside | point(grad, length, 0))


@pytest.mark.one_in(3)
@pytest.mark.parametrize("kind", FAMILY, ids=str)
def test_a_gradient_is_one_formula_at_every_step(family, kind):
    for length in LENGTHS:
        demand_formulas_are_the_gradients(family[kind], point(family[kind], length, kind[0]))


def demand_formulas_are_the_gradients(grad, arguments):
    """What `grad[...]` gives has at each step the value of the gradient, in balls and in a program of its own."""
    expected = by_oracle(grad, arguments).gradients
    exact = {k: float(v) if v.ndim == 0 else v.astype(object) for k, v in arguments.items()}
    for key in grad.arguments:
        name, in_time = grad.name_of(key), getattr(key, "time", None) == sg.TIME
        assert_close(expected[name], sg.compile(grad.equation_of(key), grad)(**arguments), str(key))
        if in_time and grad[key].has(sg.TIME):
            assert_close(expected[name], sg.compile(grad[key], grad)(**arguments), str(key))
        with precision(100):
            known = doubles(expected[name][-1] if in_time else expected[name])
            assert_close(known, doubles(grad.value_of(grad[key], exact)).reshape(known.shape), str(key))


@pytest.mark.parametrize("backend", ["numpy", "compiled", "mpmath"])
def test_the_gradient_of_an_input_at_one_step_is_compiled(backend):
    cell = sg.Cell({h: sg.tanh(w * h.prev + x)})
    lines = ("dx[T] = delta[T] + u*h[T]", "dx[T-1] = delta[T-1]", "dx[2] = delta[2]", "dx[t] = delta[t]")
    grad = sg.bptt(cell, h * u * x)
    arguments = {"w": 0.5, "u": 2.0, "x": [1.0, 0.5, 0.25, -1.0], "h0": 0.25}
    expected = grad.compile()(**arguments).gradients["x"]
    judged = sg.check_backward(cell, h * u * x, gradients=lines).lines
    found = [sg.compile(line.equation, grad, backend=backend)(**arguments) for line in judged]
    for known, value in zip((expected[-1], expected[-2], expected[1], expected), found, strict=True):
        assert_close(known, value, backend)
    with pytest.raises(CellError, match="the formula is about step 2; this run has T = 1"):
        sg.compile(judged[2].equation, grad)(**(arguments | {"x": [1.0]}))


@pytest.mark.parametrize(("at", "expected"), [("last", [0, 0, 1]), ("every", [1, 1, 1]), ("mean", [1 / 3] * 3)])
def test_the_adjoint_of_the_loss_of_a_step_is_compiled(at, expected):
    grad = sg.bptt(sg.Cell({h: w * h.prev + x}), h, at)
    for options in ({}, {"backend": "balls"}, {"backend": "mpmath"}, {"scaled": True}):
        assert_close(np.array(expected), sg.compile(grad.loss_adjoint, grad, **options)(w=1, x=[1, 2, 3]), at)


def test_a_product_with_an_adjoint_of_no_step_asks_for_no_argument():
    grad = sg.bptt(sg.Cell({h: w * h.prev / x}), h)
    (share,) = (e.right for e in grad.backward if str(e.left) == "hbar[t]")
    assert_close(np.array([1 / 6, 1 / 3, 0.0]), sg.compile(share, grad)(w=1, x=[1, 2, 3]), "hbar[t+1]/x[t+1] at T")


def test_an_adjoint_without_its_loss_is_refused_in_one_line():
    grad = sg.bptt(sg.Cell({h: w * h.prev + x}), h)
    for what, about in (
        (grad.backward[0], None),
        (grad.backward[0], grad.cell),
        (grad.backward[0].right, grad.cell),
        (sg.symbols.adjoint("zbar", x), grad),
    ):
        with pytest.raises(CellError) as found:
            sg.compile(what, about)(w=1, x=[1, 2])
        assert "\n" not in str(found.value)


def test_formulas_look_at_other_steps_by_the_same_rule():
    cell = sg.Cell({h: h.prev + x})
    assert sg.compile(h.at(sg.TIME - 2) + x.next, cell)(x=[1, 2, 3], h0=10, h1=20, x_end=7).tolist() == [22, 13, 18]
    assert sg.compile(h.at(sg.LENGTH - 2), cell)(x=[1], h1=5) == 5
    assert sg.compile(h.at(2), cell)(x=[1, 2, 3]) == 3
    assert sg.compile(x.at(0), cell)(x=[1, 2, 3], x0=8) == 8
    with pytest.raises(CellError, match="the formula is about step 5; this run has T = 3"):
        sg.compile(h.at(5), cell)(x=[1, 2, 3])


# --- names --------------------------------------------------------------------------------------------------------


COLLISIONS = {
    "a parameter": ({h: h.prev * sg.Parameter("h0")}, "the parameter h0 has the name of the argument for h[0]"),
    "an input": ({h: h.at(sg.TIME - 2) + sg.Input("h1")}, "the input h1 has the name of the argument for h[-1]"),
    "a state": ({h: h.prev + x, sg.State("h0"): sg.State("h0").prev}, "the state h0 has the name of the argument"),
    "an input's": ({h: h.prev + x.next * sg.Parameter("x_end")}, "the parameter x_end has the name of the argument"),
    "two symbols": ({h: h.prev * w + Symbol("w")}, "two parameters are called w, with different assumptions"),
}


@pytest.mark.parametrize("name", COLLISIONS)
def test_a_name_that_two_arguments_would_have_is_refused_in_one_line(name):
    equations, says = COLLISIONS[name]
    with pytest.raises(CellError) as found:
        sg.Cell(equations)
    assert says in str(found.value)
    assert "\n" not in str(found.value)


def test_so_is_that_of_a_target():
    cell = sg.Cell({h: w * h.prev + x})
    for loss in (h * sg.Input("h0"), h * sg.Parameter("h0"), h * sg.Input("q").next * sg.Input("q_end")):
        with pytest.raises(CellError, match="has the name of the argument for"):
            sg.bptt(cell, loss)
    with pytest.raises(CellError, match="the cell has another w"):
        sg.bptt(cell, h * sg.Input("w"))


@pytest.mark.parametrize(
    "name",
    ["self", "loss", "sizes", "lambda", "T", "t", "hbar", "delta", "dw", "lossbar", "sent", "shared1", "given", "np"],
)
@pytest.mark.parametrize("kind", [sg.Parameter, sg.Input])
def test_every_name_that_is_ours_or_pythons_may_be_that_of_an_argument(kind, name):
    q = sg.State("q")
    grad = sg.bptt(sg.Cell({q: sg.tanh(kind(name) * q.prev + q.at(sg.TIME - 2))}), q * q.prev, at="every")
    plain = sg.bptt(sg.Cell({q: sg.tanh(kind("a") * q.prev + q.at(sg.TIME - 2))}), q * q.prev, at="every")
    value = [0.5, 0.7] if kind is sg.Input else 0.5
    sizes = {} if kind is sg.Input else {sg.LENGTH: 2}
    expected = plain.compile(sizes)(a=value, q0=0.3, q1=-0.2)
    for backend in ("numpy", "mpmath"):
        found = grad.compile(sizes, backend)(**{name: value, "q0": 0.3, "q1": -0.2})
        assert_close(expected.gradients["a"], found.gradients[name], name)
    given = [value, *([] if kind is sg.Input else [2])]
    _, gradients = pasted(grad.compile(sizes).program)(*given, q0=0.3, q1=-0.2)
    assert_close(expected.gradients["a"], gradients[name], name)


@pytest.mark.parametrize("name", ["loss", "shared1", "sent", "packed1", "result", "x_steps"])
def test_names_of_computed_values_are_not_taken_for_ours(name):
    n = 2
    s, y, made = sg.State("s", n), sg.Input("x", n), sg.Intermediate(name, n)
    a, b = sg.Parameter("A", n, n), sg.Parameter("B", n, n)
    equations = {made: sg.tanh(a @ s.prev + y.prev), s: sg.sigmoid(b @ s.prev + made) - sg.tanh(a @ s.prev)}
    grad = sg.bptt(sg.Cell(equations), sg.dot(sg.tanh(s), made.prev))
    arguments = point(grad, 3, 0)
    expected, found = by_oracle(grad, arguments), grad.compile()(**arguments)
    for argument, gradient in expected.gradients.items():
        assert_close(gradient, found.gradients[argument], argument)


def test_gradients_of_inputs_do_not_go_where_adjoints_are():
    d, bar = sg.State("d"), sg.Input("bar")
    grad = sg.bptt(sg.Cell({d: d.prev * 2 + bar}), d)
    assert grad.compile()(bar=[1, 2, 3]).gradients["bar"].tolist() == [4, 2, 1]


@pytest.mark.parametrize("layers", [2, 10, 11])
def test_stacks_of_any_number_of_layers_have_names_of_their_own(layers):
    cell = sg.stacked(*(sg.CELLS["tanh"].cell(2, 2) for _ in range(layers)))
    assert str(cell.states[0]) == ("h1[t]" if layers < 10 else "h01[t]")
    grad = sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)))
    names = [grad.name_of(a) for a in grad.arguments]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("number", [I, sg.real("y") * I])
def test_numbers_that_are_not_real_are_refused_when_the_cell_is_made(number):
    with pytest.raises(CellError, match="cells compute with real numbers"):
        sg.Cell({h: h.prev + number})
    with pytest.raises(CellError, match="cells compute with real numbers"):
        sg.bptt(sg.Cell({h: h.prev + x}), h * number)
