"""References: the texts by which people name things, taken apart.

Pure parsing: whether the thing exists is answered by `lineage.resolve`. A kind is a type's name in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from lineal.errors import InvalidArgument
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import family_of
from lineal.model.values import check_text

LATEST = "latest"
"""The alias that is never stored: the newest version, the newest run."""

MIN_TRACE = 8
MIN_RUN = 4
MIN_FINGERPRINT = 8
TRACE_DIGITS = 32
FINGERPRINT_DIGITS = 64

FORMS = """\
kind:name            newest version     model:delay
kind:name@version    version or alias   model:delay@v1.2.3  model:delay@production  dataset:flights@latest
run:…                newest, id, label  run:latest  run:019a4f02  run:train
endpoint:name        live revision      endpoint:delay-api  endpoint:delay-api@r2
prediction:trace     one answer         prediction:019a4f02
sha256:digits        content            sha256:4f3c2a91 (8 digits or more)
artifact#id          one node           artifact#7  execution#7  context#7"""


class Form(Enum):
    """The forms a reference can have."""

    NAME = "name"
    RUN = "run"
    ENDPOINT = "endpoint"
    PREDICTION = "prediction"
    FINGERPRINT = "fingerprint"
    ID = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One reference, taken apart.

    `kind` is the word before the colon in lower case. `name` is what stands behind it without the
    version: a family, a run's id or label, a trace id, the digits of a fingerprint. `version` is a
    version or an alias. `key` is set for the form `artifact#7` only.
    """

    text: str
    form: Form
    kind: str
    name: str
    version: str | None = None
    key: NodeKey | None = None

    def __str__(self) -> str:
        return self.text


def parse_reference(text: str) -> Reference:
    """Return the parts of a reference; raise InvalidArgument showing the forms if it is none.

    >>> parse_reference("model:delay@v1.2.3").version
    'v1.2.3'
    """
    check_text("a reference", text)
    wanted = text.strip()
    by_id = _ID.fullmatch(wanted)
    if by_id:
        key = NodeKey(NodeKind(by_id[1].lower()), int(by_id[2]))
        return Reference(text=str(key), form=Form.ID, kind=key.kind.value, name=by_id[2], key=key)
    kind, colon, rest = wanted.partition(":")
    kind, rest = kind.strip().lower(), rest.strip()
    if not colon or not _KIND.fullmatch(kind) or not rest:
        raise _refused(text, "it is not of the form kind:name")
    return _SPECIAL.get(kind, _named)(wanted, kind, rest)


def _named(text: str, kind: str, rest: str) -> Reference:
    family, version = family_of(rest)
    if not family or version == "":
        raise _refused(text, "a name or a version beside the @ is empty")
    form = Form.ENDPOINT if kind == Form.ENDPOINT.value else Form.NAME
    return Reference(text=f"{kind}:{rest}", form=form, kind=kind, name=family, version=version)


def _run(text: str, kind: str, rest: str) -> Reference:  # noqa: ARG001  one signature for all forms
    return Reference(text=f"{kind}:{rest}", form=Form.RUN, kind=kind, name=rest)


def _prediction(text: str, kind: str, rest: str) -> Reference:
    digits = rest.replace("-", "").lower()
    if not _HEX.fullmatch(digits) or not MIN_TRACE <= len(digits) <= TRACE_DIGITS:
        raise _refused(text, f"a trace id has {MIN_TRACE} to {TRACE_DIGITS} hexadecimal digits")
    return Reference(text=f"{kind}:{digits}", form=Form.PREDICTION, kind=kind, name=digits)


def _fingerprint(text: str, kind: str, rest: str) -> Reference:
    digits = rest.lower()
    if not _HEX.fullmatch(digits) or not MIN_FINGERPRINT <= len(digits) <= FINGERPRINT_DIGITS:
        raise _refused(text, f"a fingerprint has {MIN_FINGERPRINT} to {FINGERPRINT_DIGITS} hexadecimal digits")
    return Reference(text=f"{kind}:{digits}", form=Form.FINGERPRINT, kind=kind, name=digits)


def _refused(text: str, why: str) -> InvalidArgument:
    return InvalidArgument(f"{text!r} is not a reference: {why}", hint="references look like this:\n" + FORMS)


_ID = re.compile(r"(artifact|execution|context)#([0-9]{1,18})", re.IGNORECASE)
_KIND = re.compile(r"[a-z_][a-z0-9_.-]*")
_HEX = re.compile(r"[0-9a-f]+")
_SPECIAL = {"run": _run, "prediction": _prediction, "sha256": _fingerprint}
