"""The lexer: the text of a filter as tokens, each with its offset. Called by `grammar`; knows no keyword."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from lineal.store.filter.refusal import refusal

MAX_LENGTH = 262_144
"""Characters a filter may have."""

MAX_INTEGER = 2**63
"""One more than the largest integer: only a minus sign in front makes it one."""


class Kind(Enum):
    """What a token is."""

    NAME = "name"
    QUOTED = "quoted name"
    NUMBER = "number"
    STRING = "string"
    SYMBOL = "symbol"
    END = "end of the filter"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the filter; `value` is its meaning, `position` the offset of its first character."""

    kind: Kind
    value: str | int | float
    position: int


_SPACE = re.compile(r"\s+")
_COMMENT = re.compile(r"--|/\*|#")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME_BEHIND_DOT = re.compile(r"[A-Za-z0-9_]+")
_HEXADECIMAL = re.compile(r"0[xX]([0-9A-Fa-f]+)")
_NUMBER = re.compile(r"(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]+)?")
_SYMBOL = re.compile(r"<=|>=|<>|!=|[=<>+\-*/(),.]")
_PLAIN = {"'": re.compile(r"[^'\\]+"), '"': re.compile(r'[^"\\]+'), "`": re.compile(r"[^`\\]+")}
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ITSELF = "\\?\"'`"
_CODED = re.compile(r"[xX]([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3})")
_SURROGATE = re.compile("[\ud800-\udfff]")


def tokens(text: str) -> list[Token]:
    """Return the tokens of a filter, the last one END. Raises FilterSyntaxError at the first wrong character."""
    if len(text) > MAX_LENGTH:
        raise refusal(f"the filter has {len(text)} characters, at most {MAX_LENGTH} are read", MAX_LENGTH)
    if broken := _SURROGATE.search(text):
        raise refusal("half of a surrogate pair is no character", broken.start())
    found: list[Token] = []
    position = 0
    while position < len(text):
        if space := _SPACE.match(text, position):
            position = space.end()
            continue
        if text[position] == "." and _ends_a_name(text, position, found):
            # Here `.5` is no number.
            token, position = Token(Kind.SYMBOL, ".", position), position + 1
        else:
            token, position = _token(text, position, behind_dot=_behind_dot(found))
        found.append(token)
    found.append(Token(Kind.END, "", len(text)))
    return found


def _ends_a_name(text: str, position: int, found: list[Token]) -> bool:
    return bool(found) and found[-1].kind in {Kind.NAME, Kind.QUOTED} and not text[position - 1].isspace()


def _behind_dot(found: list[Token]) -> bool:
    # `properties.0.int_value`: behind a name and a dot a word may begin with a digit.
    return len(found) > 1 and found[-1].value == "." and found[-2].kind in {Kind.NAME, Kind.QUOTED}


def _token(text: str, position: int, *, behind_dot: bool) -> tuple[Token, int]:
    character = text[position]
    if character in "'\"":
        value, end = _quoted(text, position)
        return Token(Kind.STRING, value, position), end
    if character == "`":
        value, end = _quoted(text, position)
        if not value:
            raise refusal("an empty name", position)
        return Token(Kind.QUOTED, value, position), end
    if _COMMENT.match(text, position):
        raise refusal("comments are not part of the filter language", position)
    pattern = _NAME_BEHIND_DOT if behind_dot else _NAME
    if name := pattern.match(text, position):
        return Token(Kind.NAME, name.group(), position), name.end()
    if not behind_dot and (number := _HEXADECIMAL.match(text, position) or _NUMBER.match(text, position)):
        return Token(Kind.NUMBER, _number(text, number), position), number.end()
    if symbol := _SYMBOL.match(text, position):
        return Token(Kind.SYMBOL, symbol.group(), position), symbol.end()
    raise refusal(f"unexpected character {character!r}", position)


def _number(text: str, found: re.Match[str]) -> int | float:
    if _NAME_BEHIND_DOT.match(text, found.end()):
        raise refusal(f"{text[found.start() : found.end() + 1]!r} is neither a number nor a name", found.start())
    if found.re is _HEXADECIMAL:
        return _integer(found.group(1), 16, found.start())
    if any(found.groups()):
        value = float(found.group())
        if value == float("inf"):
            raise refusal("the number is too large for a double", found.start())
        return value
    return _integer(found.group(), 10, found.start())


def _integer(digits: str, base: int, position: int) -> int:
    significant = digits.lstrip("0") or "0"
    # Twenty digits are too many in any case, and Python refuses to read some thousands of them.
    if len(significant) >= 20 or (value := int(significant, base)) > MAX_INTEGER:  # noqa: PLR2004
        raise refusal("the number is outside the 64-bit integers", position)
    return value


def _quoted(text: str, start: int) -> tuple[str, int]:
    quote = text[start]
    parts: list[str] = []
    position = start + 1
    while position < len(text):
        if plain := _PLAIN[quote].match(text, position):
            parts.append(plain.group())
            position = plain.end()
        elif text[position] == quote:
            return "".join(parts), position + 1
        else:
            part, position = _escape(text, position)
            parts.append(part)
    raise refusal(f"the text that begins with {quote} has no end", start)


def _escape(text: str, backslash: int) -> tuple[str, int]:
    position = backslash + 1
    letter = text[position : position + 1]
    if letter in _SIMPLE:
        return _SIMPLE[letter], position + 1
    if letter and letter in _ITSELF:
        return letter, position + 1
    if coded := _CODED.match(text, position):
        number = int(coded.group(coded.lastindex or 0), 8 if coded.lastindex == 4 else 16)  # noqa: PLR2004
        if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF:  # noqa: PLR2004
            return chr(number), coded.end()
    raise refusal(f"unknown escape {text[backslash : position + 1]!r}", backslash, hint="write \\\\ for a backslash")
