"""Fingerprints of whatever a run reads or writes: one call that looks at the thing and takes the right rule.

Loads no third-party package by itself; a frame brings its own. Nothing is ever unpickled.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from lineal.capture.fingerprints.arrays import is_array, of_array
from lineal.capture.fingerprints.directories import directory_steps
from lineal.capture.fingerprints.files import file_steps
from lineal.capture.fingerprints.frames import is_frame, of_frame
from lineal.capture.fingerprints.marks import MOST_BYTES, marks_of_text
from lineal.capture.fingerprints.models import Canonical, canonical_of, is_model
from lineal.capture.fingerprints.tables import is_table, of_table, table_size
from lineal.capture.steps import Steps, finished
from lineal.errors import InvalidArgument
from lineal.model.fingerprint import Fingerprinted, Kind, of_bytes, of_value

__all__ = [
    "Canonical",
    "Fingerprinted",
    "canonical_of",
    "fingerprint_of",
    "fingerprint_of_path",
    "is_table",
    "of_table",
    "path_steps",
    "table_size",
]


def fingerprint_of(thing: object) -> Fingerprinted:
    """Return the fingerprint of the full content of `thing`, never of a sample.

    A `Path` is a file or directory; text is text (use `fingerprint_of_path` for a path given as text); bytes have the
    fingerprint of a file with that content; frames of pandas, polars and Arrow agree; then arrays and JSON values.
    (`of_table` gives the fingerprint of the rows in a Parquet, Feather or CSV file, or in a directory of Parquet files,
    which is that of their frame.)
    Raises InvalidArgument for content without a rule, NotFound, PermissionDenied, MissingExtra without pyarrow.

        >>> fingerprint_of(b"hello").fingerprint[:15]
        'sha256:2cf24dba'
    """
    if isinstance(thing, os.PathLike):
        return fingerprint_of_path(thing)
    if isinstance(thing, bytes | bytearray | memoryview):
        data = bytes(thing)
        return Fingerprinted(of_bytes(data), Kind.FILE.value, bytes=len(data), row_marks=marks_of_text(data))
    if is_frame(thing):
        return of_frame(thing)
    if is_array(thing):
        return of_array(thing)  # type: ignore[arg-type]  # is_array looked
    if is_model(thing):
        return _of_model(thing)
    return Fingerprinted(of_value(thing), Kind.VALUE.value)


def fingerprint_of_path(path: str | os.PathLike[str]) -> Fingerprinted:
    """Return the fingerprint of the file or directory at `path`."""
    return finished(path_steps(path))


def path_steps(path: str | os.PathLike[str]) -> Steps[Fingerprinted]:
    """Return the same in steps, so that a large file can be left for a while."""
    if os.path.isdir(path):  # noqa: PTH112
        return (yield from directory_steps(path))
    found = yield from file_steps(path)
    return replace(found, row_marks=_marks(path, found)) if (found.bytes or 0) <= MOST_BYTES else found


def _marks(path: str | os.PathLike[str], found: Fingerprinted) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError:
        return ""
    return marks_of_text(data) if of_bytes(data) == found.fingerprint else ""


def _of_model(model: object) -> Fingerprinted:
    found = canonical_of(model)
    if found.fingerprint is None:
        raise InvalidArgument(
            f"the fitted state of a {type(model).__name__} has no fingerprint: {found.reason}",
            hint="write the model to a file and give its path: the file's bytes always have one",
        )
    notes = (f"left out: {', '.join(found.left_out)}",) if found.left_out else ()
    return Fingerprinted(found.fingerprint, Kind.MODEL.value, found.rule, notes=notes)
