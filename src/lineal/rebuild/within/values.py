"""Values: the leaves of JSON documents and lines, and the cells of small tables of metrics, each under its name."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import PurePath

from lineal.capture.metric_files import MOST_BYTES, is_metric_file
from lineal.model.values import Json
from lineal.rebuild.of_the_machine import OF_THE_MACHINE, is_of_the_machine
from lineal.rebuild.within.part import LONGEST, MOST_PARTS, Opaque, Part

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_PLAIN = re.compile(r"[\w-]+")
_SAVED = {"metadata.json": "date_saved"}
"""Keras writes when a model was saved."""


def values_of(name: PurePath, data: bytes) -> Iterator[Part]:
    """Yield the leaves of a JSON document, or of one a line; Opaque for what is none."""
    try:
        text = data.decode("utf-8-sig")
        try:
            documents: list[object] = [json.loads(text)]
        except json.JSONDecodeError:
            documents = [json.loads(line) for line in text.splitlines() if line.strip()]
            yield Part("its form", "a document a line")  # a list of the same is another file
            yield from _leaves(name, documents)
            return
    except (ValueError, RecursionError) as error:
        raise Opaque("this is no JSON") from error
    yield from _leaves(name, documents[0])


def cells_of(name: PurePath, data: bytes) -> Iterator[Part]:
    """Yield the cells of a table of metrics under the names of their columns; Opaque for what is none."""
    if len(data) > MOST_BYTES:
        raise Opaque("this is data, and no table of metrics")
    try:
        rows = list(
            csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=_DELIMITERS[name.suffix.lower()])
        )
    except (ValueError, csv.Error) as error:
        raise Opaque("this is no table") from error
    header = rows[0] if rows else []
    yield Part("the names of the columns", json.dumps(header))
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(header):
            raise Opaque("this is no table")
        for column, cell in zip(header, row, strict=True):
            aside = f"{column} ({OF_THE_MACHINE})" if is_of_the_machine(column) else ""
            yield Part(f"row {number}, column {column}", cell, {"row": number, "column": column}, aside)


def _leaves(name: PurePath, document: object) -> Iterator[Part]:
    is_metrics = is_metric_file(name)
    waiting: list[tuple[str, str, object]] = [("", "", document)]
    count = 0
    while waiting:
        path, metric, value = waiting.pop()
        count += 1
        if count > MOST_PARTS or len(path) > LONGEST:
            raise Opaque("this is too much to be looked into")
        place, where = f"key {path}" if path else "its value", _at(path)
        if isinstance(value, dict):
            yield Part(place, f"an object of {len(value)}", where)
            waiting += reversed([(path + _label(path, key), f"{metric}.{key}", inner) for key, inner in value.items()])
        elif isinstance(value, list):
            yield Part(place, f"a list of {len(value)}", where)
            waiting += reversed([(f"{path}[{index}]", metric, inner) for index, inner in enumerate(value)])
        else:
            aside = f"{path} ({OF_THE_MACHINE})" if is_metrics and is_of_the_machine(metric) else ""
            saved = "the date of saving" if _SAVED.get(name.name) == path else ""
            yield Part(place, json.dumps(value, ensure_ascii=False), where, aside or saved)


def _label(path: str, key: str) -> str:
    """Return what a key adds to a path: a key with dots or brackets is quoted, so that no other path looks the same."""
    if _PLAIN.fullmatch(key):
        return f".{key}" if path else key
    return f"[{json.dumps(key, ensure_ascii=False)}]"


def _at(path: str) -> dict[str, Json]:
    return {"key": path} if path else {}
