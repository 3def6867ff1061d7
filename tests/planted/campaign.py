"""Runs the campaign: records each program once, plants one fault after the other, and judges what is named first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.planted.decoys import DECOYS
from tests.planted.fault import Ask, Fault
from tests.planted.world import World, make


@dataclass(frozen=True)
class Judged:
    """What was named first, and whether that is what was planted.

    `drift` is what a rebuild of the first run names first of what is no longer as it was, where it was asked;
    `effect` is whether the fault changed the result at all.
    """

    fault: Fault
    verdict: str
    named: str
    right: bool
    effect: bool
    drift: str = ""
    drift_right: bool | None = None

    @property
    def line(self) -> str:
        """One line of the table."""
        fault = self.fault
        mark = "right" if self.right else "WRONG"
        told = "" if self.effect else " (without effect)"
        return f"{mark} | {fault.kind} | {fault.id} | {', '.join(fault.decoys)} | {self.verdict}{told} | {self.named}"


def judged(faults: Iterable[Fault], directory: Path, *, drift: bool = False) -> Iterator[Judged]:
    """Judge faults, one after the other; with `drift` also what a rebuild says of the first run."""
    for number, (_, same) in enumerate(groupby(sorted(faults, key=_recorded_as), key=_recorded_as)):
        found = list(same)
        world = make(directory / str(number), found[0].program, *found[0].words)
        run = world.run()
        for fault in found:
            with world.changed() as changed:
                yield _judge(changed, run, fault, drift=drift)


def _judge(world: World, run: str, fault: Fault, *, drift: bool) -> Judged:
    """Plant a fault and its decoys, ask, and judge the answer."""
    for name in fault.decoys:
        DECOYS[name](world)
    fault.plant(world)
    if fault.ask is Ask.REBUILD:
        return _rebuilt(fault, world.reproduce(run))
    before = world.outputs()
    again = world.run()
    effect = world.outputs() != before
    first = world.diff(run, again)["first_difference"]
    named, right = _words(first), _names(fault, first)
    if not drift or fault.is_elsewhere:
        return Judged(fault, "another run", named, right, effect)
    verdict = world.reproduce(run)
    since = next(iter(verdict["drift"]), None)
    return Judged(fault, verdict["verdict"], named, right, effect, _words(since), _names(fault, since))


def _rebuilt(fault: Fault, verdict: Any) -> Judged:
    first = verdict["first_difference"] or next(iter(verdict["missing"]), None)
    effect = verdict["verdict"] in ("DIVERGED", "NOT_RUNNABLE", "NUMERIC")
    return Judged(fault, verdict["verdict"], _words(first), _names(fault, first), effect)


def _recorded_as(fault: Fault) -> tuple[str, ...]:
    return (fault.program, *fault.words)


def _names(fault: Fault, first: Any) -> bool:
    if first is None:
        return False
    said = f"{first['what']} {first['sentence']}"
    return first["kind"] in fault.kinds and any(name in said for name in fault.names)


def _words(first: Any) -> str:
    return "nothing" if first is None else f"{first['kind']}: {first['sentence']}"
