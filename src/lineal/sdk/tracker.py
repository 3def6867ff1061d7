"""The flat tracker: lineage stated after the fact, with the calls the field's tutorials teach."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict

from lineal.errors import Aborted, AlreadyExists, InvalidArgument
from lineal.model.edges import EventType
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact, ArtifactState, Execution, ExecutionState, family_of
from lineal.model.publication import Origin, Publication
from lineal.model.traversal import Direction
from lineal.model.values import Value, check_text
from lineal.model.vocabulary import PARAM
from lineal.sdk.inputs import family_from, source_uri
from lineal.sdk.models import wanted_model
from lineal.sdk.plain import parameters
from lineal.sdk.session import Session
from lineal.sdk.versions import choose, keep, use_of
from lineal.sdk.wanted import Wanted, checked_name, checked_version
from lineal.workspace import current_actor

_ATTEMPTS = 20
_HOP_OF_INPUTS = 2  # model, its run, what that read
_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}


class DatasetFacts(TypedDict):
    """One dataset of a model's lineage."""

    id: str
    name: str | None
    uri: str | None
    version: str | None
    record_count: int | None
    fingerprint: str | None


class ModelLineage(TypedDict):
    """What `get_model_lineage` gives back: plain data, ready for JSON.

    `datasets` are those the training read, `upstream` all data behind them, nearest first.
    """

    id: str
    name: str | None
    path: str | None
    fingerprint: str | None
    run: str | None
    hyperparams: dict[str, Value]
    seed: int | None
    datasets: list[DatasetFacts]
    upstream: list[DatasetFacts]


class LineageTracker:
    """Records datasets and trainings by flat calls. Every edge it writes is `declared`; every call is durable.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory, LineageTracker(directory) as tracker:
    ...     dataset_id = tracker.log_dataset("s3://bucket/flights.csv", "2013-01-05", 336776, "9de1dc8d" * 8)
    ...     model_id = tracker.log_training(dataset_id, "models/delay.pkl", {"depth": 4}, seed=42)
    ...     tracker.get_model_lineage(model_id)["datasets"][0]["name"]
    'flights@2013-01-05'
    """

    def __init__(self, url: str | os.PathLike[str] | None = None) -> None:
        self._session = Session(url=url)
        self._session.enter()

    def log_dataset(self, uri: str | os.PathLike[str], version: str, record_count: int, data_hash: str) -> str:
        """Record a dataset that exists and return its id, a reference such as `artifact#7`.

        `data_hash` is its digest in hex, with its algorithm in front (`md5:…`) or recognised by its length.
        The same version with the same digest is the same dataset, with another one AlreadyExists.
        """
        wanted = Wanted(
            role=EventType.OUTPUT,
            type="Dataset",
            family=checked_name(family_from(os.fspath(uri)), "a dataset"),
            version=checked_version(str(version)),
            fingerprint=_fingerprint(data_hash),
            uri=source_uri(uri),
            facts={"rows": _count(record_count)},
        )
        return self._write("log dataset", "Ingest", [wanted])

    def log_training(
        self,
        dataset_id: str | int | Sequence[str | int],
        model_path: str | os.PathLike[str],
        hyperparams: Mapping[str, object],
        seed: int | None,
    ) -> str:
        """Record a training on one dataset or several and return the model's id, a reference such as `artifact#8`.

        A model file that is there is kept and fingerprinted; otherwise only its path is on record.
        """
        given = [dataset_id] if isinstance(dataset_id, str | int) else list(dataset_id)
        inputs = [_input(item) for item in given]
        path = Path(model_path)
        family = checked_name(family_from(path.name), "a model")
        if path.is_file():
            model = wanted_model(path, name=family)
        else:
            uri = path.absolute().as_uri()
            model = Wanted(role=EventType.OUTPUT, type="Model", family=family, uri=uri, state=ArtifactState.REFERENCE)
        properties: dict[str, Value] = {} if seed is None else {"seed": seed}
        return self._write("train", "Train", [*inputs, model], properties, parameters(hyperparams))

    def get_model_lineage(self, model_id: str | int) -> ModelLineage:
        """Return where a model came from: datasets, parameters, seed and run, and all data further up.

        Takes any reference, such as `model:delay@v1.0`. Raises NotFound.
        """
        workspace = self._session.workspace()
        graph = workspace.trace(_reference(model_id), Direction.UPSTREAM)
        model = graph.nodes[graph.roots[0]].node
        if not isinstance(model, Artifact):
            raise InvalidArgument(f"{model_id} is no model", hint="give the id that log_training returned")
        runs = [item.node for item in graph.nodes.values() if item.hop == 1 and isinstance(item.node, Execution)]
        run = runs[0] if runs else None
        data = [item for item in graph.nodes.values() if item.hop > 1 and isinstance(item.node, Artifact)]
        custom = run.custom_properties if run else {}
        seed = run.properties.get("seed") if run else None
        return ModelLineage(
            id=str(graph.roots[0]),
            name=model.name,
            path=model.uri,
            fingerprint=model.fingerprint,
            run=f"run:{run.external_id}" if run else None,
            hyperparams={name.removeprefix(PARAM): value for name, value in custom.items() if name.startswith(PARAM)},
            seed=seed if isinstance(seed, int) else None,
            datasets=[_facts(item.node) for item in data if item.hop == _HOP_OF_INPUTS],
            upstream=[_facts(item.node) for item in data],
        )

    def close(self) -> None:
        """Close the workspace."""
        self._session.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _write(
        self,
        label: str,
        type_: str,
        wanted: Sequence[Wanted],
        properties: Mapping[str, Value] | None = None,
        custom: Mapping[str, Value] | None = None,
    ) -> str:
        run_id = self._session.identifiers.new()
        now = self._session.clock.now()
        execution = Execution(
            type=type_,
            state=ExecutionState.COMPLETE,
            external_id=run_id,
            properties={"label": label, "run_id": run_id, **(properties or {})},
            custom_properties=dict(custom or {}),
            started_at=now,
            ended_at=now,
        )
        return f"artifact#{self._publish(label, execution, wanted)[-1]}"

    def _publish(self, action: str, execution: Execution, wanted: Sequence[Wanted]) -> tuple[ArtifactId, ...]:
        """Write it all in one transaction. Another process may take a version meanwhile: then look again."""
        workspace = self._session.workspace()
        for attempt in range(_ATTEMPTS):
            chosen = [choose(workspace.store, item, ()) for item in wanted]
            for item, artifact in zip(wanted, chosen, strict=True):
                keep(workspace.files, item, artifact)
            uses = [use_of(artifact, item) for item, artifact in zip(wanted, chosen, strict=True)]
            origin = Origin(actor=current_actor(), action=action)
            try:
                return workspace.store.publish(Publication(execution=execution, uses=uses), by=origin).artifact_ids
            except (Aborted, AlreadyExists):
                if attempt == _ATTEMPTS - 1 or all(item.is_exact for item in wanted):
                    raise
        raise AssertionError  # the last attempt returns or raises


def _reference(given: str | int) -> str:
    return f"artifact#{given}" if isinstance(given, int) else given


def _input(dataset_id: str | int) -> Wanted:
    reference = _reference(dataset_id)
    return Wanted(role=EventType.INPUT, type="Dataset", family=reference, reference=reference)


def _count(record_count: object) -> int:
    if isinstance(record_count, bool) or not isinstance(record_count, int) or record_count < 0:
        raise InvalidArgument(f"record_count is the number of rows, got {record_count!r}")
    return record_count


def _fingerprint(data_hash: str) -> str:
    check_text("data_hash", data_hash)
    text = data_hash.strip()
    if not text:
        raise InvalidArgument("data_hash is empty", hint="give the digest of the data in hex, such as sha256sum prints")
    if ":" in text:
        return text
    is_hex = set(text.lower()) <= set("0123456789abcdef")
    algorithm = _ALGORITHMS.get(len(text)) if is_hex else None
    return f"{algorithm}:{text.lower()}" if algorithm else f"declared:{text}"


def _facts(node: Artifact | Execution) -> DatasetFacts:
    assert isinstance(node, Artifact)
    rows = node.properties.get("rows")
    return DatasetFacts(
        id=f"artifact#{node.id}",
        name=node.name,
        uri=node.uri,
        version=family_of(node.name or "")[1],
        record_count=rows if isinstance(rows, int) else None,
        fingerprint=node.fingerprint,
    )
