"""Model records as JSON documents for `--format json`: every field, exact times, nothing JSON cannot hold.

NaN and the infinities become the texts "NaN", "Infinity" and "-Infinity"; bytes become base64.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Mapping

from lineal.cli.times import iso_exact
from lineal.model.aliases import Alias
from lineal.model.audit import AuditReport, Entry, Finding
from lineal.model.decisions import Decision
from lineal.model.edges import Event
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Execution, Node, kind_of
from lineal.model.predictions import Prediction
from lineal.model.types import NodeType
from lineal.model.values import Json, Proto

Document = dict[str, Json]


def value(content: object) -> Json:
    """Return a property value as JSON can hold it."""
    if isinstance(content, float) and not math.isfinite(content):
        return "NaN" if math.isnan(content) else ("Infinity" if content > 0 else "-Infinity")
    if isinstance(content, bytes):
        return {"base64": b64encode(content).decode("ascii")}
    if isinstance(content, Proto):
        return {"type_url": content.type_url, "base64": b64encode(content.data).decode("ascii")}
    if isinstance(content, Mapping):
        return {str(key): value(item) for key, item in content.items()}
    if isinstance(content, list | tuple):
        return [value(item) for item in content]
    if content is None or isinstance(content, bool | int | float | str):
        return content
    return str(content)


def node(record: Node) -> Document:
    """Return a node with its properties."""
    document: Document = {
        "kind": kind_of(record).value,
        "id": record.id,
        "type": record.type,
        "type_version": record.type_version,
        "name": record.name,
        "external_id": record.external_id,
        "properties": value(record.properties),
        "custom_properties": value(record.custom_properties),
        "created_at": iso_exact(record.created_at),
        "updated_at": iso_exact(record.updated_at),
        "entry": record.entry,
    }
    if isinstance(record, Artifact):
        document |= {"uri": record.uri, "fingerprint": record.fingerprint, "state": record.state.name}
    elif isinstance(record, Execution):
        document |= {
            "state": record.state.name,
            "started_at": iso_exact(record.started_at),
            "ended_at": iso_exact(record.ended_at),
        }
    return document


def node_type(record: NodeType) -> Document:
    """Return a type with its schema."""
    return {
        "kind": record.kind.value,
        "id": record.id,
        "name": record.name,
        "version": record.version,
        "base": record.base,
        "description": record.description,
        "external_id": record.external_id,
        "properties": {name: kind.name for name, kind in record.properties.items()},
        "defaults": value(record.defaults),
        "created_at": iso_exact(record.created_at),
    }


def event(record: Event) -> Document:
    """Return an event."""
    return {
        "id": record.id,
        "artifact_id": record.artifact_id,
        "execution_id": record.execution_id,
        "type": record.type.name,
        "path": list(record.path),
        "time": iso_exact(record.time),
        "how": record.how.value,
        "entry": record.entry,
    }


def alias(record: Alias) -> Document:
    """Return one move of an alias."""
    return {
        "id": record.id,
        "type": record.type,
        "family": record.family,
        "alias": record.alias,
        "artifact_id": record.artifact_id,
        "time": iso_exact(record.time),
        "entry": record.entry,
    }


def decision(record: Decision) -> Document:
    """Return a decision."""
    return {
        "id": record.id,
        "action": record.action.value,
        "artifact_id": record.artifact_id,
        "fingerprint": record.fingerprint,
        "actor": record.actor,
        "reason": record.reason,
        "details": value(record.details),
        "execution_id": record.execution_id,
        "time": iso_exact(record.time),
        "entry": record.entry,
    }


def prediction(record: Prediction) -> Document:
    """Return a prediction."""
    return {
        "trace_id": record.trace_id,
        "endpoint": record.endpoint,
        "revision_id": record.revision_id,
        "input_digest": record.input_digest,
        "key_id": record.key_id,
        "output": value(record.output),
        "confidence": value(record.confidence),
        "latency_us": record.latency_us,
        "status": record.status,
        "time": iso_exact(record.time),
        "spool": record.spool,
        "sequence": record.sequence,
        "entry": record.entry,
    }


def series(record: MetricSeries) -> Document:
    """Return a metric series with all its points."""
    return {
        "execution_id": record.execution_id,
        "name": record.name,
        "steps": list(record.steps),
        "values": value(list(record.values)),
        "times": [iso_exact(time) for time in record.times],
    }


def entry(record: Entry) -> Document:
    """Return a ledger entry; digests are hexadecimal."""
    return {
        "seq": record.seq,
        "time": iso_exact(record.time),
        "actor": record.actor,
        "action": record.action,
        "reason": record.reason,
        "request_id": record.request_id,
        "reported_at": iso_exact(record.reported_at),
        "findings": list(record.findings),
        "rows": record.rows,
        "rows_root": record.rows_root.hex(),
        "rule": record.rule,
        "leaf": record.leaf.hex(),
    }


def finding(record: Finding) -> Document:
    """Return one difference between ledger and tables."""
    return {
        "kind": record.kind,
        "table": record.table,
        "row": record.row,
        "entry": record.entry,
        "message": record.message,
    }


def audit_report(record: AuditReport) -> Document:
    """Return the outcome of a whole check."""
    return {
        "ok": record.ok,
        "entries": record.entries,
        "rows": record.rows,
        "root": record.root.hex(),
        "unanchored_tail": record.unanchored_tail,
        "findings": [finding(item) for item in record.findings],
    }
