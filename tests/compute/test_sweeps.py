"""Sweeps: every point as if it were computed alone, whoever computes it, in whatever order, and after any kill."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray
import zarr

import symgrad as sg
from symgrad.compute.sweeps.grids import grid_of

W, B, STEPS = [-2.0, -0.5, 0.5, 3.0, 6.0], [0.0, 1.0, 2.0], [1, 3, 8]
AXES = {"w": W, "b": B, "T": STEPS}
CHUNKS = {"w": 2, "b": 2}


@pytest.fixture(scope="module")
def run():
    h, w, b = sg.State("h"), sg.Parameter("w"), sg.Parameter("b")
    return sg.bptt(sg.Cell({h: sg.sigmoid(w * h.prev + b)}), h).compile()


@pytest.fixture(scope="module")
def expected(run):
    return sg.sweep(run, **AXES, chunks=CHUNKS)


def by_hand(w, b, steps):
    """The last state and its slopes, by forward mode."""
    h = dw = db = 0.0
    dh0 = 1.0
    for _ in range(steps):
        power = np.exp(-(w * h + b))
        before, h = h, 1 / (1 + power)
        slope = power * h**2
        dw, db, dh0 = slope * (before + w * dw), slope * (1 + w * db), slope * w * dh0
    return h, dw, db, dh0


def test_every_point_is_right(expected):
    assert dict(expected.sizes) == {"w": 5, "b": 3, "T": 3}
    for w in W:
        for b in B:
            for steps in STEPS:
                point = expected.sel(w=w, b=b, T=steps)
                found = [float(point[name]) for name in ("loss", "dw", "db", "dh0")]
                assert np.allclose(found, by_hand(w, b, steps), rtol=1e-12, atol=0)


def test_what_a_dataset_is_stands_in_it(expected):
    assert "sigmoid(b + w*h[t-1])" in expected.attrs["program"]
    assert f"symgrad {sg.__version__}" in expected.attrs["made_by"]
    assert expected.dw.attrs == {"long_name": "dL/dw", "units": "1"}


class InAnyOrder(Executor):
    """Computes everything when it likes, and the last first."""

    def __init__(self, seed):
        self.random, self.waiting = random.Random(seed), []

    def submit(self, function, /, *arguments, **options):
        future = Future()
        self.waiting.append((future, function, arguments, options))
        if len(self.waiting) == 18:  # all chunks of the sweep
            self.random.shuffle(self.waiting)
            for future_, function_, arguments_, options_ in self.waiting:
                future_.set_result(function_(*arguments_, **options_))
        return future


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_chunks_changes_nothing(run, expected, seed, tmp_path):
    executor = InAnyOrder(seed)
    xarray.testing.assert_identical(expected, sg.sweep(run, **AXES, chunks=CHUNKS, executor=executor))
    assert len(executor.waiting) == 18


def test_the_order_of_axes_changes_only_that_of_the_dimensions(run, expected):
    turned = sg.sweep(run, b=B, T=STEPS[::-1], w=W[::-1], chunks={"b": 1})
    assert turned.loss.dims == ("b", "w", "T")
    xarray.testing.assert_equal(expected, turned.sel(w=W, T=STEPS).transpose("w", "b", "T"))


def processes(number):
    """Processes that begin anew: a fork of one with threads, which other tests may have left, could hang."""
    return ProcessPoolExecutor(number, mp_context=get_context("spawn"))


@pytest.mark.one_in(2)
@pytest.mark.parametrize("kind", [ThreadPoolExecutor, processes])
def test_executors_compute_the_same(run, expected, kind, tmp_path):
    with kind(2) as executor:
        xarray.testing.assert_identical(expected, sg.sweep(run, **AXES, chunks=CHUNKS, executor=executor))
        stored = sg.sweep(run, **AXES, chunks=CHUNKS, executor=executor, store=tmp_path / "a.zarr")
    xarray.testing.assert_equal(expected, stored.load())


@pytest.mark.slow
def test_a_cluster_of_dask_computes_the_same(run, expected, tmp_path):
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        stored = sg.sweep(run, **AXES, chunks=CHUNKS, executor=client, store=tmp_path / "a.zarr")
        xarray.testing.assert_equal(expected, stored.load())
        workers = client.run(os.getpid)
    assert os.getpid() not in workers.values()


# --- axes ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def layer():
    n, m = sg.dims("n m")
    return sg.bptt(sg.CELLS["tanh"].cell(n, m), sg.half_squared_error(sg.State("h", n))).compile()


def arguments(*lead):
    draw = np.random.default_rng(2).standard_normal
    shapes = {"U": (3, 2), "b": (3,), "x": (6, 2), "target": (6, 3)}
    return {"W": draw((*lead, 3, 3)), **{name: draw(shape) for name, shape in shapes.items()}}


def test_an_array_with_one_axis_more_is_a_dimension(layer):
    given = arguments(4)
    found = sg.sweep(layer, **given, chunks={"W": 3})
    assert found.dW.dims == ("W", "W_0", "W_1")
    assert found.db.dims == ("W", "b_0")
    for k in range(4):
        alone = layer(**{**given, "W": given["W"][k]})
        assert np.allclose(found.dW.sel(W=k), alone.gradients["W"], rtol=1e-13, atol=1e-15)
        assert np.allclose(found.db.sel(W=k), alone.gradients["b"], rtol=1e-13, atol=1e-15)


def test_dims_name_axes_and_what_shares_one_varies_together(layer):
    given = arguments(4, 2)
    W = xarray.DataArray(given["W"], dims=("seed", "size", "to", "from"), coords={"size": [10, 20]})
    b = xarray.DataArray(np.arange(12.0).reshape(4, 3) / 9, dims=("seed", "to"))
    found = sg.sweep(layer, **{**given, "b": b, "W": W}, chunks={"seed": 3})
    assert dict(found.loss.sizes) == {"seed": 4, "size": 2}
    assert found["size"].values.tolist() == [10, 20]
    for seed in range(4):
        for place, size in enumerate((10, 20)):
            alone = layer(**{**given, "W": given["W"][seed, place], "b": b.values[seed]})
            assert np.allclose(found.dU.sel(seed=seed, size=size), alone.gradients["U"], rtol=1e-12, atol=1e-14)


def test_a_number_that_varies_along_another_axis_is_a_coordinate(run):
    found = sg.sweep(run, w=xarray.DataArray(W, dims="run"), b=xarray.DataArray(range(5), dims="run"), T=4)
    assert found.w.dims == ("run",)
    assert int(found["T"]) == 4
    assert np.allclose(found.loss, [by_hand(w, b, 4)[0] for b, w in enumerate(W)], rtol=1e-13)


def test_axes_in_another_order_are_turned(layer):
    given = arguments()
    W = xarray.DataArray(arguments(2, 3)["W"], dims=("i", "j", "to", "from"))
    b = xarray.DataArray(np.random.default_rng(1).standard_normal((3, 2, 3)), dims=("j", "i", "to"))
    found = sg.sweep(layer, **{**given, "W": W, "b": b}, chunks={"i": 1, "j": 2})
    alone = layer(**{**given, "W": W.values[1, 2], "b": b.values[2, 1]})
    assert np.allclose(found.dU.sel(i=1, j=2), alone.gradients["U"], rtol=1e-12, atol=1e-14)


def test_lengths_cut_the_inputs(layer):
    given = arguments()
    found = sg.sweep(layer, **given, T=[2, 6])
    cut = {**given, "x": given["x"][:2], "target": given["target"][:2]}
    assert float(found.loss.sel(T=2)) == layer(**cut).loss
    assert float(found.loss.sel(T=6)) == layer(**given).loss
    assert "dx" not in found


def test_a_point_alone_is_a_dataset_without_dimensions(run):
    found = sg.sweep(run, w=1.0, b=0.5, T=3)
    assert dict(found.sizes) == {}
    assert np.isclose(float(found.loss), by_hand(1.0, 0.5, 3)[0], rtol=1e-13)


def test_gradients_that_no_double_holds_come_as_logarithms(run):
    balls = run.gradients.compile(backend="balls", digits=20)
    found = sg.sweep(balls, w=[-1.0, 1.0], b=0.5, T=[7, 2001])
    plain = [by_hand(w, 0.5, 7)[3] for w in (-1.0, 1.0)]
    assert np.allclose(found.log10_dh0.sel(T=7), np.log10(np.abs(plain)), rtol=1e-13)
    assert found.sign_dh0.sel(T=7).values.tolist() == np.sign(plain).tolist() == [-1, 1]
    assert (found.log10_dh0.sel(T=2001) < -1000).all()
    assert np.isfinite(found.log10_dh0).all()


def test_scaled_gradients_come_as_logarithms(run):
    scaled = run.gradients.compile(scaled=True)
    found = sg.sweep(scaled, w=[-1.0, 1.0], b=0.5, T=[7, 2001])
    certain = sg.sweep(run.gradients.compile(backend="balls", digits=20), w=[-1.0, 1.0], b=0.5, T=[7, 2001])
    for name in ("log10_dh0", "log10_dw", "sign_dh0", "sign_dw"):
        assert np.allclose(found[name], certain[name], rtol=1e-13, atol=1e-13)


def test_an_exact_zero_has_no_sign_and_no_logarithm(run):
    for options in ({"scaled": True}, {"backend": "balls"}):
        found = sg.sweep(run.gradients.compile(**options), w=[0.0, 1.0], b=0.5, T=2)
        assert found.sign_dh0.values.tolist() == [0, 1]
        assert found.log10_dh0.values[0] == -np.inf


def test_formulas_about_a_cell_are_swept(run):
    h = sg.State("h")
    formula = sg.compile(sg.state_jacobian(h.at(sg.LENGTH), h.at(0)), run.gradients.cell)
    found = sg.sweep(formula, **AXES, chunks=CHUNKS)
    for w in W:
        assert np.isclose(found.value.sel(w=w, b=1.0, T=8), by_hand(w, 1.0, 8)[3], rtol=1e-12)


def test_the_value_of_a_formula_has_axes_of_its_own(run):
    """One value for each step, which is an axis here."""
    h = sg.State("h")
    formula = sg.compile(sg.state_jacobian(h.at(sg.TIME), h.at(0)), run.gradients.cell)
    found = sg.sweep(formula, w=W, b=[0.5], T=6, chunks={"w": 2})
    assert found.value.dims == ("w", "b", "value_0")
    expected = [[by_hand(w, 0.5, steps)[3] for steps in range(1, 7)] for w in W]
    assert np.allclose(found.value[:, 0], expected, rtol=1e-12, atol=0)
    with pytest.raises(sg.CellError, match="value has a shape that depends on T"):
        sg.sweep(formula, w=W, b=[0.5], T=[2, 6])


def test_both_sides_of_a_claim_are_swept():
    found = sg.sweep(sg.compile(sg.claim("tanh(x) <= x + c")), x=[0.0, 1.0], c=[0.0, 1.0])
    assert found.left.sel(x=1.0).values.tolist() == [np.tanh(1.0)] * 2
    assert found.right.values.tolist() == [[0, 1], [1, 2]]


def test_what_underflows_says_so_from_any_process(run):
    with processes(1) as executor, pytest.warns(sg.UnderflowWarning, match="of h0 are below") as heard:
        sg.sweep(run, w=[1.0], b=[0.0, 1.0], T=[2000], chunks={"b": 1}, executor=executor)
    assert len(heard) == 1


def test_long_runs_have_small_chunks_unless_told_otherwise(run):
    def sizes(**options):
        return grid_of(run.program.arguments, {}, {"w": range(99), "b": range(99)}, **options).blocks

    assert sizes(steps=1000, chunks=None) == {"w": 64, "b": 64}
    assert sizes(steps=[10, 100_000], chunks=None) == {"w": 6, "b": 6, "T": 1}
    assert sizes(steps=10**9, chunks={"w": 9}) == {"w": 9, "b": 1}


def test_labels_are_kept(run, tmp_path):
    w = xarray.DataArray([0.5, 2.0], dims="kind", coords={"kind": ["weak", "strong"]})
    for options in ({}, {"store": tmp_path / "a.zarr"}):
        found = sg.sweep(run, w=w, b=0.0, T=3, **options)
        assert np.isclose(float(found.loss.sel(kind="strong")), by_hand(2.0, 0.0, 3)[0], rtol=1e-13)


# --- stores -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Logged:
    """A program that writes down what it computes, and takes its time; it pickles as itself."""

    sizes: dict
    log: str
    pause: float = 0.0
    breaks_at: float = float("nan")

    @property
    def program(self):
        return SimpleNamespace(arguments={"w": sg.Parameter("w")})

    def __repr__(self):
        return f"Logged({self.log})"

    def __call__(self, w):
        time.sleep(self.pause)
        if self.breaks_at in np.ravel(w):
            raise sg.CellError("it breaks")
        with open(self.log, "a") as log:
            log.write(f"{np.ravel(w)[0]}\n")
        return SimpleNamespace(loss=np.asarray(w) ** 2, gradients={"w": 2 * np.asarray(w)})


NUMBERS = np.arange(1.0, 41)


def logged(folder, **options):
    return Logged({}, str(folder / "log"), **options)


def swept(folder, w=NUMBERS, **options):
    return sg.sweep(logged(folder, **options), w=w, chunks={"w": 1}, store=folder / "a.zarr")


def computed(folder):
    return [float(line) for line in (folder / "log").read_text().split()]


def test_a_kill_loses_nothing_and_nothing_is_computed_twice(tmp_path):
    """What was being computed when the kill came is all that is computed again."""
    code = f"import test_sweeps as t; from pathlib import Path; t.swept(Path({str(tmp_path)!r}), pause=0.05)"
    folders = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": folders})
    deadline = time.monotonic() + 600
    while not (tmp_path / "log").exists() or len(computed(tmp_path)) < 7:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    first = computed(tmp_path)
    marks = xarray.open_zarr(tmp_path / "a.zarr", consolidated=False).chunk_done.values
    assert 5 <= marks.sum() < len(NUMBERS)
    assert set(NUMBERS[marks]) <= set(first)
    found = swept(tmp_path)
    second = computed(tmp_path)[len(first) :]
    whole_without_mark = set(NUMBERS[~marks]) - set(second)  # where the kill came between the data and the mark
    assert len(whole_without_mark) <= 1
    assert whole_without_mark <= set(first)
    assert sorted(second) == sorted({*NUMBERS[~marks]} - whole_without_mark)
    assert np.array_equal(found.loss, NUMBERS**2)
    assert np.array_equal(found.dw, 2 * NUMBERS)


WRITES = ["chunk_content", "loss", "dw", "chunk_done"]  # of a chunk, in this order


class Killed(BaseException):
    pass


@pytest.mark.parametrize("name", WRITES)
def test_a_kill_before_any_write_of_a_chunk_is_no_damage(tmp_path, monkeypatch, name):
    """A chunk that is whole is not computed again, and one that is not is, both without a word."""
    few, written = NUMBERS[:4], []

    def write(array, *args, _write=zarr.Array.__setitem__):
        if written.count(array.path) == 2 and array.path == name:
            raise Killed
        written.append(array.path)
        _write(array, *args)

    with monkeypatch.context() as patched:
        patched.setattr(zarr.Array, "__setitem__", write)
        with pytest.raises(Killed):
            swept(tmp_path, w=few)
    assert [path for path in written if path in WRITES] == WRITES * 2 + WRITES[: WRITES.index(name)]
    assert computed(tmp_path) == [1, 2, 3]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = swept(tmp_path, w=few).load()
    assert np.array_equal(found.loss, few**2)
    assert np.array_equal(found.dw, 2 * few)
    marks = xarray.open_zarr(tmp_path / "a.zarr", consolidated=False).chunk_done
    assert bool(marks.all())
    assert computed(tmp_path)[3:] == ([4] if name == "chunk_done" else [3, 4])


SHARING = "import test_sweeps as t; from pathlib import Path; t.swept(Path({folder!r}), pause={pause})"


def another_process(folder, pause):
    folders = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    code = SHARING.format(folder=str(folder), pause=pause)
    return subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": folders})


def names_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def wait_for(folder, count, *processes):
    while not (folder / "log").exists() or len(computed(folder)) < count:
        assert all(process.poll() is None for process in processes)
        time.sleep(0.02)


def test_two_processes_share_a_sweep_and_no_chunk_is_computed_twice(tmp_path):
    processes = [another_process(tmp_path, 0.05) for _ in range(2)]
    assert [process.wait(600) for process in processes] == [0, 0]
    assert sorted(computed(tmp_path)) == NUMBERS.tolist()
    assert np.array_equal(swept(tmp_path).loss, NUMBERS**2)


def test_one_that_resumes_takes_over_what_a_killed_one_had_taken_and_nothing_is_left_over(tmp_path):
    (tmp_path / "whole").mkdir()
    swept(tmp_path / "whole")
    first = another_process(tmp_path, 0.2)
    wait_for(tmp_path, 3, first)
    second = another_process(tmp_path, 0.01)
    wait_for(tmp_path, 8, first, second)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert second.wait(600) == 0
    numbers = computed(tmp_path)
    assert set(numbers) == set(NUMBERS)
    assert len(numbers) <= len(NUMBERS) + 1  # at most what was written down, but not yet written, at the kill
    assert np.array_equal(swept(tmp_path).loss, NUMBERS**2)
    assert names_in(tmp_path / "a.zarr") == names_in(tmp_path / "whole" / "a.zarr")
    assert sorted(os.listdir(tmp_path)) == ["a.zarr", "log", "whole"]


@pytest.mark.parametrize("kind", ["none", "threads"])
def test_threads_of_one_process_share_a_sweep(tmp_path, kind):
    def sweep(_):
        with ThreadPoolExecutor(3) as executor:
            return sg.sweep(
                logged(tmp_path, pause=0.005), w=NUMBERS, chunks={"w": 1}, store=tmp_path / "a.zarr",
                executor=executor if kind == "threads" else None,
            ).load()  # fmt: skip

    with ThreadPoolExecutor(3) as executor:
        found = list(executor.map(sweep, range(3)))
    assert sorted(computed(tmp_path)) == NUMBERS.tolist()
    assert all(np.array_equal(each.loss, NUMBERS**2) for each in found)


def chunk(name, place=3):
    return lambda store: [path for path in (store / name / "c").rglob("*") if path.is_file()][place]


DAMAGED = {
    "the data of a chunk": chunk("loss"),
    "the data of a gradient": chunk("dw"),
    "a mark": chunk("chunk_done"),
    "a fingerprint": chunk("chunk_content"),
    "what a result is": lambda store: store / "loss" / "zarr.json",
    "what the marks are": lambda store: store / "chunk_done" / "zarr.json",
    "what the fingerprints are": lambda store: store / "chunk_content" / "zarr.json",
    "what a coordinate is": lambda store: store / "w" / "zarr.json",
    "the file of locks": lambda store: store / "chunk_done" / "locks",
}
DAMAGES = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-3]),
    "garbage": lambda path: path.write_bytes(b"\x00\x01garbage\xff" * 5),
}
SILENT = ("what a coordinate is", "the file of locks", "a mark", "what the marks are")  # nothing is computed again


@pytest.mark.one_in(4)
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("what", DAMAGED)
def test_what_is_damaged_or_missing_is_named_and_computed_again(tmp_path, what, damage):
    few = NUMBERS[:5]
    swept(tmp_path, w=few)
    DAMAGES[damage](DAMAGED[what](tmp_path / "a.zarr"))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        found = swept(tmp_path, w=few).load()
    assert np.array_equal(found.loss, few**2)
    assert np.array_equal(found.dw, 2 * few)
    assert np.array_equal(found.w, few)
    named = [str(each.message) for each in heard if "damaged or lost; it is computed again" in str(each.message)]
    assert (named == []) == (what in SILENT)
    assert all(text.startswith(f"{tmp_path / 'a.zarr'}: the chunk (") for text in named)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = len(computed(tmp_path))
        assert np.array_equal(swept(tmp_path, w=few).load().loss, few**2)
        assert len(computed(tmp_path)) == before


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "b").mkdir()
    for place, said in (("file/a.zarr", "cannot write"), ("/proc/nothing/a.zarr", "cannot write")):
        with pytest.raises(sg.OutputError, match=said) as told:
            sg.sweep(logged(tmp_path), w=NUMBERS, store=tmp_path / place)
        assert "\n" not in str(told.value)
    assert not (tmp_path / "log").exists()


def test_a_disk_that_fills_up_is_one_line_and_the_sweep_can_go_on(tmp_path, monkeypatch):
    from symgrad.compute.sweeps import stores

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(stores, "_write", full)
        with pytest.raises(sg.OutputError, match=r"cannot write .*a\.zarr: No space left on device"):
            swept(tmp_path)
    assert np.array_equal(swept(tmp_path).loss, NUMBERS**2)


def test_an_error_stops_a_sweep_and_keeps_what_was_done(tmp_path):
    with pytest.raises(sg.CellError, match="it breaks"):
        swept(tmp_path, breaks_at=5.0)
    assert computed(tmp_path) == [1, 2, 3, 4]
    assert np.array_equal(swept(tmp_path).loss, NUMBERS**2)
    assert computed(tmp_path) == NUMBERS.tolist()


def test_an_error_in_a_pool_cancels_what_waits(tmp_path):
    program = logged(tmp_path, breaks_at=2.0, pause=0.02)
    with ThreadPoolExecutor(1) as executor, pytest.raises(sg.CellError, match="it breaks"):
        sg.sweep(program, w=NUMBERS, chunks={"w": 1}, executor=executor)
    assert len(computed(tmp_path)) < len(NUMBERS) - 5


def test_a_finished_sweep_is_read_and_not_computed(tmp_path):
    first = swept(tmp_path).load()
    xarray.testing.assert_identical(first, swept(tmp_path).load())
    assert len(computed(tmp_path)) == len(NUMBERS)


def test_a_chunk_whose_data_was_written_but_not_marked_is_written_again(run, tmp_path):
    import zarr

    sg.sweep(run, w=W, b=0.5, T=2, chunks={"w": 2}, store=tmp_path / "a.zarr")
    group = zarr.open_group(tmp_path / "a.zarr", mode="r+")
    group["chunk_done"][1] = False
    group["loss"][2:4] = 7.0  # half-written, as a kill may leave it
    again = sg.sweep(run, w=W, b=0.5, T=2, chunks={"w": 2}, store=tmp_path / "a.zarr")
    assert np.allclose(again.loss, [by_hand(w, 0.5, 2)[0] for w in W], rtol=1e-13)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"w": [1.0, 3.0]}, "holds another sweep, with another w"),
        ({"b": 0.5}, "holds another sweep, with another b"),
        ({"T": 3}, "holds another sweep, with another T"),
        ({"chunks": {"w": 1}}, "holds another sweep, with another chunks"),
        ({"h0": 0.5}, "holds another sweep, with another h0"),
    ],
)
def test_the_store_of_another_sweep_is_refused(run, change, message, tmp_path):
    given = {"w": [1.0, 2.0], "b": 0.0, "T": 2, "store": tmp_path / "a.zarr"}
    sg.sweep(run, **given)
    with pytest.raises(sg.OutputError, match=message):
        sg.sweep(run, **{**given, **change})


def test_the_store_of_another_program_is_refused(run, tmp_path):
    given = {"w": [1.0, 2.0], "b": 0.0, "T": 2, "store": tmp_path / "a.zarr"}
    sg.sweep(run, **given)
    with pytest.raises(sg.OutputError, match="another program"):
        sg.sweep(run.gradients.compile(backend="mpmath"), **given)


def test_what_is_no_store_is_left_alone(run, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    for name in ("folder", "file"):
        with pytest.raises(sg.OutputError, match=f"{name} is no store of a sweep"):
            sg.sweep(run, w=[1.0], b=0.0, T=2, store=tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"


# --- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"v": [1.0]}, "unknown argument v; a sweep runs over b, w, h0, T"),
        ({"w": np.ones((2, 2))}, "w has 0 axes, or 1 to sweep over the first; more as an xarray.DataArray"),
        ({"w": [1.0, float("nan")]}, r"w must be finite; at \(1,\) it is nan"),
        ({"w": []}, "the axis w is empty"),
        ({"T": []}, "the axis T is empty"),
        ({"T": [0, 1]}, "T is a number of steps, 1 or more"),
        ({"T": 2.5}, "T is a number of steps, 1 or more, or a sequence of them; got 2.5"),
        ({"chunks": {"v": 3}}, "chunks are for the axes w, b; got v"),
        ({"chunks": {"w": 0}}, "a chunk of w has 1 point or more; got 0"),
        ({"w": xarray.DataArray([1.0, 2.0], dims="T"), "T": [1, 2]}, "T is the number of steps"),
        ({"w": xarray.DataArray([1.0, 2.0], dims="b")}, "two arguments have different values along the axis b"),
    ],
)
def test_bad_axes_are_named_before_anything_is_computed(run, change, message):
    with pytest.raises(sg.CellError, match=message) as told:
        sg.sweep(run, **{"w": [1.0, 2.0], "b": [0.0, 1.0, 2.0], "T": 2, **change})
    assert "\n" not in str(told.value)


def test_a_missing_argument_is_named(run):
    with pytest.raises(sg.CellError, match="the argument w is missing"):
        sg.sweep(run, b=[0.0, 1.0])


def test_inputs_must_be_as_long_as_the_longest_run(layer):
    with pytest.raises(sg.CellError, match="T goes up to 7, and the inputs have 6 steps"):
        sg.sweep(layer, **arguments(), T=[2, 7])


@pytest.mark.parametrize("library", ["xarray", "zarr"])
def test_a_missing_extra_is_named(run, library, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(sg.MissingExtraError, match=rf"a sweep needs {library}: .*symgrad\[scale\]"):
        sg.sweep(run, w=[1.0], b=0.0, store=tmp_path / "a.zarr")


def test_a_half_made_store_is_out_of_sight(run, tmp_path):
    """A kill while a store is made leaves a folder of another name, which harms nobody."""
    given = {"w": [1.0, 2.0], "b": 0.0, "T": 2}
    sg.sweep(run, **given, store=tmp_path / "other.zarr")
    shutil.move(tmp_path / "other.zarr", tmp_path / ".a.zarr.1.tmp")
    (tmp_path / ".a.zarr.2.tmp").mkdir()
    assert sg.sweep(run, **given, store=tmp_path / "a.zarr").loss.shape == (2,)
    assert os.listdir(tmp_path) == ["a.zarr"]  # what a killed run has left is removed by the next
