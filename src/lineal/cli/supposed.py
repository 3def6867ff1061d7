"""The answer to `what if`: what came of leaving an input out, or of another in its place, as a card."""

from __future__ import annotations

from collections.abc import Mapping

from lineal.cli.cards import Card, Line, Mark, print_cards
from lineal.model.values import Json
from lineal.rebuild.probed import ProbeResult
from lineal.rebuild.verdict import Grade, Verdict


def tell_supposed(verdict: Verdict) -> None:
    """Print what came of a supposition."""
    assert verdict.counterfactual is not None
    ran = verdict.grade is not Grade.NOT_RUNNABLE
    mark = Mark.NONE if ran else Mark.BAD
    lines = [Line(verdict.sentence, "answer", mark=mark)]
    lines += supposed_lines(verdict.counterfactual)
    lines += probe_lines(verdict.probe)
    lines += [Line(missing.advice, "advice") for missing in verdict.missing if missing.advice]
    lines += [Line(note, "note", mark=Mark.UNKNOWN) for note in verdict.notes]
    if verdict.recorded_as:
        lines.append(Line(verdict.recorded_as, "recorded as", aside="never a version of the model"))
    if verdict.kept:
        lines.append(Line(verdict.kept, "kept"))
    print_cards([Card("supposed", f"What if {verdict.reference} had other inputs?", lines)])


def supposed_lines(facts: Mapping[str, Json]) -> list[Line]:
    """Return what was supposed, and the metrics then and now; the outputs where there were none."""
    without, replaced, metrics = facts.get("without"), facts.get("replaced"), facts.get("metrics")
    outputs = facts.get("outputs")
    lines = [Line(str(name), "without") for name in (without if isinstance(without, list | tuple) else ())]
    pairs = replaced.items() if isinstance(replaced, Mapping) else ()
    lines += [Line(f"{old} → {_shown(new)}", "replaced") for old, new in pairs]
    for metric in metrics if isinstance(metrics, list | tuple) else ():
        if isinstance(metric, Mapping):
            now = _shown(metric.get("now"), "not measured")
            lines.append(Line(f"{_shown(metric.get('recorded'))} → {now}", _shown(metric.get("name"))))
    for output in outputs if isinstance(outputs, list | tuple) else ():
        if isinstance(output, Mapping):
            told = f"{_shown(output.get('name'))} {_shown(output.get('verdict'))}"
            lines.append(Line(told, "output", aside=_shown(output.get("note"))))
    return lines


def probe_lines(found: ProbeResult | None) -> list[Line]:
    """Return what the models predicted, a line for each, with the values of the first row that differs."""
    if found is None:
        return []
    lines: list[Line] = []
    for each in found.models:
        mark = Mark.UNKNOWN if not each.told else Mark.GOOD if each.is_near else Mark.BAD
        told = f"{each.sentence}: {each.values}" if each.values else each.sentence
        lines.append(Line(told, "probe", mark=mark))
    return lines + [Line(note, "probe", mark=Mark.UNKNOWN) for note in found.notes]


def _shown(value: Json, nothing: str = "") -> str:
    return nothing if value is None or isinstance(value, bytes) else str(value)
