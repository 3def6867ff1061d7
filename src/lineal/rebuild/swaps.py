"""Swaps: a recipe run with other inputs than the recorded ones: one left out, or another content in its place.

Used by counterfactuals, and by rebuilds from raw data, where what an upstream step made again takes the place of what
was recorded.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lineal.lineage.training import reference_to
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact
from lineal.rebuild.inputs import InputSource, placed, targets_of
from lineal.rebuild.plan import Plan
from lineal.rebuild.verdict import Missing, refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What stands in the place of a recorded input: another artifact with the file of its bytes, or nothing."""

    old: Artifact
    new: Artifact | None = None
    content: Path | None = None

    @property
    def name(self) -> str:
        """The reference of the input that is left out or exchanged."""
        return reference_to(self.old)


Swaps = Mapping[ArtifactId, Swap]
NO_SWAPS: Swaps = {}


def swapped_sources(planned: Plan, swaps: Swaps) -> tuple[InputSource, ...]:
    """Return where the inputs come from after the swaps. Raises NotRunnable for one that cannot be kept away."""
    names = {swap.name for swap in swaps.values()}
    targets = targets_of(planned.recipe, planned.layout)
    for source in planned.inputs:
        if source.name in names and source.origin == "place" and source.path not in targets.get(source.name, ()):
            raise refused(
                "input",
                source.name,
                f"{source.name} is read from {source.path}, outside the tree: it can be neither left out nor exchanged",
                "let the program read it from its own directory, or by reference",
            )
    put = [_source(swap, target) for swap in swaps.values() for target in targets.get(swap.name, ()) if swap.new]
    return (*(source for source in planned.inputs if source.name not in names), *put)


def swapped_missing(missing: Sequence[Missing], swaps: Swaps) -> tuple[Missing, ...]:
    """Return what is still missing: an input that is not wanted any more is not."""
    names = {swap.name for swap in swaps.values()}
    return tuple(each for each in missing if each.kind != "input" or each.what not in names)


def leave_out(planned: Plan, swaps: Swaps, tree: Path) -> None:
    """Remove what is left out from its place: it may have come along with the code."""
    for name in _left_out(planned, swaps):
        target = placed(tree, name)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)


def left_beside(planned: Plan, swaps: Swaps) -> list[str]:
    """Return the paths outside the tree that are left out: nothing may lie there for the program."""
    return [name for name in _left_out(planned, swaps) if name.startswith("/")]


def _left_out(planned: Plan, swaps: Swaps) -> list[str]:
    gone = [swap.name for swap in swaps.values() if swap.new is None]
    targets = targets_of(planned.recipe, planned.layout) if gone else {}
    return [target for name in gone for target in targets.get(name, ())]


def swapped_artifact(artifact: Artifact, swaps: Swaps) -> Artifact | None:
    """Return an input as the scratch workspace shall know it: under its recorded name, with the content that is now."""
    swap = swaps.get(ArtifactId(artifact.id or 0))
    if swap is None:
        return artifact
    if swap.new is None:
        return None
    return replace(swap.new, id=artifact.id, type=artifact.type, name=artifact.name)


def _source(swap: Swap, target: str) -> InputSource:
    assert swap.new is not None
    kind = swap.new.custom_properties.get("fingerprint_kind")
    return InputSource(
        name=swap.name,
        origin="original",
        fingerprint=swap.new.fingerprint,
        kind=kind if isinstance(kind, str) else "file",
        path=str(swap.content),
        target=target,
    )
