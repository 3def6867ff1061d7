"""ML Metadata's messages: its field tables to the letter, in either descriptor pool, on any protobuf from 4.25."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import any_pb2, field_mask_pb2, json_format, struct_pb2, text_format

from lineal.compat.mlmd import proto
from lineal.compat.mlmd.proto import metadata_store_pb2, metadata_store_service_pb2, metadata_store_service_pb2_grpc
from lineal.compat.mlmd.proto.pool import PRIVATE, SERVICE, file

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
OURS = ROOT / "src/lineal/compat/mlmd"
FILES = (
    "ml_metadata/proto/metadata_store.proto",
    "ml_metadata/proto/metadata_store_service.proto",
    "ml_metadata/simple_types/proto/simple_types.proto",
)


@pytest.fixture
def artifact():
    made = metadata_store_pb2.Artifact(id=3, type_id=1, uri="file:///a", state=metadata_store_pb2.Artifact.LIVE)
    made.properties["rows"].int_value = 7
    made.custom_properties["half"].double_value = 0.5
    return made


def field_tables(*arguments):
    script = HERE / "field_tables.py"
    done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


# ---------------------------------------------------------------- the tables


def test_every_message_field_number_default_and_call_is_as_in_the_field_tables():
    assert field_tables(str(ROOT / "src")) == (HERE / "field_tables.txt").read_text()


@pytest.mark.peer
def test_the_field_tables_are_those_of_the_real_package(peer):
    assert peer.run(HERE / "field_tables.py") == (HERE / "field_tables.txt").read_text()


def test_the_compiled_descriptors_and_their_types_belong_to_the_proto_files(tmp_path):
    places = [f"-Iml_metadata/{place}={OURS / place}" for place in ("proto", "simple_types/proto")]
    command = [sys.executable, "-m", "grpc_tools.protoc", *places]
    outputs = [f"--descriptor_set_out={tmp_path / 'descriptors.binpb'}", f"--pyi_out={tmp_path}"]
    subprocess.run([*command, *outputs, *FILES], check=True)

    assert (tmp_path / "descriptors.binpb").read_bytes() == (OURS / "proto" / "descriptors.binpb").read_bytes(), (
        "make proto"
    )
    for stub in tmp_path.rglob("*.pyi"):
        compiled = stub.read_text().replace("from ml_metadata.proto", "from lineal.compat.mlmd.proto")
        assert compiled == (OURS / stub.relative_to(tmp_path / "ml_metadata")).read_text(), "make proto"


# ---------------------------------------------------------------- the classes


def test_bytes_come_back_as_the_message_that_was_written(artifact):
    assert metadata_store_pb2.Artifact.FromString(artifact.SerializeToString()) == artifact


def test_constants_and_enums_are_where_generated_code_has_them():
    assert metadata_store_pb2.INT == metadata_store_pb2.PropertyType.Value("INT") == 1
    assert metadata_store_pb2.Event.OUTPUT == metadata_store_pb2.Event.Type.Value("OUTPUT") == 4
    assert metadata_store_pb2.Execution.State.Name(6) == "CANCELED"
    assert metadata_store_pb2.ListOperationOptions.OrderByField.Field.Name(1) == "CREATE_TIME"
    assert metadata_store_pb2.Artifact.ID_FIELD_NUMBER == 1
    assert metadata_store_pb2.SYSTEM_TYPE_EXTENSION_FIELD_NUMBER == 384560917


def test_a_fresh_message_has_the_declared_defaults():
    options = metadata_store_pb2.ListOperationOptions()

    assert options.max_result_size == 20
    assert options.order_by_field.field == metadata_store_pb2.ListOperationOptions.OrderByField.ID
    assert options.order_by_field.is_asc is True
    assert metadata_store_pb2.MigrationOptions().downgrade_to_schema_version == -1
    assert metadata_store_service_pb2.PutArtifactTypeRequest().all_fields_match is True


def test_nested_messages_are_attributes_and_values_of_maps():
    answer = metadata_store_service_pb2.GetParentContextsByContextsResponse()
    answer.contexts[5].parent_contexts.add(id=3)

    assert (
        type(answer.contexts[5])
        is metadata_store_service_pb2.GetParentContextsByContextsResponse.ParentContextsPerChild
    )
    assert metadata_store_pb2.Event.Path.Step(key="model").WhichOneof("value") == "key"


def test_messages_can_be_pickled_nested_ones_too(artifact):
    step = metadata_store_pb2.Event.Path.Step(index=2)

    assert pickle.loads(pickle.dumps([artifact, step])) == [artifact, step]
    assert type(pickle.loads(pickle.dumps(step))) is metadata_store_pb2.Event.Path.Step


def test_the_text_and_json_formats_come_back(artifact):
    text = text_format.MessageToString(artifact)
    named = json_format.MessageToDict(artifact, preserving_proto_field_name=True)

    assert text_format.Parse(text, metadata_store_pb2.Artifact()) == artifact
    assert json_format.ParseDict(named, metadata_store_pb2.Artifact()) == artifact


def test_an_any_names_the_message_as_ml_metadata_does(artifact):
    value = metadata_store_pb2.Value()
    value.proto_value.Pack(artifact)
    out = metadata_store_pb2.Artifact()

    assert value.proto_value.type_url == "type.googleapis.com/ml_metadata.Artifact"
    assert value.proto_value.Unpack(out)
    assert out == artifact


def test_without_the_real_package_the_messages_share_a_pool_with_the_programs_own():
    assert not PRIVATE
    given = struct_pb2.Struct()
    given.update({"layers": [1, 2, None]})
    packed = any_pb2.Any()
    packed.Pack(given)

    value = metadata_store_pb2.Value(struct_value=given)
    other = metadata_store_pb2.Value(proto_value=packed)
    request = metadata_store_service_pb2.PutArtifactsRequest(update_mask=field_mask_pb2.FieldMask(paths=["uri"]))

    assert value.struct_value == given
    assert other.proto_value == packed
    assert list(request.update_mask.paths) == ["uri"]


def test_the_system_types_are_read_from_the_extension():
    dataset = metadata_store_pb2.ArtifactType.SystemDefinedBaseType.DESCRIPTOR.values_by_name["DATASET"]

    assert dataset.GetOptions().Extensions[metadata_store_pb2.system_type_extension].type_name == "mlmd.Dataset"


def test_transaction_options_keep_extensions_they_do_not_know():
    # Field 1000, as text: a server of the future may read it.
    data = b"\x0a\x01t" + b"\xc2\x3e\x02hi"

    assert metadata_store_pb2.TransactionOptions.FromString(data).SerializeToString() == data


def test_the_package_re_exports_the_messages_that_programs_use_most():
    assert all(getattr(proto, name) is getattr(metadata_store_pb2, name) for name in proto.__all__)
    assert len(proto.__all__) == 15


# ---------------------------------------------------------------- beside the real package

BESIDE = """
import sys
sys.path.append({source!r})
{before}
from lineal.compat.mlmd.proto import metadata_store_pb2 as ours, metadata_store_service_pb2, pool
from ml_metadata.proto import metadata_store_pb2 as theirs
assert pool.PRIVATE
assert ours.Artifact is not theirs.Artifact
artifact = ours.Artifact(id=3, uri="file:///a")
artifact.custom_properties["s"].struct_value.update({{"layers": [1, 2]}})
artifact.custom_properties["p"].proto_value.Pack(ours.Artifact(id=4))
same = theirs.Artifact.FromString(artifact.SerializeToString())
assert list(same.custom_properties["s"].struct_value["layers"]) == [1, 2]
assert ours.Artifact.FromString(same.SerializeToString()) == artifact
inner = theirs.Artifact()
assert same.custom_properties["p"].proto_value.Unpack(inner) and inner.id == 4
print("side by side")
"""


@pytest.mark.peer
@pytest.mark.parametrize(
    "before",
    [
        pytest.param("", id="installed, loaded after ours"),
        pytest.param("import ml_metadata", id="loaded before ours"),
    ],
)
def test_ours_and_the_real_messages_work_side_by_side(peer, before):
    assert peer.run(BESIDE.format(source=str(ROOT / "src"), before=before)) == "side by side\n"


# ---------------------------------------------------------------- the service's module


def test_the_service_module_names_all_52_calls():
    names = {method.name for method in file(SERVICE).services_by_name["MetadataStoreService"].methods}
    servicer = metadata_store_service_pb2_grpc.MetadataStoreServiceServicer

    assert len(names) == 52
    assert names == {name for name in vars(servicer) if not name.startswith("_")}
    assert all(hasattr(metadata_store_service_pb2_grpc.MetadataStoreService, name) for name in names)
