"""Keyed digests: one key a workspace, owner only, never two."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat

import pytest

from lineal.errors import FileCorrupt
from lineal.serving.keys import InputKey, input_key, text_of
from lineal.store.location import of_database


@pytest.fixture
def location(tmp_path):
    return of_database(tmp_path / "a.db")


def test_a_digest_in_pieces_is_the_digest_of_the_whole(location):
    key = input_key(location)
    pieces = key.start()
    for piece in (b"", b"ab", b"", b"c" * 100_000):
        pieces.update(piece)
    assert pieces.digest() == key.digest(b"ab" + b"c" * 100_000)
    assert text_of(key.digest(b"")).startswith("h1:")
    assert len(text_of(key.digest(b""))) == 3 + 32


def test_a_digest_is_hmac_sha_256_under_a_key_of_its_own_purpose():
    root = b"k" * 32
    purpose = hmac.digest(root, b"lineal/input/1", "sha256")
    key = InputKey(root)
    assert [key.digest(b"x"), key.digest(b"x")] == [hmac.digest(purpose, b"x", "sha256")[:16]] * 2


def test_the_digest_and_the_id_say_nothing_that_the_input_or_the_key_alone_would_give():
    root = b"k" * 32
    key = InputKey(root)
    assert key.digest(b"x").hex() not in hashlib.sha256(b"x").hexdigest()
    assert key.digest(b"x") != InputKey(b"j" * 32).digest(b"x")
    assert key.key_id != InputKey(b"j" * 32).key_id
    assert key.key_id not in {root[:8].hex(), hashlib.sha256(root).hexdigest()[:16], key.digest(b"")[:8].hex()}


def test_the_key_is_readable_by_its_owner_only_and_stays(location):
    first = input_key(location)
    (path,) = location.keys.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(location.keys.stat().st_mode) == 0o700
    again = input_key(location)
    assert (again.key_id, again.digest(b"x")) == (first.key_id, first.digest(b"x"))


def test_processes_that_race_make_one_key(location):
    start_reader, start_writer = os.pipe()
    reader, writer = os.pipe()
    children = []
    for _ in range(8):
        child = os.fork()
        if child == 0:
            os.close(start_writer)
            os.read(start_reader, 1)  # released when the parent closes its end
            os.write(writer, input_key(location).key_id.encode() + b"\n")
            os._exit(0)
        children.append(child)
    os.close(start_writer)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    answers = os.read(reader, 10_000).split()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert [path.name for path in location.keys.iterdir()] == ["root.key"]
    for descriptor in (start_reader, reader, writer):
        os.close(descriptor)


def test_a_damaged_key_is_refused_and_never_replaced(location):
    input_key(location)
    path = location.keys / "root.key"
    path.write_bytes(b"short")
    with pytest.raises(FileCorrupt, match="5 bytes instead of 32"):
        input_key(location)
    assert path.read_bytes() == b"short"
