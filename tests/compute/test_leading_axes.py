"""A formula of a cell at many points at once is what it is at each point alone, whatever stands in the cell."""

import numpy as np
import pytest
import sympy

import symgrad as sg

STEPS, POINTS = 4, 3
(n,) = sg.dims("n")
h, z, x = sg.State("h"), sg.Intermediate("z"), sg.Input("x")
w, k = sg.Parameter("w"), sg.Parameter("k")
v, u, W = sg.State("v", n), sg.Intermediate("u", n), sg.Parameter("W", n, n)
product, gate = W @ v.prev, sg.tanh(w * h.prev)

CELLS = {
    "a minus before an input": {h: sg.tanh(w * h.prev - x)},
    "first of all": {h: -x + w * h.prev},
    "before an input of another step": {h: sg.tanh(w * h.prev - x.prev)},
    "before a square": {h: w * h.prev - x**2},
    "before a gate": {z: sg.sigmoid(x), h: w * h.prev - z},
    "before a parameter": {h: w * h.prev - k},
    "before a product": {h: w * h.prev - k * x},
    "in a factor": {h: (1 - x.prev) * h.prev},
    "before all": {h: -x - w * h.prev},
    "before what stands there without it too": {h: sympy.exp(-gate) - gate + x},
    "before what is used before and behind": {h: sg.sin(gate) - gate + sympy.exp(-gate) * gate - k * gate},
    "two of them": {h: (x - gate) * (k - gate) - gate},
    "a constant of an activation": {v: sg.gelu_tanh(product)},
    "selu": {v: sg.selu(product)},
    "a root": {v: sympy.sqrt(2) * product},
    "a root of pi, above and below": {v: sympy.sqrt(sympy.pi) * sg.tanh(product) / sympy.sqrt(2)},
    "e": {v: sympy.E * product},
    "a root of a size": {v: product / sympy.sqrt(n)},
    "a constant alone": {v: sg.tanh(product) + sympy.sqrt(3) * sg.ones(n)},
    "a named constant": {u: sg.tanh(product) * sympy.sqrt(5), v: sg.gelu(u) - u},
}
SHAPES = {"x": (STEPS,), "W": (2, 2), "v0": (2,)}


def point(names, lead):
    chance = np.random.default_rng(5)
    return {name: chance.uniform(0.2, 0.9, (*lead, *SHAPES.get(name, ()))) for name in names}


def formulas(cell, state):
    """The state, its Jacobian, and the backward equations."""
    gradients = sg.bptt(cell, sg.dot(state, state) if state is v else state)
    yield "the last state", state.at(sg.LENGTH), cell
    yield "every state", state, cell
    yield "the Jacobian", sg.state_jacobian(state.at(sg.LENGTH), state.at(0)), cell
    yield "an adjoint", gradients.backward[0], gradients
    yield "a gradient", gradients.equation_of(W if state is v else w if "w" in cell.names else x), gradients


@pytest.mark.one_in(3)
@pytest.mark.parametrize("backend", ["numpy", "compiled"])
@pytest.mark.parametrize("name", CELLS)
def test_points_at_once_are_as_points_alone(name, backend):
    if backend == "compiled":
        pytest.importorskip("llvmlite")
    state = v if v in CELLS[name] else h
    for what, formula, home in formulas(sg.Cell(CELLS[name]), state):
        names = sg.compile(formula, home).program.arguments
        sizes = {} if "x" in names else {sg.LENGTH: STEPS}
        compiled = sg.compile(formula, home, sizes, backend=backend)
        given = point(names, (POINTS,))
        found = compiled(**given)
        for place in range(POINTS):
            alone = compiled(**{key: array[place] for key, array in given.items()})
            sides = zip(found, alone) if isinstance(found, tuple) else [(found, alone)]
            for several, single in sides:
                assert several[place] == pytest.approx(single, rel=1e-12), what
