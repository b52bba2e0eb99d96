"""The figures that recurrent cells promise, measured; exit code 1 if one is broken."""

import statistics
import sys
from collections.abc import Iterator

from bench import Figure, seconds, shown

import symgrad as sg

RUNS = 5  # enough for a median that one hiccup of the machine does not move
SYMBOLS = dict(zip("nmp", sg.dims("n m p")))
OPERATIONS = 14  # of h, delta, hbar and the terms of three weights, for each step of the tanh cell with w, u and b


def gradients(cell: sg.Cell) -> sg.Gradients:
    return sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)), at="every")


def derive(name: str) -> None:
    """A cell, its backward equations and all its gradients, from nothing."""
    row = sg.CELLS[name]
    grad = gradients(row.cell(*(SYMBOLS[size] for size in row.sizes)))
    assert all((grad.backward, grad.final, *(grad.equation_of(a) for a in grad.arguments)))


def figures() -> Iterator[Figure]:
    """All figures, one after the other."""
    yield from derivation_figures()
    yield from unrolled_figures()
    yield from growth_figures()


def derivation_figures() -> Iterator[Figure]:
    derive("linear")  # what is loaded on first use is no part of it
    for name in sg.CELLS:
        taken = statistics.median(seconds(lambda name=name: derive(name)) for _ in range(RUNS))
        promised = 0.5 if name == "lstm_peephole" else 1
        yield Figure(f"backward equations and gradients: {name}", taken, promised, "s")


def unrolled_figures() -> Iterator[Figure]:
    for name in ("tanh", "sigmoid"):
        for steps, promised in ((100, 1), (300, 6)):
            grad = sg.bptt(sg.CELLS[name].cell(), sg.half_squared_error(sg.State("h")))
            verdicts = []
            taken = seconds(
                lambda grad=grad, steps=steps, found=verdicts: found.append(grad.prove_unrolled("w", steps))
            )
            assert verdicts[0].outcome is sg.Outcome.PROVED
            yield Figure(f"unrolled against recursive, {steps} steps of {name}", taken, promised, "s")


def growth_figures() -> Iterator[Figure]:
    """Named equations grow by the same number of operations for each step, and nothing recurses in their number."""
    grad = sg.bptt(sg.CELLS["tanh"].cell(), sg.State("h"))
    for steps in (3, 30, 300):
        more = grad.unroll(steps).operations - grad.unroll(steps - 1).operations
        yield Figure(f"operations that step {steps} adds to tanh", more, OPERATIONS, "")
    limit = sys.getrecursionlimit()
    unrolled = []
    taken = seconds(lambda: unrolled.append(grad.unroll(5000)))
    assert sys.getrecursionlimit() == limit
    assert len(unrolled[0].backward) == 2 * 5000
    yield Figure("5000 steps of tanh unrolled", taken, 60, "s")


if __name__ == "__main__":
    sys.exit(shown(figures()))
