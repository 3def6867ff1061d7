"""Completeness: how many of the thirty items a run's record answers, and which verdict a rebuild can still come to.

An item is answered by a value or by the reason why it does not arise; `unknown` and `withheld` are not answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lineal.lineage.capture_record import CAPTURED, NOT_APPLICABLE, UNKNOWN, WITHHELD, Item, item
from lineal.model.capture_items import ITEMS, SEED_DETAILS, SYSTEM_ENTROPY, CaptureItem
from lineal.model.values import Json

EXACT, NUMERIC, NOT_RUNNABLE = "BIT_EXACT", "NUMERIC", "NOT_RUNNABLE"
"""The verdicts `lineal reproduce` knows that a record can rule in or out; what a rebuild finds may still be worse."""

_Ask = Callable[[Mapping[str, Item]], str]
"""Looks at a record and says what is wrong, or ""."""

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
    best: str
    because: tuple[str, ...]

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
        """The score and the verdict, for people."""
        told = f"{self.captured} of {len(self.items)} captured"
        if self.not_applicable:
            told += f" ({self.not_applicable} of them do not apply)"
        return f"{told}; best verdict {self.best}" + (f": {self.because[0]}" if self.because else "")


def completeness_of(record: Mapping[str, Item]) -> Completeness:
    """Return how complete a record is; of a run that was logged after the fact nothing is known."""
    blocked = tuple(_against(record, _NEEDED)) if record else ("nothing was captured",)
    lowered = tuple(_against(record, _EXACT))
    best = NOT_RUNNABLE if blocked else (NUMERIC if lowered else EXACT)
    return Completeness(tuple(_answered(one, record) for one in ITEMS), best, blocked or lowered)


def _answered(wanted: CaptureItem, record: Mapping[str, Item]) -> Answered:
    """Return the item with the worst of its facts; a fact younger than the record counts as not captured."""
    facts = [(name, item(record, name)) for name in wanted.facts]
    status = next(each for each in _WORST_FIRST if any(fact.status == each for _, fact in facts))
    told = [(name, fact) for name, fact in facts if fact.status == status]
    reasons = [f"{name}: {fact.reason}" if len(facts) > 1 else fact.reason for name, fact in told if fact.reason]
    values = [fact.value for _, fact in told if fact.captured]
    return Answered(wanted, status, "; ".join(reasons), values[0] if values else None)


def _against(record: Mapping[str, Item], asked: tuple[_Ask, ...]) -> Iterator[str]:
    for ask in asked:
        said = ask(record)
        if said:
            yield said


def _unsettled(name: str, told: str) -> _Ask:
    def ask(record: Mapping[str, Item]) -> str:
        found = item(record, name)
        return "" if found.settled else f"{told}: {found.reason or found.status}"

    return ask


def _code(record: Mapping[str, Item]) -> str:
    if item(record, "commit").captured or item(record, "script").captured or item(record, "notebook").captured:
        return ""
    return f"the code is not recorded: {item(record, 'commit').reason or 'no commit, no script'}"


def _command(record: Mapping[str, Item]) -> str:
    if item(record, "argv").captured or item(record, "notebook").captured:
        return ""
    return "the command is not recorded"


def _packages(record: Mapping[str, Item]) -> str:
    value = item(record, "environment").value
    known = isinstance(value, Mapping) and bool(value.get("fingerprint"))
    return "" if known else "the packages are not recorded"


def seeds_open(record: Mapping[str, Item]) -> str:
    """Return why numbers that are drawn again may be others, or ""."""
    found = item(record, "seeds")
    if not found.captured:
        return f"seeds are not known: {found.reason or found.status}"
    value = found.value if isinstance(found.value, Mapping) else {}
    drawn = [name for name, seed in value.items() if name not in SEED_DETAILS and seed == SYSTEM_ENTROPY]
    if drawn:
        return f"{', '.join(drawn)} was drawn from without a seed"
    return f"not every seed is known: {found.reason}" if found.reason else ""


def _partial(record: Mapping[str, Item]) -> str:
    value = item(record, "environment").value
    unhashed = value.get("unhashed") if isinstance(value, Mapping) else None
    if not isinstance(unhashed, int) or not unhashed:
        return ""
    return f"{unhashed} packages are known by version only, and may be other builds"


_NEEDED: tuple[_Ask, ...] = (_code, _unsettled("diff", "the uncommitted changes are not kept"), _command, _packages)
"""What no rebuild can do without."""

_EXACT: tuple[_Ask, ...] = (
    seeds_open,
    _partial,
    _unsettled("edited_packages", "packages were edited"),
    _unsettled("editable", "the state of installed directories is not known"),
    _unsettled("untracked", "untracked files are not all kept"),
    _unsettled("thread_variables", "numbers of threads are not known"),
    _unsettled("blas", "the mathematics libraries are not known"),
    _unsettled("determinism", "determinism switches are not known"),
    _unsettled("cpu_memory", "the processor is not known"),
    _unsettled("gpu", "the accelerators are not known"),
    _unsettled("world", "how many processes worked together is not known"),
)
"""What equality to the last bit needs beside."""
