"""Rows: the tables a filter reads, and where in them a column or property stands.

The node's table is there already. Properties that no single range of the index answers are joined once for the whole
filter: a look-up by node would read the index of that property from its start for every node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lineal.model.ids import NodeKind
from lineal.store.filter.columns import Scalar
from lineal.store.filter.conditions import Spot
from lineal.store.filter.fragment import Fragment, bind, chain, logical, select, sql
from lineal.store.filter.refusal import refusal
from lineal.store.filter.tree import (
    And,
    Column,
    Comparison,
    Expression,
    Literal,
    Membership,
    Neighbour,
    Property,
    walk,
)
from lineal.store.filter.wording import Wording
from lineal.store.tables import KIND_NUMBERS, NODE_TABLES

MAX_JOINED = 40
"""Properties a filter may join; SQLite joins 64 tables, MySQL 61."""


class Rows:
    """Where things stand in one statement."""

    def __init__(self, kind: NodeKind, row: str, wording: Wording) -> None:
        self.row = row
        self._wording = wording
        self._kind = kind
        self._edges: dict[Neighbour, str] = {}
        self._nodes: dict[Neighbour, str] = {}
        self._joined: dict[tuple[str, int, str], str] = {}
        self._here: tuple[str, int, str] | None = None

    # columns -------------------------------------------------------------------------------------

    def spot(self, column: Column) -> Spot:
        """Return where a column stands; for the name of a type that is the key of the type."""
        return Spot(f"{self._owner(column)}.{self._name(column)}", column.type, column.place.unit)

    def types(self, column: Column, condition: Fragment) -> Fragment:
        """Return whether the type of a row is one for whose name, `t.name`, the condition holds."""
        head = f"{self.spot(column).value} IN (SELECT t.id"
        return select(head, Fragment("type AS t"), condition)

    def type_name(self, column: Column) -> Fragment:
        """Return the name of a row's type."""
        return select("(SELECT t.name", Fragment("type AS t"), sql(f"t.id = {self.spot(column).value}"))

    def _owner(self, column: Column) -> str:
        neighbour = column.neighbour
        if neighbour is None:
            return self.row
        if neighbour.around.table is None or column.place.column == "id":
            return self._edges[neighbour]
        return self._nodes[neighbour]

    def _name(self, column: Column) -> str:
        around = None if column.neighbour is None else column.neighbour.around
        if around is not None and around.table is not None and column.place.column == "id":
            # The edge knows it already, which saves reading the neighbour.
            return around.other
        return column.place.column

    # properties ----------------------------------------------------------------------------------

    def having(self, property_: Property, condition: Fragment | None, *, negated: bool = False) -> Fragment:
        """Return whether the node has the property (and the condition holds for `p.value`), from the index alone."""
        head = f"{self.row}.id {'NOT IN' if negated else 'IN'} (SELECT p.node_id"
        tests = [*self._key(property_), *([] if condition is None else [condition])]
        return select(head, Fragment(f"{property_.table} AS p"), logical("AND", tests))

    @contextmanager
    def within(self, property_: Property) -> Iterator[None]:
        """While this lasts, the property stands in the row of the index that `having` reads."""
        self._here = (property_.table, self._map(property_), property_.name)
        yield
        self._here = None

    def joined(self, property_: Property) -> Spot:
        """Return where the property's value stands, NULL where there is none."""
        number = self._map(property_)
        if (property_.table, number, property_.name) == self._here:
            return index_spot(property_)
        key = (property_.table, number, property_.name)
        if key not in self._joined and len(self._joined) == MAX_JOINED:
            raise refusal(f"more than {MAX_JOINED} properties in expressions", property_.position)
        alias = self._joined.setdefault(key, f"v{len(self._joined) + 1}")
        rest = f"{alias}.rest" if property_.type is Scalar.STRING else None
        return Spot(f"{alias}.value", property_.type, rest=rest)

    def around(self, condition: Fragment) -> Fragment:
        """Return the condition in a statement of its own if it needs properties joined."""
        if not self._joined:
            return condition
        # The inner row has the outer one's alias and hides it.
        source = chain(" LEFT JOIN ", [Fragment(f"{NODE_TABLES[self._kind].name} AS {self.row}"), *self._joins()])
        return select(f"{self.row}.id IN (SELECT {self.row}.id", source, condition)

    def _joins(self) -> Iterator[Fragment]:
        for (table, number, name), alias in self._joined.items():
            # There is one row a node; grouping says so to the planner, which then indexes the answer by node.
            values = "MAX(p.value) AS value" + (", MAX(p.rest) AS rest" if table == "property_string" else "")
            yield sql(
                f"(SELECT p.node_id, {values} FROM {table} AS p WHERE ",
                self._wording.in_map(self._kind, number),
                " AND p.name = ",
                bind(name),
                f" GROUP BY p.node_id) AS {alias} ON {alias}.node_id = {self.row}.id",
            )

    def _key(self, property_: Property) -> tuple[Fragment, Fragment]:
        return self._wording.in_map(self._kind, self._map(property_)), sql("p.name = ", bind(property_.name))

    def _map(self, property_: Property) -> int:
        return 2 * KIND_NUMBERS[self._kind] + property_.custom

    # neighbours ----------------------------------------------------------------------------------

    def enter(self, neighbours: Sequence[Neighbour]) -> None:
        """Give neighbours a place, before the condition on them is written."""
        for neighbour in neighbours:
            number = len(self._edges) + 1
            self._edges[neighbour] = f"e{number}"
            self._nodes[neighbour] = f"n{number}"

    def exists(
        self, neighbours: Sequence[Neighbour], operand: Expression, condition: Fragment, *, negated: bool
    ) -> Fragment:
        """Return whether there are rows for the neighbours for which the condition (the operand's) holds."""
        first, others = neighbours[0], neighbours[1:]
        columns = [node for node in walk(operand) if isinstance(node, Column)]
        source = [self._tables(first, columns)]
        for other in others:
            edge = self._edges[other]
            on = f" ON {edge}.{other.around.own} = {self.row}.id"
            source.append(self._tables(other, columns).replace(f" AS {edge}", f" AS {edge}{on}", 1))
        tables = Fragment(" JOIN ".join(source))
        own = f"{self._edges[first]}.{first.around.own}"
        if not others and _selective(operand, first):
            head = f"{self.row}.id {'NOT IN' if negated else 'IN'} (SELECT {own}"
            return select(head, tables, condition)
        head = "NOT EXISTS (SELECT 1" if negated else "EXISTS (SELECT 1"
        return select(head, tables, logical("AND", [sql(f"{own} = {self.row}.id"), condition]))

    def _tables(self, neighbour: Neighbour, columns: Sequence[Column]) -> str:
        edge, node, around = self._edges[neighbour], self._nodes[neighbour], neighbour.around
        read = any(column.neighbour == neighbour and self._owner(column) == node for column in columns)
        join = f" JOIN {around.table} AS {node} ON {node}.id = {edge}.{around.other}" if read else ""
        return f"{around.edge} AS {edge}{join}"


def index_spot(property_: Property) -> Spot:
    """Return where a property's value stands in its index, which `having` calls p."""
    return Spot("p.value", property_.type, rest="p.rest" if property_.type is Scalar.STRING else None)


def _selective(operand: Expression, neighbour: Neighbour) -> bool:
    """Whether to begin at the neighbours: the operand speaks of nothing else, and names few of them."""
    for node in walk(operand):
        if isinstance(node, Property) or (isinstance(node, Column) and node.neighbour != neighbour):
            return False
    tests = operand.operands if isinstance(operand, And) else (operand,)
    return any(_names_few(test) for test in tests)


def _names_few(test: Expression) -> bool:
    match test:
        case Comparison(operator="=", left=Column(place=place), right=Literal()):
            return place.few
        case Comparison(operator="=", left=Literal(), right=Column(place=place)):
            return place.few
        case Membership(operand=Column(place=place), negated=False, choices=choices):
            return place.few and all(isinstance(choice, Literal) for choice in choices)
    return False
