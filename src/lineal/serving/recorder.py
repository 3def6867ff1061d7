"""The recorder: everything the middleware needs from this process, made once and kept going by one small thread.

The thread opens the workspace, syncs the spool ten times a second, ships every second and looks for a new live
revision. Requests only read what it has prepared. No failure of it ever reaches the application.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

from lineal.errors import LinealError
from lineal.model.ids import ArtifactId
from lineal.serving.facts import Endpoint, Facts, Source, declared_facts, live_id, loaded_facts
from lineal.serving.keys import InputKey, input_key
from lineal.serving.loaded import LOADED, LoadedModel
from lineal.serving.shipper import ship
from lineal.serving.spool import Durability, Spool
from lineal.store.clock import Clock, SystemClock
from lineal.store.identifiers import Uuid7
from lineal.store.location import Location, locate
from lineal.store.open import open_store
from lineal.store.protocol import Store

SYNC_SECONDS = 0.1
SHIP_SECONDS = 1.0
LOOK_SECONDS = 3.0
START_SECONDS = 5.0
_LOG_SECONDS = 60.0


@dataclass(slots=True)
class Counters:
    """What happened since this process started; `lost` predictions were served without a record."""

    recorded: int = 0
    lost: int = 0
    shipped: int = 0
    gaps: int = 0
    refused: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """The facts in force: `default` for an answer whose handler names no model."""

    generation: int
    live: ArtifactId | None
    default: Facts
    loaded: dict[str, Facts] = field(default_factory=dict)


class Recorder:
    """One per middleware. After a fork the child opens everything anew."""

    def __init__(
        self,
        endpoint: str,
        *,
        url: str | os.PathLike[str] | None = None,
        durability: Durability = Durability.PROCESS,
        clock: Clock | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.clock = clock or SystemClock()
        self.identifiers = Uuid7(self.clock)
        self._url = url
        self._durability = durability
        self._thread: threading.Thread | None
        self._renew()
        _RECORDERS.add(self)

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._waited = False
        self._thread = None
        self._logged: dict[str, float] = {}
        self.location: Location | None = None
        self.store: Store | None = None
        self.key: InputKey | None = None
        self.spool: Spool | None = None
        self.counters = Counters()
        self.state = State(0, None, declared_facts(None))

    # what requests ask ---------------------------------------------------------------------------
    def ready(self) -> bool:
        """Start what is not started, and return whether predictions can be recorded.

        Only the first request of a process waits, for some seconds at most.
        """
        self.start()
        if not self._ready.is_set() and not self._waited:
            self._waited = True
            self._ready.wait(START_SECONDS)
        return self.spool is not None

    def facts(self, model: LoadedModel | None) -> Facts:
        """Return the facts of an answer by this model, or by the one this process serves."""
        state = self.state
        if state.generation != LOADED.generation and self.store is not None:
            self._attempt("the workspace cannot be read", self._look)
            state = self.state
        if model is None:
            return state.default
        known = state.loaded.get(model.fingerprint)
        return known or Facts(source=Source.UNKNOWN, model=model.reference, fingerprint=model.fingerprint)

    def record(self, body: bytes, *, served: bool) -> bool:
        """Write a prediction and return whether it is in the spool.

        One that is `served` although it is not leaves a gap in the spool, which the shipper reports as a loss.
        """
        try:
            if self.spool is not None:
                self.spool.append(body)
                self.counters.recorded += 1
                return True
            error: Exception = LinealError("there is no spool")
        except Exception as caught:  # noqa: BLE001  serving goes on, whatever is wrong with us
            error = caught
        return self.lose(error, served=served)

    def lose(self, error: Exception, *, served: bool) -> bool:
        """Count a prediction that could not be recorded; return False."""
        self._failed("a prediction was not recorded", error)
        if served:
            self.counters.lost += 1
            if self.spool is not None:
                self.spool.skip()
        return False

    # the life of it ------------------------------------------------------------------------------
    def start(self) -> None:
        """Start the thread, once in each process."""
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="lineal-serving", daemon=True)
                    self._thread.start()

    def stop(self) -> None:
        """End the thread; what is recorded is synced and shipped if that is possible."""
        thread, counters = self._thread, self.counters
        self._stopping.set()
        if thread is not None:
            thread.join(timeout=START_SECONDS)
        if thread is None or not thread.is_alive():
            self._renew()
            self.counters = counters

    def ship_now(self) -> None:
        """Ship at once, for a question that comes right after its answer."""
        if self.location is not None and self.store is not None:
            self._attempt("predictions were not shipped", lambda: self._ship(wait=SHIP_SECONDS))

    def _run(self) -> None:
        stopping = self._stopping
        self._attempt("the spool cannot be opened", self._open_spool)
        self._attempt("the workspace cannot be opened", self._open_store)
        self._ready.set()
        shipped = looked = time.monotonic()
        while not stopping.wait(SYNC_SECONDS):
            now = time.monotonic()
            if self.spool is not None:
                self._attempt("the spool cannot be synced", self.spool.sync)
            if now - looked >= LOOK_SECONDS:
                looked = now
                self._attempt("the workspace cannot be read", self._look_again)
            if now - shipped >= SHIP_SECONDS and self.store is not None:
                shipped = now
                self._attempt("predictions were not shipped", self._ship)
        self._attempt("the recorder did not end well", self._close)

    def _open_spool(self) -> None:
        self.location = location = locate(self._url)
        self.key = input_key(location)
        self.spool = Spool(location.spool, endpoint=self.endpoint, key_id=self.key.key_id, durability=self._durability)

    def _open_store(self) -> None:
        if self.location is not None:
            self.store = open_store(self.location, clock=self.clock, create=False)
            self._look()

    def _look_again(self) -> None:
        if self.spool is None:
            self._open_spool()
        if self.store is None:
            self._open_store()
        elif self._has_changed(self.store):
            self._look()

    def _has_changed(self, store: Store) -> bool:
        """Return whether another revision is live, or a model was loaded or is gone."""
        loaded = {each.fingerprint for each in LOADED.facts()}
        return loaded != self.state.loaded.keys() or live_id(store, self.endpoint) != self.state.live

    def _look(self) -> State:
        """Find the facts of everything loaded. Called when something was loaded or deployed, not per request."""
        generation, store = LOADED.generation, self.store
        if store is None:
            return self.state
        try:
            endpoint = Endpoint.of(store, self.endpoint)
            facts = {each.fingerprint: loaded_facts(store, endpoint, each) for each in LOADED.facts()}
            live = endpoint.live.id if endpoint.live else None
            self.state = State(generation, live, _default(endpoint, facts), facts)
        except LinealError as error:
            self._failed("the workspace cannot be read", error)
        return self.state

    def _ship(self, *, wait: float = 0.0) -> None:
        if self.location is None or self.store is None:
            return
        shipped = ship(self.location, self.store, wait=wait)
        self.counters.shipped += shipped.new
        self.counters.gaps += sum(gap.count for gap in shipped.gaps)
        self.counters.refused += shipped.refused

    def _close(self) -> None:
        if self.spool is not None:
            self.spool.sync()
            self.spool.close()
        if self.store is not None:
            self._attempt("predictions were not shipped", self._ship)
            self.store.close()

    def _attempt(self, what: str, do: Callable[[], object]) -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001  serving goes on, whatever is wrong with us
            self._failed(what, error)

    def _failed(self, what: str, error: Exception) -> None:
        """Count a failure and write one line of log a minute about each kind of it."""
        import logging

        self.counters.failures += 1
        now = time.monotonic()
        if now - self._logged.get(what, -_LOG_SECONDS) >= _LOG_SECONDS:
            self._logged[what] = now
            logging.getLogger("lineal.serving").warning("%s: %s (%s)", what, error, type(error).__name__)


def _default(endpoint: Endpoint, facts: dict[str, Facts]) -> Facts:
    """Return the facts of the one model this process can be answering with; several are told apart by handlers."""
    if not facts:
        return declared_facts(endpoint.live)
    deployed = [each for each in facts.values() if each.revision is not None]
    candidates = deployed or list(facts.values())
    if len(candidates) == 1:
        return candidates[0]
    return Facts(
        source=Source.UNKNOWN,
        failed=(f"{len(candidates)} models are loaded and the handler did not say which: report(model=…)",),
    )


_RECORDERS: weakref.WeakSet[Recorder] = weakref.WeakSet()
_LEFT_TO_PARENT: list[Store] = []


def _after_fork() -> None:
    for recorder in list(_RECORDERS):
        if recorder.store is not None:
            # Never closed here: SQLite must not be closed by a process that did not open it.
            _LEFT_TO_PARENT.append(recorder.store)
        recorder._renew()  # noqa: SLF001  the same module


os.register_at_fork(after_in_child=_after_fork)
