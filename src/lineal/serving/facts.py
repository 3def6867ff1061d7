"""The four facts of an answer: which model, which data, which revision, and whether it could be made again.

Found once, when a model is loaded or another revision goes live, and kept: only the next answer waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import quote

from lineal.errors import LinealError
from lineal.lineage.check import check
from lineal.lineage.training import reference_to, training_datasets
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact, key_of
from lineal.model.vocabulary import LIVE, REVISION
from lineal.serving.loaded import LoadedFacts
from lineal.store.protocol import Store

UNKNOWN = "unknown"
_MAX_HEADER = 256


class Source(Enum):
    """How the model of an answer is known: its bytes were verified here, a deployment says so, or not at all."""

    LOADED = "loaded"
    DECLARED = "declared"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What every answer of one model carries. `failed` says what keeps it from being reproducible.

    `headers` are those that are the same for every answer.
    """

    source: Source
    model: str = UNKNOWN
    fingerprint: str | None = None
    dataset: str = UNKNOWN
    revision: str | None = None
    revision_id: ArtifactId | None = None
    failed: tuple[str, ...] = ()
    headers: tuple[tuple[bytes, bytes], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", _headers(self))

    @property
    def reproducible(self) -> bool:
        """True only if the model was loaded here and no check of it failed or is unknown."""
        return self.source is Source.LOADED and not self.failed


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What the store knows of an endpoint: its live revision, and all of them, newest first."""

    name: str
    live: Artifact | None
    revisions: Sequence[Artifact]

    @classmethod
    def of(cls, store: Store, name: str) -> Endpoint:
        """Return the endpoint as it is now."""
        revisions = store.versions(REVISION, name)[::-1]
        live = live_id(store, name)
        return cls(name, next((each for each in revisions if each.id == live), None), revisions)

    def serving(self, fingerprint: str) -> Artifact | None:
        """Return the revision that serves this content: the live one if it does, else the newest that did."""
        candidates = [self.live, *self.revisions] if self.live else self.revisions
        matching = (each for each in candidates if each.properties.get("model_fingerprint") == fingerprint)
        return next(matching, None)


def live_id(store: Store, endpoint: str) -> ArtifactId | None:
    """Return the id of an endpoint's live revision; cheap enough to ask every few seconds."""
    moves = store.aliases(type_=REVISION, family=endpoint, alias=LIVE)
    return moves[-1].artifact_id if moves else None


def loaded_facts(store: Store, endpoint: Endpoint, loaded: LoadedFacts) -> Facts:
    """Return the facts of a model that was loaded in this process."""
    revision = endpoint.serving(loaded.fingerprint)
    dataset = str(revision.properties.get("dataset") or "") if revision else ""
    return Facts(
        source=Source.LOADED,
        model=loaded.reference,
        fingerprint=loaded.fingerprint,
        dataset=dataset or _datasets(store, loaded.artifact),
        revision=reference_to(revision) if revision else None,
        # A model that was loaded but never deployed here: the row joins the graph at the model itself.
        revision_id=revision.id if revision else loaded.artifact.id,
        failed=(*failed_checks(store, loaded.artifact), *_deployment_findings(endpoint, revision)),
    )


def declared_facts(revision: Artifact | None) -> Facts:
    """Return what a deployment declares, for a process that loaded nothing by Lineal."""
    if revision is None:
        return Facts(source=Source.UNKNOWN, failed=("no model was loaded by Lineal and no revision is live",))
    properties = revision.properties
    return Facts(
        source=Source.DECLARED,
        model=str(properties.get("model") or UNKNOWN),
        fingerprint=str(properties["model_fingerprint"]) if "model_fingerprint" in properties else None,
        dataset=str(properties.get("dataset") or UNKNOWN),
        revision=reference_to(revision),
        revision_id=revision.id,
        failed=("this process did not load its model with load_model: what the deployment says is only declared",),
    )


def revision_facts(store: Store, id_: ArtifactId | None) -> Facts:
    """Return the facts of an answer that was recorded with this revision (or model, where none was deployed)."""
    if id_ is None:
        return Facts(source=Source.UNKNOWN, failed=("the answer did not record which revision gave it",))
    (found,) = store.get(Artifact, [id_])
    if found.type == REVISION:
        return declared_facts(found)
    return Facts(
        source=Source.LOADED,
        model=reference_to(found),
        fingerprint=found.fingerprint,
        dataset=_datasets(store, found),
        revision_id=id_,
        failed=failed_checks(store, found),
    )


def failed_checks(store: Store, artifact: Artifact) -> tuple[str, ...]:
    """Return every check of an artifact that failed or is unknown, in a sentence each."""
    try:
        found = check(store, key_of(artifact))
    except LinealError as error:
        return (f"the checks could not be made: {type(error).__name__}",)
    bad = [f"{each.item}: {each.sentence}" for each in found.findings if each.outcome.counts]
    if found.truncated:
        bad.append(f"the lineage is not complete: {found.truncated.reason}")
    return tuple(bad)


def header_value(text: str) -> bytes:
    """Return text as a header's value: visible ASCII, all else percent-encoded, so nothing can break out of it."""
    return quote(text, safe=" !#$&'()*+,-./:;<=>?@[]^_`{|}~", errors="replace").strip()[:_MAX_HEADER].encode("ascii")


def _deployment_findings(endpoint: Endpoint, revision: Artifact | None) -> tuple[str, ...]:
    if revision is None:
        return (f"the loaded model was never deployed to {endpoint.name}",)
    return ()


def _datasets(store: Store, model: Artifact) -> str:
    return ", ".join(reference_to(each) for each in training_datasets(store, model)) or UNKNOWN


def _headers(facts: Facts) -> tuple[tuple[bytes, bytes], ...]:
    datasets = ", ".join(map(_without_kind, facts.dataset.split(", ")))
    return (
        (b"x-model-version", header_value(_without_kind(facts.model))),
        (b"x-dataset-version", header_value(datasets)),
        (b"x-reproducible", b"true" if facts.reproducible else b"false"),
    )


def _without_kind(reference: str) -> str:
    kind, colon, name = reference.partition(":")
    return name if colon and kind.isidentifier() else reference
