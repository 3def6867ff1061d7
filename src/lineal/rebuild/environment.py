"""The environment: which interpreter runs the recipe, and how its packages differ from the recorded ones.

`current` is the interpreter we run in. `prepare` is the seam for the others.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lineal.capture.installed import installed_packages
from lineal.errors import InvalidArgument
from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.lineage.locks import packages_of
from lineal.model.values import Json
from lineal.rebuild.verdict import Difference, Grade, Missing


class EnvironmentKind(StrEnum):
    """Which environment a rebuild runs in."""

    CURRENT = "current"
    LOCKED = "locked"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An interpreter to run a recipe with. `cap` is the best grade that can be promised with it, `drift` why."""

    kind: EnvironmentKind
    python: Path
    cap: Grade = Grade.BIT_EXACT
    drift: tuple[Difference, ...] = ()


def prepare(
    record: Mapping[str, Item], files: Files, kind: EnvironmentKind, *, allow_drift: bool = False
) -> Environment | Missing:
    """Return the environment a rebuild runs in, or what is missing of it."""
    if kind is not EnvironmentKind.CURRENT:
        raise InvalidArgument(f"--env {kind.value} is not offered yet", hint="use --env current")
    lost = _python_gone(record, allow_drift=allow_drift)
    if lost is not None:
        return lost
    drift = tuple(_drift(record, files))
    cap = Grade.NUMERIC if drift else Grade.BIT_EXACT
    return Environment(kind=kind, python=Path(sys.executable), cap=cap, drift=drift)


def _python_gone(record: Mapping[str, Item], *, allow_drift: bool) -> Missing | None:
    value = item(record, "python").value
    found = value.get("version") if isinstance(value, Mapping) else None
    recorded = found if isinstance(found, str) else None
    here = ".".join(map(str, sys.version_info[:3]))
    if recorded is None or recorded.rsplit(".", 1)[0] == here.rsplit(".", 1)[0] or allow_drift:
        return None
    return Missing(
        kind="python",
        what=recorded,
        sentence=f"it ran with Python {recorded}, and this is Python {here}",
        advice="run lineal with that Python, or go on with --allow-drift",
    )


def _drift(record: Mapping[str, Item], files: Files) -> list[Difference]:
    """Return the packages that are not what they were. Packages that came in addition change nothing that ran then."""
    found: list[Difference] = []
    value = item(record, "python").value
    recorded = value.get("version") if isinstance(value, Mapping) else None
    here = ".".join(map(str, sys.version_info[:3]))
    if isinstance(recorded, str) and recorded != here:
        found.append(_differs("python", "python", recorded, here))
    pins = packages_of(item(record, "environment"), files) or {}
    installed: dict[str, Json] = {package.name: package.version for package in installed_packages()}
    for name, version in sorted(pins.items()):
        if installed.get(name) != version:
            found.append(_differs("package", name, version, installed.get(name)))
    return found


def _differs(kind: str, what: str, recorded: Json, rebuilt: Json) -> Difference:
    was = f"{what} was {recorded!s}"
    told = f"{was}, and is not installed" if rebuilt is None else f"{was}, and is {rebuilt!s}"
    return Difference(kind=kind, what=what, recorded=recorded, rebuilt=rebuilt, sentence=told)
