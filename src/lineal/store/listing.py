"""Listing nodes: filter, order and page tokens that stay valid while rows are inserted.

A page starts behind the last row of the page before, by (order column, id): nothing is skipped or repeated.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import cast

import orjson

from lineal.errors import InvalidArgument
from lineal.model.ids import EntrySeq, NodeKind
from lineal.model.listing import ListOptions, OrderBy, Page
from lineal.model.nodes import Node
from lineal.store.connections import Cursor
from lineal.store.filter import compile_filter
from lineal.store.filter.narrowing import narrowed
from lineal.store.filter.wording import SQLITE, Wording
from lineal.store.nodes import Nodes
from lineal.store.rows import Row
from lineal.store.tables import NODE_TABLES
from lineal.store.types import Types

Cell = int | str

MAX_WANTED = 10_000
"""Most names, URIs or external ids that one listing can ask for."""

_MEMBERS = {
    NodeKind.ARTIFACT: "node.id IN (SELECT artifact_id FROM attribution WHERE context_id = ?",
    NodeKind.EXECUTION: "node.id IN (SELECT execution_id FROM association WHERE context_id = ?",
}


def list_nodes(
    cursor: Cursor,
    nodes: Nodes,
    types: Types,
    kind: NodeKind,
    options: ListOptions,
    at: EntrySeq | None,
    wording: Wording,
) -> Page[Node]:
    """Return one page of nodes of a kind."""
    if at is not None:
        _check_past(options)
    statement, parameters = _statement(cursor, types, kind, options, at, wording)
    rows = cursor.execute(statement, parameters).fetchall()
    more = len(rows) > options.limit
    rows = rows[: options.limit]
    token = _token(kind, options, rows[-1]) if more else None
    if at is not None:
        old = [nodes.as_of_row(cursor, kind, row, at) for row in rows]
        rows = [row for row in old if row is not None]
    return Page(nodes.records(cursor, kind, rows), token)


def _statement(
    cursor: Cursor, types: Types, kind: NodeKind, options: ListOptions, at: EntrySeq | None, wording: Wording
) -> tuple[str, list[Cell]]:
    table = NODE_TABLES[kind]
    conditions, parameters = _restrictions(cursor, types, kind, options, at)
    if options.filter is not None:
        compiled = compile_filter(options.filter, kind, wording=wording)
        where, bound = compiled.sql, compiled.parameters
        if wording is SQLITE:
            # The servers keep statistics, and choose by them.
            where, bound = narrowed(cursor, compiled, table.name)
        conditions.append(f"({where})")
        parameters.extend(cast("tuple[Cell, ...]", bound))
    if at is not None:
        # A node exists at `at` if its present row or one of its former rows is that old.
        conditions.append(
            "(node.entry <= ? OR EXISTS (SELECT 1 FROM revision AS old "
            "WHERE old.table_number = ? AND old.node_id = node.id AND old.entry <= ?))"
        )
        parameters.extend((at, table.number, at))
    if options.page_token is not None:
        condition, values = _behind(kind, options)
        conditions.append(condition)
        parameters.extend(values)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    way = "ASC" if options.ascending else "DESC"
    order = (
        f"node.id {way}" if options.order_by is OrderBy.ID else f"node.{options.order_by.value} {way}, node.id {way}"
    )
    columns = ", ".join(f"node.{column}" for column in table.columns)
    parameters.append(options.limit + 1)
    return f"SELECT {columns} FROM {table.name} AS node {where} ORDER BY {order} LIMIT ?", parameters


def _check_past(options: ListOptions) -> None:
    """Refuse what only the present can answer: filters, and columns that an update changes."""
    if options.order_by is OrderBy.UPDATED:
        raise InvalidArgument(
            "order_by updated_at cannot be combined with as_of: nodes changed again since then",
            hint="order by id or created_at, which never change, and sort the answer",
        )
    for what, asked in (("a filter", options.filter), ("uris", options.uris), ("external_ids", options.external_ids)):
        if asked is not None:
            raise InvalidArgument(
                f"{what} cannot be combined with as_of: what is looked up holds the present",
                hint="list with as_of and filter the answer, or leave as_of out",
            )


def _restrictions(
    cursor: Cursor, types: Types, kind: NodeKind, options: ListOptions, at: EntrySeq | None
) -> tuple[list[str], list[Cell]]:
    conditions: list[str] = []
    parameters: list[Cell] = []
    if options.type is not None:
        family = types.family(cursor, kind, options.type)
        # No type of that name: nothing is found.
        conditions.append(f"node.type_id IN ({', '.join('?' * len(family)) or 'NULL'})")
        parameters.extend(family)
    if options.type_id is not None:
        conditions.append("node.type_id = ?")
        parameters.append(options.type_id)
    for column, wanted in (("name", options.names), ("uri", options.uris), ("external_id", options.external_ids)):
        if wanted is not None:
            _check_has(kind, column, wanted)
            conditions.append(f"node.{column} IN ({', '.join('?' * len(wanted)) or 'NULL'})")
            parameters.extend(wanted)
    if options.context is not None:
        members = _MEMBERS.get(kind)
        if members is None:
            raise InvalidArgument("a context has no contexts as members; ask for its children with memberships")
        parameters.append(options.context)
        if at is not None:
            # Asked for only then: without it, the index alone answers.
            members = f"{members} AND entry <= ?"
            parameters.append(at)
        conditions.append(f"{members})")
    return conditions, parameters


def _check_has(kind: NodeKind, column: str, wanted: Sequence[str]) -> None:
    if column not in NODE_TABLES[kind].columns:
        raise InvalidArgument(f"a node of kind {kind.value} has no {column}")
    if len(wanted) > MAX_WANTED:
        raise InvalidArgument(f"{len(wanted)} values of {column} are asked for at once, at most {MAX_WANTED} can be")


def _behind(kind: NodeKind, options: ListOptions) -> tuple[str, list[Cell]]:
    try:
        asked, value, id_ = orjson.loads(urlsafe_b64decode((options.page_token or "").encode()))
        value, id_ = int(value), int(id_)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidArgument(
            f"page token {options.page_token!r} is not one of ours", hint="pass the token of the page before"
        ) from error
    if asked != _question(kind, options):
        raise InvalidArgument("this page token belongs to a listing with another type, filter or order")
    than = ">" if options.ascending else "<"
    if options.order_by is OrderBy.ID:
        return f"node.id {than} ?", [id_]
    column = f"node.{options.order_by.value}"
    return f"({column} {than} ? OR ({column} = ? AND node.id {than} ?))", [value, value, id_]


def _token(kind: NodeKind, options: ListOptions, last: Row) -> str:
    value = last[NODE_TABLES[kind].columns.index(options.order_by.value)]
    return urlsafe_b64encode(orjson.dumps([_question(kind, options), value, last[0]])).decode()


def _question(kind: NodeKind, options: ListOptions) -> str:
    asked: list[object] = [
        kind.value,
        options.type,
        options.filter,
        options.order_by.value,
        options.ascending,
        options.as_of,
    ]
    others = [options.type_id, options.context, options.names, options.uris, options.external_ids]
    if others != [None] * len(others):
        asked.append(others)
    return sha256(orjson.dumps(asked)).hexdigest()[:16]
