"""Check: can this be rebuilt, and exactly? The verdict that can be reached, and a checklist of what speaks for it.

One rule decides: that of the plan of a rebuild, where the caller hands it in, else the same rule on the record alone.
What a rebuild can do without, and what is upstream of it, is advice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from lineal.lineage.capture_record import Item, record_of
from lineal.lineage.checklist import Finding, Outcome, findings_of
from lineal.lineage.completeness import Completeness, completeness_of
from lineal.lineage.foresight import EXACT, NOT_RUNNABLE, NUMERIC, Reach, goes_on
from lineal.lineage.graph import GraphNode, LineageGraph
from lineal.lineage.kinds import Kinds
from lineal.lineage.producers import Producers, execution_of
from lineal.lineage.query import trace
from lineal.model.ids import Micros, NodeKey, NodeKind
from lineal.model.nodes import Artifact, Execution, ExecutionState
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

    `reach` is the best verdict a rebuild can come to, and why no better one. `findings` is one line an item: of the run
    that made it, and one for those upstream. `captured` of the `items` that capture looks for, thirty a run, are
    answered; `missing` names the facts that are not, with the reason and the runs.
    """

    roots: tuple[GraphNode, ...]
    reach: Reach
    findings: tuple[Finding, ...]
    runs: tuple[RunCheck, ...]
    captured: int
    items: int
    missing: tuple[str, ...]
    truncated: Truncation | None = None

    @property
    def rebuildable(self) -> Rebuildable:
        """The answer in a word: yes if it can come out the same to the last bit, no if it cannot be rebuilt at all."""
        return {EXACT: Rebuildable.YES, NOT_RUNNABLE: Rebuildable.NO}.get(self.reach.verdict, Rebuildable.UNKNOWN)

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        name = self.roots[0].label if len(self.roots) == 1 else f"{len(self.roots)} things"
        why = self.reach.because[0] if self.reach.because else ""
        more = f" (and {len(self.reach.because) - 1} more)" if len(self.reach.because) > 1 else ""
        told = {
            Rebuildable.YES: f"{name} can be rebuilt exactly: {self.reach.verdict}",
            Rebuildable.NO: f"{name} cannot be rebuilt: {why}{more}",
            Rebuildable.UNKNOWN: f"{name} can be rebuilt, perhaps not exactly ({self.reach.verdict}): {why}{more}",
        }[self.rebuildable]
        runs = f"{len(self.runs)} run{'' if len(self.runs) == 1 else 's'}"
        return f"{told}. {self.captured} of {self.items} items are captured in {runs}."


def check(store: Store, ref: str | NodeKey, *, as_of: Micros | None = None, reach: Reach | None = None) -> Check:
    """Return whether whatever made `ref` can be rebuilt; `reach` is what the plan of its rebuild says."""
    graph = trace(store, ref, Direction.UPSTREAM, as_of=as_of)
    producers = Producers.of(graph)
    kinds = Kinds.of(store)
    steps = [
        item for item in graph.nodes.values() if isinstance(item.node, Execution) and item.node.type not in NOT_STEPS
    ]
    own = _own(graph, producers, steps)
    trains = kinds.below(NodeKind.EXECUTION, "Train")
    records = [(step, record_of(execution_of(step))) for step in steps]
    runs = tuple(_checked(step, record, producers, trains, reach if step in own else None) for step, record in records)
    origin = _origins(graph, producers, kinds)
    decided = reach or _of_the_records([run for run in runs if run.run in own], origin)
    return Check(
        roots=tuple(graph.nodes[key] for key in graph.roots),
        reach=decided,
        findings=(_rebuild(decided), *_summary(runs, own), origin),
        runs=runs,
        captured=sum(run.completeness.captured for run in runs),
        items=sum(len(run.completeness.items) for run in runs),
        missing=_missing(records),
        truncated=graph.truncated,
    )


def _own(graph: LineageGraph, producers: Producers, steps: Sequence[GraphNode]) -> list[GraphNode]:
    """Return the runs that would be rebuilt: those that were asked for or made what was; of an endpoint, all."""
    made = [producers.writer(key) for key in graph.roots if key.kind is NodeKind.ARTIFACT]
    own = {item.key for item in made if item is not None} | set(graph.roots)
    return [step for step in steps if step.key in own] or list(steps)


def _checked(
    step: GraphNode,
    record: Mapping[str, Item],
    producers: Producers,
    trains: frozenset[str],
    reach: Reach | None,
) -> RunCheck:
    complete = completeness_of(record)
    if execution_of(step).state is ExecutionState.RUNNING:
        reach = reach or Reach(NOT_RUNNABLE, ("it is still running, or was killed: what it made is not known",))
    goes = goes_on(execution_of(step))
    if reach is None and goes and complete.reach.verdict != NOT_RUNNABLE:
        reach = Reach(NUMERIC, (goes, *complete.reach.because))
    complete = complete if reach is None else replace(complete, reach=reach)
    return RunCheck(step, findings_of(step, producers, trains=trains), complete)


def _of_the_records(runs: Sequence[RunCheck], origin: Finding) -> Reach:
    """Return what the records of the runs allow together: the worst of them."""
    if origin.outcome is Outcome.FAIL or not runs:
        return Reach(NOT_RUNNABLE, (origin.sentence if origin.outcome is Outcome.FAIL else "no recorded run made it",))
    reaches = [_lowered(run) for run in runs]
    worst = max((one.verdict for one in reaches), key=(EXACT, NUMERIC, NOT_RUNNABLE).index)
    because = [sentence for one in reaches if one.verdict == worst for sentence in one.because]
    return Reach(worst, tuple(dict.fromkeys(because)))


def _lowered(run: RunCheck) -> Reach:
    """Return the reach of a run's record, lowered by what only the graph tells: content that is not known."""
    reach = run.completeness.reach
    data = next((one for one in run.findings if one.item == "data" and one.outcome.counts), None)
    if data is None or reach.verdict == NOT_RUNNABLE:
        return reach
    return Reach(NOT_RUNNABLE if data.outcome is Outcome.FAIL else NUMERIC, (data.sentence, *reach.because))


def _rebuild(reach: Reach) -> Finding:
    outcome = {EXACT: Outcome.PASS, NOT_RUNNABLE: Outcome.FAIL}.get(reach.verdict, Outcome.UNKNOWN)
    told = "; ".join(reach.because) or "nothing speaks against a rebuild that is the same to the last bit"
    advice = "" if outcome is Outcome.PASS else "lineal reproduce REF --dry-run shows the plan and what to do"
    return Finding("rebuild", outcome, f"{reach.verdict}: {told}", advice)


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


def _origins(graph: LineageGraph, producers: Producers, kinds: Kinds) -> Finding:
    """Return whether everything but raw data was made by a recorded run."""
    raw = kinds.below(NodeKind.ARTIFACT, "RawData")
    lost = [
        item
        for key, item in graph.nodes.items()
        if isinstance(item.node, Artifact) and item.node.type not in raw and producers.writer(key) is None
    ]
    if not lost:
        return Finding("origin", Outcome.PASS, "every artifact upstream comes from a recorded run or is raw data")
    advice = "make it inside lineal.run(...), or log it as RawData if it comes from outside"
    names = _listed([item.label for item in lost], 0)
    if any(item.key in graph.roots for item in lost):
        return Finding("origin", Outcome.FAIL, f"no recorded run made {names}", advice)
    return Finding("origin", Outcome.ADVICE, f"no recorded run made {names}: it is taken as it is", advice)


def _summary(runs: Sequence[RunCheck], own: Sequence[GraphNode]) -> Iterator[Finding]:
    """Yield the items of the runs that would be rebuilt; of those upstream one line for what they lack."""
    mine = [run for run in runs if run.run in own]
    for name in dict.fromkeys(finding.item for run in mine for finding in run.findings):
        yield _summed([(run, finding) for run in mine for finding in run.findings if finding.item == name])
    others = [run for run in runs if run.run not in own]
    poor = [run for run in others if not run.completeness.reach.is_exact]
    if poor:
        told = f"{_listed([run.run.label for run in poor], len(runs))}: {poor[0].completeness.because[0]}"
        yield Finding("upstream", Outcome.ADVICE, told, "it matters to a rebuild `--from raw` only")
    elif others:
        told = f"{len(others)} run{'' if len(others) == 1 else 's'} upstream can be rebuilt exactly too"
        yield Finding("upstream", Outcome.PASS, told)


def _summed(found: Sequence[tuple[RunCheck, Finding]]) -> Finding:
    order = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.ADVICE, Outcome.PASS)
    worst = next(outcome for outcome in order if any(finding.outcome is outcome for _, finding in found))
    bad = [(run, finding) for run, finding in found if finding.outcome is worst]
    run, first = bad[0]
    if len(found) == 1:
        return first
    if worst is Outcome.PASS:
        return Finding(first.item, worst, f"{first.sentence}; likewise in all {len(found)} runs")
    others = f" (and {len(bad) - 1} more of {len(found)} runs)" if len(bad) > 1 else ""
    return Finding(first.item, worst, f"{run.run.label}: {first.sentence}{others}", first.advice)
