"""`lineal show`: one thing and the answers to the questions people ask about it."""

from __future__ import annotations

from lineal.cli.about_artifact import artifact_cards
from lineal.cli.about_run import run_cards, things
from lineal.cli.cards import Card, Line, print_cards
from lineal.cli.naming import name_of
from lineal.cli.options import AnswerFormat, AsAnswer, Reference, Url, Verbose
from lineal.cli.output import print_json
from lineal.cli.prediction import prediction_cards
from lineal.cli.times import iso
from lineal.lineage.render.document import node_document, prediction_document
from lineal.model.edges import Association, Attribution
from lineal.model.nodes import Artifact, Context, Execution, Node, key_of
from lineal.model.predictions import Prediction
from lineal.store.protocol import Store
from lineal.workspace import Workspace, open_workspace


def show(
    ref: Reference,
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Show one thing: what trained it, can we rebuild it, who approved it, what runs where.

    A model, data, a run, an endpoint, a prediction or a context.
    """
    with open_workspace(url, create=False) as workspace:
        found = workspace.resolve(ref)
        cards = _cards(workspace, found)
    if format is AnswerFormat.JSON:
        thing = prediction_document(found) if isinstance(found, Prediction) else node_document(found)
        name = f"prediction:{found.trace_id}" if isinstance(found, Prediction) else name_of(found)
        answers = {card.key: card.facts for card in cards if card.key != "identity"}
        print_json({"reference": name, "thing": thing, "answers": answers})
        return
    print_cards(cards)


def _cards(workspace: Workspace, found: Node | Prediction) -> list[Card]:
    if isinstance(found, Prediction):
        return prediction_cards(workspace, found)
    if isinstance(found, Artifact):
        return artifact_cards(workspace, found)
    if isinstance(found, Execution):
        return run_cards(workspace, found)
    return _context_cards(workspace.store, found)


def _context_cards(store: Store, context: Context) -> list[Card]:
    members = store.memberships([key_of(context)])
    artifacts = [edge.artifact_id for edge in members if isinstance(edge, Attribution)]
    executions = [edge.execution_id for edge in members if isinstance(edge, Association)]
    lines = [
        Line(context.type, "type"),
        Line(iso(context.created_at), "created", aside=f"ledger entry {context.entry}"),
    ]
    lines += [Line(str(value), name) for name, value in {**context.properties, **context.custom_properties}.items()]
    runs = [Line(name_of(run), run.type, aside=run.state.name.lower()) for run in store.get(Execution, executions)]
    facts = [name_of(run) for run in store.get(Execution, executions)]
    cards = [
        Card("identity", name_of(context), lines, node_document(context)),
        Card("runs", "Which runs belong to it?", runs, facts),
        things("artifacts", "Which artifacts belong to it?", store.get(Artifact, artifacts)),
    ]
    return [card for card in cards if card.lines]
