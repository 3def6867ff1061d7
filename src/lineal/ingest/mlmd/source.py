"""The source: a database of ML Metadata as batches of rows, in bounded memory, by ranges of ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self, cast

from lineal.errors import FailedPrecondition, SchemaVersionMismatch
from lineal.ingest.mlmd.exactness import EXPORT, MARK, ROUNDED, Exactness, Range
from lineal.ingest.mlmd.layout import COLUMNS, ENVIRONMENT, LATER, NODES, OLDEST, TABLES, VERSION
from lineal.ingest.mlmd.pairs import PAIRS, Pair, order_of, order_of_columns
from lineal.ingest.mlmd.readers import Reader, open_reader
from lineal.ingest.mlmd.rows import EventBatch, EventRow, NodeBatch, NodeRow, PropertyRow, StepRow, TypeRow
from lineal.model.ids import NodeKind
from lineal.model.values import INT64_MAX, INT64_MIN

WEIGHT = 32 * 2**20
"""A batch ends early when its texts have this many characters."""

_EVENT_ENDS = ("artifact_id", NodeKind.ARTIFACT, "execution_id", NodeKind.EXECUTION)


class Source:
    """A database of ML Metadata whose version is known to be readable."""

    def __init__(self, reader: Reader) -> None:
        """Look at what is there; raise SchemaVersionMismatch or FailedPrecondition where it cannot be read."""
        self._reader = reader
        self.name = reader.name
        self.rereading = reader.rereading
        self._tables = reader.tables()
        self.version = _version(reader, self._tables)
        # Only now: what is not ML Metadata's is said to be just that, whatever state it is in.
        reader.check()
        self._check_tables()
        self.exactness = self._exactness()

    @classmethod
    def at(cls, url: str) -> Self:
        """Open the database at a URL or path; see `open_reader` and this class for what is raised."""
        reader = open_reader(url)
        try:
            return cls(reader)
        except BaseException:
            reader.close()
            raise

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return {table: self._one(f"SELECT count(*) FROM {table}") for table in TABLES}

    def types(self) -> Sequence[TypeRow]:
        """Return all types by id."""
        columns = self._select("Type", ("id", "name", "version", "type_kind", *_ABOUT_TYPES))
        return [TypeRow(*row) for row in self._reader.rows(f"SELECT {columns} FROM Type ORDER BY id")]

    def type_properties(self) -> Sequence[tuple[int, str, int]]:
        """Return what every type declares: its id, a name, the number of a kind."""
        statement = "SELECT type_id, name, data_type FROM TypeProperty ORDER BY type_id, name"
        return cast("list[tuple[int, str, int]]", list(self._reader.rows(statement)))

    def parent_types(self) -> Sequence[tuple[int, int]]:
        """Return the pairs of types of which the first has the second as its base."""
        statement = "SELECT type_id, parent_type_id FROM ParentType ORDER BY type_id, parent_type_id"
        return cast("list[tuple[int, int]]", list(self._reader.rows(statement)))

    def nodes(self, kind: NodeKind, size: int) -> Iterator[NodeBatch]:
        """Yield all nodes of a kind by id, at most `size` at once."""
        table = NODES[kind]
        uri = "uri" if kind is NodeKind.ARTIFACT else "NULL AS uri"
        state = table.state or "NULL AS state"
        external_id = self._select(table.name, ("external_id",))
        statement = (
            f"SELECT id, type_id, name, {uri}, {state}, {external_id}, create_time_since_epoch, "
            f"last_update_time_since_epoch FROM {table.name} WHERE id > ? ORDER BY id LIMIT ?"
        )
        after = INT64_MIN
        while True:
            nodes = [NodeRow(*row) for row in self._reader.rows(statement, (after, size))]
            until = nodes[-1].id if len(nodes) == size else INT64_MAX
            yield from _cut(kind, nodes, self._properties(kind, after, until))
            if len(nodes) < size:
                return
            after = until

    def _properties(self, kind: NodeKind, after: int, until: int) -> Iterator[PropertyRow]:
        table = NODES[kind]
        values = self._select(
            table.properties, ("int_value", "double_value", "string_value", "proto_value", "bool_value")
        )
        statement = (
            f"SELECT {table.owner}, name, is_custom_property, {values} FROM {table.properties} "
            f"WHERE {table.owner} > ? AND {table.owner} <= ? ORDER BY {table.owner}"
        )
        for row in self._reader.rows(statement, (after, until)):
            yield PropertyRow(*row)

    def events(self, size: int) -> Iterator[EventBatch]:
        """Yield all events by id with their paths, at most `size` events at once."""
        statement = (
            "SELECT id, artifact_id, execution_id, type, milliseconds_since_epoch FROM Event "
            "WHERE id > ? ORDER BY id LIMIT ?"
        )
        steps = (
            f"SELECT event_id, is_index_step, step_index, step_key FROM {self._reader.path_table} "
            f"WHERE event_id > ? AND event_id <= ? ORDER BY {self._reader.path_order}"
        )
        after = INT64_MIN
        while True:
            events = [EventRow(*row) for row in self._reader.rows(statement, (after, size))]
            until = events[-1].id if len(events) == size else INT64_MAX
            yield EventBatch(events, [StepRow(*row) for row in self._reader.rows(steps, (after, until))])
            if len(events) < size:
                return
            after = until

    def pairs(self, table: str, size: int) -> Iterator[list[Pair]]:
        """Yield the pairs of a table of `PAIRS` as they were written, at most `size` at once."""
        if table == "ParentContext":
            # It has no id.
            yield from self.sorted_pairs(table, size)
            return
        one, _, other, _ = PAIRS[table]
        statement = f"SELECT id, {one}, {other} FROM {table} WHERE id > ? ORDER BY id LIMIT ?"
        after = INT64_MIN
        while rows := list(self._reader.rows(statement, (after, size))):
            yield [(row[1], row[2]) for row in rows]
            after = rows[-1][0]

    def sorted_pairs(self, table: str, size: int) -> Iterator[list[Pair]]:
        """Yield the pairs of a table in the order of its unique key (see `order_of`), at most `size` at once."""
        one, _, other, _ = PAIRS[table]
        first, second = order_of_columns(table)
        select = f"SELECT {one}, {other} FROM {table}"
        # In two steps, each of which is one range of the unique key on every database.
        same = f"{select} WHERE {first} = ? AND {second} > ? ORDER BY {second} LIMIT ?"
        later = f"{select} WHERE {first} > ? ORDER BY {first}, {second} LIMIT ?"
        after = (INT64_MIN, INT64_MIN)
        while True:
            rows = list(self._reader.rows(same, (*after, size)))
            if len(rows) < size:
                rows += self._reader.rows(later, (after[0], size - len(rows)))
            if not rows:
                return
            yield cast("list[Pair]", rows)
            after = order_of(table, cast("Pair", rows[-1]))

    # what ought not to be there ------------------------------------------------------------------
    def loose_events(self) -> dict[int, str]:
        """Return the events that touch a node that is not there: id and what is missing."""
        return {
            id_: missing for id_, *ends in self._loose("Event", "edge.id", _EVENT_ENDS) if (missing := _missing(ends))
        }

    def loose_pairs(self, table: str) -> dict[tuple[int, int], str]:
        """Return the pairs of a table of which one node is not there, and what is missing."""
        one, _, other, _ = PAIRS[table]
        rows = self._loose(table, f"edge.{one}, edge.{other}", PAIRS[table])
        return {(row[0], row[1]): missing for row in rows if (missing := _missing(row[2:]))}

    def _loose(self, table: str, key: str, ends: tuple[str, NodeKind, str, NodeKind]) -> Iterator[tuple[int, ...]]:
        one, kind, other, other_kind = ends
        statement = (
            f"SELECT {key}, edge.{one}, edge.{other}, one.id, other.id FROM {table} AS edge "
            f"LEFT JOIN {NODES[kind].name} AS one ON one.id = edge.{one} "
            f"LEFT JOIN {NODES[other_kind].name} AS other ON other.id = edge.{other} "
            "WHERE one.id IS NULL OR other.id IS NULL"
        )
        return cast("Iterator[tuple[int, ...]]", self._reader.rows(statement))

    def repeated_events(self) -> dict[tuple[int, int, int], int]:
        """Return (artifact, execution, type) of which there are several events, and the first one's id."""
        statement = (
            "SELECT artifact_id, execution_id, type, min(id) FROM Event "
            "GROUP BY artifact_id, execution_id, type HAVING count(*) > 1"
        )
        return {(row[0], row[1], row[2]): row[3] for row in self._reader.rows(statement)}

    # the database itself -------------------------------------------------------------------------
    def close(self) -> None:
        """Let the database go."""
        self._reader.close()

    def _one(self, statement: str) -> int:
        return cast("int", next(iter(self._reader.rows(statement)))[0])

    def _select(self, table: str, names: Sequence[str]) -> str:
        """Return columns of a table for a SELECT, NULL for those that an older version lacks."""
        there = self._tables[table.lower()]
        return ", ".join(name if name in there else f"NULL AS {name}" for name in names)

    def _exactness(self) -> Exactness:
        if not all(set(columns) <= self._tables.get(table.lower(), frozenset()) for table, columns in MARK.items()):
            return Exactness()
        rounded: dict[str, list[Range]] = {}
        for kind, first, last in self._reader.rows(f"SELECT kind, first_id, last_id FROM {ROUNDED}"):
            rounded.setdefault(kind, []).append((first, last))
        return Exactness(self._one(f"SELECT max(newest_since_epoch) FROM {EXPORT}"), rounded)

    def _check_tables(self) -> None:
        for table, columns in COLUMNS.items():
            found = self._tables.get(table.lower())
            if found is None:
                raise FailedPrecondition(
                    f"{self.name} says it has schema version {self.version} but has no table {table}",
                    hint="check whether it is a whole copy; nothing was imported",
                )
            later = LATER.get(table, {})
            wanted = {name for name in columns if self.version >= later.get(name, 0)} - {"byte_value"}
            if missing := sorted(wanted - found):
                raise FailedPrecondition(
                    f"{self.name}: table {table} has no column {', '.join(missing)}, which schema version "
                    f"{self.version} has",
                    hint="check whether it is ML Metadata's; nothing was imported",
                )


_ABOUT_TYPES = ("description", "input_type", "output_type", "external_id")


def _version(reader: Reader, tables: dict[str, frozenset[str]]) -> int:
    """Return the schema version of a database that can be read; say what it is otherwise."""
    if ENVIRONMENT.lower() not in tables:
        raise _foreign(reader, tables)
    rows = list(reader.rows(f"SELECT schema_version FROM {ENVIRONMENT}"))
    found = ", ".join(str(row[0]) for row in rows) or "none"
    if len(rows) != 1 or not isinstance(rows[0][0], int):
        raise FailedPrecondition(
            f"{reader.name}: its {ENVIRONMENT} should hold one schema version, but holds {found}",
            hint="let ML Metadata open it once: it repairs or refuses it",
        )
    version: int = rows[0][0]
    if version < OLDEST:
        raise SchemaVersionMismatch(
            f"{reader.name} has ML Metadata's schema version {version}; versions {OLDEST} to {VERSION} can be imported",
            found=found,
            wanted=str(VERSION),
            hint="upgrade a copy of it with ML Metadata 1.17 (MetadataStore(config, enable_upgrade_migration=True)), "
            "then import the copy",
        )
    if version > VERSION:
        raise SchemaVersionMismatch(
            f"{reader.name} has ML Metadata's schema version {version}, which is newer than the {VERSION} known here",
            found=found,
            wanted=str(VERSION),
            hint="upgrade Lineal (pip install -U lineal); nothing was imported",
        )
    return version


def _foreign(reader: Reader, tables: dict[str, frozenset[str]]) -> FailedPrecondition:
    shown = ", ".join(sorted(tables)[:4]) + (" …" if len(tables) > 4 else "") if tables else "none at all"  # noqa: PLR2004
    if {"alembic_version", "ledger_entry"} <= set(tables):
        return FailedPrecondition(f"{reader.name} is a Lineal store already", hint="open it with --url")
    if {"artifact", "execution", "type"} <= set(tables):
        return SchemaVersionMismatch(
            f"{reader.name} has no table {ENVIRONMENT}: it was written before ML Metadata counted schema versions",
            found="0",
            wanted=str(VERSION),
            hint="upgrade a copy of it with ML Metadata 1.17 (MetadataStore(config, enable_upgrade_migration=True)), "
            "then import the copy",
        )
    return FailedPrecondition(
        f"{reader.name} is no database of ML Metadata; its tables are: {shown}",
        hint="check the URL; nothing was imported",
    )


def _missing(ends: Sequence[int | None]) -> str:
    """Return which ends of an edge are missing; `ends` are both ids and then both nodes found."""
    one, other, found, found_other = ends
    return ", ".join(f"{id_}" for id_, node in ((one, found), (other, found_other)) if node is None)


def _cut(kind: NodeKind, nodes: Sequence[NodeRow], properties: Iterator[PropertyRow]) -> Iterator[NodeBatch]:
    """Yield nodes with their properties, both sorted by id, in batches that are not too heavy."""
    batch, weight, at = NodeBatch(kind), 0, 0
    for row in properties:
        while at < len(nodes) and nodes[at].id <= row.node_id:
            if weight > WEIGHT:
                yield batch
                batch, weight = NodeBatch(kind), 0
            batch.nodes.append(nodes[at])
            at += 1
        batch.properties.append(row)
        weight += len(row.string_value or "") + len(row.proto_value or "")
    batch.nodes.extend(nodes[at:])
    if batch.nodes or batch.properties:
        yield batch
