"""What has changed since: code, variables and inputs that are no longer as recorded where they lay.

A rebuild takes the recorded ones as far as they are kept: this explains what differs outside of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.capture.data import fingerprint_of
from lineal.capture.hardware import usable_processors
from lineal.capture.secrets import HIDDEN, redact_value
from lineal.capture.variables import is_always_recorded
from lineal.errors import LinealError
from lineal.files import Files
from lineal.lineage.capture_record import item
from lineal.lineage.training import reference_to
from lineal.model.nodes import Artifact
from lineal.rebuild.bearing import of_code
from lineal.rebuild.changes import THREADS
from lineal.rebuild.code import module_fingerprints
from lineal.rebuild.elsewhere import modules_elsewhere, text_elsewhere
from lineal.rebuild.layout import Layout
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.rows import Content, explained, kept_content, known_content
from lineal.rebuild.variables import program_variables
from lineal.rebuild.verdict import Difference

SET_BY_A_REBUILD = frozenset({"HOME", "PYTHONHASHSEED", "TMPDIR", "PATH", "PYTHONPATH", "LINEAL_URL"})
"""Variables whose values say nothing of the program's own: a rebuild sets them."""

_MOST = 64 << 20
"""A larger file is not read once more only to say what changed."""


def changed_since(recipe: Recipe, layout: Layout, files: Files) -> Iterator[Difference]:
    """Yield what is something else now than when it was recorded."""
    yield from _code(recipe, layout, files)
    yield from _variables(recipe)
    for artifact in recipe.inputs:
        path = _path_of(artifact, layout)
        if path is None or artifact.custom_properties.get("fingerprint_kind") != "file":
            continue
        yield from _file("input", reference_to(artifact), path, artifact.fingerprint, known_content(artifact, files))
    yield from _processors(recipe)


def _code(recipe: Recipe, layout: Layout, files: Files) -> Iterator[Difference]:
    for name, module in sorted(modules_elsewhere(recipe.record).items()):
        text = text_elsewhere(recipe.record, files, name)
        yield from _text(f"{name}.py", Path(str(module.get("path"))), str(module.get("fingerprint")), text)
    if layout.root is None:
        return
    known = dict(module_fingerprints(item(recipe.record, "modules"), files))
    script = item(recipe.record, "script").value
    if isinstance(script, Mapping) and isinstance(script.get("fingerprint"), str):
        known[str(script.get("path"))] = str(script["fingerprint"])
    for name, fingerprint in sorted(known.items()):
        path = Path(layout.root) / layout.code / name
        if path.is_file() and str(fingerprint).startswith("sha256:"):
            yield from _text(name, path, str(fingerprint), kept_content(str(fingerprint), files).data)


def _text(name: str, path: Path, recorded: str, before: bytes | None) -> Iterator[Difference]:
    for changed in _file("code", name, path, recorded, Content(data=before, facts={})):
        yield of_code(changed, before, path.read_bytes())


def _variables(recipe: Recipe) -> Iterator[Difference]:
    known = program_variables(recipe.record)
    since = [name for name in os.environ if is_always_recorded(name)] if known else []  # set then, they would be there
    for name in dict.fromkeys([*known, *sorted(since)]):
        recorded, now = known.get(name), os.environ.get(name)
        shown = None if now is None else redact_value(name, now)
        if name in SET_BY_A_REBUILD or recorded == shown or HIDDEN in str(recorded):
            continue
        told = f"{name} was {'not set' if recorded is None else recorded!s}, and is {shown or 'not set'} here"
        kind = "threads" if name in THREADS else "variable"
        yield Difference(kind=kind, what=name, recorded=recorded, rebuilt=shown, sentence=told)


def _processors(recipe: Recipe) -> Iterator[Difference]:
    value = item(recipe.record, "cpu_memory").value
    recorded, now = (value.get("usable") if isinstance(value, Mapping) else None), usable_processors()
    if isinstance(recorded, int) and now is not None and recorded != now:
        told = f"the program could use {recorded} processors, and here {now}: libraries take as many threads"
        yield Difference(kind="threads", what="processors", recorded=recorded, rebuilt=now, sentence=told)


def _file(kind: str, name: str, path: Path, recorded: str | None, before: Content) -> Iterator[Difference]:
    try:
        if path.stat().st_size > _MOST:
            return
        found = fingerprint_of(path)
        data = path.read_bytes() if found.fingerprint != recorded else b""
    except (OSError, LinealError):
        return  # it is gone: what the plan misses, if anything, it says itself
    if found.fingerprint == recorded:
        return
    marks = {"row_marks": [found.row_marks]} if found.row_marks else {}
    told = explained(before, Content(data=data, facts=marks))
    yield Difference(
        kind=kind,
        what=name,
        recorded=recorded,
        rebuilt=found.fingerprint,
        sentence=f"{path} is no longer what {name} was" + (f": {told.words}" if told.words else ""),
        where=told.where,
        rows=told.rows,
    )


def _path_of(artifact: Artifact, layout: Layout) -> Path | None:
    parts = urlsplit(artifact.uri or "")
    if parts.scheme != "file":
        return None
    path = Path(unquote(parts.path))
    return path if path.is_absolute() and path.is_file() else Path(layout.root or "/") / path
