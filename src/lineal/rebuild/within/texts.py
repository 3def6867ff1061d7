"""Texts: their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from lineal.capture.metric_files import is_metric_file
from lineal.rebuild.of_the_machine import OF_THE_MACHINE, is_of_the_machine
from lineal.rebuild.within.part import Opaque, Part

_LONGEST = 200
_SETTING = re.compile(r"\s*[\"']?([\w .-]+?)[\"']?\s*:\s")
_TIMES = re.compile(
    r"(?:\w{3},? )?(?:\w{3} +\d{1,2}|\d{1,2} \w{3}),? (?:\d{4} )?\d\d:\d\d:\d\d(?: ?[A-Z]{3,4})?(?: \d{4})?"
    r"|\d{4}[-/.]\d\d[-/.]\d\d(?:[T _]\d\d[:-]\d\d(?:[:-]\d\d)?(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\b20\d{6}[T_-]?\d{6}\b"
    r"|\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?(?: ?[AaPp][Mm])?"
    r"|\b1[5-9]\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?\b"
    r"|\b\d+(?:\.\d+)?(?:e-?\d+)? ?(?:ns|us|µs|ms|s|secs?|seconds?|min|minutes?)\b"
)
"""Moments and durations as programs write them into logs."""


def lines_of(name: PurePath, data: bytes) -> Iterator[Part]:
    """Yield the lines of a text; Opaque for what is none."""
    if b"\0" in data:
        raise Opaque("this is no text")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Opaque("this is no text") from error
    is_listed = is_metric_file(name) and name.suffix.lower() in {".yaml", ".yml"}
    for number, line in enumerate(text.split("\n"), 1):  # nothing is lost so, not even how lines end
        named = _SETTING.match(line[:_LONGEST]) if is_listed else None
        aside = OF_THE_MACHINE if named is not None and is_of_the_machine(named.group(1)) else ""
        yield Part(f"line {number}", line, {"line": number}, f"{named.group(1)} ({aside})" if named and aside else "")


def without_times(line: str) -> str:
    """Return a line with moments and durations left out of it."""
    return _TIMES.sub("", line)
