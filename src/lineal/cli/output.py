"""Where commands write: data on stdout, everything said beside it on stderr.

On a terminal Rich draws; elsewhere, and under NO_COLOR, there is not one escape sequence, and lines are as
long as they are. Rich is imported only where something is drawn.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TextIO
from unicodedata import east_asian_width

from lineal.cli.text import safe_json, safe_lines
from lineal.lineage.render.words import safe
from lineal.model.values import Json

if TYPE_CHECKING:
    from rich.console import Console


# What is coloured in the text of an answer: the guides of a tree, digits of content, verdicts, signs of a comparison.
_STYLES = (
    (r"[│├└]─?─?", "dim"),
    (r" · [0-9a-f]{8}\b| · hop \d+", "dim"),
    (r"(?m)^[a-z][a-z ]* \(\d+\)$", "bold"),
    (r"✓(?: [^,\]\n]+(?=[,\]]))?|(?m:^ *\+ .*)", "green"),
    (r"✕(?: [^,\]\n]+(?=[,\]]))?|(?m:^ *- .*)", "red"),
    (r"(?m)^ *[?~] ", "yellow"),
)


_LEAST = 10
"""The width that must be left for a column that may be broken."""


def on_terminal(stream: TextIO | None = None) -> bool:
    """Return whether a person looks at this stream (stdout unless another is given)."""
    target = sys.stdout if stream is None else stream
    return target is not None and target.isatty()


def console(stream: TextIO | None = None) -> Console:
    """Return a Rich console for a stream: names are text, never markup; colour only on a terminal that wants it."""
    from rich.console import Console

    target = sys.stdout if stream is None else stream
    drawn = on_terminal(target)
    coloured = drawn and not os.environ.get("NO_COLOR")
    return Console(
        file=target,
        force_terminal=drawn,
        color_system="auto" if coloured else None,
        width=None if drawn else 100_000,
        markup=False,
        emoji=False,
        highlight=False,
    )


def only_ascii() -> bool:
    """Return whether stdout cannot show more than ASCII."""
    return not _encoding().startswith("utf")


def print_json(document: Json) -> None:
    """Print exactly one JSON document on stdout."""
    print_json_text(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def print_json_text(text: str) -> None:
    """Print a ready JSON document; what the stream cannot show, or a terminal would obey, is escaped."""
    if only_ascii():
        text = json.dumps(json.loads(text), indent=2)
    _write(safe_json(text))


def print_text(text: str) -> None:
    """Print text for people: control characters are written out, line breaks stay."""
    _write(safe_lines(text))


def print_drawing(text: str) -> None:
    """Print a tree or a report: coloured on a terminal, the same characters elsewhere."""
    if not on_terminal():
        print_text(text)
        return
    from rich.text import Text

    drawn = Text(safe_lines(text))
    for pattern, style in _STYLES:
        drawn.highlight_regex(pattern, style)
    console().print(drawn, soft_wrap=True)


def print_document(text: str) -> None:
    """Print a document for machines (CSV, DOT, SVG …): as it is, but never raw to a terminal."""
    _write(safe_lines(text) if on_terminal() else text)


def say(text: str) -> None:
    """Say something to the person on stderr."""
    sys.stderr.write(safe_lines(text) + "\n")


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> None:
    """Print a table; the columns in `numbers` are set to the right, those in `whole` are the last to be broken."""
    cells = [[safe(cell) for cell in row] for row in rows]
    if not on_terminal():
        _write(_plain_table(columns, cells, numbers))
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, padding=(0, 1, 0, 0))
    screen = console()
    widths = {
        name: max(map(width, column)) for name, column in zip(columns, zip(columns, *cells, strict=True), strict=True)
    }
    firm = {name: widths[name] for name in columns if name in whole or name in numbers}
    fits = sum(firm.values()) + 2 * len(columns) + _LEAST * (len(columns) - len(firm)) <= screen.width
    for name in columns:
        justify: Literal["left", "right"] = "right" if name in numbers else "left"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=fits and name in firm)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    screen.print(table)


def print_csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows as CSV with a header line."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    print_document(text.getvalue())


def width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str]) -> str:
    widths = [max(map(width, column)) for column in zip(columns, *rows, strict=True)]
    lines = []
    for row in (columns, *rows):
        padded = []
        for name, cell, wide in zip(columns, row, widths, strict=True):
            gap = " " * (wide - width(cell))
            padded.append(gap + cell if name in numbers else cell + gap)
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def _encoding() -> str:
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower()


def _write(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
