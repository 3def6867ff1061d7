"""Observations of one run: what it was seen reading and writing, until it ends or the user declares it.

Keeps, and asks for fingerprints in time; what becomes of it is decided in `settling`. Safe in threads.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from lineal.capture.worker import Answer, settled
from lineal.integrations.listener import Read, Split, Written
from lineal.model.capture_items import STANDARD_INPUT
from lineal.model.edges import How
from lineal.model.fingerprint import Fingerprinted
from lineal.sdk.background import LONGEST_WAIT, Fingerprints
from lineal.sdk.exports import Export
from lineal.sdk.given import Given
from lineal.sdk.keeping import INPUT
from lineal.sdk.listings import Listings
from lineal.sdk.metric_files import rows_before
from lineal.sdk.scores import Scores
from lineal.sdk.seen import Seen, frame_fingerprint
from lineal.sdk.training import Training
from lineal.sdk.urls import absolute, is_url

ONE_BY_ONE = 100
"""Files of one directory that are told one by one; where it is more, the directory is one artifact."""

DEEP = 1_000
"""The same for all the files in the directories of a directory, and for those where the program itself lies."""

MOST_SPLITS = 100
"""Different divisions of data that are told of one run."""


class Observations:
    """What one run was seen doing; `reads` and `writes` are by absolute path or URL, numbered where there is none."""

    def __init__(self, fingerprints: Fingerprints) -> None:
        self._fingerprints = fingerprints
        self._base = os.path.join(os.path.abspath(""), "")  # noqa: PTH100, PTH118
        self._began = time.time_ns()
        self._lock = threading.RLock()
        self._counts: Counter[tuple[str, bool]] = Counter()
        self.reads: dict[str, Seen] = {}
        self.writes: dict[str, Seen] = {}
        self.removed: set[str] = set()
        self.databases: set[str] = set()
        self.crowds: dict[tuple[str, bool], Seen] = {}
        self.fits: list[Training] = []
        self.splits: list[Split] = []
        self.exports: list[Export] = []
        self.listings = Listings()
        self.began: int | None = None  # what was changed since then and read here, another program may have written
        self.scores = Scores()

    def __bool__(self) -> bool:
        return bool(self.reads or self.writes or self.fits or self.crowds)

    def opened(self, path: str, *, reads: bool, writes: bool, keeps: bool = False) -> bool:
        """Note a file that is about to be opened; False where that was known already.

        What is read is fingerprinted as it is now: a write to it waits for that, but not for long. A file that is
        written while it is still being read has no fingerprint, and the reason says so. What is in a file that is
        written after its end (`keeps`) is kept as well: the same run begins with it once more.
        """
        with self._lock:
            is_new = False
            if path in self.reads and self.reads[path].how is How.INFERRED:
                self.reads[path].how = How.OBSERVED
            if reads and not writes:
                crowds = len(self.crowds)
                is_new = self._seen_read(path, "open", path=path) is not None or len(self.crowds) > crowds
            if writes:
                known = self.reads.get(path)
                if known is not None and known.content is not None:
                    settled(known.content, LONGEST_WAIT)
                elif reads and self._was_there(path):  # r+: what is there counts as well
                    self._settle_read(path)
                is_new |= path not in self.writes
                beginning = self._beginning(path) if keeps and path not in self.writes else None
                written = self._written(path, "open")
                written.beginning = written.beginning or beginning
            return is_new

    def given(self, given: Given) -> None:
        """Note that the program reads its standard input."""
        with self._lock:
            if STANDARD_INPUT not in self.reads:
                seen = self.reads[STANDARD_INPUT] = Seen(path=given.path, by="sys.stdin", given=given)
                seen.content = None if given.path is None else self._fingerprints.of_input(given.path)

    def settle_given(self) -> None:
        """Ask for the fingerprint of what the program read of a pipe by now."""
        seen = self.reads.get(STANDARD_INPUT)
        if seen is not None and seen.given is not None and seen.content is None:
            seen.content = seen.given.answer(self._fingerprints)

    def named(self, path: str) -> None:
        """Note a file that another program may read, as it is now."""
        with self._lock:
            seen = self._seen_read(path, "open", path=path)
            if seen is not None:
                seen.how = How.INFERRED

    def made(self, path: str) -> None:
        """Note a file that another program wrote."""
        with self._lock:
            is_new = path not in self.writes
            seen = self._written(path, "open")
            seen.how = How.INFERRED if is_new else seen.how

    def parent(self, read: Read, canonical: Callable[[], str | None]) -> None:
        """Note the model that training goes on from; `canonical` gives its fitted state, where it must be asked for.

        An object that was read from a file is that file; one that this run fitted itself came from nowhere else.
        """
        with self._lock:
            if read.path is None and self._is_known_parent(read.thing):
                return
            seen = self._read(read)
            if seen is not None:
                seen.is_parent = True
                seen.canonical = canonical() if read.path is None else None

    def _is_known_parent(self, model: object) -> bool:
        for seen in self.reads.values():
            if seen.is_of(model):
                seen.is_parent = True
                return True
        return any(training.is_of(model) for training in self.fits)

    def connected(self, path: str, *, is_new: bool) -> bool:
        """Note a database in a file: read if it is there, written if it is new or comes out changed."""
        with self._lock:
            if not is_new:
                self.databases.add(path)
            return self.opened(path, reads=not is_new, writes=is_new)

    def change_databases(self) -> None:
        """Note which databases came out changed."""
        with self._lock:
            for path in self.databases:
                seen = self.reads.get(path)
                before = settled(seen.content).value if seen is not None and seen.content is not None else None
                after = settled(self._fingerprints.of_path(path)).value
                if before is not None and after is not None and before.fingerprint != after.fingerprint:
                    self._written(path, "connect")

    def read(self, read: Read) -> None:
        """Note what a library read; the file it was seen opening is the same observation."""
        self._read(read)

    def _read(self, read: Read) -> Seen | None:
        with self._lock:
            key = self._key(read)
            seen = self.reads.get(key)
            if seen is None and key == STANDARD_INPUT:
                return None  # a terminal's, or another process's
            if seen is None:
                seen = self._seen_read(key, read.by, path=None if read.path is None else absolute(read.path))
            if seen is None:
                return None  # the run wrote it itself
            if read.by.endswith(".connect"):
                self.databases.add(key)
            seen.learn(read)
            seen.version = read.version or seen.version
            answer = None
            if read.thing is not None and (seen.frame is None or read.query is not None):
                answer = frame_fingerprint(self._fingerprints, read.thing)
            if read.query is not None:
                seen.ask(read.by, read.query, answer)
            if read.query is None or not seen.is_local:
                seen.frame = seen.frame or answer
            return seen

    def _key(self, read: Read) -> str:
        """The file, or the URL; what was asked of a source that is no file is another content with each query."""
        if read.path is None:
            return f"{read.by}#{len(self.reads)}"
        place = absolute(read.path)
        return f"{place}#{read.query}" if read.query is not None and is_url(place) else place

    def wrote(self, written: Written, canonical: str | None) -> None:
        """Note what a library wrote."""
        with self._lock:
            key = f"{written.by}#{len(self.writes)}" if written.path is None else absolute(written.path)
            seen = self._written(key, written.by)
            seen.identities.clear()
            seen.learn(written)
            seen.canonical = canonical
            seen.training = next((one for one in reversed(self.fits) if one.is_in(written.thing)), None)
            if written.thing is not None:
                seen.frame = frame_fingerprint(self._fingerprints, written.thing)

    def stated(self, path: str, canonical: str) -> None:
        """Note the fitted state of the model that another process wrote to a file."""
        with self._lock:
            seen = self._written(path, "open")
            seen.canonical, seen.type = canonical, "Model"

    def renamed(self, source: str, target: str) -> None:
        """Note that a file or directory gets another name: the last act of writing it safely."""
        with self._lock:
            below = os.path.join(source, "")  # noqa: PTH118
            for path in [path for path in self.writes if path == source or path.startswith(below)]:
                seen = self.writes.pop(path)
                seen.path = target + path[len(source) :]
                self.writes[seen.path] = seen
                self.removed.discard(seen.path)
            self._written(target, "open")  # also where what had the old name was hidden or temporary

    def dropped(self, path: str) -> None:
        """Note that a file is removed, if the run wrote it."""
        with self._lock:
            if path in self.writes:
                self.removed.add(path)

    def leave_out(self, written: Mapping[str, int]) -> None:
        """Forget reads of what other processes of the run had written by then: it is the run's own."""
        with self._lock:
            own = [path for path, seen in self.reads.items() if written.get(path, seen.at) < seen.at]
            for path in own:
                del self.reads[path]

    def declared(self, thing: object) -> Seen | None:
        """Return what this very object was read from; it is declared then, and no observation of its own any more."""
        with self._lock:
            found = next((key for key, seen in self.reads.items() if seen.is_of(thing)), None)
            return None if found is None else self.reads.pop(found)

    def move_reads_to(self, other: Observations) -> None:
        """Give all reads to a run that starts now: they were made for it."""
        with self._lock:
            reads, self.reads = self.reads, {}
            crowds = {key: seen for key, seen in self.crowds.items() if key[1]}
            self.crowds = {key: seen for key, seen in self.crowds.items() if not key[1]}
        for path, seen in reads.items():
            other.reads.setdefault(path, seen)
        for key, seen in crowds.items():
            other.crowds.setdefault(key, seen)
        self.listings.move_to(other.listings)

    def _seen_read(self, key: str, by: str, *, path: str | None) -> Seen | None:
        if key in self.reads or key in self.writes:
            return None
        seen = Seen(path=path, by=by)
        if path is not None and seen.is_local:
            if self._is_crowded(path, is_read=True):
                return None
            seen.content = self._fingerprints.of_input(path)
        self.reads[key] = seen
        return seen

    def _settle_read(self, path: str) -> None:
        seen = self._seen_read(path, "open", path=path)
        if seen is not None and seen.content is not None:
            settled(seen.content, LONGEST_WAIT)

    def _beginning(self, path: str) -> Answer[Fingerprinted] | None:
        """Return what is in a file before it is added to; None where it is not there, or too large to be kept."""
        known = self.reads.get(path)
        if known is not None:
            return known.content
        if not self._was_there(path) or not 0 < os.path.getsize(path) <= INPUT:  # noqa: PTH202  a text path
            return None
        return settled(self._fingerprints.of_input(path), LONGEST_WAIT)

    def _was_there(self, path: str) -> bool:
        """Whether a file is there that is older than this run: libraries write files that nobody tells of."""
        try:
            return os.stat(path).st_mtime_ns <= self._began  # noqa: PTH116  a text path
        except OSError:
            return False

    def _written(self, path: str, by: str) -> Seen:
        self.removed.discard(path)
        seen = self.writes.get(path)
        if seen is None:
            seen = Seen(path=path, by=by)
            if not self._is_crowded(path, is_read=False):
                self.writes[path] = seen
                seen.before = rows_before(path)
        return seen

    def _is_crowded(self, path: str, *, is_read: bool) -> bool:
        """Whether the file is in a directory that is told as one; it becomes one with the file that is too many."""
        directory = os.path.dirname(path)  # noqa: PTH120
        above = os.path.dirname(directory)  # noqa: PTH120
        if (directory, is_read) in self.crowds or (above, is_read) in self.crowds:
            return True
        for place, most in ((directory, ONE_BY_ONE), (above, DEEP)):
            self._counts[place, is_read] += 1
            count = self._counts[place, is_read]
            if self._base.startswith(os.path.join(place, "")):  # noqa: PTH118  with code, workspace and all
                if place == directory and count > DEEP:
                    return True
            elif count > most:
                seen = self.crowds[place, is_read] = Seen(path=place, by="open")
                if is_read:
                    seen.content = self._fingerprints.of_path(place)
                return True
        return False

    def trained(self, training: Training) -> None:
        """Note a training. Of all models only the last one that predicts is held, for where nobody writes it."""
        with self._lock:
            if training.predicts:
                for before in self.fits:
                    before.let_go()
            self.fits.append(training)

    def exported(self, exports: Sequence[Export]) -> None:
        """Note that models got another form; from one that was read from a file the run itself leads there."""
        with self._lock:
            for export in exports:
                model = export.source.get()
                if not any(seen.is_of(model) for seen in self.reads.values()):
                    self.exports.append(export)

    def divided(self, split: Split) -> None:
        """Note that data was divided; the data itself is not held, and the same division is noted once."""
        with self._lock:
            told = replace(split, whole=(), parts=())
            if told not in self.splits and len(self.splits) < MOST_SPLITS:
                self.splits.append(told)
