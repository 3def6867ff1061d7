"""The cards of rebuilds: whether a thing can be rebuilt, what its newest rebuild said, and a verdict itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lineal.cli.cards import Card, Line, Mark
from lineal.cli.naming import name_of
from lineal.cli.supposed import supposed_lines
from lineal.cli.times import iso
from lineal.lineage.check import Rebuildable
from lineal.lineage.checklist import Outcome
from lineal.model.nodes import Artifact, Execution, key_of
from lineal.model.values import Json
from lineal.rebuild.attest import STATEMENT
from lineal.rebuild.record import COUNTERFACTUAL, DOCUMENT, VERDICT, rebuilds_of, says_something, verdict_on
from lineal.rebuild.verdict import Grade
from lineal.store.protocol import Store
from lineal.workspace import Workspace

_OUTCOMES = {
    Outcome.PASS: Mark.GOOD,
    Outcome.FAIL: Mark.BAD,
    Outcome.UNKNOWN: Mark.UNKNOWN,
    Outcome.ADVICE: Mark.NONE,
}
_ANSWERS = {Rebuildable.YES: Mark.GOOD, Rebuildable.NO: Mark.BAD, Rebuildable.UNKNOWN: Mark.UNKNOWN}


def rebuildable(workspace: Workspace, node: Artifact | Execution) -> Card:
    """Return the card that says whether a thing can be rebuilt: the answer of the check and of the dry run."""
    check = workspace.check(key_of(node))
    open_ = [one for one in check.findings if one.outcome is not Outcome.PASS and one.item != "rebuild"]
    lines = [
        Line(one.sentence, one.item, mark=_OUTCOMES[one.outcome])
        for one in open_
        if one.sentence not in check.reach.because
    ]
    facts = {
        "rebuildable": check.rebuildable.value,
        "verdict": check.reach.verdict,
        "because": list(check.reach.because),
        "captured": check.captured,
        "items": check.items,
        "missing": list(check.missing),
    }
    answer = [Line(check.sentence, "answer", mark=_ANSWERS[check.rebuildable])]
    answer += [Line(why, "because", mark=_ANSWERS[check.rebuildable]) for why in check.reach.because[1:]]
    told, rebuilds = rebuilt_lines(workspace.store, node) if isinstance(node, Artifact) else ([], [])
    return Card("rebuildable", "Can we rebuild it?", [*told, *answer, *lines], {**facts, "rebuilds": rebuilds})


def verdict_card(run: Execution) -> Card:
    """Return the verdict of a recorded rebuild as a card."""
    document = run.custom_properties.get(DOCUMENT)
    facts: Mapping[str, Json] = document if isinstance(document, Mapping) else {}
    supposed = run.custom_properties.get(COUNTERFACTUAL)
    if isinstance(supposed, Mapping):
        lines = [Line(str(supposed.get("sentence")), "answer"), *supposed_lines(supposed)]
        return Card("supposed", "What if it had had other inputs?", lines, facts)
    grade = str(run.custom_properties.get(VERDICT, "unknown"))
    lines = [Line(grade, "verdict", aside=str(facts.get("sentence", "")), mark=_mark(grade))]
    lines.append(Line(str(run.custom_properties.get("rebuilt_run", "unknown")), "rebuilt"))
    probe = facts.get("probe")
    if isinstance(probe, Mapping):
        lines.append(Line(str(probe.get("sentence")), "probe"))
    for part, label in (("missing", "missing"), ("differences", "difference")):
        lines += [Line(sentence, label, mark=Mark.BAD) for sentence in _sentences(facts.get(part))]
    return Card("verdict", "Was it the same when it was rebuilt?", lines, facts)


def rebuilt_lines(store: Store, artifact: Artifact) -> tuple[list[Line], list[Json]]:
    """Return the badge of an artifact, as lines and as data: what its newest rebuild said, if there was one.

    Where the newest was not the same, the newest that was follows. One that this machine could not even start says
    nothing of the artifact: it comes last, if it is the newest of all.
    """
    found = rebuilds_of(store, artifact)
    if not found:
        return [], []
    real = [run for run in found if says_something(run)]
    lines = [_badge(real[0], artifact, "rebuilt", count=len(real))] if real else []
    same = next((run for run in real if _is_good(verdict_on(run, artifact))), None)
    if same is not None and same is not real[0]:
        lines.append(_badge(same, artifact, "before that", count=1))
    if found[0] not in real:
        lines.append(replace(_badge(found[0], artifact, "not started", count=1), mark=Mark.UNKNOWN))
    facts: list[Json] = [
        {
            "run": name_of(run),
            "verdict": verdict_on(run, artifact),
            "says_something": says_something(run),
            "at": iso(run.ended_at),
            "platform": _platform(run),
            "statement": run.custom_properties.get(STATEMENT),  # type: ignore[dict-item]
        }
        for run in found
    ]
    return lines, facts


def _badge(run: Execution, artifact: Artifact, label: str, *, count: int) -> Line:
    grade = verdict_on(run, artifact)
    told = [_lacking(run) if not says_something(run) else "", iso(run.ended_at), name_of(run), _platform(run)]
    told.append("signed" if STATEMENT in run.custom_properties else "")
    told.append(f"the newest of {count} rebuilds" if count > 1 else "")
    return Line(grade, label, aside=" · ".join(part for part in told if part), mark=_mark(grade))


def _platform(run: Execution) -> str:
    """Return the platform it was rebuilt on, shortly; "" where it did not run."""
    document = run.custom_properties.get(DOCUMENT)
    platform = document.get("platform") if isinstance(document, Mapping) else None
    side = platform.get("rebuilt") if isinstance(platform, Mapping) else None
    facts = side if isinstance(side, Mapping) else {}
    python = facts.get("python.version")
    told = [f"Python {python}" if python else "", str(facts.get("platform.tag", "")), str(facts.get("gpu", ""))]
    return ", ".join(part for part in told if part)


def _lacking(run: Execution) -> str:
    document = run.custom_properties.get(DOCUMENT)
    return next(iter(_sentences(document.get("missing") if isinstance(document, Mapping) else None)), "")


def _sentences(listed: Json) -> list[str]:
    ones = listed if isinstance(listed, list | tuple) else ()
    return [str(one.get("sentence")) for one in ones if isinstance(one, Mapping)]


def _is_good(grade: str) -> bool:
    return grade in {each.value for each in Grade if each.is_same}


def _mark(grade: str) -> Mark:
    return Mark.GOOD if _is_good(grade) else Mark.BAD
