"""One program, watched: what it may write, how long it may run, what it may reach, and what it says."""

from __future__ import annotations

import os
import sys

import pytest

from lineal.rebuild.execute import Limits, execute
from lineal.rebuild.place import rebuild_directory

MIB = 1 << 20


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with rebuild_directory() as place:
        yield place


def run(place, code, *, limits=None):
    return execute(
        [sys.executable, "-c", code],
        place=place,
        cwd=place.tree,
        environment={"PATH": os.environ["PATH"], "TMPDIR": str(place.temporary)},
        limits=limits or Limits(seconds=60, free=0),
        progress=lambda _text: None,
    )


def test_a_program_that_writes_more_than_it_may_is_stopped(place):
    code = "import itertools\nfor n in itertools.count(): open(f'part{n}', 'wb').write(bytes(1 << 20))"

    ended = run(place, code, limits=Limits(seconds=60, bytes=8 * MIB, free=0))

    assert ended.stopped is not None
    assert (ended.stopped.kind, ended.stopped.what) == ("disk", "output")


def test_one_file_cannot_grow_beyond_what_may_be_written(place):
    code = "handle = open('large', 'wb')\nfor _ in range(64): handle.write(bytes(1 << 20))"

    ended = run(place, code, limits=Limits(seconds=60, bytes=8 * MIB, free=0))

    assert ended.status != 0
    assert (place.tree / "large").stat().st_size <= 8 * MIB


def test_a_program_on_a_disk_that_is_nearly_full_is_stopped(place):
    ended = run(place, "import time; time.sleep(60)", limits=Limits(seconds=60, free=1 << 60))

    assert ended.stopped is not None
    assert (ended.stopped.kind, ended.status != 0) == ("disk", True)


def test_endless_talk_is_cut_in_the_middle_and_does_not_stop_the_program(place):
    ended = run(place, "for n in range(40): print('x' * (1 << 20))\nprint('done')")

    assert ended.status == 0
    assert ended.said.endswith("done\n")
    assert place.said.stat().st_size <= 32 * MIB


def test_a_program_cannot_write_outside_its_directory(place, tmp_path):
    ended = run(place, f"open({str(tmp_path / 'trace')!r}, 'w')")

    assert (ended.confinement.writes, (tmp_path / "trace").exists()) in {("confined", False), ("open", True)}


def test_programs_that_need_each_other_still_have_a_loopback(place):
    code = (
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname()).close()"
    )

    ended = run(place, code)

    assert ended.status == 0 or "no internet sockets" in ended.confinement.how


@pytest.mark.skipif(sys.platform != "linux", reason="the variable is one of the loader of Linux")
def test_a_recorded_variable_acts_on_the_program_only_and_not_before_it_is_confined(place, tmp_path):
    ended = execute(
        [sys.executable, "-c", "print(1)"],
        place=place,
        cwd=place.tree,
        environment={"PATH": os.environ["PATH"], "LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": str(tmp_path / "trace")},
        limits=Limits(seconds=60, free=0),
        progress=lambda _text: None,
    )

    traced = bool(list(tmp_path.glob("trace.*")))
    assert (ended.confinement.writes, traced) in {("confined", False), ("open", True)}


def test_a_limit_beyond_every_disk_is_none(place):
    ended = run(place, "print(1)", limits=Limits(seconds=60, bytes=1 << 70, free=0))

    assert (ended.status, ended.said) == (0, "1\n")


def test_workers_of_a_program_still_share_memory(place):
    code = "import multiprocessing\nprint(multiprocessing.get_context('fork').Pool(2).map(abs, [-1]))"

    ended = run(place, code)

    assert ended.said == "[1]\n"


def test_a_program_that_is_not_there_is_status_127(place):
    ended = execute(
        ["no-such-program"],
        place=place,
        cwd=place.tree,
        environment={"PATH": "/nowhere"},
        limits=Limits(seconds=60, free=0),
        progress=lambda _text: None,
    )

    assert ended.status == 127
