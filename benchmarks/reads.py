"""Get and filters, beside the plain query for the same rows, which gives tuples of text and numbers."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from benchmarks.dag import SEED
from benchmarks.stores import ARTIFACT_TYPE, Full, copy, open_floor
from benchmarks.timing import Figure, compare, interleave
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact
from lineal.store.protocol import Store

FLOOR = "raw sqlite3"

_ONE = "SELECT * FROM artifact WHERE id = ?"
_MANY = "SELECT artifact.* FROM json_each(?) AS wanted JOIN artifact ON artifact.id = wanted.value"
_TYPE = f"type_id = (SELECT id FROM type WHERE name = '{ARTIFACT_TYPE}')"

FILTERS = (
    (
        "filter: type and a range (1 in 79)",
        "properties.quality.double_value >= 0.4 AND properties.quality.double_value < 0.4126",
        f"""
SELECT artifact.* FROM artifact WHERE {_TYPE} AND id IN (
    SELECT node_id FROM property_double WHERE map IN (SELECT number << 3 FROM artifact_block)
    AND name = 'quality' AND value >= 0.4 AND value < 0.4126)
ORDER BY id
""",
    ),
    (
        "filter: two equalities (1 in 970)",
        "custom_properties.owner.string_value = 'team-13' AND properties.final.bool_value = true",
        f"""
SELECT artifact.* FROM artifact WHERE {_TYPE}
AND id IN (
    SELECT node_id FROM property_string WHERE map IN (SELECT number << 3 | 1 FROM artifact_block)
    AND name = 'owner' AND value = 'team-13')
AND EXISTS (
    SELECT 1 FROM property_bool
    WHERE map = artifact.id >> 12 << 3 AND name = 'final' AND value = 1 AND node_id = artifact.id)
ORDER BY id
""",
    ),
    (
        "filter: by uri",
        "uri = 'data/77.parquet'",
        f"SELECT * FROM artifact WHERE {_TYPE} AND uri = 'data/77.parquet' ORDER BY id",
    ),
)


def measure(full: Full, directory: Path, *, rounds: int, small: bool) -> Iterator[Figure]:
    """Yield the figures of reading."""
    path = directory / "read.db"
    copy(full.path, path)
    floor = open_floor(path)
    conditions: dict[str, str | int | float] = {"artifacts in the store": full.dag.artifacts, "cache": "warm"}
    try:
        yield _many(full, floor, rounds, conditions)
        yield _one(full, floor, rounds, 100 if small else 2000, conditions)
        for name, text, statement in FILTERS:
            yield _filter(full.store, floor, name, text, statement, rounds, conditions)
    finally:
        floor.close()


def _ids(full: Full, count: int) -> list[int]:
    return random.Random(SEED).sample(range(1, full.dag.artifacts + 1), min(count, full.dag.artifacts))


def _many(full: Full, floor: sqlite3.Connection, rounds: int, conditions: dict[str, str | int | float]) -> Figure:
    ids = _ids(full, 1000)
    wanted = json.dumps(ids)
    assert [each.id for each in full.store.get(Artifact, ids)] == ids
    taken = interleave(
        {
            "lineal": lambda: full.store.get(Artifact, ids),
            FLOOR: lambda: floor.execute(_MANY, (wanted,)).fetchall(),
        },
        rounds,
    )
    return compare(f"get {len(ids):,} artifacts by id", taken, unit="ms", scale=1e3, conditions=conditions)


def _one(
    full: Full, floor: sqlite3.Connection, rounds: int, times: int, conditions: dict[str, str | int | float]
) -> Figure:
    ids = _ids(full, times)
    taken = interleave(
        {
            "lineal": lambda: [full.store.get(Artifact, [id_]) for id_ in ids],
            FLOOR: lambda: [floor.execute(_ONE, (id_,)).fetchone() for id_ in ids],
        },
        rounds,
    )
    return compare("get one artifact", taken, unit="µs", scale=1e6 / len(ids), conditions=conditions)


def _filter(
    store: Store,
    floor: sqlite3.Connection,
    name: str,
    text: str,
    statement: str,
    rounds: int,
    conditions: dict[str, str | int | float],
) -> Figure:
    options = ListOptions(type=ARTIFACT_TYPE, filter=text, limit=1_000_000)
    found = [artifact.id for artifact in store.list(Artifact, options).items]
    # First the answers, then the times: a fast wrong answer is easily measured.
    assert found == [row[0] for row in floor.execute(statement)], name
    taken = interleave(
        {"lineal": lambda: store.list(Artifact, options), FLOOR: lambda: floor.execute(statement).fetchall()}, rounds
    )
    return compare(name, taken, unit="ms", scale=1e3, conditions={**conditions, "hits": len(found)})
