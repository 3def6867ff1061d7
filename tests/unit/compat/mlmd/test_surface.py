"""Everything that `ml_metadata` offers is here under the same name, with the same parameters and defaults."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from lineal.compat import mlmd
from lineal.compat.mlmd.metadata_store import metadata_store, mlmd_types
from lineal.compat.mlmd.proto import metadata_store_pb2, metadata_store_service_pb2

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def signatures():
    spec = importlib.util.spec_from_file_location("signatures", HERE / "signatures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_name_parameter_and_default_is_as_recorded(signatures):
    ours = set(signatures.lines("lineal.compat.mlmd"))

    assert [line for line in (HERE / "signatures.txt").read_text().splitlines() if line not in ours] == []


@pytest.mark.peer
def test_the_record_is_that_of_the_real_package(peer):
    assert peer.run(HERE / "signatures.py") == (HERE / "signatures.txt").read_text()


def test_there_are_49_methods_and_three_that_tutorials_use():
    recorded = (HERE / "signatures.txt").read_text().splitlines()
    methods = [line for line in recorded if line.startswith("MetadataStore.") and "__init__" not in line]

    assert len(methods) == 49
    for kind in ("artifact", "execution", "context"):
        assert callable(getattr(mlmd.MetadataStore, f"put_{kind}_types"))


def test_the_packages_export_one_and_the_same():
    assert mlmd.MetadataStore is mlmd.metadata_store.MetadataStore is metadata_store.MetadataStore
    assert mlmd.__version__ == "1.17.1"


def test_the_fields_to_order_by_have_ml_metadatas_numbers():
    assert [(field.name, field.value) for field in mlmd.OrderByField] == [
        ("CREATE_TIME", 1),
        ("UPDATE_TIME", 2),
        ("ID", 3),
    ]


def test_list_options_can_be_compared_and_changed():
    options = mlmd.ListOptions(limit=5)
    options.filter_query = "id = 1"

    assert options == mlmd.ListOptions(5, filter_query="id = 1")


@pytest.fixture
def store():
    return mlmd.MetadataStore(
        metadata_store_pb2.ConnectionConfig(fake_database=metadata_store_pb2.FakeDatabaseConfig())
    )


def test_a_call_without_a_method_is_made_as_ml_metadatas_client_makes_it(store):
    response = metadata_store_service_pb2.PutTypesResponse()
    request = metadata_store_service_pb2.PutTypesRequest(context_types=[metadata_store_pb2.ContextType(name="C")])

    assert store._call("PutTypes", request, response) is None
    assert response.context_type_ids == [store.get_context_type("C").id]
    with pytest.raises(mlmd.errors.NotFoundError):
        store._call(
            "GetContextType",
            metadata_store_service_pb2.GetContextTypeRequest(type_name="absent"),
            metadata_store_service_pb2.GetContextTypeResponse(),
        )


NO_LISTS = {
    "put_artifacts": (None,),
    "put_executions": (None,),
    "put_contexts": (None,),
    "put_events": (None,),
    "put_parent_contexts": (None,),
    "put_attributions_and_associations": (None, None),
    "get_artifacts_by_id": (None,),
    "get_executions_by_id": (None,),
    "get_contexts_by_id": (None,),
    "get_artifact_types_by_id": (None,),
    "get_events_by_artifact_ids": (None,),
    "get_events_by_execution_ids": (None,),
    "get_artifacts_and_types_by_artifact_ids": (None,),
    "get_artifacts_by_type": (None,),
    "get_artifact_by_type_and_name": ("T", None),
    "get_artifacts_by_context": (None,),
    "get_contexts_by_artifact": (None,),
    "get_artifact_type": (None,),
}


@pytest.mark.parametrize(("method", "arguments"), NO_LISTS.items())
def test_none_in_the_place_of_what_is_asked_for_is_an_error_and_not_nothing(store, method, arguments):
    with pytest.raises(TypeError):
        getattr(store, method)(*arguments)


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, metadata_store_pb2.ArtifactType) for name in ("Dataset", "Model", "Metrics", "Statistics")]
    + [(name, metadata_store_pb2.ExecutionType) for name in ("Train", "Transform", "Process", "Evaluate", "Deploy")],
)
def test_a_simple_type_has_its_name_and_number(name, kind):
    simple = getattr(mlmd_types, name)()

    assert simple.name == f"mlmd.{name}"
    assert simple.system_type == kind.SystemDefinedBaseType.Value(name.upper())
