from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from lineal.capture.data import fingerprint_of, fingerprint_of_path
from lineal.capture.fingerprints.directories import of_directory
from lineal.capture.fingerprints.files import SETTLED_NS, StampCache, _Stamp, of_file
from lineal.errors import InvalidArgument, NotFound, PermissionDenied


def aged(path: Path) -> Path:
    """Make a file look older than the time in which a second write could hide."""
    past = path.stat().st_mtime_ns - 10 * SETTLED_NS
    os.utime(path, ns=(past, past))
    return path


def tree(root: Path, **contents: str) -> Path:
    for name, content in contents.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def test_a_file_has_the_sha256_that_sha256sum_prints(tmp_path):
    path = tmp_path / "a b ü.bin"
    path.write_bytes(b"\0data" * 100_000)
    found = fingerprint_of(path)
    assert found.fingerprint == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert (found.kind, found.bytes) == ("file", 500_000)


def test_bytes_have_the_fingerprint_of_a_file_with_that_content(tmp_path):
    (tmp_path / "x").write_bytes(b"hello")
    assert fingerprint_of(b"hello").fingerprint == fingerprint_of(tmp_path / "x").fingerprint


def test_text_is_a_value_and_a_path_given_as_text_is_asked_for_by_name(tmp_path):
    (tmp_path / "x").write_bytes(b"hello")
    assert fingerprint_of(str(tmp_path / "x")).kind == "value"
    assert fingerprint_of_path(str(tmp_path / "x")).kind == "file"


def test_a_young_file_is_read_again_because_a_second_write_could_hide(tmp_path):
    path, cache = tmp_path / "x", StampCache()
    path.write_bytes(b"one")
    first, times = of_file(path, cache=cache), path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(times.st_mtime_ns, times.st_mtime_ns))
    assert of_file(path, cache=cache).fingerprint != first.fingerprint


def test_a_changed_file_is_seen_even_if_its_size_and_mtime_are_put_back(tmp_path):
    path, cache = tmp_path / "x", StampCache()
    path.write_bytes(b"one")
    aged(path)
    first, times = of_file(path, cache=cache), path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(times.st_mtime_ns, times.st_mtime_ns))
    assert of_file(path, cache=cache).fingerprint != first.fingerprint


def test_the_cache_forgets_the_oldest_when_it_is_full(tmp_path):
    cache = StampCache(size=1)
    stamp = _Stamp(size=1, mtime_ns=0, ctime_ns=0, inode=0, device=0)
    cache.put("a", stamp, "sha256:a")
    cache.put("b", stamp, "sha256:b")
    assert (cache.get("a", stamp), cache.get("b", stamp)) == (None, "sha256:b")


def test_what_is_missing_or_no_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(NotFound, match="nowhere"):
        fingerprint_of(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidArgument, match="pipe"):
        fingerprint_of(tmp_path / "pipe")
    with pytest.raises(InvalidArgument, match="pipe"):
        fingerprint_of(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="platform: the superuser reads everything")
def test_an_unreadable_file_is_a_denied_permission(tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    (tmp_path / "x").chmod(0)
    with pytest.raises(PermissionDenied):
        fingerprint_of(tmp_path / "x")


def test_a_copied_directory_keeps_its_fingerprint_without_modes_times_and_empty_directories(tmp_path):
    one = tree(tmp_path / "one", a="1", sub__b="2")
    other = tree(tmp_path / "other", sub__b="2", a="1")
    (other / "empty").mkdir()
    (other / "a").chmod(0o600)
    aged(other / "a")
    assert of_directory(one).fingerprint == of_directory(other).fingerprint
    assert (of_directory(one).kind, of_directory(one).rows, of_directory(one).bytes) == ("dir", 2, 2)


@pytest.mark.parametrize(
    "other",
    [
        {"a": "1", "sub__b": "3"},
        {"a": "1", "sub__c": "2"},
        {"a": "1"},
        {"a": "1", "sub__b": "2", "c": ""},
        {"a": "1", "b": "2"},
    ],
    ids=["content", "name", "fewer", "more", "moved"],
)
def test_any_change_below_a_directory_is_seen(tmp_path, other):
    first = of_directory(tree(tmp_path / "one", a="1", sub__b="2"))
    assert of_directory(tree(tmp_path / "other", **other)).fingerprint != first.fingerprint


def test_links_below_a_directory_count_by_their_target_and_are_never_followed(tmp_path):
    one, other, file = tmp_path / "one", tmp_path / "other", tmp_path / "file"
    tree(file, x="1")
    for directory, target in ((one, "/etc"), (other, "/usr")):
        directory.mkdir()
        (directory / "link").symlink_to(target)
    tree(tmp_path / "third", link="/etc")
    assert len({of_directory(place).fingerprint for place in (one, other, tmp_path / "third")}) == 3
    (one / "loop").symlink_to(one)
    assert of_directory(one).rows == 2


def test_what_is_left_out_is_part_of_the_fingerprint_and_of_the_record(tmp_path):
    root = tree(tmp_path, a="1", b__tmp="2")
    assert of_directory(root, leave_out=["b/*"]).rows == 1
    assert of_directory(root, leave_out=["b/*"]).notes == ("left out: b/*",)
    bare = tree(tmp_path / "bare", a="1")
    assert of_directory(root, leave_out=["b/*", "bare/*"]).fingerprint != of_directory(bare).fingerprint


def test_names_that_another_system_takes_for_one_are_a_finding(tmp_path):
    tree(tmp_path, README="1", readme="2")
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system takes them for one itself")
    assert any("README" in note and "readme" in note for note in of_directory(tmp_path).notes)


def test_names_that_are_no_unicode_have_a_fingerprint_too(tmp_path):
    try:
        with open(os.fsencode(tmp_path) + b"/\xff", "wb") as handle:  # noqa: PTH123 — the name is bytes
            handle.write(b"x")
    except OSError:
        pytest.skip("this file system refuses such names")
    assert of_directory(tmp_path).rows == 1
