"""`lineal approve`, `decisions` and `deploy`: what people decide about artifacts, on which content."""

from __future__ import annotations

from typing import Annotated

import typer

from lineal.cli.naming import name_of, short
from lineal.cli.options import Actor, AnswerFormat, AsAnswer, AsList, ListFormat, Reference, Url, Verbose
from lineal.cli.output import print_csv, print_json, print_table, print_text
from lineal.cli.times import iso
from lineal.errors import InvalidArgument
from lineal.lineage.render.document import decision_document, node_document, plain
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact
from lineal.workspace import Workspace, open_workspace

_COLUMNS = ("time", "decision", "subject", "fingerprint", "who", "why", "details")

Reason = Annotated[str, typer.Option("--reason", metavar="WHY", help="Why: a sentence an auditor will read.")]


def approve(
    ref: Reference,
    reason: Reason,
    regulation: Annotated[
        str | None,
        typer.Option("--regulation", metavar="RULE", help="The rule it answers to, such as 'EU AI Act Art. 14'."),
    ] = None,
    by: Actor = None,
    reject: Annotated[bool, typer.Option("--reject", help="Reject it instead.")] = False,
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Approve (or reject) an artifact. The decision holds for the content it has now, not for its name."""
    action = DecisionAction.REJECT if reject else DecisionAction.APPROVE
    with open_workspace(url, create=False) as workspace:
        made = workspace.approve(ref, actor=by, reason=reason, regulation=regulation, action=action)
        (subject,) = workspace.store.get(Artifact, [made.artifact_id])
    if format is AnswerFormat.JSON:
        print_json(decision_document(made))
        return
    word = "rejected" if reject else "approved"
    print_text(f"{word} {name_of(subject)}  {short(made.fingerprint)}  by {made.actor}: {made.reason}")


def decisions(
    ref: Annotated[str | None, typer.Argument(metavar="[REF]", help="The artifact; all decisions without it.")] = None,
    url: Url = None,
    format: AsList = ListFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """List decisions, oldest first: who decided what, when and why, on which content."""
    with open_workspace(url, create=False) as workspace:
        found = workspace.store.decisions(artifacts=None if ref is None else [_subject(workspace, ref)])
        ids = sorted({item.artifact_id for item in found})
        subjects = {node.id: node for node in workspace.store.get(Artifact, ids)}
    if format is ListFormat.JSON:
        print_json([decision_document(item) | {"subject": name_of(subjects[item.artifact_id])} for item in found])
        return
    rows = [_row(item, subjects[item.artifact_id]) for item in found]
    if format is ListFormat.CSV:
        print_csv(_COLUMNS, rows)
    else:
        print_table(_COLUMNS, rows, whole=("time", "subject", "who"))


def deploy(
    ref: Reference,
    endpoint: Annotated[str, typer.Option("--endpoint", metavar="NAME", help="The endpoint that shall serve it.")],
    environment: Annotated[
        str, typer.Option("--environment", metavar="NAME", help="Where; the model gets an alias of this name.")
    ] = "production",
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why: a sentence.")] = "deployed",
    by: Actor = None,
    unapproved: Annotated[
        bool, typer.Option("--unapproved", help="Deploy without an approval; the record says so.")
    ] = False,
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Deploy an approved model: a new revision of the endpoint. Refused (exit 7) without an approval."""
    with open_workspace(url, create=False) as workspace:
        deployment = workspace.deploy(
            ref, endpoint=endpoint, environment=environment, actor=by, reason=reason, unapproved=unapproved
        )
    if format is AnswerFormat.JSON:
        revision, made = node_document(deployment.revision), decision_document(deployment.decision)
        print_json({"revision": revision, "decision": made})
        return
    model = deployment.revision.properties.get("model", ref)
    print_text(f"deployed {model} as {name_of(deployment.revision)} in {environment}  by {deployment.decision.actor}")


def _subject(workspace: Workspace, ref: str) -> ArtifactId:
    node = workspace.resolve(ref)
    if not isinstance(node, Artifact) or node.id is None:
        raise InvalidArgument(f"{ref!r} is not an artifact; decisions are about artifacts")
    return node.id


def _row(decision: Decision, subject: Artifact) -> tuple[str, ...]:
    return (
        iso(decision.time),
        decision.action.value,
        name_of(subject),
        short(decision.fingerprint),
        decision.actor,
        decision.reason,
        _about(decision),
    )


def _about(decision: Decision) -> str:
    """Return the details as a phrase: the regulation, or where a revision went into force."""
    details = {key: str(plain(value)) for key, value in decision.details.items()}
    if "endpoint" in details and "revision" in details:
        place = f"{details.pop('endpoint')}@{details.pop('revision')} in {details.pop('environment', 'production')}"
        return ", ".join([place, *(f"{key}={value}" for key, value in details.items())])
    regulation = details.pop("regulation", None)
    return ", ".join([*([regulation] if regulation else []), *(f"{key}={value}" for key, value in details.items())])
