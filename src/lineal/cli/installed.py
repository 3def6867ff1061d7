"""Which version of a package is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version(package: str) -> str:
    """Return the installed version of a package, "" if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
