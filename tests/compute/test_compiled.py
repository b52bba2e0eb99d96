"""The backend of machine code: the same numbers as NumPy, functions to a few units in the last place, kept on disk."""

import hashlib
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from cells_in_numbers import run_and_point
from points import ULPS, measured
from sympy import Rational, S

import symgrad as sg
from symgrad.activations.rows import ROWS
from symgrad.compute.program.lowering import SLOPE, VALUE, call
from symgrad.compute.program.nodes import Node
from symgrad.compute.program.program import Line, Program, Steps
from symgrad.symbols import declared_shape

pytest.importorskip("llvmlite")

from symgrad.compute.llvm.emit import Function, described

EPS = 2.0**-52


def close(found, expected, scale=1.0):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    return np.abs(found - expected).max(initial=0.0) <= 1e3 * EPS * scale * max(1.0, np.abs(expected).max(initial=0.0))


def same(found, expected):
    assert close(found.loss, expected.loss)
    for part in ("gradients", "states"):
        for name, array in getattr(expected, part).items():
            assert close(getattr(found, part)[name], array), name


@pytest.mark.one_in(4)
@pytest.mark.parametrize("at", ["last", "every", "mean"])
@pytest.mark.parametrize("name", sg.CELLS)
def test_every_cell_gives_what_numpy_gives(name, at):
    for length in (1, 2, 7):
        run, point = run_and_point(name, at, length)
        same(run.gradients.compile(backend="compiled")(**point), run(**point))


@pytest.mark.one_in(4)
@pytest.mark.parametrize("name", ["tanh", "lstm", "gru", "elman"])
@pytest.mark.parametrize("points", [(3,), (2, 5), (17,)])
def test_leading_axes_go_into_lanes(name, points):
    """A batch of sequences, fewer points than lanes, and more that do not divide by them."""
    run, point = run_and_point(name)
    generator = np.random.default_rng(3)
    point["x"] = generator.standard_normal((*points, *point["x"].shape))
    first = next(iter(run.gradients.cell.parameters)).name
    point[first] = point[first] + generator.standard_normal((points[-1], *np.ones(point[first].ndim, dtype=int)))
    expected = run(**point)
    for threads in (1, 2):
        same(run.gradients.compile(backend="compiled", threads=threads)(**point), expected)


@pytest.mark.parametrize("name", [row.name for row in sg.CELLS.values() if "bidirectional" not in row.name])
def test_checkpoints_change_nothing(name):
    run, point = run_and_point(name, length=11)
    if run.gradients.runs_in_reverse:
        pytest.skip("looks at later steps")
    expected = run.gradients.compile(checkpoint=True)(**point)
    same(run.gradients.compile(backend="compiled", checkpoint=True)(**point), expected)


@pytest.mark.parametrize("backend", ["numpy", "compiled"])
@pytest.mark.parametrize("checkpoint", [False, True])
def test_the_number_of_a_step_is_that_of_the_whole_sequence(backend, checkpoint):
    """h_t = w*h_{t-1} + t, so that h_T is the sum of w**(T-t) * t."""
    h, w = sg.State("h"), sg.Parameter("w")
    grad = sg.bptt(sg.Cell({h: w * h.prev + sg.TIME}), h)
    out = grad.compile({sg.LENGTH: 10}, backend, checkpoint=checkpoint)(w=0.5)
    assert out.loss == sum(0.5 ** (10 - t) * t for t in range(1, 11))


@pytest.mark.one_in(3)
@pytest.mark.filterwarnings("ignore::symgrad.UnderflowWarning")
@pytest.mark.parametrize("which", [VALUE, SLOPE])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_activations_keep_their_digits(name, which):
    """One number at a time, and in lanes."""
    x = sg.real("x")
    run = sg.compile(x, backend="compiled")
    line = Line("value", call(name, which, Node("parameter", data=x)), Steps.BORDER, S.Zero)
    vars(run)["program"] = Program((line,), {"x": x}, (), {"value": "value"})
    most, _ = ULPS.get((ROWS[name].name, which), (6, ""))
    worst, place = measured(name, which, lambda points: run(x=points))
    assert worst <= most, place
    points = np.linspace(-40, 40, 57)
    assert [run(x=float(p)) for p in points] == pytest.approx(run(x=points).tolist(), rel=1e-14)


def test_the_state_jacobian_over_a_grid():
    h, w, b = sg.State("h"), sg.Parameter("w"), sg.Parameter("b")
    cell = sg.Cell({h: sg.sigmoid(w * h.prev + b)})
    formula = sg.state_jacobian(h.at(sg.LENGTH), h.at(0))
    point = {"w": np.linspace(-4, 4, 9)[:, None], "b": np.linspace(-6, 6, 7)}
    expected = sg.compile(formula, cell, {sg.LENGTH: 30})(**point)
    for threads in (1, 3):
        found = sg.compile(formula, cell, {sg.LENGTH: 30}, "compiled", threads=threads)(**point)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_arrays_of_any_kind_are_taken():
    run, point = run_and_point("tanh")
    expected = run(**point)
    compiled = run.gradients.compile(backend="compiled")
    strange = {k: np.asfortranarray(v) if v.ndim else v for k, v in point.items()}
    strange["x"] = np.repeat(point["x"], 2, axis=0)[::2]
    strange["target"] = point["target"][::-1].copy()[::-1]
    for array in strange.values():
        array.flags.writeable = False
    same(compiled(**strange), expected)
    same(compiled(**{**point, "x": point["x"].tolist()}), expected)
    whole = {**point, "x": np.ones(point["x"].shape, dtype=int)}
    same(compiled(**whole), run(**whole))
    still = {**point, "target": np.broadcast_to(point["target"][0], point["target"].shape)}
    same(compiled(**still), run(**still))


def test_a_gradient_that_underflows_is_told():
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: 1000}, "compiled")
    with pytest.warns(sg.UnderflowWarning, match="h0"):
        run(w=1.0)
    short = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: 20}, "compiled")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        short(w=1.0)


def test_runs_are_sent_to_other_processes():
    run, point = run_and_point("tanh", backend="compiled")
    same(pickle.loads(pickle.dumps(run))(**point), run(**point))


@pytest.mark.slow
def test_another_process_finds_the_code(tmp_path):
    script = (
        "import numpy as np, symgrad as sg\n"
        "cell = sg.CELLS['lstm'].cell(*sg.dims('n m'))\n"
        "run = sg.bptt(cell, sg.half_squared_error(sg.output_of(cell))).compile(backend='compiled')\n"
        "shapes = {p.name: 3 if p.shape[1] == 1 else (3, 2 if 'U' in p.name else 3) for p in cell.parameters}\n"
        "weights = {name: np.full(shape, 0.3) for name, shape in shapes.items()}\n"
        "print(run(**weights, x=np.ones((4, 2)), target=np.zeros((4, 3))).loss)\n"
    )
    outputs, times = [], []
    for seed in ("1", "2"):  # what depends on the order of sets would be found by chance alone
        surroundings = {**os.environ, "SYMGRAD_CACHE": str(tmp_path), "PYTHONHASHSEED": seed}
        outputs.append(subprocess.check_output([sys.executable, "-c", script], env=surroundings, text=True))
        kept = sorted((tmp_path / "machine").iterdir())
        assert kept
        times.append([file.stat().st_mtime_ns for file in kept])
    assert outputs[0] == outputs[1]
    assert times[0] == times[1]
    # What somebody else puts there, be it with a checksum, is not run.
    for content in (b"spoilt", hashlib.sha256(b"other code").hexdigest().encode() + b"other code"):
        kept[0].write_bytes(content)
        assert subprocess.check_output([sys.executable, "-c", script], env=surroundings, text=True) == outputs[0]


@pytest.mark.slow
def test_the_same_description_is_the_same_code(monkeypatch):
    """Code is found by what it is written from: for whatever cell, size, loss and lanes, no two are taken for one."""
    found, write = {}, Function.write

    def noted(function, passes):
        text = write(function, passes)
        assert found.setdefault(described(function, passes), text) == text
        return text

    monkeypatch.setattr(Function, "write", noted)
    monkeypatch.setenv("SYMGRAD_CACHE", "off")
    for name in sg.CELLS:
        for at, length in (("last", 2), ("mean", 3)):
            run, point = run_and_point(name, at, length)
            first = next(iter(run.gradients.cell.parameters)).name
            for more in ({}, {first: np.stack([point[first]] * 3)}):
                run.gradients.compile(backend="compiled")(**{**point, **more})
    h, w, v = sg.State("h"), sg.Parameter("w"), sg.Parameter("v")
    right = [w * h.prev, v * h.prev, 2 * w * h.prev, 3 * w * h.prev, w * h.prev**2, w + h.prev, w * v * h.prev]
    for a in right:
        for f in (sg.tanh, sg.sigmoid, sg.relu, sg.softplus, lambda a: sg.leaky_relu(a, Rational(1, 7))):
            cell = sg.Cell({h: f(a)})
            point = {p.name: 0.5 for p in cell.parameters}
            sg.bptt(cell, h).compile({sg.LENGTH: 3}, "compiled")(**point, h0=0.5)
    assert len(found) > 150
    assert len({*found.values()}) > 0.9 * len(found)


def test_without_its_libraries_numpy_computes(monkeypatch):
    run, point = run_and_point("tanh")
    monkeypatch.setitem(sys.modules, "symgrad.compute.llvm.call", None)
    with pytest.warns(RuntimeWarning, match=r"pip install 'symgrad\[fast\]'; computed with numpy instead"):
        found = run.gradients.compile(backend="compiled")(**point)
    same(found, run(**point))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threads": 2}, "threads are for the backend compiled; the backend is numpy"),
        ({"backend": "compiled", "threads": 0}, "threads is a positive integer; got 0"),
    ],
)
def test_options_that_do_not_fit_are_named(options, message):
    run, _ = run_and_point("tanh")
    with pytest.raises(sg.CellError, match=message):
        run.gradients.compile(**options)


def test_many_units_are_computed_as_few_are():
    """Beyond some size programs for NumPy put gates together no more, and keep what they would compute again."""
    cell = sg.CELLS["tanh"].cell(40, 2)
    run = sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)), at="every").compile()
    draw = np.random.default_rng(2).standard_normal
    point = {}
    for argument in run.gradients.arguments:
        shape = tuple(map(int, declared_shape(argument)))
        is_in_time = argument in run.gradients.cell.inputs or run.gradients.name_of(argument) == "target"
        point[run.gradients.name_of(argument)] = 0.2 * draw((*([4] if is_in_time else []), *shape))
    same(run(**point), run.gradients.compile(backend="compiled")(**point))


def test_vectors_too_large_are_refused():
    run, _ = run_and_point("tanh")
    cell = sg.CELLS["tanh"].cell(300, 2)
    run = sg.bptt(cell, sg.half_squared_error(sg.output_of(cell))).compile(backend="compiled")
    point = {"W": np.zeros((300, 300)), "U": np.zeros((300, 2)), "b": np.zeros(300)}
    with pytest.raises(sg.CellError, match="use backend='numpy'"):
        run(**point, x=np.zeros((3, 2)), target=np.zeros((3, 300)))


@pytest.mark.parametrize("backend", ["numpy", "compiled"])
def test_a_warning_points_to_the_call(backend):
    h, w = sg.State("h"), sg.Parameter("w")
    run = sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev)}), h).compile({sg.LENGTH: 3000}, backend)
    for _ in range(2):  # the second call is a prepared one
        with pytest.warns(sg.UnderflowWarning) as told:
            run(w=1.0)
        assert [warning.filename for warning in told] == [__file__]
