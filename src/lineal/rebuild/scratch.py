"""The scratch workspace: where the rebuilt process records itself, seeded with what the recorded one found.

It has the input artifacts under their names, versions, aliases and fingerprints, with their bytes where they are kept,
so that `run.use("dataset:flights@v1")` means there what it meant then. Nothing of the user's workspace is written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lineal.errors import LinealError, NotRunnable
from lineal.files import Files
from lineal.model.aliases import Alias
from lineal.model.ids import ArtifactId, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Execution, family_of
from lineal.model.publication import Origin
from lineal.model.vocabulary import STANDARD_TYPES
from lineal.rebuild.inputs import InputSource
from lineal.rebuild.measure import only_plain
from lineal.rebuild.place import is_full
from lineal.rebuild.recipe import Recipe, Step, step_of
from lineal.rebuild.swaps import NO_SWAPS, Swaps, swapped_artifact
from lineal.rebuild.verdict import refused
from lineal.store.location import Location, locate
from lineal.store.open import open_store
from lineal.store.protocol import Store

Schema = frozenset[tuple[str, str, str | None]]
"""What a database is made of, so that it is seen where a program made something else of it."""

_BY = Origin(actor="lineal", action="seed a rebuild")


def seed(
    store: Store,
    files: Files,
    recipe: Recipe,
    sources: Sequence[InputSource],
    *,
    place: Path,
    tree: Path,
    swaps: Swaps = NO_SWAPS,
) -> tuple[str, Schema]:
    """Make the scratch workspace below `place` and return its URL and its schema.

    `swaps` are inputs that shall be others now.
    """
    location = locate(place, create=True)
    scratch = open_store(location, create=True)
    try:
        _copy_types(store, scratch)
        kept = Files(location.files)
        targets = {source.name: tree / source.target for source in sources if source.target is not None}
        for recorded in recipe.inputs:
            artifact = swapped_artifact(recorded, swaps)
            if artifact is None:
                continue
            _seed_one(store, scratch, artifact, targets)
            _copy_bytes(artifact, files, kept)
            swap = swaps.get(ArtifactId(recorded.id or 0))
            if swap is not None and swap.content is not None:
                kept.put_file(swap.content)
    finally:
        scratch.close()
    return location.url, _schema(location)


def rebuilt_steps(url: str, place: Path, seeded: Schema) -> tuple[list[Step], Files]:
    """Return the runs that the rebuilt process recorded, oldest first, and the files beside them.

    The process could write anything there: what is no plain file is removed, and a database with other tables, views
    or triggers than it was given is not read. NotRunnable says so.
    """
    location: Location = locate(url)
    try:
        only_plain(place)
        if _schema(location) != seeded:
            raise refused("record", "scratch", "the program changed the tables in which it was to record itself")
        scratch = open_store(location, create=False)
        try:
            runs = scratch.list(Execution, ListOptions(limit=10_000)).items
            return [step_of(scratch, run) for run in runs], Files(location.files)
        finally:
            scratch.close()
    except NotRunnable:
        raise
    except (LinealError, OSError, sqlite3.Error) as error:
        if is_full(error):
            raise
        raise refused("record", "scratch", f"what the program recorded of itself cannot be read: {error}") from error


def _schema(location: Location) -> Schema:
    """Return tables, views, indexes and triggers of a workspace's database, as they are written in it."""
    assert location.database is not None
    database = sqlite3.connect(f"{location.database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found = database.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%'")
        return frozenset((str(kind), str(name), sql) for kind, name, sql in found)
    finally:
        database.close()


def _seed_one(store: Store, scratch: Store, artifact: Artifact, targets: Mapping[str, Path]) -> None:
    name = f"{artifact.type.lower()}:{artifact.name}"
    target = targets.get(name)
    uri = target.absolute().as_uri() if target is not None else artifact.uri
    plain = replace(artifact, id=None, created_at=None, updated_at=None, entry=None, uri=uri)
    (key,) = scratch.put([plain], by=_BY)
    aliases = store.aliases(artifacts=[ArtifactId(artifact.id or 0)])
    if aliases and artifact.name:
        family = family_of(artifact.name)[0]
        moved = [
            Alias(type=artifact.type, family=family, alias=alias.alias, artifact_id=ArtifactId(key.id))
            for alias in aliases
        ]
        scratch.put_aliases(moved, by=_BY)


def _copy_types(store: Store, scratch: Store) -> None:
    """Give the scratch store the types that users made: in the order of their ids, so that a base comes first."""
    own = [
        replace(type_, id=None)
        for type_ in store.list_types()
        if (type_.kind, type_.name) not in STANDARD_TYPES and type_.kind is not NodeKind.CONTEXT
    ]
    for type_ in own:
        if not type_.name.startswith("mlmd."):
            scratch.put_types([type_], by=_BY, can_add_fields=True, can_omit_fields=True)


def _copy_bytes(artifact: Artifact, files: Files, kept: Files) -> None:
    wanted: Iterable[object] = (artifact.fingerprint, artifact.custom_properties.get("kept"))
    for fingerprint in wanted:
        if isinstance(fingerprint, str) and fingerprint.startswith("sha256:") and files.has(fingerprint):
            try:
                files.open(fingerprint).close()
                kept.put_file(files.path(fingerprint))
            except LinealError:
                continue  # a spoilt copy is no copy: the program then says what it lacks
