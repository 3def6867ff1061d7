"""A store's tables with a few rows, and a way to ask them."""

from __future__ import annotations

import sqlite3
from functools import cache

import pytest

from lineal.model.ids import NodeKind
from lineal.store import index
from lineal.store.filter import compile_filter
from lineal.store.migrations.snapshot import FILE
from lineal.store.schema import metadata
from lineal.store.tables import BLOCK_BITS


@cache
def schema():
    connection = sqlite3.connect(":memory:")
    connection.executescript(FILE.read_text(encoding="utf-8"))
    statement = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger'"
    return ";\n".join(row[0] for row in connection.execute(statement))


class Tables:
    """Rows put one by one; columns that are not named hold 0 or NULL."""

    def __init__(self):
        self.connection = sqlite3.connect(":memory:")
        self.connection.executescript(schema())
        for number, kind in enumerate(NodeKind):
            self.put("type", id=number + 1, kind=number, name=f"{kind.value.title()}Type", version="")

    def put(self, table, **cells):
        row = {column.name: 0 for column in metadata.tables[table].columns if not column.nullable} | cells
        marks = ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))

    def node(self, kind, id_, *, properties=(), custom=(), **cells):
        cells = {"type_id": list(NodeKind).index(kind) + 1, "name": f"n{id_}"} | cells
        self.put(kind.value, id=id_, **cells)
        rows = index.index_rows(kind, id_, dict(properties), dict(custom), block_bits=BLOCK_BITS)
        index.write(self.connection.cursor(), rows)

    def artifact(self, id_, **cells):
        self.node(NodeKind.ARTIFACT, id_, **cells)

    def context(self, id_, **cells):
        self.node(NodeKind.CONTEXT, id_, **cells)

    def statement(self, text, kind):
        compiled = compile_filter(text, kind)
        return f"SELECT node.id FROM {kind.value} AS node WHERE {compiled.sql}", compiled.parameters

    def find(self, text, kind=NodeKind.ARTIFACT):
        return sorted(row[0] for row in self.connection.execute(*self.statement(text, kind)))

    def plan(self, text, kind=NodeKind.ARTIFACT):
        statement, parameters = self.statement(text, kind)
        return [row[3] for row in self.connection.execute("EXPLAIN QUERY PLAN " + statement, parameters)]


@pytest.fixture
def tables():
    return Tables()
