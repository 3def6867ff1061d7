"""Types, as programs put and get them."""

from __future__ import annotations

from ml_metadata.proto import metadata_store_pb2 as pb

ADD, OMIT = {"can_add_fields": True}, {"can_omit_fields": True}
OTHER = "Type already exists with different properties: "


def putting_a_type(tape):
    store = tape.store()
    dataset = pb.ArtifactType(name="DataSet", properties={"day": pb.INT, "split": pb.STRING})
    tape("an artifact type", store.put_artifact_type, dataset)
    tape("again", store.put_artifact_type, dataset)
    tape(
        "an execution type", store.put_execution_type, pb.ExecutionType(name="Trainer", properties={"state": pb.STRING})
    )
    tape("a context type", store.put_context_type, pb.ContextType(name="Experiment", properties={"note": pb.STRING}))
    tape("one name, three kinds", store.put_execution_type, pb.ExecutionType(name="DataSet"))
    tape("another version", store.put_artifact_type, pb.ArtifactType(name="DataSet", version="v2"))
    tape(
        "an empty version is none",
        store.put_artifact_type,
        pb.ArtifactType(name="DataSet", version="", properties={"day": pb.INT, "split": pb.STRING}),
    )
    tape("no name", store.put_artifact_type, pb.ArtifactType(), says="No type name is specified.")
    tape("an empty name", store.put_execution_type, pb.ExecutionType(name=""), says="No type name is specified.")
    tape(
        "an unknown property",
        store.put_context_type,
        pb.ContextType(name="Bad", properties={"odd": pb.UNKNOWN}),
        says="Property odd is UNKNOWN.",
    )
    tape(
        "all kinds of property",
        store.put_artifact_type,
        pb.ArtifactType(
            name="All",
            properties={"i": pb.INT, "d": pb.DOUBLE, "s": pb.STRING, "t": pb.STRUCT, "p": pb.PROTO, "b": pb.BOOLEAN},
        ),
    )
    tape("got", store.get_artifact_type, "All")


def changing_a_type(tape):
    store = tape.store()
    put = store.put_artifact_type
    tape("first", put, pb.ArtifactType(name="T", properties={"a": pb.INT, "b": pb.STRING}))
    tape("one more", put, pb.ArtifactType(name="T", properties={"a": pb.INT, "b": pb.STRING, "c": pb.INT}), says=OTHER)
    tape("one fewer", put, pb.ArtifactType(name="T", properties={"a": pb.INT}), says=OTHER)
    tape("another kind", put, pb.ArtifactType(name="T", properties={"a": pb.DOUBLE, "b": pb.STRING}), says=OTHER)
    tape(
        "another kind with both flags",
        put,
        pb.ArtifactType(name="T", properties={"a": pb.DOUBLE}),
        **ADD,
        **OMIT,
        says=OTHER,
    )
    tape(
        "one more, allowed",
        put,
        pb.ArtifactType(name="T", properties={"a": pb.INT, "b": pb.STRING, "c": pb.INT}),
        **ADD,
    )
    tape("one fewer, allowed", put, pb.ArtifactType(name="T", properties={"a": pb.INT}), **OMIT)
    tape(
        "more and fewer, only adding allowed",
        put,
        pb.ArtifactType(name="T", properties={"a": pb.INT, "d": pb.INT}),
        **ADD,
        says=OTHER,
    )
    tape(
        "more and fewer, both allowed",
        put,
        pb.ArtifactType(name="T", properties={"a": pb.INT, "d": pb.INT}),
        **ADD,
        **OMIT,
    )
    tape("omitting deletes nothing", store.get_artifact_type, "T")
    tape("nothing was kept of what was refused", store.get_artifact_types)


def describing_a_type(tape):
    store = tape.store()
    tape("described", store.put_context_type, pb.ContextType(name="C", description="first"))
    tape("described anew", store.put_context_type, pb.ContextType(name="C", description="second"))
    tape("the first stays", store.get_context_type, "C")
    tape("an external id", store.put_context_type, pb.ContextType(name="C", external_id="c-1"))
    tape("is taken", store.get_context_type, "C")
    tape("another one", store.put_context_type, pb.ContextType(name="C", external_id="c-2"))
    tape("replaces it", store.get_context_type, "C")
    tape("without one", store.put_context_type, pb.ContextType(name="C"))
    tape("it stays", store.get_context_type, "C")
    tape("by external id", store.get_context_types_by_external_ids, ["c-2", "absent"])
    tape("listed", store.get_context_types)
    tape("none found", store.get_context_types_by_external_ids, ["c-1"], says="No types found for external_ids.")
    tape(
        "an empty one",
        store.get_context_types_by_external_ids,
        ["c-2", ""],
        says="Invalid argument because at least one empty external_id exists.",
    )


def one_external_id_for_types_of_all_kinds(tape):
    store = tape.store()
    tape("an artifact type", store.put_artifact_type, pb.ArtifactType(name="A", external_id="x"))
    tape("an execution type", store.put_execution_type, pb.ExecutionType(name="E", external_id="x"))
    tape("not as an execution type", store.get_execution_types_by_external_ids, ["x"])


def base_types(tape):
    store = tape.store()
    put = store.put_artifact_type
    tape("with a base", put, pb.ArtifactType(name="Images", base_type=pb.ArtifactType.DATASET))
    tape("got", store.get_artifact_type, "Images")
    tape("again without", put, pb.ArtifactType(name="Images"))
    tape("it stays", store.get_artifact_type, "Images")
    tape(
        "another base",
        put,
        pb.ArtifactType(name="Images", base_type=pb.ArtifactType.MODEL),
        says="base_type update is not supported yet",
    )
    tape(
        "taken away",
        put,
        pb.ArtifactType(name="Images", base_type=pb.ArtifactType.UNSET),
        says="base_type deletion is not supported yet",
    )
    tape("without a base", store.put_execution_type, pb.ExecutionType(name="Fit"))
    tape("a base later", store.put_execution_type, pb.ExecutionType(name="Fit", base_type=pb.ExecutionType.TRAIN))
    tape("is set", store.get_execution_type, "Fit")
    tape("unset from the start", put, pb.ArtifactType(name="Plain", base_type=pb.ArtifactType.UNSET))
    tape("has none", store.get_artifact_type, "Plain")
    tape("the base itself", store.get_artifact_type, "mlmd.Dataset")
    tape("the bases are hidden", lambda: [type_.name for type_ in store.get_artifact_types()])
    tape("and in no listing of executions", lambda: [type_.name for type_ in store.get_execution_types()])
    tape("but found by id", lambda: sorted(type_.name for type_ in store.get_artifact_types_by_id([1, 2, 3, 4])))


def input_and_output_types(tape):
    store = tape.store()
    made = pb.ExecutionType(name="Trainer")
    made.input_type.dict.properties["examples"].simple.name = "DataSet"
    made.input_type.dict.properties["more"].list.element.any.SetInParent()
    made.output_type.union_type.candidates.add().simple.name = "Model"
    made.output_type.union_type.candidates.add().none.SetInParent()
    tape("put", store.put_execution_type, made)
    tape("got", store.get_execution_type, "Trainer")


def getting_types(tape):
    store = tape.store()
    tape("nothing yet", store.get_artifact_types)
    for name in ("A", "B"):
        store.put_artifact_type(pb.ArtifactType(name=name, properties={"p": pb.INT}))
        store.put_execution_type(pb.ExecutionType(name=name))
        store.put_context_type(pb.ContextType(name=name, version="v1"))
    tape("all artifact types", store.get_artifact_types)
    tape("all execution types", store.get_execution_types)
    tape("all context types", store.get_context_types)
    tape("by id", store.get_artifact_types_by_id, [10])
    tape("by ids that are not there", store.get_artifact_types_by_id, [999])
    tape("by an id of another kind", store.get_execution_types_by_id, [10])
    tape("by no id", store.get_context_types_by_id, [])
    tape("an unknown name", store.get_artifact_type, "Z", says="No type found for query, name: `Z`, version: `nullopt`")
    tape(
        "an unknown version",
        store.get_artifact_type,
        "A",
        "v9",
        says="No type found for query, name: `A`, version: `v9`",
    )
    tape("a version that must be named", store.get_context_type, "A", says="No type found for query, name: `A`")
    tape("by name and version", store.get_context_type, "A", "v1")
    tape("an empty version", store.get_artifact_type, "A", "")
