"""Environments: what two runs ran in, compared: Python, packages and edited files of them, variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lineal.lineage.capture_record import Item, item
from lineal.lineage.changes import Change, Section, compare, compare_items, section
from lineal.lineage.locks import ReadsFiles, packages_of
from lineal.model.values import Json

_ALWAYS = ("python", "platform")
_WHERE_KNOWN = ("container",)
"""Items that most runs cannot know: they count only where a side knows them."""

Record = Mapping[str, Item]


def environment_section(before: Record, after: Record, files: ReadsFiles | None) -> Section:
    """Return what differs between two environments; pin by pin where the files of both locks can be read."""
    known = [name for name in _WHERE_KNOWN if _is_known(name, before, after)]
    parts = [compare_items(before, after, (*_ALWAYS, *known))]
    packages = [packages_of(item(record, "environment"), files) for record in (before, after)]
    if packages[0] is None or packages[1] is None:
        changes, same = compare_items(before, after, ["environment"])
        parts.append(([_lock(change) for change in changes], same))
    else:
        parts.append(compare(packages[0], packages[1]))
    for name, facts in (("edited_packages", _edited), ("variables", _variables)):
        if not _is_known(name, before, after):
            continue
        if all(item(record, name).settled for record in (before, after)):
            parts.append(compare(facts(before), facts(after)))
        else:
            parts.append(compare_items(before, after, [name]))
    return section("environment", *parts)


def _is_known(name: str, before: Record, after: Record) -> bool:
    return any(item(record, name).settled for record in (before, after))


def _edited(record: Record) -> dict[str, Json]:
    """Return what stands in the files of packages that were edited by hand, by their place."""
    value = item(record, "edited_packages").value
    files = value.get("files") if isinstance(value, Mapping) else None
    entries = files.values() if isinstance(files, Mapping) else ()
    return {
        f"edited file {one.get('place')}": one.get("fingerprint") or one.get("state")
        for one in entries
        if isinstance(one, Mapping)
    }


def _variables(record: Record) -> dict[str, Json]:
    """Return the variables that the program may depend on; numbers of threads are told with the hardware."""
    values = [item(record, name).value for name in ("variables", "thread_variables")]
    mine, elsewhere = (value if isinstance(value, Mapping) else {} for value in values)
    return {f"variable {name}": value for name, value in mine.items() if name not in elsewhere and value is not None}


def _lock(change: Change) -> Change:
    return replace(change, name="lock") if change.name == "environment.fingerprint" else change
