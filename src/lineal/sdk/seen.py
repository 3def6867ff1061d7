"""Seen: one file or object that the program read or wrote, before it is known which artifact that is."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import cast

from lineal.capture.fingerprints.frames import is_frame
from lineal.capture.worker import Answer, settled
from lineal.integrations.listener import Read, Written
from lineal.model.edges import How
from lineal.model.fingerprint import Fingerprinted
from lineal.model.values import Json, Value
from lineal.sdk.background import Fingerprints
from lineal.sdk.given import Given
from lineal.sdk.identity import Identity
from lineal.sdk.training import Training
from lineal.sdk.urls import is_url

FRAME_BYTES = 64 << 20
"""Frames above this are known by their file only: the logical fingerprint beside it would cost too much."""

MOST_QUERIES = 200
"""Queries of one source that are kept with the run."""

_COPY_ON_WRITE = 3
"""From this version of pandas on a shallow copy stays as it is when the frame is changed."""


@dataclass(slots=True)
class Query:
    """What was asked of a source, and the fingerprint of the answer."""

    by: str
    text: str
    answer: Answer[Fingerprinted] | None = None

    def as_fact(self, source: str) -> dict[str, Json]:
        """Return it as a fact of the run that asked."""
        found = settled(self.answer).value if self.answer is not None else None
        fact: dict[str, Json] = {"by": self.by, "source": source, "query": self.text}
        return fact | ({"result": found.fingerprint, "rows": found.rows} if found is not None else {})


@dataclass(slots=True)
class Seen:
    """What is known of it: the absolute path or URL, the calls that told, the object, and fingerprints on their way.

    `before` is what a file of metrics held when it was first opened to be written, where rows may be added to it.
    `given` is what came on standard input; `path` is then the file that this is, if it is one.
    `how` is INFERRED where only the words or the traces of another program tell of it.
    `beginning` is the fingerprint of what was in a file that the program wrote on, after its end.
    """

    path: str | None
    by: str
    type: str | None = None
    name: str | None = None
    version: str | None = None
    facts: dict[str, Value] = field(default_factory=dict)
    identities: list[Identity] = field(default_factory=list)
    content: Answer[Fingerprinted] | None = None
    frame: Answer[Fingerprinted] | None = None
    canonical: str | None = None
    training: Training | None = None
    beginning: Answer[Fingerprinted] | None = None
    is_parent: bool = False
    how: How = How.OBSERVED
    before: bytes = b""
    queries: list[Query] = field(default_factory=list)
    given: Given | None = None
    at: int = field(default_factory=time.time_ns)

    @property
    def is_local(self) -> bool:
        """Whether it is a path on this machine."""
        return self.path is not None and not is_url(self.path)

    def learn(self, told: Read | Written) -> None:
        """Add what a library tells of a file that was seen opened, or was told of before."""
        self.by = told.by if self.by == "open" else self.by
        self.type = told.type or self.type
        self.name = told.name or self.name
        self.facts |= told.facts
        if told.thing is not None:
            self.identities.append(Identity(told.thing))

    def ask(self, by: str, text: str, answer: Answer[Fingerprinted] | None) -> None:
        """Add a query; told once when it is asked and once with its answer, it is one."""
        if self.queries and self.queries[-1].text == text and self.queries[-1].answer is None:
            self.queries[-1].answer = answer
        elif len(self.queries) < MOST_QUERIES:
            self.queries.append(Query(by, text, answer))

    def is_of(self, thing: object) -> bool:
        """Return whether this very object was read from it, or written to it."""
        return any(identity.is_of(thing) for identity in self.identities)


def frame_fingerprint(fingerprints: Fingerprints, thing: object) -> Answer[Fingerprinted] | None:
    """Ask for the logical fingerprint of a frame as it is now; None for no frame, a large one, one that may change."""
    table = _table_of(thing)
    if not is_frame(table) or "pyarrow" not in sys.modules:
        return None
    kept = _as_it_is(table)
    return None if kept is None else fingerprints.of_data(kept)


def _table_of(thing: object) -> object:
    """Return the Arrow table of a Hugging Face dataset whose rows all count, in their order; else the thing itself."""
    library = sys.modules.get("datasets")
    if library is None or not isinstance(thing, library.Dataset) or getattr(thing, "_indices", None) is not None:
        return thing
    return getattr(thing.data, "table", thing)


def _as_it_is(frame: object) -> object | None:
    """Return a frame that stays as it is while the program goes on with the other one, at no cost."""
    package = type(frame).__module__.partition(".")[0]
    if package == "pandas":
        if _size(frame) > FRAME_BYTES or int(sys.modules["pandas"].__version__.partition(".")[0]) < _COPY_ON_WRITE:
            return None
        return cast("object", frame.copy(deep=False))  # type: ignore[attr-defined]
    if package == "polars":
        is_small = hasattr(frame, "estimated_size") and frame.estimated_size() <= FRAME_BYTES
        return cast("object", frame.clone()) if is_small and hasattr(frame, "clone") else None
    return frame if 0 < int(getattr(frame, "nbytes", 0)) <= FRAME_BYTES else None


def _size(frame: object) -> int:
    usage = frame.memory_usage(deep=False)  # type: ignore[attr-defined]
    return int(usage.sum()) if hasattr(usage, "sum") else int(usage)
