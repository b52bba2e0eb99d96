"""Gradients of cells with slices, rows, columns, single entries and 1 by 1 matrices against those of PyTorch.

Each formula is walked over in tensors of two axes, whatever its sizes are, by nothing that the package computes with.
"""

from functools import reduce

import numpy as np
import pytest
import sympy
import torch
from cells_of_size_one import SIZES, STEPS, TERMS, cell_of, point_of
from sympy.matrices.expressions.slice import MatrixSlice

from symgrad.symbols import LENGTH, TIME, Elementwise, LogSumExp, Softmax, Timed, shape_of

FUNCTIONS = {"tanh": torch.tanh, "exp": torch.exp, "sigmoid": torch.sigmoid, "sin": torch.sin}


def value(e, step, known, leaves):
    """A formula at a step: a matrix as a tensor of two axes, a scalar as one of none."""

    def of(part):
        return value(part, step, known, leaves)

    def size(part):
        return int(sympy.S(part).subs(known))

    kinds = {
        sympy.MatAdd: lambda: reduce(torch.add, map(of, e.args)),
        sympy.Add: lambda: reduce(torch.add, map(of, e.args)),
        sympy.Mul: lambda: reduce(torch.mul, map(of, e.args)),
        sympy.Pow: lambda: of(e.base) ** of(e.exp),
        sympy.MatPow: lambda: torch.linalg.matrix_power(of(e.base), int(e.exp)),
        sympy.HadamardProduct: lambda: reduce(torch.mul, map(of, e.args)),
        sympy.HadamardPower: lambda: of(e.base) ** float(e.exp),
        sympy.Transpose: lambda: of(e.arg).T,
        sympy.DiagMatrix: lambda: torch.diag(of(e.args[0]).ravel()),
        sympy.Trace: lambda: torch.trace(of(e.arg)),
        sympy.Identity: lambda: torch.eye(size(e.shape[0]), dtype=torch.float64),
        sympy.OneMatrix: lambda: torch.ones(*map(size, e.shape), dtype=torch.float64),
        sympy.ZeroMatrix: lambda: torch.zeros(*map(size, e.shape), dtype=torch.float64),
        sympy.MatrixBase: lambda: torch.tensor(np.array(e.tolist(), dtype=float)),
        sympy.BlockMatrix: lambda: torch.cat(
            [torch.cat([*map(of, e.blocks[i, :])], 1) for i in range(e.blockshape[0])]
        ),
        MatrixSlice: lambda: of(e.parent)[tuple(slice(size(a), size(b)) for a, b, _ in (e.rowslice, e.colslice))],
        Softmax: lambda: torch.softmax(of(e.argument), 0),
        LogSumExp: lambda: torch.logsumexp(of(e.argument), 0, keepdim=True),
        Elementwise: lambda: value(e.function.expr, step, known, {**leaves, e.function.variables[0]: of(e.argument)}),
        sympy.Function: lambda: FUNCTIONS[e.func.__name__](of(e.args[0])),
    }
    if e in leaves:
        return leaves[e]
    if isinstance(e, Timed):
        return leaves[e.key][step + int(e.time - TIME)]
    if isinstance(e, sympy.MatMul):
        matrices = [of(a) for a in e.args if isinstance(a, sympy.MatrixExpr)]
        scalars = [of(a) for a in e.args if not isinstance(a, sympy.MatrixExpr)]
        return reduce(torch.mul, scalars, reduce(torch.matmul, matrices))
    if e in (TIME, LENGTH):
        return torch.tensor(float(step if e == TIME else STEPS), dtype=torch.float64)
    for kind, rule in kinds.items():
        if isinstance(e, kind):
            return rule()
    return torch.tensor(float(sympy.S(e).subs(known)), dtype=torch.float64)


def in_torch(grad, known, point):
    """Loss and gradients."""
    tensors = {name: torch.tensor(a, dtype=torch.float64, requires_grad=True) for name, a in point.items()}
    leaves = {}
    for key in grad.arguments:
        tensor, shape = tensors[grad.name_of(key)], [int(sympy.S(k).subs(known)) for k in shape_of(key)]
        if not isinstance(key, Timed):
            leaves[key] = tensor.reshape(shape)
        elif key.time == TIME:
            leaves[key.key] = {k + 1: tensor[k].reshape(shape) for k in range(STEPS)}
        else:
            leaves.setdefault(key.key, {})[int(key.time)] = tensor.reshape(shape)
    loss = torch.zeros((), dtype=torch.float64)
    for step in range(1, STEPS + 1):
        for equation in grad.cell.equations:
            leaves.setdefault(equation.left.key, {})[step] = value(equation.right, step, known, leaves)
        loss = loss + value(grad.loss.term, step, known, leaves).reshape(())
    loss.backward()
    gradients = {name: t.grad if t.grad is not None else torch.zeros_like(t) for name, t in tensors.items()}
    return float(loss.detach()), {name: a.numpy() for name, a in gradients.items()}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("term", TERMS)
def test_gradients_agree_with_those_of_torch(term, sizes):
    grad, known = cell_of(term, sizes)
    point = point_of(grad, known)
    loss, gradients = in_torch(grad, known, point)
    output = grad.compile(known)(**point)
    assert abs(output.loss - loss) <= 1e-12
    for name, expected in gradients.items():
        found = np.asarray(output.gradients[name])
        assert found.shape == expected.shape, name
        assert np.abs(found - expected).max(initial=0) <= 1e-12, name
