"""Importing a database of ML Metadata: rows a second of each part, and the peak of memory, each in a fresh process.

`python -m benchmarks.importing --rows 1000000` writes `results/importing.json`. The database is like a pipeline's: of
ten executions each reads three artifacts and writes two; artifacts and executions have properties of every kind.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.report import heading, machine, say
from lineal.ingest.mlmd import schema
from lineal.ingest.mlmd.export import export_mlmd
from lineal.ingest.mlmd.layout import VERSION
from lineal.ingest.mlmd.run import BATCH, import_mlmd
from lineal.ingest.mlmd.source import Source
from lineal.store.location import of_database
from lineal.store.open import open_store

RESULTS = Path(__file__).parent / "results" / "importing.json"
SEED = 20_260_101

_PER_ARTIFACT = 4
_INPUTS, _OUTPUTS = 3, 2
# Rows of one execution with its two outputs, its properties, events, paths and memberships.
_ROWS_OF_A_STEP = 1 + 2 + _OUTPUTS * (1 + _PER_ARTIFACT) + 2 * (_INPUTS + _OUTPUTS) + 1 + _OUTPUTS


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--part", choices=("import", "export"), help="for the measured processes themselves")
    parser.add_argument("--directory", type=Path)
    asked = parser.parse_args(arguments)
    if asked.part:
        _part(asked.part, asked.directory, asked.batch)
        return
    say(heading())
    with tempfile.TemporaryDirectory(prefix="lineal-bench-", dir=asked.directory) as name:
        directory = Path(name)
        rows = make(directory / "mlmd.db", asked.rows)
        size = (directory / "mlmd.db").stat().st_size
        say(f"{rows:,} rows, {size / 2**20:,.0f} MiB of ML Metadata's database")
        figures = [
            _measured(title, part, directory, asked.batch, rows)
            for title, part in (("import", "import"), ("import again", "import"), ("export", "export"))
        ]
    document = {"machine": machine(), "rows": rows, "batch": asked.batch, "figures": figures}
    asked.results.parent.mkdir(exist_ok=True)
    asked.results.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def make(path: Path, wanted: int) -> int:
    """Write a database of about this many rows and return how many they are."""
    steps = max(1, wanted // _ROWS_OF_A_STEP)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for statement in schema.tables():
            connection.execute(statement)
        connection.execute("INSERT INTO MLMDEnv VALUES (?)", (VERSION,))
        connection.executemany(
            "INSERT INTO Type (id, name, type_kind) VALUES (?, ?, ?)",
            [(10, "Dataset", 1), (11, "Train", 0), (12, "PipelineRun", 2)],
        )
        declared = [(10, "rows", 1), (10, "score", 2), (10, "path", 3), (11, "seed", 1)]
        connection.executemany("INSERT INTO TypeProperty VALUES (?, ?, ?)", declared)
        for table, columns, rows in _tables(steps):
            marks = ", ".join("?" * (columns.count(",") + 1))
            connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
        for statement in schema.indexes():
            connection.execute(statement)
        connection.commit()
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return sum(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names)


def _tables(steps: int) -> Iterator[tuple[str, str, Iterator[tuple[object, ...]]]]:
    rng = random.Random(SEED)
    artifacts = range(1, steps * _OUTPUTS + 1)
    times = "create_time_since_epoch, last_update_time_since_epoch"
    yield (
        "Artifact",
        f"id, type_id, uri, name, state, {times}",
        ((id_, 10, f"s3://bucket/{id_}", f"data-{id_}", 2, 10**12 + id_, 10**12 + id_) for id_ in artifacts),
    )
    values = "name, is_custom_property, int_value, double_value, string_value, bool_value"
    yield (
        "ArtifactProperty",
        f"artifact_id, {values}",
        (
            row
            for id_ in artifacts
            for row in (
                (id_, "rows", 0, id_, None, None, None),
                (id_, "score", 0, None, round(rng.random(), 6), None, None),
                (id_, "path", 0, None, None, f"/data/{id_}", None),
                (id_, "checked", 1, None, None, None, 1),
            )
        ),
    )
    yield (
        "Execution",
        f"id, type_id, name, last_known_state, {times}",
        ((id_, 11, f"step-{id_}", 3, 10**12 + id_, 10**12 + id_) for id_ in range(1, steps + 1)),
    )
    yield (
        "ExecutionProperty",
        f"execution_id, {values}",
        (
            row
            for id_ in range(1, steps + 1)
            for row in ((id_, "seed", 0, id_, None, None, None), (id_, "host", 1, None, None, "node-7", None))
        ),
    )
    contexts = steps // 10 + 1
    yield (
        "Context",
        f"id, type_id, name, {times}",
        ((id_, 12, f"run-{id_}", 10**12 + id_, 10**12 + id_) for id_ in range(1, contexts + 1)),
    )
    yield "Event", "id, artifact_id, execution_id, type, milliseconds_since_epoch", _events(steps, rng)
    yield (
        "EventPath",
        "event_id, is_index_step, step_key",
        ((id_, 0, "data") for id_ in range(1, steps * (_INPUTS + _OUTPUTS) - 2 * _INPUTS + 1)),
    )
    yield "Association", "context_id, execution_id", ((id_ // 10 + 1, id_) for id_ in range(1, steps + 1))
    yield "Attribution", "context_id, artifact_id", (((id_ + 1) // _OUTPUTS // 10 + 1, id_) for id_ in artifacts)


def _events(steps: int, rng: random.Random) -> Iterator[tuple[object, ...]]:
    id_ = 0
    for step in range(1, steps + 1):
        made = (step - 1) * _OUTPUTS
        # The first steps find too little to read.
        inputs = rng.sample(range(max(1, made - 1000), made + 1), _INPUTS) if made > _INPUTS else []
        for artifact, type_ in [*((each, 3) for each in inputs), (made + 1, 4), (made + 2, 4)]:
            id_ += 1
            yield id_, artifact, step, type_, 10**12 + id_


def _measured(title: str, part: str, directory: Path, batch: int, rows: int) -> dict[str, object]:
    command = [sys.executable, "-m", "benchmarks.importing", "--part", part, "--directory", str(directory)]
    done = subprocess.run([*command, "--batch", str(batch)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    figure: dict[str, object] = json.loads(done.stdout)
    seconds, peak = figure["seconds"], figure["peak MiB"]
    assert isinstance(seconds, float)
    cpu = figure["CPU seconds"]
    say(f"{title:<14} {seconds:8.1f} s ({cpu} s CPU)  {rows / seconds:10,.0f} rows/s  peak {peak} MiB")
    return {"name": title, **figure, "rows a second": round(rows / seconds)}


def _part(part: str, directory: Path, batch: int) -> None:
    began = time.perf_counter()
    spent: dict[str, float] = {}
    own = 0
    with closing(open_store(of_database(directory / "lineal.db"))) as store:
        if part == "export":
            file = directory / "exported.db"
            export_mlmd(store, file)
        else:
            with closing(Source.at(str(directory / "mlmd.db"))) as source:
                last = began

                def progress(doing: str, _: str, _done: int, _total: int) -> None:
                    nonlocal last, own
                    own = max(own, _own_memory())
                    now = time.perf_counter()
                    spent[doing] = spent.get(doing, 0.0) + now - last
                    last = now

                report = import_mlmd(source, store, actor="benchmark", batch=batch, progress=progress)
            assert report.equal, (report.losses[:3], report.differences[:3])
    took = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    parts = {name: round(value, 1) for name, value in spent.items()}
    figure = {
        "seconds": round(took, 2),
        "CPU seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak MiB": used.ru_maxrss // 1024,
        "peak MiB without mapped files": own,
        "parts": parts,
    }
    sys.stdout.write(json.dumps(figure))


def _own_memory() -> int:
    """Return the MiB that are this process's alone; SQLite maps the store's file, which is memory only while free."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    return max((int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon:")), default=0)


if __name__ == "__main__":
    main()
