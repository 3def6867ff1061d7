"""Fingerprints of large files are kept for the next process, and believed only where nothing can have changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lineal.capture.cache_directory import CACHE
from lineal.capture.fingerprints.files import StampCache, _Stamp, of_file
from lineal.capture.fingerprints.read_before import LEAST_SIZE, LIMIT, ReadBefore

STAMP = (1 << 21, 10**18, 10**18, 7, 1)
DIGITS = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32

ASKED = """
import sys
from lineal.capture.fingerprints.files import of_file
print(of_file(sys.argv[1]).fingerprint)
with open("/proc/self/io") as about:
    print(about.readline().split()[1])
"""
WRITER = """
import sys
from pathlib import Path
from lineal.capture.fingerprints.read_before import ReadBefore
kept = ReadBefore(Path(sys.argv[1]))
for number in range(200):
    kept.put(f"/data/{sys.argv[2]}/{number}", (number, 0, 0, 0, 0), "sha256:" + f"{number:064x}")
"""


@pytest.fixture
def kept(tmp_path: Path) -> ReadBefore:
    return ReadBefore(tmp_path / "cache")


def place(kept: ReadBefore) -> Path:
    (found,) = (kept._directory or Path()).iterdir()
    return found


def stamp_of(path: Path) -> tuple[int, ...]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino, about.st_dev


def later(monkeypatch: pytest.MonkeyPatch, seconds: int = 10) -> None:
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + seconds * 10**9)


def large(path: Path, filling: bytes) -> Path:
    path.write_bytes(filling * LEAST_SIZE)
    return path


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="platform: no /proc to see what was read")
def test_the_next_process_does_not_read_a_large_file_again(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    path = max(Path(np.__file__).parent.rglob("*.so"), key=lambda found: found.stat().st_size)
    assert path.stat().st_size > LEAST_SIZE
    told = [
        subprocess.run([sys.executable, "-c", ASKED, path], check=True, capture_output=True, text=True).stdout.split()
        for _ in range(2)
    ]
    assert [digits for digits, _ in told] == ["sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()] * 2
    assert int(told[0][1]) - int(told[1][1]) > path.stat().st_size // 2


def test_what_was_kept_is_taken_without_reading(tmp_path, kept, monkeypatch):
    path = large(tmp_path / "x", b"a")
    kept.put(str(path), stamp_of(path), DIGITS)
    assert of_file(path, cache=StampCache(before=kept)).fingerprint == DIGITS


def test_a_changed_file_whose_time_was_put_back_is_noticed_by_its_change_time(tmp_path, kept, monkeypatch):
    path = large(tmp_path / "x", b"a")
    later(monkeypatch)
    first, times = of_file(path, cache=StampCache(before=kept)), path.stat()
    assert kept.get(str(path), stamp_of(path)) == first.fingerprint
    large(path, b"b")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    found = of_file(path, cache=StampCache(before=kept)).fingerprint
    assert found == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest() != first.fingerprint


def test_a_file_that_was_young_when_its_reading_began_is_not_kept(tmp_path, kept):
    path = large(tmp_path / "x", b"a")
    cache, stamp = StampCache(before=kept), path.stat()
    of_file(path, cache=cache)
    assert kept.get(str(path), stamp_of(path)) is None
    # A long reading ends when the file is old; what was written in its first tick is as invisible as before.
    written = time.time_ns() - 10**10
    known = _Stamp(stamp.st_size, written, written, stamp.st_ino, stamp.st_dev)
    cache.put(str(path), known, DIGITS, began=written + 10**8)
    assert cache.get(str(path), known) is None


def test_a_small_file_is_not_worth_keeping(tmp_path, kept, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"small")
    later(monkeypatch)
    of_file(path, cache=StampCache(before=kept))
    assert kept.get(str(path), stamp_of(path)) is None


def test_another_stamp_or_path_is_another_file(kept):
    kept.put("/data/x", STAMP, DIGITS)
    assert kept.get("/data/x", STAMP) == DIGITS
    assert kept.get("/data/y", STAMP) is None
    for changed in range(len(STAMP)):
        other = tuple(number + (index == changed) for index, number in enumerate(STAMP))
        assert kept.get("/data/x", other) is None


def test_the_newest_record_of_a_file_counts_and_a_damaged_one_is_passed_over(kept):
    kept.put("/data/x", STAMP, OTHER)
    kept.put("/data/x", STAMP, DIGITS)
    assert kept.get("/data/x", STAMP) == DIGITS
    records = bytearray(place(kept).read_bytes())
    records[-20] ^= 1  # a digit of the newest fingerprint
    place(kept).write_bytes(records + b"\0")
    assert kept.get("/data/x", STAMP) == OTHER


@pytest.mark.parametrize("damage", [b"", b"\0" * 1000, os.urandom(1000)])
def test_a_damaged_cache_knows_nothing_and_goes_on(kept, damage):
    kept.put("/data/x", STAMP, DIGITS)
    place(kept).write_bytes(damage)
    assert kept.get("/data/x", STAMP) is None
    kept.put("/data/x", STAMP, DIGITS)
    assert kept.get("/data/x", STAMP) == DIGITS


def test_a_record_that_was_cut_off_harms_no_other(kept):
    kept.put("/data/x", STAMP, DIGITS)
    with place(kept).open("ab") as handle:
        handle.write(b"half of a record")
    kept.put("/data/y", STAMP, OTHER)
    assert (kept.get("/data/x", STAMP), kept.get("/data/y", STAMP)) == (DIGITS, OTHER)


def test_several_writers_lose_nothing(tmp_path, kept):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, tmp_path / "cache", name], stdin=subprocess.DEVNULL)
        for name in ("one", "two", "three")
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    for name in ("one", "two", "three"):
        for number in range(200):
            assert kept.get(f"/data/{name}/{number}", (number, 0, 0, 0, 0)) == f"sha256:{number:064x}"


def test_it_never_grows_beyond_its_limit_and_forgets_the_oldest(kept):
    for number in range(2):
        kept.put("/data/x", (number, 0, 0, 0, 0), DIGITS)
    with place(kept).open("ab") as handle:
        handle.write(bytes(LIMIT))
    kept.put("/data/x", STAMP, DIGITS)
    assert place(kept).stat().st_size <= LIMIT
    assert kept.get("/data/x", STAMP) == DIGITS
    assert kept.get("/data/x", (0, 0, 0, 0, 0)) is None


@pytest.mark.skipif(os.name == "nt", reason="platform: no owners of files")
def test_what_another_user_may_write_is_not_believed(kept):
    kept.put("/data/x", STAMP, DIGITS)
    place(kept).chmod(0o666)
    assert kept.get("/data/x", STAMP) is None


def test_a_place_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "cache").write_text("a file in the way", encoding="utf-8")
    kept = ReadBefore(tmp_path / "cache")
    kept.put("/data/x", STAMP, DIGITS)
    assert kept.get("/data/x", STAMP) is None
