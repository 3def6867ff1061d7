"""Models: from a fitted object, its bytes or its file to the artifact that is wanted."""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from lineal.capture.captured import Captured, captured
from lineal.capture.fingerprints.models import Canonical, canonical_of, canonical_of_file
from lineal.capture.guard import guarded
from lineal.capture.secrets import redact
from lineal.errors import NotFound
from lineal.model.edges import EventType
from lineal.model.values import Value
from lineal.sdk.background import fingerprint_here
from lineal.sdk.wanted import Wanted, checked_facts, checked_name, checked_version

PICKLE_PROTOCOL = 5

STATE_LIMIT = 32 << 20
"""A fitted state above this is known by its fingerprint alone: another is told apart, but not element by element."""

FILE_LIMIT = 256 << 20
"""Model files above this are known by their bytes alone."""


def wanted_model(
    model: object, *, name: str, version: str | None = None, properties: Mapping[str, Value] | None = None
) -> Wanted:
    """Return the model a run wants to keep: bytes as they are, a file's content, anything else pickled.

    A model that cannot be pickled is recorded by its fitted state alone and the reason beside it.
    """
    family, version, given = checked_name(name, "a model"), checked_version(version), checked_facts(properties)
    if isinstance(model, str | os.PathLike):
        return _of_file(Path(model), family, version, given)
    data, state, facts = _of_bytes(model) if isinstance(model, bytes | bytearray) else _of_object(model)
    return Wanted(
        role=EventType.OUTPUT,
        type="Model",
        family=family,
        version=version,
        fingerprint=f"sha256:{hashlib.sha256(data).hexdigest()}" if data is not None else None,
        canonical=state.fingerprint,
        facts={**facts, **given},
        keep=data,
        fitted=kept_state(state),
    )


def _of_file(path: Path, family: str, version: str | None, given: Mapping[str, Value]) -> Wanted:
    if not path.is_file():
        raise NotFound(f"there is no model file {path}")
    found, state = fingerprint_here(path), file_state(path)
    return Wanted(
        role=EventType.OUTPUT,
        type="Model",
        family=family,
        version=version,
        fingerprint=found.fingerprint,
        canonical=state.fingerprint,
        uri=path.absolute().as_uri(),
        facts={"format": "file", "bytes": path.stat().st_size, **given},
        keep=path,
        fitted=kept_state(state),
        place=str(path),
    )


def file_state(path: Path) -> Canonical:
    """Return the fitted state of what is in a model file, without a fingerprint where only its library can read it."""
    if path.stat().st_size > FILE_LIMIT:
        return Canonical(None, "the file is too large to be looked into")
    return _guarded(lambda: canonical_of_file(path))


def kept_state(state: Canonical) -> bytes | None:
    """Return the bytes of a fitted state that are kept beside its model; None where they are too large or not known."""
    return state.state if state.state is not None and len(state.state) <= STATE_LIMIT else None


def _of_bytes(model: bytes | bytearray) -> tuple[bytes | None, Canonical, dict[str, Value]]:
    return bytes(model), Canonical(None), {"format": "bytes", "bytes": len(model)}


def fitted_state(model: object) -> tuple[Canonical, dict[str, Value]]:
    """Return a model's fitted state, without a fingerprint where it has no rule, and the facts about it."""
    facts: dict[str, Value] = {"framework": _framework(model)}
    state = _guarded(lambda: canonical_of(model))
    if state.fingerprint is None:
        facts["canonical_unknown"] = state.reason or "no rule for its class"
    elif state.left_out:
        facts["canonical_notes"] = f"left out: {', '.join(state.left_out)}"
    return state, facts


def _of_object(model: object) -> tuple[bytes | None, Canonical, dict[str, Value]]:
    """Return the pickled bytes, the fitted state, and the facts; what fails is a reason."""
    state, facts = fitted_state(model)
    try:
        data = pickle.dumps(model, protocol=PICKLE_PROTOCOL)
    except Exception as error:  # noqa: BLE001  whatever the classes inside raise must not end a training
        reason = f"cannot be pickled: {type(error).__name__}: {error}"
        return None, state, {**facts, "bytes_unknown": redact(reason)}
    return data, state, {**facts, "format": "pickle", "bytes": len(data)}


def _guarded(look: Callable[[], Canonical]) -> Canonical:
    """Return what a look at a model gives, or the reason why it failed."""
    found: list[Canonical] = []

    def probe() -> Captured:
        found.append(look())
        return captured(None)

    failed = guarded(probe)
    return found[0] if found else Canonical(None, failed.reason)


def _framework(model: object) -> str:
    """Return the package a model's class comes from, with its version: `sklearn 1.6.0`."""
    package = type(model).__module__.partition(".")[0]
    version = getattr(sys.modules.get(package), "__version__", None)
    return f"{package} {version}" if isinstance(version, str) else package
