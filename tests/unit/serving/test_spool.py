"""The spool: whole records or none, through forks, full disks and rotation."""

from __future__ import annotations

import os
import resource
import threading

import pytest

from lineal.errors import InvalidArgument, StoreFull, StoreUnavailable
from lineal.files.locks import is_released
from lineal.serving.frames import decode
from lineal.serving.spool import SUFFIX, Durability, Spool


def spool_in(directory, **options):
    return Spool(directory, endpoint="api", key_id="k", **options)


def records(directory, name=""):
    """Return (sequence, body) of every record on disk."""
    found = []
    for path in sorted(directory.glob(f"{name}*{SUFFIX}")):
        read = decode(path.read_bytes())
        assert (read.damaged, read.tail) == (0, 0)
        found += [(frame.sequence, frame.body) for frame in read.frames if not frame.body.startswith(b"{")]
    return found


@pytest.mark.parametrize("durability", Durability)
def test_a_record_is_on_disk_when_append_returns(tmp_path, durability):
    spool = spool_in(tmp_path, durability=durability)
    assert [spool.append(b"one"), spool.append(b"two")] == [1, 2]
    assert records(tmp_path) == [(1, b"one"), (2, b"two")]
    spool.sync()
    spool.close()


def test_segments_turn_over_and_only_the_last_is_held(tmp_path):
    spool = spool_in(tmp_path, segment_bytes=200)
    for number in range(20):
        spool.append(b"x%02d" % number + b"." * 60)
    paths = sorted(tmp_path.glob(f"*{SUFFIX}"))
    assert len(paths) > 5
    assert all(path.stat().st_size <= 200 for path in paths)
    assert [is_released(path) for path in paths] == [True] * (len(paths) - 1) + [False]
    assert [sequence for sequence, _ in records(tmp_path)] == list(range(1, 21))
    spool.close()
    assert is_released(paths[-1])


def test_a_skipped_sequence_is_missing_on_disk(tmp_path):
    spool = spool_in(tmp_path)
    spool.append(b"one")
    spool.skip()
    spool.append(b"three")
    assert [sequence for sequence, _ in records(tmp_path)] == [1, 3]
    spool.close()


def test_threads_never_share_a_sequence(tmp_path):
    spool = spool_in(tmp_path, segment_bytes=2000)

    def work():
        for _ in range(200):
            spool.append(b"body")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sequence for sequence, _ in records(tmp_path)] == list(range(1, 801))
    spool.close()


def test_a_forked_child_writes_a_spool_of_its_own(tmp_path):
    spool = spool_in(tmp_path)
    spool.append(b"parent 1")
    parent_name = spool.name
    child = os.fork()
    if child == 0:
        spool.append(b"child 1")
        spool.append(b"child 2")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    spool.append(b"parent 2")
    assert records(tmp_path, parent_name) == [(1, b"parent 1"), (2, b"parent 2")]
    assert sorted(records(tmp_path)) == [(1, b"child 1"), (1, b"parent 1"), (2, b"child 2"), (2, b"parent 2")]
    (parents,) = tmp_path.glob(f"{parent_name}*")
    assert not is_released(parents)
    spool.close()
    assert all(is_released(path) for path in tmp_path.glob(f"*{SUFFIX}"))


def test_a_full_disk_is_an_error_that_hides_no_record_and_passes(tmp_path):
    """The limit on the file's size stands for the disk: it also makes the kernel write half a record."""
    spool = spool_in(tmp_path)
    spool.append(b"first" * 20)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    (path,) = tmp_path.glob(f"*{SUFFIX}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 30, limits[1]))
    try:
        for _ in range(3):
            with pytest.raises(StoreFull, match="could not be written"):
                spool.append(b"never" * 20)
        assert records(tmp_path) == [(1, b"first" * 20)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert spool.append(b"second") == 2
    assert records(tmp_path) == [(1, b"first" * 20), (2, b"second")]
    spool.close()


def test_a_disk_that_is_full_from_the_start_leaves_nothing_behind(tmp_path):
    spool = spool_in(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(StoreFull):
            spool.append(b"never")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
    assert spool.append(b"first") == 1
    spool.close()


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        spool_in(tmp_path / "file" / "spool").append(b"x")


def test_a_record_over_the_limit_is_refused(tmp_path):
    with pytest.raises(InvalidArgument, match="over the limit"):
        spool_in(tmp_path).append(b"x" * (1 << 21))
