"""The JSON documents of the answers that are no graph; see `document` for how values are written."""

from __future__ import annotations

from collections.abc import Sequence

from lineal.lineage.changes import Section
from lineal.lineage.check import Check
from lineal.lineage.checklist import Finding
from lineal.lineage.completeness import Completeness
from lineal.lineage.diff import Diff
from lineal.lineage.impact import Affected, Impact
from lineal.lineage.paths import Paths
from lineal.lineage.render.document import (
    Document,
    decision_document,
    edge_document,
    item_document,
    plain,
    truncation_document,
)
from lineal.model.values import Json


def impact_document(impact: Impact) -> Document:
    """Return an impact as a document."""
    return {
        "answer": "impact",
        "roots": [item_document(item) for item in impact.roots],
        "sentence": impact.sentence,
        "size": impact.size,
        "total": impact.total,
        "has_live": impact.has_live,
        "live_endpoints": _affected(impact.endpoints),
        "revisions": _affected(impact.revisions),
        "model_families": list(impact.families),
        "models": _affected(impact.models),
        "datasets": _affected(impact.datasets),
        "others": _affected(impact.others),
        "approvals": [decision_document(decision) for decision in impact.approvals],
        "truncated": truncation_document(impact.truncated),
    }


def paths_document(paths: Paths) -> Document:
    """Return paths as a document; each path is a list of node ids from upstream to downstream."""
    return {
        "answer": "paths",
        "source": str(paths.source.key),
        "target": str(paths.target.key),
        "swapped": paths.swapped,
        "paths": [[str(key) for key in path] for path in paths.found],
        "nodes": [item_document(item) for item in paths.nodes.values()],
        "edges": [edge_document(edge) for edge in paths.edges],
        "truncated": truncation_document(paths.truncated),
    }


def diff_document(diff: Diff) -> Document:
    """Return a diff as a document."""
    return {
        "answer": "diff",
        "before": item_document(diff.before),
        "after": item_document(diff.after),
        "summary": diff.summary,
        "same": diff.same,
        "first_difference": None if diff.first_difference is None else dict(diff.first_difference),
        "sections": {part.name: _section(part) for part in diff.sections},
        "truncated": truncation_document(diff.truncated),
    }


def check_document(check: Check) -> Document:
    """Return a checklist as a document."""
    return {
        "answer": "check",
        "roots": [str(item.key) for item in check.roots],
        "sentence": check.sentence,
        "rebuildable": check.rebuildable.value,
        "verdict": check.reach.verdict,
        "because": list(check.reach.because),
        "captured": check.captured,
        "items": check.items,
        "checklist": [_finding(finding) for finding in check.findings],
        "runs": [
            {
                "run": str(one.run.key),
                "label": one.run.label,
                "checklist": [_finding(found) for found in one.findings],
                "capture": _completeness(one.completeness),
            }
            for one in check.runs
        ],
        "missing": list(check.missing),
        "truncated": truncation_document(check.truncated),
    }


def _completeness(found: Completeness) -> Document:
    return {
        "captured": found.captured,
        "of": len(found.items),
        "not_applicable": found.not_applicable,
        "sentence": found.sentence,
        "best_verdict": found.best,
        "because": list(found.because),
        "items": [
            {
                "number": one.item.number,
                "item": one.item.title,
                "facts": list(one.item.facts),
                "status": one.status,
                "reason": one.reason,
            }
            for one in found.items
        ],
    }


def _affected(affected: Sequence[Affected]) -> Json:
    return [
        {
            **item_document(one.item),
            "hops": one.hops,
            "path": [str(item.key) for item in one.path],
            "between": one.between,
        }
        for one in affected
    ]


def _section(part: Section) -> Json:
    return {
        "same": part.same,
        "changes": [
            {
                "name": change.name,
                "status": change.status.value,
                "before": plain(change.before),
                "after": plain(change.after),
                "delta": plain(change.delta),
                "note": change.note,
            }
            for change in part.changes
        ],
    }


def _finding(finding: Finding) -> Json:
    return {
        "item": finding.item,
        "outcome": finding.outcome.value,
        "sentence": finding.sentence,
        "advice": finding.advice,
    }
