"""The shipper: brings what lies in the spools into the store, each record once, and says what is missing.

A record's spool and sequence are unique in the store, so shipping again after a crash adds nothing; the position
kept beside the spool only saves reading. A segment goes when all of it is stored and its writer has let go of it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from lineal.errors import InvalidArgument, NotFound
from lineal.files.locks import is_released, try_lock
from lineal.model.predictions import Prediction
from lineal.model.publication import Origin
from lineal.serving.frames import Frame, decode
from lineal.serving.record import decode as decode_record
from lineal.serving.spool import HEADER_START, SUFFIX
from lineal.store.location import Location
from lineal.store.protocol import Store

_BATCH = 5000
_HEADER_BYTES = 64 * 1024
_POSITION = ".position"
_DAMAGED = ".damaged"
_REFUSED = "refused.jsonl"
_LOCK = "ship.lock"


@dataclass(frozen=True, slots=True)
class Gap:
    """Records of a spool that never reached the disk: sequences `first` to `last`."""

    spool: str
    first: int
    last: int

    @property
    def count(self) -> int:
        """How many are missing."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """What one round brought: predictions that were new, and everything that is wrong.

    `refused` records were put aside in `refused.jsonl`, because the store can never take them; `damaged` bytes lie
    in segments that were kept as `*.damaged`. `busy` means that another shipper was at it and nothing was done.
    """

    new: int = 0
    gaps: tuple[Gap, ...] = ()
    refused: int = 0
    damaged: int = 0
    busy: bool = False


@dataclass(frozen=True, slots=True)
class _Position:
    """How far a spool was shipped: segment, offset in it, damage met in it, and the sequence expected next."""

    segment: int
    offset: int = 0
    damaged: int = 0
    expected: int | None = None


def ship(location: Location, store: Store, *, wait: float = 0.0) -> Shipped:
    """Bring every spooled record into the store.

    One shipper works at a time; another waits up to `wait` seconds for its turn, then returns `busy`.
    Raises what `put_predictions` raises; what was not stored stays in the spool.
    """
    directory = location.spool
    if not directory.is_dir():
        return Shipped()
    with _turn(directory, wait) as mine:
        if not mine:
            return Shipped(busy=True)
        _remove_drafts(directory)
        rounds = [_SpoolRound(directory, name, store).run(segments) for name, segments in _segments(directory).items()]
    return Shipped(
        new=sum(each.new for each in rounds),
        gaps=tuple(gap for each in rounds for gap in each.gaps),
        refused=sum(each.refused for each in rounds),
        damaged=sum(each.damaged for each in rounds),
    )


@contextmanager
def _turn(directory: Path, wait: float) -> Iterator[bool]:
    descriptor = os.open(directory / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + wait
    try:
        mine = try_lock(descriptor)
        while not mine and time.monotonic() < deadline:
            time.sleep(0.01)
            mine = try_lock(descriptor)
        yield mine
    finally:
        os.close(descriptor)


def _segments(directory: Path) -> dict[str, list[tuple[int, Path]]]:
    """Return the segments of each spool, in order."""
    found: dict[str, list[tuple[int, Path]]] = {}
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        name, _, index = path.stem.rpartition(".")
        if name and index.isdigit():
            found.setdefault(name, []).append((int(index), path))
    return found


def _remove_drafts(directory: Path) -> None:
    """Remove what a writer left behind that died while it opened a segment: no record was in it."""
    for path in directory.glob("*.draft"):
        with suppress(FileNotFoundError):
            if is_released(path):
                path.unlink()


class _SpoolRound:
    """One round over one spool."""

    def __init__(self, directory: Path, name: str, store: Store) -> None:
        self._directory = directory
        self._name = name
        self._store = store
        self._position_file = directory / f"{name}{_POSITION}"
        self.new = self.refused = self.damaged = 0
        self.gaps: list[Gap] = []

    def run(self, segments: Sequence[tuple[int, Path]]) -> _SpoolRound:
        position = self._read_position()
        left = False
        for index, path in segments:
            # Asked before reading: what a writer that is gone has written is then all there.
            finished = is_released(path)
            if position is None or index != position.segment:
                position = _Position(index, expected=position.expected if position else None)
            position, whole = self._ship_segment(path, position)
            if not finished:
                left = True
            elif whole:
                path.unlink()
            else:
                path.rename(path.with_suffix(_DAMAGED))
        if not left:
            self._position_file.unlink(missing_ok=True)
        return self

    def _ship_segment(self, path: Path, position: _Position) -> tuple[_Position, bool]:
        """Ship what is new in a segment; return the new position, and whether nothing in it was damaged."""
        with path.open("rb") as file:
            start = decode(file.read(_HEADER_BYTES))
            file.seek(position.offset)
            chunk = decode(file.read())
        header = _header(start.frames[0]) if start.frames else {}
        frames = [frame for frame in chunk.frames if not frame.body.startswith(HEADER_START)]
        expected = position.expected
        if expected is None and start.frames:
            expected = start.frames[0].sequence
        for first in range(0, len(frames), _BATCH):
            expected = self._ship_batch(frames[first : first + _BATCH], header, expected)
        self.damaged += chunk.damaged
        moved = _Position(position.segment, position.offset + chunk.end, position.damaged + chunk.damaged, expected)
        if moved != position:
            self._write_position(moved)
        return moved, not moved.damaged and not chunk.tail

    def _ship_batch(self, frames: Sequence[Frame], header: dict[str, str | None], expected: int | None) -> int | None:
        gaps: list[Gap] = []
        predictions: list[Prediction] = []
        for frame in frames:
            if expected is not None and frame.sequence > expected:
                gaps.append(Gap(self._name, expected, frame.sequence - 1))
            expected = frame.sequence + 1
            try:
                predictions.append(self._prediction(frame, header))
            except InvalidArgument as error:
                self._refuse(frame.sequence, frame.body.hex(), error)
        self._put(predictions, _origin(self._name, gaps))
        self.gaps += gaps
        return expected

    def _prediction(self, frame: Frame, header: dict[str, str | None]) -> Prediction:
        return decode_record(
            frame.body,
            spool=self._name,
            sequence=frame.sequence,
            endpoint=header.get("endpoint") or "unknown",
            key_id=header.get("key_id"),
        )

    def _put(self, predictions: Sequence[Prediction], by: Origin) -> None:
        """Store a batch. One the store can never take must not hold up the others for ever."""
        if not predictions:
            return
        try:
            self.new += self._store.put_predictions(predictions, by=by)
        except (InvalidArgument, NotFound) as error:
            if len(predictions) == 1:
                self._refuse(predictions[0].sequence, repr(predictions[0]), error)
                return
            middle = len(predictions) // 2
            self._put(predictions[:middle], by)
            self._put(predictions[middle:], by)

    def _refuse(self, sequence: int, record: str, error: Exception) -> None:
        line = {"spool": self._name, "sequence": sequence, "error": str(error), "record": record}
        with (self._directory / _REFUSED).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.refused += 1

    def _read_position(self) -> _Position | None:
        try:
            return _Position(**json.loads(self._position_file.read_text(encoding="ascii")))
        except (OSError, ValueError, TypeError):
            return None  # shipped again from the start, which adds nothing twice

    def _write_position(self, position: _Position) -> None:
        draft = self._position_file.with_suffix(".position-draft")
        draft.write_text(json.dumps(asdict(position)), encoding="ascii")
        draft.replace(self._position_file)


def _origin(spool: str, gaps: Sequence[Gap]) -> Origin:
    """Say in the ledger which records are missing, for the loss is a fact as the others are."""
    missing = ", ".join(f"{gap.first} to {gap.last}" for gap in gaps)
    reason = f"records {missing} of spool {spool} were lost before they were stored" if gaps else None
    return Origin(actor="lineal shipper", action="put_predictions", reason=reason)


def _header(frame: Frame) -> dict[str, str | None]:
    if not frame.body.startswith(HEADER_START):
        return {}  # the segment's own header is damaged
    try:
        header = json.loads(frame.body)
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}
