"""Choose: one writer for each kind of answer and each format. The only list of formats there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

from lineal.errors import InvalidArgument
from lineal.lineage.check import Check
from lineal.lineage.diff import Diff
from lineal.lineage.graph import LineageGraph
from lineal.lineage.impact import Impact
from lineal.lineage.paths import Paths
from lineal.lineage.render import documents, report, rows
from lineal.lineage.render.document import Document, graph_document, text_of
from lineal.lineage.render.dot import dot
from lineal.lineage.render.mermaid import mermaid
from lineal.lineage.render.page import page
from lineal.lineage.render.sheet import sheet
from lineal.lineage.render.svg import svg
from lineal.lineage.render.table import text_table
from lineal.lineage.render.tree import to_ascii, tree

Answer = LineageGraph | Impact | Paths | Diff | Check


def render(answer: Answer, format_: str, *, ascii_only: bool = False, fold: int | None = None) -> str:
    """Return an answer in a format of `formats_of`; raise InvalidArgument naming those it has.

    `ascii_only` and `fold` (siblings shown before the rest is counted) concern the formats for terminals.
    """
    writer = _WRITERS[_kind(answer)].get(format_)
    if writer is None:
        raise InvalidArgument(
            f"{_kind(answer)} cannot be shown as {format_!r}", hint="formats: " + ", ".join(formats_of(answer))
        )
    return writer(answer, _Wish(ascii_only, fold))


def formats_of(answer: Answer) -> tuple[str, ...]:
    """Return the formats in which this kind of answer can be written."""
    return tuple(_WRITERS[_kind(answer)])


def table_of(answer: Answer) -> rows.Table:
    """Return an answer as columns and rows, for a caller that draws its own table."""
    match answer:
        case LineageGraph():
            return rows.graph_rows(answer)
        case Impact():
            return rows.impact_rows(answer)
        case Paths():
            return rows.paths_rows(answer)
        case Diff():
            return rows.diff_rows(answer)
        case Check():
            return rows.check_rows(answer)


def document_of(answer: Answer) -> Document:
    """Return an answer as a JSON document."""
    match answer:
        case LineageGraph():
            return graph_document(answer)
        case Impact():
            return documents.impact_document(answer)
        case Paths():
            return documents.paths_document(answer)
        case Diff():
            return documents.diff_document(answer)
        case Check():
            return documents.check_document(answer)


def graph_of(answer: Answer) -> LineageGraph:
    """Return the graph that pictures an answer; raise InvalidArgument where there is none."""
    match answer:
        case LineageGraph():
            return answer
        case Impact():
            return answer.graph
        case Paths():
            return LineageGraph(
                roots=(answer.target.key,),
                direction=None,
                nodes=answer.nodes,
                edges=answer.edges,
                truncated=answer.truncated,
            )
        case _:
            raise InvalidArgument(f"{_kind(answer)} has no picture")


@dataclass(frozen=True, slots=True)
class _Wish:
    ascii_only: bool
    fold: int | None


_Writer = Callable[[Answer, _Wish], str]


def _text(answer: Answer, wish: _Wish) -> str:
    match answer:
        case LineageGraph():
            return tree(answer, ascii_only=wish.ascii_only, fold=wish.fold)
        case Impact():
            text = report.impact_text(answer, fold=wish.fold)
        case Paths():
            text = report.paths_text(answer)
        case Diff():
            text = report.diff_text(answer)
        case Check():
            text = report.check_text(answer)
        case _:
            assert_never(answer)
    return to_ascii(text) if wish.ascii_only else text


_WORDS: Mapping[str, _Writer] = {
    "tree": _text,
    "table": lambda answer, wish: text_table(table_of(answer), ascii_only=wish.ascii_only),
    "json": lambda answer, _: text_of(document_of(answer)),
    "csv": lambda answer, _: sheet(table_of(answer)),
}
_PICTURES: Mapping[str, _Writer] = {
    "mermaid": lambda answer, _: mermaid(graph_of(answer)),
    "dot": lambda answer, _: dot(graph_of(answer)),
    "svg": lambda answer, _: svg(graph_of(answer)),
    "html": lambda answer, _: page(_title(answer), graph_of(answer), table_of(answer)),
}
_WRITERS: Mapping[str, Mapping[str, _Writer]] = {
    "lineage": {**_WORDS, **_PICTURES},
    "impact": {**_WORDS, **_PICTURES},
    "paths": {**_WORDS, **_PICTURES},
    "diff": _WORDS,
    "check": _WORDS,
}


def _kind(answer: Answer) -> str:
    return "lineage" if isinstance(answer, LineageGraph) else type(answer).__name__.lower()


def _title(answer: Answer) -> str:
    match answer:
        case Impact():
            return answer.sentence
        case Paths():
            return f"Paths from {answer.source.label} to {answer.target.label}"
        case _:
            graph = graph_of(answer)
            way = graph.direction.value.capitalize() + " lineage" if graph.direction else "Lineage"
            return f"{way} of {', '.join(graph.nodes[key].label for key in graph.roots[:3])}"
