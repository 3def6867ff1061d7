"""The recorder: writes one run into its store, and keeps the user's code going where the store fails.

What could not be written waits in memory and is tried again with the next call and at the end.
Mistakes in what the user stated are raised at the call; faults of the store are one line on stderr.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from lineal.errors import (
    Aborted,
    AlreadyExists,
    CausalityViolation,
    DataLoss,
    LinealError,
    PermissionDenied,
    ResourceExhausted,
    StoreUnavailable,
    Unavailable,
)
from lineal.model.edges import INPUTS, OUTPUTS, EventType
from lineal.model.ids import ArtifactId
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.model.values import Value
from lineal.sdk.metrics import Point, series_of
from lineal.sdk.touches import Touches
from lineal.sdk.versions import choose, fitted, keep, use_of
from lineal.sdk.wanted import Wanted
from lineal.workspace import Workspace

FAULTS = (Aborted, DataLoss, PermissionDenied, ResourceExhausted, Unavailable, OSError)
"""What can go wrong without the user having said anything wrong."""

_ATTEMPTS = 20
_PAUSE_SECONDS = 60.0
"""How long a store that made us wait in vain is left alone, so that the user's code is not held up by every call."""


class Recorder:
    """Writes one run. All methods are safe in threads; in a forked child they do nothing."""

    def __init__(
        self,
        connect: Callable[[], Workspace],
        execution: Execution,
        contexts: Sequence[Context],
        *,
        actor: str,
        strict: bool,
    ) -> None:
        self.execution = execution
        self.contexts = tuple(contexts)
        self._connect = connect
        self._actor = actor
        self._strict = strict
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._waiting: list[Wanted] = []
        self._touched: dict[ArtifactId, EventType] = {}
        self.touches = Touches()
        self._is_resumed = execution.id is not None
        self._warned = False
        self._paused_until = 0.0

    @property
    def is_foreign(self) -> bool:
        """True in a process forked from the one that started the run: only that one writes it."""
        return os.getpid() != self._pid

    def start(self) -> None:
        """Write the run as it stands, so that it is seen even if this process dies."""
        with self._lock, self._forgiving("the start of the run"):
            self._publish(f"start {self._label}")

    def record(self, wanted: Wanted) -> Artifact:
        """Write one artifact with its event and return it as stored; durable when this returns.

        Where the store fails the artifact comes back without an id and is written later.
        """
        if self.is_foreign:
            return wanted.artifact(wanted.version)
        with self._lock:
            self._waiting.append(wanted)
            artifact: Artifact | None = None
            with self._forgiving(wanted.label):
                self._check_pause()
                artifact = self._settle_waiting(wanted)
        return artifact or wanted.artifact(wanted.version)

    def add_parameters(self, parameters: Mapping[str, Value]) -> None:
        """Add custom properties; the same value twice is fine, another one is AlreadyExists."""
        if self.is_foreign:  # before the lock: a thread that is not here may have held it at the fork
            return
        with self._lock:
            known = self.execution.custom_properties
            for name, value in parameters.items():
                if name in known and not _is_same(known[name], value):
                    raise AlreadyExists(
                        f"{name} is {known[name]!r} in this run already, got {value!r}",
                        hint="a run has one value of each parameter; what changes while it works is a metric",
                    )
            self.execution = replace(self.execution, custom_properties={**parameters, **known})
            with self._forgiving("parameters"):
                self._check_pause()
                self._publish(f"log parameters of {self._label}")

    def set_properties(self, properties: Mapping[str, Value]) -> None:
        """Change properties of the run."""
        if self.is_foreign:
            return
        with self._lock:
            self.execution = replace(self.execution, properties={**self.execution.properties, **properties})
            with self._forgiving(", ".join(properties)):
                self._check_pause()
                self._publish(f"log {', '.join(properties)} of {self._label}")

    def add_points(self, points: list[Point]) -> bool:
        """Write metric points and return whether that worked. Asked by a thread: there is nobody to raise to."""
        written = False
        with self._lock, self._forgiving("metrics", Exception):
            self._check_pause()
            if self.execution.id is None:
                self._publish(f"start {self._label}")
            assert self.execution.id is not None
            series = series_of(points, self.execution.id)
            self._connect().store.put_metrics(series, by=Origin(actor=self._actor, action="log metrics"))
            written = True
        return written  # noqa: RET504  a fault leaves the block above early

    def end(self, execution: Execution, points: list[Point]) -> bool:
        """Write everything that still waits, the last metric points and the run's end; return whether that is written.

        Every mistake was raised at the call that made it: here nothing may come between the user's code and its
        result, or its own exception.
        """
        is_written = False
        with self._lock:
            self._paused_until = 0.0
            with self._forgiving("what the run logged", Exception):
                self._settle_waiting(None)
            self.execution = replace(execution, id=self.execution.id)
            with self._forgiving("the end of the run", Exception, is_last=True):
                self._check_pause()
                if self.execution.id is None and points:
                    self._publish(f"start {self._label}")
                self._publish(f"finish {self._label}", points=points)
                is_written = True
            if self._waiting:
                names = ", ".join(wanted.label for wanted in self._waiting)
                _say(f"not recorded, the store could not be written: {names}")
        return is_written or self.execution.id is None  # of a run that is not there no end is missing

    @property
    def _label(self) -> str:
        return f"{self.execution.type} {self.execution.properties.get('label', '')}".strip()

    def _settle_waiting(self, last: Wanted | None) -> Artifact | None:
        """Write all that waits, in order, and return the last. A mistake is raised only at the call that made it."""
        artifact: Artifact | None = None
        while self._waiting:
            wanted = self._waiting[0]
            try:
                artifact = self._settle(wanted)
            except FAULTS:
                raise
            except Exception as error:
                self._waiting.pop(0)
                if wanted is last or not isinstance(error, LinealError):
                    raise
                _say(f"{wanted.label} was not recorded: {error}")
                continue
            self._waiting.pop(0)
        return artifact

    def _settle(self, wanted: Wanted) -> Artifact:
        """Find or put the artifact and its event. Another process may take the version meanwhile: look again then."""
        avoid: set[ArtifactId] = set()
        if self._is_resumed:
            self._resume()
        for attempt in range(_ATTEMPTS):
            store = self._connect().store
            chosen = choose(store, wanted, avoid)
            if chosen.id is not None and self._is_known(chosen.id, wanted.role):
                self.touches.add(chosen, wanted)
                return chosen
            keep(self._connect().files, wanted, chosen)
            try:
                (artifact_id,) = self._publish(f"log {wanted.label}", wanted=wanted, chosen=chosen)
            except CausalityViolation:
                if chosen.id is None or wanted.is_exact:
                    raise
                avoid.add(chosen.id)  # the same content again, made from itself: a new version of it
                continue
            except AlreadyExists:
                if wanted.version is not None or attempt == _ATTEMPTS - 1:
                    raise
                continue
            self._touched.setdefault(artifact_id, wanted.role)
            stored = chosen if chosen.id is not None else store.get(Artifact, [artifact_id])[0]
            self.touches.add(stored, wanted)
            return stored
        raise AlreadyExists(f"no free version of {wanted.family} after {_ATTEMPTS} attempts; give a version")

    def _resume(self) -> None:
        """Learn what another process wrote of this run before."""
        assert self.execution.id is not None
        for event in self._connect().store.events(executions=[self.execution.id]):
            self._touched.setdefault(event.artifact_id, event.type)
        self._is_resumed = False

    def resume(self, execution: Execution) -> None:
        """Go on with the run as another process left it."""
        with self._lock:
            self.execution, self._is_resumed = execution, True

    def _is_known(self, artifact_id: ArtifactId, role: EventType) -> bool:
        """Whether the run has this event; what a run made and then reads is no input of it."""
        if artifact_id not in self._touched:
            return False
        before = self._touched[artifact_id]
        return before == role or (before in OUTPUTS and role in INPUTS)

    def _publish(
        self,
        action: str,
        *,
        wanted: Wanted | None = None,
        chosen: Artifact | None = None,
        points: list[Point] | None = None,
    ) -> tuple[ArtifactId, ...]:
        uses: list[Use] = []
        if wanted is not None and chosen is not None:
            uses = [use_of(chosen, wanted)]
        metrics: list[MetricSeries] = []
        if points and self.execution.id is not None:
            metrics = series_of(points, self.execution.id)
        execution = fitted(self._connect().store, self.execution)
        publication = Publication(execution=execution, uses=uses, contexts=self.contexts, metrics=metrics)
        origin = Origin(actor=self._actor, action=action)
        for attempt in range(_ATTEMPTS):
            try:
                published = self._connect().store.publish(publication, by=origin)
            except Aborted:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            self.execution = replace(self.execution, id=published.execution_id)
            return published.artifact_ids
        raise AssertionError  # the last attempt returns or raises

    def _check_pause(self) -> None:
        if time.monotonic() < self._paused_until:
            raise StoreUnavailable("the store did not answer a moment ago")

    @contextmanager
    def _forgiving(
        self,
        what: str,
        forgiven: type[Exception] | tuple[type[Exception], ...] = FAULTS,
        *,
        is_last: bool = False,
    ) -> Iterator[None]:
        try:
            yield
        except forgiven as error:
            if self._strict:
                raise
            if isinstance(error, Unavailable) and time.monotonic() >= self._paused_until:
                self._paused_until = time.monotonic() + _PAUSE_SECONDS
            if is_last:
                _say(f"{what} was not recorded: {error}")
            elif not self._warned:
                self._warned = True
                _say(f"{what} could not be recorded now and will be tried again: {error}")


def _is_same(known: Value, given: Value) -> bool:
    """Whether a parameter is given once more; NaN, also inside a list, is the same as NaN."""
    return known == given or repr(known) == repr(given)


def _say(text: str) -> None:
    """Write one line for the user; never in the way, also where stderr is closed."""
    if sys.stderr is not None:
        try:
            sys.stderr.write(f"lineal: {text}\n")
        except (OSError, ValueError):
            return
