"""A filter finds exactly the nodes that a slow, plain reading of its tree finds; any text is read or refused."""

from __future__ import annotations

import itertools
import math
import operator
import random
import re
import sqlite3
from types import SimpleNamespace
from typing import ClassVar

import pymysql
import pytest
from hypothesis import assume, example, given, note, settings
from hypothesis import strategies as st

from lineal.errors import FilterSyntaxError
from lineal.model.edges import EventType
from lineal.model.ids import NodeKind
from lineal.model.nodes import ArtifactState, ExecutionState
from lineal.store import index
from lineal.store.dialects.mysql import MysqlDialect
from lineal.store.dialects.mysql_address import Address
from lineal.store.dialects.mysql_wire import LARGEST, number_of
from lineal.store.dialects.postgresql import PostgresqlDialect
from lineal.store.filter import compile_filter, parse, tree
from lineal.store.filter.columns import Scalar
from lineal.store.filter.narrowing import MOST, narrowed
from lineal.store.filter.wording import SQLITE
from lineal.store.filter.wordings import WORDINGS
from lineal.store.location import locate
from lineal.store.migrations.snapshot import FILE
from lineal.store.open import open_store
from lineal.store.schema import metadata
from lineal.store.tables import BLOCK_BITS, ONE_BLOCK

MIN, MAX = -(2**63), 2**63 - 1
LONG = "x" * 200
TEXTS = [
    "", "a", "A", "ab", "abc", "a%b", "a_b", "a\\b", "[a]", "a*b?", "it's", 'say "hi"', "é", "É", "😀", "ünder\n",
    LONG[:-1], LONG, LONG + "x", LONG + "y", LONG[:-1] + "y", LONG + LONG, "true", "FALSE", "12", "-7", "+5", "007",
    " 5", "1e3", "0.5", "99999999999999999999", "12abc", "\uffff", "\U0010ffff",
]  # fmt: skip
INTS = [0, 1, -1, 2, 5, 1000, 2**53 + 1, MIN, MAX]
DOUBLES = [0.0, -0.0, 0.5, 1.0, 1.5, -2.5, 0.1, 1 / 3, 1e-7, 1e300, float(2**53), math.inf, -math.inf, math.nan]
TIMES = [0, 1, 999, 1000, 1001, 5499, 5500, 5999, 6000, -1, -1000, -1001, 1_700_000_000_123_456]
PROPERTIES = ["p", "q", "a b", "0", "'; DROP TABLE artifact; --"]
TYPES = ["Model", "Dataset", "it's"]
KINDS = list(NodeKind)
OUT_OF_DOUBLES = 1690


# ---------------------------------------------------------------- a small world, in tables and in plain rows


class World:
    """Rows of a seed, once as tables and once as namespaces."""

    wording = WORDINGS["sqlite"]
    block_bits = BLOCK_BITS

    def __init__(self, seed):
        self._random = random.Random(seed)
        self.connection = self._connect()
        self.nodes = {kind: [] for kind in KINDS}
        for number, (kind, name) in enumerate(itertools.product(KINDS, TYPES), start=1):
            self._insert("type", id=number, kind=KINDS.index(kind), name=name)
            self._nodes_of(kind, number, name)
        self._edges()
        self.connection.commit()

    def _connect(self):
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.executescript(FILE.read_text(encoding="utf-8"))
        return connection

    def _insert(self, table, **cells):
        # What a filter cannot see is the same everywhere.
        columns = [column for column in metadata.tables[table].columns if not column.nullable]
        rest = {column.name: column.type.python_type(0) for column in columns}
        row = rest | cells
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))

    def _nodes_of(self, kind, type_id, type_name):
        some = self._random
        names = some.sample(TEXTS, 6)
        for name in names if kind is NodeKind.CONTEXT else [*names[:4], None]:
            nodes = self.nodes[kind]
            node = SimpleNamespace(
                # Some share a block of the index, and some blocks are empty.
                id=len(nodes) + 1 + (len(nodes) // 4 << BLOCK_BITS + 1),
                type_id=type_id,
                type=type_name,
                name=name,
                external_id=some.choice([None, f"{kind.value}{len(nodes)}"]),
                uri=some.choice([None, *TEXTS]),
                fingerprint=some.choice([None, "sha256:ab", "sha256:cd"]),
                state=some.randrange(7),
                started_at=some.choice([None, *TIMES]),
                ended_at=some.choice([None, *TIMES]),
                created_at=some.choice(TIMES),
                updated_at=some.choice(TIMES),
                maps=(self._properties(), self._properties()),
                contexts=[], events=[], artifacts=[], executions=[], parent_contexts=[], child_contexts=[],
            )  # fmt: skip
            nodes.append(node)
            self._write(kind, node)

    def _properties(self):
        some = self._random
        pools = (INTS, DOUBLES, TEXTS, [True, False])
        return {name: some.choice(some.choice(pools)) for name in PROPERTIES if some.random() < 0.6}

    def _write(self, kind, node):
        columns = metadata.tables[kind.value].columns.keys()
        self._insert(kind.value, **{name: cell for name, cell in vars(node).items() if name in columns})
        rows = index.index_rows(kind, node.id, *node.maps, block_bits=self.block_bits)
        index.write(self.connection.cursor(), rows)

    def _edges(self):
        artifacts, executions, contexts = (self.nodes[kind] for kind in KINDS)
        number = itertools.count(1)
        for artifact, execution in self._pairs(artifacts, executions):
            type_, time = self._random.randrange(8), self._random.choice(TIMES)
            ids = {"artifact_id": artifact.id, "execution_id": execution.id}
            self._insert("event", id=next(number), type=type_, time=time, **ids)
            event = SimpleNamespace(type=type_, time=time, **ids)
            artifact.events.append(event)
            execution.events.append(event)
        for artifact, context in self._pairs(artifacts, contexts):
            self._insert("attribution", id=next(number), artifact_id=artifact.id, context_id=context.id)
            artifact.contexts.append(context)
            context.artifacts.append(artifact)
        for execution, context in self._pairs(executions, contexts):
            self._insert("association", id=next(number), execution_id=execution.id, context_id=context.id)
            execution.contexts.append(context)
            context.executions.append(execution)
        for child, parent in self._pairs(contexts, contexts):
            self._insert("parent_context", id=next(number), child_id=child.id, parent_id=parent.id)
            child.parent_contexts.append(parent)
            parent.child_contexts.append(child)

    def _pairs(self, left, right):
        return self._random.sample(list(itertools.product(left, right)), 18)

    def found(self, text, kind):
        compiled = compile_filter(text, kind, wording=self.wording)
        found = self._ids(kind, compiled.sql, compiled.parameters)
        if self.wording is SQLITE:
            # Whichever part leads, and if none does, the answer is the same.
            for most in (1, MOST):
                assert self._ids(kind, *narrowed(self.connection.cursor(), compiled, kind.value, most=most)) == found
        return found

    def _ids(self, kind, condition, parameters):
        statement = f"SELECT node.id FROM {kind.value} AS node WHERE {condition} ORDER BY node.id"
        return [row[0] for row in self.connection.execute(statement, parameters)]

    def expected(self, text, kind):
        read = parse(text)
        return [node.id for node in self.nodes[kind] if self.reading(read, kind, node).value(read) is True]

    def reading(self, read, kind, node):
        return Reading(read, kind, node, self.connection)


class Remote:
    """A server's session in the shape that a world needs of a connection."""

    def __init__(self, session):
        self._session = session
        self.cursor = session.cursor

    def execute(self, statement, parameters=()):
        return self._session.cursor().execute(statement, parameters)

    def commit(self):
        self._session.commit()


class PostgresqlWorld(World):
    """The same rows in an empty store on PostgreSQL."""

    wording = WORDINGS["postgresql"]
    block_bits = ONE_BLOCK

    def __init__(self, seed, url):
        self._url = url
        super().__init__(seed)

    def _open(self):
        return PostgresqlDialect(self._url, "test", timeout=30)

    def _connect(self):
        self._sessions = self._open().sessions()
        self._session = self._sessions.take()
        self._session.begin_writing()
        return Remote(self._session)

    def close(self):
        self._sessions.give(self._session)
        self._sessions.close()

    def reading(self, read, kind, node):
        return ExactReading(read, kind, node, self.connection)


class MysqlWorld(PostgresqlWorld):
    """The same rows in an empty store on MariaDB or MySQL."""

    wording = WORDINGS["mysql"]
    block_bits = ONE_BLOCK

    def _open(self):
        return MysqlDialect(Address(self._url, "test", {}), timeout=30)

    def found(self, text, kind):
        try:
            return super().found(text, kind)
        except pymysql.Error as error:
            # A calculation that leaves the doubles is an error here, which callers are told.
            assume(number_of(error) != OUT_OF_DOUBLES)
            raise

    def reading(self, read, kind, node):
        return BoundedReading(read, kind, node, self.connection)


WORLDS = [World(seed) for seed in range(4)]


# ---------------------------------------------------------------- the plain reading


ENUMS = {"state": ArtifactState, "last_known_state": ExecutionState}
COMPARE = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
VALUE_TYPES = {"int_value": int, "double_value": float, "string_value": str, "bool_value": bool}


def paths(node, wanted, path=()):
    """Yield the way to every name that `wanted` accepts."""
    if isinstance(node, tree.Name) and wanted(node):
        yield path
    for number, part in enumerate(tree.parts(node)):
        yield from paths(part, wanted, (*path, number))


def at(node, path):
    for number in path:
        node = tree.parts(node)[number]
    return node


def is_condition(node):
    if isinstance(node, tree.Name):
        return node.parts[-1] == "bool_value"
    if isinstance(node, tree.Literal):
        return isinstance(node.value, bool)
    if isinstance(node, tree.Cast):
        return node.type is Scalar.BOOL
    if isinstance(node, tree.Call):
        return node.function == "COALESCE" and any(is_condition(part) for part in node.arguments)
    if isinstance(node, tree.Case):
        return any(is_condition(part) for part in (*(then for _, then in node.branches), node.otherwise) if part)
    return not isinstance(node, tree.Arithmetic | tree.Negative)


def is_alias(name):
    return len(name.parts) == 2


class Reading:
    """One node read with the eyes of one filter, by brute force."""

    TEXT = "TEXT"

    def __init__(self, root, kind, node, connection):
        self._root, self._kind, self._node, self._connection = root, kind, node, connection
        self._bound = {}
        self._scopes = {}
        for alias in {at(root, path).parts[0] for path in paths(root, is_alias)}:
            uses = list(paths(root, lambda name, alias=alias: name.parts[0] == alias))
            common = list(itertools.takewhile(lambda steps: len(set(steps)) == 1, zip(*uses, strict=False)))
            home = tuple(steps[0] for steps in common)
            while not is_condition(at(root, home)):
                home = home[:-1]
            group = {path[len(home)] for path in uses}
            self._scopes.setdefault(home, []).append(({alias}, group))

    # three values --------------------------------------------------------------------------------

    def value(self, node, path=()):
        scopes = self._scopes.get(path, [])
        if isinstance(node, tree.And | tree.Or):
            return self._logical(node, path, scopes)
        if not scopes:
            return self._plain(node, path)
        aliases = {alias for names, _ in scopes for alias in names}
        return self._any(aliases, lambda: self._plain(node, path))

    def _logical(self, node, path, scopes):
        groups = [(set(), {number}) for number in range(len(node.operands))]
        for names, numbers in scopes:
            near = [group for group in groups if group[1] & numbers]
            merged = set().union(names, *(group[0] for group in near)), set().union(*(group[1] for group in near))
            groups = [group for group in groups if group not in near] + [merged]
        found = []
        for names, numbers in groups:

            def together(numbers=numbers):
                return joined(node, [self.value(node.operands[number], (*path, number)) for number in numbers])

            found.append(self._any(names, together) if names else together())
        return joined(node, found)

    def _any(self, aliases, holds):
        names = sorted(aliases)
        rows = [getattr(self._node, name.rpartition("_")[0]) for name in names]
        for chosen in itertools.product(*rows):
            self._bound.update(zip(names, chosen, strict=True))
            if holds() is True:
                return True
        return False

    # expressions ---------------------------------------------------------------------------------

    @staticmethod
    def number(found):
        return number(found)

    @staticmethod
    def calculated(symbol, left, right):
        return calculated(symbol, left, right)

    def _plain(self, node, path):
        if isinstance(node, tree.Literal):
            return node.value
        if isinstance(node, tree.Name):
            return self._name(node)
        if isinstance(node, tree.Case):
            return self._case(node, path)
        if isinstance(node, tree.Comparison | tree.Membership | tree.IsNull) and (names := self._enum(node)):
            return self._enum_test(node, names)
        values = [self.value(part, (*path, number)) for number, part in enumerate(tree.parts(node))]
        return getattr(self, f"_{type(node).__name__.lower()}")(node, values)

    def _name(self, name):
        if name.parts[0] in {"properties", "custom_properties"}:
            found = self._node.maps[name.parts[0] == "custom_properties"].get(name.parts[1])
            if type(found) is not VALUE_TYPES[name.parts[2]] or (type(found) is float and math.isnan(found)):
                return None
            return found
        row = self._bound[name.parts[0]] if is_alias(name) else self._node
        word = name.parts[-1]
        if word in {"create_time_since_epoch", "last_update_time_since_epoch", "milliseconds_since_epoch"}:
            return getattr(row, {"c": "created_at", "l": "updated_at", "m": "time"}[word[0]]) // 1000
        return getattr(row, "state" if word == "last_known_state" else word)

    def _enum(self, node):
        names = [part for part in tree.parts(node) if isinstance(part, tree.Name)]
        for name in names:
            if name.parts[-1] in ENUMS:
                return ENUMS[name.parts[-1]]
            if name.parts[0].startswith("events_") and name.parts[-1] == "type":
                return EventType
        return None

    def _enum_test(self, node, names):
        def number(part):
            if isinstance(part, tree.Name) and part.parts[0] in names.__members__:
                return names[part.parts[0]].value
            return self._plain(part, ())

        values = [number(part) for part in tree.parts(node)]
        if isinstance(node, tree.IsNull):
            return (values[0] == 0) is not node.negated
        return self._comparison(node, values) if isinstance(node, tree.Comparison) else self._membership(node, values)

    def _case(self, node, path):
        parts = [(*path, number) for number in range(len(tree.parts(node)))]
        ways = iter(parts)
        subject = None if node.subject is None else self.value(node.subject, next(ways))
        for when, then in node.branches:
            found, result = self.value(when, next(ways)), next(ways)
            if found is True if node.subject is None else compared("=", subject, found) is True:
                return self.value(then, result)
        return None if node.otherwise is None else self.value(node.otherwise, next(ways))

    def _not(self, _node, values):
        return None if values[0] is None else not values[0]

    def _comparison(self, node, values):
        return compared(node.operator, *values)

    def _membership(self, node, values):
        found = either([compared("=", values[0], choice) for choice in values[1:]])
        return found if found is None else found is not node.negated

    def _between(self, node, values):
        found = both([compared(">=", values[0], values[1]), compared("<=", values[0], values[2])])
        return found if found is None else found is not node.negated

    def _like(self, node, values):
        if None in values:
            return None
        pieces = re.findall(r"\\.|[^\\]", values[1], re.DOTALL)
        text = "".join({"%": ".*", "_": "."}.get(piece, re.escape(piece[-1])) for piece in pieces)
        return (re.fullmatch(text, values[0], re.DOTALL) is not None) is not node.negated

    def _isnull(self, node, values):
        return (values[0] is None) is not node.negated

    def _negative(self, _node, values):
        return None if values[0] is None else self.number(-values[0])

    def _arithmetic(self, node, values):
        found = values[0]
        for (symbol, _), value in zip(node.rest, values[1:], strict=True):
            if found is None or value is None or (symbol == "/" and value == 0):
                return None
            found = self.calculated(symbol, found, value)
        return found

    def _call(self, node, values):
        if node.function == "COALESCE":
            return next((value for value in values if value is not None), None)
        if node.function == "ABS" and values[0] == MIN:
            # None for an integer; a double only if no integer grew into it.
            assume(type(values[0]) is int)
            return None
        if values[0] is None:
            return None
        return {"ABS": abs, "LENGTH": len, "UPPER": upper, "LOWER": lower}[node.function](values[0])

    def _cast(self, node, values):
        (found,) = values
        if found is None:
            return None
        if isinstance(found, str):
            return read(found, node.type)
        if node.type is Scalar.STRING:
            # How a number is spelled is the database's own affair.
            spelled = self._connection.execute(f"SELECT CAST(? AS {self.TEXT})", (found,)).fetchone()[0]
            return str(found).lower() if isinstance(found, bool) else spelled
        if node.type is Scalar.BOOL:
            return found != 0
        if node.type is Scalar.DOUBLE:
            return float(found)
        if type(found) is float:
            return int(math.copysign(math.floor(abs(found) + 0.5), found)) if MIN <= found < 2**63 else None
        return int(found)


class ExactReading(Reading):
    """What a database says whose integers have no limit in a calculation."""

    @staticmethod
    def number(found):
        return found if isinstance(found, int) or not math.isnan(found) else None

    @staticmethod
    def calculated(symbol, left, right):
        if symbol != "/" and type(left) is int and type(right) is int:
            return {"+": operator.add, "-": operator.sub, "*": operator.mul}[symbol](left, right)
        return calculated(symbol, float(left), float(right))


class BoundedReading(ExactReading):
    """What a database says that has no infinity: the largest double stands for it, and a text does not."""

    TEXT = "CHAR"

    def _name(self, name):
        found = super()._name(name)
        return math.copysign(LARGEST, found) if isinstance(found, float) and math.isinf(found) else found


def joined(node, values):
    return both(values) if isinstance(node, tree.And) else either(values)


def both(values):
    return False if False in values else None if None in values else True


def either(values):
    return True if True in values else None if None in values else False


def compared(symbol, left, right):
    return None if left is None or right is None else COMPARE[symbol](left, right)


def number(value):
    """An integer outside 64 bits goes on as a double, and NaN is NULL."""
    if isinstance(value, int):
        return value if MIN <= value <= MAX else float(value)
    return None if math.isnan(value) else value


def calculated(symbol, left, right):
    if symbol == "/":
        return number(float(left) / float(right))
    exact = {"+": operator.add, "-": operator.sub, "*": operator.mul}[symbol]
    if type(left) is int and type(right) is int and MIN <= exact(left, right) <= MAX:
        return exact(left, right)
    return number(exact(float(left), float(right)))


def upper(text):
    return re.sub("[a-z]", lambda letter: letter.group().upper(), text)


def lower(text):
    return re.sub("[A-Z]", lambda letter: letter.group().lower(), text)


def read(text, type_):
    if type_ is Scalar.BOOL:
        return {"TRUE": True, "FALSE": False}.get(upper(text))
    if type_ is Scalar.INT:
        return min(max(int(text), MIN), MAX) if re.fullmatch("[+-]?[0-9]+", text) else None
    if type_ is Scalar.DOUBLE:
        json = r"[ \t\r\n]*-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?[ \t\r\n]*"
        return float(text) if re.fullmatch(json, text) else None
    return text


# ---------------------------------------------------------------- filters at random


def quoted(text):
    quote = '"' if "'" in text else "'"
    body = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return quote + body + quote


def names_of(kind):
    """Return the columns of a kind by type: its own, and its neighbours' with the aliases a and b."""
    node = {
        "int": ["id", "type_id", "create_time_since_epoch", "last_update_time_since_epoch", "created_at", "updated_at"],
        "string": ["type", "name", "external_id"],
        "double": [],
        "bool": [],
        "enum": [],
    }
    special = {
        NodeKind.ARTIFACT: {"string": ["uri", "fingerprint"], "enum": [("state", ArtifactState)]},
        NodeKind.EXECUTION: {"int": ["started_at", "ended_at"], "enum": [("last_known_state", ExecutionState)]},
        NodeKind.CONTEXT: {},
    }
    return {type_: [*names, *special[kind].get(type_, [])] for type_, names in node.items()}


def columns_of(kind):
    found = names_of(kind)
    around = {"contexts": NodeKind.CONTEXT}
    if kind is NodeKind.CONTEXT:
        around = {"artifacts": NodeKind.ARTIFACT, "executions": NodeKind.EXECUTION}
        around |= {"parent_contexts": NodeKind.CONTEXT, "child_contexts": NodeKind.CONTEXT}
    for prefix, alias in itertools.product(around, "ab"):
        other = names_of(around[prefix])
        for type_ in ("int", "string"):
            found[type_] += [f"{prefix}_{alias}.{name}" for name in other[type_]]
        found["enum"] += [(f"{prefix}_{alias}.{name}", names) for name, names in other["enum"]]
    if kind is not NodeKind.CONTEXT:
        other = "execution_id" if kind is NodeKind.ARTIFACT else "artifact_id"
        found["int"] += ["events_a.milliseconds_since_epoch", f"events_a.{other}", f"events_b.{other}"]
        found["enum"] += [("events_a.type", EventType), ("events_b.type", EventType)]
    return found


class Filters:
    """Filters over a kind of node; every expression inside one stands in parentheses."""

    COMPARISONS: ClassVar = ("=", "!=", "<>", "<", "<=", ">", ">=")
    LITERALS: ClassVar = {
        "int": [*(str(value) for value in INTS), "0x10", "-0xA", "NULL"],
        "double": ["0.5", "1.0", "-2.5", ".1", "1e300", "5.5", "1e-7", "0.3333333333333333", "-9223372036854775808.0"],
        "string": [*(quoted(text) for text in TEXTS), "NULL"],
        "bool": ["true", "FALSE", "NULL"],
    }
    PATTERNS: ClassVar = [
        "%",
        "_",
        "a%",
        "%b",
        "a\\_b",
        "a\\%%",
        "[a]",
        "a*%",
        "x%y",
        "%x",
        f"{LONG}%",
        "É%",
        "",
        "\\a_",
        "\uffff%",
    ]
    SUFFIXES: ClassVar = {"int": "int_value", "double": "double_value", "string": "string_value", "bool": "bool_value"}

    def __init__(self, some, kind):
        self._some = some
        self._columns = columns_of(kind)

    def value(self, type_, depth):
        """Return an expression of a type."""
        if depth <= 0 or self._some.random() < 0.25:
            return self._leaf(type_)
        if type_ == "bool":
            return self._condition(depth) if self._some.random() < 0.8 else self._any_type(type_, depth)
        return self._any_type(type_, depth) if self._some.random() < 0.3 else getattr(self, f"_{type_}")(depth)

    def _leaf(self, type_):
        if self._some.random() < 0.4:
            return self._some.choice(self.LITERALS[type_])
        if self._columns[type_] and self._some.random() < 0.6:
            return self._some.choice(self._columns[type_])
        map_ = self._some.choice(["properties", "custom_properties"])
        return f"{map_}.`{self._some.choice(PROPERTIES)}`.{self.SUFFIXES[type_]}"

    def _any_type(self, type_, depth):
        def own():
            return self.value(type_, depth - 1)

        # Without a literal NULL, so that the whole has a type.
        last = self._leaf(type_).replace("NULL", self.LITERALS[type_][0])
        other = self._some.choice(["int", "double", "string"])
        return self._some.choice(
            [
                lambda: f"COALESCE({own()}, {last})",
                lambda: f"CASE WHEN {self._bool(depth)} THEN {own()} WHEN {self._bool(depth)} THEN {last} END",
                lambda: f"CASE {self.value(other, depth - 1)} WHEN {self._leaf(other)} THEN {own()} ELSE {last} END",
            ]
        )()

    def _bool(self, depth):
        return self.value("bool", depth - 1)

    def _number(self, depth):
        return self.value(self._some.choice(["int", "double"]), depth - 1)

    def _int(self, depth):
        def own():
            return self.value("int", depth - 1)

        source = self._some.choice(["double", "string", "bool"])
        return self._some.choice(
            [
                lambda: f"({own()} {self._some.choice('+-*')} {own()} {self._some.choice('+-')} {own()})",
                lambda: f"(- ({own()}))",
                lambda: f"ABS({own()})",
                lambda: f"LENGTH({self.value('string', depth - 1)})",
                lambda: f"CAST({self.value(source, depth - 1)} AS INT64)",
            ]
        )()

    def _double(self, depth):
        source = self._some.choice(["int", "string"])
        return self._some.choice(
            [
                lambda: (
                    f"({self._number(depth)} {self._some.choice('*/')} {self._number(depth)} / {self._number(depth)})"
                ),
                lambda: f"({self._number(depth)} {self._some.choice('+-')} {self.value('double', depth - 1)})",
                lambda: f"ABS({self.value('double', depth - 1)})",
                lambda: f"CAST({self.value(source, depth - 1)} AS FLOAT64)",
            ]
        )()

    def _string(self, depth):
        source = self._some.choice(["int", "double", "bool"])
        if self._some.random() < 0.5:
            return f"{self._some.choice(['UPPER', 'LOWER'])}({self.value('string', depth - 1)})"
        return f"CAST({self.value(source, depth - 1)} AS STRING)"

    # conditions ----------------------------------------------------------------------------------

    def whole(self, depth):
        text = self.value("bool", depth)
        return "NULL OR NULL" if text == "NULL" else text  # alone it is no filter

    def _condition(self, depth):
        shapes = [self._joined, self._joined, self._joined, self._not, self._enum, self._compared, self._compared]
        return self._some.choice([*shapes, self._in, self._between, self._like, self._is_null, self._cast])(depth)

    def _joined(self, depth):
        word = self._some.choice([" AND ", " OR "])
        return "(" + word.join(self._bool(depth) for _ in range(self._some.choice([2, 2, 3, 4]))) + ")"

    def _not(self, depth):
        return f"(NOT {self._bool(depth)})"

    def _negation(self):
        return self._some.choice(["", "NOT "])

    def _pair(self):
        return self._some.choice([("int", "int"), ("string", "string"), ("double", "int"), ("int", "double")])

    def _operand(self, type_, depth):
        return self.value(type_, depth - 1) if self._some.random() < 0.4 else self._leaf(type_)

    def _compared(self, depth):
        left, right = self._some.choice([self._pair(), self._pair(), self._pair(), ("bool", "bool")])
        sign = self._some.choice(self.COMPARISONS)
        return f"({self._operand(left, depth)} {sign} {self._operand(right, depth)})"

    def _in(self, depth):
        left, right = self._pair()
        choices = ", ".join(self._leaf(self._some.choice([left, right])) for _ in range(self._some.randrange(1, 4)))
        return f"({self._operand(left, depth)} {self._negation()}IN ({choices}))"

    def _between(self, depth):
        left, right = self._pair()
        return f"({self._operand(left, depth)} {self._negation()}BETWEEN {self._leaf(right)} AND {self._leaf(left)})"

    def _like(self, depth):
        texts = [text.replace("\\", "\\\\") for text in TEXTS]
        pattern = quoted(self._some.choice([*self.PATTERNS, *texts]))
        return f"({self._operand('string', depth)} {self._negation()}LIKE {pattern})"

    def _is_null(self, depth):
        type_ = self._some.choice(["int", "double", "string", "bool"])
        return f"({self._operand(type_, depth)} IS {self._negation()}NULL)"

    def _cast(self, depth):
        return f"CAST({self.value(self._some.choice(['int', 'string']), depth - 1)} AS BOOL)"

    def _enum(self, depth):
        if not self._columns["enum"]:
            return self._is_null(depth)
        column, names = self._some.choice(self._columns["enum"])
        first, second = (self._some.choice([*names.__members__, "NULL"]) for _ in range(2))
        return self._some.choice(
            [
                f"({column} {self._some.choice(['=', '!='])} {first})",
                f"({column} {self._negation()}IN ({first}, {second}))",
                f"({column} IS {self._negation()}NULL)",
            ]
        )


@settings(max_examples=300, deadline=None)
@given(
    some=st.randoms(use_true_random=False),
    depth=st.integers(1, 4),
    kind=st.sampled_from(KINDS),
    world=st.sampled_from(WORLDS),
)
def test_a_filter_finds_what_a_plain_reading_of_it_finds(some, depth, kind, world):
    text = Filters(some, kind).whole(depth)
    note(text)
    try:
        found = world.found(text, kind)
    except FilterSyntaxError as error:
        assume("too deeply" not in error.message)
        raise

    assert found == world.expected(text, kind)


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def servers_world(request):
    server = request.getfixturevalue(request.param)
    url = server.new_database()
    open_store(locate(url)).close()
    world = (PostgresqlWorld if request.param == "postgresql" else MysqlWorld)(0, url)
    yield world
    world.close()
    server.drop_database(url)


@settings(max_examples=300, deadline=None)
@given(some=st.randoms(use_true_random=False), depth=st.integers(1, 4), kind=st.sampled_from(KINDS))
def test_a_server_finds_what_a_plain_reading_of_the_filter_finds(servers_world, some, depth, kind):
    text = Filters(some, kind).whole(depth)
    note(text)

    assert servers_world.found(text, kind) == servers_world.expected(text, kind)


WORDS = [
    "id", "name", "state", "LIVE", "properties.x.int_value", "contexts_a.id", "events_a.type", "AND", "OR", "NOT", "(",
    ")", ",", "=", "!=", "<", "IN", "BETWEEN", "LIKE", "IS", "NULL", "CASE", "WHEN", "THEN", "ELSE", "END", "CAST",
    "AS", "INT64", "'a'", "1", "0x", "1.5", "-", "+", "*", "/", "`", "'", "\\", ".", "COALESCE(", "ABS(", "true",
]  # fmt: skip


def damaged(some, kind):
    """Return a good filter with a piece cut out or put in."""
    text = Filters(some, kind).value("bool", 3)
    start = some.randrange(len(text))
    return text[:start] + some.choice(["", *WORDS]) + text[start + some.randrange(6) :]


def refused_or_runs(text, kind):
    try:
        compiled = compile_filter(text, kind)
    except FilterSyntaxError as error:
        return error.message.startswith("Invalid `filter_query`: ") and 0 <= error.position <= len(text)
    WORLDS[0].connection.execute(f"SELECT 1 FROM {kind.value} AS node WHERE {compiled.sql}", compiled.parameters)
    return compiled.sql.count("?") == len(compiled.parameters)


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map(" ".join)), kind=st.sampled_from(KINDS))
@example(text="(" * 10_000, kind=NodeKind.ARTIFACT)
@example(text="NOT " * 10_000 + "true", kind=NodeKind.ARTIFACT)
@example(text="- " * 10_000 + "1 = 1", kind=NodeKind.ARTIFACT)
@example(text="CASE WHEN " * 1_000, kind=NodeKind.ARTIFACT)
@example(text="name = '\ud800'", kind=NodeKind.ARTIFACT)
@example(text="id = " + "9" * 10_000, kind=NodeKind.ARTIFACT)
def test_any_text_is_refused_with_a_position_or_compiled_to_sql_that_runs(text, kind):
    assert refused_or_runs(text, kind)


@settings(max_examples=200, deadline=None)
@given(some=st.randoms(use_true_random=False), kind=st.sampled_from(KINDS))
def test_a_damaged_filter_is_refused_with_a_position_or_compiled_to_sql_that_runs(some, kind):
    text = damaged(some, kind)
    note(text)

    assert refused_or_runs(text, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_the_worlds_hold_nodes_that_a_filter_finds_and_others(kind):
    found = sum(len(world.found("properties.p.int_value IS NULL", kind)) for world in WORLDS)

    assert 0 < found < sum(len(world.nodes[kind]) for world in WORLDS)
