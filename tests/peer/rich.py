"""Run by an interpreter that has the real ML Metadata: write a database with everything its Python interface can write.

`python rich.py FILE`
"""

from __future__ import annotations

import sys

from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

TEXTS = ["", "ü☃🧬", "'; DROP TABLE Artifact; --", 'a"b`c\\', "line\nbreak\ttab", "__MLMD_NUL__"]
LONG = "x" * 100_000
"""Too long for the real one on servers, where integers have 32 bits, too."""


def main(file: str) -> None:
    """Write everything into a SQLite file."""
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = file
    config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    write(config, [*TEXTS, LONG], -(2**63))


def write(config: pb.ConnectionConfig, texts: list[str], integer: int) -> None:
    """Write everything into the database of a configuration, with these texts and this integer."""
    store = MetadataStore(config)
    data, model, train, experiment, run = types(store)
    artifacts = store.put_artifacts(nodes(data, texts, integer))
    executions = store.put_executions([pb.Execution(type_id=train, last_known_state=state) for state in (2, 1, 3, 5)])
    contexts = store.put_contexts([pb.Context(type_id=experiment, name=f"e{i}", external_id=f"x{i}") for i in range(3)])
    store.put_parent_contexts(
        [pb.ParentContext(child_id=contexts[0], parent_id=parent) for parent in (contexts[1], contexts[2])]
    )
    store.put_attributions_and_associations(
        [pb.Attribution(artifact_id=artifacts[i], context_id=contexts[i % 3]) for i in range(4)],
        [pb.Association(execution_id=executions[i], context_id=contexts[2 - i % 3]) for i in range(4)],
    )
    store.put_events(events(artifacts, executions))
    for number in range(3):
        made = pb.Artifact(type_id=model, name=f"model@v{number}", uri=f"s3://models/{number}")
        made.properties["accuracy"].double_value = number / 3
        made.custom_properties["accuracy"].string_value = "of the test set"
        store.put_execution(
            pb.Execution(type_id=train, name=f"train-{number}", last_known_state=pb.Execution.COMPLETE),
            [
                (pb.Artifact(type_id=data, uri=f"in-{number}"), pb.Event(type=pb.Event.INPUT)),
                (made, pb.Event(type=pb.Event.OUTPUT)),
            ],
            [pb.Context(type_id=run, name=f"run-{number}"), pb.Context(type_id=experiment, name=f"of-{number}")],
        )
    # A whole update: what is not said is erased, the update time moves.
    store.put_artifacts([pb.Artifact(id=artifacts[1], type_id=data, uri="moved", state=pb.Artifact.DELETED)])


def types(store: MetadataStore) -> tuple[int, ...]:
    """Return the ids of the types, with a base, versions, external ids and struct types."""
    properties = {"int": pb.INT, "double": pb.DOUBLE, "string": pb.STRING, "bool": pb.BOOLEAN}
    data = pb.ArtifactType(name="DataSet", properties={**properties, "struct": pb.STRUCT, "proto": pb.PROTO})
    data.base_type = pb.ArtifactType.DATASET
    trainer = pb.ExecutionType(name="Trainer", properties={"int": pb.INT}, description="trains", external_id="t1")
    trainer.base_type = pb.ExecutionType.TRAIN
    trainer.input_type.dict.properties["data"].simple.name = "DataSet"
    trainer.output_type.none.SetInParent()
    store.put_artifact_type(pb.ArtifactType(name="DataSet", version="v2", properties={"int": pb.INT}))
    return (
        store.put_artifact_type(data),
        store.put_artifact_type(pb.ArtifactType(name="Model", properties={"accuracy": pb.DOUBLE})),
        store.put_execution_type(trainer),
        store.put_context_type(pb.ContextType(name="Experiment", version="v1", description="")),
        store.put_context_type(pb.ContextType(name="PipelineRun")),
    )


def nodes(data: int, texts: list[str], integer: int) -> list[pb.Artifact]:
    """Return artifacts with every kind of property, and with hostile names."""
    full = pb.Artifact(type_id=data, name="", uri="", state=pb.Artifact.LIVE, external_id="full")
    full.properties["int"].int_value = integer
    full.properties["double"].double_value = 1 / 3
    full.properties["string"].string_value = ""
    full.properties["bool"].bool_value = False
    full.properties["struct"].struct_value.update({"list": [1, 2.5, None, True, {"deep": {"er": []}}], "": "empty"})
    full.properties["proto"].proto_value.Pack(pb.Event(artifact_id=7, path=pb.Event.Path()))
    full.custom_properties["int"].double_value = 2**40 + 0.5
    full.custom_properties["tiny"].double_value = 1e-7
    full.custom_properties["empty struct"].struct_value.SetInParent()
    hostile = [pb.Artifact(type_id=data, name=f"{text}-{i}", uri=text) for i, text in enumerate(texts)]
    for artifact, text in zip(hostile, texts, strict=True):
        artifact.custom_properties[text or "empty"].string_value = text
    return [full, *hostile, *(pb.Artifact(type_id=data, state=state) for state in range(1, 5))]


def events(artifacts: list[int], executions: list[int]) -> list[pb.Event]:
    """Return an event of every type, two of one pair, and paths of indices and keys."""
    found = [
        pb.Event(artifact_id=artifacts[number], execution_id=executions[number % 4], type=number)
        for number in range(1, 8)
    ]
    found[0].milliseconds_since_epoch = 1_234
    both = pb.Event(artifact_id=artifacts[1], execution_id=executions[1], type=pb.Event.INPUT)
    for step in ("key", 0, "", -5, "☃"):
        place = both.path.steps.add()
        if isinstance(step, int):
            place.index = step
        else:
            place.key = step
    return [*found, both]


if __name__ == "__main__":
    main(sys.argv[1])
