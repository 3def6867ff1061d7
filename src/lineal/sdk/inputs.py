"""What a run reads: from the thing given to `use` to the artifact that is wanted."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.errors import InvalidArgument
from lineal.model.edges import EventType, How
from lineal.model.nodes import Artifact, ArtifactState, family_of
from lineal.model.references import parse_reference
from lineal.sdk import content
from lineal.sdk.kinds import stem_of
from lineal.sdk.models import wanted_model
from lineal.sdk.sources import Source
from lineal.sdk.urls import is_url
from lineal.sdk.wanted import Wanted, checked_name, checked_version


def wanted_input(
    thing: object,
    *,
    name: str | None = None,
    version: str | None = None,
    type_: str = "Dataset",
    source: str | os.PathLike[str] | Source | None = None,
    how: How = How.DECLARED,
    path: tuple[str | int, ...] = (),
) -> Wanted:
    """Return the artifact a run wants to read. Raises NotFound for a text that is neither file, URL nor reference."""
    version = checked_version(version)
    if isinstance(thing, Artifact):
        wanted = _of_artifact(thing)
    elif isinstance(thing, Source):
        wanted = _of_source(thing, name, version, type_)
    elif isinstance(thing, str | os.PathLike):
        wanted = _of_text(os.fspath(thing), name, version, type_)
    elif content.is_data(thing) or isinstance(thing, bytes | bytearray | dict | list):
        wanted = _wanted(content.of_data(thing), _needed(name, thing), version, type_)
    else:
        wanted = wanted_model(thing, name=_needed(name, thing), version=version)
        wanted = replace(wanted, role=EventType.INPUT)
    uri = wanted.uri if source is None else source_uri(source)
    facts = {**wanted.facts, **source.facts} if isinstance(source, Source) else wanted.facts
    return replace(wanted, how=how, path=path, uri=uri, facts=facts)


def source_uri(source: str | os.PathLike[str] | Source) -> str | None:
    """Return where data came from as a URI without credentials; None for a query to nowhere that is known."""
    if isinstance(source, Source):
        return source.uri
    text = os.fspath(source)
    if is_url(text):
        return content.of_url(text).uri or text
    return Path(text).absolute().as_uri()


def family_from(location: str) -> str:
    """Return a family name for a path or URL: `flights` for `data/flights.csv.gz`, `ridge-0.1` for `ridge-0.1.pkl`."""
    last = unquote(urlsplit(location).path if is_url(location) else location).replace("\\", "/")
    file = last.rstrip("/").rpartition("/")[2]
    return (stem_of(file.lstrip(".")) or file or "data").strip().replace("@", "_") or "data"


def is_reference(text: str) -> bool:
    """Return whether this text has the form of a reference, such as `model:delay@v1`."""
    try:
        parse_reference(text)
    except InvalidArgument:
        return False
    return True


def _of_artifact(artifact: Artifact) -> Wanted:
    if artifact.id is None:
        raise InvalidArgument(
            f"the artifact {artifact.name!r} was never put into a store, so a run cannot use it",
            hint="use what log_dataset or log_model gave back, or a reference such as dataset:flights@v1",
        )
    family, version = family_of(artifact.name or str(artifact.id))
    return Wanted(role=EventType.INPUT, type=artifact.type, family=family, version=version, stored=artifact.id)


def _of_text(text: str, name: str | None, version: str | None, type_: str) -> Wanted:
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    if is_url(text):
        known = content.of_url(text)
        family = name or family_from(known.uri or text)
        return replace(_wanted(known, family, version, type_), state=ArtifactState.REFERENCE)
    if not os.path.lexists(text) and is_reference(text):
        return Wanted(role=EventType.INPUT, type=type_, family=text, reference=text)
    return replace(_wanted(content.of_path(Path(text)), name or family_from(text), version, type_), place=text)


def _of_source(source: Source, name: str | None, version: str | None, type_: str) -> Wanted:
    if source.uri is None or "offsets" not in source.facts:
        raise InvalidArgument(
            "a query says nothing of its result, which may be another one each time",
            hint="give the result: run.use(frame, name='late', source=sources.sql(…))",
        )
    known = content.Content(fingerprint=None, uri=source.uri, facts=source.facts)
    return replace(_wanted(known, name or source.name, version, type_), state=ArtifactState.REFERENCE)


def _needed(name: str | None, thing: object) -> str:
    if name is None:
        raise InvalidArgument(
            f"a {type(thing).__module__.partition('.')[0]} {type(thing).__name__} needs a name to be known by",
            hint="run.use(frame, name='flights')",
        )
    return name


def _wanted(known: content.Content, family: str, version: str | None, type_: str) -> Wanted:
    return Wanted(
        role=EventType.INPUT,
        type=type_,
        family=checked_name(family, "an input"),
        version=version,
        fingerprint=known.fingerprint,
        uri=known.uri,
        facts=known.facts,
    )
