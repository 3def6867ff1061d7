"""Which of the recorded packages a recipe asks for: those the run loaded, with what these say they need.

What else was installed is listed beside them. Where it is not known what was loaded or needed, all are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lineal.capture.installed import installed_packages
from lineal.capture.locks.locked import normal
from lineal.lineage.capture_record import Item
from lineal.rebuild.bearing import loaded_in

_NEEDED = re.compile(r"(?m)^Requires-Dist:\s*([A-Za-z0-9][A-Za-z0-9._-]*)([^\n]*)$")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def divided(lines: Sequence[str], record: Mapping[str, Item]) -> tuple[list[str], list[str]]:
    """Return the lines of a list of requirements that are asked for, and the others."""
    pins = {_name_in(line): line for line in lines}
    needed = _needed(pins, record)
    if needed is None:
        return list(lines), []
    asked = [line for line in lines if _name_in(line) in needed]
    return asked, [line for line in lines if line not in asked]


def _needed(pins: Mapping[str, str], record: Mapping[str, Item]) -> set[str] | None:
    """Return the names of what was loaded and all that needs; None where something that was loaded cannot be asked.

    A package may need another one without loading a module of it, such as a library of an accelerator: what each one
    needs is read from its own description, which is only at hand where the recorded version is installed.
    """
    loaded = loaded_in(record)
    if not loaded:
        return None
    here = {normal(package.name): package for package in installed_packages()}
    found: set[str] = set()
    waiting = [name for name in map(normal, loaded) if name in pins]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        package = here.get(name)
        if package is None or not pins[name].partition(" ")[0].endswith(f"=={package.version}"):
            return None
        head = package.said("METADATA").partition("\n\n")[0]
        if not head:
            return None
        needs = [normal(one) for one, marker in _NEEDED.findall(head) if "extra" not in marker.partition(";")[2]]
        waiting += [one for one in needs if one in pins]
    return found


def _name_in(line: str) -> str:
    found = _NAME.match(line)
    return normal(found.group() if found is not None else line)
