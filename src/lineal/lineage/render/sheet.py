"""CSV for spreadsheets: quoted by RFC 4180, and no text is ever a formula.

A text that a spreadsheet would run (it begins with = + - @, a tab or a line end, also behind blanks) gets an
apostrophe before it. Numbers are numbers.
"""

from __future__ import annotations

import csv
import io

from lineal.lineage.render.rows import Cell, Table

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  full-width signs start formulas too


def sheet(table: Table) -> str:
    """Return the table as CSV, header first. Notes are no rows: they are left to the other formats."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_cell(column) for column in table.columns])
    writer.writerows([_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def _cell(cell: Cell) -> str | int | float | None:
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\x00", "\\x00")
    return f"'{text}" if text.lstrip(" \u00a0\x0b\x0c").startswith(_STARTS) else text
