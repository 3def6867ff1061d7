"""The digest of a frame, taken column by column or batch by batch: what comes out does not show which."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineal.capture.fingerprints.columns import ColumnDigest
from lineal.capture.fingerprints.rows import RowSet, add_cells
from lineal.errors import InvalidArgument
from lineal.model.fingerprint import Fingerprinted, Kind, framed, of_parts, text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    digest: ColumnDigest

    @property
    def header(self) -> bytes:
        return framed(self.name.encode("utf-8", "surrogatepass")) + framed(self.digest.text.encode())


class FrameDigest:
    """Takes the cells of one frame. Within a column they come in the order of the rows."""

    def __init__(self) -> None:
        self._columns: list[_Column] = []
        self._rows = 0
        self._row_set = RowSet()

    def add_column(self, name: str, of: pa.DataType) -> int:
        """Add a column behind the others and return its place; InvalidArgument for a type without a rule."""
        try:
            self._columns.append(_Column(name, ColumnDigest(of)))
        except InvalidArgument as error:
            raise _named(name, error) from error
        return len(self._columns) - 1

    def take(self, place: int, chunk: pa.Array, keys: npt.NDArray[np.uint64]) -> None:
        """Add a chunk to the column at `place`; its cells are added to `keys`, one number a row, as well."""
        column = self._columns[place]
        try:
            column.digest.take(chunk)
        except InvalidArgument as error:
            raise _named(column.name, error) from error
        add_cells(keys, place, chunk)

    def take_rows(self, keys: npt.NDArray[np.uint64]) -> None:
        """Add rows, once all their cells are in `keys`."""
        self._rows += len(keys)
        self._row_set.take(keys)

    def fingerprinted(self, *, notes: tuple[str, ...]) -> Fingerprinted:
        """Return the fingerprint of all that was taken."""
        schema: dict[str, str] = {}
        fingerprints: dict[str, str] = {}
        digests: list[bytes] = []
        for column in self._columns:
            name = _unused(column.name, schema)
            digests.append(column.digest.digest())
            schema[name] = column.digest.text
            fingerprints[name] = text(digests[-1])
        header = [struct.pack("<q", len(self._columns)), *(column.header for column in self._columns)]
        return Fingerprinted(
            of_parts(Kind.FRAME, [*header, struct.pack("<q", self._rows), *digests]),
            Kind.FRAME.value,
            bytes=sum(column.digest.total_size() for column in self._columns),
            rows=self._rows,
            columns=len(self._columns),
            schema=schema,
            column_fingerprints=fingerprints,
            row_set=self._row_set.text(b"".join(header), self._rows),
            notes=notes,
        )


def _named(name: str, error: InvalidArgument) -> InvalidArgument:
    return InvalidArgument(f"column {name!r}: {error.message}", hint=error.hint)


def _unused(name: str, taken: dict[str, str]) -> str:
    """Return `name`, or with ` #2`, ` #3` … where it was used: names may repeat, their places decide."""
    candidate, count = name, 1
    while candidate in taken:
        count += 1
        candidate = f"{name} #{count}"
    return candidate
