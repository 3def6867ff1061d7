"""The page: a self-contained HTML file with the picture and its equal table. No script, nothing loaded."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.lineage.graph import LineageGraph
from lineal.lineage.render.rows import Cell, Table
from lineal.lineage.render.svg import svg
from lineal.lineage.render.xml import element, escaped

_STYLE = """
:root{color-scheme:light dark}
body{margin:24px;font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
body{color:#1F2328;background:#FFF}
h1{font-size:20px}
.picture{overflow:auto;border:1px solid #D0D7DE;border-radius:10px}
table{border-collapse:collapse;margin-top:24px;width:100%}
th,td{text-align:left;vertical-align:top;padding:6px 10px;border-bottom:1px solid #D0D7DE;overflow-wrap:anywhere}
.notes{font-weight:600;color:#8A5A00}
@media (prefers-color-scheme:dark){body{color:#E6EDF3;background:#11161C}
.picture,th,td{border-color:#30363D}.notes{color:#D29922}}
@media print{.picture{overflow:visible;border:0}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, graph: LineageGraph, table: Table) -> str:
    """Return the page of an answer: its title, its picture, its table."""
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escaped(_POLICY)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"{element('title', {}, escaped(title))}<style>{_STYLE}</style>"
    )
    notes = "".join(element("p", {"class": "notes"}, escaped(note)) for note in table.notes)
    figure = element("div", {"class": "picture"}, svg(graph))
    body = f"{element('h1', {}, escaped(title))}{notes}{figure}{html_table(table)}"
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def html_table(table: Table, *, most: int | None = None) -> str:
    """Return the table as HTML; of more than `most` rows the first, and a last one that counts the others."""
    head = "".join(element("th", {"scope": "col"}, escaped(column)) for column in table.columns)
    rows = list(_rows(table, most))
    if most is not None and len(table.rows) > most:
        text = escaped(f"… {len(table.rows) - most} more rows")
        rows.append(f'<tr><td colspan="{len(table.columns)}">{text}</td></tr>')
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>" + "\n".join(rows) + "</tbody></table>"


def _rows(table: Table, most: int | None) -> Iterator[str]:
    for row in table.rows[:most]:
        yield "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>"


def _text(cell: Cell) -> str:
    return "" if cell is None else escaped(str(cell))
