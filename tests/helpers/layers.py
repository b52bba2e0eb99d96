"""Layers of recurrent networks, by their activation."""

import symgrad as sg

n, m = sg.dims("n m")
SHAPES = {"h": n, "x": m, "W": (n, n), "U": (n, m), "b": n}


def layer(activation):
    return sg.read_cell(f"h[t] = {activation}(W @ h[t-1] + U @ x[t] + b)", SHAPES)
