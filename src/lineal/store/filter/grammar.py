"""The grammar: tokens to tree, by precedence climbing. Nesting is limited, so no filter exhausts Python's stack.

Loosest first: OR, AND, NOT, comparisons (which do not chain), + -, * /, unary + -.
"""

from __future__ import annotations

from dataclasses import replace

from lineal.store.filter.columns import Scalar
from lineal.store.filter.lexer import MAX_INTEGER, Kind, Token, tokens
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
    Membership,
    Name,
    Negative,
    Not,
    Or,
)

MAX_NESTING = 64
"""How deep an expression may stand inside others; each level takes about three frames of Python's stack."""

FUNCTIONS = {"ABS": (1, 1), "UPPER": (1, 1), "LOWER": (1, 1), "LENGTH": (1, 1), "COALESCE": (1, 100)}
"""The functions with the least and the greatest number of arguments."""

TYPES = {
    "INT64": Scalar.INT,
    "FLOAT64": Scalar.DOUBLE,
    "DOUBLE": Scalar.DOUBLE,
    "STRING": Scalar.STRING,
    "BOOL": Scalar.BOOL,
    "BOOLEAN": Scalar.BOOL,
}

_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _UNARY = range(1, 8)
_COMPARISONS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_SUMS = ("+", "-")
_PRODUCTS = ("*", "/")
_TESTS = ("IN", "BETWEEN", "LIKE", "IS", "NOT")
_RESERVED = {
    *("AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS", "NULL", "TRUE", "FALSE"),
    *("CASE", "WHEN", "THEN", "ELSE", "END", "CAST", "AS"),
}
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}


def parse(text: str) -> Expression:
    """Return the tree of a filter. Raises FilterSyntaxError at the first word that cannot stand where it stands."""
    parser = _Parser(tokens(text))
    found = parser.expression(_OR)
    parser.expect_end()
    return found


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._depth = 0

    def expression(self, floor: int) -> Expression:
        """Read the longest expression whose operators bind at least as tightly as `floor`."""
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise refusal(f"nested more than {MAX_NESTING} levels deep", self._token.position)
        left = self._operand(floor)
        if floor <= _PRODUCT:
            left = self._chain(left, _PRODUCTS, _UNARY)
        if floor <= _SUM:
            left = self._chain(left, _SUMS, _PRODUCT)
        if floor <= _COMPARISON:
            left = self._test(left)
        if floor <= _AND:
            left = self._all("AND", left)
        if floor <= _OR:
            left = self._all("OR", left)
        self._depth -= 1
        return left

    def expect_end(self) -> None:
        """Refuse whatever follows a whole filter."""
        if self._token.kind is not Kind.END:
            raise self._unexpected("an operator or the end of the filter")

    # operators -----------------------------------------------------------------------------------

    def _all(self, word: str, left: Expression) -> Expression:
        if not self._is(word):
            return left
        kind = And if word == "AND" else Or
        position = self._token.position
        operands = [*_flat(kind, left)]
        while self._accept(word):
            operands += _flat(kind, self.expression(_NOT if word == "AND" else _AND))
        return kind(tuple(operands), position)

    def _chain(self, first: Expression, operators: tuple[str, ...], floor: int) -> Expression:
        rest: list[tuple[str, Expression]] = []
        position = self._token.position
        while operator := self._accept_symbol(*operators):
            rest.append((operator, self.expression(floor)))
        return Arithmetic(first, tuple(rest), position) if rest else first

    def _test(self, left: Expression) -> Expression:
        found = self._one_test(left)
        if found is not left and (self._is_symbol(*_COMPARISONS) or self._is(*_TESTS)):
            raise refusal(
                f"comparisons do not chain, so {self._shown()} cannot follow one",
                self._token.position,
                hint="put the first comparison in parentheses",
            )
        return found

    def _one_test(self, left: Expression) -> Expression:
        position = self._token.position
        if symbol := self._accept_symbol(*_COMPARISONS):
            return Comparison(_COMPARISONS[symbol], left, self.expression(_SUM), position)
        if self._accept("IS"):
            negated = self._accept("NOT")
            self._expect("NULL")
            return IsNull(left, negated, position)
        negated = self._accept("NOT")
        if self._accept("IN"):
            return Membership(left, self._arguments("IN"), negated, position)
        if self._accept("LIKE"):
            return Like(left, self.expression(_SUM), negated, position)
        if self._accept("BETWEEN"):
            low = self.expression(_SUM)
            self._expect("AND")
            return Between(left, low, self.expression(_SUM), negated, position)
        if negated:
            raise self._unexpected("IN, LIKE or BETWEEN after NOT")
        return left

    # operands ------------------------------------------------------------------------------------

    def _operand(self, floor: int) -> Expression:
        token = self._token
        if token.kind in {Kind.NUMBER, Kind.STRING}:
            return self._literal()
        if token.kind is Kind.SYMBOL:
            return self._in_front()
        if token.kind is Kind.NAME and str(token.value).upper() in _RESERVED:
            return self._keyword(floor)
        if token.kind in {Kind.NAME, Kind.QUOTED}:
            return self._named()
        raise self._unexpected("a column, a property or a value")

    def _literal(self) -> Literal:
        token = self._take()
        if isinstance(token.value, int) and token.value == MAX_INTEGER:
            raise refusal("the number is outside the 64-bit integers", token.position)
        return Literal(token.value, token.position)

    def _in_front(self) -> Expression:
        position = self._token.position
        if self._accept_symbol("("):
            inside = self.expression(_OR)
            self._expect_symbol(")")
            return inside
        if self._accept_symbol("+"):
            return self.expression(_UNARY)
        if self._accept_symbol("-"):
            value = self._token.value
            if not isinstance(value, str):
                # The one place where 2**63 may stand: -2**63 is an integer of 64 bits.
                self._take()
                return Literal(-value, position)
            return Negative(self.expression(_UNARY), position)
        raise self._unexpected("a column, a property or a value")

    def _keyword(self, floor: int) -> Expression:
        position = self._token.position
        for word, value in _CONSTANTS.items():
            if self._accept(word):
                return Literal(value, position)
        if floor <= _NOT and self._accept("NOT"):
            return Not(self.expression(_NOT), position)
        if self._accept("CASE"):
            return self._case(position)
        if self._accept("CAST"):
            return self._cast(position)
        raise self._unexpected("a column, a property or a value")

    def _case(self, position: int) -> Case:
        subject = None if self._is("WHEN") else self.expression(_OR)
        branches: list[tuple[Expression, Expression]] = []
        while self._accept("WHEN"):
            condition = self.expression(_OR)
            self._expect("THEN")
            branches.append((condition, self.expression(_OR)))
        if not branches:
            raise self._unexpected("WHEN")
        otherwise = self.expression(_OR) if self._accept("ELSE") else None
        self._expect("END")
        return Case(subject, tuple(branches), otherwise, position)

    def _cast(self, position: int) -> Cast:
        self._expect_symbol("(")
        operand = self.expression(_OR)
        self._expect("AS")
        token = self._token
        if token.kind is not Kind.NAME:
            raise self._unexpected("a type")
        type_ = TYPES.get(str(self._take().value).upper())
        if type_ is None:
            raise unknown("unknown type", str(token.value), token.position, TYPES)
        self._expect_symbol(")")
        return Cast(operand, type_, position)

    def _named(self) -> Expression:
        first = self._take()
        if first.kind is Kind.NAME and self._is_symbol("("):
            return self._call(first)
        found = Name((str(first.value),), (first.position,))
        while self._accept_symbol("."):
            if self._token.kind not in {Kind.NAME, Kind.QUOTED}:
                raise self._unexpected("a name after the dot")
            token = self._take()
            found = replace(found, parts=(*found.parts, str(token.value)), positions=(*found.positions, token.position))
        return found

    def _call(self, name: Token) -> Call:
        function = str(name.value).upper()
        if function not in FUNCTIONS:
            raise unknown("unknown function", str(name.value), name.position, FUNCTIONS)
        arguments = self._arguments(function)
        least, most = FUNCTIONS[function]
        if not least <= len(arguments) <= most:
            count = f"{least}" if least == most else f"{least} to {most}"
            raise refusal(f"{function} takes {count} arguments, not {len(arguments)}", name.position)
        return Call(function, arguments, name.position)

    def _arguments(self, of: str) -> tuple[Expression, ...]:
        if not self._accept_symbol("("):
            raise self._unexpected(f"a list in parentheses after {of}")
        found = [self.expression(_OR)]
        while self._accept_symbol(","):
            found.append(self.expression(_OR))
        self._expect_symbol(")")
        return tuple(found)

    # tokens --------------------------------------------------------------------------------------

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _is(self, *words: str) -> bool:
        return self._token.kind is Kind.NAME and str(self._token.value).upper() in words

    def _is_symbol(self, *symbols: str) -> bool:
        return self._token.kind is Kind.SYMBOL and self._token.value in symbols

    def _accept(self, word: str) -> bool:
        found = self._is(word)
        self._next += found
        return found

    def _accept_symbol(self, *symbols: str) -> str:
        return str(self._take().value) if self._is_symbol(*symbols) else ""

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected(word)

    def _expect_symbol(self, symbol: str) -> None:
        if not self._accept_symbol(symbol):
            raise self._unexpected(f"{symbol!r}")

    def _shown(self) -> str:
        token = self._token
        return token.kind.value if token.kind is Kind.END else f"{token.value!r}"

    def _unexpected(self, wanted: str) -> Exception:
        hint = "write = to compare" if self._is_symbol("=") else None
        return refusal(f"expected {wanted}, found {self._shown()}", self._token.position, hint=hint)


def _flat(kind: type[And | Or], node: Expression) -> tuple[Expression, ...]:
    return node.operands if isinstance(node, kind) else (node,)
