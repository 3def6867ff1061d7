"""The look into two contents: whether they hold the same, and where not. Bounded, and never more than a look.

Both may come from a program nobody trusts: nothing is unpickled, no packed content grows beyond a limit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import PurePath

from lineal.capture.metric_files import is_metric_file
from lineal.capture.secrets import redact
from lineal.model.values import Json
from lineal.rebuild.within.figures import is_pdf, is_postscript, is_svg, pdf_parts, postscript_parts, svg_parts
from lineal.rebuild.within.notebooks import notebook_parts
from lineal.rebuild.within.packed import is_stream, is_tar, is_zip, stream_parts, tar_parts, zip_parts
from lineal.rebuild.within.part import MOST_BYTES, MOST_PARTS, Opaque, Part
from lineal.rebuild.within.pickled import is_pickle, pickle_parts
from lineal.rebuild.within.texts import lines_of, without_times
from lineal.rebuild.within.values import cells_of, values_of

_BY_ENDING = {".ipynb": notebook_parts, ".json": values_of, ".jsonl": values_of, ".ndjson": values_of}
_DEEPEST = 4
_SHOWN = 120
_NAMED = 3
_BLOCK = 1 << 16
_NAME = re.compile(r"[\w .,:;()\[\]{}'\"/+-]{1,200}")
_PERSONAL = re.compile(r"\d{9,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look found: `words` say where the first difference is ("" where the content is the same).

    `rows` are both values, for whoever asks and never for a record. `volatile` names what else differs and is no
    content.
    """

    words: str = ""
    where: Mapping[str, Json] = field(default_factory=dict)
    rows: str = ""
    volatile: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether both hold the same content."""
        return not self.words


def look_within(name: PurePath, before: bytes, after: bytes) -> Look:
    """Return where two contents of a file of this name differ: in which part, else at which byte."""
    try:
        if max(len(before), len(after)) <= MOST_BYTES:
            return _compared(_parts(name, before, 0), _parts(name, after, 0))
    except Opaque:
        pass
    return _bytes(before, after)


def _parts(name: PurePath, data: bytes, depth: int) -> list[Part]:
    found = list(islice(_of(name, data, depth), MOST_PARTS + 1))
    if len(found) > MOST_PARTS:
        raise Opaque("these are too many parts")
    return found


def _of(name: PurePath, data: bytes, depth: int) -> Iterator[Part]:
    inner = partial(_within, depth=depth + 1)
    ending = name.suffix.lower()
    if is_stream(data):
        return stream_parts(name, data, inner)
    if is_zip(data):
        return zip_parts(name, data, inner)
    if is_tar(data):
        return tar_parts(name, data, inner)
    if is_pickle(data):
        return pickle_parts(name, data)
    if is_pdf(data):
        return pdf_parts(name, data)
    if is_svg(data):
        return svg_parts(name, data)
    if is_postscript(data):
        return postscript_parts(name, data)
    if ending in _BY_ENDING:
        return _BY_ENDING[ending](name, data)
    if ending in {".csv", ".tsv"} and is_metric_file(name):
        return cells_of(name, data)
    return lines_of(name, data)


def _within(name: PurePath, data: bytes, *, depth: int) -> Iterator[Part]:
    """Yield the parts of a packed content; it whole where it has none that are known."""
    if depth > _DEEPEST:
        raise Opaque("this is packed too often")
    try:
        yield from _parts(name, data, depth)
    except Opaque:
        yield Part("the content", data)


def _compared(before: list[Part], after: list[Part]) -> Look:
    old, new = _by_place(before), _by_place(after)
    differing = [place for place in dict.fromkeys([*old, *new]) if _differs(old.get(place), new.get(place))]
    known = {place: old.get(place) or new[place] for place in differing}
    aside = {place for place in differing if _is_volatile(old.get(place), new.get(place))}
    volatile = tuple(dict.fromkeys(part.volatile for place, part in known.items() if place in aside))
    content = [place for place in differing if place not in aside]
    if not content:
        return Look(volatile=volatile)
    values = [parts[content[0]].value if content[0] in parts else None for parts in (old, new)]
    told = " became ".join(map(_shown, values))
    only = all(_is_time(old.get(place), new.get(place)) for place in content)
    more = f" and {len(content) - _NAMED} more" if len(content) > _NAMED else ""
    by_time = ", only by a time" if only else ""
    first = known[content[0]]
    where: dict[str, Json] = {"differing": len(content)} | ({"only": "time"} if only else {})
    names = [known[place].place for place in content[:_NAMED]]
    if any(_PERSONAL.search(name) or not _NAME.fullmatch(name) for name in names):
        # What is recorded stays: a name that may be a person's is told to whoever asks, as values are.
        rows = f"{_shown(first.place)}: {told}"
        return Look(words=f"a part of it{more}{by_time}", where=where, rows=rows, volatile=volatile)
    where = {**first.where, **where}
    return Look(words=f"{', '.join(names)}{more}{by_time}", where=where, rows=told, volatile=volatile)


def _by_place(parts: list[Part]) -> dict[tuple[str, int], Part]:
    """Return the parts by their places; of several at one place, each by its turn."""
    turns: Counter[str] = Counter()
    found: dict[tuple[str, int], Part] = {}
    for part in parts:
        found[part.place, turns[part.place]] = part
        turns[part.place] += 1
    return found


def _differs(one: Part | None, other: Part | None) -> bool:
    return one is None or other is None or one.value != other.value


def _is_volatile(one: Part | None, other: Part | None) -> bool:
    """Whether what is at one place says nothing of the content, on whichever side there is something."""
    return all(part.volatile for part in (one, other) if part is not None)


def _is_time(one: Part | None, other: Part | None) -> bool:
    """Whether two parts are the same but for moments and durations in them."""
    if one is None or other is None or not (isinstance(one.value, str) and isinstance(other.value, str)):
        return False
    return without_times(one.value) == without_times(other.value)


def _bytes(before: bytes, after: bytes) -> Look:
    shorter = min(len(before), len(after))
    at = shorter
    for start in range(0, shorter, _BLOCK):
        one, other = before[start : start + _BLOCK], after[start : start + _BLOCK]
        if one != other:
            alike = min(len(one), len(other))
            at = start + next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), alike)
            break
    length = f"{len(before):,}" if len(before) == len(after) else f"{len(before):,}, now {len(after):,}"
    return Look(words=f"byte {at + 1:,} of {length}", where={"byte": at + 1})


def _shown(value: str | bytes | None) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    return repr(redact(value[: 4 * _SHOWN])[:_SHOWN])
