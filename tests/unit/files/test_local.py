"""Files keeps bytes under their fingerprint, whole or not at all, and says when they are not what they were."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading

import pytest

from lineal.errors import FileCorrupt, InvalidArgument, NotFound, StoreFull, StoreReadOnly
from lineal.files import Files


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path / "files")


def everything(files):
    return sorted(path for path in files.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("data", [b"", b"x", b"\x00" * 3_000_001])
def test_bytes_come_back_as_they_went_in_under_the_fingerprint_sha256sum_prints(files, data):
    fingerprint = files.put_bytes(data)
    assert fingerprint == "sha256:" + hashlib.sha256(data).hexdigest()
    assert files.get(fingerprint) == data
    assert files.has(fingerprint)


def test_a_file_and_its_bytes_have_one_fingerprint_and_are_kept_once(files, tmp_path):
    source = tmp_path / "model.bin"
    source.write_bytes(b"weights" * 400_000)
    fingerprint = files.put_file(source)
    assert files.put_bytes(source.read_bytes()) == fingerprint
    assert files.put_file(source) == fingerprint
    assert everything(files) == [files.path(fingerprint)]


def test_kept_files_are_read_only(files):
    path = files.path(files.put_bytes(b"once"))
    assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0


def test_changed_content_is_never_given_back(files):
    fingerprint = files.put_bytes(b"true")
    path = files.path(fingerprint)
    path.chmod(0o644)
    path.write_bytes(b"lies")
    with pytest.raises(FileCorrupt, match=fingerprint):
        files.get(fingerprint)
    with pytest.raises(FileCorrupt):
        files.open(fingerprint)


def test_a_cut_off_file_is_mended_by_the_next_put(files):
    fingerprint = files.put_bytes(b"whole content")
    path = files.path(fingerprint)
    path.chmod(0o644)
    path.write_bytes(b"whole")
    assert files.put_bytes(b"whole content") == fingerprint
    assert files.get(fingerprint) == b"whole content"


def test_what_is_not_kept_is_not_found(files):
    fingerprint = "sha256:" + "0" * 64
    assert not files.has(fingerprint)
    with pytest.raises(NotFound, match=fingerprint):
        files.get(fingerprint)


@pytest.mark.parametrize("text", ["", "sha256:", "md5:" + "0" * 64, "sha256:../../etc/passwd", "sha256:" + "G" * 64])
def test_no_other_text_becomes_a_path(files, text):
    with pytest.raises(InvalidArgument):
        files.path(text)


def test_a_missing_source_and_a_directory_are_said_clearly(files, tmp_path):
    with pytest.raises(NotFound, match=r"nowhere\.bin"):
        files.put_file(tmp_path / "nowhere.bin")
    with pytest.raises(InvalidArgument, match="directory"):
        files.put_file(tmp_path)


@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, StoreFull), (errno.EROFS, StoreReadOnly)])
def test_a_full_or_read_only_disk_leaves_nothing_behind(files, monkeypatch, number, error):
    def refuse(_descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(error):
        files.put_bytes(b"too much")
    assert everything(files) == []


def test_two_writers_of_one_content_end_with_one_file(files):
    data = os.urandom(2_000_000)
    start = threading.Barrier(4)

    def write():
        start.wait()
        files.put_bytes(data)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [path] = everything(files)
    assert path.read_bytes() == data
