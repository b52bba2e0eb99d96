"""The figures that programs promise, as ratios to C by hand and to others in one run; exit code 1 if one is broken.

Every value that is timed is compared first. Who is not installed is named and left out.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import flint
import numpy as np
import problems
from bench import Figure, shown
from problems import CONTESTANTS, GRID_CONTESTANTS, NAMES
from rich.console import Console
from rich.table import Table

import symgrad as sg

LENGTHS = (10, 100, 1_000, 100_000, 1_000_000)
SHORT = 0.005  # seconds of repeated calls that a clock can be trusted with
PATIENCE = 1.0  # seconds; who takes longer is timed once
RELATIVE = 1e-9  # of the largest entry
TOO_SMALL = 1e-290  # products that fell below have lost digits everywhere but in scaled numbers
MEMORY = Path(__file__).with_name("bench_memory.py")
AT_MOST = {"scalar": 15, "tanh": 40, "lstm": 58}  # of NumPy, for T = 100000
missing: dict[str, str] = {}


def is_there(name: str, make: Callable[[], Any]) -> Any:
    """What is made, or None with one line of why."""
    try:
        return make()
    except (ImportError, FileNotFoundError) as error:
        missing.setdefault(name, f"{type(error).__name__} {error}".splitlines()[0])
        return None


def best(contestants: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """The least time of a call of each; they take turns, so that a slow minute hits all of them."""
    times: dict[str, list[float]] = {name: [once(call, 1)] for name, call in contestants.items()}
    calls = {name: max(1, int(SHORT / max(first[0], 1e-7))) for name, first in times.items()}
    for _ in range(rounds):
        for name, call in contestants.items():
            if min(times[name]) < PATIENCE:
                times[name].append(once(call, calls[name]))
    return {name: min(found) for name, found in times.items()}


def once(call: Callable[[], object], calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - started) / calls


def assert_same(expected: Any, found: Any, name: str) -> None:
    expected, found = np.asarray(expected), np.asarray(found)
    assert expected.shape == found.shape, (name, expected.shape, found.shape)
    difference = np.abs(expected - found).max()
    assert difference <= RELATIVE * np.abs(expected).max() + TOO_SMALL, (name, difference)


# --- cells --------------------------------------------------------------------------------------------------------


def ours(of: problems.Problem, backend: str) -> Callable[[], problems.Results]:
    run, arguments = problems.gradients(of.name).compile(backend=backend), problems.our_arguments(of)
    run(**arguments)
    return lambda: run(**arguments)


def can_wait_for(name: str, steps: int) -> bool:
    return steps <= 100_000 or name in ("C", "JAX", "compiled")


def cell_times(name: str, steps: int) -> dict[str, float]:
    """The time of each contestant, when its values are those of C."""
    of = problems.problem(name, steps)
    expected = problems.in_c(of)()
    calls, slow = {}, {}
    for who in [who for who in (*CONTESTANTS, "numpy", "compiled") if can_wait_for(who, steps)]:
        make = CONTESTANTS[who] if who in CONTESTANTS else lambda of, who=who: ours(of, who)
        call = is_there(who, lambda make=make: make(of))
        if call is not None:
            started = time.perf_counter()
            out = call()
            slow[who] = time.perf_counter() - started
            found = out if who in CONTESTANTS else problems.our_results(of, out)
            for key in expected:
                assert_same(expected[key], found[key], f"{who}, {name}, T = {steps}, {key}")
            calls[who] = call
    quick = best({who: call for who, call in calls.items() if slow[who] < PATIENCE})
    return {who: quick.get(who, slow[who]) for who in calls}


def cell_figures(times: Mapping[tuple[str, int], Mapping[str, float]]) -> Iterator[Figure]:
    for (name, steps), found in times.items():
        if "compiled" in found:
            mine = found["compiled"]
            if steps >= 100_000:
                yield Figure(f"{name}, T = {steps}: compiled over C", mine / found["C"], 1.2, "")
            peers = {who: t for who, t in found.items() if who not in ("C", "numpy", "compiled")}
            if peers and steps >= 100:
                first = min(peers, key=lambda who: peers[who])
                yield Figure(f"{name}, T = {steps}: compiled over {first}", mine / peers[first], 1, "")
        if steps == 100_000:
            yield Figure(f"{name}, T = {steps}: numpy over C", found["numpy"] / found["C"], AT_MOST[name], "")
            if name != "scalar":  # there the hand writes no NumPy
                yield Figure(f"{name}, T = {steps}: numpy over by hand", found["numpy"] / found["by hand"], 1, "")


# --- the grid -----------------------------------------------------------------------------------------------------


def grid_program(backend: str, **options: Any) -> Callable[[], Any]:
    h, w, b = sg.State("h"), sg.Parameter("w"), sg.Parameter("b")
    formula = sg.state_jacobian(h.at(sg.LENGTH), h.at(0))
    cell = sg.Cell({h: sg.sigmoid(w * h.prev + b)})
    run = sg.compile(formula, cell, sizes={sg.LENGTH: problems.GRID_STEPS}, backend=backend, **options)
    arguments = {"w": problems.GRID_W[:, None], "b": problems.GRID_B, "h0": 0.0}
    return lambda: run(**arguments)


OURS = {
    "numpy": ("numpy", {}),
    "compiled": ("compiled", {}),
    "compiled, two threads": ("compiled", {"threads": 2}),
    "compiled, scaled": ("compiled", {"scaled": True}),
    "numpy, scaled": ("numpy", {"scaled": True}),
}


def grid_times() -> dict[str, float]:
    expected = problems.grid_in_c()
    calls = {}
    for who in (*GRID_CONTESTANTS, *OURS):
        backend, options = OURS.get(who, ("", {}))
        make = GRID_CONTESTANTS.get(who, lambda b=backend, o=options: grid_program(b, **o))
        call = is_there(f"grid, {who}", make)
        if call is not None:
            if "scaled" in who:
                assert_exponents(call())
            else:
                assert_same(expected, np.reshape(call(), expected.shape), f"grid, {who}")
            calls[who] = call
    return best(calls)


def assert_exponents(found: Any) -> None:
    """Every point against a sum of logarithms, which nothing makes underflow."""
    w, b = problems.GRID_W[:, None], problems.GRID_B
    h, logarithm = np.zeros((len(w), len(b))), 0.0
    for _ in range(problems.GRID_STEPS):
        h = 1 / (1 + np.exp(-(w * h + b)))
        logarithm = logarithm + np.log10(np.abs(w)) + np.log10(h) + np.log10(1 - h)
    assert_same(logarithm, np.reshape(found.log10(), logarithm.shape), "the grid, scaled")


def grid_figures(found: Mapping[str, float]) -> Iterator[Figure]:
    promises = (
        ("compiled", "C", 0.26),
        ("compiled, two threads", "C", 0.15),
        ("compiled, scaled", "compiled", 1.25),
        ("numpy", "C", 0.85),
        ("numpy", "by hand", 1),
        ("numpy, scaled", "numpy", 1.25),
    )
    for who, over, promised in promises:
        if who in found and over in found:
            yield Figure(f"grid, T = {problems.GRID_STEPS}: {who} over {over}", found[who] / found[over], promised, "")


# --- many units, many digits --------------------------------------------------------------------------------------


def large_figures(n: int = 256, steps: int = 500) -> Iterator[Figure]:
    """A layer of many units against its products of matrices alone; its gradients stay in the range of doubles."""
    draw = np.random.default_rng(3).standard_normal
    W, U, b, x = draw((n, n)) / np.sqrt(n), draw((n, n)) / np.sqrt(n), draw(n), draw((steps, n))
    h, delta = draw((steps, n)), draw((steps, n))
    target = np.broadcast_to(0.1, (steps, n))
    run = problems.gradients("tanh").compile()

    def products() -> None:
        x @ U.T, delta.T @ h, delta.T @ x, delta @ U
        for t in range(steps):
            W @ h[t]
        for t in range(steps):
            W.T @ delta[t]

    found = best({"products": products, "numpy": lambda: run(W=W, U=U, b=b, x=x, target=target)})
    yield Figure(f"tanh, n = {n}: numpy over its products", found["numpy"] / found["products"], 1.3, "")


def digits_figures(steps: int = 100_000, digits: int = 50) -> Iterator[Figure]:
    h, w, b = sg.State("h"), sg.Parameter("w"), sg.Parameter("b")
    cell = sg.Cell({h: sg.sigmoid(w * h.prev + b)})

    def program() -> Any:
        formula = sg.state_jacobian(h.at(sg.LENGTH), h.at(0))
        return sg.compile(formula, cell, sizes={sg.LENGTH: steps}, backend="balls", digits=digits)

    run = is_there("balls for a formula", program)
    if run is None:
        return
    certain = digits * np.log2(10)
    bits = next(k for k in range(160, 1000, 16) if by_hand_in_balls(steps, k).rel_accuracy_bits() >= certain)
    expected, found = by_hand_in_balls(steps, bits), np.ravel(run(w=1.0, b=0.5, h0=0.0))[0]
    assert found.rel_accuracy_bits() >= certain
    assert expected.overlaps(found)
    times = best(
        {"by hand": lambda: by_hand_in_balls(steps, bits), "balls": lambda: run(w=1.0, b=0.5, h0=0.0)}, rounds=5
    )
    yield Figure(f"{digits} digits, T = {steps}: balls over by hand", times["balls"] / times["by hand"], 1.5, "")


def by_hand_in_balls(steps: int, bits: int) -> flint.arb:
    before, flint.ctx.prec = flint.ctx.prec, bits
    try:
        w, b, h, product = flint.arb(1), flint.arb(0.5), flint.arb(0), flint.arb(1)
        for _ in range(steps):
            h = 1 / (1 + (-(w * h + b)).exp())
            product = product * (w * h * (1 - h))
        return product
    finally:
        flint.ctx.prec = before


# --- processes of their own ---------------------------------------------------------------------------------------


def in_process(*words: object, cache: str) -> dict[str, float]:
    command = [sys.executable, str(MEMORY), *map(str, words)]
    surroundings = {**os.environ, "SYMGRAD_CACHE": cache}
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=surroundings, text=True)
    found: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return found


def process_figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as cache:
        cold = in_process("lstm", "compiled", 10, cache=cache)["first_call"]
        warm = statistics.median(in_process("lstm", "compiled", 10, cache=cache)["first_call"] for _ in range(3))
        yield Figure("lstm: first call of compiled, nothing kept", cold, 5, "s")
        yield Figure("lstm: first call of compiled, in another process", warm, 0.3, "s")
        used = {who: in_process("lstm", who, 1_000_000, cache=cache)["grown"] for who in ("C", "compiled")}
        yield Figure("lstm, T = 1e6: memory of compiled over C", used["compiled"] / used["C"], 1.3, "")
        whole = in_process("lstm", "checkpoint", 10_000_000, cache=cache)["peak"]
        yield Figure("lstm, T = 1e7: peak memory with checkpoints", whole, 500, "MB")


# --- all of it ----------------------------------------------------------------------------------------------------


def figures(times: Mapping[tuple[str, int], Mapping[str, float]], grid: Mapping[str, float]) -> Iterator[Figure]:
    yield from cell_figures(times)
    yield from grid_figures(grid)
    yield from large_figures()
    yield from digits_figures()
    if "compiled" not in missing:
        yield from process_figures()


def show_times(times: Mapping[str, Mapping[str, float]]) -> None:
    """Who takes how long: C in milliseconds, all others as multiples of it."""
    names = list(dict.fromkeys(who for found in times.values() for who in found))
    table = Table("", "C, ms", *names[1:], box=None, pad_edge=False)
    for what, found in times.items():
        ratios = (f"{found[who] / found['C']:.3g}" if who in found else "" for who in names[1:])
        table.add_row(what, f"{1000 * found['C']:.3g}", *ratios)
    Console(width=160).print(table)
    sys.stdout.flush()


def main() -> int:
    warnings.simplefilter("ignore", sg.UnderflowWarning)  # gradients of states so far back are nothing in doubles
    if is_there("C", problems.library) is None:
        print("no gcc, and so no reference: nothing is measured")
        return 0
    times = {}
    for name in NAMES:
        for steps in LENGTHS:
            times[name, steps] = cell_times(name, steps)
            show_times({f"{name}, T = {steps}": times[name, steps]})
    grid = grid_times()
    show_times({f"grid, T = {problems.GRID_STEPS}": grid})
    code = shown(figures(times, grid))
    for name, reason in missing.items():
        print(f"left out: {name}: {reason}")
    return code


if __name__ == "__main__":
    sys.exit(main())
