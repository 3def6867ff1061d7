"""Queries without their secrets: SQL states a password as `PASSWORD 'x'`, with no sign of equality between."""

from __future__ import annotations

import re

from lineal.capture.secrets import HIDDEN, redact

_STATED = re.compile(
    r"""(?ix) ( \b\w*(?: password | passwd | pwd | secret | token | credentials? | access_key | identified\s+by )\w*
        \s* (?: =>? | : | \bas\b | \bby\b )? \s* ) (?: '(?:[^']|'')*' | "(?:[^"]|"")*" )"""
)


def redact_query(text: str) -> str:
    """Return a query with `<hidden>` instead of the passwords and keys it states."""
    return redact(_STATED.sub(rf"\1'{HIDDEN}'", text))
