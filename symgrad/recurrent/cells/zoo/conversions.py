"""Weights of torch.nn.RNN, LSTM and GRU as arguments of our cells by name, and back; arrays, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from symgrad.base.errors import CellError, ShapeError
from symgrad.base.kinds import demand, shown
from symgrad.base.untyped import Array

Arrays: TypeAlias = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Layout:
    """How torch stacks the gates of a module in the rows of its weights.

    Attributes
    ----------
    module : str
    gates : tuple of str
        Our subscripts in the order of torch; one empty subscript where there are no gates.
    own_bias : mapping of str to str
        Gates whose recurrent bias has a name of its own; those of all others are added to the bias of the input.
    """

    module: str
    gates: tuple[str, ...]
    own_bias: Mapping[str, str]

    def name(self, letter: str, gate: str) -> str:
        return f"{letter}_{gate}" if gate else letter


# torch: LSTM i, f, g, o; GRU r, z, n, where n is our candidate g and its recurrent bias b_hn is our b_q.
LAYOUTS = {
    "tanh": Layout("torch.nn.RNN", ("",), {}),
    "relu": Layout("torch.nn.RNN", ("",), {}),
    "lstm": Layout("torch.nn.LSTM", ("i", "f", "g", "o"), {}),
    "gru_reset_after": Layout("torch.nn.GRU", ("r", "z", "g"), {"g": "b_q"}),
}


def from_torch(cell: str, weights: Mapping[str, Array], layer: int = 0, *, reverse: bool = False) -> Arrays:
    """The arguments of one of our cells that a state of torch holds for one layer.

    Parameters
    ----------
    cell : str
        "tanh" or "relu" for torch.nn.RNN, "lstm" for torch.nn.LSTM, "gru_reset_after" for torch.nn.GRU.
    weights : mapping of str to array
        ``module.state_dict()`` with its tensors as arrays: ``weight_ih_l0`` and so on. Biases may be missing, and are
        zero then.
    layer : int
        The layer of a stacked module, counted from 0 as in the names of torch.
    reverse : bool
        Whether the direction of a bidirectional layer that runs in reverse is meant.

    Returns
    -------
    dict of str to array
        Recurrent weights (n, n), input weights (n, m) and biases (n,) by the names of the cell. torch has two biases
        where we have one: ours is their sum. The GRU has one bias more, ``b_q``, the recurrent one of its candidate.

    Raises
    ------
    CellError
        If torch has no such cell, or a weight is missing.
    ShapeError
        If a weight has no rows for all gates; it shows the shape that came and the one that is wanted.

    Examples
    --------
    >>> import numpy as np
    >>> import symgrad as sg
    >>> weights = {"weight_ih_l0": np.ones((8, 3)), "weight_hh_l0": np.ones((8, 2))}
    >>> sg.from_torch("lstm", weights)["U_f"].shape
    (2, 3)
    """
    layout = _layout(cell)
    parts = {kind: _rows(layout, weights, kind, layer, reverse) for kind in ("weight_ih", "weight_hh")}
    size = parts["weight_hh"][0].shape[0]
    parts |= {kind: _rows(layout, weights, kind, layer, reverse, size) for kind in ("bias_ih", "bias_hh")}
    found = {}
    for place, gate in enumerate(layout.gates):
        found[layout.name("W", gate)] = parts["weight_hh"][place]
        found[layout.name("U", gate)] = parts["weight_ih"][place]
        given, recurrent = parts["bias_ih"][place], parts["bias_hh"][place]
        own = layout.own_bias.get(gate)
        found[layout.name("b", gate)] = given if own else given + recurrent
        if own:
            found[own] = recurrent
    return found


def to_torch(cell: str, arguments: Mapping[str, object], layer: int = 0, *, reverse: bool = False) -> Arrays:
    """The state of torch for one layer that has the weights of our cell.

    Where torch has two biases and we have one, ours goes to the input and the recurrent one is zero, so that
    ``from_torch(cell, to_torch(cell, arguments))`` gives the arguments back.

    Parameters
    ----------
    cell : {"tanh", "relu", "lstm", "gru_reset_after"}
        The name of the cell in `CELLS`.
    arguments : mapping of str to array
        All weights and biases by the names of the cell; others, such as ``x`` and ``h0``, are passed over.
    layer : int
        The layer of a stacked module, counted from 0.
    reverse : bool
        Whether the names are those of the direction that runs in reverse.

    Returns
    -------
    dict of str to array
        ``weight_ih_l0`` and so on, gates stacked in rows in the order of torch. For ``module.load_state_dict`` make
        tensors of them.

    Raises
    ------
    CellError
        If torch has no such cell, or an argument is missing.

    Examples
    --------
    >>> import numpy as np
    >>> import symgrad as sg
    >>> state = sg.to_torch("tanh", {"W": np.eye(2), "U": np.ones((2, 1)), "b": np.ones(2)})
    >>> state["bias_ih_l0"], state["bias_hh_l0"]
    (array([1., 1.]), array([0., 0.]))
    """
    return _stacked(_layout(cell), arguments, layer, reverse, same_bias=False)


def gradients_to_torch(cell: str, gradients: Mapping[str, object], layer: int = 0, *, reverse: bool = False) -> Arrays:
    """Gradients by the names of our cell as those that torch has: each of two added biases has the gradient of the sum.

    Parameters
    ----------
    cell : {"tanh", "relu", "lstm", "gru_reset_after"}
        The name of the cell in `CELLS`.
    gradients : mapping of str to array
        `Output.gradients` of a run; all those of weights and biases are needed, others are passed over.
    layer : int
        The layer of a stacked module, counted from 0.
    reverse : bool
        Whether the names are those of the direction that runs in reverse.

    Returns
    -------
    dict of str to array
        What ``{name: p.grad for name, p in module.named_parameters()}`` has for this layer after ``backward()``.

    Raises
    ------
    CellError
        If torch has no such cell, or a gradient is missing.

    Examples
    --------
    >>> import numpy as np
    >>> import symgrad as sg
    >>> found = sg.gradients_to_torch("tanh", {"W": np.eye(2), "U": np.ones((2, 1)), "b": np.ones(2)})
    >>> found["bias_hh_l0"]
    array([1., 1.])
    """
    return _stacked(_layout(cell), gradients, layer, reverse, same_bias=True)


def _layout(cell: str) -> Layout:
    if not isinstance(cell, str) or cell not in LAYOUTS:
        raise CellError(f"torch has no module for the cell {shown(cell)}; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[cell]


def _ending(layer: int, reverse: bool) -> str:
    return f"_l{layer}{'_reverse' if reverse else ''}"


def _rows(
    layout: Layout, weights: Mapping[str, Array], kind: str, layer: int, reverse: bool, size: int | None = None
) -> list[Array]:
    """The rows of each gate; zero for biases that are not there."""
    demand(Mapping, weights, "weights are a mapping of name to array, as module.state_dict()")
    name, count = kind + _ending(layer, reverse), len(layout.gates)
    if name not in weights:
        if size is not None:
            return [np.zeros(size)] * count
        raise CellError(f"{layout.module} has a weight {name}; got {', '.join(weights)}")
    array = np.asarray(weights[name])
    if len(array) % count or (size is not None and array.shape != (count * size,)):
        wanted = (count * size,) if size is not None else (count * (len(array) // count), *array.shape[1:])
        raise ShapeError(f"{name} of {layout.module} has rows for {count} gates", name, (array.shape, wanted))
    return list(np.split(array, count))


def _stacked(layout: Layout, arrays: Mapping[str, object], layer: int, reverse: bool, *, same_bias: bool) -> Arrays:
    demand(Mapping, arrays, "arguments and gradients are mappings of name to array")
    wanted = [layout.name(letter, gate) for gate in layout.gates for letter in "WUb"] + [*layout.own_bias.values()]
    missing = [name for name in wanted if name not in arrays]
    if missing:
        raise CellError(f"the argument {missing[0]} is missing; {layout.module} needs {', '.join(wanted)}")
    columns: dict[str, list[Any]] = {"weight_ih": [], "weight_hh": [], "bias_ih": [], "bias_hh": []}
    for gate in layout.gates:
        bias, own = np.asarray(arrays[layout.name("b", gate)]), layout.own_bias.get(gate)
        recurrent = np.asarray(arrays[own]) if own else bias if same_bias else np.zeros_like(bias)
        columns["weight_ih"].append(np.asarray(arrays[layout.name("U", gate)]))
        columns["weight_hh"].append(np.asarray(arrays[layout.name("W", gate)]))
        columns["bias_ih"].append(bias)
        columns["bias_hh"].append(recurrent)
    return {kind + _ending(layer, reverse): np.concatenate(parts) for kind, parts in columns.items()}
