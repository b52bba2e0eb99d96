"""Files are written as a whole, by any number of processes and threads, and what a killed run left is removed."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from symgrad.base import files
from symgrad.base.files import cache_folder, write_whole


def write_many(path, number, times=60):
    for k in range(times):
        write_whole(path, f"{number},{k}\n".encode() * 400)
    return True


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_writers_of_one_file_do_not_meet_even_with_one_number_of_a_process(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(os, "getpid", lambda: 1)  # as in containers that share a folder
    options = {} if kind is ThreadPoolExecutor else {"mp_context": multiprocessing.get_context("spawn")}
    with kind(4, **options) as pool:
        assert all(pool.map(write_many, [tmp_path / "a.txt"] * 4, range(4)))
    lines = (tmp_path / "a.txt").read_text().splitlines()
    assert len(lines) == 400
    assert len(set(lines)) == 1
    assert os.listdir(tmp_path) == ["a.txt"]


KILLED = """
import os, sys, time
from pathlib import Path
from symgrad.base import files
os.replace = lambda *_: (print("now", flush=True), time.sleep(600))
files.write_whole(Path(sys.argv[1]), b"half")
"""


def test_what_a_killed_run_left_is_removed_by_the_next_and_what_others_are_writing_is_not(tmp_path):
    writing = [
        subprocess.Popen([sys.executable, "-c", KILLED, tmp_path / name], stdout=subprocess.PIPE)
        for name in ("a.txt", "b.txt")
    ]
    for process in writing:
        assert process.stdout.readline().strip() == b"now"
    writing[0].send_signal(signal.SIGKILL)
    writing[0].wait()
    others = {".mine.tmp", ".a.txt.123.tmp", "a.0123456789abcdef.tmp"}
    for name in others:
        (tmp_path / name).write_text("of somebody else")
    write_whole(tmp_path / "c.txt", b"whole")
    left = set(os.listdir(tmp_path)) - others
    assert len(left) == 2
    assert [name.startswith(".b.txt.") for name in sorted(left)] == [True, False]
    writing[1].send_signal(signal.SIGKILL)
    writing[1].wait()
    writing[1].stdout.close()
    writing[0].stdout.close()
    write_whole(tmp_path / "c.txt", b"whole again")
    assert set(os.listdir(tmp_path)) == {"c.txt", *others}


def test_a_file_that_is_taken_for_a_leftover_before_it_is_held_is_written_again(tmp_path, monkeypatch):
    hold, taken = files._hold, []

    def meanwhile(file):
        if not taken and threading.current_thread() is threading.main_thread():
            taken.extend(tmp_path.glob(".a.txt.*"))
            for path in taken:
                path.unlink()
        return hold(file)

    monkeypatch.setattr(files, "_hold", meanwhile)
    write_whole(tmp_path / "a.txt", b"whole")
    assert len(taken) == 1
    assert (tmp_path / "a.txt").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_file_has_the_rights_that_new_files_have(tmp_path):
    (tmp_path / "plain").write_text("")
    write_whole(tmp_path / "ours", b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("word", ["off", "OFF", "Off", "0", "no", "false", "FALSE", " off ", "none"])
def test_the_memory_is_off_in_every_spelling(word):
    assert cache_folder({"SYMGRAD_CACHE": word}) is None
    assert cache_folder({"SYMGRAD_CACHE": f"./{word.strip()}"}) == Path(word.strip())
