"""Sources: what data came from that is no file: a query, a part of a stream. Given to `run.use` and `run.log_dataset`.

>>> stream(topic="flights", offsets={0: (10, 500)}).uri
'kafka://flights?0=10-500'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from lineal.capture.data import fingerprint_of_path
from lineal.capture.queries import redact_query
from lineal.errors import InvalidArgument, LinealError
from lineal.integrations.pandas import database_of
from lineal.model.fingerprint import of_value
from lineal.model.values import Value, check_text
from lineal.sdk import content
from lineal.sdk.urls import is_url

_LONGEST_QUERY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where data came from: a URI without credentials, a name for what comes from there, and facts."""

    uri: str | None
    name: str
    facts: Mapping[str, Value] = field(default_factory=dict)


def sql(query: str, *, connection: object = None) -> Source:
    """Return a query as the source of its result.

        run.use(frame, name="late", source=lineal.sources.sql("SELECT …", connection=db))

    `connection` is a URL, a path to a database in a file (which is fingerprinted), or an open connection of sqlite3
    or SQLAlchemy. Passwords and secrets, also within the query, are taken out.
    """
    check_text("a query", query)
    text = redact_query(query)
    facts: dict[str, Value] = {"query": text[:_LONGEST_QUERY], "query_fingerprint": of_value(text)}
    place = _database(connection)
    if place is None:
        return Source(uri=None, name="query", facts=facts)
    if is_url(place):
        return Source(uri=content.of_url(place).uri, name="query", facts=facts)
    path = Path(place).absolute()
    try:
        facts["source_fingerprint"] = fingerprint_of_path(path).fingerprint
    except LinealError as error:
        facts["source_unknown"] = str(error)
    return Source(uri=path.as_uri(), name="query", facts=facts)


def stream(topic: str, *, offsets: Mapping[int, tuple[int, int]], system: str = "kafka") -> Source:
    """Return a part of a stream: of each partition the first offset and the one behind the last.

    Given alone (`run.use(sources.stream(…))`) it is a dataset named by its topic, each part a version of it: the same
    offsets are the same version. Its content was not looked at: it has no fingerprint, and the offsets are declared.
    """
    check_text("a topic", topic)
    if not topic or not offsets:
        raise InvalidArgument(
            f"a part of a stream has a topic and the offsets of its partitions, got {topic!r} and {dict(offsets)!r}",
            hint="sources.stream('flights', offsets={0: (10, 500)})",
        )
    parts = {partition: _range(partition, ends) for partition, ends in sorted(offsets.items())}
    query = "&".join(f"{partition}={first}-{end}" for partition, (first, end) in parts.items())
    return Source(
        uri=f"{quote(system, safe='')}://{quote(topic, safe='')}?{query}",
        name=topic.replace("@", "_").strip() or "stream",
        facts={
            "source_system": system,
            "source_version": query,
            "source_evidence": "declared",
            "topic": topic,
            "offsets": {str(partition): [first, end] for partition, (first, end) in parts.items()},
            "records": sum(end - first for first, end in parts.values()),
        },
    )


def _range(partition: object, ends: object) -> tuple[int, int]:
    is_pair = isinstance(ends, tuple | list) and len(ends) == 2  # noqa: PLR2004
    numbers = [partition, *ends] if is_pair else []  # type: ignore[misc]  # is_pair looked
    if not numbers or any(isinstance(each, bool) or not isinstance(each, int) or each < 0 for each in numbers):
        raise InvalidArgument(
            f"partition {partition!r} has the offsets {ends!r}, which are no two whole numbers from 0 on",
            hint="offsets={0: (10, 500)}: from 10 on, up to 499",
        )
    first, end = int(numbers[1]), int(numbers[2])
    if end < first:
        raise InvalidArgument(f"the offsets of partition {partition} end before they begin: {first} to {end}")
    return first, end


def _database(connection: object) -> str | None:
    if connection is None:
        return None
    if isinstance(connection, str | Path):
        return str(connection)
    found = database_of(connection)
    if found is None:
        raise InvalidArgument(
            f"a {type(connection).__name__} does not say which database it is of",
            hint="give the connection as a URL, such as postgresql://host/database",
        )
    return found
