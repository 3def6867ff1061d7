"""ML Metadata's nine simple types, for use as the base of a program's own types.

>>> Dataset().name, Dataset().system_type
('mlmd.Dataset', 1)
"""

from __future__ import annotations

from typing import Any, ClassVar

from google.protobuf.message_factory import GetMessageClass

from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto.pool import POOL

_ENUM_OPTIONS = GetMessageClass(POOL.FindMessageTypeByName("google.protobuf.EnumValueOptions"))


class SystemType:
    """One of the types that every ML Metadata store has: its name, and its number among `SystemDefinedBaseType`."""

    BASE_TYPE: ClassVar[Any]
    NUMBER: ClassVar[int]

    @property
    def system_type(self) -> int:
        """What goes into the `base_type` of a type."""
        return self.NUMBER

    @property
    def name(self) -> str:
        """The name under which the store has it."""
        options = self.BASE_TYPE.DESCRIPTOR.values_by_number[self.NUMBER].GetOptions()
        # Read anew: in a private descriptor pool protobuf's own options do not know our extension.
        known: Any = _ENUM_OPTIONS.FromString(options.SerializeToString())
        return str(known.Extensions[pb.system_type_extension].type_name)


class ArtifactType(SystemType):
    """A simple type of artifacts."""

    BASE_TYPE = pb.ArtifactType.SystemDefinedBaseType


class ExecutionType(SystemType):
    """A simple type of executions."""

    BASE_TYPE = pb.ExecutionType.SystemDefinedBaseType


class Dataset(ArtifactType):
    """Data that is trained on, or evaluated with."""

    NUMBER = pb.ArtifactType.DATASET


class Model(ArtifactType):
    """A trained model."""

    NUMBER = pb.ArtifactType.MODEL


class Metrics(ArtifactType):
    """What an evaluation measured."""

    NUMBER = pb.ArtifactType.METRICS


class Statistics(ArtifactType):
    """What describes data or models in numbers."""

    NUMBER = pb.ArtifactType.STATISTICS


class Train(ExecutionType):
    """A training."""

    NUMBER = pb.ExecutionType.TRAIN


class Transform(ExecutionType):
    """A change of data into data."""

    NUMBER = pb.ExecutionType.TRANSFORM


class Process(ExecutionType):
    """Any other processing."""

    NUMBER = pb.ExecutionType.PROCESS


class Evaluate(ExecutionType):
    """An evaluation."""

    NUMBER = pb.ExecutionType.EVALUATE


class Deploy(ExecutionType):
    """A deployment."""

    NUMBER = pb.ExecutionType.DEPLOY
