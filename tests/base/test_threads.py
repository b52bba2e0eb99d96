"""Calls from several threads: each has the digits that it asked for, and the process keeps its own precision."""

import ast
import gc
import multiprocessing
import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import flint
import mpmath
import pytest

import symgrad as sg
from symgrad.base.precision import in_turn, many_digits, precision
from symgrad.compute.program.nodes import Node
from symgrad.symbols.notation import meanings

DIGITS = (5, 16, 30, 50, 77, 120, 200)
THREADS = 8
h, w, x, y = sg.State("h"), sg.Parameter("w"), sg.Input("x"), sg.real("y")
GRADIENTS = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev + x)}), h)
FORMULA = sg.gelu(y) + sg.sigmoid(y)
CLAIMS = (
    ("gamma(x + 1) == x*gamma(x)", ["x > 0"], True),
    ("tanh(x) == 2*sigmoid(2*x) - 1", [], True),
    ("besselj(0, 1) < 0.7651976865579666", [], True),
    ("besselj(0, 1) < 0.7651976865579665", [], False),
    ("sin(x) == x", [], False),
)


@pytest.fixture
def threads_change_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def gradient(backend, digits):
    return GRADIENTS.compile(backend=backend, digits=digits)(w=0.7, x=[0.1, 0.2, 0.3], h0=0.25).gradients["w"]


def value(backend, digits):
    return sg.compile(FORMULA, backend=backend, digits=digits)(y=0.3)


def all_digits(number):
    """A number as text, with more digits than any of the tests asks for."""
    return mpmath.nstr(number, 400) if isinstance(number, mpmath.mpf) else number.mid().str(400, radius=False)


TRUE = {f: all_digits(f("balls", 300)) for f in (gradient, value)}
CALLS = [(f, backend) for f in TRUE for backend in ("mpmath", "balls")]


def is_right(number):
    """The `number`-th of many calls with mixed digits: whether it has the digits that it asks for."""
    kind, digits = number % (len(CALLS) + 1), DIGITS[number * 5 % len(DIGITS)]
    if kind == len(CALLS):
        says, where, holds = CLAIMS[number // 5 % len(CLAIMS)]
        return sg.verify(sg.claim(says, where=where)).holds is holds
    f, backend = CALLS[kind]
    found = all_digits(f(backend, digits))
    numbers = mpmath.MPContext()
    numbers.dps = 450
    true = numbers.mpf(TRUE[f])
    return bool(abs(numbers.mpf(found) - true) <= abs(true) * numbers.mpf(10) ** -digits)


def in_threads(ask, count):
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(ask, range(count)))


def test_every_digit_is_right_however_many_threads_ask(threads_change_often):
    assert all(in_threads(is_right, 120))


def test_the_precision_of_the_process_is_the_same_before_while_and_after(threads_change_often):
    seen, stopped = set(), threading.Event()

    def watch():
        while not stopped.wait(1e-4):
            seen.add(mpmath.mp.prec)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        in_threads(lambda number: gradient("mpmath", DIGITS[number % len(DIGITS)]), 80)
    finally:
        stopped.set()
        watching.join()
    assert seen == {53}
    assert (mpmath.mp.prec, flint.ctx.prec) == (53, 53)


@pytest.mark.parametrize("dps", [3, 400])
def test_the_precision_that_a_user_has_set_changes_no_digit_and_is_left_alone(dps):
    with mpmath.workdps(dps):
        found = gradient("mpmath", 50), value("mpmath", 50)
        scaled = GRADIENTS.compile(scaled=True)(w=0.7, x=[0.1, 0.2, 0.3], h0=0.25).gradients["w"].to_mpmath()
        check = sg.crosscheck(GRADIENTS.compile(), {"w": 0.7, "x": [0.1, 0.2, 0.3], "h0": 0.25})
        assert mpmath.mp.dps == dps
    assert [mpmath.nstr(number, 50) for number in found] == [
        mpmath.nstr(number, 50) for number in (gradient("mpmath", 50), value("mpmath", 50))
    ]
    assert float(scaled) == pytest.approx(float(found[0]), rel=1e-15)
    assert check.verdict.outcome is sg.Outcome.SUPPORTED


def test_results_are_numbers_of_mpmath_itself():
    for number in (gradient("mpmath", 40), value("mpmath", 40)):
        assert type(number) is type(mpmath.mpf(1))
    assert mpmath.nstr(sg.compile(y * 1, backend="mpmath", digits=40)(y=mpmath.pi), 40) == (
        "3.141592653589793238462643383279502884197"
    )


def test_an_error_in_the_middle_leaves_no_precision_behind():
    with pytest.raises(ZeroDivisionError), precision(300), many_digits(90):
        1 / 0  # noqa: B018
    assert flint.ctx.prec == 53
    with many_digits(20) as numbers:
        assert numbers.dps == 20


def test_one_thread_at_a_time_has_its_turn_and_may_take_it_again_within():
    inside, most = [], []

    @in_turn
    def alone(number):
        inside.append(number)
        most.append(len(inside))
        with precision(100), many_digits(30):
            inside.remove(number)

    in_threads(alone, 200)
    assert set(most) == {1}


def _in_child(pipe):
    pipe.send((flint.ctx.prec, gradient("mpmath", 30)._mpf_ == gradient("mpmath", 30)._mpf_))
    pipe.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_that_is_forked_while_another_thread_computes_can_compute():
    has_turn, may_end = threading.Event(), threading.Event()

    def hold():
        with precision(777):
            has_turn.set()
            may_end.wait(0.2)

    holding = threading.Thread(target=hold)
    holding.start()
    has_turn.wait()
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_in_child, args=(there,))
    child.start()
    assert here.poll(60)
    assert here.recv() == (53, True)
    child.join()
    holding.join()


def test_equal_nodes_are_one_object_in_all_threads(threads_change_often):
    for number in range(30):
        gate = threading.Barrier(THREADS)

        def made(_, number=number, gate=gate):
            gate.wait()
            return Node("exp", (Node("number", data=1000 + number),), (), f"node {number}")

        found = in_threads(made, THREADS)
        assert len(set(map(id, found))) == 1
    gc.collect()


def test_meanings_that_one_thread_declares_are_known_in_others_and_its_own_come_first():
    here = sg.real("symbol_of_threads", "declared here")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(meanings, [here]).result() == {here: "declared here"}
        assert pool.submit(sg.real, "symbol_of_threads", "declared there").result() == here
        assert pool.submit(meanings, [here]).result() == {here: "declared there"}
    assert meanings([here]) == {here: "declared here"}


def test_budgets_and_verdicts_are_those_of_one_thread():
    wanted = [sg.verify(sg.claim(says, where=where)) for says, where, _ in CLAIMS]
    found = in_threads(lambda k: sg.verify(sg.claim(CLAIMS[k % 5][0], where=CLAIMS[k % 5][1])), 25)
    assert found == wanted * 5


# What sets a precision of the process, or takes it for a while; and filters of warnings, which belong to it as well.
OF_THE_PROCESS = re.compile(r"work(dps|prec)\(|\b(mp|ctx)\.(dps|prec) *=(?!=)|catch_warnings\(")
IN_TURN = re.compile(r"^\s*with TURN, ")
MAY = {"precision.py", "doctor.py"}  # the one place for it; and what imports libraries to see whether they are there


@pytest.mark.parametrize("path", sorted(Path(sg.__file__).parent.rglob("*.py")), ids=lambda path: path.name)
def test_what_belongs_to_the_process_is_changed_by_one_thread_at_a_time(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if OF_THE_PROCESS.search(line)]
    assert path.name in MAY or [line for line in lines if not IN_TURN.match(line)] == []


@pytest.mark.parametrize("path", sorted(Path(sg.__file__).parent.rglob("*.py")), ids=lambda path: path.name)
def test_no_generator_waits_in_the_middle_of_a_turn(path):
    if path.name == "precision.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        taken = ", ".join(map(ast.unparse, node.items)) if isinstance(node, ast.With) else ""
        if re.search(r"\b(precision|many_digits|many_bits|TURN)\b", taken):
            assert not [inner for inner in ast.walk(node) if isinstance(inner, ast.Yield | ast.YieldFrom)]
