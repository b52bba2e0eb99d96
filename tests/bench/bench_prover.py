"""The prover measured on the corpus of claims, side by side with what SymPy offers for the same.

SymPy is asked about the equalities only, as `simplify(left - right) == 0` and as `(left - right).equals(0)`, with
variables that know their signs. What it leaves unsimplified counts as unknown, not as wrong; that a side has no value
somewhere, which makes an equality false here, it does not look for. Without ``--all``, every fifth claim is tried.
"""

import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import sympy
from rich.console import Console
from rich.table import Table
from sympy import Expr, S, Symbol

import symgrad as sg

CLAIMS = Path(__file__).parents[1] / "claims"
STRIDE = 5
LIMIT = 5.0  # seconds that SymPy has for a claim; most of what takes longer never ends
ANSWERS = ("right", "wrong", "unknown", "hung")


def by_simplify(difference: Expr) -> bool | None:
    simplified = sympy.simplify(difference)
    return True if simplified == 0 else False if simplified.is_zero is False else None


def by_equals(difference: Expr) -> bool | None:
    answer: bool | None = difference.equals(0)
    return answer


METHODS: dict[str, Callable[[Expr], bool | None]] = {
    "simplify(left - right) == 0": by_simplify,
    "(left - right).equals(0)": by_equals,
}


def difference(claim: sg.Claim) -> Expr:
    """The difference of the sides, differentiated, in variables that know whether they are positive."""
    signs = {s: Symbol(s.name, positive=True) for s, v in claim.domain.sets if is_positive(s, v)}
    return (claim.statement.lhs - claim.statement.rhs).doit().xreplace(signs)


def is_positive(symbol: Symbol, values: sympy.Set) -> bool:
    return not symbol.is_integer and bool(values.is_subset(sympy.Interval.open(0, S.Infinity)))


def serve(connection: Connection) -> None:
    """Answer questions, until killed."""
    while True:
        method, claim = connection.recv()
        try:
            answer = METHODS[method](difference(claim))
        except Exception:
            answer = None
        connection.send(answer)


class SymPy:
    """SymPy in a process of its own, which is replaced when it hangs."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.connection, theirs = get_context("fork").Pipe()
        self.process = get_context("fork").Process(target=serve, args=(theirs,), daemon=True)
        self.process.start()

    def ask(self, method: str, claim: sg.Claim) -> str:
        """One of `ANSWERS`."""
        self.connection.send((method, claim))
        try:
            if self.connection.poll(LIMIT):
                return judged(claim, self.connection.recv())
        except EOFError:
            pass  # it ran out of memory, or of stack
        self.process.kill()
        self.start()
        return "hung"


def judged(claim: sg.Claim, holds: bool | None) -> str:
    return "unknown" if holds is None else "right" if holds is (claim.expect == "holds") else "wrong"


def is_equality(claim: sg.Claim) -> bool:
    return isinstance(claim.statement, sg.Relation) and claim.statement.op == "=="


def counts(answers: Iterable[str]) -> list[str]:
    found = Counter(answers)
    return [str(found[answer]) for answer in ANSWERS]


def main() -> int:
    stride = 1 if "--all" in sys.argv[1:] else STRIDE
    corpus = [claim for path in sorted(CLAIMS.glob("*.toml")) for claim in sg.load_claims(path)]
    claims = corpus[::stride]
    verdicts = []
    for claim in claims:
        started = time.perf_counter()
        verdicts.append((claim, judged(claim, sg.verify(claim).holds), time.perf_counter() - started))
    seconds = sorted(s for _, _, s in verdicts)

    console = Console(width=100)
    console.print(
        f"{len(claims)} of {len(corpus)} claims; seconds of symgrad: median {statistics.median(seconds):.3f},"
    )
    console.print(f"95 % under {seconds[int(0.95 * len(seconds))]:.2f}, worst {seconds[-1]:.2f}\n")
    table = Table("", "claims", *ANSWERS, box=None, pad_edge=False)
    table.add_row("symgrad, all claims", str(len(claims)), *counts(answer for _, answer, _ in verdicts))
    equalities = [claim for claim in claims if is_equality(claim)]
    mine = (answer for claim, answer, _ in verdicts if is_equality(claim))
    table.add_row("symgrad, equalities", str(len(equalities)), *counts(mine))
    library = SymPy()
    for method in METHODS:
        answers = [library.ask(method, claim) for claim in equalities]
        table.add_row(method, str(len(equalities)), *counts(answers))
    console.print(table)
    print("\nleft open:", *sorted(claim.id for claim, answer, _ in verdicts if answer == "unknown"), sep="\n")
    return 1 if any(answer == "wrong" for _, answer, _ in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
