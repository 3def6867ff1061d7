"""Publish and put, beside plain statements that write the very same rows."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks.dag import SEED
from benchmarks.stores import BY, Full, artifact_of, copy, open_floor, publication_of
from benchmarks.timing import Figure, compare, seconds
from benchmarks.written import Statement, Written, commit_each, commit_together
from lineal.store import index
from lineal.store.tables import BOUND, TYPE

FLOOR = "raw sqlite3"


def measure(full: Full, directory: Path, *, rounds: int, small: bool) -> Iterator[Figure]:
    """Yield the figures of writing; the floor is a copy of the same store, written by hand."""
    path = directory / "floor.db"
    copy(full.path, path)
    bench = _Writes(full, open_floor(path), rounds, small=small)
    try:
        yield bench.publish()
        yield bench.publish_in_groups()
        yield bench.put_in_batches()
        yield bench.put_one()
        assert same_rows(full.path, path), "the floor did not write what Lineal wrote"
    finally:
        bench.close()


class _Writes:
    def __init__(self, full: Full, floor: sqlite3.Connection, rounds: int, *, small: bool) -> None:
        self._store = full.store
        self._floor = floor
        self._rounds = rounds
        self._times = 20 if small else 200
        self._known = full.dag.artifacts
        self._numbers = count(10 * full.dag.artifacts)
        self._choose = random.Random(SEED)
        self._reader = sqlite3.connect(f"file:{full.path}?mode=ro", uri=True)
        self._conditions: dict[str, str | int | float] = {
            "artifacts in the store": full.dag.artifacts,
            "durability": "WAL, synchronous=FULL",
        }

    def close(self) -> None:
        self._floor.close()
        self._reader.close()

    def publish(self) -> Figure:
        return self._figure(
            "publish (3 inputs, 2 outputs, 1 context)", self._times, self._publish_each, commit_each, per=self._times
        )

    def publish_in_groups(self) -> Figure:
        def grouped(times: int) -> None:
            with self._store.batch():
                self._publish_each(times)

        return self._figure("publish, 100 per transaction", 100, grouped, commit_together, per=100)

    def put_in_batches(self) -> Figure:
        def batches(times: int) -> None:
            for _ in range(times):
                self._store.put([artifact_of(next(self._numbers)) for _ in range(100)], by=BY)

        times = self._times // 20
        return self._figure("put artifacts, batches of 100", times, batches, commit_each, per=times * 100)

    def put_one(self) -> Figure:
        def each(times: int) -> None:
            for _ in range(times):
                self._store.put([artifact_of(next(self._numbers))], by=BY)

        return self._figure("put one artifact", self._times, each, commit_each, per=self._times)

    def _publish_each(self, times: int) -> None:
        for _ in range(times):
            number = next(self._numbers)
            inputs = self._choose.sample(range(1, self._known), 3)
            self._store.publish(publication_of(number, inputs, [number, next(self._numbers)]), by=BY)

    def _figure(
        self,
        name: str,
        times: int,
        lineal: Callable[[int], None],
        raw: Callable[[sqlite3.Connection, list[list[Statement]]], None],
        *,
        per: int,
    ) -> Figure:
        """Time a round of Lineal, read the rows it wrote, and time the floor writing those rows.

        The first round is unmeasured.
        """
        taken: dict[str, list[float]] = {"lineal": [], FLOOR: []}
        written = Written(self._reader)
        for round_ in range(self._rounds + 1):
            ours = seconds(lambda: lineal(times))
            rows = written.transactions()
            theirs = seconds(partial(raw, self._floor, rows))
            if round_:
                taken["lineal"].append(ours)
                taken[FLOOR].append(theirs)
        return compare(name, taken, unit="µs", scale=1e6 / per, conditions={**self._conditions, "writes a round": per})


def same_rows(first: Path, second: Path) -> bool:
    """Return whether two stores hold the same rows in every table."""
    with closing(sqlite3.connect(first)) as one, closing(sqlite3.connect(second)) as other:
        return all(
            one.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4").fetchall()
            == other.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4").fetchall()
            for table in (*(bound.name for bound in BOUND if bound is not TYPE), "ledger_entry", *index.TABLES)
        )
