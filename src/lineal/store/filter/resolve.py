"""Resolve: whether the types of a filter fit, with columns, properties and enumeration names in place of names.

Called by `compile`. Types are ZetaSQL's: INT64 and FLOAT64 mix, nothing else does, and NULL goes with everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import Enum

from lineal.model.ids import NodeKind
from lineal.store.filter.columns import Scalar
from lineal.store.filter.names import enumeration_of, find
from lineal.store.filter.pattern import fault
from lineal.store.filter.refusal import refusal, unknown
from lineal.store.filter.tree import (
    And,
    Arithmetic,
    Between,
    Call,
    Case,
    Cast,
    Comparison,
    Expression,
    IsNull,
    Like,
    Literal,
    Member,
    Membership,
    Name,
    Negative,
    Not,
    Or,
)

_NUMBERS = (Scalar.INT, Scalar.DOUBLE, Scalar.NULL)
_TEXTS = (Scalar.STRING, Scalar.NULL)
_CONDITIONS = (Scalar.BOOL, Scalar.NULL)
_CASTS = {
    Scalar.INT: (Scalar.INT, Scalar.DOUBLE, Scalar.STRING, Scalar.BOOL),
    Scalar.DOUBLE: (Scalar.INT, Scalar.DOUBLE, Scalar.STRING),
    Scalar.STRING: (Scalar.INT, Scalar.DOUBLE, Scalar.STRING, Scalar.BOOL),
    Scalar.BOOL: (Scalar.INT, Scalar.STRING, Scalar.BOOL),
}


def resolve(expression: Expression, kind: NodeKind) -> Expression:
    """Return the resolved tree. Raises FilterSyntaxError at the first name, type or use that is wrong."""
    if isinstance(expression, Literal) and expression.value is None:
        raise refusal("NULL alone is not a condition", expression.position, hint="test with IS NULL")
    return _Resolver(kind).condition(expression)


class _Resolver:
    def __init__(self, kind: NodeKind) -> None:
        self._kind = kind

    def condition(self, node: Expression) -> Expression:
        """Return the resolved node, which must be true, false or NULL."""
        found = self._resolve(node)
        if found.type not in _CONDITIONS:
            raise refusal(f"{found.type.value} is not a condition", found.position, hint="compare it: … = …")
        # All its results are NULL; standing here, it is a NULL of type BOOL.
        return replace(found, type=Scalar.BOOL) if isinstance(found, Case | Call) else found

    def _resolve(self, node: Expression) -> Expression:
        match node:
            case And() | Or():
                return replace(node, operands=tuple(self.condition(operand) for operand in node.operands))
            case Not():
                return replace(node, operand=self.condition(node.operand))
            case Comparison() | Membership() | Between() | Like() | IsNull():
                return self._test(node)
            case Name():
                return self._name(node)
            case Negative() | Arithmetic() | Call() | Cast() | Case():
                return self._value(node)
            case _:
                return node

    def _name(self, node: Name) -> Expression:
        found = find(node, self._kind)
        if found.type is Scalar.STATE:
            raise refusal(
                f"{'.'.join(node.parts)!r} is an enumeration",
                node.position,
                hint="use it with =, !=, IN, NOT IN or IS NULL",
            )
        return found

    # conditions ----------------------------------------------------------------------------------

    def _test(self, node: Comparison | Membership | Between | Like | IsNull) -> Expression:
        match node:
            case Comparison():
                return self._comparison(node)
            case Membership():
                operand, *choices = self._alike((node.operand, *node.choices), node.position)
                return replace(node, operand=operand, choices=tuple(choices))
            case Between():
                found = [self._resolve(part) for part in (node.operand, node.low, node.high)]
                _unify(found, node.position)
                return replace(node, operand=found[0], low=found[1], high=found[2])
            case Like():
                return self._like(node)
            case IsNull():
                if enumeration_of(node.operand, self._kind) is not None and isinstance(node.operand, Name):
                    return replace(node, operand=find(node.operand, self._kind))
                return replace(node, operand=self._resolve(node.operand))

    def _comparison(self, node: Comparison) -> Expression:
        if node.operator in {"=", "!="}:
            left, right = self._alike((node.left, node.right), node.position)
        else:
            left, right = self._resolve(node.left), self._resolve(node.right)
            _unify((left, right), node.position)
        return replace(node, left=left, right=right)

    def _alike(self, nodes: Sequence[Expression], position: int) -> list[Expression]:
        # Only beside a column that is one do bare words name members of an enumeration.
        enumerations = [found for node in nodes if (found := enumeration_of(node, self._kind)) is not None]
        if enumerations:
            return [self._member(node, enumerations[0]) for node in nodes]
        resolved = [self._resolve(node) for node in nodes]
        _unify(resolved, position)
        return resolved

    def _member(self, node: Expression, names: type[Enum]) -> Expression:
        known = names.__members__
        if isinstance(node, Name):
            if enumeration_of(node, self._kind) is names:
                return find(node, self._kind)
            word = ".".join(node.parts)
            if word not in known:
                raise unknown("unknown state or event type", word, node.position, known)
            return Member(known[word].value, node.position)
        if isinstance(node, Literal) and node.value is None:
            return node
        hint = f"write one of {', '.join(known)}, without quotes"
        raise refusal("an enumeration can only be compared with its names", node.position, hint=hint)

    def _like(self, node: Like) -> Expression:
        operand = self._typed(node.operand, _TEXTS, "LIKE")
        pattern = self._resolve(node.pattern)
        if not isinstance(pattern, Literal) or pattern.type not in _TEXTS:
            raise refusal("the pattern of LIKE must be a text in quotes", pattern.position)
        if isinstance(pattern.value, str) and (wrong := fault(pattern.value)) is not None:
            raise refusal(wrong, pattern.position)
        return replace(node, operand=operand, pattern=pattern)

    # values --------------------------------------------------------------------------------------

    def _value(self, node: Negative | Arithmetic | Call | Cast | Case) -> Expression:
        match node:
            case Negative():
                operand = self._typed(node.operand, _NUMBERS, "-")
                return replace(node, operand=operand, type=_number(operand))
            case Arithmetic():
                return self._arithmetic(node)
            case Call():
                return self._call(node)
            case Cast():
                operand = self._resolve(node.operand)
                if operand.type is not Scalar.NULL and node.type not in _CASTS[operand.type]:
                    raise refusal(f"{operand.type.value} cannot be cast to {node.type.value}", node.position)
                return replace(node, operand=operand)
            case Case():
                return self._case(node)

    def _arithmetic(self, node: Arithmetic) -> Expression:
        first = self._typed(node.first, _NUMBERS, node.rest[0][0])
        rest = tuple((operator, self._typed(operand, _NUMBERS, operator)) for operator, operand in node.rest)
        types = {first.type, *(operand.type for _, operand in rest)}
        double = Scalar.DOUBLE in types or any(operator == "/" for operator, _ in rest)
        return replace(node, first=first, rest=rest, type=Scalar.DOUBLE if double else Scalar.INT)

    def _call(self, node: Call) -> Expression:
        if node.function == "COALESCE":
            found = tuple(self._resolve(argument) for argument in node.arguments)
            return replace(node, arguments=found, type=_unify(found, node.position))
        wanted = _NUMBERS if node.function == "ABS" else _TEXTS
        argument = self._typed(node.arguments[0], wanted, node.function)
        texts = {"UPPER": Scalar.STRING, "LOWER": Scalar.STRING, "LENGTH": Scalar.INT}
        result = texts.get(node.function) or _number(argument)
        return replace(node, arguments=(argument,), type=result)

    def _case(self, node: Case) -> Expression:
        if node.subject is None:
            subject = None
            conditions = [self.condition(when) for when, _ in node.branches]
        else:
            subject = self._resolve(node.subject)
            conditions = [self._resolve(when) for when, _ in node.branches]
            _unify((subject, *conditions), node.position)
        results = [self._resolve(then) for _, then in node.branches]
        otherwise = None if node.otherwise is None else self._resolve(node.otherwise)
        type_ = _unify(results if otherwise is None else (*results, otherwise), node.position)
        branches = tuple(zip(conditions, results, strict=True))
        return replace(node, subject=subject, branches=branches, otherwise=otherwise, type=type_)

    def _typed(self, node: Expression, wanted: tuple[Scalar, ...], use: str) -> Expression:
        found = self._resolve(node)
        if found.type not in wanted:
            expected = " or ".join(type_.value for type_ in wanted if type_ is not Scalar.NULL)
            raise refusal(f"{use} takes {expected}, not {found.type.value}", found.position)
        return found


def _number(node: Expression) -> Scalar:
    return Scalar.INT if node.type is Scalar.NULL else node.type


def _unify(nodes: Iterable[Expression], position: int) -> Scalar:
    found = Scalar.NULL
    for node in nodes:
        if found is Scalar.NULL or {found, node.type} == {Scalar.INT, Scalar.DOUBLE}:
            found = node.type if found is Scalar.NULL else Scalar.DOUBLE
        elif node.type not in {found, Scalar.NULL}:
            raise refusal(f"{found.value} and {node.type.value} do not go together", position)
    return found
