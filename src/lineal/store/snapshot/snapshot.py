"""The snapshot: all events of a store as of one ledger entry, and an overlay of those that came after."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from lineal.model.ids import EntrySeq
from lineal.model.traversal import Direction
from lineal.store.connections import Cursor
from lineal.store.edges import EventRow
from lineal.store.snapshot.adjacency import Csr, artifact_rows, execution_rows
from lineal.store.snapshot.overlay import ROW_BYTES, Overlay
from lineal.store.snapshot.records import Records, record_rows
from lineal.store.snapshot.sides import Side

_SIZES = """
SELECT
    (SELECT count(*) FROM event),
    (SELECT max(id) FROM event),
    (SELECT max(artifact_id) FROM event),
    (SELECT max(execution_id) FROM event)
"""

ADJACENT_BYTES = 8
"""Of an event: a 32-bit id on each of two sides."""

POINTER_BYTES = 8
"""Of a node: a 32-bit pointer on each of two sides."""

RECORD_BYTES = 25
"""Of an event, where it is kept whole."""

LARGEST_ID = 2**31 - 2

REMEMBERED = 256
"""Marks a snapshot knows it went through."""


class Sizes(NamedTuple):
    """How much there is to load."""

    events: int
    largest: int
    artifacts: int
    executions: int

    @classmethod
    def of(cls, cursor: Cursor) -> Sizes:
        """Return the sizes of a store."""
        return cls(*(number or 0 for number in cursor.execute(_SIZES).fetchone()))

    @property
    def compact(self) -> int:
        """The bytes of the adjacency alone."""
        return ADJACENT_BYTES * self.events + POINTER_BYTES * (self.artifacts + self.executions + 4)

    @property
    def whole(self) -> int:
        """The bytes with the events' records."""
        return self.compact + RECORD_BYTES * self.events


class Mark(NamedTuple):
    """A state of the store: its last ledger entry and that entry's leaf. Two stores never share one by accident."""

    seq: EntrySeq
    leaf: bytes


class Extra(Protocol):
    """What is made of a snapshot later and kept beside it."""

    @property
    def bytes(self) -> int:
        """What it takes in memory."""


class State(NamedTuple):
    """How far a snapshot goes: its mark and its newest event. Replaced as one, so nobody sees half of it."""

    mark: Mark
    last: int


@dataclass(slots=True)
class Snapshot:
    """Adjacency, records (None in the compact form) and overlay.

    `again`: the executions that made an artifact's content again. `known`: the marks it went through, newest last.
    `room`: the bytes it may take, the matrices made of it included.
    """

    adjacency: dict[Side, Csr]
    records: Records | None
    again: dict[int, list[int]]
    state: State
    events: int
    room: int
    overlay: Overlay = field(default_factory=Overlay)
    known: deque[Mark] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    matrices: dict[Direction, Extra] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known.append(self.state.mark)

    def append(self, rows: Sequence[EventRow], mark: Mark) -> None:
        """Put newer events into the overlay; with them the snapshot is that of `mark`."""
        self.overlay.add(rows)
        self.known.append(mark)
        self.state = State(mark, rows[-1][0] if rows else self.state.last)

    @property
    def has_gaps(self) -> bool:
        """Whether an id below the newest event's is free, so that an event may still take it."""
        return self.events + self.overlay.count < self.state.last

    @property
    def bytes(self) -> int:
        """About what it takes in memory."""
        far = {id(rows.far): rows.far for rows in self.adjacency.values()}
        arrays = [*far.values(), *(rows.pointers for rows in self.adjacency.values())]
        whole = sum(len(part) * part.itemsize for part in arrays)
        whole += sum(matrix.bytes for matrix in self.matrices.values())
        return whole + (self.records.bytes if self.records else 0) + self.overlay.count * ROW_BYTES


class TooLargeError(Exception):
    """The snapshot does not fit into the memory it may take."""


def take(cursor: Cursor, mark: Mark, room: int) -> Snapshot:
    """Return a snapshot of what the cursor's transaction sees, whole if it fits into `room` bytes, else compact.

    Raises TooLargeError where not even the compact form does.
    """
    sizes = Sizes.of(cursor)
    if sizes.compact > room or max(sizes.artifacts, sizes.executions) > LARGEST_ID:
        raise TooLargeError
    again: dict[int, list[int]] = {}
    adjacency = {side: artifact_rows(cursor, side, sizes.artifacts, again) for side in (Side.MAKERS, Side.READERS)}
    found = Snapshot(adjacency, None, again, State(mark, sizes.largest), sizes.events, room)
    if sizes.whole <= room:
        found.records = _with_records(cursor, found, sizes, room)
    if found.records is None:
        far = array("i")
        for side in (Side.INPUTS, Side.OUTPUTS):
            adjacency[side] = execution_rows(cursor, side, sizes.executions, far)
    return found


def _with_records(cursor: Cursor, snapshot: Snapshot, sizes: Sizes, room: int) -> Records | None:
    """Load the executions' sides with all that events say, or return None where their paths are too many."""
    records = Records(largest=sizes.largest, newest=snapshot.state.mark.seq)
    for side in (Side.INPUTS, Side.OUTPUTS):
        snapshot.adjacency[side] = record_rows(cursor, side, sizes.executions, records)
        if sizes.whole + records.path_bytes > room:
            return None
    records.finish()
    return records
