"""Watching: the listener that knows runs. What libraries and files tell is noted for the run it belongs to.

Within an explicit run it is that run's. Outside, it is the ambient one's: the run of the whole program, which opens
when something is fitted or written. What was read before the first explicit run was read for it.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

from lineal.capture.captured import captured
from lineal.capture.guard import guarded
from lineal.files import Files
from lineal.integrations.files import FileListener
from lineal.integrations.listener import Fit, FitEnd, Listener, Read, Split, Written
from lineal.integrations.own import OwnFiles
from lineal.model.values import Value
from lineal.model.vocabulary import PARAM
from lineal.sdk.aside import Aside
from lineal.sdk.background import Fingerprints
from lineal.sdk.content import is_url
from lineal.sdk.kinds import type_of_file
from lineal.sdk.models import STATE_LIMIT, fitted_state
from lineal.sdk.observations import Observations
from lineal.sdk.observing import Observed, Watcher
from lineal.sdk.plain import is_plain, parameters
from lineal.sdk.run import Run, current_run
from lineal.sdk.seen import absolute
from lineal.sdk.settling import settle, used
from lineal.sdk.training import Trainings, storable
from lineal.sdk.wanted import Wanted

MODEL_BYTES = 256 << 20
"""Model files above this get no fingerprint of the fitted state beside that of their bytes."""


_USED_BY_LIBRARIES = ("pickle.", "cloudpickle.", "joblib.", "numpy.")
"""Libraries read their own tables and caches with these; whoever calls a reader of tables has a table."""

WrittenElsewhere = Callable[[], Mapping[str, int]]
"""Gives the files that other processes of the program's run wrote, and when."""


class Watching(Listener, FileListener, Watcher):
    """Notes what happens in this process; `open_ambient` starts the run of the whole program when it is needed."""

    def __init__(
        self,
        open_ambient: Callable[[], Run],
        files: Files,
        own: OwnFiles,
        *,
        aside: Aside | None = None,
        written_elsewhere: WrittenElsewhere = dict,
    ) -> None:
        self._open_ambient = open_ambient
        self._own = own
        self._aside = aside
        self._written_elsewhere = written_elsewhere
        self._files = files
        self._fingerprints = Fingerprints(files)
        self._trainings = Trainings(self._fingerprints)
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._outside = Observations(self._fingerprints)
        self._within: weakref.WeakKeyDictionary[Observed, Observations] = weakref.WeakKeyDictionary()
        self._open: list[Observed] = []
        self.ambient: Run | None = None
        self._is_opening = False
        self._is_off = False

    # what the program does -----------------------------------------------------------------------
    def opened(self, path: str, *, reads: bool, writes: bool) -> None:
        """Note a file that is about to be opened."""
        if self._is_here() and not self._here().opened(path, reads=reads, writes=writes):
            return
        if self._aside is not None:
            self._aside.files.opened(path, reads=reads, writes=writes)

    def renamed(self, source: str, target: str) -> None:
        """Note that a file gets another name, as the last act of writing it."""
        if self._is_here():
            self._here().renamed(source, target)
        if self._aside is not None:
            self._aside.files.renamed(source, target)

    def removed(self, path: str) -> None:
        """Note that a file is removed."""
        if self._is_here():
            self._here().dropped(path)
        if self._aside is not None:
            self._aside.files.removed(path)

    def read(self, read: Read) -> None:
        """Note what a library read."""
        if not self._is_data(read):
            return
        if self._is_here():
            self._here().read(read)
        if self._aside is not None:
            self._aside.read(read)

    def parent(self, read: Read) -> None:
        """Note the model that training goes on from."""
        if not self._is_data(read):
            return
        if self._is_here():
            self._here().read(read, is_parent=True)
        if self._aside is not None:
            self._aside.parent(read)

    def wrote(self, written: Written) -> None:
        """Note what a library wrote; the fitted state is fingerprinted now, for it may go on changing."""
        if not self._is_data(written):
            return
        if self._is_here():
            self._acting().wrote(written, _canonical(written, self._files))
        if self._aside is not None:
            self._aside.wrote(written)

    def fit_started(self, fit: Fit) -> None:
        """Note that a training starts, with its parameters."""
        if self._is_here():
            self._acting()
            self._trainings.start(fit)
            self.params(fit.params)

    def fit_ended(self, fit: Fit, end: FitEnd) -> None:
        """Note that a training is over."""
        if self._is_here():
            self._acting().trained(self._trainings.end(fit, end))

    def metrics(self, values: Mapping[str, float], *, step: int | None = None) -> None:
        """Add one point of each metric to the run."""
        if self._is_here():
            self._run().log_metrics(values, step)

    def params(self, params: Mapping[str, object]) -> None:
        """Add the parameters that the run does not have yet; what is no plain value is told by its class."""
        if not self._is_here():
            return
        plain = {
            name: value if is_plain(value) or hasattr(value, "item") else f"<{type(value).__name__}>"
            for name, value in params.items()
        }
        run = self._run()
        known = run.execution.custom_properties
        new = {name: value for name, value in plain.items() if f"{PARAM}{name}" not in known}
        kept = storable(_parameters(new))
        if kept:
            run.recorder.add_parameters(kept)

    def split(self, split: Split) -> None:
        """Note that data was divided."""
        if self._is_here():
            self._here().divided(split)

    # what runs do --------------------------------------------------------------------------------
    def run_started(self, run: Observed) -> None:
        """Give a run that starts what was read before it, unless the program's own run is at work already."""
        with self._lock:
            if self._is_opening or os.getpid() != self._pid:
                return
            observations = self._within.setdefault(run, Observations(self._fingerprints))
            is_first = not self._open and not (self._outside.writes or self._outside.fits)
            self._open.append(run)
        if is_first:
            self._outside.move_reads_to(observations)

    def run_ends(self, run: Observed) -> None:
        """Record what was seen of this run."""
        with self._lock:
            observations = self._outside if run is self.ambient else self._within.pop(run, None)
            if run in self._open:
                self._open.remove(run)
        if observations is not None and self._is_here():
            if run is self.ambient:
                observations.leave_out(self._written_elsewhere())
            _note(run, observations)
            settle(run, observations, self._fingerprints)

    def declared(self, run: Observed, thing: object, wanted: Wanted) -> Wanted:
        """Return a declared input with the file it was seen being read from."""
        for observations in (self._within.get(run), self._outside):
            seen = observations.declared(thing) if observations is not None else None
            if seen is not None:
                return used(seen, wanted)
        return wanted

    def close(self, error: BaseException | None = None) -> None:
        """End the program's own run, which is opened first where there is anything to say."""
        if not self._is_here():
            return
        if self.ambient is None and self._outside:
            self._run()
        if self.ambient is not None:
            self.ambient.finish(error)

    # which run -----------------------------------------------------------------------------------
    def _is_data(self, told: Read | Written) -> bool:
        """Whether a library tells of the user's data, not of what it or another one keeps for itself."""
        if told.path is None or is_url(told.path):
            return True
        path = absolute(told.path)
        return self._own.is_own(path) if told.by.startswith(_USED_BY_LIBRARIES) else self._own.is_data(path)

    def _is_here(self) -> bool:
        """Whether this is the process that watches; a forked one leaves its parent's run alone."""
        return not self._is_off and os.getpid() == self._pid

    def _explicit(self) -> Observed | None:
        """The innermost explicit run of this thread; in a thread that has none, the one opened last."""
        current = current_run()
        if current is not None and current is not self.ambient:
            return current
        with self._lock:
            return self._open[-1] if self._open else None

    def _here(self) -> Observations:
        run = self._explicit()
        if run is None:
            return self._outside
        with self._lock:
            return self._within.setdefault(run, Observations(self._fingerprints))

    def _acting(self) -> Observations:
        """The same, with a run that is open: something was made."""
        self._run()
        return self._here()

    def _run(self) -> Run:
        run = self._explicit()
        if isinstance(run, Run):
            return run
        with self._lock:
            if self.ambient is None:
                self._is_opening, self._is_off = True, True  # a run that cannot be opened is not tried at every call
                try:
                    self.ambient = self._open_ambient()
                    self._is_off = False
                finally:
                    self._is_opening = False
            return self.ambient


def _canonical(written: Written, files: Files) -> str | None:
    if written.thing is None or (written.path is None and written.type != "Model"):
        return None
    if written.path is not None and (written.type or type_of_file(Path(written.path), is_output=True)) != "Model":
        return None
    try:
        if written.path is not None and os.path.getsize(written.path) > MODEL_BYTES:  # noqa: PTH202  a text path
            return None
    except OSError:
        return None
    state, _ = fitted_state(written.thing)
    if state.state is not None and len(state.state) <= STATE_LIMIT:
        guarded(lambda: captured(files.put_bytes(state.state or b"")))  # a full disk must not end a training
    return state.fingerprint


def _parameters(params: Mapping[str, object]) -> dict[str, Value]:
    return parameters(params)


def _note(run: Observed, observations: Observations) -> None:
    """Record trainings and splits as facts of the run."""
    facts: dict[str, Value] = {}
    if observations.splits:
        facts["splits"] = [storable({"by": split.by, **split.facts}) for split in observations.splits]  # type: ignore[misc]
    if observations.fits:
        facts["fits"] = [training.as_fact for training in observations.fits]
    if facts:
        run.recorder.add_parameters(storable(facts))
