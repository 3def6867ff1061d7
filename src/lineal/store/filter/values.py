"""Values: expressions as SQL that gives a value. Called by `compile`, and calls it back for the conditions inside.

Truth values are 1, 0 and NULL. What has no value is NULL: a division by zero, a cast that does not succeed.
"""

from __future__ import annotations

from collections.abc import Callable

from lineal.model.values import INT64_MIN
from lineal.store.filter.columns import Scalar
from lineal.store.filter.conditions import Spot
from lineal.store.filter.fragment import Fragment, bind, chain, sql
from lineal.store.filter.refusal import refusal
from lineal.store.filter.rows import Rows
from lineal.store.filter.tree import (
    Arithmetic,
    Call,
    Case,
    Cast,
    Column,
    Expression,
    Literal,
    Member,
    Negative,
    Property,
)
from lineal.store.filter.wording import Operand, Wording

Writer = Callable[[Expression], Fragment]


class Values:
    """Writes values; `truth` writes whether a condition is true, `verdict` whether it is true, false or NULL."""

    def __init__(self, rows: Rows, wording: Wording, *, truth: Writer, verdict: Writer) -> None:
        self._rows = rows
        self._wording = wording
        self._truth = truth
        self._verdict = verdict

    def write(self, node: Expression) -> Fragment:
        """Return the value of an expression."""
        found = self._write(node)
        if (excess := found.excess) is not None:
            raise refusal(excess, node.position)
        return found

    def of(self, spot: Spot) -> Fragment:
        """Return what stands in a place, as the filter sees it."""
        if spot.rest is not None:
            return self._wording.joined(Fragment(spot.value), Fragment(spot.rest))
        return Fragment(spot.value) if spot.unit == 1 else self._wording.floor(spot.value, spot.unit)

    def _write(self, node: Expression) -> Fragment:
        match node:
            case Literal():
                return _literal(node)
            case Member():
                return bind(node.number)
            case Column():
                return self._rows.type_name(node) if node.place.names_type else self.of(self._rows.spot(node))
            case Property():
                return self.of(self._rows.joined(node))
            case Negative():
                return self._wording.negative(self.write(node.operand), double=node.type is Scalar.DOUBLE)
            case Arithmetic():
                return self._arithmetic(node)
            case Call():
                return self._call(node)
            case Cast():
                return self._cast(node)
            case Case():
                return self._case(node)
            case _:
                return sql("CASE (", self._verdict(node), ") WHEN TRUE THEN 1 WHEN FALSE THEN 0 END")

    def _arithmetic(self, node: Arithmetic) -> Fragment:
        first = Operand(self._operand(node.first), node.first.type is Scalar.DOUBLE)
        rest = [Operand(self._operand(each), each.type is Scalar.DOUBLE, sign) for sign, each in node.rest]
        return self._wording.calculated([first, *rest])

    def _operand(self, node: Expression) -> Fragment:
        found = self.write(node)
        return sql("(", found, ")") if isinstance(node, Arithmetic | Negative) else found

    def _call(self, node: Call) -> Fragment:
        arguments = [self.write(argument) for argument in node.arguments]
        match node.function:
            case "LENGTH":
                return self._wording.length(arguments[0])
            case "UPPER":
                return self._wording.upper(arguments[0])
            case "LOWER":
                return self._wording.lower(arguments[0])
            case "ABS" if node.type is Scalar.INT:
                # The smallest integer has no positive twin, and databases stop at it.
                return sql("ABS(NULLIF(", arguments[0], ", ", bind(INT64_MIN), "))")
            case "ABS":
                return sql("ABS(", arguments[0], ")")
            case _:
                # Some databases want at least two arguments.
                return sql("COALESCE(", chain(", ", [*arguments, Fragment("NULL")]), ")")

    def _case(self, node: Case) -> Fragment:
        pieces: list[str | Fragment] = ["CASE"]
        write = self._truth if node.subject is None else self.write
        if node.subject is not None and node.subject.type is Scalar.NULL:
            # It equals nothing; compared with a number, a database may take it for a text.
            write = _never
        elif node.subject is not None:
            pieces += [" ", self.write(node.subject)]
        for when, then in node.branches:
            pieces += [" WHEN ", write(when), " THEN ", self.write(then)]
        if node.otherwise is not None:
            pieces += [" ELSE ", self.write(node.otherwise)]
        found = sql(*pieces, " END")
        # The branches already read are one symbol to a parser.
        stack = 7 + max(piece.stack for piece in pieces if isinstance(piece, Fragment))
        return Fragment(found.text, found.parameters, stack, found.height)

    def _cast(self, node: Cast) -> Fragment:
        value = self.write(node.operand)
        source = node.operand.type
        if source in {node.type, Scalar.NULL}:
            return value
        match source, node.type:
            case Scalar.INT, Scalar.DOUBLE:
                return self._wording.double_of(value)
            case ((Scalar.INT | Scalar.DOUBLE), Scalar.STRING):
                return self._wording.text_of(value)
            case Scalar.INT, Scalar.BOOL:
                return sql("CASE (", value, ") <> 0 WHEN TRUE THEN 1 WHEN FALSE THEN 0 END")
            case Scalar.DOUBLE, _:
                return self._wording.rounded(value)
            case Scalar.STRING, Scalar.INT:
                return self._wording.integer_in(value)
            case Scalar.STRING, Scalar.DOUBLE:
                return self._wording.double_in(value)
            case Scalar.STRING, _:
                return sql("CASE ", self._wording.upper(value), " WHEN 'TRUE' THEN 1 WHEN 'FALSE' THEN 0 END")
            case _, Scalar.STRING:
                return sql("CASE ", value, " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END")
            case _:
                return value


def _never(_when: Expression) -> Fragment:
    return Fragment("1 = 0", stack=3, height=2)


def _literal(node: Literal) -> Fragment:
    if node.value is None:
        return Fragment("NULL")
    if isinstance(node.value, bool):
        return Fragment("1" if node.value else "0")
    return bind(node.value)
