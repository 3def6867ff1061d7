"""CSV files as tables: columns and types as pandas' and polars' plain `read_csv` give them.

The types are those of all rows. Where the first block of a file does not foretell them, the file is read whole, if it
is not too large for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.errors import InvalidArgument

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import csv

_MISSING = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
]  # fmt: skip
"""What pandas takes for a missing value, so that its frame has the fingerprint of the file."""

_BLOCK = 4 << 20
_WHOLE = 256 << 20
"""A file up to this size is read whole where a later block has other types than the first."""


class CsvFile:
    """One CSV file and how it is parsed."""

    def __init__(self, path: Path, delimiter: str) -> None:
        self._path = path
        self._delimiter = delimiter

    def batches(self, stack: ExitStack) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Return the schema as the first block has it, and the batches, of which each may raise ArrowInvalid."""
        with ExitStack() as first:
            words = _temporal(first.enter_context(self._opened({})).schema)
        reader = stack.enter_context(self._opened(words))
        return reader.schema, iter(reader)

    def whole(self, reason: Exception) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Return the schema of all rows and their batches; InvalidArgument with the reason for too large a file."""
        if self._path.stat().st_size > _WHOLE:
            raise InvalidArgument(
                f"the types of columns change within {self._path}, which is too large to be read whole: {reason}",
                hint="write it as Parquet, which states its types",
            ) from reason
        table = self._read({})
        words = _temporal(table.schema)
        table = self._read(words) if words else table
        return table.schema, iter(table.to_batches())

    def _opened(self, types: dict[str, pa.DataType]) -> csv.CSVStreamingReader:
        from pyarrow import csv

        return csv.open_csv(self._path, *self._options(types))

    def _read(self, types: dict[str, pa.DataType]) -> pa.Table:
        from pyarrow import csv

        return csv.read_csv(self._path, *self._options(types))

    def _options(self, types: dict[str, pa.DataType]) -> tuple[csv.ReadOptions, csv.ParseOptions, csv.ConvertOptions]:
        from pyarrow import csv

        return (
            csv.ReadOptions(block_size=_BLOCK),
            csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
            csv.ConvertOptions(
                column_types=types,
                null_values=_MISSING,
                true_values=["True", "TRUE", "true"],
                false_values=["False", "FALSE", "false"],
                strings_can_be_null=True,
            ),
        )


def _temporal(schema: pa.Schema) -> dict[str, pa.DataType]:
    """Return the columns of dates and times as the text they are in the file: no library parses them unasked."""
    import pyarrow as pa

    return {field.name: pa.string() for field in schema if pa.types.is_temporal(field.type)}
