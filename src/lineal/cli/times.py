"""Points in time as people write and read them: ISO 8601, in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from lineal.errors import InvalidArgument
from lineal.model.ids import Micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_DAY = 86_400_000_000
_HINT = "write 2026-03-01, 2026-03-01T12:00:00Z or 2026-03-01T13:00:00+01:00"

_UNITS = {"h": 3600, "d": 86_400, "w": 604_800}


def parse_as_of(text: str) -> Micros:
    """Return the moment of an `--as-of`; a plain date is the last microsecond of that day in UTC.

    Raises InvalidArgument for what is not ISO 8601, and for a time without an offset: it would mean
    another moment on each machine.
    """
    day = _date(text)
    if day is not None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return Micros((midnight - _EPOCH) // _MICRO + _DAY - 1)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(f"{text!r} is not an ISO 8601 date or time", hint=_HINT) from error
    if moment.tzinfo is None:
        raise InvalidArgument(f"{text!r} has no time zone, so it could mean many moments", hint=_HINT)
    return Micros((moment - _EPOCH) // _MICRO)


def iso(time: Micros | None) -> str:
    """Return a time to the second, `2026-03-01T12:00:00Z`; "" where there is none."""
    return "" if time is None else (_EPOCH + time * _MICRO).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(duration_us: int) -> str:
    """Return a duration for people: `850 ms`, `12.3 s`, `4 min 02 s`."""
    seconds = duration_us / 1e6
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def parse_span(text: str) -> int:
    """Return a duration such as `30d`, `12h` or `2w` in microseconds; InvalidArgument for anything else."""
    number, unit = text[:-1], text[-1:]
    if not number.isascii() or not number.isdigit() or unit not in _UNITS:
        raise InvalidArgument(f"{text!r} is no duration", hint="write a number and a unit: 12h, 30d, 8w")
    return int(number) * _UNITS[unit] * 1_000_000


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
