"""Metric files: small files of numbers that a program writes under a name that says so, such as `metrics.json`."""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import PurePath

from lineal.capture.metric_values import Points, name_of, number_of, of_document, of_rows
from lineal.errors import InvalidArgument

MOST_BYTES = 1 << 20
"""Larger files are data."""

_MOST_YAML = 64 << 10
_WORDS = frozenset({
    "metric", "metrics", "score", "scores", "result", "results", "eval", "evals", "evaluation", "performance",
    "history", "loss", "losses",
})  # fmt: skip
_ENDINGS = frozenset({".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".csv", ".tsv"})
_BY_ROW = frozenset({".jsonl", ".ndjson", ".csv", ".tsv"})
_PARTS = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAMES = frozenset({"metric", "name", "measure", "score"})
_VALUES = frozenset({"value", "score", "result", "mean"})
_FLAT = re.compile(r"\s*([^\s:#][^:#]*?)\s*:\s+([-+.\w]+)\s*(?:#.*)?")


def is_metric_file(path: PurePath) -> bool:
    """Return whether a file's name says that it holds metrics: it begins or ends with one of the words.

    What DVCLive writes below `plots/metrics` counts too, whatever it is called.
    """
    if path.suffix.lower() not in _ENDINGS:
        return False
    words = [word.lower() for word in _PARTS.findall(_HUMP.sub("_", path.stem))]
    return bool(_WORDS & {*words[:1], *words[-1:]}) or _below_plots(path) is not None


def grows(path: PurePath) -> bool:
    """Return whether such a file may hold rows of earlier runs, to which this one added its own."""
    return path.suffix.lower() in _BY_ROW


def metrics_in(path: PurePath, content: bytes, *, before: bytes = b"") -> Points:
    """Return the metrics in a file's content; none where it is no text, no such file, or too much of it.

    `before` is what the file held when the program began to write it: rows that are still there are not the program's.
    """
    if len(content) > MOST_BYTES:
        return {}
    try:
        points = _parsed(path, content.decode("utf-8-sig"), _rows_of(path, content, before))
    except (ValueError, RecursionError, InvalidArgument, csv.Error):
        return {}  # whatever it is, it is none of ours to complain about
    above = _below_plots(path)
    if not above:
        return points
    named = {name_of((*above, name)): values for name, values in points.items()}
    return {name: values for name, values in named.items() if name is not None}


def _parsed(path: PurePath, text: str, earlier: int) -> Points:
    ending = path.suffix.lower()
    if ending in {".csv", ".tsv"}:
        return _of_table(text.splitlines(), "\t" if ending == ".tsv" else ",", earlier)
    if ending in {".yaml", ".yml"}:
        return _of_yaml(text)
    if ending == ".json":
        try:
            return of_document(json.loads(text))
        except json.JSONDecodeError:
            earlier = 0  # one object a line, under the wrong ending
    lines = [line for line in text.splitlines() if line.strip()]
    return of_rows([json.loads(line) for line in lines[earlier:]])


def _of_table(lines: list[str], delimiter: str, earlier: int) -> Points:
    """Return the numbers of a table with a header: one row, rows that are steps, or rows of name and value."""
    if not lines:
        return {}
    header, *rows = csv.reader([lines[0], *lines[max(1, earlier) :]], delimiter=delimiter)
    columns = [column.strip() for column in header]
    if any(_number(column) is not None for column in columns):
        return {}  # no header: nothing says what these are
    rows = [row for row in rows if row]
    named = [column.lower() for column in columns]
    if len(columns) == 2 and named[0] in _NAMES and named[1] in _VALUES:  # noqa: PLR2004
        return of_document({row[0]: _number(row[1]) for row in rows if len(row) == 2})  # noqa: PLR2004
    # pandas writes an index without a name before the columns: it counts the rows as well as we do.
    return of_rows([{name: _cell(cell) for name, cell in zip(columns, row, strict=False) if name} for row in rows])


def _of_yaml(text: str) -> Points:
    """Return the numbers of a YAML document, read by PyYAML if the program uses it, else of its plain lines."""
    yaml = sys.modules.get("yaml")
    if yaml is not None and hasattr(yaml, "safe_load") and len(text) <= _MOST_YAML:
        try:
            return of_document(yaml.safe_load(text))
        except yaml.YAMLError:
            return {}
    found = [_FLAT.fullmatch(line) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if any(line is not None and line.group(0)[:1].isspace() for line in found):
        return {}  # nested, which takes a parser
    return of_document({line.group(1): _number(line.group(2)) for line in found if line is not None})


def _rows_of(path: PurePath, content: bytes, before: bytes) -> int:
    """Return how many lines a file had already, if what it held then is still its beginning."""
    if not before or not grows(path) or not content.startswith(before):
        return 0
    return sum(1 for line in before.decode("utf-8", "replace").splitlines() if line.strip())


def _cell(text: str) -> float | str | None:
    number = _number(text)
    return number if number is not None else text.strip() or None


def _number(text: str) -> float | None:
    try:
        return number_of(float(text))
    except ValueError:
        return None


def _below_plots(path: PurePath) -> tuple[str, ...] | None:
    """Return the directories between `plots/metrics` and the file, None where it does not lie there."""
    parts = path.parts[:-1]
    for at in range(len(parts) - 1, 0, -1):
        if parts[at - 1 : at + 1] == ("plots", "metrics"):
            return parts[at + 1 :]
    return None
