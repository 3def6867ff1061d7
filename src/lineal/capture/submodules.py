"""Submodules of a repository: which commit each is at, and what is changed in it beside that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, unknown, withheld
from lineal.capture.git import ask
from lineal.files import Files
from lineal.model.values import Json

State = Callable[[Files, Path], Mapping[str, Captured]]

_MOST = 50
_STATES = {"-": "not initialised", "+": "other commit", "U": "conflict", " ": "clean"}


def submodules_item(files: Files, root: Path, state_of: State) -> Captured:
    """Return path, commit and state of each submodule, those inside others too; `state_of` looks into one.

    One that is not initialised is a value: no code of it was there to run.
    """
    if not (root / ".gitmodules").exists():
        return not_applicable("the repository has no submodules")
    out, cut = ask(root, "submodule", "status", "--recursive")
    if cut:
        return withheld("the list of submodules is too long")
    lines = out.decode("utf-8", "backslashreplace").splitlines()
    modules: list[Json] = []
    lost: list[str] = []
    for line in lines[:_MOST]:
        commit, _, rest = line[1:].partition(" ")
        path = rest.partition(" (")[0]
        module: dict[str, Json] = {"path": path, "commit": commit, "state": _STATES.get(line[:1], line[:1])}
        if line[:1] != "-":
            found = state_of(files, root / path)
            module["dirty"] = found["dirty"].value
            module |= {name: item.as_entry() for name, item in found.items() if name != "dirty"}
            lost += [path for item in found.values() if item.status in ("unknown", "withheld")]
        modules.append(module)
    if len(lines) > _MOST:
        return withheld(f"only the first {_MOST} of {len(lines)} submodules were looked at", modules)
    if lost:
        return unknown(f"not everything is known or kept of: {', '.join(dict.fromkeys(lost))}", modules)
    return captured(modules)
