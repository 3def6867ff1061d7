"""`lineal prediction`: one served answer, and everything behind it."""

from __future__ import annotations

from typing import Annotated

import typer

from lineal.cli.cards import Card, Line, print_cards
from lineal.cli.naming import name_of, short
from lineal.cli.options import AnswerFormat, AsAnswer, Url, Verbose
from lineal.cli.output import print_json
from lineal.cli.times import iso, span
from lineal.lineage.render.document import node_document, prediction_document
from lineal.model.nodes import Artifact
from lineal.model.predictions import Prediction
from lineal.workspace import Workspace, open_workspace


def prediction(
    trace: Annotated[
        str,
        typer.Argument(metavar="TRACE", help="The X-Lineage-Trace-Id of the answer, or its first 8 digits or more."),
    ],
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Show one prediction: what was answered, by which revision, model and training data."""
    with open_workspace(url, create=False) as workspace:
        found = workspace.prediction(trace.removeprefix("prediction:"))
        cards = prediction_cards(workspace, found)
    if format is AnswerFormat.JSON:
        answers = {card.key: card.facts for card in cards}
        print_json({"prediction": prediction_document(found), "answers": answers})
        return
    print_cards(cards)


def prediction_cards(workspace: Workspace, found: Prediction) -> list[Card]:
    """Return the cards of one prediction: the answer itself, and what stands behind it."""
    confidence = "" if found.confidence is None else f"confidence {found.confidence:.3f}"
    digest = found.input_digest or "not recorded"
    lines = [
        Line(_output(found), "output", aside=confidence),
        Line(iso(found.time), "served", aside=f"status {found.status} · {span(found.latency_us)}"),
        Line(found.endpoint, "endpoint"),
        Line(digest, "input", aside="keyed digest; the input itself is never kept" if found.input_digest else ""),
    ]
    answer = Card("answer", f"What was answered?  prediction:{found.trace_id}", lines, prediction_document(found))
    return [answer, _behind(workspace, found)]


def _behind(workspace: Workspace, found: Prediction) -> Card:
    question = "What made this answer?"
    if found.revision_id is None:
        return Card("behind", question, [Line("no revision was loaded when it was answered")], None)
    (revision,) = workspace.store.get(Artifact, [found.revision_id])
    said = revision.properties
    lines = [
        Line(name_of(revision), "revision", aside=str(said.get("environment", ""))),
        Line(str(said.get("model", "unknown")), "model", aside=short(_text(said.get("model_fingerprint")))),
        Line(str(said.get("dataset", "unknown")), "trained on"),
        Line(f"lineal trace prediction:{found.trace_id}", "everything"),
    ]
    facts = {"revision": node_document(revision)}
    return Card("behind", question, lines, facts)


def _output(found: Prediction) -> str:
    if isinstance(found.output, dict):
        return ", ".join(f"{key}: {item}" for key, item in found.output.items())
    return "not recorded" if found.output is None else str(found.output)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
