"""Secrets that are known by their shape: keys of large services, private-key blocks, tokens, credentials in URLs.

Text of any size and content goes through here, so every pattern is linear: bounded repeats, a plain search first.
"""

from __future__ import annotations

import re
from functools import lru_cache

HIDDEN = "[redacted]"

_KEY_BLOCK = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_KEY_END = r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

# What must be in the text for the pattern to be tried at all, and the pattern.
_SHAPES = (
    ("PRIVATE KEY", rf"{_KEY_BLOCK}(?:[\s\S]*?{_KEY_END}|[\s\S]*)"),
    ("AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    ("ASIA", r"\bASIA[0-9A-Z]{16}\b"),
    ("ABIA", r"\bABIA[0-9A-Z]{16}\b"),
    ("ACCA", r"\bACCA[0-9A-Z]{16}\b"),
    ("gh", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{22,255}"),
    ("glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("xapp-", r"\bxapp-[A-Za-z0-9-]{10,}"),
    ("hooks.slack.com", r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"),
    ("AIza", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("ya29.", r"\bya29\.[0-9A-Za-z_-]{20,}"),
    ("GOCSPX-", r"\bGOCSPX-[0-9A-Za-z_-]{20,}"),
    ("eyJ", r"\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]*"),
    ("k_live_", r"\b[sr]k_live_[0-9A-Za-z]{16,}"),
    ("k_test_", r"\b[sr]k_test_[0-9A-Za-z]{16,}"),
    ("sk-", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("hf_", r"\bhf_[A-Za-z0-9]{30,}"),
    ("npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    ("pypi-", r"\bpypi-[A-Za-z0-9_-]{50,}"),
)
_URL = r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]{1,30}://)(?!git@)[^/\s\"'<>?#\[\]{}]{1,400}@"


def hide_shapes(text: str) -> tuple[str, int]:
    """Return `text` without the secrets known by shape, and how many there were."""
    total = 0
    if "://" in text and "@" in text:
        text, total = _compiled(_URL).subn(rf"\g<scheme>{HIDDEN}@", text)
    for literal, pattern in _SHAPES:
        if literal in text:
            text, count = _compiled(pattern).subn(HIDDEN, text)
            total += count
    return text, total


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    # At first need: most runs meet no secret, and `import lineal` must not pay for any.
    return re.compile(pattern, re.ASCII)
