"""The JSON document of an answer: every fact, stable keys, one document.

Doubles are written so that they read back bit for bit; what JSON has no number for is written as the strings
"NaN", "Infinity" and "-Infinity". Bytes are {"base64": …}. Times are ISO 8601 in UTC with microseconds.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Mapping

from lineal.lineage.graph import GraphEdge, GraphNode, LineageGraph
from lineal.lineage.render.words import when
from lineal.model.decisions import Decision
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.predictions import Prediction
from lineal.model.traversal import Truncation
from lineal.model.values import Json, Proto

Document = dict[str, Json]


def text_of(document: Document) -> str:
    """Return the document as JSON text, indented, non-ASCII as it is."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def graph_document(graph: LineageGraph) -> Document:
    """Return a lineage graph as a document."""
    return {
        "answer": "lineage",
        "roots": [str(key) for key in graph.roots],
        "direction": graph.direction.value if graph.direction else "both",
        "as_of": when(graph.as_of) or None,
        "truncated": truncation_document(graph.truncated),
        "nodes": [item_document(item) for item in graph.nodes.values()],
        "edges": [edge_document(edge) for edge in graph.edges],
        "predictions": [prediction_document(prediction) for prediction in graph.predictions],
    }


def item_document(item: GraphNode) -> Document:
    """Return a node of a graph, with its distance, aliases and decisions."""
    return {
        **node_document(item.node),
        "hop": item.hop,
        "reproduced": item.reproduced,
        "aliases": list(item.aliases),
        "decisions": [decision_document(decision) for decision in item.decisions],
    }


def node_document(node: Artifact | Execution | Context) -> Document:
    """Return a node with all its fields."""
    kind = {Artifact: "artifact", Execution: "execution", Context: "context"}[type(node)]
    found: Document = {
        "id": f"{kind}#{node.id}",
        "kind": kind,
        "type": node.type,
        "type_version": node.type_version,
        "name": node.name,
        "external_id": node.external_id,
    }
    if isinstance(node, Artifact):
        found |= {"fingerprint": node.fingerprint, "uri": node.uri, "state": node.state.name.lower()}
    if isinstance(node, Execution):
        times = {"started_at": when(node.started_at) or None, "ended_at": when(node.ended_at) or None}
        found |= {"state": node.state.name.lower(), **times}
    return found | {
        "properties": plain(node.properties),
        "custom_properties": plain(node.custom_properties),
        "created_at": when(node.created_at) or None,
        "updated_at": when(node.updated_at) or None,
        "entry": node.entry,
    }


def edge_document(edge: GraphEdge) -> Document:
    """Return an edge: data flows from source to target."""
    return {
        "source": str(edge.source),
        "target": str(edge.target),
        "role": edge.role,
        "how": edge.how.value,
        "path": list(edge.path),
        "hidden": edge.hidden,
        "reproduces": edge.reproduces,
    }


def decision_document(decision: Decision) -> Document:
    """Return a decision with all its fields."""
    return {
        "id": decision.id,
        "action": decision.action.value,
        "artifact": f"artifact#{decision.artifact_id}",
        "fingerprint": decision.fingerprint,
        "actor": decision.actor,
        "reason": decision.reason,
        "details": plain(decision.details),
        "execution": None if decision.execution_id is None else f"execution#{decision.execution_id}",
        "time": when(decision.time) or None,
        "entry": decision.entry,
    }


def prediction_document(prediction: Prediction) -> Document:
    """Return a prediction with all its fields."""
    return {
        "trace_id": prediction.trace_id,
        "endpoint": prediction.endpoint,
        "revision": None if prediction.revision_id is None else f"artifact#{prediction.revision_id}",
        "input_digest": prediction.input_digest,
        "key_id": prediction.key_id,
        "output": plain(prediction.output),
        "confidence": plain(prediction.confidence),
        "latency_us": prediction.latency_us,
        "status": prediction.status,
        "time": when(prediction.time) or None,
        "entry": prediction.entry,
    }


def truncation_document(truncated: Truncation | None) -> Json:
    """Return why an answer is not complete, or null."""
    return None if truncated is None else {"reason": truncated.reason, "missing": truncated.missing}


def plain(value: object) -> Json:
    """Return a value as JSON can write it; see the module's docstring for what JSON lacks."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return {"base64": b64encode(value).decode("ascii")}
    if isinstance(value, Proto):
        return {"type_url": value.type_url, "base64": b64encode(value.data).decode("ascii")}
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
