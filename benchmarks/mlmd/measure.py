"""The comparison itself: equal answers first, then rounds in which the sides take turns, then records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import Any

from benchmarks.mlmd import content
from benchmarks.mlmd.pipes import Side

OURS, COMPAT, DRIVER, THEIRS = "lineal", "compat", "driver", "mlmd"
BESIDE = (COMPAT, DRIVER)
"""Sides that are reported beside Lineal's own, where they were measured."""
MESSAGES = (COMPAT, THEIRS)
"""Sides that speak ML Metadata's interface."""
NAMED_FILTERS = ("filter_range", "filter_two")
OTHER = "filter_other"

Record = dict[str, Any]
Taken = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Operation:
    """What the sides are timed at: the question, its arguments in a round, and how often it is done in one.

    `mlmd` is the question on ML Metadata's sides, where it is another one.
    """

    name: str
    method: str
    arguments: Callable[[], Sequence[Any]]
    times: int
    mlmd: str = ""


def record(taken: Taken, times: int) -> Record:
    """Return what is reported of an operation: seconds for one, medians; ratios are taken within each round."""
    theirs = taken[THEIRS]
    found: Record = {**_beside(taken[OURS], theirs, times), "n": len(theirs) * times, "rounds": len(theirs)}
    return found | {name: _beside(taken[name], theirs, times) for name in BESIDE if name in taken}


def _beside(ours: Sequence[float], theirs: Sequence[float], times: int) -> Record:
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    return {
        "ours": median(ours) / times,
        "theirs": median(theirs) / times,
        "ratio": round(median(ratios), 3),
        "ratio_range": [round(min(ratios), 3), round(max(ratios), 3)],
    }


def worst(records: Mapping[str, Record]) -> Record:
    """Return the record with the smallest ratio, saying which it is and what the others have."""
    name = min(records, key=lambda each: float(records[each]["ratio"]))
    found = {**records[name], "which": name, "all": {each: record["ratio"] for each, record in records.items()}}
    return found | {
        side: worst({each: record[side] for each, record in records.items()}) for side in BESIDE if side in found
    }


def merged(by_size: Mapping[int, Mapping[str, Record]]) -> dict[str, Record]:
    """Return the records of the largest store, each with those of the smaller ones inside it."""
    sizes = sorted(by_size, reverse=True)
    return {
        name: {
            **found,
            "artifacts": sizes[0],
            **{f"at_{size}": by_size[size][name] for size in sizes[1:]},
        }
        for name, found in by_size[sizes[0]].items()
    }


class Bench:
    """One comparison: all sides, with stores of one size."""

    def __init__(self, sides: Sequence[Side], rounds: int, *, small: bool) -> None:
        self._sides = sides
        self._rounds = rounds
        self._small = small
        self._numbers = count(10_000_000, 100_000)
        self._conditions: dict[str, Any] = {}

    def measure(self, directory: str, size: int) -> Iterator[tuple[str, Record]]:
        """Yield each operation's name and record. `directory` is empty; the stores are made in it."""
        self._fill(directory, size)
        yield from self._all(self._reads())
        filters = dict(self._all(self._filters()))
        for name in NAMED_FILTERS:
            yield name, filters.pop(name)
        yield OTHER, worst(filters)
        yield from self._all(self._writes())
        # Every side wrote the same artifacts in the same order.
        self._same("artifacts", [self._known + number for number in range(1, 101)])
        yield from self._all(self._publications_of_messages())

    def _fill(self, directory: str, size: int) -> None:
        """Fill the stores with the same, and compare every answer that is timed later."""
        self._known = self._same("fill", directory, size)
        counts = self._same("counts")
        step = max(1, self._known // 1000)
        self._ids = list(range(1, self._known + 1, step))[:1000]
        self._start = content.wide_question(content.graph(size)).artifact + 1
        self._same("artifacts", self._ids)
        for text in content.FILTERS.values():
            self._same("found", text)
        artifacts, executions, events = self._same("reached", self._start)
        self._conditions = {
            "durability": {side.name: side.ask("durability") for side in self._sides},
            "rows": counts,
            "bytes": {side.name: side.ask("size") for side in self._sides},
            "closure": {"artifacts": len(artifacts), "executions": len(executions), "events": len(events)},
        }

    def _reads(self) -> Iterator[Operation]:
        times = 1 if self._small else 5
        yield Operation("get_1000", "get_1000", lambda: (self._ids, times), times)
        yield Operation("get_one", "get_one", lambda: (self._ids,), len(self._ids))
        yield Operation("closure_events", "closure_events", lambda: (self._start,), 1)
        yield Operation("closure_full", "closure_full", lambda: (self._start,), 1)

    def _filters(self) -> Iterator[Operation]:
        for name, text in content.FILTERS.items():
            # As often as fills a tenth of a second: of a millisecond, the machine's other work would be half.
            longest = max(side.ask("filter", text, 1) for side in self._sides)
            times = 1 if self._small else min(50, max(1, round(0.1 / longest)))
            yield Operation(name, "filter", lambda text=text, times=times: (text, times), times)

    def _writes(self) -> Iterator[Operation]:
        """Every round writes other artifacts, the same on every side."""
        times, batches = (5, 1) if self._small else (100, 10)
        yield Operation("put_single", "put_single", lambda: (next(self._numbers), times), times)
        yield Operation("put_batch", "put_batch", lambda: (next(self._numbers), batches), 100 * batches)
        yield Operation("publish", "publish", lambda: (next(self._numbers), times), times)

    def _publications_of_messages(self) -> Iterator[Operation]:
        times = 5 if self._small else 100
        arguments = lambda: (next(self._numbers), times)  # noqa: E731 - as those above
        yield Operation("publish_messages", "publish", arguments, times, mlmd="publish_messages")

    def _all(self, operations: Iterator[Operation]) -> Iterator[tuple[str, Record]]:
        for operation in operations:
            taken = self._timed(operation)
            yield operation.name, {**record(taken, operation.times), "conditions": self._conditions}

    def _timed(self, operation: Operation) -> Taken:
        """Return each side's seconds in each round; one round before is not measured."""
        taken: Taken = {side.name: [] for side in self._sides}
        for round_ in range(self._rounds + 1):
            arguments = operation.arguments()
            first = round_ % len(self._sides)
            # Whoever goes first warms the machine; each side does in turn.
            for side in (*self._sides[first:], *self._sides[:first]):
                method = operation.mlmd or operation.method if side.name in MESSAGES else operation.method
                seconds = side.ask(method, *arguments)
                if round_:
                    taken[side.name].append(seconds)
        return taken

    def _same(self, method: str, *arguments: Any) -> Any:
        answers = {side.name: side.ask(method, *arguments) for side in self._sides}
        ours = answers[OURS]
        for name, answer in answers.items():
            if answer != ours:
                message = f"{name} differs from {OURS} in {method}: {_difference(answer, ours)}"
                raise AssertionError(message)
        return ours


def _difference(theirs: Any, ours: Any) -> str:
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [pair for pair in zip(theirs, ours, strict=True) if pair[0] != pair[1]]
        return f"{len(pairs)} differ, first {str(pairs[0])[:300]}"
    return f"{str(theirs)[:150]} and {str(ours)[:150]}"
