"""Keeps secrets out of the record: finds them by shape, by the name in front of them, and by how random they look.

Everything captured goes through here before it is stored anywhere.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

HIDDEN = "[redacted]"

_SHAPES = (
    (
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[\s\S]*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|[\s\S]*)"
    ),
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b",
    r"\bgithub_pat_[A-Za-z0-9_]{22,255}",
    r"\bglpat-[A-Za-z0-9_-]{20,}",
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"\bxapp-[A-Za-z0-9-]{10,}",
    r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,}",
    r"\bAIza[0-9A-Za-z_-]{35}",
    r"\bya29\.[0-9A-Za-z_-]{20,}",
    r"\bGOCSPX-[0-9A-Za-z_-]{20,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    r"\b[sr]k_(?:live|test)_[0-9A-Za-z]{16,}",
    r"\bsk-[A-Za-z0-9_-]{20,}",
    r"\bhf_[A-Za-z0-9]{30,}",
    r"\bnpm_[A-Za-z0-9]{36}",
    r"\bpypi-[A-Za-z0-9_-]{50,}",
)

_SURE = (
    "password", "passwd", "passphrase", "pwd", "secret", "apikey", "api_key", "access_key", "private_key", "secret_key",
    "account_key", "client_secret", "auth_token", "access_token", "api_token", "refresh_token", "session_token",
    "bearer_token", "token", "credentials",
)  # fmt: skip
"""Names whose value is a secret however plain it looks."""

_SUSPECT = frozenset(
    {"token", "secret", "password", "passwd", "passphrase", "pwd", "key", "apikey", "credential", "credentials", "auth"}
)
"""Words in a name that make a random-looking value a secret."""

_HEX_BITS = 3.0
_MIXED_BITS = 3.6
_SHORTEST = 16
_SHORTEST_PLAIN = 6


def redact(text: str) -> str:
    """Return `text` with every secret found replaced by `[redacted]`."""
    return redact_counted(text)[0]


def redact_counted(text: str) -> tuple[str, int]:
    """Return `text` without its secrets, and how many were replaced."""
    shapes, urls, named = _patterns()
    text, in_urls = urls.subn(rf"\g<scheme>{HIDDEN}@", text)
    text, count = shapes.subn(HIDDEN, text)
    count += in_urls
    found = 0

    def hide(match: re.Match[str]) -> str:
        nonlocal found
        if not _is_secret_assignment(match):
            return match[0]
        found += 1
        start = match.start("value") - match.start()
        return match[0][:start] + HIDDEN + match[0][start + len(match["value"]) :]

    text = named.sub(hide, text)
    return text, count + found


def has_secret(data: bytes) -> bool:
    """Return whether bytes hold something that looks like a secret."""
    return redact_counted(data.decode("latin-1"))[1] > 0


def redact_argv(argv: Sequence[str]) -> list[str]:
    """Return a command line without its secrets: `--token x`, `--token=x`, credentials in URLs, known key shapes."""
    clean: list[str] = []
    name: str | None = None
    for word in argv:
        if name is not None and not word.startswith("-") and is_secret(name, word):
            clean.append(HIDDEN)
            name = None
            continue
        option, equals, value = word.partition("=")
        if equals and is_secret(option, value):
            clean.append(f"{option}={HIDDEN}")
        else:
            clean.append(redact(word))
        name = word if word.startswith("-") and not equals else None
    return clean


def redact_value(name: str, value: str) -> str:
    """Return the value of a variable or option without its secrets, its name considered."""
    return HIDDEN if is_secret(name, value) else redact(value)


def is_secret(name: str, value: str) -> bool:
    """Return whether `value`, called `name`, is a secret."""
    if not value or value == HIDDEN:
        return False
    return _is_sure(name) or (bool(_SUSPECT & set(_words(name))) and is_random(value))


def is_random(value: str) -> bool:
    """Return whether `value` looks drawn at random: long, letters and digits mixed, high entropy."""
    if len(value) < _SHORTEST or not re.fullmatch(r"[A-Za-z0-9+/=_.~-]+", value):
        return False
    if not (re.search("[0-9]", value) and re.search("[A-Za-z]", value)):
        return False
    counts = Counter(value).values()
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
    return bits >= (_HEX_BITS if re.fullmatch("[0-9a-fA-F]+", value) else _MIXED_BITS)


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    # Compiled at first use: `import lineal` must not pay for it.
    shapes = re.compile("|".join(_SHAPES), re.ASCII)
    urls = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]{1,30}://)(?!git@)[^/\s\"'<>?#\[\]{}]{1,400}@", re.ASCII)
    named = re.compile(
        r"(?P<name>[A-Za-z0-9_.-]*(?:token|passw|passphrase|pwd|secret|key|credential|auth|bearer)[A-Za-z0-9_.-]*)"
        r"(?P<close>[\"']?)(?P<sign>[ \t]*(?:=|:=|:)[ \t]*|[ \t]+(?=[A-Za-z0-9+/=_.~-]{20}))"
        r"(?P<quote>[\"']?)(?P<value>(?:(?<=\")[^\"\r\n]{1,4000}|(?<=')[^'\r\n]{1,4000}|[^\s\"',;&()\[\]{}]{1,4000}))",
        re.ASCII | re.IGNORECASE,
    )
    return shapes, urls, named


def _is_secret_assignment(match: re.Match[str]) -> bool:
    name, value = match["name"], match["value"]
    if HIDDEN in value or value.startswith(("$", "<", "{", "%")):
        return False
    if _SUSPECT & set(_words(name)) and is_random(value):
        return True
    if not _is_sure(name) or match["sign"].isspace():
        return False
    if match["quote"]:
        return len(value) >= _SHORTEST_PLAIN
    if "=" in match["sign"]:
        # `DB_PASSWORD=hunter2` of an .env file; `password = read_password` of a program is no secret.
        return not match["sign"].startswith((" ", "\t")) and _is_plain_secret(value)
    return _is_plain_secret(value)


def _is_plain_secret(value: str) -> bool:
    return len(value) >= _SHORTEST_PLAIN and bool(re.search("[0-9!@#$%^*]", value)) and "." not in value


def _is_sure(name: str) -> bool:
    words = _words(name)
    joined = "_".join(words)
    if joined in _SURE:
        return True
    # `DB_PASSWORD`, `aws_secret_access_key`, but not `pad_token` or `sort_key`.
    return any(joined.endswith(f"_{sure}") for sure in _SURE if sure != "token")


def _words(name: str) -> list[str]:
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return [word for word in re.split(r"[^A-Za-z0-9]+", split.lower()) if word]
