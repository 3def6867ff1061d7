"""The cards of a run: what it is, read, wrote, with which parameters, with what outcome, on what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lineal.cli.about_rebuild import rebuildable, verdict_card
from lineal.cli.cards import Card, Line, Mark
from lineal.cli.naming import name_of, short, size_of, title_of
from lineal.cli.times import iso, span
from lineal.lineage.capture_record import Item, item, record_of
from lineal.lineage.check import NOT_STEPS
from lineal.lineage.checklist import untracked_files
from lineal.lineage.completeness import completeness_of
from lineal.lineage.render.document import node_document, plain
from lineal.model.edges import INPUTS, OUTPUTS
from lineal.model.nodes import Artifact, Execution, ExecutionState
from lineal.model.values import Json, Value
from lineal.rebuild.record import TYPE
from lineal.workspace import Workspace

PARAMETER, METRIC = "param.", "metric."

_MARKS = {
    ExecutionState.COMPLETE: Mark.GOOD,
    ExecutionState.CACHED: Mark.GOOD,
    ExecutionState.FAILED: Mark.BAD,
    ExecutionState.CANCELED: Mark.BAD,
}


def run_cards(workspace: Workspace, run: Execution) -> list[Card]:
    """Return the cards of one run."""
    store = workspace.store
    assert run.id is not None
    events = store.events(executions=[run.id])
    artifacts = {node.id: node for node in store.get(Artifact, sorted({event.artifact_id for event in events}))}
    read = [artifacts[event.artifact_id] for event in events if event.type in INPUTS]
    wrote = [artifacts[event.artifact_id] for event in events if event.type in OUTPUTS]
    cards = [
        _identity(run),
        *([verdict_card(run)] if run.type == TYPE else []),
        things("read", "What did it read?", read),
        things("wrote", "What did it write?", wrote),
        _numbers("parameters", "With which parameters?", _named(run, PARAMETER)),
        _numbers("metrics", "What came out?", _named(run, METRIC)),
        *([rebuildable(workspace, run)] if run.type not in NOT_STEPS and record_of(run) else []),
        _record(run),
    ]
    return [card for card in cards if card.lines]


def _record(run: Execution) -> Card:
    """Return the card that says how complete the record of the run is; `lineal check` says what to do about it."""
    record = record_of(run)
    found = completeness_of(record)
    if not record:
        return Card("record", "How complete is its record?", [], {})
    lines = [Line(found.sentence, "items", mark=Mark.UNKNOWN if found.missing else Mark.GOOD)]
    lines += [Line(one.reason or one.status, one.item.title, mark=Mark.UNKNOWN) for one in found.missing]
    lines += _processes(record)
    facts: Json = {"captured": found.captured, "of": len(found.items)}
    return Card("record", "How complete is its record?", lines, facts)


def _processes(record: Mapping[str, Item]) -> list[Line]:
    """Return the line that names the programs of a run of several processes, and what one of them did not tell."""
    found = item(record, "processes")
    value = found.value if isinstance(found.value, Mapping) else {}
    programs, workers = value.get("programs"), value.get("workers")
    named = programs.items() if isinstance(programs, Mapping) else ()
    told = [f"{name} ×{number!s}" if number != 1 else name for name, number in named]  # noqa: RUF001  as people write it
    told += [f"{workers!s} worker{'' if workers == 1 else 's'}"] if workers else []
    if not told:
        return []
    return [
        Line(", ".join(told), "processes", aside=found.reason or "", mark=Mark.UNKNOWN if found.reason else Mark.GOOD)
    ]


def how_made(runs: Sequence[Execution]) -> Card:
    """Return the card that says how an artifact was made."""
    question = "How was it made?"
    if not runs:
        return Card("made_by", question, [Line("no run is recorded that wrote it", mark=Mark.UNKNOWN)], [])
    lines: list[Line] = []
    for run in runs:
        lines += [Line(title_of(run), run.type.lower(), aside=when(run), mark=_MARKS.get(run.state, Mark.UNKNOWN))]
        lines += _recipe(run)
    return Card("made_by", question, lines, [node_document(run) for run in runs])


def how_good(runs: Sequence[Execution]) -> Card:
    """Return the card of the metrics of these runs."""
    lines, facts = [], {}
    for run in runs:
        metrics = _named(run, METRIC)
        if metrics:
            label = str(run.properties.get("label") or run.type.lower())
            lines.append(Line("  ".join(f"{name} {number(value)}" for name, value in metrics.items()), label))
            facts[name_of(run)] = plain(metrics)
    return Card("metrics", "How good is it?", lines, facts)


def things(key: str, question: str, artifacts: Sequence[Artifact], *, shown: int = 12) -> Card:
    """Return a card that lists artifacts with size and fingerprint."""
    lines = [artifact_line(artifact) for artifact in artifacts[:shown]]
    if len(artifacts) > shown:
        lines.append(Line(f"… and {len(artifacts) - shown:,} more"))
    return Card(key, question, lines, [node_document(artifact) for artifact in artifacts])


def artifact_line(artifact: Artifact, label: str = "") -> Line:
    """Return one artifact as a line."""
    aside = " · ".join(part for part in (size_of(artifact), short(artifact.fingerprint)) if part)
    return Line(name_of(artifact), label, aside=aside)


def when(run: Execution) -> str:
    """Return when a run started and how long it took."""
    duration = run.properties.get("duration_us")
    took = f" · {span(duration)}" if isinstance(duration, int) else ""
    return f"{iso(run.started_at or run.created_at)}{took}"


def number(value: Value) -> str:
    """Return a number for people: 4 significant digits of a fraction, everything else as it is."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.4g}"
    return str(value)


def _identity(run: Execution) -> Card:
    state = Line(run.state.name.lower(), "state", aside=when(run), mark=_MARKS.get(run.state, Mark.UNKNOWN))
    lines = [state, Line(run.type, "type"), *_recipe(run)]
    if run.properties.get("error"):
        lines.append(Line(str(run.properties["error"]), "error", mark=Mark.BAD))
    for label, key in (("run id", "run_id"), ("parent run", "parent_run_id"), ("environment", "environment")):
        if run.properties.get(key):
            lines.append(Line(str(run.properties[key]), label))
    return Card("identity", title_of(run), lines, node_document(run))


def _recipe(run: Execution) -> list[Line]:
    lines = []
    commit = run.properties.get("commit")
    if commit:
        lines.append(Line(str(commit)[:12], "commit", aside=_beside_commit(run)))
    if "seed" in run.properties:
        lines.append(Line(str(run.properties["seed"]), "seed"))
    parameters = _named(run, PARAMETER)
    if parameters:
        lines.append(Line("  ".join(f"{name}={number(value)}" for name, value in parameters.items()), "parameters"))
    return lines


def _beside_commit(run: Execution) -> str:
    """Return what the code was beside its commit, as far as that is known."""
    dirty, untracked = run.properties.get("dirty"), untracked_files(record_of(run))
    told = ["with uncommitted changes"] if dirty else []
    told += [f"{'and' if dirty else 'with'} {untracked}"] if untracked else []
    if told:
        return " ".join(told)
    return "clean" if dirty is False else "whether it was changed is not known"


def _numbers(key: str, question: str, values: Mapping[str, Value]) -> Card:
    facts: Json = plain(values)
    return Card(key, question, [Line(number(value), name) for name, value in values.items()], facts)


def _named(run: Execution, prefix: str) -> dict[str, Value]:
    found = run.custom_properties.items()
    return {name.removeprefix(prefix): value for name, value in found if name.startswith(prefix)}
