"""`lineal audit`: read the ledger, check every table against it, and verify signed statements."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from lineal.cli import documents
from lineal.cli.cards import Card, Line, Mark, print_cards
from lineal.cli.options import AnswerFormat, AsAnswer, AsList, ListFormat, Url, Verbose
from lineal.cli.output import on_terminal, print_csv, print_document, print_json, print_table, print_text, say
from lineal.cli.times import iso
from lineal.errors import STATUS, Code, NotFound
from lineal.model.audit import AuditReport, Entry
from lineal.model.values import Json
from lineal.rebuild.attest import statement_for
from lineal.rebuild.envelope import opened, public_key, signing_key
from lineal.rebuild.statement import checked
from lineal.workspace import open_workspace

app = typer.Typer(help="Read the ledger, and check every table against it.")

_COLUMNS = ("entry", "time", "actor", "action", "rows", "reason", "leaf")
_EVERY = 500
_TOLD = {"endedAt": "when", "rebuilder": "by", "environment": "environment", "counterfactual": "counterfactual"}


@app.callback(invoke_without_command=True)
def _audit(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("log")
def log(
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most N entries.")] = 20,
    after: Annotated[
        int | None,
        typer.Option("--after", min=0, metavar="ENTRY", help="Entries after this one, oldest first; else the newest."),
    ] = None,
    url: Url = None,
    format: AsList = ListFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """List ledger entries: who wrote what, when and why. Newest first, unless --after is given."""
    with open_workspace(url, create=False) as workspace:
        entries = workspace.store.entries(after=after or 0, limit=limit, newest_first=after is None)
    if format is ListFormat.JSON:
        print_json([documents.entry(entry) for entry in entries])
        return
    rows = [_row(entry) for entry in entries]
    if format is ListFormat.CSV:
        print_csv(_COLUMNS, rows)
        return
    print_table(_COLUMNS, rows, numbers=("entry", "rows"), whole=("time", "actor", "leaf"))
    for entry in entries:
        for finding in entry.findings:
            print_text(f"entry {entry.seq} kept a contradiction: {finding}")


@app.command("verify")
def verify(
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Replay the ledger against every table. Exit 0 only if nothing differs; else 12, naming each row."""
    with open_workspace(url, create=False) as workspace:
        report = workspace.verify(progress=_progress)
    if format is AnswerFormat.JSON:
        print_json(documents.audit_report(report))
    else:
        _tell(report)
    if not report.ok:
        raise typer.Exit(STATUS[Code.DATA_LOSS].exit)


@app.command("key")
def key(url: Url = None, verbose: Verbose = False) -> None:  # noqa: ARG001  read by its callback
    """Print the public key that this workspace signs statements with, as PEM: give it to whoever verifies them."""
    with open_workspace(url, create=False) as workspace:
        print_document(signing_key(workspace.location).public.pem.rstrip())


@app.command("statement")
def statement(
    ref: Annotated[
        str, typer.Argument(metavar="REF|FILE", help="A model, data, a rebuild, or the file of a statement.")
    ],
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="PEM", help="The public key to trust; else this workspace's own."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the signed statement.")] = None,
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Verify the signed statement of a rebuild and show what it says. With FILE and --key it needs no workspace.

    Of a model or data it is the newest that says something of it; which one that is, and what the others say, is told.
    Exit 12 where the signature does not fit, 7 where another key signed.
    """
    path, which = Path(ref), ""
    if not path.is_file() and ":" not in ref and (path.is_absolute() or path.suffix == ".json"):
        raise NotFound(
            f"there is no file {ref}", hint="name the file of a statement, or a reference such as model:delay"
        )
    if path.is_file() and key is not None:
        envelope, trusted = path.read_bytes(), public_key(key.read_bytes())
    else:
        with open_workspace(url, create=False) as workspace:
            if path.is_file():
                envelope = path.read_bytes()
            else:
                signed = statement_for(workspace.store, workspace.files, ref)
                envelope, which = signed.envelope, signed.which
            trusted = public_key(key.read_bytes()) if key is not None else signing_key(workspace.location).public
    said = checked(opened(envelope, trusted))
    if out is not None:
        out.write_bytes(envelope)
        say(f"wrote {out}")
    if format is AnswerFormat.JSON:
        print_json(dict(said))
        if which:
            say(f"the statement of {which}")
        return
    own = "this workspace's own key" if key is None else f"the key of {key}"
    _tell_statement(said, which, Line(trusted.id, "signed by", aside=own, mark=Mark.GOOD))


def _tell_statement(said: Mapping[str, Json], which: str, signer: Line) -> None:
    predicate, subjects = said.get("predicate"), said.get("subject")
    facts = predicate if isinstance(predicate, Mapping) else {}
    lines = [Line(str(facts.get("verdict")), "verdict", aside=str(facts.get("sentence", "")))]
    for subject in subjects if isinstance(subjects, list | tuple) else ():
        if isinstance(subject, Mapping) and isinstance(subject.get("digest"), Mapping):
            digests = subject["digest"]
            assert isinstance(digests, Mapping)
            told = " · ".join(f"{name}:{digits}" for name, digits in digests.items())
            lines.append(Line(str(subject.get("name")), "about", aside=told))
    lines += [Line(_told(facts.get(name)), label) for name, label in _TOLD.items() if facts.get(name)]
    lines += [Line(which, "rebuild")] if which else []
    lines.append(signer)
    print_cards([Card("statement", "What does the signed statement say?", lines)])


def _told(value: Json) -> str:
    """Return a fact for people: the parts of a compound one beside each other."""
    if not isinstance(value, Mapping):
        return str(value)
    return " · ".join(f"{name} {_told(part)}" for name, part in value.items() if part is not None)


def _row(entry: Entry) -> tuple[str, ...]:
    leaf = entry.leaf.hex()[:12]
    return (str(entry.seq), iso(entry.time), entry.actor, entry.action, str(entry.rows), entry.reason or "", leaf)


def _tell(report: AuditReport) -> None:
    if report.ok:
        print_text(f"ok: {report.entries:,} entries and {report.rows:,} rows agree; nothing differs")
    else:
        rows = [
            (item.kind, item.table, item.row, "" if item.entry is None else str(item.entry), item.message)
            for item in report.findings
        ]
        print_table(("finding", "table", "row", "entry", "what differs"), rows, numbers=("entry",))
        print_text(f"{len(rows)} difference(s) between the ledger and the tables in {report.entries:,} entries")
    print_text(f"root:            {report.root.hex()}")
    print_text(f"unanchored tail: {report.unanchored_tail:,} entries that only this workspace vouches for")


def _progress(done: int, total: int) -> None:
    if not on_terminal(sys.stderr):
        return
    if done >= total:
        sys.stderr.write("\r\x1b[K")
    elif done % _EVERY == 0:
        sys.stderr.write(f"\rverifying {done:,} of {total:,} entries")
    sys.stderr.flush()
