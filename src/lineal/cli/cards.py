"""Cards: a question and its answer as a few lines, drawn on a terminal and plain elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from lineal.cli.output import console, on_terminal, only_ascii, print_text, width
from lineal.lineage.render.words import safe
from lineal.model.values import Json


class Mark(Enum):
    """What a line says about the question: its sign, its sign where there is no Unicode, its colour."""

    NONE = ("", "", "")
    GOOD = ("✓", "+", "green")
    BAD = ("✗", "x", "red")
    UNKNOWN = ("?", "?", "yellow")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer: `label` is dimmed and set in a column, `aside` is dimmed behind the text."""

    text: str
    label: str = ""
    aside: str = ""
    mark: Mark = Mark.NONE

    @property
    def lines(self) -> tuple[Line, ...]:
        """The line as it is shown: a text of several lines goes on below, without label and mark."""
        first, *rest = self.text.splitlines() or [""]
        if not rest:
            return (self,)
        below = [Line(f"  {each}") for each in rest]
        return (replace(self, text=first, aside=""), *below[:-1], replace(below[-1], aside=self.aside))


@dataclass(frozen=True, slots=True)
class Card:
    """A question, its answer in lines, and the same answer as data for `--format json` under `key`."""

    key: str
    question: str
    lines: Sequence[Line]
    facts: Json = field(default=None)


def print_cards(cards: Sequence[Card]) -> None:
    """Print cards one below the other on stdout."""
    if on_terminal():
        _draw(cards)
        return
    print_text("\n\n".join(_plain(card) for card in cards))


def sign(mark: Mark) -> str:
    """Return the mark's sign as stdout can show it."""
    rich, plain, _ = mark.value
    return plain if only_ascii() else rich


def _plain(card: Card) -> str:
    column = _column(card)
    lines = [safe(card.question)]
    marked = any(line.mark is not Mark.NONE for line in card.lines)
    for line in _shown(card):
        parts = [
            (sign(line.mark) or " ") if marked else "",
            _padded(line.label, column),
            safe(line.text),
            safe(line.aside),
        ]
        lines.append("  " + "  ".join(part for part in parts if part).rstrip())
    return "\n".join(lines)


def _draw(cards: Sequence[Card]) -> None:
    from rich import box
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    drawn = []
    for card in cards:
        grid = Table.grid(padding=(0, 1), expand=False)
        labelled = _column(card) > 0
        marked = any(line.mark is not Mark.NONE for line in card.lines)
        for line in _shown(card):
            body = Text(safe(line.text))
            if line.aside:
                body.append("  " + safe(line.aside), style="dim")
            cells = [Text(sign(line.mark), style=line.mark.value[2])] if marked else []
            cells += [Text(safe(line.label), style="dim")] if labelled else []
            grid.add_row(*cells, body)
        title = Text(safe(card.question), style="bold cyan")
        drawn.append(Panel(grid, title=title, title_align="left", box=box.ROUNDED, border_style="dim"))
    console().print(Group(*drawn))


def _shown(card: Card) -> list[Line]:
    return [shown for line in card.lines for shown in line.lines]


def _column(card: Card) -> int:
    return max((width(safe(line.label)) for line in card.lines), default=0)


def _padded(label: str, column: int) -> str:
    text = safe(label)
    return text + " " * (column - width(text))
