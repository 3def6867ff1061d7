"""The probe: data that the recorded model and the rebuilt one are both called on, to see whether they predict the same.

Found and checked before anything is computed. Its rows are read by the confined process alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from lineal.capture.data import fingerprint_of_path
from lineal.errors import FailedPrecondition, InvalidArgument, LinealError, NotFound, PermissionDenied
from lineal.files import Files
from lineal.lineage.resolve import resolve
from lineal.lineage.training import reference_to
from lineal.model.nodes import Artifact
from lineal.model.values import Json
from lineal.rebuild.calling.data import FORMATS
from lineal.rebuild.calling.kinds import LIBRARIES, Kind, first_class, kind_of
from lineal.rebuild.content import content_of, name_of_file
from lineal.rebuild.environment import EnvironmentKind
from lineal.rebuild.plan import Plan
from lineal.rebuild.probed import ProbeResult
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.verdict import Difference, Grade, Verdict, worst
from lineal.store.protocol import Store

MOST_BYTES = 1 << 30
MOST_ROWS = 100_000
MOST_MODELS = 8
_PACKAGES = {"sklearn": "scikit-learn"}
_EXPECTED = {True: "can be called", False: "cannot be called", None: "is opened to see whether it can be called"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The data of a probe: what it is called, the file that holds it, and the name that tells its format."""

    name: str
    path: Path
    file: str
    fingerprint: str
    bytes: int

    def document(self) -> dict[str, Json]:
        """Return what is said about it: never its rows."""
        return {"name": self.name, "fingerprint": self.fingerprint, "bytes": self.bytes}


def find_probe(store: Store, files: Files, text: str) -> Probe:
    """Return the data that a file or a reference names.

    Raises NotFound for what is not there, InvalidArgument for what is empty, too large or of no known format.
    """
    path, name, file = _place(store, files, text)
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            handle.read(1)
    except OSError as error:
        raise PermissionDenied(f"{name} cannot be read: {error.strerror}") from error
    if Path(file).suffix.lower() not in FORMATS:
        raise InvalidArgument(f"{name} is no data that a model is called on", hint=f"give one of {', '.join(FORMATS)}")
    if size == 0:
        raise InvalidArgument(f"{name} is empty: there is nothing to call a model on")
    if size > MOST_BYTES:
        raise InvalidArgument(
            f"{name} has {size >> 20:,} MiB, more than the {MOST_BYTES >> 20:,} MiB of a probe",
            hint=f"some of its rows are enough: {MOST_ROWS:,} are used at most",
        )
    return Probe(name=name, path=path, file=file, fingerprint=fingerprint_of_path(path).fingerprint, bytes=size)


def _place(store: Store, files: Files, text: str) -> tuple[Path, str, str]:
    path = Path(text)
    if path.is_file():
        return path.absolute(), path.name, path.name
    if path.is_dir():
        raise InvalidArgument(f"{text} is a directory", hint="give one file")
    if ":" not in text:
        raise NotFound(f"there is no file {text}", hint="name a file, or a reference such as dataset:flights@v2")
    found = resolve(store, text)
    if not isinstance(found, Artifact):
        raise InvalidArgument(f"{text} is no data", hint="name a file, or a reference such as dataset:flights@v2")
    return content_of(found, files), reference_to(found), name_of_file(found)


def models_of(recipe: Recipe) -> list[Artifact]:
    """Return the models that are asked for, the first of very many; InvalidArgument where there is none to call."""
    found = [one for one in recipe.outputs if one.type == "Model" or "canonical" in one.properties]
    if not found:
        raise InvalidArgument(f"{recipe.reference} is no model, and made none: --probe compares what models predict")
    return found[:MOST_MODELS]


def left_out(recipe: Recipe) -> str:
    """Return a sentence about models that are not called, for they are too many; "" where there are none."""
    number = sum(one.type == "Model" or "canonical" in one.properties for one in recipe.outputs)
    return f"{MOST_MODELS} of {number} models were called: name the others one by one" if number > MOST_MODELS else ""


def expected(planned: Plan, files: Files, probe: Probe) -> dict[str, Json]:
    """Return what can be said of a probe before anything runs: which models can be called, and why others cannot."""
    is_here = planned.environment is not None and planned.environment.kind is EnvironmentKind.CURRENT
    models: list[Json] = []
    for artifact in models_of(planned.recipe):
        can, why = _callable(artifact, files, is_here=is_here)
        sentence = f"{reference_to(artifact)} {_EXPECTED[can]} on {probe.name}{': ' if why else ''}{why}"
        models.append({"name": reference_to(artifact), "callable": can, "sentence": sentence})
    return {"data": probe.document(), "models": models}


def _callable(artifact: Artifact, files: Files, *, is_here: bool) -> tuple[bool | None, str]:
    try:
        path, name = content_of(artifact, files), name_of_file(artifact)
    except LinealError as error:
        return False, error.message
    kind = kind_of(path, name)
    if kind is Kind.WEIGHTS:
        return False, "the file holds weights alone, and not the code that calls them"
    if kind is Kind.UNKNOWN:
        return False, f"a {Path(name).suffix or 'nameless'} file is of no kind that can be called"
    library = LIBRARIES.get(kind)
    if kind is Kind.PICKLE:
        found = first_class(path)
        if found is None:
            return False, "it holds plain values"
        library = found.partition(".")[0]
        library = None if library in ("__main__", "builtins", "collections") else library
    if library is None or not is_here:
        return None, ""
    try:
        is_there = find_spec(library) is not None
    except ValueError:
        is_there = True
    if is_there:
        return (None, "") if kind in (Kind.TORCH, Kind.JOBLIB) else (True, f"with {_PACKAGES.get(library, library)}")
    if kind is Kind.PICKLE:
        return None, ""  # a module of the program's own
    return False, f"{library} is not installed here"


def with_probe(verdict: Verdict, result: ProbeResult) -> Verdict:
    """Return the verdict with what a probe found: predictions that differ beyond the tolerance decide it.

    Predictions that are the same do not mend what differs otherwise.
    """
    found = list(_differences(result))
    ulps = [part.max_ulp for each in result.models for part in each.told if part.max_ulp is not None]
    verdict = replace(verdict, probe=result)
    if verdict.grade is Grade.NUMERIC and ulps:
        verdict = replace(verdict, max_ulp=max([*ulps, verdict.max_ulp or 0]))
    if not found or verdict.grade is Grade.NOT_RUNNABLE:
        return verdict
    return replace(
        verdict,
        grade=worst([verdict.grade, Grade.DIVERGED]),
        first_difference=verdict.first_difference or found[0],
        differences=(*verdict.differences, *found),
        tolerance=None,
    )


def _differences(result: ProbeResult) -> Iterator[Difference]:
    for each in result.models:
        part = each.worst
        if part is None or part.is_near:
            continue
        where: Mapping[str, Json] = {"output": each.name, "call": part.call, "rows": part.differing}
        if part.first is not None:
            where = {**where, "row": part.first.row, "column": part.first.column, "max_abs": part.max_abs}
            where = {**where, "ulp": part.first.ulp, "max_ulp": part.max_ulp}
        yield Difference(kind="predictions", what=each.name, sentence=each.sentence, where=where, rows=each.values)


def unfit(probe: Probe, sentence: str, detail: str) -> FailedPrecondition:
    """Return the error for data that the recorded model does not take: nothing else was computed yet."""
    more = f": {detail}" if detail else ""
    return FailedPrecondition(f"the recorded model cannot be called on {probe.name}: {sentence}{more}")
