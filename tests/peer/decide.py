"""Decisions in processes of their own, so that a crash or a hang is an outcome and not the end."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from draw import Identity
from truth import is_a_place_without_value, is_true

import symgrad as sg
from symgrad.base.errors import SymgradError

PATIENCE = 60  # seconds, after which a decision is a hang
OUTCOMES = ("PROVED", "SUPPORTED", "UNDECIDED", "REFUSED", "REFUTED", "HANG", "CRASH")


@dataclass(frozen=True)
class Decided:
    """What came of an identity."""

    identity: Identity
    outcome: str
    detail: str
    seconds: float
    true: bool | None
    doubt: str


def outcome(identity: Identity) -> dict:
    """The verdict on one identity, and whether it is true, in the present process."""
    true, doubt = is_true(identity)
    started = time.perf_counter()
    try:
        verdict = sg.verify(sg.claim(identity.lhs, "==", identity.rhs, where=identity.where))
        found, detail = verdict.outcome.name, f"{verdict.method}: {verdict.evidence} {verdict.witness or ''}"
        if verdict.method == "no enclosures":
            found = "REFUSED"
        if true and verdict.witness and is_a_place_without_value(identity, verdict.witness.point):
            true, doubt = None, "no value at a point that is hard to meet"
    except SymgradError as error:
        found, detail = "REFUSED", str(error)
    except Exception as error:
        found, detail = "CRASH", f"{type(error).__name__}: {error}"
    return {"outcome": found, "detail": detail[:200], "seconds": time.perf_counter() - started, "true": true,
            "doubt": doubt}  # fmt: skip


def decided(
    identities: Sequence[Identity], workers: int, judge: Callable[[Identity], dict] = outcome
) -> Iterator[Decided]:
    """What comes of each identity, in the order in which they are done."""
    waiting, running = list(identities)[::-1], {}
    while waiting or running:
        while waiting and len(running) < workers:
            identity = waiting.pop()
            reading, pid = _started(identity, judge)
            running[reading] = (identity, pid, time.monotonic())
        ready, _, _ = select.select(list(running), [], [], 1.0)
        for reading, (identity, pid, since) in list(running.items()):
            if reading in ready:
                with os.fdopen(reading) as pipe:
                    text = pipe.read()
                os.waitpid(pid, 0)
                found = json.loads(text) if text else {"outcome": "CRASH", "detail": "no answer", "seconds": 0.0,
                                                       "true": None, "doubt": ""}  # fmt: skip
            elif time.monotonic() - since > PATIENCE:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                os.close(reading)
                found = {"outcome": "HANG", "detail": "", "seconds": float(PATIENCE), "true": None, "doubt": ""}
            else:
                continue
            del running[reading]
            yield Decided(identity, **found)


def _started(identity: Identity, judge: Callable[[Identity], dict]) -> tuple[int, int]:
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return reading, pid
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        json.dump(judge(identity), pipe)
    os._exit(0)
