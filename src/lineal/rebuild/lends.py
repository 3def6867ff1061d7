"""Lends Lineal to an environment: it records the recipe and is no part of it, so the lock need not name it.

It and what it needs are linked into a directory of their own, which comes last on the path: what the lock has wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from lineal import errors
from lineal.capture.locks.locked import normal
from lineal.model.values import Json

_OURSELVES = "lineal"
_PLACE = "lineal-lends"


def lend(site: Path, *, has: frozenset[str]) -> None:
    """Make `import lineal` work in the environment of this directory of packages; `has` are those it has already.

    Compiled parts are lent as well, so its interpreter must be like ours; what `has` names is not lent.
    """
    place = site.parent / _PLACE / "site-packages"
    place.mkdir(parents=True, exist_ok=True)
    _point(Path(errors.__file__).parent, place / _OURSELVES)
    for name, found in needed().items():
        if name not in has:
            _lend_distribution(found, place)
    (site / f"{_PLACE}.pth").write_text(f"{place}\n", encoding="utf-8")


def needed() -> dict[str, Distribution]:
    """Return the packages Lineal's core needs, with what they need, as they are installed here."""
    found: dict[str, Distribution] = {}
    pending = [_OURSELVES]
    while pending:
        name = pending.pop()
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue  # needed on another platform only
        if name != _OURSELVES:
            found[name] = one
        for line in one.requires or ():
            needed = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line)
            if needed and "extra ==" not in line and normal(needed[0]) not in found:
                pending.append(normal(needed[0]))
    return found


def without_ourselves(packages: Mapping[str, Json]) -> dict[str, Json]:
    """Return packages and their versions without Lineal, which is lent to every rebuild and so explains no result."""
    return {name: version for name, version in packages.items() if name != _OURSELVES}


def _lend_distribution(one: Distribution, place: Path) -> None:
    for top in {path.parts[0] for path in one.files or ()}:
        source = Path(str(one.locate_file(top)))
        if top not in ("..", "__pycache__", "bin") and source.exists():
            _point(source, place / top)


def _point(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    target.symlink_to(source.resolve())
