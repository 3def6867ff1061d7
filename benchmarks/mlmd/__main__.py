"""`make bench-mlmd`: a table on stdout, one record an operation in `benchmarks/results/mlmd.json`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.arguments import count, directory
from benchmarks.mlmd.measure import BESIDE, COMPAT, DRIVER, OURS, THEIRS, Bench, Record, merged
from benchmarks.mlmd.pipes import ROOT, Side
from benchmarks.report import machine, say
from benchmarks.timing import ROUNDS

RESULT = ROOT / "benchmarks" / "results" / "mlmd.json"
PEER = ROOT / ".venv-mlmd" / "bin" / "python"
SIZES = (10_000, 100_000)
SMALL = (300,)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for."""
    asked = _parser().parse_args(arguments)
    if not PEER.exists():
        sys.exit("the real ML Metadata is not there: make peer")
    rounds = asked.rounds or (1 if asked.small else ROUNDS)
    by_size: dict[int, dict[str, Record]] = {}
    for size in asked.sizes or (SMALL if asked.small else SIZES):
        say(f"\n{size:,} artifacts; ratio = ML Metadata's time / Lineal's, median (range) of {rounds} rounds")
        by_size[size] = {}
        for name, found in _measured(size, rounds, asked.directory, small=asked.small):
            say(line(name, found))
            by_size[size][name] = {**found, "machine": machine()}
    asked.result.parent.mkdir(parents=True, exist_ok=True)
    asked.result.write_text(json.dumps(merged(by_size), indent=2) + "\n", encoding="utf-8")


def line(name: str, found: Record) -> str:
    """Return a record as a line of the table."""
    low, high = found["ratio_range"]
    times = f"{_time(found['ours']):>9} {_time(found['theirs']):>9}"
    beside = "".join(f"   {side} x{found[side]['ratio']:.1f}" for side in BESIDE if side in found)
    which = f"   ({found['which']})" if "which" in found else ""
    return f"{name:<18}{times}   x{found['ratio']:<6.1f}({low:.1f} to {high:.1f}){beside}{which}"


def _measured(size: int, rounds: int, directory: Path | None, *, small: bool) -> Iterator[tuple[str, Record]]:
    with tempfile.TemporaryDirectory(prefix="lineal-bench-", dir=directory) as name, ExitStack() as stack:
        sides = [
            Side(OURS, [sys.executable, "-m", "benchmarks.mlmd.lineal_side"]),
            Side(THEIRS, [PEER, "-m", "benchmarks.mlmd.mlmd_side"]),
            Side(COMPAT, [sys.executable, "-m", "benchmarks.mlmd.compat_side"]),
            Side(DRIVER, [sys.executable, "-m", "benchmarks.mlmd.driver_side"]),
        ]
        for side in sides:
            stack.enter_context(closing(side))
        yield from Bench(sides, rounds, small=small).measure(name, size)


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds * 1e6:.1f} µs"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-mlmd", description="Lineal beside ML Metadata 1.17.1")
    parser.add_argument("--small", action="store_true", help="a quick run: a small store, one round")
    parser.add_argument("--rounds", type=count, help=f"rounds of each comparison (default {ROUNDS})")
    parser.add_argument("--sizes", type=count, nargs="+", help="artifacts in the stores (default 10000 100000)")
    parser.add_argument("--directory", type=directory, help="where the stores are made: another disk, or memory")
    parser.add_argument("--result", type=Path, default=RESULT, help="where the JSON goes")
    return parser


if __name__ == "__main__":
    main()
