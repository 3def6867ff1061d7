"""Fingerprints of tables in files: what Parquet, Feather, Arrow and CSV files hold, whatever way they were written.

Read batch by batch, so a file may be larger than memory. The rows of one file have one fingerprint in any row groups,
compression and encoding; it is that of the frame pyarrow and polars read from it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.capture.fingerprints.csv_tables import CsvFile
from lineal.capture.fingerprints.files import refused
from lineal.capture.fingerprints.frame_digest import FrameDigest
from lineal.errors import Aborted, InvalidArgument, MissingExtra
from lineal.model.fingerprint import Fingerprinted

if TYPE_CHECKING:
    import pyarrow as pa

_PARQUET = frozenset({".parquet", ".pq", ".parq"})
_ARROW = frozenset({".feather", ".arrow", ".ipc", ".arrows"})
_CSV = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_COMPRESSED = frozenset({".gz", ".bz2", ".zst", ".lz4"})

_BATCH = 1 << 16
"""Rows of a batch: bounds the memory, and cannot change the digest."""

AS_PARSED = "as parsed: missing as pandas has it, dates and times as text, the first line names the columns"


def is_table(path: str | os.PathLike[str]) -> bool:
    """Return whether a file's name says that it holds a table whose rows can be read."""
    return _kind(Path(path)) is not None


def of_table(path: str | os.PathLike[str]) -> Fingerprinted:
    """Return the fingerprint of the rows in a Parquet, Feather, Arrow or CSV file: the one its frame has.

    Raises InvalidArgument for a file that is none or is damaged, Aborted for one that changes meanwhile, MissingExtra
    without pyarrow.
    """
    place = Path(path)
    kind = _kind(place)
    if kind is None:
        raise InvalidArgument(f"{place} is no table", hint="Parquet, Feather, Arrow, CSV and TSV files hold one")
    try:
        import numpy as np  # noqa: F401
        import pyarrow as pa
    except ImportError as error:
        raise MissingExtra("The fingerprint of a table", extra="data") from error
    try:
        before = place.stat()
        found = _of_csv(CsvFile(place, _CSV[kind])) if kind in _CSV else _of_typed(place, kind)
        after = place.stat()
    except OSError as error:
        if error.errno is None:  # Arrow's own: a damaged page of a Parquet file
            raise InvalidArgument(f"{place} cannot be read as a table: {error}") from error
        raise refused(place, error) from error
    except pa.ArrowException as error:
        raise InvalidArgument(f"{place} cannot be read as a table: {error}") from error
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        raise Aborted(f"{place} changed while it was read", hint="fingerprint it when its writer is done")
    return found


def _kind(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if len(suffixes) > 1 and suffixes[-1] in _COMPRESSED and suffixes[-2] in _CSV:
        return suffixes[-2]
    last = suffixes[-1] if suffixes else ""
    return last if last in _PARQUET | _ARROW | set(_CSV) else None


def _of_csv(file: CsvFile) -> Fingerprinted:
    import pyarrow as pa

    try:
        with ExitStack() as stack:
            return _digested(*file.batches(stack), notes=(AS_PARSED,))
    except pa.ArrowInvalid as error:
        return _digested(*file.whole(error), notes=(AS_PARSED,))


def _of_typed(path: Path, kind: str) -> Fingerprinted:
    with ExitStack() as stack:
        return _digested(*(_parquet if kind in _PARQUET else _arrow)(path, stack), notes=())


def _parquet(path: Path, stack: ExitStack) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    from pyarrow import parquet

    file = stack.enter_context(parquet.ParquetFile(path))
    groups = range(file.num_row_groups)  # one by one: asked for all, Arrow may fetch them all beforehand
    return file.schema_arrow, (batch for group in groups for batch in file.iter_batches(_BATCH, row_groups=[group]))


def _arrow(path: Path, stack: ExitStack) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    import pyarrow as pa

    source = stack.enter_context(pa.memory_map(str(path)))
    try:
        file = stack.enter_context(pa.ipc.open_file(source))
    except pa.ArrowInvalid:
        source.seek(0)
        stream = stack.enter_context(pa.ipc.open_stream(source))
        return stream.schema, iter(stream)
    return file.schema, (file.get_batch(place) for place in range(file.num_record_batches))


def _digested(schema: pa.Schema, batches: Iterator[pa.RecordBatch], *, notes: tuple[str, ...]) -> Fingerprinted:
    import numpy as np

    digest = FrameDigest()
    for field in schema:
        digest.add_column(field.name, field.type)
    for batch in batches:
        hashes = np.zeros(batch.num_rows, np.uint64)
        for place, column in enumerate(batch.columns):
            digest.take(place, column, hashes)
        digest.take_rows(hashes)
    return digest.fingerprinted(notes=notes)
