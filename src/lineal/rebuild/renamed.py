"""Renamed: an output that a rebuilt program made under another name, as one that puts the time into its names does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from lineal.lineage.training import reference_to
from lineal.model.nodes import Artifact, family_of
from lineal.rebuild.verdict import Difference, OutputResult

_CHANGING = re.compile(r"[0-9a-fA-F]{6,}|[0-9]+")
"""What programs put into a name to tell one run from the next: times, numbers, parts of a UUID."""


def stand_ins(lost: Iterable[Artifact], made: Iterable[Artifact]) -> dict[int | None, Artifact]:
    """Return what was made in the place of recorded outputs that were not made again, by the ids of these.

    `made` are outputs under names that the record does not have. The same content comes first, then a name that is the
    same but for its numbers, then what alone is left of its type.
    """
    found: dict[int | None, Artifact] = {}
    left, rest = list(lost), list(made)
    for is_alike in (_has_same_content, _has_similar_name, _alone(left, rest)):
        for artifact in list(left):
            twin = next((one for one in rest if one.type == artifact.type and is_alike(artifact, one)), None)
            if twin is not None:
                left.remove(artifact)
                rest.remove(twin)
                found[artifact.id] = twin
    return found


def under_another_name(result: OutputResult, twin: Artifact) -> OutputResult:
    """Return the comparison of an output with what was made in its place, with the name that has now."""
    other = reference_to(twin)
    if result.grade.is_exact:
        return replace(result, note=f"{result.note}; it was made under another name, {other}")
    told = f"{result.name} was not made again under that name; {other} was made instead"
    lost = Difference(kind="output", what=result.name, recorded=result.recorded, rebuilt=result.rebuilt, sentence=told)
    return replace(result, note=f"{told}: {result.note}", differences=(lost, *result.differences))


def _has_same_content(one: Artifact, other: Artifact) -> bool:
    facts = [
        (each.fingerprint, each.properties.get("canonical"), each.custom_properties.get("frame"))
        for each in (one, other)
    ]
    return any(was is not None and was == now for was, now in zip(*facts, strict=True))


def _has_similar_name(one: Artifact, other: Artifact) -> bool:
    return _constant(one) == _constant(other)


def _alone(lost: Sequence[Artifact], made: Sequence[Artifact]) -> Callable[[Artifact, Artifact], bool]:
    def is_alone(one: Artifact, _other: Artifact) -> bool:
        return all(sum(each.type == one.type for each in listed) == 1 for listed in (lost, made))

    return is_alone


def _constant(artifact: Artifact) -> str:
    return _CHANGING.sub("#", family_of(artifact.name)[0] if artifact.name else "")
