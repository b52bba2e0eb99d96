"""SymPy's own tests as claims: what is true is proved, and nothing is decided wrongly.

`tox run -e peer` draws them from the SymPy that is installed, decides each in a process of its own, and prints how
many came out how. What is true is known from mpmath at 60 digits.
"""

from collections import Counter

import pytest
from decide import OUTCOMES, Decided, decided
from draw import identities

PROVED_OF_TRUE = 0.95
FEWEST = 600  # fewer would mean that the drawing is broken
WORKERS = 2


@pytest.fixture(scope="module")
def outcomes() -> list[Decided]:
    """All identities but plain values of functions, decided."""
    drawn = [identity for identity in identities() if identity.kind != "value"]
    found = list(decided(drawn, WORKERS))
    print(table(found))
    return found


def table(found: list[Decided]) -> str:
    """How many came out how, and every true one that is not proved."""
    counts = Counter((d.outcome, d.true) for d in found)
    header = f"{'':12}{'true':>8}{'false':>8}{'not known':>12}"
    rows = [f"{o:12}{counts[o, True]:8}{counts[o, False]:8}{counts[o, None]:12}" for o in OUTCOMES]
    left = sorted((d for d in found if d.true and d.outcome != "PROVED"), key=lambda d: d.identity.place)
    lines = [f"{d.outcome} {d.identity.place} {d.identity} where {', '.join(d.identity.where)}" for d in left]
    return "\n".join(["", header, *rows, "", *lines])


def test_enough_is_drawn(outcomes):
    assert len(outcomes) >= FEWEST


def test_what_is_true_is_proved(outcomes):
    true = [d for d in outcomes if d.true]
    assert sum(d.outcome == "PROVED" for d in true) >= PROVED_OF_TRUE * len(true), table(outcomes)


def test_no_verdict_is_wrong(outcomes):
    assert not [
        d for d in outcomes if (d.true and d.outcome == "REFUTED") or (d.true is False and d.outcome == "PROVED")
    ]


def test_nothing_crashes_or_hangs(outcomes):
    assert not [d for d in outcomes if d.outcome in ("CRASH", "HANG")]
