"""What a run writes: from the thing given to `log_dataset` or `log_artifact` to the artifact that is wanted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lineal.errors import InvalidArgument, MissingExtra
from lineal.model.edges import EventType
from lineal.model.nodes import ArtifactState
from lineal.model.values import Value
from lineal.sdk import content
from lineal.sdk.inputs import source_uri
from lineal.sdk.sources import Source
from lineal.sdk.urls import is_url
from lineal.sdk.wanted import Wanted, checked_facts, checked_name, checked_version


def wanted_dataset(
    data: object,
    *,
    name: str,
    version: str | None = None,
    type_: str = "Dataset",
    source: str | os.PathLike[str] | Source | None = None,
    properties: Mapping[str, Value] | None = None,
    keep: bool = False,
) -> Wanted:
    """Return the dataset a run wants to record: a frame, a file, a directory, a URL or JSON rows."""
    family, version, given = checked_name(name, "a dataset"), checked_version(version), checked_facts(properties)
    known, kept = _known(data, keep=keep)
    uri = known.uri if source is None else source_uri(source)
    facts = {**known.facts, **(source.facts if isinstance(source, Source) else {}), **given}
    if isinstance(kept, bytes):
        facts |= {"kept": f"sha256:{hashlib.sha256(kept).hexdigest()}", "kept_format": "parquet"}
    return Wanted(
        role=EventType.OUTPUT,
        type=type_,
        family=family,
        version=version,
        fingerprint=known.fingerprint,
        uri=uri,
        state=ArtifactState.REFERENCE if is_url(data) else ArtifactState.LIVE,
        facts=facts,
        keep=kept,
        place=os.fspath(data) if isinstance(data, str | os.PathLike) and not is_url(data) else None,
    )


def wanted_artifact(
    thing: object, *, name: str, version: str | None, type_: str, properties: Mapping[str, Value] | None
) -> Wanted:
    """Return the file a run wants to keep: a path's content, bytes, or JSON of a dict or list."""
    family, version, given = checked_name(name, "an artifact"), checked_version(version), checked_facts(properties)
    wanted = Wanted(role=EventType.OUTPUT, type=type_, family=family, version=version)
    if isinstance(thing, str | os.PathLike):
        path = Path(thing)
        known = content.of_path(path)
        kind = path.suffix.lstrip(".") or "file"
        facts = {"format": kind, **known.facts, **given}
        keep = path if path.is_file() else None
        uri, place = known.uri, os.fspath(thing)
        return replace(wanted, fingerprint=known.fingerprint, uri=uri, facts=facts, keep=keep, place=place)
    data, kind = (bytes(thing), "bytes") if isinstance(thing, bytes | bytearray) else (_json(thing), "json")
    fingerprint = f"sha256:{hashlib.sha256(data).hexdigest()}"
    facts = {"format": kind, "bytes": len(data), **given}
    return replace(wanted, fingerprint=fingerprint, facts=facts, keep=data)


def _known(data: object, *, keep: bool) -> tuple[content.Content, bytes | Path | None]:
    if is_url(data):
        if keep:
            raise InvalidArgument(f"{data!r} is a URL: its bytes are not kept", hint="log the downloaded file")
        return content.of_url(str(data)), None
    if isinstance(data, str | os.PathLike):
        path = Path(data)
        if keep and path.is_dir():
            raise InvalidArgument(f"{path} is a directory: its bytes are not kept", hint="log its files one by one")
        return content.of_path(path), path if keep else None
    return content.of_data(data), _parquet(data) if keep else None


def _json(thing: object) -> bytes:
    import json  # rarely needed, and not free at import

    try:
        return json.dumps(thing, sort_keys=True, indent=1, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidArgument(
            f"{type(thing).__name__} cannot be logged as an artifact: {error}",
            hint="give a path, bytes, or a dict or list of plain values; frames go to log_dataset, models to log_model",
        ) from error


def _parquet(frame: object) -> bytes:
    """Return a frame as Parquet, which pandas, polars and pyarrow all read."""
    try:
        import pyarrow as pa  # third party
        from pyarrow import parquet  # third party
    except ImportError as error:
        raise MissingExtra("keeping a frame", extra="data") from error
    if isinstance(frame, pa.Table):
        table = frame
    elif hasattr(frame, "to_arrow"):
        table = frame.to_arrow()
    else:
        table = pa.Table.from_pandas(frame)
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink)
    return bytes(sink.getvalue())
