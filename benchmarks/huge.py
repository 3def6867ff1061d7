"""Closures in a graph of up to ten million edges, and the memory they take. Only when asked for: `--edges N`.

The events are written straight into the tables, without ledger entries and without the nodes they touch, but for those
where the questions start.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from benchmarks.closures import check, figure_of, plain, read, recursive, sizes
from benchmarks.dag import Dag, Question, Walk, make_dag, questions
from benchmarks.matrices import Matrices
from benchmarks.report import say
from benchmarks.snapshots import ask, ready, snapshot_bytes, without_snapshot
from benchmarks.stores import open_floor
from benchmarks.timing import Figure, Spread, seconds
from lineal.model.edges import EventType
from lineal.store.location import of_database
from lineal.store.open import open_store
from lineal.store.protocol import Store
from lineal.store.tables import EVENT

EDGES_PER_ARTIFACT = 2.42
BYTES = {"compact": 26, "whole": 60}
"""Of memory an edge, so that the snapshot takes this form."""
AT_ONCE = 100_000

_ARTIFACT = """
INSERT INTO artifact (id, type_id, state, properties, custom_properties, created_at, updated_at, entry)
VALUES (?, 1, 2, '{}', '{}', 1, 1, 1)
"""


def measure(directory: Path, edges: int, *, rounds: int) -> Iterator[Figure]:
    """Yield the figures of the three questions in each form of the snapshot, and what each takes."""
    dag = make_dag(round(edges / EDGES_PER_ARTIFACT))
    asked = questions(dag)
    path = directory / "huge.db"
    say(f"\n{dag.edges:,} events of {dag.artifacts:,} artifacts, written in {_fill(path, dag, asked):.0f} s")
    walk, matrices = Walk(dag), Matrices(dag)
    cold = without_snapshot(path)
    for form, bytes_ in BYTES.items():
        memory = 1 + bytes_ * dag.edges // 2**20
        before = _resident()
        store, loaded = _loaded(path, memory, asked[0])
        yield _loading(form, store, dag.edges, loaded, _resident() - before)
        for question in asked:
            artifacts, runs, _ = walk.closure(question.artifact, upstream=question.upstream)
            for closure in (ask(store, question), plain(lambda: ask(store, question))):  # noqa: B023  called at once
                check(closure, artifacts, runs)
            yield from _asked(form, store, cold, matrices, question, path, dag, rounds)
        store.close()
    cold.close()
    path.unlink()


def _asked(
    form: str,
    store: Store,
    cold: Store,
    matrices: Matrices,
    question: Question,
    path: Path,
    dag: Dag,
    rounds: int,
) -> Iterator[Figure]:
    size = {"artifacts": dag.artifacts, "edges": dag.edges}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        calls: dict[str, Callable[[Question], object]] = {
            "lineal": lambda question: sizes(ask(store, question)),
            "lineal without SciPy": lambda question: plain(lambda: sizes(ask(store, question))),
            "scipy": matrices.search,
        }
        if form == "compact":
            # Neither depends on the form; both take long.
            calls |= {
                "lineal, from the database": lambda question: ask(cold, question),
                "SQL, artifact ids": lambda question: recursive(reader, question),
            }
        yield figure_of(f"closure, {form} snapshot", question, calls, 1 if form == "compact" else rounds, size)
    if form == "whole" or question.name == "small":
        # A compact snapshot reads the events from the database: minutes for the wide question.
        events: dict[str, Callable[[Question], object]] = {"lineal": lambda question: read(ask(store, question))}
        yield figure_of(f"events of closure, {form} snapshot", question, events, 1, size)


def _loaded(path: Path, memory: int, question: Question) -> tuple[Store, float]:
    location = of_database(path)
    store = open_store(replace(location, url=f"{location.url}?snapshot={memory}"))
    ready(store)
    return store, seconds(lambda: ask(store, question))


def _loading(form: str, store: Store, edges: int, loaded: float, resident: int) -> Figure:
    held = snapshot_bytes(store)
    conditions: dict[str, str | int | float] = {
        "edges": edges,
        "bytes": held,
        "bytes an edge": round(held / edges, 1),
        "resident bytes more": resident,
    }
    name = f"loading the {form} snapshot ({held / edges:.1f} bytes an edge, {resident / 2**20:,.0f} MiB resident)"
    return Figure(name, "s", Spread.of([loaded]), rounds=1, conditions=conditions)


def _fill(path: Path, dag: Dag, asked: list[Question]) -> float:
    open_store(of_database(path)).close()
    with closing(open_floor(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        return seconds(lambda: _write(connection, dag, asked))


def _write(connection: sqlite3.Connection, dag: Dag, asked: list[Question]) -> None:
    connection.execute("BEGIN")
    connection.executemany(_ARTIFACT, {(question.artifact + 1,) for question in asked})
    rows = _rows(dag)
    while chunk := list(islice(rows, AT_ONCE)):
        connection.executemany(EVENT.insert, chunk)
    connection.execute("COMMIT")


def _rows(dag: Dag) -> Iterator[tuple[int, int, int, int, str, int, int, int, int]]:
    ids = count(1)
    for run, step in enumerate(dag.runs, 1):
        for artifact in step.inputs:
            yield next(ids), artifact + 1, run, EventType.INPUT.value, "[]", run, 0, 0, 1
        for artifact in step.outputs:
            yield next(ids), artifact + 1, run, EventType.OUTPUT.value, "[]", run, 0, 0, 1


def _resident() -> int:
    """Return the bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
