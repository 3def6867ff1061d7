"""Records of the store as JSON documents, where `lineage.render.document` has none: types, edges, ledger, audit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lineal.ingest.mlmd.export import Exported
from lineal.ingest.mlmd.losses import Loss
from lineal.ingest.mlmd.report import Report, TableReport
from lineal.lineage.render.document import Document, plain
from lineal.lineage.render.words import when
from lineal.model.aliases import Alias
from lineal.model.audit import AuditReport, Entry, Finding
from lineal.model.edges import Event
from lineal.model.metrics import MetricSeries
from lineal.model.types import NodeType
from lineal.model.values import Json


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
        "input_type": record.input_type,
        "output_type": record.output_type,
        "properties": {name: kind.name.lower() for name, kind in record.properties.items()},
        "created_at": when(record.created_at),
    }


def event(record: Event) -> Document:
    """Return an event."""
    return {
        "id": record.id,
        "artifact": f"artifact#{record.artifact_id}",
        "execution": f"execution#{record.execution_id}",
        "type": record.type.name.lower(),
        "path": list(record.path),
        "time": when(record.time),
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
        "artifact": f"artifact#{record.artifact_id}",
        "time": when(record.time),
        "entry": record.entry,
    }


def series(record: MetricSeries) -> Document:
    """Return a metric series with all its points."""
    return {
        "execution": f"execution#{record.execution_id}",
        "name": record.name,
        "steps": list(record.steps),
        "values": plain(list(record.values)),
        "times": [when(time) for time in record.times],
    }


def entry(record: Entry) -> Document:
    """Return a ledger entry; digests are hexadecimal."""
    return {
        "seq": record.seq,
        "time": when(record.time),
        "actor": record.actor,
        "action": record.action,
        "reason": record.reason,
        "request_id": record.request_id,
        "reported_at": when(record.reported_at),
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


def import_report(record: Report) -> Document:
    """Return what an import did, and whether both sides are equal."""
    return {
        "source": record.source,
        "schema_version": record.version,
        "dry_run": record.dry_run,
        "equal": record.equal,
        "written": record.outcome.written,
        "updated": record.outcome.updated,
        "same": record.outcome.same,
        "clashing": record.outcome.clashing,
        "doubles_with_six_decimals": record.doubles,
        "texts_read_as_ml_metadata_reads_them": record.reread,
        "tables": [_table(table) for table in record.tables],
        "losses": _losses(record.losses),
        "updates": [{"record": update.record, "columns": list(update.columns)} for update in record.outcome.updates],
        "clashes": [{"record": clash.record, "message": clash.message} for clash in record.outcome.clashes],
        "differences": [
            {"table": item.table, "key": _key(item.key), "there": item.there, "here": item.here}
            for item in record.differences
        ],
    }


def export_report(record: Exported, file: Path) -> Document:
    """Return what an export wrote, and what it could not write as it is."""
    return {
        "file": str(file),
        "rows": dict(record.rows),
        "left_out": dict(record.left_out),
        "changed": dict(record.changed),
        "losses": _losses(record.losses),
    }


def _losses(losses: Sequence[Loss]) -> list[Json]:
    return [
        {"table": loss.table, "key": _key(loss.key), "fate": loss.fate.value, "message": loss.message}
        for loss in losses
    ]


def _table(record: TableReport) -> Document:
    return {
        "table": record.table,
        "there": record.there,
        "here": record.here,
        "left_out": record.left_out,
        "changed": record.changed,
        "noted": record.noted,
        "digest_there": record.digest_there,
        "digest_here": record.digest_here,
        "differences": record.differences,
        "lost": record.lost,
        "equal": record.equal,
    }


def _key(key: tuple[int | str, ...]) -> list[Json]:
    # A name that is no valid text is shown with its bytes written out.
    return [part if isinstance(part, int) else part.encode(errors="backslashreplace").decode() for part in key]
