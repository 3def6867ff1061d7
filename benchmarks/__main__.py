"""`make bench`: every measurement in one process, a table on stdout, JSON in `benchmarks/results`."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks import audits, capturing, closures, hashing, huge, imports, looping, middleware, reads, recorded, writes
from benchmarks.arguments import count, directory
from benchmarks.dag import make_dag
from benchmarks.mlflow import measure as mlflow
from benchmarks.report import heading, line, save, say
from benchmarks.stores import fill
from benchmarks.timing import ROUNDS, Figure

RESULTS = Path(__file__).parent / "results"
SIZES = (10_000, 100_000)
SMALL = (1_000,)
GROUPS = ("import", "run", "loop", "capture", "fingerprints", "mlflow", "serving", "store", "edges")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for."""
    asked = _parser().parse_args(arguments)
    small = asked.small
    rounds = asked.rounds or (3 if small else ROUNDS)
    sizes = asked.sizes or (SMALL if small else SIZES)
    say(heading())
    with tempfile.TemporaryDirectory(prefix="lineal-bench-", dir=asked.directory) as name:
        for group, measure in _groups(Path(name), sizes, rounds, small=small, edges=asked.edges).items():
            if asked.only and not group.startswith(tuple(asked.only)):
                continue
            figures: list[Figure] = []
            for figure in measure():
                say(line(figure))
                figures.append(figure)
            save(
                asked.results / f"{group}.json",
                figures,
                {"rounds": rounds, "small": small, "temporary directory": "given" if asked.directory else "system"},
            )


def _groups(
    directory: Path, sizes: Sequence[int], rounds: int, *, small: bool, edges: int | None
) -> dict[str, Callable[[], Iterator[Figure]]]:
    groups: dict[str, Callable[[], Iterator[Figure]]] = {
        "import": lambda: imports.measure(directory, rounds=rounds if small else imports.ROUNDS),
        "run": lambda: recorded.measure(directory, rounds=rounds, small=small),
        "loop": lambda: looping.measure(directory / "loop", small=small),
        "capture": lambda: capturing.measure(directory / "capture", rounds=rounds),
        "fingerprints": lambda: hashing.measure(directory / "fingerprints", rounds=rounds, small=small),
        "serving": lambda: middleware.measure(directory, rounds=rounds, small=small),
    }
    if mlflow.is_there():
        groups["mlflow"] = lambda: mlflow.measure(directory, rounds=rounds)
    for size in sizes:
        groups[f"store-{size}"] = partial(_store, directory / str(size), size, rounds, small=small)
    if edges:
        groups[f"edges-{edges}"] = partial(huge.measure, directory, edges, rounds=min(rounds, 3))
    return groups


def _store(directory: Path, size: int, rounds: int, *, small: bool) -> Iterator[Figure]:
    directory.mkdir()
    dag = make_dag(size)
    full = fill(directory, dag)
    say(f"\na store of {dag.artifacts:,} artifacts, {len(dag.runs):,} runs, {dag.edges:,} events")
    try:
        yield from reads.measure(full, directory, rounds=rounds, small=small)
        yield from closures.measure(full, directory, rounds=rounds)
        yield from audits.measure(full, rounds=min(rounds, 5))
        yield from writes.measure(full, directory, rounds=rounds, small=small)
    finally:
        full.store.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description="Speed as ratios; see docs/reference/speed.md")
    parser.add_argument("--small", action="store_true", help="a quick run: small sizes, few rounds")
    parser.add_argument("--rounds", type=count, help=f"rounds of each comparison (default {ROUNDS})")
    parser.add_argument("--sizes", type=count, nargs="+", help="artifacts in the store (default 10000 100000)")
    parser.add_argument("--edges", type=count, help="also closures in a graph of this many edges, up to 10000000")
    parser.add_argument("--only", nargs="+", choices=GROUPS, help="leave out the others")
    parser.add_argument("--directory", type=directory, help="where the stores are made: another disk, or memory")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON goes")
    return parser


if __name__ == "__main__":
    main()
