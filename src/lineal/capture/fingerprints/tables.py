"""Fingerprints of tables in files: what Parquet, Feather, Arrow and CSV files hold, whatever way they were written.

Read batch by batch, so a file may be larger than memory. The rows of one file have one fingerprint in any row groups,
compression and encoding; it is that of the frame pyarrow and polars read from it. A directory of Parquet files is one
table: its files in the order of their paths, behind their columns those that the directories' names tell (`year=2013`).
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

_PARTS = "parts"
_MOST_PARTS = 10_000
"""Files of a partitioned table; one of more is known by its bytes alone."""

_BATCH = 1 << 16
"""Rows of a batch: bounds the memory, and cannot change the digest."""

AS_PARSED = "as parsed: missing as pandas has it, dates and times as text, the first line names the columns"


AS_PARTITIONED = "files in the order of their paths, columns of the directories' names behind the others"


def is_table(path: str | os.PathLike[str]) -> bool:
    """Return whether a file's name, or those of all files in a directory, say that there is a table to be read."""
    place = Path(path)
    return _kind(place) is not None or (place.is_dir() and bool(parts_of(place)))


def parts_of(directory: Path) -> list[os.stat_result]:
    """Return what is known of the files of a partitioned table; nothing for a directory with anything else in it.

    Hidden files and those that begin with an underscore are left out, as by every library that reads such a table.
    """
    found: list[os.stat_result] = []
    waiting = [os.fspath(directory)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.startswith(("_", ".")):
                    continue
                if entry.is_dir():
                    waiting.append(entry.path)
                elif os.path.splitext(entry.name)[1].lower() in _PARQUET and len(found) < _MOST_PARTS:  # noqa: PTH122
                    found.append(entry.stat())
                else:
                    return []
    return found


def table_size(path: Path) -> int:
    """Return the bytes of all files of a table."""
    return sum(about.st_size for about in parts_of(path)) if path.is_dir() else path.stat().st_size


def of_table(path: str | os.PathLike[str]) -> Fingerprinted:
    """Return the fingerprint of the rows in a Parquet, Feather, Arrow or CSV file: the one its frame has.

    Of a directory of Parquet files that of the frame pandas and pyarrow read from it.
    Raises InvalidArgument for a file that is none or is damaged, Aborted for one that changes meanwhile, MissingExtra
    without pyarrow.
    """
    place = Path(path)
    kind = _PARTS if place.is_dir() and is_table(place) else _kind(place)
    if kind is None:
        raise InvalidArgument(
            f"{place} is no table",
            hint="Parquet, Feather, Arrow, CSV and TSV files hold one, and directories of Parquet files",
        )
    try:
        import numpy as np  # noqa: F401
        import pyarrow as pa
    except ImportError as error:
        raise MissingExtra("The fingerprint of a table", extra="data") from error
    try:
        before = _stamps(place)
        found = _of_csv(CsvFile(place, _CSV[kind])) if kind in _CSV else _of_typed(place, kind)
        after = _stamps(place)
    except OSError as error:
        if error.errno is None:  # Arrow's own: a damaged page of a Parquet file
            raise InvalidArgument(f"{place} cannot be read as a table: {error}") from error
        raise refused(place, error) from error
    except pa.ArrowException as error:
        raise InvalidArgument(f"{place} cannot be read as a table: {error}") from error
    if before != after:
        raise Aborted(f"{place} changed while it was read", hint="fingerprint it when its writer is done")
    return found


def _kind(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if len(suffixes) > 1 and suffixes[-1] in _COMPRESSED and suffixes[-2] in _CSV:
        return suffixes[-2]
    last = suffixes[-1] if suffixes else ""
    return last if last in _PARQUET | _ARROW | set(_CSV) else None


def _stamps(path: Path) -> list[tuple[int, int, int]]:
    found = parts_of(path) if path.is_dir() else [path.stat()]
    return sorted((about.st_ino, about.st_size, about.st_mtime_ns) for about in found)


def _of_csv(file: CsvFile) -> Fingerprinted:
    import pyarrow as pa

    try:
        with ExitStack() as stack:
            return _digested(*file.batches(stack), notes=(AS_PARSED,))
    except pa.ArrowInvalid as error:
        return _digested(*file.whole(error), notes=(AS_PARSED,))


def _of_typed(path: Path, kind: str) -> Fingerprinted:
    with ExitStack() as stack:
        if kind == _PARTS:
            return _digested(*_parts(path), notes=(AS_PARTITIONED,))
        return _digested(*(_parquet if kind in _PARQUET else _arrow)(path, stack), notes=())


def _parquet(path: Path, stack: ExitStack) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    from pyarrow import parquet

    file = stack.enter_context(parquet.ParquetFile(path))
    groups = range(file.num_row_groups)  # one by one: asked for all, Arrow may fetch them all beforehand
    return file.schema_arrow, (batch for group in groups for batch in file.iter_batches(_BATCH, row_groups=[group]))


def _parts(directory: Path) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    from pyarrow import dataset

    # As pandas and pyarrow read a directory; `get_fragments` has the files in the order of their paths.
    table = dataset.dataset(directory, format="parquet", partitioning="hive")
    options = {"schema": table.schema, "batch_size": _BATCH, "use_threads": False, "batch_readahead": 0}
    return table.schema, (batch for part in table.get_fragments() for batch in part.to_batches(**options))


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
