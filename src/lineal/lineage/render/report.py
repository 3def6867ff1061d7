"""The answers that are no graph, as text for a terminal: the sentence first, then the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.lineage.changes import Change, Section, Status
from lineal.lineage.check import Check
from lineal.lineage.checklist import Outcome
from lineal.lineage.diff import Diff
from lineal.lineage.impact import Affected, Impact
from lineal.lineage.paths import Paths
from lineal.lineage.render.rows import note_of, truncation_notes, value_text, way
from lineal.lineage.render.tree import line_of
from lineal.lineage.render.words import safe, who

_MARKS = {Outcome.PASS: "✓", Outcome.FAIL: "✕", Outcome.UNKNOWN: "?", Outcome.ADVICE: "·"}
_SIGNS = {Status.ADDED: "+", Status.REMOVED: "-", Status.CHANGED: "~", Status.UNKNOWN: "?"}
_LONGEST, _GAPS = 60, 5
_REBUILD = "rebuild"


def impact_text(impact: Impact, *, fold: int | None = None) -> str:
    """Return the impact as text, live endpoints first. With `fold`, each group shows so many and counts the rest."""
    lines = [safe(impact.sentence)]
    groups = {
        "live endpoints": impact.endpoints,
        "other revisions": impact.revisions,
        "models": impact.models,
        "datasets": impact.datasets,
        "other": impact.others,
    }
    for name, affected in groups.items():
        lines += _group(name, affected, fold)
    if impact.approvals:
        lines += ["approvals to look at again", *(f"  {who(decision)}" for decision in impact.approvals)]
    return _joined(lines, truncation_notes(impact.truncated))


def paths_text(paths: Paths) -> str:
    """Return the paths as text, shortest first, each node on its line."""
    source, target = safe(paths.source.label), safe(paths.target.label)
    if not paths.found:
        return _joined([f"{source} and {target} do not depend on each other."], truncation_notes(paths.truncated))
    many = len(paths.found)
    lines = [f"{many} path{'' if many == 1 else 's'} from {source} to {target}, shortest first"]
    for number, path in enumerate(paths.found, start=1):
        lines.append(f"{number}. {len(path) - 1} hops")
        lines += [f"   {'  ' if place == 0 else '→ '}{line_of(paths.nodes[key])}" for place, key in enumerate(path)]
    return _joined(lines, truncation_notes(paths.truncated))


def diff_text(diff: Diff) -> str:
    """Return the diff as text: the summary, then each section with its changes."""
    lines = [safe(diff.summary), f"- {line_of(diff.before)}", f"+ {line_of(diff.after)}"]
    if diff.first_difference is not None:
        lines.append(f"first cause: {safe(str(diff.first_difference['sentence']))}")
    for part in diff.sections:
        lines += _section(part)
    return _joined(lines, truncation_notes(diff.truncated))


def check_text(check: Check) -> str:
    """Return the answer and what speaks against it; what is as it should be on one line, the rest in the table."""
    lines = [safe(check.sentence)]
    shown = [one for one in check.findings if one.outcome is not Outcome.PASS and one.item != _REBUILD]
    width = max((len(finding.item) for finding in shown), default=0)
    mark = next((_MARKS[one.outcome] for one in check.findings if one.item == _REBUILD), "")
    lines += [f"{mark} {safe(why)}" for why in check.reach.because[1:]]
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.ADVICE):
        for finding in (one for one in shown if one.outcome is outcome):
            if outcome.counts and finding.sentence in check.reach.because:
                continue
            lines.append(f"{_MARKS[outcome]} {finding.item.ljust(width)}  {safe(finding.sentence)}")
            lines += [f"  {' ' * width}  → {safe(finding.advice)}"] if finding.advice and outcome.counts else []
    good = [one.item for one in check.findings if one.outcome is Outcome.PASS and one.item != _REBUILD]
    lines += [f"{_MARKS[Outcome.PASS]} {', '.join(good)}"] if good else []
    said = [one.sentence.rpartition(": ")[2] for one in shown]
    missing = [text for text in check.missing if not any(reason and reason in text for reason in said)]
    if missing:
        lines += ["not captured", *(f"  {safe(text)}" for text in missing[:_GAPS])]
        more = len(missing) - _GAPS
        lines += [f"  … {more} more: --format table"] if more > 0 else []
    return _joined(lines, truncation_notes(check.truncated))


def _group(name: str, affected: Sequence[Affected], fold: int | None) -> Iterator[str]:
    if not affected:
        return
    yield f"{name} ({len(affected)})"
    for one in affected[:fold]:
        yield f"  {line_of(one.item)}"
        yield f"      {safe(way(one))}"
    if fold is not None and len(affected) > fold:
        yield f"  … {len(affected) - fold} more"


def _section(part: Section) -> Iterator[str]:
    if not part.changes:
        yield f"{part.name}: " + (f"the same ({part.same})" if part.same else "nothing recorded on either side")
        return
    yield part.name + (f" ({part.same} the same)" if part.same else "")
    for change in part.changes:
        yield f"  {_SIGNS[change.status]} {safe(change.name)}{_values(change)}"


def _values(change: Change) -> str:
    before, after = (safe(value_text(value), longest=_LONGEST) for value in (change.before, change.after))
    note = f"  ({safe(note_of(change))})" if note_of(change) else ""
    if change.status is Status.ADDED:
        return f": {after}{note}"
    if change.status is Status.REMOVED:
        return f": {before}{note}"
    if change.status is Status.UNKNOWN:
        return f": not known{note}"
    return f": {before} → {after}{note}"


def _joined(lines: Sequence[str], notes: Sequence[str]) -> str:
    return "\n".join([*lines, *(f"… {note}" for note in notes)]) + "\n"
