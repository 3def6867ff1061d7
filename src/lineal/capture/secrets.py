"""Keeps secrets out of the record: finds them by shape, by the name in front of them, and by how random they look.

Everything captured goes through here before it is stored anywhere.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from lineal.capture.secret_shapes import hide_shapes
from lineal.model.vocabulary import HIDDEN

__all__ = ["HIDDEN", "has_secret", "is_random", "is_secret", "redact", "redact_argv", "redact_counted", "redact_value"]

_SURE = (
    "password", "passwd", "passphrase", "pwd", "secret", "apikey", "api_key", "access_key", "private_key", "secret_key",
    "account_key", "client_secret", "auth_token", "access_token", "api_token", "refresh_token", "session_token",
    "bearer_token", "token", "credentials",
)  # fmt: skip
"""Names whose value is a secret however plain it looks."""

_SURE_ENDS = ("password", "passwd", "passphrase", "apikey", "secretkey", "accesskey", "authtoken", "privatekey")
"""Ends of names written in one word: `PGPASSWORD`, `awssecretkey`."""

_SURE_NAMES = frozenset({"pass", "pw", "sshpass", "userpwd"})
"""Names that are only ever those of secrets where they stand alone: in `--pass x`, not in `first_pass`."""

_SURE_VARIABLES = ("_TOKEN", "_PAT", "_PASS", "_PW")
"""Ends of environment variables; in programs such names also stand for parts of texts (`pad_token`)."""

_USER_OPTIONS = ("-u", "--user", "--proxy-user")
"""Options of common programs whose value is `name:password`."""

_PLACEHOLDERS = frozenset({"null", "none", "true", "false", "changeme", "str", "string", "example"})
_CONFIGURATIONS = (
    ".yaml",
    ".yml",
    ".ini",
    ".cfg",
    ".conf",
    ".env",
    ".properties",
    ".toml",
    ".json",
    ".tfvars",
    ".netrc",
)

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


def redact_counted(text: str, *, file: str = "") -> tuple[str, int]:
    """Return `text` without its secrets, and how many were replaced. The cost is linear in its length.

    In a configuration, known by the name of its `file`, a telling name is enough; in a program its value may be code.
    """
    text, by_shape = hide_shapes(text)
    text, by_name = _hide_named(text, is_configuration=is_configuration(file))
    return text, by_shape + by_name


def has_secret(data: bytes, *, file: str = "") -> bool:
    """Return whether bytes hold something that looks like a secret; `file` is the name they go by."""
    return redact_counted(data.decode("latin-1"), file=file)[1] > 0


def is_configuration(file: str) -> bool:
    """Return whether a file, by its name, holds settings and no program."""
    name = file.replace("\\", "/").rpartition("/")[2].lower()
    return name.endswith(_CONFIGURATIONS) or name.startswith((".env", ".pgpass", ".my.cnf", ".netrc", ".pypirc"))


def redact_argv(argv: Sequence[str]) -> list[str]:
    """Return a command line without its secrets: `--token x`, `--token=x`, credentials in URLs, known key shapes."""
    clean: list[str] = []
    name: str | None = None
    for word in argv:
        if name is not None and not word.startswith("-") and is_secret(name, word):
            clean.append(HIDDEN)
            name = None
            continue
        if name in _USER_OPTIONS and ":" in word:
            clean.append(f"{word.partition(':')[0]}:{HIDDEN}")
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
    if _is_sure(name) or name.endswith(_SURE_VARIABLES) or "_".join(_words(name)) in _SURE_NAMES:
        return True
    return bool(_SUSPECT & set(_words(name))) and is_random(value)


def is_random(value: str) -> bool:
    """Return whether `value` looks drawn at random: long, letters and digits mixed, high entropy."""
    if len(value) < _SHORTEST or not re.fullmatch(r"[A-Za-z0-9+/=_.~-]+", value):
        return False
    if not (re.search("[0-9]", value) and re.search("[A-Za-z]", value)):
        return False
    counts = Counter(value).values()
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
    return bits >= (_HEX_BITS if re.fullmatch("[0-9a-fA-F]+", value) else _MIXED_BITS)


def _hide_named(text: str, *, is_configuration: bool) -> tuple[str, int]:
    """Hide the values of telling names, line by line: only lines that hold such a word are looked at closely."""
    words, assignment = _patterns()
    found = 0

    def hide(match: re.Match[str]) -> str:
        nonlocal found
        if not (_is_secret_assignment(match) or (is_configuration and _is_secret_setting(match))):
            return match[0]
        found += 1
        start = match.start("value") - match.start()
        return match[0][:start] + HIDDEN + match[0][start + len(match["value"]) :]

    parts: list[str] = []
    done = 0
    while (word := words.search(text, done)) is not None:
        start = text.rfind("\n", done, word.start()) + 1 or done
        end = text.find("\n", word.end())
        end = len(text) if end < 0 else end
        parts += [text[done:start], assignment.sub(hide, text[start:end])]
        done = end
    return "".join([*parts, text[done:]]), found


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    # Compiled at first use: `import lineal` must not pay for it.
    word = "token|passw|passphrase|pwd|secret|key|credential|auth|bearer"
    # A name starts where no name goes on and is not long: else a long line would be searched again and again.
    assignment = re.compile(
        rf"(?<![A-Za-z0-9_.-])(?P<name>[A-Za-z0-9_.-]{{0,60}}?(?:{word})[A-Za-z0-9_.-]{{0,60}})"
        r"(?P<close>[\"']?)(?P<sign>[ \t]{0,20}(?:=|:=|:)[ \t]{0,20}|[ \t]{1,20}(?=[A-Za-z0-9+/=_.~-]{20}))"
        r"(?P<quote>[\"']?)(?P<value>(?:(?<=\")[^\"\r\n]{1,4000}|(?<=')[^'\r\n]{1,4000}|[^\s\"',;&()\[\]{}]{1,4000}))",
        re.ASCII | re.IGNORECASE,
    )
    return re.compile(word, re.ASCII | re.IGNORECASE), assignment


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


def _is_secret_setting(match: re.Match[str]) -> bool:
    value = match["value"]
    if HIDDEN in value or value.startswith(("$", "<", "{", "%", "*")) or value.lower() in _PLACEHOLDERS:
        return False
    return _is_sure(match["name"]) and not match["sign"].isspace()


def _is_plain_secret(value: str) -> bool:
    return len(value) >= _SHORTEST_PLAIN and bool(re.search("[0-9!@#$%^*]", value)) and "." not in value


def _is_sure(name: str) -> bool:
    words = _words(name)
    joined = "_".join(words)
    if joined in _SURE or joined.endswith(_SURE_ENDS):
        return True
    # `DB_PASSWORD`, `aws_secret_access_key`, but not `pad_token` or `sort_key`.
    return any(joined.endswith(f"_{sure}") for sure in _SURE if sure != "token")


def _words(name: str) -> list[str]:
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return [word for word in re.split(r"[^A-Za-z0-9]+", split.lower()) if word]
