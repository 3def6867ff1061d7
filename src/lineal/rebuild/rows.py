"""Where two contents of one input differ: the first row, its values where both are kept, and the columns.

From the kept bytes where there are any, else from the marks that the record has of small tables and texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lineal.capture.fingerprints.marks import marks_in
from lineal.capture.secrets import redact
from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.nodes import Artifact
from lineal.model.values import Json, Value

_MOST = 64 << 20
_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is known of the content of an input: its bytes where they are kept, and what its artifact says."""

    data: bytes | None
    facts: Mapping[str, Value]

    @property
    def rows(self) -> Sequence[str | bytes]:
        """Something for each row that two contents can be compared by; () where nothing is known."""
        if self.data is not None and b"\0" not in self.data:
            return self.data.splitlines()
        return self.marks

    @property
    def marks(self) -> Sequence[str]:
        """The marks of the rows."""
        listed = self.facts.get("row_marks")
        return marks_in(str(listed[0])) if isinstance(listed, list | tuple) and listed else ()


def known_content(artifact: Artifact, files: Files) -> Content:
    """Return what is known of an artifact's content."""
    facts = {**artifact.properties, **artifact.custom_properties}
    if artifact.fingerprint is None or facts.get("fingerprint_kind") != "file":
        return Content(data=None, facts=facts)
    return kept_content(artifact.fingerprint, files, facts)


def kept_content(fingerprint: str, files: Files, facts: Mapping[str, Value] | None = None) -> Content:
    """Return what is known of the content with this fingerprint: its bytes where they are kept."""
    data = None
    try:
        if files.has(fingerprint) and files.path(fingerprint).stat().st_size <= _MOST:
            data = files.get(fingerprint)
    except (LinealError, OSError):
        data = None  # damaged: then there are the marks
    return Content(data=data, facts=facts or {})


@dataclass(frozen=True, slots=True)
class Explained:
    """Where two contents differ: in words ("" where not known), as places, and both rows where both are kept."""

    words: str
    where: Mapping[str, Json]
    rows: str = ""


def explained(before: Content, after: Content) -> Explained:
    """Return where two contents of one input differ."""
    where: dict[str, Json] = {}
    columns = _columns(before, after)
    if columns:
        where["columns"] = list(columns)
    both_bytes = before.data is not None and after.data is not None
    old, new = (before.rows, after.rows) if both_bytes else (before.marks, after.marks)
    told = f" in column {', '.join(columns)}" if columns else ""
    row_set = before.facts.get("row_set")
    if row_set is not None and row_set == after.facts.get("row_set"):
        return Explained("the same rows in another order", {**where, "order": "other"})
    if not old or not new:
        return Explained(told.strip(), where)
    if len(old) == len(new) and sorted(map(_key, old)) == sorted(map(_key, new)):
        return Explained("the same rows in another order", {**where, "order": "other"})
    place = next((i for i, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    if place is None or abs(len(old) - len(new)) > 0:
        place = min(len(old), len(new)) if place is None else place
        where["rows"] = [len(old), len(new)]
    where["row"] = place + 1
    changed = sum(one != other for one, other in zip(old, new, strict=False))
    count = f"{len(old)} row{'' if len(old) == 1 else 's'} then, {len(new)} now; " if len(old) != len(new) else ""
    first = "the only row that differs is" if changed == 1 and not count else "the first row that differs is"
    return Explained(f"{count}{first} {place + 1}{told}", where, _values(old, new, place) if both_bytes else "")


def _values(old: Sequence[str | bytes], new: Sequence[str | bytes], place: int) -> str:
    one, other = (_shown(rows[place]) if place < len(rows) else "nothing" for rows in (old, new))
    return f"{one} became {other}"


def _shown(row: str | bytes) -> str:
    text = row.decode("utf-8", "replace") if isinstance(row, bytes) else row
    return repr(redact(text)[:_SHOWN])


def _key(row: str | bytes) -> bytes:
    return row if isinstance(row, bytes) else row.encode()


def _columns(before: Content, after: Content) -> list[str]:
    old, new = (each.facts.get("column_fingerprints") for each in (before, after))
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return []
    return [str(name) for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
