"""Rows: every answer as one table. The text table, CSV, the web's accessible twin and the terminal all read this."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from lineal.lineage.changes import Change
from lineal.lineage.check import Check
from lineal.lineage.completeness import Answered
from lineal.lineage.diff import Diff
from lineal.lineage.graph import LineageGraph
from lineal.lineage.impact import Affected, Impact
from lineal.lineage.paths import Paths
from lineal.lineage.render.document import plain
from lineal.lineage.render.words import badges, remark, safe, when, who
from lineal.model.nodes import Artifact
from lineal.model.traversal import Truncation
from lineal.model.values import Json

_LONGEST = 80

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, rows, and what must be said below them. Cells are raw: a writer makes them harmless for its format."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


def graph_rows(graph: LineageGraph) -> Table:
    """Return the nodes of a graph, nearest first, with what each was made from."""
    sources: dict[str, list[str]] = {}
    for edge in graph.edges:
        text = f"{edge.source} ({remark(edge)})" if remark(edge) else str(edge.source)
        sources.setdefault(str(edge.target), []).append(text)
    rows = [
        (
            item.hop,
            str(item.key),
            item.node.type,
            item.label,
            (item.node.fingerprint if isinstance(item.node, Artifact) else item.node.external_id) or "",
            ", ".join(badge.text for badge in badges(item)),
            "; ".join(who(decision) for decision in item.decisions),
            ", ".join(dict.fromkeys(sources.get(str(item.key), ()))),
            when(item.node.created_at),
        )
        for item in graph.nodes.values()
    ]
    columns = ("hop", "id", "type", "name", "fingerprint", "status", "decisions", "from", "created")
    return Table(columns, tuple(rows), truncation_notes(graph.truncated))


def impact_rows(impact: Impact) -> Table:
    """Return what is affected, live endpoints first."""
    groups = {
        "live endpoint": impact.endpoints,
        "revision": impact.revisions,
        "model": impact.models,
        "dataset": impact.datasets,
        "other": impact.others,
    }
    rows = [
        (
            what,
            one.item.label,
            one.item.node.type,
            one.hops,
            way(one),
            ", ".join(badge.text for badge in badges(one.item)),
        )
        for what, affected in groups.items()
        for one in affected
    ]
    columns = ("affected", "name", "type", "hops", "path", "status")
    return Table(columns, tuple(rows), (impact.sentence, *truncation_notes(impact.truncated)))


def paths_rows(paths: Paths) -> Table:
    """Return one row a path, shortest first."""
    rows = [
        (number, len(path) - 1, " → ".join(paths.nodes[key].label for key in path))
        for number, path in enumerate(paths.found, start=1)
    ]
    notes = () if rows else (f"{paths.source.label} and {paths.target.label} do not depend on each other",)
    return Table(("path", "hops", "way"), tuple(rows), (*notes, *truncation_notes(paths.truncated)))


def diff_rows(diff: Diff) -> Table:
    """Return one row a change."""
    rows = [
        (
            part.name,
            change.name,
            change.status.value,
            value_text(change.before),
            value_text(change.after),
            note_of(change),
        )
        for part in diff.sections
        for change in part.changes
    ]
    columns = ("section", "what", "change", diff.before.label, diff.after.label, "note")
    return Table(columns, tuple(rows), (diff.summary, *truncation_notes(diff.truncated)))


def check_rows(check: Check) -> Table:
    """Return one row an item of the checklist, then the thirty items of each run's record."""
    rows = [(one.outcome.value, one.item, one.sentence, one.advice, "") for one in check.findings]
    for run in check.runs:
        items = run.completeness.items
        label = run.run.label
        rows += [(one.status, f"{one.item.number} {one.item.title}", _found(one), "", label) for one in items]
    scores = [f"{run.run.label}: {run.completeness.sentence}" for run in check.runs]
    notes = (check.sentence, *scores, *truncation_notes(check.truncated))
    return Table(("outcome", "item", "found", "what to do", "run"), tuple(rows), notes)


def _found(answered: Answered) -> str:
    """Return why an item has no value or what is odd about it, else the beginning of its value."""
    text = value_text(answered.value)
    return answered.reason or (text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def way(affected: Affected) -> str:
    """Return how an affected thing is reached, with the middle of a long way counted."""
    labels = [item.label for item in affected.path]
    if affected.between:
        labels.insert(-2, f"… {affected.between} more …")
    return " → ".join(labels)


def note_of(change: Change) -> str:
    """Return the note of a change, or by how much a number changed."""
    delta = change.delta
    return change.note or ("" if delta is None else f"{delta:+.6g}")


def value_text(value: Json) -> str:
    """Return a value for a cell: a text as it is, versions with their rows, anything else as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and isinstance(value.get("versions"), list | tuple):
        versions = value["versions"]
        names = [str(version) for version in versions] if isinstance(versions, list | tuple) else []
        shown = ", ".join(names[:3]) + (f" … {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004
        rows = value.get("rows")
        return f"{shown} ({rows:,} row{'' if rows == 1 else 's'})" if isinstance(rows, int) else shown
    return json.dumps(plain(value), ensure_ascii=False)


def truncation_notes(truncated: Truncation | None) -> tuple[str, ...]:
    """Return the sentence that says an answer is not complete; nothing if it is."""
    return () if truncated is None else (f"not complete: {safe(truncated.reason)}",)
