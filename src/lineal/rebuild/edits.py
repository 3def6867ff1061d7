"""The files of packages that had been edited by hand when a run was recorded, read out of the record once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lineal.lineage.capture_record import Item, item
from lineal.model.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edited file: its `path` then, its `place` below the packages, and what it was.

    `state` is `edited`, `gone` or what else was wrong with it; `fingerprint` is None where it could not be read.
    """

    path: str
    place: str
    package: str
    state: str
    fingerprint: str | None


def edits_in(record: Mapping[str, Item]) -> tuple[Edit, ...]:
    """Return the edited files that a record names; () where it names none."""
    value = item(record, "edited_packages").value
    named = value.get("files") if isinstance(value, Mapping) else None
    found = named.items() if isinstance(named, Mapping) else ()
    return tuple(_edit(str(path), entry) for path, entry in found if isinstance(entry, Mapping))


def _edit(path: str, entry: Mapping[str, Json]) -> Edit:
    fingerprint = entry.get("fingerprint")
    return Edit(
        path=path,
        place=str(entry.get("place")),
        package=str(entry.get("package")),
        state=str(entry.get("state")),
        fingerprint=fingerprint if isinstance(fingerprint, str) else None,
    )
