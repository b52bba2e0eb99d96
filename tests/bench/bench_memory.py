"""One call in a process of its own, for the benchmark: how long the first call takes, and how much memory."""

import json
import sys
import time
import warnings
from pathlib import Path

import problems

import symgrad as sg


def peak() -> float:
    """The most memory of this program so far, in MB; what `getrusage` says is also that of the process it came from."""
    words = Path("/proc/self/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1]) / 1024


def main(name: str, who: str, steps: int) -> None:
    warnings.simplefilter("ignore", sg.UnderflowWarning)
    small = problems.problem(name, 10)
    if who == "C":
        problems.in_c(small)()
        before = peak()
        problems.in_c(problems.problem(name, steps))()
        print(json.dumps({"grown": peak() - before}))
        return
    grad = problems.gradients(name)
    options = {"backend": "compiled", "checkpoint": True} if who == "checkpoint" else {"backend": who}
    arguments = problems.our_arguments(small)
    started = time.perf_counter()
    run = grad.compile(**options)
    run(**arguments)
    first_call, before = time.perf_counter() - started, peak()
    if steps > small.steps:
        run(**problems.our_arguments(problems.problem(name, steps)))
    print(json.dumps({"first_call": first_call, "grown": peak() - before, "peak": peak()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
