"""Single cells changed at random, over all types: no two contents share a fingerprint; what the usual one misses.

`make reliability` does it 10^5 times.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from benchmarks.usual_digest import usual_digest

from lineal.capture.data import fingerprint_of

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  the zone is added where wanted
ROWS = 6


def word(rng: random.Random) -> str:
    return "".join(rng.choice("abü\0 ") for _ in range(rng.randrange(4)))


def number(rng: random.Random) -> float:
    return rng.choice([0.0, -0.0, float("nan"), float("inf"), 1.0, 1.0 + 2**-52, rng.random(), rng.gauss(0, 1e300)])


def instant(rng: random.Random) -> datetime:
    return EPOCH + timedelta(microseconds=rng.randrange(4))


CELLS: dict[str, tuple[pa.DataType, Callable[[random.Random], object]]] = {
    "bool": (pa.bool_(), lambda rng: rng.random() < 0.5),
    "int8": (pa.int8(), lambda rng: rng.randrange(-128, 128)),
    "int64": (pa.int64(), lambda rng: rng.getrandbits(63) - 2**62),
    "uint64": (pa.uint64(), lambda rng: rng.getrandbits(64)),
    "float32": (
        pa.float32(),
        lambda rng: float(np.float32(rng.choice([0.0, -0.0, float("nan"), rng.random(), rng.gauss(0, 1e30)]))),
    ),
    "float64": (pa.float64(), number),
    "text": (pa.string(), word),
    "bytes": (pa.binary(), lambda rng: rng.randbytes(rng.randrange(3))),
    "fixed bytes": (pa.binary(2), lambda rng: rng.randbytes(2)),
    "date": (pa.date32(), lambda rng: date(2013, 1, 1) + timedelta(days=rng.randrange(400))),
    "time": (pa.time64("us"), lambda rng: time(0, 0, 0, rng.randrange(1000))),
    "timestamp": (pa.timestamp("us"), instant),
    "instant": (pa.timestamp("us", "UTC"), lambda rng: instant(rng).replace(tzinfo=UTC)),
    "duration": (pa.duration("us"), lambda rng: timedelta(microseconds=rng.randrange(-500, 500))),
    "decimal": (pa.decimal128(9, 2), lambda rng: Decimal(rng.randrange(-500, 500)) / 100),
    "list": (pa.list_(pa.int8()), lambda rng: [rng.choice([None, 0, 1]) for _ in range(rng.randrange(4))]),
    "words": (pa.list_(pa.string()), lambda rng: [word(rng) for _ in range(rng.randrange(3))]),
    "struct": (
        pa.struct([("x", pa.int8()), ("y", pa.string())]),
        lambda rng: {"x": rng.choice([None, 1]), "y": word(rng)},
    ),
    "map": (
        pa.map_(pa.string(), pa.int8()),
        lambda rng: [(word(rng), rng.randrange(2)) for _ in range(rng.randrange(3))],
    ),
}


@pytest.mark.reliability
@pytest.mark.parametrize("name", CELLS)
def test_no_changed_cell_leaves_a_fingerprint_as_it_was_nor_makes_that_of_another_content(name, campaign):
    type_, cell = CELLS[name]
    rng = random.Random(name)
    values: list[object] = [cell(rng) for _ in range(ROWS)]
    contents: dict[str, str] = {}
    fingerprints: dict[str, str] = {}
    for _ in range(-(-100_000 // len(CELLS)) if campaign else 60):
        values[rng.randrange(ROWS)] = None if rng.random() < 0.1 else cell(rng)
        content, found = repr(values), fingerprint_of(pa.table({"x": pa.array(values, type_)}))
        assert contents.setdefault(found.fingerprint, content) == content
        assert fingerprints.setdefault(content, found.fingerprint) == found.fingerprint
    assert len(contents) == len(fingerprints) > 1


def flights(rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "delay": np.arange(rows) % 97,
            "late": np.arange(rows) % 3 == 0,
            "at": pd.Timestamp("2013-01-01") + pd.to_timedelta(np.arange(rows), "min"),
            "carrier": np.array(["UA", "B6", "AA"])[np.arange(rows) % 3],
        }
    )


def past_ten_thousand(frame: pd.DataFrame) -> None:
    frame.loc[10_001, "delay"] += 1


def flipped(frame: pd.DataFrame) -> None:
    frame["late"] = ~frame["late"]


def shifted(frame: pd.DataFrame) -> None:
    frame["at"] = frame["at"] + pd.Timedelta(days=365)


@pytest.mark.parametrize("change", [past_ten_thousand, flipped, shifted])
def test_what_the_usual_digest_overlooks_is_seen(change):
    before, after = flights(10_010), flights(10_010)
    change(after)
    assert usual_digest(before) == usual_digest(after)
    assert fingerprint_of(before).fingerprint != fingerprint_of(after).fingerprint


def test_the_usual_digest_sees_what_it_looks_at():
    before, after = flights(10_010), flights(10_010)
    after.loc[9_999, "delay"] += 1
    assert usual_digest(before) != usual_digest(after)
