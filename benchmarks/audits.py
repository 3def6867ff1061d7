"""`audit verify` in rows a second, beside reading the same tables and taking one SHA-256 of each row's text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from benchmarks.stores import Full
from benchmarks.timing import Figure, compare, interleave
from lineal.store.tables import BOUND


def measure(full: Full, *, rounds: int) -> Iterator[Figure]:
    """Yield the figure of a whole check of the store."""
    report = full.store.verify()
    assert report.ok, report.findings[:3]
    taken = interleave({"lineal": full.store.verify, "read and digest": lambda: _digest_all(full.path)}, rounds)
    conditions: dict[str, str | int | float] = {
        "entries": report.entries,
        "rows": report.rows,
        "rows a second": round(report.rows / sorted(taken["lineal"])[len(taken["lineal"]) // 2]),
    }
    figure = compare("audit verify", taken, unit="µs", scale=1e6 / report.rows, conditions=conditions)
    yield replace(figure, name=f"audit verify, a row ({conditions['rows a second']:,} rows/s)")


def _digest_all(path: Path) -> int:
    count = 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for table in BOUND:
            for row in connection.execute(f"SELECT * FROM {table.name}"):
                sha256(repr(row).encode()).digest()
                count += 1
    return count
