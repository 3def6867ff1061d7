"""`lineal export`: the lineage of one thing as a file, a recipe, the whole store.

The whole store is written as JSON lines, or as ML Metadata's database.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from lineal.cli import documents
from lineal.cli.dump import records
from lineal.cli.options import AnswerFormat, AsAnswer, AsOf, Reference, Url, Verbose
from lineal.cli.output import on_terminal, print_document, print_json, print_table, say
from lineal.cli.progress import Progress
from lineal.cli.times import parse_as_of
from lineal.errors import InvalidArgument
from lineal.ingest.mlmd.export import export_mlmd
from lineal.ingest.mlmd.losses import Fate, Loss
from lineal.lineage.render.choose import render
from lineal.workspace import open_workspace


class ExportFormat(StrEnum):
    """What a lineage can be exported as."""

    JSON = "json"
    SVG = "svg"
    HTML = "html"
    DOT = "dot"
    MERMAID = "mermaid"
    CSV = "csv"


_EXAMPLES = 3
"""How many of the losses of one kind are shown."""

_USUAL = "lineage"
"""The form of export that needs no word."""

_SUFFIXES = {
    ".json": ExportFormat.JSON,
    ".svg": ExportFormat.SVG,
    ".html": ExportFormat.HTML,
    ".htm": ExportFormat.HTML,
    ".dot": ExportFormat.DOT,
    ".gv": ExportFormat.DOT,
    ".mmd": ExportFormat.MERMAID,
    ".csv": ExportFormat.CSV,
}

Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Write to this file, whole or not at all; else stdout."),
]


class _Forms(TyperGroup):
    """`lineal export REF` needs no further word: what names no form of export is a reference or an option of it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the form in front where it was left out."""
        if not args or args[0] not in {*self.commands, *self.get_help_option_names(ctx)}:
            args = [_USUAL, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Forms, help="Export the lineage of one thing, how it was made, the whole store, or ML Metadata's database."
)


@app.command(_USUAL)
def export(
    ref: Annotated[str | None, typer.Argument(metavar="[REF]", help="Whose lineage, both ways.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole store, one JSON document a line.")] = False,
    out: Out = None,
    format: Annotated[
        ExportFormat | None,
        typer.Option("--format", "-f", help="As what; else what the file's ending says, else json."),
    ] = None,
    as_of: AsOf = None,
    url: Url = None,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Export the lineage of one thing (JSON, SVG, HTML, DOT, Mermaid, CSV), or with --all the whole store.

    The word `lineage` may be left out: `lineal export model:delay --out delay.svg`.
    """
    if everything == (ref is not None):
        raise InvalidArgument("say what to export: a REF, or --all", hint="lineal export model:delay --out delay.svg")
    if everything and (as_of or format not in (None, ExportFormat.JSON)):
        raise InvalidArgument("--all writes JSON lines of what is there now; it takes no --format and no --as-of")
    with open_workspace(url, create=False) as workspace:
        if ref is None:
            _write_lines(records(workspace.store), out)
            return
        graph = workspace.trace(ref, None, as_of=None if as_of is None else parse_as_of(as_of))
    chosen = format or _SUFFIXES.get(out.suffix.lower() if out else "", ExportFormat.JSON)
    text = render(graph, chosen.value)
    if out is None:
        print_document(text)
        return
    with _whole(out) as file:
        file.write(text if text.endswith("\n") else text + "\n")
    say(f"wrote {out}: {len(graph.nodes):,} nodes, {len(graph.edges):,} edges")


@app.command("mlmd")
def mlmd(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The SQLite file to write; it must not be there yet.")],
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Export the whole store as a SQLite database that ML Metadata opens (schema version 10), with the same ids.

    What ML Metadata cannot hold, such as fingerprints, decisions and predictions, is counted on stderr.
    """
    progress = Progress("exporting")
    with open_workspace(url, create=False) as workspace:
        exported = export_mlmd(workspace.store, file, progress=progress.rows)
    progress.end()
    if format is AnswerFormat.JSON:
        print_json(documents.export_report(exported, file))
    else:
        rows = [(table, f"{count:,}") for table, count in exported.rows.items()]
        print_table(("table", "rows"), rows, numbers=("rows",))
    for what, count in exported.changed.items():
        _tell(f"written otherwise for ML Metadata: {what}", count, exported.examples(what, Fate.CHANGED))
    for what, count in exported.left_out.items():
        _tell(f"not in ML Metadata: {what}", count, exported.examples(what, Fate.LEFT_OUT))
    say(f"wrote {file}: {sum(exported.rows.values()):,} rows")


@app.command("recipe")
def recipe(
    ref: Reference,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The directory to write; not there yet, or empty.")],
    without_inputs: Annotated[
        bool, typer.Option("--without-inputs", help="List the inputs with their fingerprints, and copy none.")
    ] = False,
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Export how a model, data or a run was made, as a directory that a stranger can run without Lineal.

    It holds the code, the inputs, the lock, a Dockerfile, the expected fingerprints and one command: `./run.sh`.
    """
    with open_workspace(url, create=False) as workspace:
        try:
            exported = workspace.export_recipe(ref, directory, with_inputs=not without_inputs)
        except OSError as error:
            # What is at fault is the place that was named, not the unfinished directory beside it.
            told = f"the recipe cannot be written: {error.strerror}"
            raise OSError(error.errno, told, str(directory)) from error
    for note in exported.notes:
        say(note)
    if format is AnswerFormat.JSON:
        print_json({"directory": str(directory), "files": exported.files, "notes": list(exported.notes)})
    else:
        say(f"wrote {directory}: {exported.files:,} files; run {directory}/run.sh")


def _tell(what: str, count: int, examples: Sequence[Loss]) -> None:
    """Say how often something was lost, with a few examples: what was lost a million times must not hide the rest."""
    say(f"{what}, {count:,} {'time' if count == 1 else 'times'}")
    for loss in examples[:_EXAMPLES]:
        say(f"  {'/'.join(map(str, loss.key))}: {loss.message}")
    if examples and count > _EXAMPLES:
        say(f"  … and {count - _EXAMPLES:,} more")


def _write_lines(lines: Iterable[str], out: Path | None) -> None:
    if out is None:
        for line in lines:
            print_document(line) if on_terminal() else sys.stdout.write(line + "\n")
        return
    count = 0
    with _whole(out) as file:
        for count, line in enumerate(lines, start=1):  # noqa: B007  the last number is the count
            file.write(line + "\n")
    say(f"wrote {out}: {count:,} records")


@contextmanager
def _whole(out: Path) -> Iterator[TextIO]:
    """Open a file that takes its name only when it is complete."""
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with unfinished.open("x", encoding="utf-8", newline="\n") as file:
            yield file
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
