"""UUIDv7: rising, unique, legal, and telling the time."""

from __future__ import annotations

import os
import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.errors import InvalidArgument
from lineal.model.ids import Micros
from lineal.store.clock import SystemClock
from lineal.store.identifiers import Uuid7, is_uuid7, time_of


class Stopped:
    """A clock that always says the same."""

    def __init__(self, now: int) -> None:
        self.time = now

    def now(self) -> Micros:
        return Micros(self.time)


@given(st.integers(min_value=0, max_value=2**48 * 1000 - 1))
def test_an_id_is_a_legal_uuid_of_version_7_and_tells_its_time(now: int) -> None:
    text = Uuid7(Stopped(now)).new()
    assert uuid.UUID(text).version == 7
    assert uuid.UUID(text).variant == uuid.RFC_4122
    assert is_uuid7(text)
    assert time_of(text) == now // 1000 * 1000


def test_ids_rise_even_when_the_clock_stands_still_or_goes_back() -> None:
    clock = Stopped(1_700_000_000_000_999)
    ids = Uuid7(clock)
    first = [ids.new() for _ in range(5000)]
    clock.time -= 10_000_000
    made = first + [ids.new() for _ in range(10)]
    assert made == sorted(set(made))


def test_ids_of_many_threads_are_all_different() -> None:
    ids = Uuid7(SystemClock())
    made: list[list[str]] = [[] for _ in range(4)]

    def make(box: list[str]) -> None:
        box.extend(ids.new() for _ in range(2000))

    threads = [threading.Thread(target=make, args=(box,)) for box in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({text for box in made for text in box}) == 8000
    assert all(box == sorted(box) for box in made)


def test_a_forked_child_makes_ids_even_if_the_lock_was_held() -> None:
    ids = Uuid7(Stopped(1_000))
    ids._lock.acquire()  # what another thread does at a bad moment
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, ids.new().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert is_uuid7(os.read(reader, 100).decode())
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize(
    "text", ["", "x" * 32, "0" * 32, "9f0c2b1ae4d54c7b8a3e6d5f01b2c3d4", "019a" * 8 + "0", "019A" + "7" * 28]
)
def test_other_text_has_no_time(text: str) -> None:
    assert not is_uuid7(text)
    with pytest.raises(InvalidArgument, match="not a UUIDv7"):
        time_of(text)
