"""Completeness: how many of the thirty items a run's record answers, and which verdict a rebuild can still come to.

An item is answered by a value or by the reason why it does not arise; `unknown` and `withheld` are not answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lineal.lineage.capture_record import CAPTURED, NOT_APPLICABLE, UNKNOWN, WITHHELD, Item, item
from lineal.lineage.foresight import Reach, reach_of
from lineal.model.capture_items import ITEMS, CaptureItem
from lineal.model.values import Json

_WORST_FIRST = (UNKNOWN, WITHHELD, CAPTURED, NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Answered:
    """One of the thirty items in one record: how it ended, why where that needs saying, and its first fact's value."""

    item: CaptureItem
    status: str
    reason: str = ""
    value: Json = None

    @property
    def is_settled(self) -> bool:
        """Whether the question is answered."""
        return self.status in (CAPTURED, NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Completeness:
    """The thirty items of one run, the best verdict a rebuild can come to, and what stands against a better one."""

    items: tuple[Answered, ...]
    reach: Reach

    @property
    def best(self) -> str:
        """The best verdict a rebuild can come to."""
        return self.reach.verdict

    @property
    def because(self) -> tuple[str, ...]:
        """What stands against a better one."""
        return self.reach.because

    @property
    def captured(self) -> int:
        """How many items are answered."""
        return sum(one.is_settled for one in self.items)

    @property
    def not_applicable(self) -> int:
        """How many of them do not arise."""
        return sum(one.status == NOT_APPLICABLE for one in self.items)

    @property
    def missing(self) -> tuple[Answered, ...]:
        """The items that are not answered."""
        return tuple(one for one in self.items if not one.is_settled)

    @property
    def sentence(self) -> str:
        """The score, for people."""
        told = f"{self.captured} of {len(self.items)} captured"
        if self.not_applicable:
            told += f" ({self.not_applicable} of them do not apply)"
        return told


def completeness_of(record: Mapping[str, Item]) -> Completeness:
    """Return how complete a record is; of a run that was logged after the fact nothing is known."""
    return Completeness(tuple(_answered(one, record) for one in ITEMS), reach_of(record))


def _answered(wanted: CaptureItem, record: Mapping[str, Item]) -> Answered:
    """Return the item with the worst of its facts; a fact younger than the record counts as not captured."""
    facts = [(name, item(record, name)) for name in wanted.facts]
    status = next(each for each in _WORST_FIRST if any(fact.status == each for _, fact in facts))
    told = [(name, fact) for name, fact in facts if fact.status == status]
    reasons = [f"{name}: {fact.reason}" if len(facts) > 1 else fact.reason for name, fact in told if fact.reason]
    values = [fact.value for _, fact in told if fact.captured]
    return Answered(wanted, status, "; ".join(reasons), values[0] if values else None)
