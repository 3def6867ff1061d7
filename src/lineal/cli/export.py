"""`lineal export`: the lineage of one thing as a file, or the whole store as JSON lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from lineal.cli.dump import records
from lineal.cli.options import AsOf, Url, Verbose
from lineal.cli.output import on_terminal, print_document, say
from lineal.cli.times import parse_as_of
from lineal.errors import InvalidArgument
from lineal.lineage.render import render
from lineal.workspace import open_workspace


class ExportFormat(StrEnum):
    """What a lineage can be exported as."""

    JSON = "json"
    SVG = "svg"
    HTML = "html"
    DOT = "dot"
    MERMAID = "mermaid"
    CSV = "csv"


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
    """Export the lineage of one thing (JSON, SVG, HTML, DOT, Mermaid, CSV), or with --all the whole store."""
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
