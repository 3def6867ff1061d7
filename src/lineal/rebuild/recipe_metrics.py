"""What of a run's metrics a recipe compares itself, and what is compared as part of a file that the program writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath, PurePosixPath

from lineal.capture.metric_files import is_metric_file, metrics_in
from lineal.files import Files
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact
from lineal.model.values import Json
from lineal.rebuild.content import kept_bytes, path_of
from lineal.rebuild.of_the_machine import is_of_the_machine
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.within.part import Opaque
from lineal.rebuild.within.values import values_of

_MOST = 1 << 20


def metrics_to_compare(recipe: Recipe, files: Files) -> list[MetricSeries]:
    """Return the metrics that stand in no recorded file: those in one are compared with it."""
    found = [series for series in recipe.target.metrics if not is_of_the_machine(series.name)]
    told = list(_in_files(recipe, files))
    return [series for series in found if not any(_is_told(series, name, values) for name, values in told)]


def set_aside(artifact: Artifact, files: Files) -> list[str]:
    """Return the places in a JSON file of metrics whose numbers measure the machine."""
    path = path_of(artifact)
    content = kept_bytes(artifact.fingerprint, files, _MOST)
    if path is None or content is None or path.suffix.lower() != ".json" or not is_metric_file(path):
        return []
    try:
        parts = [part for part in values_of(PurePath(path.name), content) if part.volatile]
    except Opaque:
        return []
    return [str(part.where["key"]) for part in parts if "key" in part.where]


def _in_files(recipe: Recipe, files: Files) -> Iterator[tuple[str, Sequence[float]]]:
    """Yield the metrics in recorded files, under the names they have there."""
    for artifact in recipe.target.outputs:
        path, content = path_of(artifact), kept_bytes(artifact.fingerprint, files, _MOST)
        if path is not None and content is not None and is_metric_file(path):
            for name, points in metrics_in(path, content).items():
                yield name, [value for _, value in points]


def _is_told(series: MetricSeries, name: str, values: Sequence[float]) -> bool:
    """Whether a metric is this one of a file: its name, or with the file's before it; rows may have been added."""
    is_name = series.name == name or PurePosixPath(series.name).name.endswith(f".{name}")
    return is_name and list(map(str, values))[-len(series.values) :] == list(map(str, series.values))


def document_of(metrics: Sequence[MetricSeries]) -> list[Json]:
    """Return metrics as they stand in a recipe."""
    return [{"name": series.name, "values": [str(value) for value in series.values]} for series in metrics]
