"""The data that models are called on, as the process reads it: a table with named columns, or an array.

A table is read as its library's plain reader does: with pandas where that is installed, else with what there is.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

FORMATS = (
    ".csv", ".tsv", ".parquet", ".pq", ".feather", ".arrow", ".npy", ".npz", ".json", ".jsonl", ".ndjson",
)  # fmt: skip
"""The names of files that are read."""

_NAMED = 8


class Unfit(Exception):  # it becomes the answer's reason
    """The data cannot be read, or is not what a model takes; the message says why.

    A second argument is what was said about it: it may quote the data.
    """


@dataclass(frozen=True)
class Data:
    """Rows to call a model on: `table` is a frame of pandas or a mapping of columns; else there is one `array`.

    `is_cut` says that the file has more rows than were read.
    """

    rows: int
    table: Any = None
    array: Any = None
    is_cut: bool = False

    @property
    def names(self) -> list[str] | None:
        """The names of the columns; None of an array."""
        return None if self.table is None else [str(name) for name in self.table]

    def taken(self, names: Sequence[str] | None, width: int | None, whose: str) -> Any:
        """Return what is given to a model that knows columns by name, or only how many (`width`), or neither.

        Raises Unfit where columns are missing, or where nobody can tell which ones are meant.
        """
        if self.table is None:
            has = self.array.shape[1] if self.array.ndim > 1 else 1
            wanted = len(names) if names is not None else width
            if wanted is not None and has != wanted:
                raise Unfit(f"{whose} takes {wanted} columns, and the array has {has}")
            return self.array
        has_names = self.names or []
        if names is not None:
            lost = [name for name in names if name not in has_names]
            if lost:
                more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
                told = f"the data has no column {', '.join(map(repr, lost[:_NAMED]))}{more}"
                raise Unfit(f"{told}, which {whose} takes; it has {', '.join(has_names[:_NAMED])}")
            return _columns(self.table, names)
        if width is not None and len(has_names) != width:
            told = f"{whose} knows no names of columns and takes {width}; the data has {len(has_names)}"
            raise Unfit(f"{told}: give exactly those, in the order it was trained on")
        return self.table

    def matrix(self, names: Sequence[str] | None, width: int | None, whose: str) -> Any:
        """Return the same as one array of numbers; Unfit for columns that hold none."""
        import numpy as np

        taken = self.taken(names, width, whose)
        if hasattr(taken, "to_numpy"):
            taken = taken.to_numpy()
        elif isinstance(taken, Mapping):
            taken = np.column_stack(list(taken.values()))
        if taken.dtype.kind not in "fiub":
            try:
                return taken.astype(np.float64)
            except (TypeError, ValueError) as error:
                raise Unfit(f"{whose} takes numbers, and the data has text", str(error)) from error
        return taken


def _columns(table: Any, names: Sequence[str]) -> Any:
    if isinstance(table, dict):
        return {name: table[name] for name in names}
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    return table[list(names)]


def read_data(path: Path, name: str, most: int) -> Data:
    """Return the first `most` rows of a file that was called `name`; Unfit where it cannot be read or has none."""
    suffix = Path(name).suffix.lower()
    try:
        data = _READERS[suffix](path, most)
    except KeyError:
        raise Unfit(f"{name} is no file of a known kind: {', '.join(FORMATS)}") from None
    except ImportError as error:
        raise Unfit(f"{name} is read with {error.name}, which is not installed here") from error
    except Unfit:
        raise
    except Exception as error:
        raise Unfit(f"{name} cannot be read ({type(error).__name__})", str(error)) from error
    if data.rows == 0:
        raise Unfit(f"{name} has no rows")
    if data.rows <= most:
        return data
    if data.table is None:
        return Data(rows=most, array=data.array[:most], is_cut=True)
    cut = (
        {key: column[:most] for key, column in data.table.items()}
        if isinstance(data.table, dict)
        else data.table.iloc[:most]
    )
    return Data(rows=most, table=cut, is_cut=True)


def _pandas() -> Any:
    try:
        import pandas as pd
    except ImportError:
        return None
    return pd


def _table(table: Any) -> Data:
    if isinstance(table, dict):
        return Data(rows=len(next(iter(table.values()), ())), table=table)
    return Data(rows=len(table), table=table)


def _csv(path: Path, most: int, *, separator: str = ",") -> Data:
    pandas = _pandas()
    if pandas is not None:
        try:
            return _table(pandas.read_csv(path, sep=separator, nrows=most + 1))
        except pandas.errors.EmptyDataError:
            return Data(rows=0)
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(islice(csv.reader(file, delimiter=separator), most + 2))
    head, rows = (lines[0] if lines else []), lines[1:]
    return _table({name: _column([row[place] for row in rows]) for place, name in enumerate(head)})


def _tsv(path: Path, most: int) -> Data:
    return _csv(path, most, separator="\t")


def _column(values: list[Any]) -> Any:
    import numpy as np

    for kind in (np.int64, np.float64):
        try:
            return np.array([kind(value) for value in values])
        except (TypeError, ValueError):
            continue
    return np.array(values, dtype=object)


def _parquet(path: Path, most: int) -> Data:
    from pyarrow import Table, parquet

    with parquet.ParquetFile(path) as file:
        schema, batches, rows = file.schema_arrow, [], 0
        for batch in file.iter_batches(batch_size=min(most + 1, 1 << 16)):
            batches.append(batch)
            rows += len(batch)
            if rows > most:
                break
    return _arrow(Table.from_batches(batches, schema=schema))


def _feather(path: Path, _most: int) -> Data:
    from pyarrow import feather

    return _arrow(feather.read_table(path))


def _arrow(table: Any) -> Data:
    if _pandas() is not None:
        return _table(table.to_pandas())
    return _table({name: table[name].to_numpy() for name in table.column_names})


def _npy(path: Path, _most: int) -> Data:
    import numpy as np

    return _array(np.load(path, allow_pickle=False, mmap_mode="r"))


def _npz(path: Path, _most: int) -> Data:
    """One array; of several the one called X or data; else columns of one dimension."""
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    for name in ("X", "x", "data", "inputs"):
        if name in arrays:
            return _array(arrays[name])
    if len(arrays) == 1:
        return _array(next(iter(arrays.values())))
    if arrays and all(array.ndim == 1 for array in arrays.values()):
        return _framed(arrays)
    raise Unfit(f"it holds the arrays {', '.join(arrays)}: call the one that is meant X")


def _array(array: Any) -> Data:
    if array.dtype.names is not None:
        return _framed({name: array[name] for name in array.dtype.names})
    if array.ndim == 0:
        raise Unfit("it holds one number, and no rows")
    return Data(rows=array.shape[0], array=array)


def _json(path: Path, most: int) -> Data:
    """A list of rows, each an object or a list, or an object of columns."""
    return _values(json.loads(path.read_text(encoding="utf-8")), most)


def _jsonl(path: Path, most: int) -> Data:
    with path.open(encoding="utf-8") as file:
        lines = (line for line in file if line.strip())
        return _values([json.loads(line) for line in islice(lines, most + 1)], most)


def _values(found: Any, most: int) -> Data:
    import numpy as np

    if isinstance(found, dict) and found and all(isinstance(column, list) for column in found.values()):
        return _framed({name: _column(column) for name, column in found.items()})
    if not isinstance(found, list):
        raise Unfit("it is neither a list of rows nor an object of columns")
    rows = found[: most + 1]
    if rows and all(isinstance(row, dict) for row in rows):
        names = dict.fromkeys(name for row in rows for name in row)
        return _framed({name: _column([row.get(name, float("nan")) for row in rows]) for name in names})
    return _array(np.array(rows)) if rows else Data(rows=0)


def _framed(columns: dict[str, Any]) -> Data:
    pandas = _pandas()
    return _table(columns if pandas is None else pandas.DataFrame(columns))


_READERS: dict[str, Callable[[Path, int], Data]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".parquet": _parquet,
    ".pq": _parquet,
    ".feather": _feather,
    ".arrow": _feather,
    ".npy": _npy,
    ".npz": _npz,
    ".json": _json,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
}
