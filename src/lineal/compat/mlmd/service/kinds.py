"""The three kinds of node, and what each is called in the messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Context, Execution


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of node: our record, the words in the names of fields and calls, the messages of node and type."""

    kind: NodeKind
    model: type[Any]
    word: str
    title: str
    message: type[Any]
    type_message: type[Any]
    base_types: tuple[str, ...] = ()

    @property
    def many(self) -> str:
        """The field that holds several of them."""
        return f"{self.word}s"


ARTIFACT = Kind(
    NodeKind.ARTIFACT,
    Artifact,
    "artifact",
    "Artifact",
    pb.Artifact,
    pb.ArtifactType,
    ("mlmd.Dataset", "mlmd.Model", "mlmd.Metrics", "mlmd.Statistics"),
)
EXECUTION = Kind(
    NodeKind.EXECUTION,
    Execution,
    "execution",
    "Execution",
    pb.Execution,
    pb.ExecutionType,
    ("mlmd.Train", "mlmd.Transform", "mlmd.Process", "mlmd.Evaluate", "mlmd.Deploy"),
)
CONTEXT = Kind(NodeKind.CONTEXT, Context, "context", "Context", pb.Context, pb.ContextType)

KINDS = (ARTIFACT, EXECUTION, CONTEXT)
OF = {kind.kind: kind for kind in KINDS}


def unique(ids: Iterable[int]) -> list[int]:
    """Return ids as ML Metadata answers them: each once, in order of their numbers."""
    return sorted(set(ids))
