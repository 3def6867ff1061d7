"""The statement: the verdict of a rebuild as an in-toto attestation about the artifacts, for people elsewhere.

Data only; `envelope` signs it. The fields are documented in `docs/rebuild-statements.md`, and keep their meaning under
this predicate type.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from lineal.errors import InvalidArgument
from lineal.lineage.training import reference_to
from lineal.model.fingerprint import OF_BYTES
from lineal.model.ids import Micros
from lineal.model.nodes import Artifact
from lineal.model.values import Json
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.verdict import Verdict

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:lineal:rebuild:v1"

_LEFT_OUT = ("said", "kept", "outputs")


def statement_of(recipe: Recipe, verdict: Verdict, *, by: str, began: Micros, ended: Micros) -> dict[str, Json] | None:
    """Return the statement about what was rebuilt; None where nothing of it has a fingerprint to speak about."""
    subjects = list(_subjects(recipe))
    if not subjects:
        return None
    facts = {name: value for name, value in verdict.document().items() if name not in _LEFT_OUT}
    return {
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            **facts,
            "outputs": [{**output.document(), "differences": []} for output in verdict.outputs],
            "rebuilder": {"actor": by, "lineal": _version()},
            "startedAt": _iso(began),
            "endedAt": _iso(ended),
        },
    }


def payload_of(statement: Mapping[str, Json]) -> bytes:
    """Return the bytes of a statement that are signed."""
    plain = _plain(statement)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def _plain(value: Json) -> Json:
    """Return a value as every reader of JSON understands it: what has no finite number is its text, bytes are hex."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def checked(statement: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the statement if it is one about a rebuild; InvalidArgument for any other."""
    if statement.get("_type") != STATEMENT_TYPE or statement.get("predicateType") != PREDICATE_TYPE:
        raise InvalidArgument(
            f"the statement is {statement.get('predicateType')!r}, not one about a rebuild ({PREDICATE_TYPE})"
        )
    return statement


def _subjects(recipe: Recipe) -> Iterable[Json]:
    for artifact in recipe.outputs:
        digests = _digests(artifact)
        if digests:
            yield {"name": reference_to(artifact), "digest": digests}


def _digests(artifact: Artifact) -> dict[str, Json]:
    """Return the digests by algorithm: `sha256` is that of bytes; those of content have names of their own."""
    found: dict[str, Json] = {}
    kind = artifact.custom_properties.get("fingerprint_kind")
    if artifact.fingerprint is not None:
        name = "sha256" if kind in OF_BYTES else f"lineal{str(kind).capitalize()}"
        found[name] = artifact.fingerprint.partition(":")[2]
    canonical = artifact.properties.get("canonical")
    if isinstance(canonical, str):
        found["linealModel"] = canonical.partition(":")[2]
    return found


def _iso(time: Micros) -> str:
    return datetime.fromtimestamp(time / 1_000_000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _version() -> str:
    try:
        return version("lineal")
    except PackageNotFoundError:
        return "unknown"
