"""Content: what a thing given to `use` or `log_…` is, by its bytes: fingerprint, size, schema, kept bytes.

A thing whose content cannot be read as data has no fingerprint: the reason is kept beside it, nothing is guessed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from lineal.capture.data import fingerprint_of
from lineal.capture.fingerprints.arrays import is_array
from lineal.capture.fingerprints.frames import is_frame
from lineal.capture.secrets import HIDDEN, redact, redact_value
from lineal.errors import Aborted, InvalidArgument, MissingExtra, NotFound, PermissionDenied
from lineal.model.fingerprint import Fingerprinted
from lineal.model.values import Value

UNKNOWN = "fingerprint_unknown"
"""The custom property that says why an artifact has no fingerprint."""

_UNREADABLE = (InvalidArgument, MissingExtra, Aborted, PermissionDenied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is known about one thing; `facts` become properties of its artifact."""

    fingerprint: str | None
    canonical: str | None = None
    uri: str | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)


def is_url(thing: object) -> bool:
    """Return whether this is the text of a URL (a Windows drive letter is none)."""
    return isinstance(thing, str) and "://" in thing and len(urlsplit(thing).scheme) > 1


def is_data(thing: object) -> bool:
    """Return whether this is a frame, or an array of one dimension or more, of a library that is loaded already."""
    return is_frame(thing) or (is_array(thing) and getattr(thing, "ndim", 0) > 0)


def of_url(url: str) -> Content:
    """Return a URL without its credentials; what is behind it was not looked at."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = "&".join(_clean(part) for part in parts.query.split("&")) if parts.query else ""
    return Content(fingerprint=None, uri=redact(urlunsplit(parts._replace(netloc=host, query=query))))


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
        return described(fingerprint_of(path), uri)
    except _UNREADABLE as error:
        return Content(fingerprint=None, uri=uri, facts={UNKNOWN: str(error)})


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
    return Content(fingerprint=found.fingerprint, uri=uri, facts=facts)


def _shape(thing: object) -> dict[str, Value]:
    shape = getattr(thing, "shape", ())
    return {name: int(size) for name, size in zip(("rows", "columns"), shape, strict=False)}
