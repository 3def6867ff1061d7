"""Check: can this be rebuilt? A checklist over the run that made it and every run upstream.

Nothing is guessed: an item is `pass` or `fail` where the record says so, else `unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from lineal.lineage.capture_record import Item, record_of
from lineal.lineage.checklist import Finding, Outcome, findings_of
from lineal.lineage.completeness import Completeness, completeness_of
from lineal.lineage.graph import GraphNode, LineageGraph
from lineal.lineage.kinds import Kinds
from lineal.lineage.producers import Producers, execution_of
from lineal.lineage.query import trace
from lineal.model.ids import Micros, NodeKey, NodeKind
from lineal.model.nodes import Artifact, Execution
from lineal.model.traversal import Direction, Truncation
from lineal.store.protocol import Store

_NAMED = 4

NOT_STEPS = ("Deploy", "Erase", "Export", "Rebuild")
"""Executions that make no content: there is nothing to rebuild in them."""


class Rebuildable(Enum):
    """The answer in a word."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RunCheck:
    """The checklist of one run, and how complete its record is."""

    run: GraphNode
    findings: tuple[Finding, ...]
    completeness: Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Whether something can be rebuilt from its record, and what is missing.

    `findings` is one line an item over all runs, the worst of them. `captured` of the `items` that capture looks for,
    thirty a run, are answered; `missing` names the facts that are not, with the reason and the runs.
    """

    roots: tuple[GraphNode, ...]
    rebuildable: Rebuildable
    findings: tuple[Finding, ...]
    runs: tuple[RunCheck, ...]
    captured: int
    items: int
    missing: tuple[str, ...]
    truncated: Truncation | None = None

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        name = self.roots[0].label if len(self.roots) == 1 else f"{len(self.roots)} things"
        bad = [finding.item for finding in self.findings if finding.outcome is Outcome.FAIL]
        open_ = [finding.item for finding in self.findings if finding.outcome is Outcome.UNKNOWN]
        told = {
            Rebuildable.YES: f"{name} can be rebuilt: everything needed is recorded",
            Rebuildable.NO: f"{name} cannot be rebuilt: {', '.join(bad)} fail{'s' if len(bad) == 1 else ''}",
            Rebuildable.UNKNOWN: f"Whether {name} can be rebuilt is unknown: {', '.join(open_)} not known",
        }[self.rebuildable]
        runs = f"{len(self.runs)} run{'' if len(self.runs) == 1 else 's'}"
        return f"{told} ({self.captured} of {self.items} items captured in {runs})."


def check(store: Store, ref: str | NodeKey, *, as_of: Micros | None = None) -> Check:
    """Return the checklist of whatever made `ref`: `yes` only if nothing fails and nothing is unknown."""
    graph = trace(store, ref, Direction.UPSTREAM, as_of=as_of)
    producers = Producers.of(graph)
    kinds = Kinds.of(store)
    steps = [
        item for item in graph.nodes.values() if isinstance(item.node, Execution) and item.node.type not in NOT_STEPS
    ]
    trains = kinds.below(NodeKind.EXECUTION, "Train")
    records = [(step, record_of(execution_of(step))) for step in steps]
    runs = tuple(
        RunCheck(step, findings_of(step, producers, trains=trains), completeness_of(record)) for step, record in records
    )
    findings = (*_origins(graph, producers, kinds), *_worst(runs))
    return Check(
        roots=tuple(graph.nodes[key] for key in graph.roots),
        rebuildable=_answer(findings),
        findings=findings,
        runs=runs,
        captured=sum(run.completeness.captured for run in runs),
        items=sum(len(run.completeness.items) for run in runs),
        missing=_missing(records),
        truncated=graph.truncated,
    )


def _missing(records: Sequence[tuple[GraphNode, Mapping[str, Item]]]) -> tuple[str, ...]:
    """Return one sentence for each gap, however many runs have it."""
    gaps: dict[str, list[str]] = {}
    for step, record in records:
        if not record:
            gaps.setdefault("nothing was captured", []).append(step.label)
        for name, item in record.items():
            if not item.settled:
                why = f" ({item.reason})" if item.reason else ""
                gaps.setdefault(f"{name} is {item.status}{why}", []).append(step.label)
    return tuple(f"{gap}: {_listed(labels, len(records))}" for gap, labels in gaps.items())


def _listed(labels: Sequence[str], total: int) -> str:
    if len(labels) == total > 1:
        return f"in all {total} runs"
    names = list(dict.fromkeys(labels))
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _answer(findings: Sequence[Finding]) -> Rebuildable:
    outcomes = {finding.outcome for finding in findings}
    if Outcome.FAIL in outcomes:
        return Rebuildable.NO
    return Rebuildable.UNKNOWN if Outcome.UNKNOWN in outcomes or not findings else Rebuildable.YES


def _origins(graph: LineageGraph, producers: Producers, kinds: Kinds) -> tuple[Finding, ...]:
    """Return whether everything but raw data was made by a recorded run."""
    raw = kinds.below(NodeKind.ARTIFACT, "RawData")
    lost = [
        item
        for key, item in graph.nodes.items()
        if isinstance(item.node, Artifact) and item.node.type not in raw and producers.writer(key) is None
    ]
    if not lost:
        return (Finding("origin", Outcome.PASS, "every artifact upstream comes from a recorded run or is raw data"),)
    names = _listed([item.label for item in lost], 0)
    asked = any(item.key in graph.roots for item in lost)
    return (
        Finding(
            "origin",
            Outcome.FAIL if asked else Outcome.UNKNOWN,
            f"no recorded run made {names}",
            "make it inside lineal.run(...), or log it as RawData if it comes from outside",
        ),
    )


def _worst(runs: Sequence[RunCheck]) -> tuple[Finding, ...]:
    by_item: dict[str, list[tuple[RunCheck, Finding]]] = {}
    for run in runs:
        for finding in run.findings:
            by_item.setdefault(finding.item, []).append((run, finding))
    return tuple(_summed(item, found) for item, found in by_item.items())


def _summed(item: str, found: Sequence[tuple[RunCheck, Finding]]) -> Finding:
    order = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS)
    worst = next(outcome for outcome in order if any(finding.outcome is outcome for _, finding in found))
    bad = [(run, finding) for run, finding in found if finding.outcome is worst]
    run, first = bad[0]
    if worst is Outcome.PASS:
        return (
            first if len(found) == 1 else Finding(item, worst, f"{first.sentence}; likewise in all {len(found)} runs")
        )
    others = f" (and {len(bad) - 1} more of {len(found)} runs)" if len(bad) > 1 else ""
    return Finding(item, worst, f"{run.run.label}: {first.sentence}{others}", first.advice)
