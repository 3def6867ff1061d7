"""The tree of a filter: what `grammar` reads, `resolve` checks, `scope` quantifies and `compile` writes as SQL.

A `Name` stands only in a tree that was not resolved; `Column`, `Property`, `Member` and `Exists` only in one that
was. `type` is right in a resolved tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from lineal.store.filter.columns import Neighbourhood, Place, Scalar

Plain = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the filter."""

    value: Plain
    position: int

    @property
    def type(self) -> Scalar:
        """The type of the value."""
        return _TYPES[type(self.value)]


_TYPES = {bool: Scalar.BOOL, int: Scalar.INT, float: Scalar.DOUBLE, str: Scalar.STRING, type(None): Scalar.NULL}


@dataclass(frozen=True, slots=True)
class Name:
    """A dotted name; `positions` are the offsets of its parts."""

    parts: tuple[str, ...]
    positions: tuple[int, ...]
    type: ClassVar[Scalar] = Scalar.NULL

    @property
    def position(self) -> int:
        """The offset of the first part."""
        return self.positions[0]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbouring row a filter speaks of: `contexts_a`. The same alias is the same row."""

    alias: str
    around: Neighbourhood = field(compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the node, or of one of its neighbours."""

    place: Place
    neighbour: Neighbour | None
    position: int

    @property
    def type(self) -> Scalar:
        """The type of the column."""
        return self.place.type


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the node; `custom` says in which of its two maps."""

    custom: bool
    name: str
    table: str
    type: Scalar
    position: int


@dataclass(frozen=True, slots=True)
class Member:
    """A name of an enumeration, by its number."""

    number: int
    position: int
    type: ClassVar[Scalar] = Scalar.STATE


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus."""

    operand: Expression
    position: int
    type: Scalar = Scalar.NULL


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A chain of one precedence, from the left: `first`, then (`+ -` or `* /`, operand) pairs."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]
    position: int
    type: Scalar = Scalar.NULL


@dataclass(frozen=True, slots=True)
class Call:
    """ABS, UPPER, LOWER, LENGTH or COALESCE."""

    function: str
    arguments: tuple[Expression, ...]
    position: int
    type: Scalar = Scalar.NULL


@dataclass(frozen=True, slots=True)
class Cast:
    """CAST(operand AS type)."""

    operand: Expression
    type: Scalar
    position: int


@dataclass(frozen=True, slots=True)
class Case:
    """CASE with a subject (its branches are values to compare) or without (they are conditions)."""

    subject: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None
    position: int
    type: Scalar = Scalar.NULL


@dataclass(frozen=True, slots=True)
class Comparison:
    """`= != < <= > >=`; the position is the operator's."""

    operator: str
    left: Expression
    right: Expression
    position: int
    type: ClassVar[Scalar] = Scalar.BOOL


@dataclass(frozen=True, slots=True)
class Membership:
    """[NOT] IN (choices)."""

    operand: Expression
    choices: tuple[Expression, ...]
    negated: bool
    position: int
    type: ClassVar[Scalar] = Scalar.BOOL


@dataclass(frozen=True, slots=True)
class Between:
    """[NOT] BETWEEN low AND high."""

    operand: Expression
    low: Expression
    high: Expression
    negated: bool
    position: int
    type: ClassVar[Scalar] = Scalar.BOOL


@dataclass(frozen=True, slots=True)
class Like:
    """[NOT] LIKE pattern."""

    operand: Expression
    pattern: Expression
    negated: bool
    position: int
    type: ClassVar[Scalar] = Scalar.BOOL


@dataclass(frozen=True, slots=True)
class IsNull:
    """IS [NOT] NULL."""

    operand: Expression
    negated: bool
    position: int
    type: ClassVar[Scalar] = Scalar.BOOL


@dataclass(frozen=True, slots=True)
class Not:
    """NOT operand."""

    operand: Expression
    position: int
    type: ClassVar[Scalar] = Scalar.BOOL


@dataclass(frozen=True, slots=True)
class And:
    """Two or more operands, none of them an And."""

    operands: tuple[Expression, ...]
    position: int
    type: ClassVar[Scalar] = Scalar.BOOL


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more operands, none of them an Or."""

    operands: tuple[Expression, ...]
    position: int
    type: ClassVar[Scalar] = Scalar.BOOL


@dataclass(frozen=True, slots=True)
class Exists:
    """There are rows, one for each of `neighbours`, for which the operand is true. Never NULL."""

    neighbours: tuple[Neighbour, ...]
    operand: Expression
    position: int
    type: ClassVar[Scalar] = Scalar.BOOL


Value = Literal | Name | Column | Property | Member | Negative | Arithmetic | Call | Cast | Case
Condition = Comparison | Membership | Between | Like | IsNull | Not | And | Or | Exists
Expression = Value | Condition


def parts(node: Expression) -> tuple[Expression, ...]:  # noqa: C901 - one case for each shape, nothing else
    """Return the expressions directly inside this one, from left to right."""
    match node:
        case Literal() | Name() | Column() | Property() | Member():
            return ()
        case Negative() | Cast() | IsNull() | Not() | Exists():
            return (node.operand,)
        case Arithmetic():
            return (node.first, *(operand for _, operand in node.rest))
        case Call():
            return node.arguments
        case Case():
            branches = tuple(part for branch in node.branches for part in branch)
            return tuple(part for part in (node.subject, *branches, node.otherwise) if part is not None)
        case Comparison():
            return (node.left, node.right)
        case Membership():
            return (node.operand, *node.choices)
        case Between():
            return (node.operand, node.low, node.high)
        case Like():
            return (node.operand, node.pattern)
        case And() | Or():
            return node.operands


def with_parts(node: Expression, new: Sequence[Expression]) -> Expression:  # noqa: C901 - as `parts`
    """Return this expression with others in the places of `parts`."""
    match node:
        case Literal() | Name() | Column() | Property() | Member():
            return node
        case Negative() | Cast() | IsNull() | Not() | Exists():
            return replace(node, operand=new[0])
        case Arithmetic():
            operators = [operator for operator, _ in node.rest]
            return replace(node, first=new[0], rest=tuple(zip(operators, new[1:], strict=True)))
        case Call():
            return replace(node, arguments=tuple(new))
        case Case():
            left = list(new)
            subject = None if node.subject is None else left.pop(0)
            otherwise = None if node.otherwise is None else left.pop()
            branches = tuple(zip(left[::2], left[1::2], strict=True))
            return replace(node, subject=subject, branches=branches, otherwise=otherwise)
        case Comparison():
            return replace(node, left=new[0], right=new[1])
        case Membership():
            return replace(node, operand=new[0], choices=tuple(new[1:]))
        case Between():
            return replace(node, operand=new[0], low=new[1], high=new[2])
        case Like():
            return replace(node, operand=new[0], pattern=new[1])
        case And() | Or():
            return replace(node, operands=tuple(new))


def walk(node: Expression) -> Iterator[Expression]:
    """Yield this expression and all inside it, from left to right."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(parts(found)))
