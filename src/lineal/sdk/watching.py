"""Watching: the listener that knows runs. What libraries and files tell is noted for the run it belongs to.

Within an explicit run it is that run's. Outside, it is the ambient one's: the run of the whole program, which opens
when something is fitted or written. What was read before the first explicit run was read for it.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Mapping

from lineal.capture.reached import has_any
from lineal.files import Files
from lineal.integrations.files import FileListener, tell_again
from lineal.integrations.hooks import telling
from lineal.integrations.listener import Fit, FitEnd, Listener, Read, Score, Split, Written
from lineal.integrations.own import OwnFiles
from lineal.model.capture_items import PROGRAMS, STANDARD_INPUT
from lineal.model.values import Value
from lineal.model.vocabulary import PARAM
from lineal.sdk.aside import Aside
from lineal.sdk.background import Fingerprints
from lineal.sdk.exports import exports_of
from lineal.sdk.given import Given
from lineal.sdk.listings import settle_listings
from lineal.sdk.models import fitted_state
from lineal.sdk.observations import Observations
from lineal.sdk.observing import Observed, Watcher
from lineal.sdk.plain import is_plain, parameters
from lineal.sdk.run import Run, current_run
from lineal.sdk.scores import Point
from lineal.sdk.settling import settle, used
from lineal.sdk.training import Trainings, storable
from lineal.sdk.urls import absolute, is_url
from lineal.sdk.wanted import Wanted
from lineal.sdk.written_models import canonical_of

_USED_BY_LIBRARIES = ("pickle.", "cloudpickle.", "joblib.", "numpy.")
"""Libraries read their own tables and caches with these; whoever calls a reader of tables has a table."""

MOST_FITS = 100
"""Trainings of one run that are told one by one; of the others it is told how many they were."""

WrittenElsewhere = Callable[[], Mapping[str, int]]
"""Gives the files that other processes of the program's run wrote, and when."""


class Watching(Listener, FileListener, Watcher):
    """Notes what happens in this process.

    `open_ambient` starts the run of the whole program when it is needed; None says that another process has it, and
    then only explicit runs are recorded here. `aside` hears of files that no explicit run has. `began` is when the
    program's run did, where that was before this process; `is_among_others` says that its command starts other
    programs than Python, which may have written what is read here.
    """

    def __init__(
        self,
        open_ambient: Callable[[], Run | None],
        files: Files,
        own: OwnFiles,
        *,
        aside: Aside | None = None,
        is_asked_first: bool = False,
        began: int | None = None,
        is_among_others: bool = False,
        written_elsewhere: WrittenElsewhere = dict,
    ) -> None:
        self._open_ambient = open_ambient
        self._own = own
        self._aside = aside
        self._is_asked_first = is_asked_first
        self._written_elsewhere = written_elsewhere
        self._files = files
        self._fingerprints = Fingerprints(files)
        self._trainings = Trainings(self._fingerprints)
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._outside = Observations(self._fingerprints)
        self._began = began
        self._is_among_others = is_among_others
        if began is not None:
            self._outside.listings.began = began
        self._within: weakref.WeakKeyDictionary[Observed, Observations] = weakref.WeakKeyDictionary()
        self._open: list[Observed] = []
        self.ambient: Run | None = None
        self._is_opening = False
        self._is_off = False

    # what the program does -----------------------------------------------------------------------
    def opened(self, path: str, *, reads: bool, writes: bool, keeps: bool = False) -> bool:
        """Note a file that is about to be opened."""
        observations = self._here()
        is_new = observations is None or observations.opened(path, reads=reads, writes=writes, keeps=keeps)
        if is_new and self._is_told_aside():
            assert self._aside is not None
            self._aside.files.opened(path, reads=reads, writes=writes)
        return len(self._open) <= 1  # of several runs at once each one may read it

    def given(self, given: Given) -> bool:
        """Note that the program reads its standard input; False where that is another process's to record."""
        observations = self._here()
        if observations is not None:
            observations.given(given)
        return observations is not None

    def connected(self, path: str, *, is_new: bool) -> bool:
        """Note a database in a file that the program connects to."""
        observations = self._here()
        is_told = observations is None or observations.connected(path, is_new=is_new)
        if is_told and self._aside is not None and self._is_told_aside():
            self._aside.files.connected(path, is_new=is_new)
        return len(self._open) <= 1

    def listed(self, directory: str) -> None:
        """Note the names in a directory that the program asks for; no run is opened for it."""
        run = self._explicit()
        if run is not None or (os.getpid() == self._pid and not self._is_off):
            observations = self._here() if run is not None else self._outside
            if observations is not None:
                observations.listings.note(directory)

    def named(self, path: str) -> None:
        """Note a file that another program, which is about to be started, may read."""
        observations = self._here()
        if observations is not None:
            observations.named(path)
        elif self._is_told_aside():
            assert self._aside is not None
            self._aside.files.named(path)

    def renamed(self, source: str, target: str) -> None:
        """Note that a file gets another name, as the last act of writing it."""
        observations = self._here()
        if observations is not None:
            observations.renamed(source, target)
        if self._aside is not None and self._is_told_aside():
            self._aside.files.renamed(source, target)

    def removed(self, path: str) -> None:
        """Note that a file is removed."""
        observations = self._here()
        if observations is not None:
            observations.dropped(path)
        if self._aside is not None and self._is_told_aside():
            self._aside.files.removed(path)

    def read(self, read: Read) -> None:
        """Note what a library read."""
        self._read(read, is_parent=False)

    def parent(self, read: Read) -> None:
        """Note the model that training goes on from."""
        self._read(read, is_parent=True)

    def wrote(self, written: Written) -> None:
        """Note what a library wrote; the fitted state is fingerprinted now, for it may go on changing."""
        if not self._is_data(written):
            return
        observations = self._acting()
        if observations is not None:
            canonical = canonical_of(written, self._files)
            observations.exported(exports_of(written, canonical))
            if written.path is not None or written.content is None:
                observations.wrote(written, canonical)
        if self._aside is not None and self._is_told_aside():
            self._aside.wrote(written)

    def fit_started(self, fit: Fit) -> None:
        """Note that a training starts, with its parameters."""
        observations = self._acting()
        if observations is not None:
            training = self._trainings.start(fit)
            if fit.at_end is not None:
                observations.trained(training)
            self.params(fit.params)

    def fit_ended(self, fit: Fit, end: FitEnd) -> None:
        """Note that a training is over."""
        observations = self._acting()
        if observations is not None:
            observations.trained(self._trainings.end(fit, end))

    def metrics(self, values: Mapping[str, float], *, step: int | None = None) -> None:
        """Add one point of each metric to the run."""
        run = self._run()
        if run is not None:
            run.observe_metrics(values, step)

    def scored(self, score: Score) -> None:
        """Add a score to the run: at its end to an explicit one, where the user may log another of that name."""
        observations, run = self._acting(), self._run()
        if observations is None or run is None:
            return
        observations.scores.add(score)
        if run is self.ambient:
            _tell_points(run, observations.scores.take())

    def params(self, params: Mapping[str, object]) -> None:
        """Add the parameters that the run does not have yet; what is no plain value is told by its class."""
        run = self._run()
        if run is None:
            return
        plain = {
            name: value if is_plain(value) or hasattr(value, "item") else f"<{type(value).__name__}>"
            for name, value in params.items()
        }
        known = run.execution.custom_properties
        kept = storable(parameters({name: value for name, value in plain.items() if f"{PARAM}{name}" not in known}))
        if kept:
            run.recorder.add_parameters(kept)

    def split(self, split: Split) -> None:
        """Note that data was divided."""
        observations = self._here()
        if observations is not None:
            observations.divided(split)

    # what runs do --------------------------------------------------------------------------------
    def run_started(self, run: Observed) -> None:
        """Give a run that starts what was read before it, unless the program's own run is at work already."""
        if os.getpid() != self._pid:
            return  # forked: another thread of the parent may have held the lock, and nobody will give it back
        with self._lock:
            if self._is_opening:
                return
            observations = self._within.setdefault(run, Observations(self._fingerprints))
            is_first = not self._open and not (self._outside.writes or self._outside.fits)
            self._open.append(run)
        tell_again()
        if is_first:
            self._outside.move_reads_to(observations)

    def run_ends(self, run: Observed) -> None:
        """Record what was seen of this run."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            observations = self._outside if run is self.ambient else self._within.get(run)
        for training in [] if observations is None else observations.fits:
            with telling("the end of a training"):
                self._trainings.at_end(training)
        with self._lock:
            self._within.pop(run, None)
            if run in self._open:
                self._open.remove(run)
        tell_again()
        if observations is not None:
            if run is self.ambient:
                observations.leave_out(self._written_elsewhere())
            observations.change_databases()
            observations.settle_given()
            if self._began is not None and (self._is_among_others or has_any(PROGRAMS)):
                observations.began = self._began
            _note(run, observations)
            _tell_points(run, observations.scores.take_last())
            settle(run, observations, self._fingerprints)
            settle_listings(run, observations, self._files, self._own)

    def declared(self, run: Observed, thing: object, wanted: Wanted) -> Wanted:
        """Return a declared input with the file it was seen being read from."""
        for observations in (self._within.get(run), self._outside):
            seen = observations.declared(thing) if observations is not None else None
            if seen is not None:
                return used(seen, wanted)
        return wanted

    def close(self, error: BaseException | None = None) -> None:
        """End the program's own run, which is opened first where there is anything to say."""
        if os.getpid() != self._pid:
            return
        if self.ambient is None and (self._outside or self._is_asked_first):
            self._records_program()
            if self._outside:
                self._ambient()
        if self.ambient is not None:
            self.ambient.finish(error)

    # which run -----------------------------------------------------------------------------------
    def _read(self, read: Read, *, is_parent: bool) -> None:
        if not self._is_data(read):
            return
        observations = self._here()
        if observations is not None and is_parent:
            observations.parent(read, lambda: fitted_state(read.thing)[0].fingerprint)
        elif observations is not None:
            observations.read(read)
        if self._aside is not None and self._is_told_aside():
            self._aside.read(read)

    def _is_data(self, told: Read | Written) -> bool:
        """Whether a library tells of the user's data, not of what it or another one keeps for itself."""
        if told.path is None or told.path == STANDARD_INPUT or is_url(told.path):
            return True
        path = absolute(told.path)
        return self._own.is_own(path) if told.by.startswith(_USED_BY_LIBRARIES) else self._own.is_data(path)

    def _explicit(self) -> Observed | None:
        """The innermost explicit run of this thread; in a thread that has none, the one opened last."""
        if os.getpid() != self._pid:
            return None  # a forked process leaves its parent's runs alone
        current = current_run()
        if current is not None and current is not self.ambient:
            return current
        with self._lock:
            return self._open[-1] if self._open else None

    def _is_told_aside(self) -> bool:
        return self._aside is not None and self._explicit() is None

    def _here(self) -> Observations | None:
        """Where to note what happens now; None where it is not this process that records the program."""
        run = self._explicit()
        if run is None:
            return self._outside if self._records_program() else None
        with self._lock:
            known = self._within.get(run)  # asked with every score: another one is not made to be thrown away
            return self._within.setdefault(run, Observations(self._fingerprints)) if known is None else known

    def _acting(self) -> Observations | None:
        """The same, with a run that is open: something was made."""
        return self._here() if self._run() is not None else None

    def _run(self) -> Run | None:
        run = self._explicit()
        if isinstance(run, Run):
            return run
        return self._ambient() if self._records_program() else None

    def _records_program(self) -> bool:
        """Whether the program's own run is recorded here; asked for at the first thing that happens if it may not."""
        if os.getpid() != self._pid or self._is_off:
            return False
        return not self._is_asked_first or self._ambient() is not None

    def _ambient(self) -> Run | None:
        with self._lock:
            if self.ambient is None and not self._is_off:
                self._is_opening, self._is_off = True, True  # what cannot be opened is not tried at every call
                try:
                    self.ambient = self._open_ambient()
                    self._is_off = self.ambient is None
                finally:
                    self._is_opening = False
            return self.ambient


def _tell_points(run: Observed, points: list[Point]) -> None:
    for name, step, value in points:
        run.observe_metrics({name: value}, step)


def _note(run: Observed, observations: Observations) -> None:
    """Record trainings and splits as facts of the run."""
    facts: dict[str, Value] = {**observations.scores.facts()}  # type: ignore[dict-item]
    if observations.splits:
        facts["splits"] = [storable({"by": split.by, **split.facts}) for split in observations.splits]  # type: ignore[misc]
    if observations.fits:
        facts["fits"] = [training.as_fact for training in observations.fits[:MOST_FITS]]
        if len(observations.fits) > MOST_FITS:
            facts["fits_more"] = len(observations.fits) - MOST_FITS
    asked = [query.as_fact(str(seen.path)) for seen in observations.reads.values() for query in seen.queries]
    if asked:
        facts["queries"] = asked
    if facts:
        run.recorder.add_parameters(storable(facts))
