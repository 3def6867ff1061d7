"""The destination: a file that takes its name only when it is complete, and never another file's place."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lineal.errors import AlreadyExists, FailedPrecondition, StoreFull, StoreReadOnly
from lineal.files.sync import sync_directory


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """Give a path beside `file` that becomes `file` at the end and then survives a power cut.

    What goes wrong becomes Lineal's errors: AlreadyExists, StoreFull, StoreReadOnly, FailedPrecondition (two rows that
    may not both be there).
    """
    if file.exists():
        raise AlreadyExists(f"{file} is there already and is not overwritten", hint="choose another file")
    unfinished = file.absolute().with_name(f".{file.name}.{os.getpid()}.part")
    try:
        yield unfinished
        with unfinished.open("rb+") as written:
            os.fsync(written.fileno())
        _name(unfinished, file)
        sync_directory(unfinished.parent)
    except sqlite3.IntegrityError as error:
        raise FailedPrecondition(f"{file} was not written: {error}", hint="ML Metadata cannot hold both") from error
    except (sqlite3.Error, OSError) as error:
        if "disk is full" in str(error) or getattr(error, "errno", None) == errno.ENOSPC:
            raise StoreFull(f"the disk is full; {file} was not written", hint="free some space") from error
        raise StoreReadOnly(f"{file} cannot be written: {error}", hint="check the directory") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _name(unfinished: Path, file: Path) -> None:
    try:
        # Unlike a rename, a second name never replaces a file that appeared meanwhile.
        os.link(unfinished, file)
    except FileExistsError as error:
        raise _appeared(file) from error
    except OSError:
        # A file system without second names.
        _replace(unfinished, file)


def _replace(unfinished: Path, file: Path) -> None:
    """Take the name with an empty file, which only one can do, and replace that."""
    try:
        file.touch(exist_ok=False)
    except FileExistsError as error:
        raise _appeared(file) from error
    try:
        unfinished.replace(file)
    except OSError:
        file.unlink()
        raise


def _appeared(file: Path) -> AlreadyExists:
    return AlreadyExists(f"{file} appeared meanwhile and is not overwritten", hint="choose another file")
