"""Options that many commands share, each declared once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer


@dataclass(slots=True)
class Invocation:
    """What `main` must know about the command it runs; the only thing a command changes outside itself."""

    verbose: bool = False


class GraphFormat(StrEnum):
    """How a graph can be printed."""

    TREE = "tree"
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"
    HTML = "html"


class ReportFormat(StrEnum):
    """How an answer without a picture can be printed."""

    TREE = "tree"
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class ListFormat(StrEnum):
    """How a list can be printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class AnswerFormat(StrEnum):
    """How a single answer can be printed."""

    TABLE = "table"
    JSON = "json"


def _note_verbose(context: typer.Context, value: bool) -> bool:
    invocation = context.find_root().obj
    if value and isinstance(invocation, Invocation):
        invocation.verbose = True
    return value


Reference = Annotated[
    str,
    typer.Argument(metavar="REF", help="What it is about, such as model:delay@v1.0, run:latest or sha256:4f3c…"),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="LINEAL_URL",
        metavar="URL",
        help="The workspace: sqlite:///FILE, postgresql://…, or a directory; else the .lineal found here or above.",
        rich_help_panel="Workspace",
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        callback=_note_verbose,
        is_eager=True,
        help="Print the trace of an error.",
        rich_help_panel="Workspace",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Answer as of this moment: ISO 8601 with a time zone, or a date (its end, in UTC).",
    ),
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, metavar="N", help="At most N nodes; says what is missing.")
]
AsGraph = Annotated[GraphFormat, typer.Option("--format", "-f", help="How to print it.")]
AsReport = Annotated[ReportFormat, typer.Option("--format", "-f", help="How to print it.")]
AsList = Annotated[ListFormat, typer.Option("--format", "-f", help="How to print it.")]
AsAnswer = Annotated[AnswerFormat, typer.Option("--format", "-f", help="How to print it.")]
Actor = Annotated[
    str | None, typer.Option("--by", metavar="WHO", help="Who decides; else LINEAL_ACTOR or the user of this machine.")
]
