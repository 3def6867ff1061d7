"""Secrets that are known by their shape: keys of large services, private-key blocks, tokens, credentials in URLs.

Text of any size and content goes through here, so every pattern is linear: bounded repeats, a plain search first.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lineal.model.vocabulary import HIDDEN

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
    ("gl", r"\bgl(?:rt|dt|ft|cbt|ptt|soat|agent)-[A-Za-z0-9_-]{20,}"),
    ("gsk_", r"\bgsk_[A-Za-z0-9]{40,}"),
    ("r8_", r"\br8_[A-Za-z0-9]{30,}"),
    ("xai-", r"\bxai-[A-Za-z0-9]{40,}"),
    ("pplx-", r"\bpplx-[A-Za-z0-9]{40,}"),
    ("nvapi-", r"\bnvapi-[A-Za-z0-9_-]{40,}"),
    ("lsv2_", r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    ("pcsk_", r"\bpcsk_[A-Za-z0-9_]{40,}"),
    ("dapi", r"\bdapi[0-9a-f]{32}(?:-\d)?\b"),
    ("SG.", r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    ("SK", r"\bSK[0-9a-f]{32}\b"),
    ("key-", r"\bkey-[0-9a-f]{32}\b"),
    ("-us", r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    ("hv", r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}"),
    (".atlasv1.", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}"),
    ("_v1_", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    ("dckr_", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    ("lin_api_", r"\blin_api_[A-Za-z0-9]{30,}"),
    ("ntn_", r"\bntn_[A-Za-z0-9]{40,}"),
    ("figd_", r"\bfigd_[A-Za-z0-9_-]{30,}"),
    ("PMAK-", r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("shp", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    ("sq0", r"\bsq0(?:atp|csp)-[A-Za-z0-9_-]{22,}"),
    ("whsec_", r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    ("ATATT3", r"\bATATT3[A-Za-z0-9_=-]{60,}"),
    ("ATBB", r"\bATBB[A-Za-z0-9]{28,}"),
    ("AGE-SECRET-KEY-", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    ("pscale_", r"\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{30,}"),
    ("sbp_", r"\bsbp_[0-9a-f]{40}\b"),
    ("glsa_", r"\bglsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}\b"),
    ("glc_", r"\bglc_[A-Za-z0-9+/=]{32,}"),
    ("NRAK-", r"\bNRAK-[A-Z0-9]{27}\b"),
    ("sntrys_", r"\bsntrys_[A-Za-z0-9+/=_-]{40,}"),
    ("dp.", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._]{40,}"),
    ("FlyV1 ", r"\bFlyV1 [A-Za-z0-9_+/=,-]{40,}"),
    ("rubygems_", r"\brubygems_[0-9a-f]{48}\b"),
    ("pat", r"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}\b"),
    ("LTAI", r"\bLTAI[A-Za-z0-9]{12,24}\b"),
    ("AKID", r"\bAKID[A-Za-z0-9]{32,40}\b"),
    ("ops_", r"\bops_eyJ[A-Za-z0-9_-]{40,}"),
    ("8Q~", r"\b[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,40}"),
    (":AA", r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    ("/api/webhooks/", r"/api/webhooks/\d{5,25}/[A-Za-z0-9_-]{20,}"),
    ("webhook.office.com", r"webhook\.office\.com/webhookb2/[A-Za-z0-9@/_-]{20,}"),
    ("PuTTY-User-Key-File-", r"PuTTY-User-Key-File-\d[\s\S]*"),
)
_QUERY = (
    "password|passwd|pwd|pass|token|access_token|auth_token|api_?key|secret|client_secret|sig|signature|security-token|"
    "x-goog-signature|accountkey|sharedaccesskey"
)
# Those whose first part stays: it says what was cut out.
_AFTER = (
    (
        "uthorization",
        r"(?P<kept>uthorization[\"']?\s{0,5}[:=]\s{0,5}[\"']?(?:Bearer|Basic|Token|ApiKey)\s{1,5})[^\s\"'{}]{6,2000}",
    ),
    ("earer ", r"(?P<kept>\b[Bb]earer\s{1,5})[A-Za-z0-9+/=._~-]{16,}"),
    ("BEARER ", r"(?P<kept>\bBEARER\s{1,5})[A-Za-z0-9+/=._~-]{16,}"),
    ("asic ", r"(?P<kept>\b[Bb]asic\s{1,5})(?=[A-Za-z+/]{0,60}[0-9=])[A-Za-z0-9+/]{8,}={0,2}"),
    ("=", rf"(?P<kept>(?:[?&;]|\bX-Amz-)(?i:{_QUERY})=)[^&\s\"'#;]{{3,2000}}"),
    ("machine ", r"(?P<kept>\bmachine\s+\S{1,200}\s+login\s+\S{1,200}\s+password\s+)\S{1,400}"),
)
_URL = r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]{1,30}://)(?!git@)[^/\s\"'<>?#\[\]{}]{1,400}@"


def hide_shapes(text: str) -> tuple[str, int]:
    """Return `text` without the secrets known by shape, and how many there were."""
    total = 0
    if "://" in text and "@" in text:
        text, total = _compiled(_URL).subn(rf"\g<scheme>{HIDDEN}@", text)
    for literal, pattern in _SHAPES:
        if literal in text:
            text, count = _compiled(_quick(literal, pattern)).subn(HIDDEN, text)
            total += count
    for literal, pattern in _AFTER:
        if literal in text:
            text, count = _compiled(pattern).subn(rf"\g<kept>{HIDDEN}", text)
            total += count
    return text, total


def _quick(literal: str, pattern: str) -> str:
    """Return a pattern that begins with its literal instead of the word's edge in front of it.

    `re` looks for a literal beginning many times faster than for the edge of a word, of which there are millions.
    """
    if not re.fullmatch("[A-Za-z0-9_-]+", literal) or not pattern.startswith(rf"\b{literal}"):
        return pattern
    return rf"{literal}(?<!\w{literal}){pattern[2 + len(literal) :]}"


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> re.Pattern[str]:
    # At first need: most runs meet no secret, and `import lineal` must not pay for any.
    return re.compile(pattern, re.ASCII)
