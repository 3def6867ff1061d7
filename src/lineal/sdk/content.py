"""Content: what a thing given to `use` or `log_…` is, by its bytes: fingerprint, size, schema, kept bytes.

A thing whose content cannot be read as data has no fingerprint: the reason is kept beside it, nothing is guessed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from lineal.capture.data import fingerprint_of, is_table, of_table, table_size
from lineal.capture.fingerprints.arrays import is_array
from lineal.capture.fingerprints.databases import is_database, tables_of
from lineal.capture.fingerprints.frames import is_frame
from lineal.capture.pins.find import pin_of_path, pin_of_url
from lineal.capture.pins.pin import Pin
from lineal.capture.secrets import HIDDEN, redact, redact_value
from lineal.errors import Aborted, InvalidArgument, LinealError, MissingExtra, NotFound, PermissionDenied
from lineal.integrations.hooks import outermost
from lineal.integrations.sources import GROUP
from lineal.model.fingerprint import Fingerprinted
from lineal.model.values import Value
from lineal.sdk.background import fingerprint_here

UNKNOWN = "fingerprint_unknown"
"""The custom property that says why an artifact has no fingerprint."""

TABLE_BYTES = 64 << 20
"""Larger files are known by their bytes alone: their rows would cost too much."""

_OF_FRAMES = ("rows", "columns", "schema", "column_fingerprints", "row_set")

_UNREADABLE = (InvalidArgument, MissingExtra, Aborted, PermissionDenied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is known about one thing; `facts` become properties of its artifact."""

    fingerprint: str | None
    canonical: str | None = None
    uri: str | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)


def is_data(thing: object) -> bool:
    """Return whether this is a frame, or an array of one dimension or more, of a library that is loaded already."""
    return is_frame(thing) or (is_array(thing) and getattr(thing, "ndim", 0) > 0)


def of_url(url: str) -> Content:
    """Return a URL without its credentials; what is behind it was not looked at."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = "&".join(_clean(part) for part in parts.query.split("&")) if parts.query else ""
    clean = redact(urlunsplit(parts._replace(netloc=host, query=query)))
    return Content(fingerprint=None, uri=clean, facts=_pinned(pin_of_url(clean), "declared"))


def _clean(part: str) -> str:
    name, equals, value = part.partition("=")
    # A signed URL is a key to what it names: S3, Azure and Google put theirs here.
    is_signature = name.lower() in {"sig", "signature"} or name.lower().endswith(("-signature", "-security-token"))
    return name + equals + (HIDDEN if is_signature else redact_value(name, value))


def of_path(path: Path) -> Content:
    """Return the content of a file or directory; NotFound if there is neither."""
    if not os.path.exists(path):  # noqa: PTH110  any text may come here, also one too long to be a path
        raise NotFound(
            f"there is no file or directory {path}",
            hint="a reference has the form kind:name@version, a URL has a scheme, such as s3://",
        )
    uri = path.absolute().as_uri()
    try:
        found = described(fingerprint_here(path), uri)
        return replace(found, facts={**table_facts(path), **place_facts(path), **found.facts})
    except _UNREADABLE as error:
        return Content(fingerprint=None, uri=uri, facts={UNKNOWN: str(error)})


def frame_facts(frame: Fingerprinted) -> dict[str, Value]:
    """Return what is known of a frame beside the file that holds it: its own fingerprint as `frame`, its columns."""
    known = described(frame, None).facts
    return {"frame": frame.fingerprint} | {name: known[name] for name in _OF_FRAMES if name in known}


def table_facts(path: Path, *, most: int = TABLE_BYTES) -> dict[str, Value]:
    """Return what is known of the rows in a file, beside its bytes: nothing for what is no table, or is larger.

    A directory of Parquet files is a table as well.

    Nothing either while pyarrow is not loaded: it is not loaded for this. `frame_source` says that the rows are
    those of the file itself, not of a frame that was read from it or written to it with who knows which options.
    """
    if "pyarrow" not in sys.modules:
        return {}
    try:
        if not is_table(path) or not 0 < table_size(path) <= most:
            return {}
        return {**frame_facts(of_table(path)), "frame_source": "file"}
    except OSError:
        return {}  # gone meanwhile
    except LinealError as error:
        return {"frame_unknown": str(error)}


def database_facts(path: Path, *, most: int) -> dict[str, Value]:
    """Return the fingerprints of the tables in a DuckDB file that the program wrote; nothing for anything else."""
    try:
        if not path.is_file() or not 0 < path.stat().st_size <= most or not is_database(path):
            return {}
    except OSError:
        return {}  # gone meanwhile
    with outermost(GROUP):  # this is no reading of the program's
        tables = tables_of(path)
    return {} if tables is None else {"tables": tables}


def place_facts(path: Path) -> dict[str, Value]:
    """Return the version that another system gives to what lies there: `source_system`, `source_version`."""
    return _pinned(pin_of_path(path), "observed")


def _pinned(pin: Pin | None, evidence: str) -> dict[str, Value]:
    """`evidence` says whether the content was looked at as well, or the version is only said to be this."""
    if pin is None:
        return {}
    facts: dict[str, Value] = {"source_system": pin.system}
    if pin.version is not None:
        facts |= {"source_version": redact(pin.version), "source_evidence": evidence}
    if pin.reason is not None:
        facts["source_version_unknown" if pin.version is None else "source_note"] = redact(pin.reason)
    return facts


def of_data(thing: object) -> Content:
    """Return the content of a frame, an array, bytes or JSON values; InvalidArgument for anything else."""
    try:
        return described(fingerprint_of(thing), None)
    except _UNREADABLE as error:
        if not is_data(thing):
            raise
        return Content(fingerprint=None, facts={UNKNOWN: str(error), **_shape(thing)})


def described(found: Fingerprinted, uri: str | None) -> Content:
    """Return what a fingerprint says about the content it was taken of."""
    # What the digits were made from, and by which version of which rule, so that they can be made again.
    facts: dict[str, Value] = {"fingerprint_kind": found.kind, "fingerprint_rule": found.rule}
    sizes = {"rows": found.rows, "columns": found.columns, "bytes": found.bytes}
    facts |= {name: size for name, size in sizes.items() if size is not None}
    if found.schema is not None:
        # A list: a mapping would come back in the order of its keys, and the order of columns counts.
        facts["schema"] = [{"name": name, "type": kind} for name, kind in found.schema.items()]
    if found.column_fingerprints:
        facts["column_fingerprints"] = found.column_fingerprints
    if found.row_set is not None:
        facts["row_set"] = found.row_set
    if found.row_marks:
        facts["row_marks"] = [found.row_marks]  # a list, so that nobody looks for artifacts by it
    return Content(fingerprint=found.fingerprint, uri=uri, facts=facts)


def _shape(thing: object) -> dict[str, Value]:
    shape = getattr(thing, "shape", ())
    return {name: int(size) for name, size in zip(("rows", "columns"), shape, strict=False)}
