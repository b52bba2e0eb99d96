"""Entries at numbered places in index notation: slices, blocks and diagonals of few entries, and what follows."""

import pytest
import sympy

import symgrad as sg
from symgrad.recurrent.forms.index_notation import Reader
from symgrad.recurrent.forms.named_sums import NamedSums

n, m = sg.dims("n m")
a, b, h, x = sg.State("a", 2), sg.State("b", 3), sg.State("h", n), sg.Input("x", n)
W, M = sg.Parameter("W", 2, n), sg.Parameter("M", 2, 2)
beside = sympy.BlockMatrix([[h.prev, x]])
diag, ones = sympy.DiagMatrix, sympy.OneMatrix
first, second = a[0:1, :], a[1:2, :]

EQUAL = {
    "entries add up": (first + second, ones(1, 2) @ a),
    "entries of a softmax add up": (sg.softmax(a)[0:1, :] + sg.softmax(a)[1:2, :], ones(1, 2) @ sg.softmax(a)),
    "columns beside one another": (beside @ a, h.prev @ first + x @ second),
    "columns and a diagonal": (beside @ diag(a) @ W, h.prev @ first @ W[0:1, :] + x @ second @ W[1:2, :]),
    "a diagonal of a function": (diag(sg.tanh(a))[0:1, 0:1], sg.tanh(first)),
    "a place off the diagonal": (diag(a)[0:1, 1:2], sympy.ZeroMatrix(1, 1)),
    "an entry of a product": ((M @ a)[0:1, :], M[0:1, 0:1] @ first + M[0:1, 1:2] @ second),
    "rows of a product": (beside.T @ x, sg.concatenate(h.prev.T @ x, x.T @ x)),
    "a matrix of numbers": (
        sympy.Matrix([[1, 2], [3, 4]]) @ a,
        sg.concatenate(first + 2 * second, 3 * first + 4 * second),
    ),
    "a matrix of blocks": (
        sympy.BlockMatrix([[W, a], [h.prev.T, x.T @ x]]) @ sg.concatenate(x, b[0:1, :]),
        sg.concatenate(W @ x + a @ b[0:1, :], h.prev.T @ x + x.T @ x @ b[0:1, :]),
    ),
}
OTHER = {
    "an entry for another": (first + second, 2 * first),
    "two of three entries": (b[0:1, :] + b[1:2, :], ones(1, 3) @ b),
    "columns in the other order": (beside @ a, h.prev @ second + x @ first),
    "a diagonal left out": (beside @ diag(a) @ W, beside @ W),
    "a function of another entry": (diag(sg.tanh(a))[0:1, 0:1], sg.tanh(second)),
    "rows in the other order": (beside.T @ x, sg.concatenate(x.T @ x, h.prev.T @ x)),
    "a place on the diagonal": (diag(a)[0:1, 0:1], sympy.ZeroMatrix(1, 1)),
    "a matrix and its transpose": (sympy.Matrix([[1, 2], [3, 4]]) @ a, sympy.Matrix([[1, 3], [2, 4]]) @ a),
}


@pytest.mark.parametrize("name", EQUAL)
def test_what_is_equal_entry_by_entry_is_equal(name):
    left, right = EQUAL[name]
    assert Reader().equal(left, right)


@pytest.mark.parametrize("sums", [None, NamedSums()])
@pytest.mark.parametrize("name", OTHER)
def test_what_is_not_is_not(name, sums):
    left, right = OTHER[name]
    assert not Reader(None, sums).equal(left, right)


def test_what_has_no_form_is_not_shown_to_be_equal():
    """It stood under its text as a name, in which no step was moved."""
    whole = sympy.KroneckerProduct(h, x)
    assert not Reader().equal(whole, whole)


ATTENTION = """a[t] = softmax(A @ h[t-1] + d)
c[t] = blocks([[x[t-1], x[t]]]) @ a[t]
h[t] = tanh(W @ h[t-1] + U @ c[t] + b)"""
SHAPES = {"a": 2, "A": (2, n), "d": 2, "x": m, "c": m, "h": n, "W": (n, n), "U": (n, m), "b": n}


def test_attention_to_two_inputs_is_proved():
    """Its document took more than a minute, and five of its forms were left undecided."""
    grad = sg.bptt(sg.read_cell(ATTENTION, SHAPES), sg.half_squared_error(h))
    assert {sg.verify(claim).outcome for claim in grad.derivation().claims} == {sg.Outcome.PROVED}
    assert {line.verdict.outcome for line in grad.prove_forms()} == {sg.Outcome.PROVED}
