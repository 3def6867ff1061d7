"""The capture record as it stands on an execution: what was found out about a run, item by item.

Read here without the room that captures: a record is data. An item that is not there is unknown, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lineal.model.nodes import Execution
from lineal.model.values import Json

CAPTURED = "captured"
UNKNOWN = "unknown"
NOT_APPLICABLE = "not_applicable"
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the record: its status, its value, and why it has none."""

    status: str
    value: Json = None
    reason: str | None = None

    @property
    def captured(self) -> bool:
        """Whether there is a value."""
        return self.status == CAPTURED

    @property
    def settled(self) -> bool:
        """Whether the question is answered: by a value, or because it does not arise."""
        return self.status in (CAPTURED, NOT_APPLICABLE)


NOTHING = Item(UNKNOWN, None, "nothing was captured")


def record_of(run: Execution) -> dict[str, Item]:
    """Return the capture record of a run; {} where nothing was captured (a run logged after the fact)."""
    record = run.properties.get("capture")
    if not isinstance(record, Mapping):
        return {}
    return {name: _item(value) for name, value in record.items()}


def item(record: Mapping[str, Item], name: str) -> Item:
    """Return one item, or an unknown one that says why."""
    if name in record:
        return record[name]
    return Item(UNKNOWN, None, f"{name} was not captured") if record else NOTHING


def leaves(value: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every single value inside a value with its dotted path, in order of the keys."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from leaves(value[key], f"{path}.{key}" if path else key)
    else:
        yield path, value


def _item(value: Json) -> Item:
    if not isinstance(value, Mapping):
        return Item(CAPTURED, value)
    status, reason = value.get("status", UNKNOWN), value.get("reason")
    return Item(str(status), value.get("value"), None if reason is None else str(reason))
