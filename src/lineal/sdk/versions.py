"""Versions: which stored artifact a wanted one is, or which version it becomes.

Content decides. An artifact with the same fingerprint is the same artifact; `avoid` names those that
cannot be it, because the run that says so came out of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from lineal.errors import AlreadyExists, FailedPrecondition, InvalidArgument
from lineal.files import Files
from lineal.lineage.resolve import quoted, resolve
from lineal.model.edges import INPUTS, OUTPUTS
from lineal.model.ids import ArtifactId, NodeKind
from lineal.model.listing import ListOptions, OrderBy
from lineal.model.nodes import Artifact, Execution, family_of
from lineal.model.publication import Use
from lineal.model.vocabulary import STANDARD_TYPES
from lineal.sdk.wanted import Wanted
from lineal.store.protocol import Store

_MOST_TWINS = 200


def choose(store: Store, wanted: Wanted, avoid: Collection[ArtifactId]) -> Artifact:
    """Return the stored artifact that is meant, or one without an id: the artifact to put.

    Raises AlreadyExists, with both fingerprints, where the version given is taken by other content.
    """
    if wanted.stored is not None:
        return store.get(Artifact, [wanted.stored])[0]
    if wanted.reference is not None:
        return _referred(store, wanted.reference)
    versions = [found for found in store.versions(wanted.type, wanted.family) if found.type == wanted.type]
    taken = next((found for found in versions if family_of(found.name or "")[1] == wanted.version), None)
    if wanted.version is not None and taken is not None:
        return _same(taken, wanted)
    known = _recognised(store, wanted, versions, avoid)
    if known is not None:
        return known
    return wanted.artifact(wanted.version or next_version(versions), _declared(store, wanted.type))


def use_of(chosen: Artifact, wanted: Wanted) -> Use:
    """Return the event to publish for what `choose` gave.

    A stored output goes in as content, not as an id: the store then knows that it was made again, not older.
    """
    artifact: Artifact | ArtifactId
    if chosen.id is None or wanted.role in OUTPUTS:
        artifact = replace(chosen, id=None, created_at=None, updated_at=None, entry=None)
    else:
        artifact = chosen.id
    return Use(artifact=artifact, type=wanted.role, path=wanted.path, how=wanted.how)


def keep(files: Files, wanted: Wanted, chosen: Artifact) -> None:
    """Put the bytes of what was chosen into files, unless they are there. Called before it is published.

    Bytes first: an artifact whose bytes are missing could not be loaded, bytes without one do no harm.
    """
    if wanted.fitted is not None and wanted.canonical is not None and not files.has(wanted.canonical):
        files.put_bytes(wanted.fitted)
    if wanted.keep is None or (chosen.id is not None and chosen.fingerprint != wanted.fingerprint):
        return
    if chosen.id is not None and chosen.fingerprint is not None and files.has(chosen.fingerprint):
        return
    kept = files.put_bytes(wanted.keep) if isinstance(wanted.keep, bytes) else files.put_file(wanted.keep)
    if kept not in {chosen.fingerprint, chosen.custom_properties.get("kept")}:
        raise FailedPrecondition(
            f"{wanted.keep!s} changed while it was logged as {wanted.label}: first {chosen.fingerprint}, then {kept}",
            hint="log it once it is written completely",
        )


def fitted(store: Store, execution: Execution) -> Execution:
    """Return the run with what its type does not declare among the custom properties; a standard type declares all."""
    if (NodeKind.EXECUTION, execution.type) in STANDARD_TYPES:
        return execution
    declared = _properties_of(store, NodeKind.EXECUTION, execution.type)
    known = {name: value for name, value in execution.properties.items() if name in declared}
    other = {name: value for name, value in execution.properties.items() if name not in declared}
    return replace(execution, properties=known, custom_properties={**execution.custom_properties, **other})


def next_version(versions: Sequence[Artifact]) -> str:
    """Return `v1`, or one more than the highest `vN` there is."""
    names = [family_of(found.name or "")[1] or "" for found in versions]
    numbers = [int(name[1:]) for name in names if name[:1] == "v" and name[1:].isdecimal()]
    return f"v{max(numbers, default=0) + 1}"


def _referred(store: Store, reference: str) -> Artifact:
    found = resolve(store, reference)
    if not isinstance(found, Artifact):
        raise InvalidArgument(
            f"{reference} is {type(found).__name__.lower()}, and a run reads artifacts",
            hint="name one of its datasets or models, such as dataset:flights@v1",
        )
    return found


def _same(taken: Artifact, wanted: Wanted) -> Artifact:
    if _is_same_content(taken, wanted):
        return taken
    raise AlreadyExists(
        f"{wanted.type} {taken.name} is taken by other content: "
        f"stored {taken.fingerprint or 'unknown'}, given {wanted.fingerprint or 'unknown'}",
        hint="a version never changes: give another version, or leave it out to get the next one",
    )


def _recognised(
    store: Store, wanted: Wanted, versions: Sequence[Artifact], avoid: Collection[ArtifactId]
) -> Artifact | None:
    """Outputs are recognised within their family; inputs everywhere, their own family and the newest first."""
    if wanted.version is not None and wanted.role not in INPUTS:
        return None
    twins = [found for found in reversed(versions) if _is_twin(found, wanted)]
    if not twins and wanted.role in INPUTS:
        twins = _everywhere(store, wanted)
    return next((found for found in twins if found.id not in avoid), None)


def _is_twin(found: Artifact, wanted: Wanted) -> bool:
    """Content nobody could look at is only read again from its place; where it is written it may be another one."""
    if wanted.fingerprint is None and wanted.canonical is None and wanted.role not in INPUTS:
        return False
    return _is_same_content(found, wanted)


def _is_same_content(found: Artifact, wanted: Wanted) -> bool:
    if wanted.canonical is not None and found.properties.get("canonical") == wanted.canonical:
        return True
    if wanted.fingerprint is not None:
        return found.fingerprint == wanted.fingerprint
    return wanted.uri is not None and found.fingerprint is None and found.uri == wanted.uri


def _everywhere(store: Store, wanted: Wanted) -> list[Artifact]:
    twins: list[Artifact] = []
    if wanted.canonical is not None:
        twins += _newest(store, f"properties.canonical.string_value = {quoted(wanted.canonical)}")
    if wanted.fingerprint is not None:
        twins += _newest(store, f"fingerprint = {quoted(wanted.fingerprint)}")
    return sorted(twins, key=lambda found: found.type != wanted.type)


def _newest(store: Store, condition: str) -> Sequence[Artifact]:
    options = ListOptions(filter=condition, order_by=OrderBy.ID, ascending=False, limit=_MOST_TWINS)
    return store.list(Artifact, options).items


def _declared(store: Store, type_: str) -> frozenset[str] | None:
    return None if (NodeKind.ARTIFACT, type_) in STANDARD_TYPES else _properties_of(store, NodeKind.ARTIFACT, type_)


def _properties_of(store: Store, kind: NodeKind, type_: str) -> frozenset[str]:
    types = [found for found in store.list_types(kind) if found.name == type_]
    return frozenset(types[-1].properties) if types else frozenset()
