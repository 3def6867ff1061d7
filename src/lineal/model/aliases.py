"""Aliases: movable names for versions of one family, with their whole history."""

from __future__ import annotations

from dataclasses import dataclass

from lineal.model.ids import ArtifactId, EntrySeq, Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One move of an alias: from this entry on, `family@alias` of this type is this artifact.

    The newest move is the one in force. `latest` is never stored: it is the newest version.
    """

    type: str
    family: str
    alias: str
    artifact_id: ArtifactId
    time: Micros | None = None
    id: int | None = None
    entry: EntrySeq | None = None
