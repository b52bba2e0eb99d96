"""What the benchmark of programs measures: three cells and a grid, and how C, NumPy, JAX and others compute them.

Every contestant gives the loss and the gradients of ``p`` (the weights, a row for each unit and gate), the inputs and
the initial state, under the names of `Problem.expected`.
"""

import contextlib
import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import symgrad as sg

N, M = 4, 2
GATES = "ifog"
GRID_W, GRID_B, GRID_STEPS = np.linspace(-4, 4, 200), np.linspace(-6, 6, 200), 1000
FLAGS = ("-O3", "-march=native", "-fPIC", "-shared")
Results = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """A cell with numbers, for the loss half squared error at the last step.

    Attributes
    ----------
    name : str
    p : array
        Weights: a row (W, U, b) for each unit of each gate; for the scalar cell (w, u, b).
    x, target, start : array
        Inputs, target of the last step, initial states.
    """

    name: str
    p: Any
    x: Any
    target: Any
    start: Any

    @property
    def steps(self) -> int:
        return len(self.x)


def problem(name: str, steps: int) -> Problem:
    """Numbers at random, the same each time; weights small enough that nothing saturates."""
    draw = np.random.default_rng(5).standard_normal
    rows = {"scalar": (), "tanh": (N,), "lstm": (4 * N,)}[name]
    if not rows:
        return Problem(name, np.array([1.5, 0.7, -0.3]), draw(steps), 0.2, 0.1)
    p, start = 0.5 * draw((*rows, N + M + 1)), 0.1 * draw((2 if name == "lstm" else 1, N))
    return Problem(name, p, draw((steps, M)), 0.1 * draw(N), start)


NAMES = ("scalar", "tanh", "lstm")


# --- symgrad ------------------------------------------------------------------------------------------------------


@cache
def gradients(name: str) -> sg.Gradients:
    """As a user would derive them."""
    cell = sg.CELLS["sigmoid"].cell() if name == "scalar" else sg.CELLS[name].cell(*sg.dims("n m"))
    return sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)))


def our_arguments(of: Problem) -> dict[str, Any]:
    target = np.broadcast_to(of.target, (of.steps, *np.shape(of.target)))
    common = {"x": of.x, "target": target}
    if of.name == "scalar":
        return {**dict(zip("wub", of.p)), **common, "h0": of.start}
    parts = np.split(of.p, len(of.p) // N)
    marks = [f"_{gate}" for gate in GATES] if of.name == "lstm" else [""]
    weights = {}
    for mark, rows in zip(marks, parts):
        weights |= {f"W{mark}": rows[:, :N], f"U{mark}": rows[:, N:-1], f"b{mark}": rows[:, -1]}
    return {**weights, **common, **dict(zip(("h0", "c0"), of.start))}


def our_results(of: Problem, out: Any) -> Results:
    found = out.gradients
    if of.name == "scalar":
        p, start = np.array([found[k] for k in "wub"]), found["h0"]
    else:
        marks = [f"_{gate}" for gate in GATES] if of.name == "lstm" else [""]
        p = np.vstack([np.column_stack([found[f"W{k}"], found[f"U{k}"], found[f"b{k}"]]) for k in marks])
        start = np.array([found[k] for k in ("h0", "c0") if k in found])
    return {"loss": out.loss, "p": p, "x": found["x"], "start": start}


# --- C ------------------------------------------------------------------------------------------------------------


@cache
def library() -> ctypes.CDLL:
    """The functions of reference.c, built where this runs."""
    folder = tempfile.mkdtemp()
    built, source = Path(folder) / "reference.so", Path(__file__).with_name("reference.c")
    subprocess.run(["gcc", *FLAGS, str(source), "-o", str(built), "-lm"], check=True)
    found = ctypes.CDLL(str(built))
    for name in ("scalar", "layer", "lstm"):
        function = getattr(found, name)
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_long, *[ctypes.c_void_p] * 7]
    found.grid.argtypes = [*[ctypes.c_long] * 3, *[ctypes.c_void_p] * 3]
    found.grid.restype = None
    shutil.rmtree(folder)  # it stays loaded
    return found


def in_c(of: Problem) -> Callable[[], Results]:
    function = getattr(library(), "layer" if of.name == "tanh" else of.name)
    start, target = np.array(of.start, dtype=float), np.array(of.target, dtype=float)

    def run() -> Results:
        out, dx = np.empty(of.p.size + start.size), np.empty(of.x.shape)
        states = np.empty((of.steps, start.size))
        arrays = (of.p, of.x, target, start, out, dx, states)
        loss = function(of.steps, *(a.ctypes.data for a in arrays))
        return {
            "loss": loss,
            "p": out[: of.p.size].reshape(of.p.shape),
            "x": dx,
            "start": out[of.p.size :].reshape(start.shape),
        }

    return run


def grid_in_c() -> Any:
    out = np.empty((len(GRID_W), len(GRID_B)))
    data = [a.ctypes.data for a in (GRID_W, GRID_B, out)]
    library().grid(GRID_STEPS, *out.shape, *data)
    return out


# --- the same step for all that has arrays ------------------------------------------------------------------------


def step(name: str, m: Any, p: Any, states: Any, x: Any) -> Any:
    """A step; the namespace m has sigmoid and tanh."""
    if name == "scalar":
        return (m.sigmoid(p[0] * states[0] + p[1] * x + p[2]),)
    a = p[:, :N] @ states[0] + p[:, N:-1] @ x + p[:, -1]
    if name == "tanh":
        return (m.tanh(a),)
    i, f, o = (m.sigmoid(a[k * N : (k + 1) * N]) for k in range(3))
    c = f * states[1] + i * m.tanh(a[3 * N :])
    return o * m.tanh(c), c


def in_jax(of: Problem) -> Callable[[], Results]:
    import jax

    jax.config.update("jax_enable_x64", True)
    m = type("m", (), {"sigmoid": staticmethod(jax.nn.sigmoid), "tanh": staticmethod(jax.numpy.tanh)})

    def loss(p: Any, x: Any, start: Any) -> Any:
        first = (start,) if of.name == "scalar" else tuple(start)
        last, _ = jax.lax.scan(lambda states, x: (step(of.name, m, p, states, x), None), first, x)
        return ((last[0] - of.target) ** 2).sum() / 2

    compiled = jax.jit(jax.value_and_grad(loss, (0, 1, 2)))
    arguments = [jax.numpy.asarray(a) for a in (of.p, of.x, of.start)]
    compiled(*arguments)

    def run() -> Results:
        value, found = jax.block_until_ready(compiled(*arguments))
        return {"loss": value, **dict(zip(("p", "x", "start"), found))}

    return run


def grid_in_jax(mode: str) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)

    def last(h: Any, w: Any, b: Any) -> Any:
        return jax.lax.scan(lambda h, _: (jax.nn.sigmoid(w * h + b), None), h, None, GRID_STEPS)[0]

    if mode == "forward":
        slope = lambda w, b: jax.jvp(lambda h: last(h, w, b), (0.0,), (1.0,))[1]  # noqa: E731
    else:
        slope = lambda w, b: jax.grad(last)(0.0, w, b)  # noqa: E731
    compiled = jax.jit(jax.vmap(jax.vmap(slope, (None, 0)), (0, None)))
    return lambda: np.asarray(jax.block_until_ready(compiled(GRID_W, GRID_B)))


def in_torch(of: Problem) -> Callable[[], Results]:
    import torch

    def run() -> Results:
        p, x, start = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (of.p, of.x, of.start))
        states = (start,) if of.name == "scalar" else tuple(start)
        for x_t in x:
            states = step(of.name, torch, p, states, x_t)
        loss = ((states[0] - torch.as_tensor(of.target, dtype=torch.float64)) ** 2).sum() / 2
        loss.backward()
        return {"loss": loss.item(), "p": p.grad.numpy(), "x": x.grad.numpy(), "start": start.grad.numpy()}

    return run


def grid_in_torch() -> Any:
    import torch

    w, b = torch.tensor(GRID_W)[:, None], torch.tensor(GRID_B)
    start = h = torch.zeros(len(GRID_W), len(GRID_B), dtype=torch.float64, requires_grad=True)
    for _ in range(GRID_STEPS):
        h = torch.sigmoid(w * h + b)
    h.sum().backward()
    return start.grad.numpy()


def in_casadi(of: Problem) -> Callable[[], Results]:
    """Reverse mode through a mapped step, as C code that its own compiler call makes."""
    import casadi

    m = type("m", (), {"sigmoid": staticmethod(lambda a: 1 / (1 + casadi.exp(-a))), "tanh": staticmethod(casadi.tanh)})
    states = [
        casadi.SX.sym(name, *np.shape(of.start)[1:])
        for name in ("h", "c")[: max(1, np.ndim(of.start) and len(of.start))]
    ]
    p = casadi.SX.sym("p", *of.p.shape)
    x = casadi.SX.sym("x", *of.x.shape[1:])
    joined = casadi.vertcat(*states)
    moved = casadi.vertcat(*step(of.name, m, p, states, x))
    one = casadi.Function("one", [joined, x, casadi.vec(p)], [moved], {"cse": True})
    steps, size = of.steps, joined.numel()
    through = one.mapaccum("through", steps)
    first, weights = casadi.MX.sym("first", size), casadi.MX.sym("weights", of.p.size)
    inputs = casadi.MX.sym("inputs", x.numel(), steps)
    last = through(first, inputs, casadi.repmat(weights, 1, steps))[: size // len(states), -1]
    loss = casadi.sumsqr(last - casadi.DM(of.target)) / 2
    slopes = [casadi.gradient(loss, v) for v in (weights, inputs, first)]
    flags = {"flags": ["-O3", "-march=native"], "verbose": False, "cleanup": False}
    options = {"jit": True, "compiler": "shell", "jit_options": flags, "jit_cleanup": False}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # it leaves files where it is
        compiled = casadi.Function("compiled", [first, inputs, weights], [loss, *slopes], options)
    arguments = (np.ravel(of.start), of.x.reshape(steps, -1).T, of.p.ravel(order="F"))

    def run() -> Results:
        value, dp, dx, dstart = (np.array(a) for a in compiled(*arguments))
        shapes = (of.p.shape, of.x.shape, np.shape(of.start))
        return {
            "loss": value.item(),
            "p": dp.ravel().reshape(shapes[0], order="F"),
            "x": dx.T.reshape(shapes[1]),
            "start": dstart.ravel().reshape(shapes[2]),
        }

    return run


# --- NumPy, and plain Python, by hand -------------------------------------------------------------------------------


def by_hand(of: Problem) -> Callable[[], Results]:
    return {"scalar": _scalar_by_hand, "tanh": _layer_by_hand, "lstm": _lstm_by_hand}[of.name](of)


def _scalar_by_hand(of: Problem) -> Callable[[], Results]:
    """Numbers of Python, which are faster here than arrays."""
    from math import exp

    def run() -> Results:
        w, u, b = of.p.tolist()
        x, h = of.x.tolist(), [of.start]
        for x_t in x:
            h.append(1 / (1 + exp(-(w * h[-1] + u * x_t + b))))
        error = hbar = h[-1] - of.target
        dw = du = db = 0.0
        dx = [0.0] * len(x)
        for t in range(len(x) - 1, -1, -1):
            delta = hbar * h[t + 1] * (1 - h[t + 1])
            dw += delta * h[t]
            du += delta * x[t]
            db += delta
            dx[t] = delta * u
            hbar = delta * w
        return {"loss": error**2 / 2, "p": np.array([dw, du, db]), "x": np.array(dx), "start": hbar}

    return run


def _layer_by_hand(of: Problem) -> Callable[[], Results]:
    def run() -> Results:
        W, h = of.p[:, :N], np.empty((of.steps + 1, N))
        h[0] = of.start[0]
        fed = of.x @ of.p[:, N:-1].T + of.p[:, -1]
        for t in range(of.steps):
            h[t + 1] = np.tanh(W @ h[t] + fed[t])
        delta, slope = np.empty((of.steps, N)), 1 - h[1:] ** 2
        error = hbar = h[-1] - of.target
        for t in range(of.steps - 1, -1, -1):
            delta[t] = hbar * slope[t]
            hbar = W.T @ delta[t]
        return {"loss": error @ error / 2, **_sums(of, delta, h[:-1]), "start": hbar[None]}

    return run


def _sums(of: Problem, delta: Any, h: Any) -> Results:
    """The gradients of weights and inputs, for all steps at once."""
    parts = (delta.T @ h, delta.T @ of.x, delta.sum(axis=0)[:, None])
    return {"p": np.hstack(parts), "x": delta @ of.p[:, N:-1]}


def _lstm_by_hand(of: Problem) -> Callable[[], Results]:
    def run() -> Results:
        W, T = of.p[:, :N], of.steps
        h, c, gates = np.empty((T + 1, N)), np.empty((T + 1, N)), np.empty((T, 4 * N))
        h[0], c[0] = of.start
        fed = of.x @ of.p[:, N:-1].T + of.p[:, -1]
        for t in range(T):
            a = W @ h[t] + fed[t]
            gates[t, : 3 * N] = 1 / (1 + np.exp(-a[: 3 * N]))
            gates[t, 3 * N :] = np.tanh(a[3 * N :])
            i, f, o, g = gates[t].reshape(4, N)
            c[t + 1] = f * c[t] + i * g
            h[t + 1] = o * np.tanh(c[t + 1])
        i, f, o, g = np.split(gates, 4, axis=1)
        s = np.tanh(c[1:])
        from_h = o * (1 - s**2)  # what the adjoint of h gives to that of c
        to_gates = np.hstack([g * i * (1 - i), c[:-1] * f * (1 - f), i * (1 - g**2)]).reshape(T, 3, N)
        to_output = s * o * (1 - o)
        delta = np.empty((T, 4, N))
        error = hbar = h[-1] - of.target
        cbar = np.zeros(N)
        for t in range(T - 1, -1, -1):
            inner = cbar + hbar * from_h[t]
            delta[t, 0], delta[t, 1], delta[t, 3] = inner * to_gates[t]
            delta[t, 2] = hbar * to_output[t]
            cbar = inner * f[t]
            hbar = delta[t].ravel() @ W
        return {"loss": error @ error / 2, **_sums(of, delta.reshape(T, -1), h[:-1]), "start": np.array([hbar, cbar])}

    return run


def grid_by_hand() -> Any:
    """Forward mode over the whole grid, in place."""
    w, b = GRID_W[:, None], GRID_B
    h, product = np.zeros((200, 200)), np.ones((200, 200))
    slope = np.empty_like(h)
    for _ in range(GRID_STEPS):
        np.multiply(w, h, out=h)
        np.add(h, b, out=h)
        np.negative(h, out=h)
        np.exp(h, out=h)
        np.add(h, 1, out=h)
        np.reciprocal(h, out=h)
        np.subtract(1, h, out=slope)
        np.multiply(slope, h, out=slope)
        np.multiply(slope, w, out=slope)
        np.multiply(product, slope, out=product)
    return product


CONTESTANTS = {"C": in_c, "by hand": by_hand, "JAX": in_jax, "PyTorch": in_torch, "CasADi": in_casadi}
GRID_CONTESTANTS = {
    "C": lambda: grid_in_c,
    "by hand": lambda: grid_by_hand,
    "JAX forward": lambda: grid_in_jax("forward"),
    "JAX reverse": lambda: grid_in_jax("reverse"),
    "PyTorch": lambda: grid_in_torch,
}
