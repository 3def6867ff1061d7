"""Probing: a model is called on the probe's data by a process that is confined as the rebuilt program is.

A pickle runs what it says when it is opened, so it is opened there: with the rebuild's interpreter, code and variables,
a directory of its own to write to, no network, and the code's tree to read only.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lineal.capture.fingerprints.leaf import Leaf
from lineal.capture.secrets import redact
from lineal.errors import LinealError
from lineal.files import Files
from lineal.lineage.capture_record import item
from lineal.lineage.training import reference_to
from lineal.model.nodes import Artifact
from lineal.rebuild.calling.answers import ANSWER, MOST_BYTES
from lineal.rebuild.command import environment_of
from lineal.rebuild.compare import Pair, family_key
from lineal.rebuild.content import content_of, name_of_file, written_below
from lineal.rebuild.execute import Executed, Limits, execute
from lineal.rebuild.mount import mount_of
from lineal.rebuild.place import Place, rebuild_directory
from lineal.rebuild.plan import Plan
from lineal.rebuild.predictions import Part, compare_parts
from lineal.rebuild.probe import MOST_ROWS, Probe, left_out, models_of, unfit
from lineal.rebuild.probed import Probed, ProbeResult

SECONDS = 300.0
"""How long a model may take to answer where nobody says: it may hang."""

_NUMBERS = ("<f8", "<f4", "<f2", "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1", "|b1")
_ARRAYS = 4096
_DETAIL = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said, or why it said nothing; `is_of_data` where that is the data's fault."""

    parts: tuple[Part, ...] = ()
    rows: int = 0
    is_cut: bool = False
    fault: str = ""
    detail: str = ""
    is_of_data: bool = False


class Probing:
    """Calls the models of one rebuild: the recorded ones before the program runs, their twins after it."""

    def __init__(self, probe: Probe, planned: Plan, place: Place, url: str, limits: Limits, files: Files) -> None:
        self._probe = probe
        self._files = files
        self._planned = planned
        self._place = place
        self._url = url
        self._limits = replace(limits, seconds=limits.seconds or SECONDS, bytes=limits.bytes + 4 * probe.bytes)
        self._recorded: dict[int, Answer] = {}

    def ask_recorded(self, progress: Callable[[str], None]) -> None:
        """Call the recorded models; FailedPrecondition where the data is not what they take, before anything runs."""
        for artifact in models_of(self._planned.recipe):
            progress(f"probe: calling {reference_to(artifact)} on {self._probe.name}")
            try:
                path = content_of(artifact, self._files)
            except LinealError as error:
                answer = Answer(fault=error.message)
            else:
                answer = self._ask(path, artifact)
            if answer.is_of_data:
                raise unfit(self._probe, answer.fault, answer.detail)
            self._recorded[artifact.id or 0] = answer

    def compared(
        self, pairs: Sequence[Pair], made: Files, progress: Callable[[str], None], tolerance: float | None
    ) -> ProbeResult:
        """Call the rebuilt twins and return how their answers compare with those of the recorded models."""
        found: list[Probed] = []
        answers: list[Answer] = []
        for artifact in models_of(self._planned.recipe):
            before = self._recorded[artifact.id or 0]
            plain = Probed(name=reference_to(artifact), data=self._probe.name, rows=before.rows)
            if before.fault:
                found.append(replace(plain, fault=before.fault, detail=before.detail))
                continue
            progress(f"probe: calling {reference_to(artifact)} as it was rebuilt")
            after = self._ask_twin(artifact, pairs, made)
            answers.append(before)
            if after.fault:
                told = f"as it was rebuilt, {after.fault}"
                found.append(replace(plain, fault=told, detail=after.detail))
                continue
            found.append(replace(plain, calls=tuple(compare_parts(before.parts, after.parts, tolerance))))
        is_cut = any(answer.is_cut for answer in answers)
        rows = max((answer.rows for answer in answers), default=None)
        told = f"the models were called on the first {rows:,} rows of {self._probe.name} only" if is_cut else ""
        notes = tuple(note for note in (told, left_out(self._planned.recipe)) if note)
        data = {**self._probe.document(), "rows": rows, "cut": is_cut}
        return ProbeResult(data=data, models=tuple(found), notes=notes)

    def _ask_twin(self, artifact: Artifact, pairs: Sequence[Pair], made: Files) -> Answer:
        twin = _twin_of(artifact, pairs)
        if twin is None:
            return Answer(fault="it was not made again")
        if twin.fingerprint is not None and made.has(twin.fingerprint):
            return self._ask(made.path(twin.fingerprint), artifact)
        written = written_below(twin, self._planned.layout, self._place)
        return Answer(fault="its bytes were not kept") if written is None else self._ask(written, artifact)

    def _ask(self, model: Path, artifact: Artifact) -> Answer:
        with rebuild_directory() as stage:
            spec = self._staged(stage, model, name_of_file(artifact))
            planned = self._planned
            assert planned.environment is not None
            own = environment_of(planned.recipe, planned.layout, planned.environment, self._place, self._url)
            executed = execute(
                [str(planned.environment.python), "-P", "-m", "lineal.rebuild.calling.main", str(spec)],
                place=stage,
                cwd=self._place.tree / planned.layout.cwd,
                environment=own | {"HOME": str(stage.home), "TMPDIR": str(stage.temporary)},
                limits=self._limits,
                mount=mount_of(planned.layout, self._place, planned.environment),
                hidden=[self._files.root],
                progress=lambda _text: None,
            )
            return _read_answer(stage.workspace, executed, self._limits)

    def _staged(self, stage: Place, model: Path, name: str) -> Path:
        """Copy the data and the model into the directory of the process, and write what it shall do."""
        data = stage.workspace / "data"
        copy = stage.workspace / "model"
        shutil.copyfile(self._probe.path, data)
        shutil.copyfile(model, copy)
        script = self._script()
        beside = [str(script.parent)] if script is not None else []
        wanted = {
            "data": str(data),
            "data_name": self._probe.file,
            "most_rows": MOST_ROWS,
            "model": str(copy),
            "model_name": name,
            "script": None if script is None else str(script),
            "paths": [*beside, str(self._place.tree / self._planned.layout.cwd)],
        }
        spec = stage.workspace / "spec.json"
        spec.write_text(json.dumps(wanted), encoding="utf-8")
        return spec

    def _script(self) -> Path | None:
        value = item(self._planned.recipe.record, "script").value
        path = value.get("path") if isinstance(value, Mapping) else None
        found = None if path in (None, "-") else self._place.tree / self._planned.layout.code / str(path)
        return found if found is not None and found.is_file() else None


def _twin_of(artifact: Artifact, pairs: Sequence[Pair]) -> Artifact | None:
    """Return what was made in the place of an artifact: the one of its type and family, in the order of making."""
    key = family_key(artifact)
    for pair in pairs:
        made = [one for one in (pair.rebuilt.outputs if pair.rebuilt else ()) if family_key(one) == key]
        alike = [one for one in pair.recorded.outputs if family_key(one) == key]
        place = next((at for at, one in enumerate(alike) if one.id == artifact.id), None)
        if place is not None:
            return made[place] if place < len(made) else None
    return None


def _read_answer(directory: Path, executed: Executed, limits: Limits) -> Answer:
    """Return what the process wrote, which is anybody's: nothing of it is followed, and nothing believed unchecked."""
    if executed.stopped is not None:
        if executed.stopped.kind == "time":
            return Answer(fault=f"it did not answer within {limits.seconds:g} s")
        return Answer(fault=executed.stopped.sentence)
    said = redact(executed.said[-_DETAIL:]).strip()
    try:
        answer = json.loads(_bytes_of(directory / ANSWER))
        if "error" in answer:
            detail = redact(str(answer["detail"])[:_DETAIL])
            fault = redact(str(answer["sentence"]))
            return Answer(fault=fault, detail=detail, is_of_data=answer["error"] == "data")
        parts = tuple(_part(directory, entry) for entry in answer["parts"][:_ARRAYS])
        return Answer(parts=parts, rows=int(answer["rows"]), is_cut=bool(answer["cut"]))
    except OSError:
        ended = f"a signal ({-executed.status})" if executed.status < 0 else f"status {executed.status}"
        return Answer(fault=f"the process that called it ended with {ended}", detail=said)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Answer(fault=f"its answer cannot be read ({type(error).__name__})", detail=said)


def _part(directory: Path, entry: Mapping[str, object]) -> Part:
    sizes, kind = entry["shape"], str(entry["dtype"])
    if not isinstance(sizes, list):
        raise TypeError("a shape is a list")
    shape = tuple(int(size) for size in sizes)
    data = _bytes_of(directory / Path(str(entry["file"])).name)
    name, steady = str(entry["name"])[:200], entry["steady"] is True
    if kind == "text":
        labels = tuple(str(label) for label in json.loads(data))
        if len(labels) != math.prod(shape):
            raise ValueError("another number of labels than told")
        return Part(name=name, shape=shape, steady=steady, labels=labels)
    if kind not in _NUMBERS or len(data) != math.prod(shape) * int(kind[2:]):
        raise ValueError("another number of values than told")
    return Part(name=name, shape=shape, steady=steady, leaf=Leaf(name, kind, shape, data))


def _bytes_of(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(2 * MOST_BYTES + 1)
    if len(data) > 2 * MOST_BYTES:
        raise ValueError("the answer is too large")
    return data
