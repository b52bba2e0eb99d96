"""Proofs about cells with values within a step that are made of one another: their work follows the equations.

Multiplied out, the Jacobian of a step has a term for each path through its equations, and those double with each block.
"""

import pytest

import symgrad as sg
from symgrad.recurrent.forms.monomials import Form

n, m = sg.dims("n m")
DEPTHS = (1, 2, 3, 4)


def residual(depth, before, drive):
    """One more layer on top of what goes through."""
    weights = sg.Parameter(f"A_{depth}", n, n)
    return {}, sg.tanh(weights @ before + drive) + before


def highway(depth, before, drive):
    """A layer and a gate, both of what goes through."""
    layer, gate = sg.Intermediate(f"u_{depth}", n), sg.Intermediate(f"g_{depth}", n)
    weights, gates = sg.Parameter(f"A_{depth}", n, n), sg.Parameter(f"G_{depth}", n, n)
    equations = {layer: sg.tanh(weights @ before + drive), gate: sg.sigmoid(gates @ before)}
    return equations, sg.hadamard(layer, gate) + sg.hadamard(before, 1 - gate)


def deep(block, depth, at):
    state, drive = sg.State("h", n), sg.Input("x", m)
    equations, value = {}, state.prev
    for k in range(1, depth + 1):
        name = state if k == depth else sg.Intermediate(f"p_{k}", n)
        more, right = block(k, value, sg.Parameter("U", n, m) @ drive if k == 1 else sg.Parameter(f"b_{k}", n))
        equations |= more | {name: right}
        value = name
    return sg.bptt(sg.Cell(equations), sg.half_squared_error(state), at).derivation()


@pytest.fixture
def terms_made(monkeypatch):
    """How many terms were made in products of index notation."""
    made = []
    multiply = Form.__mul__

    def counting(form, other):
        found = multiply(form, other)
        made.append(len(found.terms))
        return found

    monkeypatch.setattr(Form, "__mul__", counting)
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("block", "at"), [(residual, "every"), (highway, "last")])
def test_every_line_is_proved_and_the_work_follows_the_equations(block, at, terms_made):
    work = []
    for depth in DEPTHS:
        terms_made.clear()
        claims = deep(block, depth, at).claims
        assert {sg.verify(claim).outcome for claim in claims} == {sg.Outcome.PROVED}
        work.append(sum(terms_made) / len(claims))
    assert max(work) < 3 * work[0]  # of one line, on average
