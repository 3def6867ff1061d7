"""The text table: columns under each other, for a terminal or a log. Names are never cut."""

from __future__ import annotations

from lineal.lineage.render.rows import Cell, Table
from lineal.lineage.render.tree import to_ascii
from lineal.lineage.render.words import safe


def text_table(table: Table, *, ascii_only: bool = False) -> str:
    """Return the table as text; columns that are empty in every row are left out."""
    used = [place for place in range(len(table.columns)) if any(row[place] not in ("", None) for row in table.rows)]
    heads = [safe(table.columns[place]).upper() for place in used]
    lines = [[_text(row[place]) for place in used] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)] if lines else []
    rule = ["─" * width for width in widths]
    drawn = [_line(cells, widths) for cells in (heads, rule, *lines)] if lines else []
    text = "\n".join([*drawn, *map(safe, table.notes)]) + "\n"
    return to_ascii(text) if ascii_only else text


def _line(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return safe(cell) if isinstance(cell, str) else str(cell)
