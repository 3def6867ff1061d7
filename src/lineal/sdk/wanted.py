"""Wanted: one artifact a run says it read or wrote, before it is known which stored artifact that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lineal.errors import InvalidArgument
from lineal.model.edges import EventType, How
from lineal.model.ids import ArtifactId, NodeKind
from lineal.model.nodes import Artifact, ArtifactState
from lineal.model.values import Value, check, check_text
from lineal.model.vocabulary import STANDARD_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user stated about one artifact.

    `stored` or `reference` is set where it is known which one it is. Without a `version` the store's content
    decides: what is there is recognised, anything else becomes the next version of `family`. `canonical` is a
    model's fitted state, by which it is recognised though its bytes differ. `keep` is what goes into files, and so does
    `fitted`, the bytes that `canonical` is the fingerprint of.
    `place` is the path the program read it from or wrote it to, `file` the fingerprint of what lies there where that
    is not the artifact's own: a frame's source. `before` is the fingerprint of what was there when the run began to
    write after its end.
    """

    role: EventType
    type: str
    family: str
    version: str | None = None
    fingerprint: str | None = None
    canonical: str | None = None
    uri: str | None = None
    state: ArtifactState = ArtifactState.LIVE
    facts: Mapping[str, Value] = field(default_factory=dict)
    path: tuple[str | int, ...] = ()
    how: How = How.DECLARED
    stored: ArtifactId | None = None
    reference: str | None = None
    keep: bytes | Path | None = None
    fitted: bytes | None = None
    place: str | None = None
    file: str | None = None
    before: str | None = None

    @property
    def label(self) -> str:
        """The name for messages: `flights@v1`, or the family where no version was given."""
        if self.reference:
            return self.reference
        return f"{self.family}@{self.version}" if self.version else self.family

    @property
    def is_exact(self) -> bool:
        """True where the user said which one it is, so that no other may be taken instead."""
        return self.stored is not None or self.reference is not None or self.version is not None

    def artifact(self, version: str | None, declared: frozenset[str] | None = None) -> Artifact:
        """Return the artifact to put as this version; facts its type does not declare become custom properties."""
        known = _declared(self.type) if declared is None else declared
        facts = {**self.facts, "version": version} if version else dict(self.facts)
        if self.canonical:
            facts["canonical"] = self.canonical
        return Artifact(
            type=self.type,
            name=f"{self.family}@{version}" if version else None,
            uri=self.uri,
            fingerprint=self.fingerprint,
            state=self.state,
            properties={name: value for name, value in facts.items() if name in known},
            custom_properties={name: value for name, value in facts.items() if name not in known},
        )


def checked_name(name: object, what: str) -> str:
    """Return a family name as it may stand in a reference; InvalidArgument says what is wrong with it."""
    check_text(f"the name of {what}", name)
    assert isinstance(name, str)
    if not name or name != name.strip() or "@" in name or "\n" in name:
        raise InvalidArgument(
            f"{name!r} is no name for {what}: it is not empty, has no @, no line break and no space around it",
            hint="give the version apart: name='flights', version='2013-01-05'",
        )
    return name


def checked_version(version: object) -> str | None:
    """Return a version given by the user, or None; InvalidArgument for an empty one, or one with an @."""
    if version is None:
        return None
    check_text("a version", version)
    assert isinstance(version, str)
    if not version or version != version.strip() or "@" in version or "\n" in version:
        raise InvalidArgument(f"{version!r} is no version: it is not empty, has no @ and no space around it")
    if version == "latest":
        raise InvalidArgument("'latest' always means the newest version, so no version can be called that")
    return version


def checked_facts(properties: Mapping[str, Value] | None) -> dict[str, Value]:
    """Return the properties a user gave; InvalidArgument names the first one that cannot be kept."""
    facts = dict(properties or {})
    for name, value in facts.items():
        check(name, value)
    return facts


def _declared(type_: str) -> frozenset[str]:
    known = STANDARD_TYPES.get((NodeKind.ARTIFACT, type_))
    return frozenset(known.properties) if known else frozenset()
