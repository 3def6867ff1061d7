"""Changes: what differs between two maps of facts; the parts of a diff. What is not known is never called the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from lineal.lineage.capture_record import Item, item, leaves
from lineal.model.values import Json


class Status(Enum):
    """How a fact of the second thing stands to that of the first."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact that differs, or of which it is not known. `delta` is after minus before, of numbers."""

    name: str
    status: Status
    before: Json = None
    after: Json = None
    note: str = ""

    @property
    def delta(self) -> float | None:
        """By how much a number grew; None where one side is no finite number."""
        before, after = _number(self.before), _number(self.after)
        if before is None or after is None:
            return None
        return after - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The changes in one respect; `same` counts the facts that are equal on both sides."""

    name: str
    changes: tuple[Change, ...] = ()
    same: int = 0

    @property
    def differs(self) -> bool:
        """Whether something is known to differ."""
        return any(change.status is not Status.UNKNOWN for change in self.changes)

    @property
    def unknown(self) -> bool:
        """Whether nothing is known to differ, but something is not known."""
        return bool(self.changes) and not self.differs


def section(name: str, *parts: tuple[Sequence[Change], int]) -> Section:
    """Return a section of several comparisons."""
    return Section(
        name=name,
        changes=tuple(change for changes, _ in parts for change in changes),
        same=sum(same for _, same in parts),
    )


def compare(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[list[Change], int]:
    """Return the changes between two maps by name, and how many names are equal."""
    changes: list[Change] = []
    same = 0
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if name not in before:
            changes.append(Change(name=name, status=Status.ADDED, after=new))
        elif name not in after:
            changes.append(Change(name=name, status=Status.REMOVED, before=old))
        elif equal(old, new):
            same += 1
        else:
            changes.append(Change(name=name, status=Status.CHANGED, before=old, after=new))
    return changes, same


def compare_items(
    before: Mapping[str, Item], after: Mapping[str, Item], names: Iterable[str]
) -> tuple[list[Change], int]:
    """Return the changes between items of two capture records, value by value."""
    changes: list[Change] = []
    same = 0
    for name in names:
        old, new = item(before, name), item(after, name)
        if not (old.settled and new.settled):
            changes.append(_open(name, old, new))
            continue
        found, equal_ = compare(dict(leaves(old.value, name)), dict(leaves(new.value, name)))
        changes += found
        same += equal_
    return changes, same


def equal(before: object, after: object) -> bool:
    """Return whether two values are the same value of the same kind; a NaN is the same as a NaN."""
    if isinstance(before, float) and isinstance(after, float) and math.isnan(before):
        return math.isnan(after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(equal(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return len(before) == len(after) and all(map(equal, before, after))
    return before == after and isinstance(before, bool) == isinstance(after, bool)


def _open(name: str, old: Item, new: Item) -> Change:
    sides = [("before", old), ("after", new)]
    notes = [
        f"{side} {one.status}" + (f" ({one.reason})" if one.reason else "") for side, one in sides if not one.settled
    ]
    if len(notes) == len(sides) and old.reason == new.reason and old.status == new.status:
        notes = [old.status + (f" on both sides ({old.reason})" if old.reason else " on both sides")]
    return Change(name=name, status=Status.UNKNOWN, before=old.value, after=new.value, note=", ".join(notes))


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None
