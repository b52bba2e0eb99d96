"""Long short-term memory: without and with forget gate, with peepholes, with coupled gates."""

from __future__ import annotations

from sympy import Expr

from symgrad.recurrent.cells.zoo.rows import CellRow, Names
from symgrad.symbols import hadamard, tanh

GATES = {"i": "input gate", "f": "forget gate", "o": "output gate", "g": "candidate"}
FORMS = "Greff, Srivastava, Koutnik, Steunebrink, Schmidhuber, LSTM: a search space odyssey (2017)"


def _cell_state(names: Names) -> tuple[Expr, Expr, Expr]:
    return names.state("c", meaning="cell state"), names.state(), names.input()


def _candidate(names: Names, h: Expr, x: Expr) -> tuple[Expr, Expr]:
    return names.gate("g", GATES["g"], names.affine(h.prev, x, "g", GATES["g"]), tanh)


def _gate(names: Names, gate: str, h: Expr, x: Expr, peep: Expr | None = None) -> tuple[Expr, Expr]:
    """A gate; it may look at a cell state through peepholes."""
    preactivation = names.affine(h.prev, x, gate, GATES[gate])
    if peep is not None:
        preactivation += hadamard(names.vector(f"p_{gate}", f"peepholes of the {GATES[gate]}"), peep)
    return names.gate(gate, GATES[gate], preactivation)


def _first(names: Names) -> dict[Expr, Expr]:
    c, h, x = _cell_state(names)
    (i, i_is), (o, o_is), (g, g_is) = _gate(names, "i", h, x), _gate(names, "o", h, x), _candidate(names, h, x)
    return {i: i_is, o: o_is, g: g_is, c: c.prev + hadamard(i, g), h: hadamard(o, tanh(c))}


def _forgetting(names: Names) -> dict[Expr, Expr]:
    c, h, x = _cell_state(names)
    (i, i_is), (f, f_is), (o, o_is) = (_gate(names, gate, h, x) for gate in "ifo")
    g, g_is = _candidate(names, h, x)
    kept = hadamard(f, c.prev) + hadamard(i, g)
    return {i: i_is, f: f_is, o: o_is, g: g_is, c: kept, h: hadamard(o, tanh(c))}


def _peepholes(names: Names) -> dict[Expr, Expr]:
    c, h, x = _cell_state(names)
    (i, i_is), (f, f_is) = (_gate(names, gate, h, x, c.prev) for gate in "if")
    (g, g_is), (o, o_is) = _candidate(names, h, x), _gate(names, "o", h, x, c)
    kept = hadamard(f, c.prev) + hadamard(i, g)
    return {i: i_is, f: f_is, g: g_is, c: kept, o: o_is, h: hadamard(o, tanh(c))}


def _coupled(names: Names) -> dict[Expr, Expr]:
    c, h, x = _cell_state(names)
    (i, i_is), (o, o_is), (g, g_is) = _gate(names, "i", h, x), _gate(names, "o", h, x), _candidate(names, h, x)
    kept = hadamard(1 - i, c.prev) + hadamard(i, g)
    return {i: i_is, o: o_is, g: g_is, c: kept, h: hadamard(o, tanh(c))}


ROWS = (
    CellRow(
        "lstm_1997",
        "LSTM without forget gate",
        _first,
        "Hochreiter, Schmidhuber, Long short-term memory, Neural Computation 9 (1997)",
        "tanh squashes the candidate and the cell state, where the paper has logistic functions stretched to (-2, 2) "
        "and (-1, 1); gradients are the full ones, where the paper cuts those through the gates",
    ),
    CellRow(
        "lstm",
        "LSTM",
        _forgetting,
        "Gers, Schmidhuber, Cummins, Learning to forget, Neural Computation 12 (2000)",
        "tanh squashes the candidate and the cell state; torch.nn.LSTM with one bias for each gate",
    ),
    CellRow(
        "lstm_peephole",
        "LSTM with peepholes",
        _peepholes,
        "Gers, Schmidhuber, Recurrent nets that time and count (2000)",
        "input and forget gate look at the cell state of the step before, the output gate at the present one; tanh "
        "squashes the candidate and the cell state",
    ),
    CellRow(
        "lstm_coupled",
        "LSTM with coupled input and forget gate",
        _coupled,
        FORMS,
        "the forget gate is 1 - i; no peepholes, which the paper leaves in",
    ),
)
