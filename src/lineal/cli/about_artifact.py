"""The cards of an artifact: the questions people ask about a model, data, or an endpoint's revision."""

from __future__ import annotations

from collections.abc import Sequence

from lineal.cli.about_rebuild import rebuildable
from lineal.cli.about_run import artifact_line, how_good, how_made
from lineal.cli.cards import Card, Line, Mark
from lineal.cli.naming import name_of, short, size_of
from lineal.cli.surroundings import Surroundings
from lineal.cli.times import iso
from lineal.lineage.render.document import decision_document, node_document, plain
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.nodes import Artifact, ArtifactState, key_of
from lineal.model.vocabulary import LIVE, REVISION
from lineal.workspace import Workspace

_SHOWN = 8
_MARKS = {
    DecisionAction.APPROVE: Mark.GOOD,
    DecisionAction.DEPLOY: Mark.GOOD,
    DecisionAction.REJECT: Mark.BAD,
    DecisionAction.RETIRE: Mark.BAD,
}


def artifact_cards(workspace: Workspace, artifact: Artifact) -> list[Card]:
    """Return the cards that fit the artifact's type; those without an answer to show are left out."""
    around = Surroundings.of(workspace, artifact)
    if artifact.type == "Model":
        cards = [
            _identity(around),
            _trained_on(around),
            how_made(around.makers()),
            how_good([*around.makers(), *(run for run in around.users() if run.type == "Evaluate")]),
            rebuildable(workspace, artifact),
            _decided("Who approved it?", around, asked=True),
            _runs_where(around),
            _made_from_it("What depends on it?", around),
        ]
    elif artifact.type == REVISION:
        cards = [_identity(around), _serves(artifact, around), _put_in_force(artifact, around)]
    else:
        cards = [
            _identity(around),
            _comes_from(around),
            how_made(around.makers()),
            _made_from_it("What was made from it?", around),
            _runs_where(around),
            _decided("What was decided about it?", around, asked=False),
        ]
    return [card for card in cards if card.lines]


def _identity(around: Surroundings) -> Card:
    artifact = around.artifact
    lines = [Line(artifact.fingerprint or "none", "fingerprint")]
    if around.about.aliases:
        lines.append(Line(", ".join(around.about.aliases), "aliases"))
    if size_of(artifact):
        lines.append(Line(size_of(artifact), "size"))
    said = [name for name in ("framework", "format") if artifact.properties.get(name)]
    lines += [Line(str(artifact.properties[name]), name) for name in said]
    if artifact.uri:
        lines.append(Line(artifact.uri, "uri"))
    if artifact.state not in (ArtifactState.LIVE, ArtifactState.UNKNOWN):
        lines.append(Line(artifact.state.name.lower().replace("_", " "), "state", mark=Mark.BAD))
    lines.append(Line(iso(artifact.created_at), "created", aside=f"ledger entry {artifact.entry}"))
    told = artifact.custom_properties.items()
    lines += [
        Line(str(value), name)
        for name, value in told
        if isinstance(value, str | int | float) and not name.startswith(("fingerprint_", "canonical_"))
    ]
    return Card("identity", name_of(artifact), lines, node_document(artifact))


def _trained_on(around: Surroundings) -> Card:
    read = around.read_by(around.makers())
    data = [artifact for artifact in read if around.is_data(artifact)]
    models = [artifact for artifact in read if artifact.type == "Model"]
    raw = [artifact for artifact in around.raw_data() if artifact not in data]
    lines = [*_some(data, "trained on"), *_some(models, "starts from"), *_some(raw, "raw data")]
    if not lines:
        unsaid = "what its run read is of no type known as data" if read else "no data is recorded upstream of it"
        lines = [*_some(read, "made from"), Line(unsaid, mark=Mark.UNKNOWN)]
    facts = {
        "datasets": [node_document(artifact) for artifact in data],
        "models": [node_document(artifact) for artifact in models],
        "raw_data": [node_document(artifact) for artifact in raw],
        "read": [node_document(artifact) for artifact in read],
    }
    return Card("trained_on", "What data trained this?", lines, facts)


def _comes_from(around: Surroundings) -> Card:
    read = around.read_by(around.makers())
    raw = [artifact for artifact in around.raw_data() if artifact not in read]
    facts = {
        "read": [node_document(artifact) for artifact in read],
        "raw_data": [node_document(artifact) for artifact in raw],
    }
    return Card("comes_from", "Where does it come from?", [*_some(read, "made from"), *_some(raw, "raw data")], facts)


def _some(artifacts: Sequence[Artifact], label: str) -> list[Line]:
    lines = [artifact_line(artifact, label if not index else "") for index, artifact in enumerate(artifacts[:_SHOWN])]
    if len(artifacts) > _SHOWN:
        lines.append(Line(f"… and {len(artifacts) - _SHOWN:,} more (lineal trace shows all)"))
    return lines


def _decided(question: str, around: Surroundings, *, asked: bool) -> Card:
    decisions = around.about.decisions
    lines = [_decision(decision, around.artifact) for decision in decisions]
    if not lines and asked:
        lines = [Line("nobody: no decision is recorded about it", mark=Mark.BAD)]
    return Card("decisions", question, lines, [decision_document(decision) for decision in decisions])


def _put_in_force(revision: Artifact, around: Surroundings) -> Card:
    """Decisions are about the model: those on this content that judged it, or that made this revision."""
    lines, facts = [], []
    for model in around.read_by(around.makers()):
        for decision in around.upstream.nodes[key_of(model)].decisions:
            made = decision.details.get("revision") == revision.properties.get("version")
            here = decision.details.get("endpoint") == revision.properties.get("endpoint")
            if decision.action is not DecisionAction.DEPLOY or (made and here):
                lines.append(_decision(decision, model))
                facts.append(decision_document(decision))
    return Card("decisions", "Who decided?", lines, facts)


def _decision(decision: Decision, artifact: Artifact) -> Line:
    covers = decision.fingerprint == artifact.fingerprint
    aside = iso(decision.time)
    regulation = decision.details.get("regulation")
    if regulation:
        aside += f" · {regulation}"
    if not covers:
        aside += f" · about other content: {short(decision.fingerprint)}"
    mark = _MARKS.get(decision.action, Mark.NONE) if covers else Mark.UNKNOWN
    return Line(f"{decision.actor}: {decision.reason}", decision.action.value, aside=aside, mark=mark)


def _runs_where(around: Surroundings) -> Card:
    lines, facts = [], []
    for item in around.revisions():
        revision = item.node
        live = LIVE in item.aliases
        said = revision.properties
        environment = str(said.get("environment", ""))
        state = "live" if live else "no longer live"
        aside = f"{environment} · {state} · {said.get('model', '')} · since {iso(revision.created_at)}"
        mark = Mark.GOOD if live else Mark.NONE
        lines.append(Line(name_of(revision), aside=aside, mark=mark))
        facts.append(node_document(revision) | {"live": live})
    if not lines and around.artifact.type == "Model":
        lines = [Line("nowhere: no endpoint serves it")]
    return Card("runs", "What runs where?", lines, facts)


def _made_from_it(question: str, around: Surroundings) -> Card:
    found = around.made_from_it()
    lines = []
    for type_, artifacts in found.items():
        names = ", ".join(name_of(artifact) for artifact in artifacts[:4])
        more = f" … ({len(artifacts):,})" if len(artifacts) > 4 else ""  # noqa: PLR2004  as many as sliced above
        lines.append(Line(names + more, type_))
    facts = {type_: [name_of(artifact) for artifact in artifacts] for type_, artifacts in found.items()}
    return Card("downstream", question, lines, facts)


def _serves(revision: Artifact, around: Surroundings) -> Card:
    said = revision.properties
    live = LIVE in around.about.aliases
    lines = [
        Line("yes" if live else "no", "live", mark=Mark.GOOD if live else Mark.NONE),
        Line(str(said.get("model", "unknown")), "model", aside=short(str(said.get("model_fingerprint") or ""))),
        Line(str(said.get("dataset", "unknown")), "trained on"),
        Line(str(said.get("environment", "unknown")), "environment"),
    ]
    facts = {"live": live} | {key: plain(value) for key, value in said.items()}
    return Card("serves", "What runs here?", lines, facts)
