"""The environment: which interpreter runs the recipe, and how its packages differ from the recorded ones.

`current` is the interpreter we run in, `locked` one made from the recorded lock; in an image nothing is started.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lineal.capture.edited import edits_of
from lineal.capture.installed import installed_packages
from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.lineage.locks import packages_of
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json
from lineal.rebuild.bearing import ADDED, loaded_in, of_package
from lineal.rebuild.edits import edits_in
from lineal.rebuild.image import image_missing
from lineal.rebuild.lends import without_ourselves
from lineal.rebuild.locked import Lock, find_lock, here, make
from lineal.rebuild.verdict import Difference, Grade, Missing

_NAMED = 5


class EnvironmentKind(StrEnum):
    """Which environment a rebuild runs in."""

    CURRENT = "current"
    LOCKED = "locked"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An interpreter to run a recipe with. `cap` is the best grade that can be promised with it, `drift` why.

    `lock` is what it is made from where it is not there yet.
    """

    kind: EnvironmentKind
    python: Path
    cap: Grade = Grade.BIT_EXACT
    drift: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    lock: Lock | None = None

    @property
    def sentence(self) -> str:
        """The environment for people."""
        if self.lock is None:
            return f"{self.kind.value}, {self.python}"
        state = "made before" if self.lock.is_made else f"to be made, {len(self.lock.requirements)} packages"
        return f"{self.kind.value}, {self.python} ({state})"


def prepare(
    record: Mapping[str, Item], files: Files, kind: EnvironmentKind, *, allow_drift: bool = False
) -> Environment | Missing:
    """Return the environment a rebuild runs in, or what is missing of it. Nothing is made yet."""
    if kind is EnvironmentKind.IMAGE:
        return image_missing(record)
    if kind is EnvironmentKind.LOCKED:
        return _locked(record, files, allow_drift=allow_drift)
    lost = _python_gone(record, allow_drift=allow_drift)
    if lost is not None:
        return lost
    drift = tuple(_drift(record, files))
    cap = Grade.NUMERIC if any(_matters(difference) for difference in drift) else Grade.BIT_EXACT
    return Environment(kind=kind, python=Path(sys.executable), cap=cap, drift=drift)


def realise(
    environment: Environment, files: Files, progress: Callable[[str], None], *, builds: bool = False
) -> list[str]:
    """Make the environment unless it is there, and return notes; NotRunnable says what hinders it.

    `builds` allows to build packages.
    """
    if environment.lock is None:
        return []
    make(environment.lock, files, progress, builds=builds)
    named = ", ".join(environment.lock.left_out)
    told = f"left out, for the program did not load them, and they come as source only or are in no index: {named}"
    return [told] if named else []


def _locked(record: Mapping[str, Item], files: Files, *, allow_drift: bool) -> Environment | Missing:
    recorded = _version(record) or here()
    version = here() if allow_drift and recorded != here() else recorded
    lock = find_lock(record, files, python=version)
    if isinstance(lock, Missing):
        return lock
    drift = (_differs("python", "python", recorded, version),) if version != recorded else ()
    number = len(lock.unhashed)
    told = f"{number} packages have no recorded fingerprint and are taken by name and version: "
    notes = (told + ", ".join(lock.unhashed[:_NAMED]) + (" …" if number > _NAMED else ""),) if number else ()
    return Environment(
        kind=EnvironmentKind.LOCKED,
        python=lock.interpreter,
        cap=Grade.NUMERIC if drift else Grade.BIT_EXACT,
        drift=drift,
        notes=notes,
        lock=lock,
    )


def _python_gone(record: Mapping[str, Item], *, allow_drift: bool) -> Missing | None:
    recorded, now = _version(record), here()
    if recorded is None or recorded.rsplit(".", 1)[0] == now.rsplit(".", 1)[0] or allow_drift:
        return None
    return Missing(
        kind="python",
        what=recorded,
        sentence=f"it ran with Python {recorded}, and this is Python {now}",
        advice="run lineal with that Python, rebuild with --env locked, or go on with --allow-drift",
    )


def _drift(record: Mapping[str, Item], files: Files) -> Iterator[Difference]:
    """Yield what is not as it was: Python, packages changed and removed, edits undone, then packages added."""
    recorded, now = _version(record), here()
    if recorded is not None and recorded != now:
        yield _differs("python", "python", recorded, now)
    pins = without_ourselves(packages_of(item(record, "environment"), files) or {})
    installed = without_ourselves({package.name: package.version for package in installed_packages()})
    loaded = loaded_in(record)
    for name, version in sorted(pins.items()):
        if installed.get(name) != version:
            yield of_package(_differs("package", name, version, installed.get(name)), loaded)
    yield from _edits_undone(record)
    yield from _edited_since(record, loaded or frozenset())
    for name in sorted(installed.keys() - pins.keys()) if pins else ():
        told = f"{name} {installed[name]!s} has been installed since"
        added = Difference(kind="package", what=name, recorded=None, rebuilt=installed[name], sentence=told)
        yield of_package(added, None)  # whether it will be loaded is not known yet


def _edits_undone(record: Mapping[str, Item]) -> Iterator[Difference]:
    """Yield the files of packages that had been edited by hand and are now something else."""
    for edit in edits_in(record):
        if edit.fingerprint is None:
            continue
        try:
            now: str | None = of_bytes(Path(edit.path).read_bytes())
        except OSError:
            now = None
        if edit.fingerprint != now:
            told = f"{edit.place} of {edit.package} had been edited, and is something else now"
            what = f"{edit.package}: {edit.place}"
            yield Difference(kind="package", what=what, recorded=edit.fingerprint, rebuilt=now, sentence=told)


def _edited_since(record: Mapping[str, Item], loaded: frozenset[str]) -> Iterator[Difference]:
    """Yield the files of packages that the program loads, were as installed then, and are not any more."""
    if item(record, "edited_packages").status == "unknown":
        return
    known = {edit.place for edit in edits_in(record)}
    for package, place in edits_of(loaded):
        if place not in known:
            told = f"{place} of {package} was edited by hand since"
            yield Difference(kind="package", what=package, recorded=None, sentence=told, where={"file": place})


def _matters(difference: Difference) -> bool:
    """Whether a drift can change what ran then: what came in addition cannot."""
    return difference.aside != ADDED


def _version(record: Mapping[str, Item]) -> str | None:
    value = item(record, "python").value
    found = value.get("version") if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else None


def _differs(kind: str, what: str, recorded: Json, rebuilt: Json) -> Difference:
    was = f"{what} was {recorded!s}"
    told = f"{was}, and is not installed" if rebuilt is None else f"{was}, and is {rebuilt!s}"
    return Difference(kind=kind, what=what, recorded=recorded, rebuilt=rebuilt, sentence=told)
