"""Objects in S3, Google Cloud Storage and Azure: the version that their URL names."""

from __future__ import annotations

from urllib.parse import urlsplit

from lineal.capture.pins.pin import Pin, query_of

_SYSTEMS = {
    "s3": "s3",
    "s3a": "s3",
    "s3n": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
}
_WEB = {"http", "https"}


def of_url(url: str) -> Pin | None:
    """Return the version of an object; without one in the URL it is whatever is there when it is read."""
    parts = urlsplit(url)
    asked = query_of(url)
    system = _SYSTEMS.get(parts.scheme)
    if system == "gcs" and parts.fragment.isdecimal():
        return Pin("gcs", parts.fragment)
    for name, owner in (("versionid", system or "s3"), ("generation", "gcs"), ("snapshot", "azure")):
        if asked.get(name) and (system == owner or parts.scheme in _WEB):
            return Pin(_owner(parts.hostname or "", owner), asked[name])
    if system is not None:
        return Pin(system, None, "its URL names no version: whatever was there when it was read")
    return None


def _owner(host: str, otherwise: str) -> str:
    """`versionid` is a word of S3 and of Azure."""
    return "azure" if host.endswith(".blob.core.windows.net") else otherwise
