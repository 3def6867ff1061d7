"""Metric files of a run: the numbers in files such as `metrics.json` become metrics, beside the file's artifact."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path, PurePath

from lineal.capture.metric_files import MOST_BYTES, grows, is_metric_file, metrics_in
from lineal.capture.metric_values import MOST_NAMES, Points
from lineal.model.ids import Micros
from lineal.sdk.observing import Observed
from lineal.sdk.seen import Seen

MOST_FILES = 20
"""Files of one run whose numbers become metrics."""

_DAY = 86_400_000_000


def rows_before(path: str) -> bytes:
    """Return what a file of metrics holds to which rows may be added; nothing of any other file."""
    place = PurePath(path)
    return _content(Path(path)) or b"" if is_metric_file(place) and grows(place) else b""


def observe_metric_files(run: Observed, written: Iterable[Seen]) -> None:
    """Record the numbers of the metric files among what a run wrote.

    A name that several files, or a file and the run, have for different numbers gets the file's in front.
    """
    files = [seen for seen in written if seen.is_local and seen.path is not None and is_metric_file(Path(seen.path))]
    found: dict[str, Points] = {}
    for seen in files[:MOST_FILES]:
        assert seen.path is not None
        content = _content(Path(seen.path))
        points = metrics_in(PurePath(seen.path), content, before=seen.before) if content else {}
        if points:
            found[run.recorder.touches.places.named(seen.path)] = points
    known = dict(run.known_metrics())
    left = MOST_NAMES
    for place, points in found.items():
        others = [other for file, other in found.items() if file != place]
        for name, values in points.items():
            is_other = any(name in other and other[name] != values for other in others)
            if name in known and not is_other and _is_same(known[name], values[-1][1]):
                continue  # told by the program or a library already
            own = f"{PurePath(place).with_suffix('').as_posix()}.{name}" if is_other or name in known else name
            if own not in known and left > 0 and not _is_moment(values[-1][1], run.session.clock.now()):
                left, known[own] = left - 1, values[-1][1]
                for step, value in values:
                    run.observe_metrics({own: value}, step)


def _is_moment(value: float, now: Micros) -> bool:
    """Return whether a number is a moment of today, in seconds or parts of them: those differ each time."""
    return any(abs(value * unit - now) < _DAY for unit in (1_000_000, 1_000, 1, 0.001))


def _is_same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= MOST_BYTES else None
    except OSError:
        return None
