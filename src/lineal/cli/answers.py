"""Printing an answer about the graph in the format asked for; `lineage.render` knows how each looks."""

from __future__ import annotations

from lineal.cli.options import GraphFormat, ReportFormat
from lineal.cli.output import on_terminal, only_ascii, print_document, print_drawing, print_json_text, say
from lineal.lineage.check import Check
from lineal.lineage.diff import Diff
from lineal.lineage.render import Answer, render

_FOLD = 12
"""Siblings of one type shown on a terminal before the rest is counted; files and pipes get them all."""


def print_answer(answer: Answer, format_: GraphFormat | ReportFormat) -> None:
    """Print an answer on stdout; formats for machines also say on stderr what is left out."""
    fold = _FOLD if on_terminal() else None
    text = render(answer, format_.value, ascii_only=only_ascii(), fold=fold)
    if format_ == "json":
        print_json_text(text)
    elif format_ in ("tree", "table"):
        print_drawing(text.rstrip("\n"))
    else:
        print_document(text)
        if not isinstance(answer, Diff | Check) and answer.truncated is not None:
            say(f"not complete: {answer.truncated.reason}")
