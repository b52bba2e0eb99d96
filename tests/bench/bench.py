"""The figures that the project promises, measured; exit code 1 if one is broken.

Each figure is a median or a single long run on this machine, with nothing else running on it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

import symgrad as sg

ROOT = Path(__file__).parents[2]
EXAMPLES = Path(__file__).parents[1] / "claims" / "examples.toml"
ENVIRONMENT = {**os.environ, "SYMGRAD_CACHE": "off"}  # what is measured is finding verdicts, not remembering them
RUNS = 7  # enough for a median that one hiccup of the machine does not move


@dataclass(frozen=True)
class Figure:
    """Something measured, and at most how much it may be."""

    name: str
    measured: float
    promised: float
    unit: str

    @property
    def is_kept(self) -> bool:
        return self.measured <= self.promised


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def process(*arguments: object) -> float:
    """Wall time of a fresh Python process, which must not fail."""
    command = [sys.executable, *map(str, arguments)]
    return seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=ENVIRONMENT))


def median_of_processes(*commands: tuple[object, ...]) -> list[float]:
    """The median wall time of each command; runs take turns, so that a slow minute hits all of them."""
    for command in commands:
        process(*command)  # the first one fills the caches of the file system
    rounds = [[process(*command) for command in commands] for _ in range(RUNS)]
    return [statistics.median(times) for times in zip(*rounds)]


def figures() -> Iterator[Figure]:
    """All figures, one after the other."""
    used = "import symgrad; symgrad.claim, symgrad.sigmoid, symgrad.State"
    bare, sympy, symgrad = median_of_processes(("-c", "pass"), ("-c", "import sympy"), ("-c", used))
    yield Figure("symgrad up to its first claim, over import sympy", (symgrad - bare) / (sympy - bare), 1.2, "")
    (shell,) = median_of_processes(("-m", "symgrad", "verify", "diff(tanh(x), x) == 1 - tanh(x)**2"))
    yield Figure("symgrad verify of one formula, from the shell", shell, 1, "s")
    yield from prover_figures()
    yield from build_figures()


def prover_figures() -> Iterator[Figure]:
    """The examples: each scalar identity when warm, and all of them in one fresh run."""
    claims = sg.load_claims(EXAMPLES)
    whole = process(
        "-c",
        f"import symgrad as sg\nfor c in sg.load_claims(__import__('pathlib').Path({str(EXAMPLES)!r})): sg.verify(c)",
    )
    identities = [c for c in claims if is_scalar_identity(c)]
    for claim in identities:
        sg.verify(claim)
    warm = [statistics.median(seconds(lambda c=c: sg.verify(c)) for _ in range(3)) for c in identities]
    yield Figure(f"a scalar identity, warm: median of {len(identities)}", 1000 * statistics.median(warm), 50, "ms")
    yield Figure(f"the whole file of {len(claims)} examples", whole, 30, "s")


def is_scalar_identity(claim: sg.Claim) -> bool:
    """Whether a claim is a true equation without sums and products over a symbolic range."""
    statement = claim.statement
    equation = isinstance(statement, sg.Relation) and statement.op == "==" and claim.expect == "holds"
    return equation and not any(s.is_integer for s in claim.domain.symbols)


def build_figures() -> Iterator[Figure]:
    """The catalogue, from nothing and unchanged."""
    with tempfile.TemporaryDirectory() as output:
        command = ("-m", "symgrad", "build", "derivations", "--to", "html,markdown,latex", "-o", output)
        yield Figure("symgrad build of the catalogue, from cold", process(*command), 60, "s")
        yield Figure("the same again, unchanged", statistics.median(process(*command) for _ in range(3)), 2, "s")


def shown(figures: Iterable[Figure]) -> int:
    """All figures in a table; the exit code."""
    table = Table("figure", "measured", "promised at most", "ratio", "", box=None, pad_edge=False)
    kept = []
    for figure in figures:
        kept.append(figure.is_kept)
        amounts = (f"{amount:.3g} {figure.unit}".strip() for amount in (figure.measured, figure.promised))
        table.add_row(
            figure.name, *amounts, f"{figure.measured / figure.promised:.2f}", "kept" if figure.is_kept else "BROKEN"
        )
    Console(width=100).print(table)
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(shown(figures()))
