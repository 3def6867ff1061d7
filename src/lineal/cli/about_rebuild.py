"""The cards of a rebuild: the verdict, and what it rests on. Also the line about the newest rebuild of an artifact."""

from __future__ import annotations

from collections.abc import Mapping

from lineal.cli.cards import Card, Line, Mark
from lineal.cli.naming import name_of
from lineal.cli.times import iso
from lineal.model.nodes import Artifact, Execution
from lineal.model.values import Json
from lineal.rebuild.record import DOCUMENT, VERDICT, rebuilds_of
from lineal.rebuild.verdict import Grade
from lineal.store.protocol import Store


def verdict_card(run: Execution) -> Card:
    """Return the verdict of a recorded rebuild as a card."""
    document = run.custom_properties.get(DOCUMENT)
    facts: Mapping[str, Json] = document if isinstance(document, Mapping) else {}
    grade = str(run.custom_properties.get(VERDICT, "unknown"))
    lines = [Line(grade, "verdict", aside=str(facts.get("sentence", "")), mark=_mark(grade))]
    lines.append(Line(str(run.custom_properties.get("rebuilt_run", "unknown")), "rebuilt"))
    for part, label in (("missing", "missing"), ("differences", "difference")):
        lines += [Line(sentence, label, mark=Mark.BAD) for sentence in _sentences(facts.get(part))]
    return Card("verdict", "Was it the same when it was rebuilt?", lines, facts)


def rebuilt_lines(store: Store, artifact: Artifact) -> tuple[list[Line], list[Json]]:
    """Return what the newest rebuild of an artifact said, as lines and as data; nothing where there was none."""
    found = rebuilds_of(store, artifact)
    if not found:
        return [], []
    newest = found[0]
    grade = str(newest.custom_properties.get(VERDICT))
    aside = f"{iso(newest.ended_at)} · {name_of(newest)}"
    if len(found) > 1:
        aside += f" · the newest of {len(found)} rebuilds"
    facts: list[Json] = [
        {"run": name_of(run), "verdict": run.custom_properties.get(VERDICT), "at": iso(run.ended_at)}  # type: ignore[dict-item]
        for run in found
    ]
    return [Line(grade, "rebuilt", aside=aside, mark=_mark(grade))], facts


def _sentences(listed: Json) -> list[str]:
    ones = listed if isinstance(listed, list | tuple) else ()
    return [str(one.get("sentence")) for one in ones if isinstance(one, Mapping)]


def _mark(grade: str) -> Mark:
    is_same = grade in {each.value for each in Grade if each.is_same}
    return Mark.GOOD if is_same else Mark.BAD
