"""Errors and values travel: pickled, copied, and to and from other processes, they are what they were."""

import copy
import dataclasses
import inspect
import pickle
import pkgutil
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context

import flint
import mpmath
import numpy as np
import pytest
import sympy
from sympy import Pow, Rational

import symgrad as sg
from symgrad.base.budget import Budget, Spent
from symgrad.checking.reports import Check, NotRead

WAYS = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {p}": lambda v, p=p: pickle.loads(pickle.dumps(v, p)) for p in range(2, pickle.HIGHEST_PROTOCOL + 1)},
}


def every_class_of_errors():
    for module in pkgutil.walk_packages(sg.__path__, "symgrad."):
        if "templates" not in module.name and "__main__" not in module.name:
            import_module(module.name)

    def below(kind):
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    found = {kind for kind in below(BaseException) if kind.__module__.startswith("symgrad")}
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


# What constructors of errors take, by the names of their parameters.
FACTS = {
    "text": "sin(", "column": 5, "reason": "a bracket is missing", "path": "a.py", "line": 3, "what": "W @ h",
    "operation": "@", "shapes": (("n", "m"), ("n",)), "wanted": "a sweep", "library": "zarr", "extra": "scale",
    "name": "mine", "package": "theirs", "kind": "backend", "digits": 50, "bits": 4096, "variable": "k",
    "label": "slope", "budget": Budget(10.0, 11.0), "asked": sympy.Symbol("x") - 1,
    "of": sympy.Symbol("x"), "is_certain": True,
}  # fmt: skip


def error_of(kind):
    taken = inspect.signature(kind.__init__).parameters
    given = [FACTS[name] for name, p in taken.items() if name != "self" and p.kind is p.POSITIONAL_OR_KEYWORD]
    error = kind(*given) if given else kind("what went wrong, and what to do")
    error.add_note("while a test was running")
    return error


def facts_of(error):
    return type(error), str(error), error.args, {k: v for k, v in vars(error).items() if k != "budget"}


@pytest.mark.parametrize("kind", every_class_of_errors(), ids=lambda kind: kind.__qualname__)
def test_every_error_travels(kind):
    error = error_of(kind)
    for way in WAYS.values():
        assert facts_of(way(error)) == facts_of(error)


def test_a_budget_that_is_spent_travels_without_what_was_found():
    budget = Budget(10.0, 11.0, {"a": object()})
    again = pickle.loads(pickle.dumps(Spent(budget)))
    assert (again.budget.limit, again.budget.spent, again.budget.memory) == (10.0, 11.0, {})


def _fails(text):
    return sg.parse(text)


@pytest.fixture(scope="module")
def another_process():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


def test_an_error_comes_out_of_a_pool_of_processes(another_process):
    with pytest.raises(sg.ParseError) as raised:
        another_process.submit(_fails, "sin(").result(timeout=600)
    assert (raised.value.text, raised.value.column) == ("sin(", 5)
    assert another_process.submit(_fails, "x").result(timeout=600) == sg.parse("x")


# --- values ---------------------------------------------------------------------------------------------------

x, T = sg.real("x", "input"), sg.integer("T")
n, m = sg.dims("n m")
h, w, u = sg.State("h"), sg.Parameter("w"), sg.Input("x")
H, X, W, U = sg.State("h", n), sg.Input("x", m), sg.Parameter("W", n, n), sg.Parameter("U", n, m)
SCALAR, VECTOR = sg.Cell({h: sg.tanh(w * h.prev + u)}), sg.Cell({H: sg.tanh(W @ H.prev + U @ X)})
GRAD, GRADS = sg.bptt(SCALAR, h), sg.bptt(VECTOR, sg.half_squared_error(H))
POINT = {"w": 0.5, "x": [1.0, 2.0], "h0": 0.1}
UNEVALUATED = Pow(Rational(1, 4), 100, evaluate=False)


def used(run, **given):
    run(**given)
    return run


def derivation():
    return sg.Derivation(
        "Title",
        sg.prose("The slope {s} at {x}.", s=UNEVALUATED, x=x),
        sg.chain(sg.sigmoid(x).diff(x), sg.at_most(Rational(1, 4), by="the square", equality_at={x: 0})),
        sg.erratum("1/(1 - exp(-x)) == sigmoid(x)", source="slides", remark="the sign"),
        sg.figure("F", sg.curve(sg.sigmoid(x), x, -4, 4, label="s"), x_label=x, y_label=sg.sigmoid(x), alt="an S"),
        source="slides",
    )


MATRICES = ["W matrix (n, n)", "h vector (n)"]
VALUES = {
    "claim": lambda: sg.claim("log(x*y) == log(x) + log(y)", where=["x > 0", "y > 0"]),
    "claim of trees": lambda: sg.claim(UNEVALUATED, "<", sympy.Add(x**2, 0, 1, evaluate=False)),
    "claim as written": lambda: sg.claim("exp(0) + x + 0 - 0.50*x + log1p(x)/1 == 1", where=["x > 0"]),
    "extremum": lambda: sg.maximum(sg.sigmoid(x).diff(x), x, Rational(1, 4), at=0),
    "conjunction": lambda: sg.claim("0 < exp(x) < exp(2*x + 1)"),
    "claim about a cell": lambda: sg.cell_claim(
        ["h[t] = tanh(W @ h[t-1])"], "norm(dh[t]/dh[t-1]) >= 0", where=["h vector (n)", "W matrix (n, n)"]
    ),
    "claim about matrices": lambda: sg.claim("norm(W @ h) <= norm(W)*norm(h)", where=MATRICES),
    "verdict": lambda: sg.verify("tanh(x) == x"),
    "check": lambda: Check.of(sg.claim("tanh(x) < 1"), sg.verify("tanh(x) < 1")),
    "not read": lambda: NotRead("a", "no claim"),
    "derivation": derivation,
    "derivation of a cell": GRADS.derivation,
    "proof": lambda: sg.proof("s*(1 - s) <= 1/4"),
    "cells": lambda: (SCALAR, VECTOR),
    "gradients": lambda: (GRAD, GRADS, GRAD.paths(w), GRADS.jacobian, GRAD.unroll(2)),
    "judgement": lambda: sg.check_backward(SCALAR, h, backward=["delta[t] = (1 - h[t]**2)*hbar[t]"]),
    "runs": lambda: [GRAD.compile(backend=b) for b in ("numpy", "compiled", "mpmath", "balls")],
    "used runs": lambda: [used(GRAD.compile(backend=b), **POINT) for b in ("numpy", "compiled", "mpmath", "balls")],
    "outputs": lambda: [GRAD.compile(backend=b)(**POINT) for b in ("numpy", "compiled", "mpmath", "balls")],
    "scaled": lambda: [GRAD.compile(scaled=True), GRAD.compile(scaled=True)(**POINT), sg.Scaled.of([0.5, 1e-300])],
    "formulas": lambda: [used(sg.compile(sg.sigmoid(x), backend=b), x=0.5) for b in ("numpy", "mpmath", "balls")],
    "values in balls": lambda: GRAD.evaluate(POINT),
    "crosscheck": lambda: sg.crosscheck(GRAD.compile(), POINT),
    "gradient check": lambda: sg.check_gradient(lambda **_: {"w": 0.0}, GRAD, **POINT),
    "estimates": lambda: (sg.difference(np.sin, 1.0), sg.precise_difference(mpmath.sin, 1)),
    "zoo": lambda: [(row, row.cell(*sg.dims(" ".join(row.sizes)))) for row in sg.CELLS.values()],
    "activations": lambda: list(sg.ACTIVATIONS.values()),
    "symbols": lambda: (x, T, n, h, W, h.prev, sg.TIME, sg.LENGTH, sg.state_jacobian(h.at(sg.LENGTH), h.at(0))),
    "balls": lambda: [flint.arb(1) / 3, flint.arb.nan(), flint.arb.pos_inf(), flint.acb(1, 2) / 3],
    "public names": lambda: {name: getattr(sg, name) for name in sg.__all__},
}  # fmt: skip


def alike(one, other):
    """Whether two values are the same, also where they have no equality of their own."""
    if type(one) is not type(other):
        return False
    if isinstance(one, flint.arb):
        return (str(one.mid().str(60)), str(one.rad().str(60))) == (str(other.mid().str(60)), str(other.rad().str(60)))
    if isinstance(one, flint.acb):
        return alike(one.real, other.real) and alike(one.imag, other.imag)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and all(map(alike, one.ravel(), other.ravel()))
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(alike(one[name], other[name]) for name in one)
    if isinstance(one, sympy.Basic):
        return sympy.srepr(one) == sympy.srepr(other) and one == other
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        return all(alike(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    return one == other


@pytest.mark.parametrize("name", VALUES)
def test_every_value_that_users_hold_travels(name):
    value = VALUES[name]()
    for way in WAYS.values():
        assert alike(way(value), value)


def _facts(claim):
    return str(claim), sympy.srepr(claim.statement.lhs), sg.verify(claim).outcome.name


def test_a_claim_is_the_same_in_another_process(another_process):
    claims = [VALUES[name]() for name in ("claim of trees", "claim as written")]
    assert list(another_process.map(_facts, claims)) == list(map(_facts, claims))


@pytest.mark.parametrize("bits", [2, 53, 1000])
def test_balls_lose_nothing_whatever_the_precision_is(bits):
    for ball in (flint.arb(1) / 3, flint.arb(10) ** 400 / 7, flint.arb(2) ** -100000, flint.arb(0), flint.arb(0, 3)):
        with flint.ctx.workprec(bits):
            again = pickle.loads(pickle.dumps(ball))
        assert (again.mid().man_exp(), again.rad().man_exp()) == (ball.mid().man_exp(), ball.rad().man_exp())


def test_the_test_sees_a_tree_that_was_evaluated():
    assert not alike(copy.copy(UNEVALUATED), UNEVALUATED)
    assert str(pickle.loads(pickle.dumps(VALUES["claim of trees"]()))).startswith("(1/4)**100")
