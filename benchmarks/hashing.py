"""Fingerprints: files beside the processor's own SHA-256, frames beside the usual partial digest, tables in files."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv, feather, parquet

from benchmarks.fresh import Interpreter
from benchmarks.timing import Figure, Spread, quiet
from benchmarks.usual_digest import usual_digest
from lineal.capture.data import fingerprint_of, of_table
from lineal.capture.fingerprints.files import SETTLED_NS, StampCache, of_file
from lineal.model.fingerprint import of_bytes

_BLOCK = 8 << 20


def measure(directory: Path, *, rounds: int, small: bool = False) -> Iterator[Figure]:
    """Yield bytes a second of CPU for files, and of frames in memory and in files; what has one content agrees."""
    directory.mkdir(parents=True, exist_ok=True)
    yield _file(directory / "file", rounds, blocks=4 if small else 64)
    yield _again(directory, rounds, megabytes=16 if small else 1000)
    frame = _frame(20_000 if small else 1_000_000)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    parquet.write_table(table, directory / "t.parquet", compression="zstd")
    feather.write_feather(table, directory / "t.feather")
    csv.write_csv(table, directory / "t.csv")
    whole = fingerprint_of(frame)
    assert of_table(directory / "t.parquet").fingerprint == of_table(directory / "t.feather").fingerprint
    assert of_table(directory / "t.parquet").fingerprint == whole.fingerprint
    size = whole.bytes or 0
    sides: dict[str, Callable[[], object]] = {
        "frame: every row of every column": lambda: fingerprint_of(frame),
        "usual digest: 10,000 rows of some columns": lambda: usual_digest(frame),
    }
    ours, usual = (_taken(call, rounds) for call in sides.values())
    yield Figure(
        name=f"{next(iter(sides))}, {len(frame):,} rows",
        unit="ms",
        lineal=Spread.of([value * 1e3 for value in ours]),
        others={[*sides][1]: Spread.of([value * 1e3 for value in usual])},
        ratios={[*sides][1]: Spread.of([one / other for one, other in zip(ours, usual, strict=True)])},
        rounds=rounds,
        conditions={"bytes": size, "clock": "CPU"},
    )
    for name in ("t.parquet", "t.feather", "t.csv"):
        taken = _taken(lambda name=name: of_table(directory / name), rounds)  # type: ignore[misc]
        yield _speed(f"rows of a {Path(name).suffix[1:]} file, streamed", taken, size)


def _file(path: Path, rounds: int, *, blocks: int) -> Figure:
    block = np.random.default_rng(1).bytes(_BLOCK)
    with path.open("wb") as file:
        for _ in range(blocks):
            file.write(block)
    size = blocks * _BLOCK
    ours = _taken(lambda: of_file(path, cache=StampCache()), rounds)
    memory = _taken(lambda: [hashlib.sha256(block).digest() for _ in range(blocks)], rounds)
    assert of_file(path).fingerprint == of_bytes(block * blocks)
    name = "hashlib.sha256 of bytes in memory"
    return replace(
        _speed("file: SHA-256 of all bytes", ours, size),
        others={name: Spread.of([size / value / 1e9 for value in memory])},
        ratios={name: Spread.of([one / other for one, other in zip(ours, memory, strict=True)])},
    )


_AGAIN = """
os.environ["LINEAL_CACHE"] = sys.argv[2]
from lineal.capture.fingerprints.files import of_file
before = cpu()
of_file(sys.argv[1])
print(json.dumps([(cpu() - before) * 1e3]))
"""


def _again(directory: Path, rounds: int, *, megabytes: int) -> Figure:
    """Return what the fingerprint of a file costs a process after another one has taken it."""
    path, python = directory / "large", Interpreter(directory / "bytecode")
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1_000_000))
    time.sleep(SETTLED_NS / 1e9 + 0.1)  # a younger file is always read again
    first, second = [], []
    for round_ in range(rounds):
        cache = directory / f"cache-{round_}"
        for taken in (first, second):
            taken.append(float(cast("float", python.run(_AGAIN, str(path), str(cache))[0])))
    path.unlink()
    return Figure(
        name=f"fingerprint of {megabytes} MB that an earlier process has read",
        unit="ms",
        lineal=Spread.of(second),
        others={"the first process": Spread.of(first)},
        ratios={"the first process": Spread.of([two / one for one, two in zip(first, second, strict=True)])},
        rounds=rounds,
        conditions={"clock": "CPU", "bytes": megabytes * 1_000_000},
    )


def _speed(name: str, taken: list[float], size: int) -> Figure:
    speed = Spread.of([size / value / 1e9 for value in taken])
    return Figure(name=name, unit="GB/s", lineal=speed, rounds=len(taken), conditions={"bytes": size, "clock": "CPU"})


def _taken(call: Callable[[], object], rounds: int) -> list[float]:
    """Return the seconds of CPU that a call takes, round by round: others on the machine do not count."""
    call()
    taken: list[float] = []
    for _ in range(rounds):
        with quiet():
            began = time.process_time()
            call()
            taken.append(time.process_time() - began)
    return taken


def _frame(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "delay": random.integers(-60, 900, rows),
            "distance": random.random(rows),
            "late": random.random(rows) > 0.7,
            "at": pd.Timestamp("2013-01-01") + pd.to_timedelta(np.arange(rows), "min"),
            "carrier": random.choice(["UA", "B6", "AA", "DL"], rows),
            "flight": [f"N{number:05}" for number in random.integers(0, 99_999, rows)],
        }
    )
