"""Levels: at which of three two models are the same: the bytes of the file, the fitted state, the numbers in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lineal.capture.fingerprints.differences import StateDifference, compare_states
from lineal.errors import InvalidArgument, NotFound
from lineal.lineage.changes import Change, Section, Status
from lineal.lineage.diff import Diff, diff, summary_of
from lineal.lineage.locks import ReadsFiles
from lineal.model.ids import Micros, NodeKey
from lineal.model.nodes import Artifact
from lineal.store.protocol import Store

SECTION = "model"
_TOLD_ELSEWHERE = frozenset({"canonical"})


def diff_with_levels(
    store: Store, before: str | NodeKey, after: str | NodeKey, *, files: ReadsFiles, as_of: Micros | None = None
) -> Diff:
    """Return what changed between two things; of two models also at which level they differ, down to a number."""
    return with_levels(diff(store, before, after, files=files, as_of=as_of), files)


def with_levels(found: Diff, files: ReadsFiles) -> Diff:
    """Return a diff of two models with a section that says bytes, fitted state and numbers; any other diff as it is.

    Numbers are compared where both fitted states were kept: the first element that differs, and the largest distance.
    """
    before, after = found.before.node, found.after.node
    if not (isinstance(before, Artifact) and isinstance(after, Artifact)):
        return found
    if not (_is_model(before) and _is_model(after)):
        return found
    levels = (_numbers(before, after, files), _state(before, after), _bytes(before, after))
    changes = tuple(change for change in levels if change is not None)
    model = Section(name=SECTION, changes=changes, same=len(levels) - len(changes))
    parts = (*_without(found.sections, _TOLD_ELSEWHERE), model)
    return replace(found, sections=parts, summary=summary_of(found.before, found.after, parts))


def _is_model(artifact: Artifact) -> bool:
    return artifact.type == "Model" or "canonical" in artifact.properties


def _without(sections: Iterable[Section], names: frozenset[str]) -> tuple[Section, ...]:
    return tuple(
        replace(part, changes=tuple(change for change in part.changes if change.name not in names)) for part in sections
    )


def _bytes(before: Artifact, after: Artifact) -> Change | None:
    return _compared("bytes", before.fingerprint, after.fingerprint, "the file has no fingerprint")


def _state(before: Artifact, after: Artifact) -> Change | None:
    return _compared("fitted state", _canonical(before), _canonical(after), "the fitted state has no fingerprint")


def _numbers(before: Artifact, after: Artifact, files: ReadsFiles) -> Change | None:
    states = _canonical(before), _canonical(after)
    if None not in states and states[0] == states[1]:
        return None
    if before.fingerprint is not None and before.fingerprint == after.fingerprint:
        return None
    apart = _apart(*states, files)
    if apart is None:
        return Change(name="numbers", status=Status.UNKNOWN, note="the fitted states were not both kept")
    note = _told(apart)
    return Change(
        name="numbers", status=Status.CHANGED, before=apart.first.recorded, after=apart.first.rebuilt, note=note
    )


def _told(apart: StateDifference) -> str:
    more = f"; {apart.count} parts differ" if apart.count > 1 else ""
    furthest = f", at most {apart.max_ulp:,} ulp" if apart.max_ulp is not None else ""
    return f"{apart.first.sentence}{more}{furthest}"


def _apart(before: str | None, after: str | None, files: ReadsFiles) -> StateDifference | None:
    if before is None or after is None:
        return None
    try:
        return compare_states(files.get(before), files.get(after))
    except (NotFound, InvalidArgument):
        return None


def _canonical(model: Artifact) -> str | None:
    found = model.properties.get("canonical")
    return found if isinstance(found, str) else None


def _compared(name: str, before: str | None, after: str | None, unknown: str) -> Change | None:
    if before is None or after is None:
        return Change(name=name, status=Status.UNKNOWN, before=before, after=after, note=unknown)
    return None if before == after else Change(name=name, status=Status.CHANGED, before=before, after=after)
