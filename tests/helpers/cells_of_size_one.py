"""A family of small cells: each operation on slices, rows, columns, single entries and 1 by 1 matrices.

Each term is a vector (n) that a step adds up; sizes 1 and 2 are given as numbers, or as symbols of which the arguments
tell that they are 1.
"""

from types import SimpleNamespace

import numpy as np
import sympy

import symgrad as sg
from symgrad.symbols import TIME, declared_shape
from symgrad.symbols.operations import summed

n, m = sg.dims("n m")
STEPS = 3
# What sizes are called, and what they are.
SIZES = {
    "n = 2, m = 1 in symbols": ((n, m), (2, 1)),
    "n = 1, m = 2 in symbols": ((n, m), (1, 2)),
    "both 1 in symbols": ((n, m), (1, 1)),
    "n = 2, m = 1": ((2, 1), (2, 1)),
    "n = 1, m = 2": ((1, 2), (1, 2)),
    "both 1": ((1, 1), (1, 1)),
    "n = 3 in symbols, m = 2": ((n, 2), (3, 2)),
}


def variables(rows, columns):
    """All that terms are made of."""
    return SimpleNamespace(
        n=rows,
        m=columns,
        h=sg.State("h", rows),
        s=sg.State("s"),
        q=sg.State("q", 1),
        x=sg.Input("x", columns),
        xs=sg.Input("xs"),
        W=sg.Parameter("W", rows, rows),
        U=sg.Parameter("U", rows, columns),
        v=sg.Parameter("v", rows),
        u=sg.Parameter("u", columns),
        r=sg.Parameter("r", 1, rows),
        P=sg.Parameter("P", 1, 1),
        k=sg.Parameter("k", 1),
        w=sg.Parameter("w"),
        one=sg.ones(rows),
    )


# Vectors (n), in terms of the variables.
TERMS = {
    "matrix times vector": lambda a: a.W @ a.h.prev + a.U @ a.x,
    "vector times slice of an input": lambda a: a.h.prev @ a.x[0:1, :],
    "vector times square": lambda a: a.h.prev @ (a.v.T @ a.v),
    "square times row, transposed": lambda a: ((a.v.T @ a.v) @ a.h.prev.T).T,
    "scalar times vector": lambda a: a.s.prev * a.h.prev + a.w * a.v,
    "scalar hadamard vector": lambda a: sg.hadamard(a.s.prev, a.h.prev),
    "number times scalar times vector": lambda a: 2 * a.xs * a.v / 3,
    "scalar times matrix": lambda a: (a.s.prev * a.W) @ a.h.prev,
    "first row": lambda a: a.v @ (a.W[0:1, :] @ a.h.prev),
    "first column": lambda a: a.W[:, 0:1],
    "first row as a column": lambda a: a.W[0:1, :].T,
    "column times row": lambda a: (a.W[:, 0:1] @ a.W[0:1, :]) @ a.h.prev,
    "row times column": lambda a: a.h.prev @ (a.W[0:1, :] @ a.W[:, 0:1]),
    "corner": lambda a: a.h.prev @ a.W[0:1, 0:1],
    "corner of a product": lambda a: a.v @ (a.W @ a.W)[0:1, 0:1],
    "slice of a sum": lambda a: a.v @ (a.h.prev + a.W @ a.v)[0:1, :],
    "last entry": lambda a: a.v @ a.h.prev[a.n - 1 : a.n, :],
    "slice of an activation": lambda a: a.v @ sg.tanh(a.h.prev)[0:1, :],
    "activation of a slice": lambda a: a.v @ sg.sigmoid(a.h.prev[0:1, :]),
    "outer product": lambda a: sg.outer(a.h.prev, a.v) @ a.v,
    "outer product with one entry": lambda a: sg.outer(a.h.prev, a.x[0:1, :]),
    "outer product of one entry": lambda a: sg.outer(a.x[0:1, :], a.h.prev).T,
    "outer product of single entries": lambda a: a.v @ sg.outer(a.x[0:1, :], a.h.prev[0:1, :]),
    "dot": lambda a: a.v @ sg.dot(a.v, a.h.prev),
    "dot of single entries": lambda a: a.v @ sg.dot(a.h.prev[0:1, :], a.x[0:1, :]),
    "summed": lambda a: a.one @ summed(a.h.prev),
    "summed of one entry": lambda a: a.one @ summed(a.h.prev[0:1, :]),
    "mean": lambda a: a.h.prev - a.one @ summed(a.h.prev) / a.n,
    "diagonal": lambda a: sympy.DiagMatrix(a.v) @ a.h.prev,
    "diagonal of one entry": lambda a: a.h.prev @ sympy.DiagMatrix(a.x[0:1, :]),
    "diagonal between matrices": lambda a: a.W @ sympy.DiagMatrix(a.h.prev) @ a.W.T @ a.v,
    "softmax": lambda a: sg.softmax(a.W @ a.h.prev),
    "softmax of one entry": lambda a: a.v @ sg.softmax(a.h.prev[0:1, :]),
    "logsumexp": lambda a: a.v @ sg.logsumexp(a.h.prev),
    "logsumexp of one entry": lambda a: a.v @ sg.logsumexp(a.h.prev[0:1, :]),
    "trace": lambda a: sympy.Trace(a.W) * a.h.prev,
    "trace of a square": lambda a: sympy.Trace(a.v.T @ a.h.prev) * a.v,
    "trace of an entry": lambda a: sympy.Trace(a.x[0:1, :]) * a.h.prev,
    "matrix of one entry": lambda a: a.v @ a.P,
    "matrix of one entry times an entry": lambda a: a.v @ (a.P @ a.x[0:1, :]),
    "transposed matrix of one entry": lambda a: (a.P.T @ a.h.prev.T).T,
    "row parameter": lambda a: a.v @ (a.r @ a.h.prev),
    "row parameter as a column": lambda a: a.r.T + sg.hadamard(a.r.T, a.h.prev),
    "outer product by a row parameter": lambda a: (a.h.prev @ a.r) @ a.v,
    "state of one entry": lambda a: a.v @ a.q.prev,
    "state of one entry transposed": lambda a: (a.q.prev.T @ a.v.T).T,
    "one less a state of one entry": lambda a: a.v @ (1 - a.q.prev),
    "product entry by entry of single entries": lambda a: a.v @ sg.hadamard(a.q.prev, a.x[0:1, :], a.h.prev[0:1, :]),
    "concatenation of slices": lambda a: sg.concatenate(a.h.prev[0:1, :], a.W @ a.h.prev)[0 : a.n, :],
    "concatenation of entries and a slice of it": lambda a: (
        a.v @ sg.concatenate(a.x[0:1, :], a.q.prev, a.h.prev[0:1, :])[1:2, :]
    ),
    "slice of a concatenation": lambda a: sg.concatenate(a.q.prev, a.h.prev)[0 : a.n, :],
    "slice of a slice": lambda a: a.v @ a.h.prev[0 : a.n, :][0:1, :],
    "hadamard of a row and a column": lambda a: sg.hadamard(a.h.prev.T, a.r).T,
    "sum of rows": lambda a: (a.h.prev.T + a.r).T,
    "column of ones": lambda a: a.one @ (a.one.T @ a.h.prev) + a.one,
    "identity": lambda a: (a.W + sympy.Identity(a.n)) @ a.h.prev,
    "zero": lambda a: a.h.prev + sympy.ZeroMatrix(a.n, 1),
    "division by a root of a square": lambda a: a.h.prev / sympy.sqrt(1 + sympy.Trace(sg.dot(a.h.prev, a.h.prev))),
    "step and length": lambda a: (TIME / sg.LENGTH) * a.h.prev,
    "function of one entry": lambda a: a.v @ sg.elementwise(sympy.exp, a.q.prev - a.x[0:1, :]),
    "square of each entry": lambda a: sg.hadamard(a.h.prev, a.h.prev) - sg.hadamard(a.one, a.v),
    "slice of a parameter": lambda a: a.v @ a.u[0:1, :] + sg.hadamard(a.v, a.U[:, 0:1]),
    "slice of a row": lambda a: a.v @ a.r[:, 0:1],
    "entries": lambda a: a.x[0, 0] * a.h.prev + a.W[0, a.n - 1] * a.v,
    "entry of a row and of a matrix of one entry": lambda a: a.r[0, 0] * a.P[0, 0] * a.h.prev,
    "whole power of a matrix": lambda a: (a.W**3) @ a.h.prev,
    "powers of one entry": lambda a: a.v @ a.q.prev**2 + a.v @ (a.k**-2 / 9),
    "quotient by one entry": lambda a: a.h.prev / a.k + a.v @ (1 / a.k),
    "quotient by a root": lambda a: a.h.prev / sympy.sqrt(sg.dot(a.v, a.v)),
    "matrices side by side": lambda a: sympy.BlockMatrix([[a.W, a.h.prev]]) @ sg.concatenate(a.v, a.q.prev),
    "matrices in two rows": lambda a: (
        sympy.BlockMatrix([[a.W, a.v], [a.r, a.P]]) @ sg.concatenate(a.h.prev, a.q.prev)
    )[0 : a.n, :],
    "matrix of numbers": lambda a: a.v @ (sympy.Matrix([[1, -2]]) @ sg.concatenate(a.q.prev, a.x[0:1, :])),
    "number of one entry": lambda a: sympy.Matrix([[3]]) @ a.h.prev.T @ a.W if a.n == 1 else a.v @ sympy.Matrix([[3]]),
    "decimals": lambda a: 0.5 * a.h.prev + 0.25 * a.one + (a.v - 0.125),
    "vector times squares of an entry": lambda a: a.h.prev @ a.q.prev @ a.q.prev + a.v @ a.x[0:1, :] ** 2 - a.h.prev,
    "Oja's rule": lambda a: (a.v - a.h.prev @ a.q.prev) @ a.q.prev / 3,
}

LOSSES = {
    "half squared error": lambda a: sg.half_squared_error(a.h),
    "first entry": lambda a: a.h[0:1, :] @ a.x[0:1, :],
    "trace": lambda a: sympy.Trace(sg.outer(a.h, a.v)) * a.w,
}


def cell_of(terms, sizes, loss="half squared error"):
    """The gradients of a cell with a term, or with several, and the sizes that its arguments show."""
    (names, numbers) = SIZES[sizes]
    a = variables(*names)
    names_of_terms = [terms] if isinstance(terms, str) else terms
    added = a.v
    for term in names_of_terms:
        added = added + TERMS[term](a) / len(names_of_terms)
    cell = sg.Cell(
        {
            a.h: sg.tanh(added),
            a.s: sg.tanh(a.w * a.s.prev + a.xs),
            a.q: sg.sigmoid(a.P @ a.q.prev + a.x[0:1, :]),
        },
        name=", ".join(names_of_terms),
    )
    known = {name: number for name, number in zip(names, numbers) if not isinstance(name, int)}
    return sg.bptt(cell, LOSSES[loss](a), at="every"), known


def point_of(grad, known, seed=0):
    """Arguments by name, as users give them."""
    generator = np.random.default_rng(seed)
    found = {}
    for key in grad.arguments:
        shape = tuple(int(sympy.S(size).subs(known)) for size in declared_shape(key))
        steps = (STEPS,) if getattr(key, "time", None) == TIME else ()
        name = grad.name_of(key)
        found[name] = (name == "k") + 0.5 * generator.standard_normal((*steps, *shape))
    return found
