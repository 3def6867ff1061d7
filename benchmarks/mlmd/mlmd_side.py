"""ML Metadata's side, by its own Python API. Started by `__main__` in .venv-mlmd; `compat_side` runs it on ours."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as pb

from benchmarks.dag import SEED
from benchmarks.mlmd import content
from benchmarks.mlmd.content import ArtifactFacts, RunFacts
from benchmarks.mlmd.pipes import serve
from benchmarks.timing import seconds

CHUNK = 500


class MlmdSide:
    """Each public method is a question of the comparing process."""

    file = "mlmd.db"

    def fill(self, directory: str, size: int) -> int:
        """Make the store and fill it with the graph; return how many artifacts it has."""
        self._path = Path(directory) / self.file
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(self._path)
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self._store = mlmd.MetadataStore(config)
        self._put_types()
        self._dag = content.graph(size)
        runs = content.graph_runs(self._dag)
        for at in range(0, self._dag.artifacts, CHUNK):
            numbers = range(at, min(at + CHUNK, self._dag.artifacts))
            ids = self._store.put_artifacts([self._artifact(content.artifact_facts(number)) for number in numbers])
            assert ids == [number + 1 for number in numbers]
        lanes = dict.fromkeys(run.lane for run in runs)
        contexts = self._store.put_contexts([pb.Context(type_id=self._context_type, name=lane) for lane in lanes])
        self._lanes = dict(zip(lanes, contexts, strict=True))
        for at in range(0, len(runs), CHUNK):
            self._put_runs(runs[at : at + CHUNK], at)
        return self._dag.artifacts

    def durability(self) -> str:
        """Return how a commit is made durable; anything but the rollback journal with FULL is refused."""
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
            (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        assert journal == "delete", journal
        # Its connection lies in C++. The library was built with FULL and holds no statement that would change it.
        from ml_metadata.metadata_store.pywrap import metadata_store_extension

        library = Path(metadata_store_extension.__file__).read_bytes()
        assert b"DEFAULT_SYNCHRONOUS=2" in library
        assert b"PRAGMA synchronous" not in library
        return "journal_mode=DELETE, synchronous=FULL"

    # writing -------------------------------------------------------------------------------------
    def publish(self, at: int, times: int) -> float:
        """Return the seconds of `times` publications, each durable: 3 inputs by id, 2 outputs, 1 context."""
        plan, made = self._plan(at, times)
        return seconds(lambda: [self._publish(run, outputs) for run, outputs in zip(plan, made, strict=True)])

    def publish_messages(self, at: int, times: int) -> float:
        """Return the same where the inputs are given as artifacts, as TFX gives them."""
        plan, made = self._plan(at, times)
        read = [self._artifacts(list(run.inputs)) for run in plan]
        return seconds(
            lambda: [
                self._publish(run, outputs, messages) for run, outputs, messages in zip(plan, made, read, strict=True)
            ]
        )

    def put_batch(self, at: int, times: int) -> float:
        """Return the seconds of `times` puts of 100 artifacts."""
        plan = [[content.artifact_facts(at + 100 * batch + each) for each in range(100)] for batch in range(times)]
        return seconds(lambda: [self._store.put_artifacts([self._artifact(each) for each in batch]) for batch in plan])

    def put_single(self, at: int, times: int) -> float:
        """Return the seconds of `times` puts of one artifact."""
        plan = [content.artifact_facts(number) for number in range(at, at + times)]
        return seconds(lambda: [self._store.put_artifacts([self._artifact(each)]) for each in plan])

    # reading -------------------------------------------------------------------------------------
    def get_1000(self, ids: list[int], times: int) -> float:
        """Return the seconds of `times` reads of these artifacts."""
        return seconds(lambda: [self._store.get_artifacts_by_id(ids) for _ in range(times)])

    def get_one(self, ids: list[int]) -> float:
        """Return the seconds of reading each of these artifacts by itself."""
        return seconds(lambda: [self._store.get_artifacts_by_id([id_]) for id_ in ids])

    def filter(self, text: str, times: int) -> float:
        """Return the seconds of `times` listings of all artifacts a filter finds."""
        return seconds(lambda: [self._filtered(text) for _ in range(times)])

    def closure_events(self, start: int) -> float:
        """Return the seconds of one downstream closure with its events."""
        return seconds(lambda: self._subgraph(start, ["events"]))

    def closure_full(self, start: int) -> float:
        """Return the seconds of one downstream closure with its events and all its nodes."""
        return seconds(lambda: self._subgraph(start, ["artifacts", "executions", "events"]))

    # answers -------------------------------------------------------------------------------------
    def artifacts(self, ids: list[int]) -> list[Any]:
        """Return these artifacts as plain values, in the order asked for (ML Metadata's is its own)."""
        return [_plain(artifact) for artifact in self._artifacts(ids)]

    def found(self, text: str) -> list[int]:
        """Return the ids a filter finds."""
        return [artifact.id for artifact in self._filtered(text)]

    def reached(self, start: int) -> list[list[Any]]:
        """Return a closure: artifact ids, execution ids, events."""
        answer = self._subgraph(start, ["artifacts", "executions", "events"])
        events = [[event.artifact_id, event.execution_id, event.type] for event in answer.events]
        return [
            sorted(artifact.id for artifact in answer.artifacts),
            sorted(execution.id for execution in answer.executions),
            sorted(events),
        ]

    def counts(self) -> dict[str, int]:
        """Return how many of each thing there are."""
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
            tables = ("Artifact", "Execution", "Context", "Event", "Attribution", "Association")
            counted = {
                table.lower(): connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables
            }
            properties = ("ArtifactProperty", "ExecutionProperty", "ContextProperty")
            counted["property"] = sum(
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in properties
            )
        return counted

    def size(self) -> int:
        """Return the bytes of the store's file."""
        return self._path.stat().st_size

    # ---------------------------------------------------------------------------------------------
    def _put_types(self) -> None:
        self._artifact_type = self._store.put_artifact_type(
            pb.ArtifactType(
                name=content.ARTIFACT_TYPE,
                properties={"rows": pb.INT, "quality": pb.DOUBLE, "split": pb.STRING, "final": pb.BOOLEAN},
            )
        )
        self._execution_type = self._store.put_execution_type(
            pb.ExecutionType(
                name=content.EXECUTION_TYPE, properties={"seed": pb.INT, "rate": pb.DOUBLE, "label": pb.STRING}
            )
        )
        self._context_type = self._store.put_context_type(pb.ContextType(name=content.CONTEXT_TYPE))

    def _put_runs(self, runs: list[RunFacts], at: int) -> None:
        ids = self._store.put_executions([self._execution(run) for run in runs])
        assert ids == list(range(at + 1, at + 1 + len(runs)))
        events: list[Any] = []
        attributions: list[Any] = []
        associations: list[Any] = []
        for id_, run in zip(ids, runs, strict=True):
            events += [pb.Event(artifact_id=each, execution_id=id_, type=pb.Event.INPUT) for each in run.inputs]
            lane = self._lanes[run.lane]
            associations.append(pb.Association(execution_id=id_, context_id=lane))
            for number in run.outputs:
                events.append(pb.Event(artifact_id=number + 1, execution_id=id_, type=pb.Event.OUTPUT))
                attributions.append(pb.Attribution(artifact_id=number + 1, context_id=lane))
        self._store.put_events(events)
        self._store.put_attributions_and_associations(attributions, associations)

    def _plan(self, at: int, times: int) -> tuple[list[RunFacts], list[list[ArtifactFacts]]]:
        choose = random.Random(f"{SEED} {at}")
        known = range(1, self._dag.artifacts + 1)
        plan = [
            content.run_facts(number, tuple(choose.sample(known, 3)), (number, number + 1))
            for number in range(at, at + 2 * times, 2)
        ]
        return plan, [[content.artifact_facts(number) for number in run.outputs] for run in plan]

    def _publish(self, run: RunFacts, outputs: list[ArtifactFacts], messages: Any = None) -> Any:
        read = messages or [None] * len(run.inputs)
        pairs = [
            (artifact, pb.Event(artifact_id=id_, type=pb.Event.INPUT))
            for artifact, id_ in zip(read, run.inputs, strict=True)
        ]
        pairs += [(self._artifact(output), pb.Event(type=pb.Event.OUTPUT)) for output in outputs]
        return self._store.put_execution(
            self._execution(run),
            pairs,
            [pb.Context(type_id=self._context_type, name=run.lane)],
            reuse_context_if_already_exist=True,
        )

    def _artifact(self, facts: ArtifactFacts) -> Any:
        artifact = pb.Artifact(type_id=self._artifact_type, name=facts.name, uri=facts.uri, state=pb.Artifact.LIVE)
        artifact.properties["rows"].int_value = facts.rows
        artifact.properties["quality"].double_value = facts.quality
        artifact.properties["split"].string_value = facts.split
        artifact.properties["final"].bool_value = facts.final
        artifact.custom_properties["owner"].string_value = facts.owner
        return artifact

    def _execution(self, run: RunFacts) -> Any:
        execution = pb.Execution(type_id=self._execution_type, last_known_state=pb.Execution.COMPLETE)
        execution.properties["seed"].int_value = run.seed
        execution.properties["rate"].double_value = run.rate
        execution.properties["label"].string_value = run.label
        return execution

    def _artifacts(self, ids: list[int]) -> list[Any]:
        found = {artifact.id: artifact for artifact in self._store.get_artifacts_by_id(ids)}
        return [found[id_] for id_ in ids]

    def _filtered(self, text: str) -> Any:
        return self._store.get_artifacts(mlmd.ListOptions(filter_query=text))

    def _subgraph(self, start: int, fields: list[str]) -> Any:
        nodes = pb.LineageSubgraphQueryOptions.StartingNodes(filter_query=f"id = {start}")
        options = pb.LineageSubgraphQueryOptions(
            starting_artifacts=nodes, max_num_hops=100, direction=pb.LineageSubgraphQueryOptions.DOWNSTREAM
        )
        return self._store.get_lineage_subgraph(options, fields)


def _plain(artifact: Any) -> list[Any]:
    return [
        artifact.id,
        artifact.type,
        artifact.name,
        artifact.uri,
        artifact.state,
        _values(artifact.properties),
        _values(artifact.custom_properties),
    ]


def _values(properties: Any) -> list[tuple[str, Any]]:
    return sorted((name, getattr(value, value.WhichOneof("value"))) for name, value in properties.items())


if __name__ == "__main__":
    serve(MlmdSide())
