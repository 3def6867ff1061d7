"""`install()` makes an unchanged program run on Lineal's `ml_metadata`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]

UNCHANGED = """
import ml_metadata as mlmd
import ml_metadata.metadata_store.metadata_store
from ml_metadata import errors, metadata_store, proto
from ml_metadata.errors import NotFoundError
from ml_metadata.metadata_store import metadata_store as module, mlmd_types
from ml_metadata.metadata_store.metadata_store import ListOptions
from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2, metadata_store_service_pb2_grpc
from ml_metadata.proto.metadata_store_pb2 import Artifact
from ml_metadata import simple_types, tools
from ml_metadata.simple_types.proto import simple_types_pb2
from ml_metadata.version import __version__

assert mlmd.MetadataStore is module.MetadataStore and mlmd.errors is errors
assert proto.Artifact is Artifact
assert simple_types_pb2.SimpleTypes(artifact_types=[metadata_store_pb2.ArtifactType(name="T")]).artifact_types
print(__version__, mlmd.MetadataStore.__module__.partition(".")[0])
"""


def run(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_submodule_can_be_imported_after_one_line():
    assert run(f"from lineal.compat.mlmd import install; install()\n{UNCHANGED}") == "1.17.1 lineal\n"


def test_installing_twice_is_fine():
    program = "from lineal.compat.mlmd import install\ninstall()\ninstall()\nimport ml_metadata\nprint('fine')"

    assert run(program) == "fine\n"


def test_an_installation_can_let_properties_declare_themselves():
    program = (
        "from lineal.compat import mlmd\n{}\nimport ml_metadata\nprint(ml_metadata.MetadataStore.declare_properties)"
    )

    assert run(program.format("mlmd.install()")) == "False\n"
    assert run(program.format("mlmd.install(declare_properties=True)")) == "True\n"


def test_a_package_of_that_name_that_is_loaded_already_is_an_error_and_stays():
    program = """
import sys, types
theirs = sys.modules["ml_metadata"] = types.ModuleType("ml_metadata")
from lineal.compat.mlmd import install
from lineal.errors import FailedPrecondition
try:
    install()
except FailedPrecondition as refused:
    print(refused, "/", refused.hint)
assert sys.modules["ml_metadata"] is theirs
"""

    assert run(program) == (
        "the real ML Metadata is already loaded here as ml_metadata / "
        "call lineal.compat.mlmd.install() before anything imports ml_metadata\n"
    )


MIXED = """
from lineal.compat.mlmd import install
install()
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, field_mask_pb2, json_format, message_factory
from google.protobuf import struct_pb2, symbol_database
from ml_metadata.proto import metadata_store_pb2 as pb, metadata_store_service_pb2 as service_pb2

struct = struct_pb2.Struct()
struct.update({"lr": 0.1})
packed = any_pb2.Any()
packed.Pack(pb.Artifact(name="x"))
artifact = pb.Artifact(custom_properties={"s": pb.Value(struct_value=struct), "a": pb.Value(proto_value=packed)})
artifact.custom_properties["s"].struct_value.CopyFrom(struct)
service_pb2.PutArtifactsRequest(update_mask=field_mask_pb2.FieldMask(paths=["uri"]))
print(json_format.MessageToDict(artifact)["customProperties"]["a"]["protoValue"]["name"])

users = descriptor_pb2.FileDescriptorProto(name="users.proto", package="users", syntax="proto3")
users.dependency.append("ml_metadata/proto/metadata_store.proto")
holder = users.message_type.add(name="Holder")
holder.field.add(name="type", number=1, type=11, label=1, type_name=".ml_metadata.ExecutionType")
file = descriptor_pool.Default().AddSerializedFile(users.SerializeToString())
holder = message_factory.GetMessageClass(file.message_types_by_name["Holder"])()
holder.type.CopyFrom(pb.ExecutionType(name="Trainer"))
print(holder.type.name, symbol_database.Default().GetSymbol("ml_metadata.Artifact") is pb.Artifact)
"""


@pytest.fixture
def installed_beside(tmp_path):
    """What puts a package `ml_metadata` on a program's path; nobody may load it."""
    (tmp_path / "ml_metadata").mkdir()
    (tmp_path / "ml_metadata" / "__init__.py").write_text("raise SystemExit('loaded')")
    return f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"


def test_beside_a_package_that_is_only_installed_messages_mix_with_those_of_other_packages(installed_beside):
    assert run(installed_beside + MIXED) == "x\nTrainer True\n"


def test_messages_that_stay_apart_because_they_were_made_before_the_installation_are_told(installed_beside):
    program = """
import warnings
from lineal.compat import mlmd
mlmd.MetadataStore
with warnings.catch_warnings(record=True) as told:
    mlmd.install()
import ml_metadata
print(ml_metadata.MetadataStore is mlmd.MetadataStore, [str(warning.message).partition(",")[0] for warning in told])
"""

    assert run(installed_beside + program) == "True ['lineal.compat.mlmd was used before install()']\n"


SIDE_BY_SIDE = """
import sys
sys.path += [{source!r}, {packages!r}]
import ml_metadata
from ml_metadata.proto import metadata_store_pb2 as theirs
from lineal.compat import mlmd
from lineal.compat.mlmd.proto import metadata_store_pb2 as ours
from lineal.errors import FailedPrecondition

for package, messages in ((ml_metadata, theirs), (mlmd, ours)):
    config = messages.ConnectionConfig()
    config.fake_database.SetInParent()
    store = package.MetadataStore(config)
    type_id = store.put_artifact_type(messages.ArtifactType(name="T", base_type=messages.ArtifactType.DATASET))
    value = messages.Value()
    value.struct_value.update({{"layers": [1, 2]}})
    store.put_artifacts([messages.Artifact(type_id=type_id, custom_properties={{"s": value}})])
    [got] = store.get_artifacts()
    print(package.__name__, type(got) is messages.Artifact, list(got.custom_properties["s"].struct_value["layers"]))
try:
    mlmd.install()
except FailedPrecondition as refused:
    print(refused)
from lineal.compat.mlmd.metadata_store import mlmd_types
print(mlmd_types.Model().name)
"""


@pytest.mark.peer
@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="platform: the real package runs on the Python it was made for"
)
def test_the_real_package_and_ours_work_in_one_process(peer):
    # The real one's interpreter, with its protobuf first; the rest of what we need from our own environment.
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    printed = peer.run(SIDE_BY_SIDE.format(source=str(ROOT / "src"), packages=packages))

    assert printed.splitlines() == [
        "ml_metadata True [1.0, 2.0]",
        "lineal.compat.mlmd True [1.0, 2.0]",
        "the real ML Metadata is already loaded here as ml_metadata",
        "mlmd.Model",
    ]


def test_without_protobuf_and_grpc_the_pip_command_is_named():
    program = """
import sys
sys.modules["grpc"] = None
import lineal
from lineal.errors import MissingExtra
try:
    import lineal.compat.mlmd
except MissingExtra as missing:
    print(missing.hint)
"""

    assert run(program) == "pip install 'lineal[mlmd]'\n"
