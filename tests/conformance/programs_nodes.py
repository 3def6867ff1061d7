"""Artifacts, executions and contexts, as programs put and get them."""

from __future__ import annotations

import time

from google.protobuf import struct_pb2
from ml_metadata.proto import metadata_store_pb2 as pb

Artifact, Execution, Context, Value = pb.Artifact, pb.Execution, pb.Context, pb.Value
EMPTY_EXTERNAL_ID = "Invalid argument because at least one empty external_id exists."
ALL_KINDS = {"i": pb.INT, "d": pb.DOUBLE, "s": pb.STRING, "t": pb.STRUCT, "p": pb.PROTO, "b": pb.BOOLEAN}


def with_types(tape, **properties):
    """Return a store, and the ids of a type of each kind with these properties."""
    store = tape.store()
    return (
        store,
        store.put_artifact_type(pb.ArtifactType(name="A", properties=properties)),
        store.put_execution_type(pb.ExecutionType(name="E", properties=properties)),
        store.put_context_type(pb.ContextType(name="C", properties=properties)),
    )


def of_all_kinds():
    struct = struct_pb2.Struct()
    struct.update({"layers": [1, 2.5, None, {"deep": True}], "name": "net"})
    packed = Value()
    packed.proto_value.Pack(Artifact(id=7, uri="inside"))
    return {
        "i": Value(int_value=-(2**63)),
        "d": Value(double_value=0.5),
        "s": Value(string_value="grüße 'quoted' \\ x"),
        "t": Value(struct_value=struct),
        "p": packed,
        "b": Value(bool_value=False),
    }


# ---------------------------------------------------------------- putting


def every_field_comes_back(tape):
    store, a, e, c = with_types(tape, **ALL_KINDS)
    artifact = Artifact(
        type_id=a,
        uri="file:///a",
        name="one",
        state=Artifact.LIVE,
        external_id="x-a",
        properties=of_all_kinds(),
        custom_properties=of_all_kinds(),
    )
    execution = Execution(
        type_id=e,
        name="run",
        last_known_state=Execution.RUNNING,
        external_id="x-e",
        properties=of_all_kinds(),
        custom_properties=of_all_kinds(),
    )
    context = Context(
        type_id=c, name="group", external_id="x-c", properties=of_all_kinds(), custom_properties=of_all_kinds()
    )
    tape("put artifact", store.put_artifacts, [artifact])
    tape("put execution", store.put_executions, [execution])
    tape("put context", store.put_contexts, [context])
    tape("artifact", store.get_artifacts_by_id, [1])
    tape("execution", store.get_executions_by_id, [1])
    tape("context", store.get_contexts_by_id, [1])


def as_little_as_possible(tape):
    store, a, e, c = with_types(tape)
    tape("put artifacts", store.put_artifacts, [Artifact(type_id=a), Artifact(type_id=a)])
    tape("put executions", store.put_executions, [Execution(type_id=e), Execution(type_id=e)])
    tape("put context", store.put_contexts, [Context(type_id=c, name="only")])
    tape("artifacts", store.get_artifacts)
    tape("executions", store.get_executions)
    tape("contexts", store.get_contexts)
    tape("put nothing", store.put_artifacts, [])


def what_a_client_may_not_set(tape):
    store, a, _, _ = with_types(tape)
    given = Artifact(type_id=a, type="Other", create_time_since_epoch=5, last_update_time_since_epoch=6)
    tape("put", store.put_artifacts, [given])
    tape("the store's own", store.get_artifacts_by_id, [1])


def types_of_nodes(tape):
    store, a, e, c = with_types(tape)
    tape("no type", store.put_artifacts, [Artifact()], says="Type id is missing.")
    tape("no type of an execution", store.put_executions, [Execution()])
    tape("no type of a context", store.put_contexts, [Context(name="x")])
    tape("an unknown type", store.put_artifacts, [Artifact(type_id=999)])
    tape("a type of another kind", store.put_artifacts, [Artifact(type_id=e)])
    store.put_artifacts([Artifact(type_id=a)])
    other = store.put_artifact_type(pb.ArtifactType(name="Other"))
    tape("another type in an update", store.put_artifacts, [Artifact(id=1, type_id=other)])
    tape("no type in an update", store.put_artifacts, [Artifact(id=1, uri="new")])
    tape("is as it was, but for the uri", store.get_artifacts_by_id, [1])
    tape("all or none", store.put_executions, [Execution(type_id=e), Execution(type_id=c)])
    tape("none", store.get_executions)


def properties_of_the_declared_kind_only(tape):
    store, a, e, c = with_types(tape, count=pb.INT, rate=pb.DOUBLE)
    unmatched = "Found unmatched property type: count"
    tape(
        "text for INT",
        store.put_artifacts,
        [Artifact(type_id=a, properties={"count": Value(string_value="5")})],
        says=unmatched,
    )
    tape(
        "a double for INT",
        store.put_executions,
        [Execution(type_id=e, properties={"count": Value(double_value=5)})],
        says=unmatched,
    )
    tape(
        "an int for DOUBLE",
        store.put_contexts,
        [Context(type_id=c, name="x", properties={"rate": Value(int_value=5)})],
        says="Found unmatched property type: rate",
    )
    tape(
        "a bool for INT",
        store.put_artifacts,
        [Artifact(type_id=a, properties={"count": Value(bool_value=True)})],
        says=unmatched,
    )
    tape("undeclared", store.put_artifacts, [Artifact(type_id=a, properties={"other": Value(int_value=5)})])
    tape(
        "custom ones are free",
        store.put_artifacts,
        [Artifact(type_id=a, custom_properties={"count": Value(string_value="5"), "other": Value(int_value=5)})],
    )
    tape(
        "and may change kind",
        store.put_artifacts,
        [Artifact(id=1, type_id=a, custom_properties={"count": Value(double_value=0.25)})],
    )
    tape("now", store.get_artifacts_by_id, [1])
    tape(
        "one name in both maps",
        store.put_artifacts,
        [
            Artifact(
                type_id=a, properties={"count": Value(int_value=1)}, custom_properties={"count": Value(int_value=2)}
            )
        ],
    )
    tape("both", store.get_artifacts_by_id, [2])


# ---------------------------------------------------------------- updating


def an_update_replaces_everything(tape):
    store, a, e, c = with_types(tape, p=pb.INT)
    some = {"p": Value(int_value=1)}
    store.put_artifacts(
        [
            Artifact(
                type_id=a,
                name="n",
                uri="u",
                state=Artifact.LIVE,
                external_id="x",
                properties=some,
                custom_properties=some,
            )
        ]
    )
    store.put_executions(
        [
            Execution(
                type_id=e,
                name="n",
                last_known_state=Execution.RUNNING,
                external_id="x",
                properties=some,
                custom_properties=some,
            )
        ]
    )
    store.put_contexts([Context(type_id=c, name="n", external_id="x", properties=some, custom_properties=some)])
    tape("artifact", store.put_artifacts, [Artifact(id=1, type_id=a)])
    tape("erased", store.get_artifacts_by_id, [1])
    tape("execution", store.put_executions, [Execution(id=1, type_id=e)])
    tape("execution erased", store.get_executions_by_id, [1])
    tape("context", store.put_contexts, [Context(id=1, type_id=c, name="n")])
    tape("context erased", store.get_contexts_by_id, [1])
    tape("a context without its name", store.put_contexts, [Context(id=1, type_id=c)])


def names_never_change(tape):
    store, a, e, c = with_types(tape)
    store.put_artifacts([Artifact(type_id=a, name="first")])
    store.put_executions([Execution(type_id=e, name="first")])
    store.put_contexts([Context(type_id=c, name="first")])
    tape("a new name", store.put_artifacts, [Artifact(id=1, type_id=a, name="second", uri="u")])
    tape("is ignored", store.get_artifacts_by_id, [1])
    tape("for an execution", store.put_executions, [Execution(id=1, type_id=e, name="second")])
    tape("is ignored there", store.get_executions_by_id, [1])
    tape("for a context", store.put_contexts, [Context(id=1, type_id=c, name="second")])
    tape("is not ignored there", store.get_contexts_by_id, [1])
    masked = {"field_mask_paths": ["properties"]}
    tape("behind a mask", store.put_contexts, [Context(id=1, type_id=c, name="third")], **masked)


def what_refusals_say(tape):
    store, a, e, c = with_types(tape, p=pb.INT)
    undeclared, other = {"z": Value(int_value=1)}, {"p": Value(string_value="1")}
    cannot = "Cannot validate properties of type_id: "
    tape(
        "an undeclared property", store.put_artifacts, [Artifact(type_id=a, properties=undeclared)], says=f"{cannot}{a}"
    )
    tape("of another kind", store.put_executions, [Execution(type_id=e, properties=other)], says=f"{cannot}{e}")
    tape("a context's name", store.put_contexts, [Context(type_id=c)], says=f"Cannot create node for type_id: {c}")
    run, group = Execution(type_id=e), "Context is missing a "
    tape("no type", store.put_execution, run, [], [Context(name="n")], says=f"{group}type_id: name: ")
    tape("no name", store.put_execution, run, [], [Context(type_id=c)], says=f"{group}name: type_id: {c}")
    tape(
        "no type in a subgraph", store.put_lineage_subgraph, [], [], [Context(name="n")], [], says="Type id is missing."
    )
    different, more = "Type already exists with different properties: ", "has more properties: "
    for step, properties, says in (
        ("more", {"p": pb.INT, "q": pb.INT}, f"can_add_fields is false while the given type {more}"),
        ("fewer", {}, f"can_omit_fields is false while stored type {more}"),
        ("another kind", {"p": pb.STRING}, "Conflicting property value type found in stored and given types: "),
    ):
        given = pb.ArtifactType(name="A", properties=properties)
        tape(step, store.put_artifact_type, given, says=different + says)
    store.put_contexts([Context(type_id=c, name="child"), Context(type_id=c, name="parent")])
    store.put_parent_contexts([pb.ParentContext(child_id=1, parent_id=2)])
    cycle = "There is a cycle detected of the given relationship."
    tape("a cycle", store.put_parent_contexts, [pb.ParentContext(child_id=2, parent_id=1)], says=cycle)


def names_are_unique_in_their_type(tape):
    store, a, e, c = with_types(tape)
    other = store.put_artifact_type(pb.ArtifactType(name="Other"))
    taken = "Given node already exists: "
    store.put_artifacts([Artifact(type_id=a, name="n")])
    tape("an artifact's", store.put_artifacts, [Artifact(type_id=a, name="n")], says=taken)
    tape("in another type", store.put_artifacts, [Artifact(type_id=other, name="n")])
    tape(
        "twice in one call",
        store.put_executions,
        [Execution(type_id=e, name="n"), Execution(type_id=e, name="n")],
        says=taken,
    )
    tape("nothing was written", store.get_executions)
    store.put_contexts([Context(type_id=c, name="n")])
    tape("a context's", store.put_contexts, [Context(type_id=c, name="n")], says=taken)
    tape("an empty one", store.put_artifacts, [Artifact(type_id=a, name="")])
    tape("is a name too", store.put_artifacts, [Artifact(type_id=a, name="")], says=taken)
    tape("none is not", store.put_artifacts, [Artifact(type_id=a), Artifact(type_id=a)])
    tape("a context without one", store.put_contexts, [Context(type_id=c)], says="Context name should not be empty")
    tape(
        "a context with an empty one",
        store.put_contexts,
        [Context(type_id=c, name="")],
        says="Context name should not be empty",
    )


def external_ids_are_unique_in_their_kind(tape):
    store, a, e, c = with_types(tape)
    other = store.put_artifact_type(pb.ArtifactType(name="Other"))
    store.put_artifacts([Artifact(type_id=a, external_id="x"), Artifact(type_id=a)])
    tape("taken", store.put_artifacts, [Artifact(type_id=a, external_id="x")])
    tape("by an artifact of another type", store.put_artifacts, [Artifact(type_id=other, external_id="x")])
    tape("by an update", store.put_artifacts, [Artifact(id=2, type_id=a, external_id="x")])
    tape("not by another kind", store.put_executions, [Execution(type_id=e, external_id="x")])
    tape("nor by a context", store.put_contexts, [Context(type_id=c, name="n", external_id="x")])
    tape(
        "free again",
        lambda: (
            store.put_artifacts([Artifact(id=1, type_id=a)]),
            store.put_artifacts([Artifact(id=2, type_id=a, external_id="x")]),
        ),
    )
    tape("found", store.get_artifacts_by_external_ids, ["x", "absent"])
    tape("executions found", store.get_executions_by_external_ids, ["x"])
    tape("contexts found", store.get_contexts_by_external_ids, ["x"])
    tape("none found", store.get_artifacts_by_external_ids, ["absent"], says="No artifacts found for external_ids.")
    tape(
        "no execution found",
        store.get_executions_by_external_ids,
        ["absent"],
        says="No executions found for external_ids.",
    )
    tape("no context found", store.get_contexts_by_external_ids, ["absent"], says="No contexts found for external_ids.")
    tape("an empty one", store.get_artifacts_by_external_ids, ["x", ""], says=EMPTY_EXTERNAL_ID)
    tape("no list", store.get_artifacts_by_external_ids, [])


def an_empty_external_id_is_one(tape):
    store, a, _, _ = with_types(tape)
    tape("once", store.put_artifacts, [Artifact(type_id=a, external_id="")])
    tape("twice", store.put_artifacts, [Artifact(type_id=a, external_id="")])


def an_update_of_what_is_not_there(tape):
    store, a, e, c = with_types(tape)
    missing = "Cannot find the given id 77"
    tape("artifact", store.put_artifacts, [Artifact(id=77, type_id=a)], says=missing)
    tape("execution", store.put_executions, [Execution(id=77, type_id=e)], says=missing)
    tape("context", store.put_contexts, [Context(id=77, type_id=c, name="n")], says=missing)


def masked_updates(tape):
    store, a, e, c = with_types(tape, p=pb.INT, q=pb.INT)
    some = {"p": Value(int_value=1), "q": Value(int_value=2)}
    new = {"p": Value(int_value=10)}
    store.put_artifacts([Artifact(type_id=a, uri="u", state=Artifact.LIVE, properties=some, custom_properties=some)])
    store.put_executions([Execution(type_id=e, last_known_state=Execution.NEW, properties=some)])
    store.put_contexts([Context(type_id=c, name="n", properties=some, custom_properties=some)])
    change = Artifact(id=1, type_id=a, uri="new", properties=new, custom_properties=new)
    tape("only the uri", store.put_artifacts, [change], ["uri"])
    tape("uri", store.get_artifacts_by_id, [1])
    tape("one property", store.put_artifacts, [change], ["properties.p"])
    tape("property", store.get_artifacts_by_id, [1])
    tape("all custom properties", store.put_artifacts, [change], ["custom_properties"])
    tape("custom properties", store.get_artifacts_by_id, [1])
    tape("a property that is not given", store.put_artifacts, [change], ["properties.q"])
    tape("is removed", store.get_artifacts_by_id, [1])
    tape("an unknown path", store.put_artifacts, [Artifact(id=1, type_id=a, uri="newer")], ["nothing.such"])
    tape("changes nothing", store.get_artifacts_by_id, [1])
    tape(
        "state of an execution",
        store.put_executions,
        [Execution(id=1, type_id=e, last_known_state=Execution.COMPLETE)],
        ["last_known_state"],
    )
    tape("execution", store.get_executions_by_id, [1])
    tape(
        "external id of a context",
        store.put_contexts,
        [Context(id=1, type_id=c, name="n", external_id="x")],
        ["external_id"],
    )
    tape("context", store.get_contexts_by_id, [1])
    tape(
        "an insert ignores the mask", store.put_artifacts, [Artifact(type_id=a, uri="u", state=Artifact.LIVE)], ["uri"]
    )
    tape("inserted", store.get_artifacts_by_id, [2])


def states_are_free(tape):
    store, a, e, _ = with_types(tape)
    store.put_artifacts([Artifact(type_id=a)])
    store.put_executions([Execution(type_id=e)])
    for state in (Artifact.REFERENCE, Artifact.ABANDONED, Artifact.PENDING, Artifact.UNKNOWN):
        store.put_artifacts([Artifact(id=1, type_id=a, state=state)])
        tape(f"artifact {Artifact.State.Name(state)}", store.get_artifacts_by_id, [1])
    for state in (Execution.CANCELED, Execution.CACHED, Execution.NEW):
        store.put_executions([Execution(id=1, type_id=e, last_known_state=state)])
        tape(f"execution {Execution.State.Name(state)}", store.get_executions_by_id, [1])


def update_times(tape):
    store, a, _, _ = with_types(tape, p=pb.INT)
    made = Artifact(type_id=a, uri="u", properties={"p": Value(int_value=1)})
    store.put_artifacts([made])
    (before,) = store.get_artifacts_by_id([1])
    tape.note("both times are one at first", before.create_time_since_epoch == before.last_update_time_since_epoch)
    time.sleep(0.002)
    made.id = 1
    store.put_artifacts([made])
    (same,) = store.get_artifacts_by_id([1])
    tape.note("an equal update moves nothing", same == before)
    made.properties["p"].int_value = 2
    store.put_artifacts([made])
    (after,) = store.get_artifacts_by_id([1])
    tape.note("another moves the update", after.last_update_time_since_epoch > before.last_update_time_since_epoch)
    tape.note("and not the creation", after.create_time_since_epoch == before.create_time_since_epoch)


# ---------------------------------------------------------------- getting


def getting_by_id_and_type(tape):
    store, a, e, c = with_types(tape, p=pb.INT)
    second = store.put_artifact_type(pb.ArtifactType(name="A", version="v2"))
    store.put_artifacts(
        [Artifact(type_id=a, name="x", uri="u"), Artifact(type_id=a, uri="u"), Artifact(type_id=second, name="x")]
    )
    store.put_executions([Execution(type_id=e, name="r")])
    store.put_contexts([Context(type_id=c, name="g")])
    tape("what exists, once", store.get_artifacts_by_id, [2, 99, 1, 2])
    tape("nothing", store.get_artifacts_by_id, [99])
    tape("of no ids", store.get_executions_by_id, [])
    tape("with types", store.get_artifacts_and_types_by_artifact_ids, [1, 3])
    tape("with types of nothing", store.get_artifacts_and_types_by_artifact_ids, [99])
    tape("by type", store.get_artifacts_by_type, "A")
    tape("by type and version", store.get_artifacts_by_type, "A", "v2")
    tape("by an unknown type", store.get_artifacts_by_type, "Z")
    tape("executions by type", store.get_executions_by_type, "E")
    tape("contexts by type", store.get_contexts_by_type, "C")
    tape("by a type of another kind", store.get_contexts_by_type, "A")
    tape("by name", store.get_artifact_by_type_and_name, "A", "x")
    tape("by name in a version", store.get_artifact_by_type_and_name, "A", "x", "v2")
    tape("by an unknown name", store.get_artifact_by_type_and_name, "A", "y")
    tape("by a name in an unknown type", store.get_execution_by_type_and_name, "Z", "r")
    tape("an execution by name", store.get_execution_by_type_and_name, "E", "r")
    tape("a context by name", store.get_context_by_type_and_name, "C", "g")
    tape("no context", store.get_context_by_type_and_name, "C", "h")
    tape("by uri", store.get_artifacts_by_uri, "u")
    tape("by an unknown uri", store.get_artifacts_by_uri, "v")


# ---------------------------------------------------------------- what ML Metadata gets wrong


def doubles(tape):
    store, a, _, _ = with_types(tape, rate=pb.DOUBLE)
    for number, value in enumerate((1 / 3, 1e-7, 123456.7890123)):
        store.put_artifacts([Artifact(type_id=a, properties={"rate": Value(double_value=value)})])
        (got,) = store.get_artifacts_by_id([number + 1])
        tape.note(f"{value!r} comes back", got.properties["rate"].double_value)
    tape("nan", store.put_artifacts, [Artifact(type_id=a, properties={"rate": Value(double_value=float("nan"))})])
    tape("infinity", store.put_artifacts, [Artifact(type_id=a, properties={"rate": Value(double_value=float("inf"))})])


def magic_strings(tape):
    store, a, _, _ = with_types(tape)
    store.put_artifacts([Artifact(type_id=a, custom_properties={"s": Value(string_value="mlmd-struct::CgQKAWESABoA")})])
    tape("text that begins as a struct", store.get_artifacts_by_id, [1])
    store.put_artifacts([Artifact(type_id=a, custom_properties={"s": Value(string_value="__MLMD_NULL__")})])
    tape("text that stands for nothing", store.get_artifacts_by_id, [2])


def a_zero_byte(tape):
    store, a, _, _ = with_types(tape)
    artifact = Artifact(type_id=a, custom_properties={"s": Value(string_value="before\0after")})
    tape("put", store.put_artifacts, [artifact])
    tape("text with a zero byte", lambda: [n.custom_properties["s"].string_value for n in store.get_artifacts()])


def dropping_one_of_two_equal_names(tape):
    store, a, _, _ = with_types(tape, p=pb.INT)
    both = {"p": Value(int_value=1)}
    store.put_artifacts([Artifact(type_id=a, properties=both, custom_properties=both)])
    tape("the custom one goes", store.put_artifacts, [Artifact(id=1, type_id=a, properties=both)])
    tape("the declared one stays", store.get_artifacts_by_id, [1])
