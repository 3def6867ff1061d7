"""Fingerprints of frames: pandas, polars and Arrow give one fingerprint for one content, column for column.

Row order counts, and so do column names, their order and their logical types. Nothing is sampled or left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from lineal.capture.fingerprints.frame_digest import FrameDigest
from lineal.capture.fingerprints.marks import marks_of_keys
from lineal.errors import InvalidArgument, MissingExtra
from lineal.model.fingerprint import Fingerprinted

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

NAN_IS_NULL = "pandas cannot tell NaN from a missing value: NaN is missing here"


class _Column(NamedTuple):
    name: str
    chunks: list[pa.Array]
    type: pa.DataType


def is_frame(thing: object) -> bool:
    """Return whether `thing` is a table, frame or series of pandas, polars or Arrow; imports none of them."""
    return _library(thing) is not None


def of_frame(thing: object) -> Fingerprinted:
    """Return the fingerprint of a frame's whole content, with its schema and one fingerprint a column.

    Raises InvalidArgument naming the column that Arrow refuses, and MissingExtra without pyarrow.
    """
    try:
        import numpy as np  # noqa: F401
        import pyarrow as pa  # noqa: F401
    except ImportError as error:
        raise MissingExtra("The fingerprint of a frame", extra="data") from error
    library = _library(thing)
    if library == "pandas":
        rows, columns = _from_pandas(thing)
    elif library == "polars":
        rows, columns = _from_polars(thing)
    elif library == "pyarrow":
        rows, columns = _from_arrow(thing)
    else:
        raise InvalidArgument(f"a {type(thing).__name__} is not a frame")
    return _fingerprinted(rows, columns, notes=(NAN_IS_NULL,) if library == "pandas" else ())


def _fingerprinted(rows: int, columns: Iterable[_Column], *, notes: tuple[str, ...]) -> Fingerprinted:
    import numpy as np

    digest = FrameDigest()
    keys = np.zeros(rows, np.uint64)
    for column in columns:
        place = digest.add_column(column.name, column.type)
        at = 0
        for chunk in column.chunks:
            digest.take(place, chunk, keys[at : at + len(chunk)])
            at += len(chunk)
    digest.take_rows(keys)
    return replace(digest.fingerprinted(notes=notes), row_marks=marks_of_keys(keys))


def _from_arrow(thing: object) -> tuple[int, Iterator[_Column]]:
    import pyarrow as pa

    if isinstance(thing, pa.RecordBatch):
        thing = pa.Table.from_batches([thing])
    if isinstance(thing, pa.Array | pa.ChunkedArray):
        thing = pa.table({"": thing})
    if not isinstance(thing, pa.Table):
        raise InvalidArgument(
            f"a pyarrow {type(thing).__name__} has no fingerprint of its own", hint="read it into a pyarrow.Table first"
        )
    table = thing
    return table.num_rows, (_arrow_column(name, table.column(i)) for i, name in enumerate(table.column_names))


def _arrow_column(name: str, values: pa.ChunkedArray | pa.Array) -> _Column:
    import pyarrow as pa

    if isinstance(values, pa.Array):
        return _Column(name, [values], values.type)
    if pa.types.is_dictionary(values.type) and values.num_chunks > 1:
        values = values.unify_dictionaries()
    return _Column(name, values.chunks, values.type)


def _from_polars(thing: object) -> tuple[int, Iterator[_Column]]:
    import polars as pl

    if isinstance(thing, pl.Series):
        thing = thing.to_frame()
    if not isinstance(thing, pl.DataFrame):
        raise InvalidArgument(
            f"a polars {type(thing).__name__} has no rows yet", hint="call .collect() and give the DataFrame"
        )
    return thing.height, (_polars_column(column) for column in thing.get_columns())


def _polars_column(column: pl.Series) -> _Column:
    import polars as pl
    import pyarrow as pa

    try:
        return _arrow_column(column.name, column.to_arrow())
    except (pa.ArrowException, pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise _refused(column.name, str(column.dtype), error) from error


def _from_pandas(thing: object) -> tuple[int, Iterator[_Column]]:
    import pandas as pd

    frame = thing.to_frame() if isinstance(thing, pd.Series) else thing
    if not isinstance(frame, pd.DataFrame):
        raise InvalidArgument(f"a pandas {type(thing).__name__} is not a frame", hint="give a DataFrame or a Series")
    return len(frame), _pandas_columns(frame)


def _pandas_columns(frame: pd.DataFrame) -> Iterator[_Column]:
    if not _is_default_index(frame.index):
        for level in range(frame.index.nlevels):
            values = frame.index.get_level_values(level)
            name = f"__index_level_{level}__" if values.name is None else _label(values.name)
            yield _pandas_column(name, values.to_series())
    for position, label in enumerate(frame.columns):
        yield _pandas_column(_label(label), frame.iloc[:, position])


def _pandas_column(name: str, series: pd.Series) -> _Column:
    import pandas as pd
    import pyarrow as pa

    if isinstance(series.dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    try:
        return _arrow_column(name, pa.Array.from_pandas(series))
    except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError) as error:
        raise _refused(name, str(series.dtype), error) from error


def _is_default_index(index: pd.Index) -> bool:
    import pandas as pd

    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None


def _label(label: object) -> str:
    """Return a column's name as Arrow would write it; a label that is not plain has no one text."""
    parts = label if isinstance(label, tuple) else (label,)
    if isinstance(label, str):
        return label
    if all(part is None or type(part).__module__ in ("builtins", "datetime", "numpy", "pandas") for part in parts):
        return str(label)
    raise InvalidArgument(f"a column is named by a {type(label).__name__}", hint="name columns by text or numbers")


def _refused(name: str, dtype: str, error: Exception) -> InvalidArgument:
    return InvalidArgument(
        f"column {name!r} ({dtype}) cannot be fingerprinted: {error}", hint="give the column one type throughout"
    )


def _library(thing: object) -> str | None:
    """Return the library a frame belongs to, by classes that are loaded already."""
    for library, names in (
        ("pandas", ("DataFrame", "Series")),
        ("polars", ("DataFrame", "LazyFrame", "Series")),
        ("pyarrow", ("Table", "RecordBatch", "RecordBatchReader", "Array", "ChunkedArray")),
    ):
        module = sys.modules.get(library)
        classes = tuple(c for c in (getattr(module, name, None) for name in names) if isinstance(c, type))
        if isinstance(thing, classes):
            return library
    return None
