"""Touches: what a run read and wrote so far, and where: the items `inputs` and `outputs` of its capture record."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lineal.model.edges import INPUTS
from lineal.model.nodes import Artifact
from lineal.model.values import Json
from lineal.sdk.places import Places
from lineal.sdk.wanted import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One artifact at one place; `file` is the fingerprint of the bytes there, where that is not the artifact's.

    `before` is that of the bytes that were there when the run began to write after their end.
    """

    is_input: bool
    type: str
    artifact: str | None
    fingerprint: str | None
    canonical: str | None = None
    place: str | None = None
    file: str | None = None
    before: str | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, Json]:
        """Return it as it stands in the capture record."""
        entry: dict[str, Json] = {"fingerprint": self.fingerprint, "path": self.place, "artifact": self.artifact}
        more = {"type": self.type, "file": self.file, "before": self.before, "reason": self.reason}
        return entry | {name: value for name, value in more.items() if value is not None}


class Touches:
    """All touches of one run, in order. Safe in threads."""

    def __init__(self) -> None:
        self.places = Places()  # replaced where the run began elsewhere than this process is now
        self._lock = threading.Lock()
        self._all: list[Touch] = []

    def __iter__(self) -> Iterator[Touch]:
        with self._lock:
            return iter(list(self._all))

    def add(self, stored: Artifact, wanted: Wanted) -> None:
        """Add what was just recorded; what the run wrote and then reads is no input."""
        canonical = stored.properties.get("canonical")
        touch = Touch(
            is_input=wanted.role in INPUTS,
            type=stored.type,
            artifact=stored.name,
            fingerprint=stored.fingerprint,
            canonical=canonical if isinstance(canonical, str) else None,
            place=None if wanted.place is None else self.places.named(wanted.place),
            file=wanted.file if wanted.file != stored.fingerprint else None,
            before=wanted.before,
        )
        with self._lock:
            if not touch.is_input or not any(_is_same(known, touch) for known in self._all if not known.is_input):
                self._put(touch)

    def put(self, touch: Touch) -> None:
        """Add a touch that is known from elsewhere: another process of the run, or a file that is gone."""
        with self._lock:
            self._put(touch)

    def found_at(self, touch: Touch, place: str, file: str | None, before: str | None = None) -> None:
        """Say where the program wrote what is known already, such as a model that was logged as well."""
        placed = replace(touch, place=self.places.named(place), file=file if file != touch.fingerprint else None)
        placed = replace(placed, before=before)
        with self._lock:
            self._all = [placed if known == touch else known for known in self._all]

    def inputs(self) -> list[Json]:
        """Return what the run read, as it stands in the capture record."""
        return [touch.as_json() for touch in self if touch.is_input]

    def outputs(self) -> list[Json]:
        """Return what the run wrote, as it stands in the capture record."""
        return [touch.as_json() for touch in self if not touch.is_input]

    def add_recorded(self, inputs: Json, outputs: Json) -> None:
        """Add what a capture record lists, as written by the process that ran the program."""
        for is_input, entries in ((True, inputs), (False, outputs)):
            for entry in entries if isinstance(entries, list | tuple) else ():
                if isinstance(entry, Mapping):
                    self.put(_of_json(entry, is_input=is_input))

    def _put(self, touch: Touch) -> None:
        """Each artifact once at each place; one that was touched without a place gets the place."""
        same = [known for known in self._all if known.is_input == touch.is_input and _is_same(known, touch)]
        if any(known.place == touch.place or touch.place is None for known in same):
            return
        bare = next((known for known in same if known.place is None), None)
        if bare is None or touch.artifact is None:
            self._all.append(touch)
        else:
            self._all[self._all.index(bare)] = touch


def _is_same(one: Touch, other: Touch) -> bool:
    return (one.type, one.artifact) == (other.type, other.artifact)


def _of_json(entry: Mapping[str, Json], *, is_input: bool) -> Touch:
    texts = {name: value for name, value in entry.items() if isinstance(value, str)}
    return Touch(
        is_input=is_input,
        type=texts.get("type", "Dataset"),
        artifact=texts.get("artifact"),
        fingerprint=texts.get("fingerprint"),
        place=texts.get("path"),
        file=texts.get("file"),
        before=texts.get("before"),
        reason=texts.get("reason"),
    )
