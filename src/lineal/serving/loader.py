"""Loading a model: its bytes are verified against the recorded fingerprint before anything reads them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

from lineal.errors import FailedPrecondition, FileCorrupt, InvalidArgument, NotRunnable
from lineal.files import Files
from lineal.lineage.resolve import resolve
from lineal.lineage.training import reference_to
from lineal.model.nodes import Artifact
from lineal.model.vocabulary import REVISION
from lineal.serving.loaded import LOADED, LoadedModel
from lineal.store.protocol import Store


def load_model(store: Store, files: Files, ref: str) -> LoadedModel:
    """Load the model a reference names; an endpoint's reference names the model of its live revision.

    Raises FileCorrupt where the stored bytes are not the recorded ones; then nothing of them was read.
    """
    artifact = _model(store, ref)
    reference = reference_to(artifact)
    if artifact.fingerprint is None:
        raise FailedPrecondition(
            f"{reference} has no fingerprint, so its bytes cannot be verified", hint="log it with run.log_model(...)"
        )
    read = _reader(artifact, reference)
    content = _content(files, artifact.fingerprint, reference)
    loaded = LoadedModel(
        model=_made(read, content, reference),
        artifact=artifact,
        fingerprint=artifact.fingerprint,
        reference=reference,
    )
    LOADED.add(loaded)
    return loaded


def _model(store: Store, ref: str) -> Artifact:
    found = resolve(store, ref)
    if not isinstance(found, Artifact):
        raise InvalidArgument(f"{ref} is a {type(found).__name__}, not a model")
    if found.type != REVISION:
        return found
    named, fingerprint = str(found.properties["model"]), found.properties["model_fingerprint"]
    model = _model(store, named)
    if model.fingerprint != fingerprint:
        raise FailedPrecondition(
            f"{ref} was deployed with {named} as {fingerprint}, but that is now {model.fingerprint}",
            hint="approve and deploy the model again",
        )
    return model


def _reader(artifact: Artifact, reference: str) -> Callable[[bytes], object]:
    format_ = artifact.properties.get("format")
    read = _READERS.get(str(format_))
    if read is None:
        raise InvalidArgument(
            f"{reference} has the format {format_!r}, which load_model does not know",
            hint=f"it knows {', '.join(sorted(_READERS))}; other files: workspace.files.path(fingerprint)",
        )
    return read


def _content(files: Files, fingerprint: str, reference: str) -> bytes:
    try:
        return files.get(fingerprint)
    except FileCorrupt as error:
        raise FileCorrupt(f"{reference} was not loaded: {error.message}", hint=error.hint) from error


def _made(read: Callable[[bytes], object], content: bytes, reference: str) -> object:
    try:
        return read(content)
    except ImportError as error:
        missing = error.name or str(error)
        raise NotRunnable(
            f"{reference} needs {missing}, which is not installed here",
            missing=(missing,),
            hint="install what its run recorded as environment",
        ) from error
    except (pickle.UnpicklingError, ValueError, EOFError, AttributeError) as error:
        raise NotRunnable(
            f"{reference} is intact but cannot be read here: {error}",
            missing=(),
            hint="its classes are others in this environment; compare it with the run's",
        ) from error


def _unpickled(content: bytes) -> Any:
    return pickle.loads(content)  # noqa: S301  verified: exactly the bytes that the recorded run wrote


_READERS: dict[str, Callable[[bytes], object]] = {"pickle": _unpickled, "json": json.loads, "bytes": bytes}
