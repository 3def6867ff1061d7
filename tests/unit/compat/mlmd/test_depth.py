"""Values that are nested deeply: what a message can hold comes back, anything deeper is refused in one way."""

from __future__ import annotations

import pytest

from lineal.compat import mlmd
from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.service import Service
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.store.location import of_database
from lineal.store.open import open_store

DEEPEST = 31
"""Structs inside a struct; ML Metadata takes as many."""

EVERYTHING = pb.LineageSubgraphQueryOptions.StartingNodes(filter_query="id > 0")


@pytest.fixture
def store(tmp_path):
    store = open_store(of_database(tmp_path / "store.db"))
    yield store
    store.close()


@pytest.fixture(params=["in this process", "through gRPC"])
def client(request, store, tmp_path):
    """A `MetadataStore` with types A, E and C, each with a struct as property."""
    if request.param == "in this process":
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(tmp_path / "store.db")
        client = mlmd.MetadataStore(config)
    else:
        host, _, port = request.getfixturevalue("serve_grpc")(store).rpartition(":")
        client = mlmd.MetadataStore(pb.MetadataStoreClientConfig(host=host, port=int(port)))
    client.put_artifact_type(pb.ArtifactType(name="A", properties={"s": pb.STRUCT}))
    client.put_execution_type(pb.ExecutionType(name="E", properties={"s": pb.STRUCT}))
    client.put_context_type(pb.ContextType(name="C", properties={"s": pb.STRUCT}))
    return client


def nested(message, levels):
    """Return a node of the message's kind, with a struct that holds this many others inside one another."""
    type_id = {pb.Artifact: 10, pb.Execution: 11, pb.Context: 12}[message]
    node = message(type_id=type_id, name="node")
    struct = node.properties["s"].struct_value
    for _ in range(levels):
        struct = struct.fields["in"].struct_value
    struct.fields["value"].number_value = 1
    return node


PUTS = {
    "put_artifacts": lambda client, levels: client.put_artifacts([nested(pb.Artifact, levels)]),
    "put_executions": lambda client, levels: client.put_executions([nested(pb.Execution, levels)]),
    "put_contexts": lambda client, levels: client.put_contexts([nested(pb.Context, levels)]),
    "put_execution": lambda client, levels: client.put_execution(
        nested(pb.Execution, levels),
        [(nested(pb.Artifact, levels), pb.Event(type=pb.Event.OUTPUT))],
        [nested(pb.Context, levels)],
    ),
    "put_lineage_subgraph": lambda client, levels: client.put_lineage_subgraph(
        [nested(pb.Execution, levels)], [nested(pb.Artifact, levels)], [nested(pb.Context, levels)], []
    ),
}


@pytest.mark.parametrize("put", PUTS.values(), ids=PUTS)
@pytest.mark.parametrize("levels", [DEEPEST + 1, 64, 1000])
def test_a_struct_that_no_message_can_hold_is_refused_and_nothing_is_written(client, put, levels):
    with pytest.raises(errors.InvalidArgumentError, match="nested"):
        put(client, levels)

    assert (client.get_artifacts(), client.get_executions(), client.get_contexts()) == ([], [], [])


@pytest.mark.parametrize("put", PUTS.values(), ids=PUTS)
def test_the_deepest_struct_that_ml_metadata_takes_comes_back_from_every_call(client, put):
    put(client, DEEPEST)

    nodes = [*client.get_artifacts(), *client.get_executions(), *client.get_contexts()]
    assert nodes
    assert all(node.properties == nested(type(node), DEEPEST).properties for node in nodes)
    for artifact in client.get_artifacts():
        options = pb.LineageSubgraphQueryOptions(starting_artifacts=EVERYTHING)
        assert client.get_lineage_subgraph(options).artifacts[0].properties == artifact.properties


def test_lists_count_too(client):
    node = pb.Artifact(type_id=10)
    value = node.properties["s"].struct_value.fields["in"]
    for _ in range(60):
        value = value.list_value.values.add()

    with pytest.raises(errors.InvalidArgumentError, match="nested"):
        client.put_artifacts([node])


def test_a_struct_that_lineals_own_interface_put_deeper_is_said_to_be_unreadable_here(client, store):
    deep = {}
    for _ in range(50):
        deep = {"in": deep}
    store.put([Artifact(type="A", name="deep", properties={"s": deep})], by=Origin(actor="test", action="test"))

    with pytest.raises(errors.FailedPreconditionError, match="'s' cannot be read here"):
        client.get_artifacts()
    (id_,) = (node.id for node in store.named(Artifact, "A", "deep"))
    assert client.put_artifacts([pb.Artifact(id=id_, properties=nested(pb.Artifact, 1).properties)]) == [id_]
    assert client.get_artifacts()[0].properties == nested(pb.Artifact, 1).properties


def typed(levels):
    type_ = pb.ExecutionType(name="Typed")
    struct = type_.input_type
    for _ in range(levels):
        struct = struct.list.element
    struct.any.SetInParent()
    return type_


@pytest.mark.parametrize("levels", [49, 60, 1000])
def test_an_input_type_that_no_message_can_hold_is_refused(client, levels):
    with pytest.raises(errors.InvalidArgumentError, match="nested"):
        client.put_execution_type(typed(levels))
    with pytest.raises(errors.InvalidArgumentError, match="nested"):
        client.put_execution_types([typed(levels)])


def test_an_input_type_comes_back_however_deep_it_was_taken(client):
    client.put_execution_type(typed(47))

    assert client.get_execution_type("Typed").input_type == typed(47).input_type


def test_the_service_itself_refuses_a_message_that_was_never_serialized(store):
    request_of_artifacts = mlmd.proto.metadata_store_service_pb2.PutArtifactsRequest()
    request_of_artifacts.artifacts.add().CopyFrom(nested(pb.Artifact, 5000))
    service = Service(store)
    service.call(
        "PutArtifactType",
        mlmd.proto.metadata_store_service_pb2.PutArtifactTypeRequest(artifact_type=pb.ArtifactType(id=10, name="A")),
    )

    with pytest.raises(errors.InvalidArgumentError, match="nested"):
        service.call("PutArtifacts", request_of_artifacts)
