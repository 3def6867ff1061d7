"""`lineal import`: what other systems recorded, brought into a workspace."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from lineal.cli import documents
from lineal.cli.exits import DIFFERS
from lineal.cli.options import AnswerFormat, AsAnswer, Url, Verbose
from lineal.cli.output import print_json, print_table, print_text, say
from lineal.cli.progress import Progress
from lineal.errors import NotFound
from lineal.ingest.mlmd.report import Report, TableReport
from lineal.ingest.mlmd.run import BATCH, import_mlmd, preview_mlmd
from lineal.ingest.mlmd.source import Source
from lineal.workspace import current_actor, open_workspace

app = typer.Typer(help="Bring in what other systems recorded.")

_COLUMNS = ("table", "there", "here", "left out", "changed", "differing", "lost", "digest", "equal")
_DIGITS = 12


@app.callback(invoke_without_command=True)
def _import(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("mlmd")
def mlmd(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="ML Metadata's database: a SQLite file, mysql://… or postgresql://…"),
    ],
    url: Url = None,
    batch: Annotated[
        int, typer.Option("--batch", min=1, metavar="N", help="Rows at once; each batch is one ledger entry.")
    ] = BATCH,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; say what would be kept and what not.")
    ] = False,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Import a database of ML Metadata (schema versions 7 to 10): ids, times, types, properties and edges as they are.

    Ends with a comparison of both sides. Exit 0 if nothing differs but what is listed as not storable; else 23.
    Run it again after an interruption, or with a later copy: what is there already is left alone, what changed in the
    source since is updated and listed, what it has lost is listed. The source is only read.
    """
    progress = Progress()
    with closing(Source.at(source)) as read:
        if dry_run:
            report = _preview(read, url, batch, progress)
        else:
            with open_workspace(url) as workspace:
                report = import_mlmd(read, workspace.store, actor=current_actor(), batch=batch, progress=progress.of)
    progress.end()
    if format is AnswerFormat.JSON:
        print_json(documents.import_report(report))
    else:
        _tell(report)
    if not report.equal:
        raise typer.Exit(DIFFERS)


def _preview(source: Source, url: str | None, batch: int, progress: Progress) -> Report:
    try:
        with open_workspace(url, create=False) as workspace:
            return preview_mlmd(source, workspace.store, batch=batch, progress=progress.of)
    except NotFound:
        # There is no workspace yet: nothing can be in the way.
        return preview_mlmd(source, None, batch=batch, progress=progress.of)


def _tell(report: Report) -> None:
    print_table(_COLUMNS, [_row(table) for table in report.tables], numbers=_COLUMNS[1:7])
    for loss in report.losses:
        print_text(f"{loss.fate.value}: {loss.table} {_key(loss.key)}: {loss.message}")
    outcome = report.outcome
    for update in outcome.updates:
        print_text(f"updated: {update.record}: {', '.join(update.columns)}; what was there stays in its history")
    _more(outcome.updated, len(outcome.updates))
    for clash in outcome.clashes:
        print_text(f"in the way: {clash.record} {clash.message}; it was left as it is")
    _more(outcome.clashing, len(outcome.clashes))
    for item in report.differences:
        there, here = item.there or "nothing", item.here or "nothing"
        print_text(f"differs: {item.table} {_key(item.key)}: there {there}, here {here}")
    if report.doubles:
        print_text(f"{report.doubles:,} doubles have the six decimals that ML Metadata kept of them")
    if report.reread:
        shown = ", ".join(f"{stored!r} as {read!r}" for stored, read in report.first_reread.items())
        print_text(f"{report.reread:,} texts were read as ML Metadata reads them, not as they are stored: {shown} …")
    did = "would be written" if report.dry_run else "written"
    said = f"{outcome.written:,} records {did}, {outcome.updated:,} updated, {outcome.same:,} were there"
    say(f"{report.source} (schema {report.version}): {said}")


def _more(count: int, shown: int) -> None:
    if count > shown:
        print_text(f"  … and {count - shown:,} more")


def _row(table: TableReport) -> tuple[str, ...]:
    digest = table.digest_here[:_DIGITS] if table.digest_here and table.equal else "-"
    here = "-" if table.here is None else f"{table.here:,}"
    differing = "-" if table.differences is None else f"{table.differences:,}"
    lost = "-" if table.lost is None else f"{table.lost:,}"
    equal = {None: "-", True: "yes", False: "NO"}[table.equal]
    numbers = (f"{table.left_out:,}", f"{table.changed:,}")
    return (table.table, f"{table.there:,}", here, *numbers, differing, lost, digest, equal)


def _key(key: tuple[int | str, ...]) -> str:
    return "/".join(map(str, key))
