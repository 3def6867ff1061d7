"""Settling: what a run was seen doing becomes artifacts with observed edges, once it ends.

What the user declared wins: the same file, the same content or the same fitted state is not recorded a second time.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lineal.capture.fingerprints.models import Canonical
from lineal.capture.worker import settled
from lineal.integrations.hooks import telling
from lineal.model.capture_items import STANDARD_INPUT
from lineal.model.edges import EventType, How
from lineal.model.fingerprint import Fingerprinted
from lineal.model.nodes import ArtifactState
from lineal.model.values import Value
from lineal.sdk import content
from lineal.sdk.background import Fingerprints
from lineal.sdk.exports import settle_export
from lineal.sdk.inputs import family_from
from lineal.sdk.keeping import OUTPUT, is_kept
from lineal.sdk.kinds import stem_of, type_of_file
from lineal.sdk.metric_files import observe_metric_files
from lineal.sdk.models import file_state, wanted_model
from lineal.sdk.observations import Observations
from lineal.sdk.observing import Observed
from lineal.sdk.others import is_changed
from lineal.sdk.seen import Seen
from lineal.sdk.touches import Touch
from lineal.sdk.training import Training, storable
from lineal.sdk.wanted import Wanted

_GROWS = frozenset({"Dataset", "RawData", "Features", "Model"})
"""Types of what is data: where the run added to it, what was there before is an input."""

_READ_AGAIN = 8 << 20
"""Files up to this size are read once more at the end, to know their rows: there may be a hundred."""


def settle(run: Observed, observations: Observations, fingerprints: Fingerprints) -> None:
    """Record what was seen: inputs first, then outputs, then a model that nobody wrote."""
    for seen in _alone(observations.reads, observations, is_read=True):
        with telling("recording what was read"):
            if not _is_made_by_others(seen, observations):
                _settle_read(run, seen)
    if not any(touch.is_input for touch in run.recorder.touches):
        for training in observations.fits[-1:]:
            with telling("recording training data"):
                _settle_training_data(run, training)
    for seen in _alone(observations.writes, observations, is_read=False):
        with telling("recording what was written"):
            _settle_write(run, seen, observations, fingerprints)
    if not any(touch.type == "Model" for touch in run.recorder.touches if not touch.is_input):
        with telling("recording the model"):
            _settle_model(run, observations)
    with telling("recording metrics from files"):
        observe_metric_files(run, _alone(observations.writes, observations, is_read=False))
    for export in observations.exports:
        with telling("recording an export"):
            settle_export(run, export)


def used(seen: Seen, wanted: Wanted) -> Wanted:
    """Return a declared input with what was seen of where it came from."""
    if not seen.is_local:
        return replace(wanted, uri=wanted.uri or (content.of_url(seen.path).uri if seen.path else None))
    assert seen.path is not None
    found = settled(seen.content).value if seen.content is not None else None
    file = found.fingerprint if found is not None else None
    return replace(wanted, uri=wanted.uri or Path(seen.path).as_uri(), place=seen.path, file=file)


def _alone(found: Mapping[str, Seen], observations: Observations, *, is_read: bool) -> Iterator[Seen]:
    """Yield what is not part of a directory that is told as one."""
    crowds = {key[0]: seen for key, seen in observations.crowds.items() if key[1] == is_read}
    whole = {path: seen for path, seen in found.items() if seen.is_local and os.path.isdir(path)} | crowds  # noqa: PTH112
    places = tuple(os.path.join(path, "") for path in whole)  # noqa: PTH118
    yield from (seen for path, seen in whole.items() if not path.startswith(places))
    yield from (seen for path, seen in found.items() if path not in whole and not path.startswith(places))


def _settle_read(run: Observed, seen: Seen) -> None:
    answer = settled(seen.content) if seen.content is not None else None
    file = answer.value if answer is not None else None
    frame = settled(seen.frame).value if seen.frame is not None else None
    if _is_own_output(run, seen):
        return
    known = _declared(run, seen, is_input=True, fingerprints={_digits(file), _digits(frame)} - {None})
    if known is not None:
        if known.place is None and seen.is_local and seen.path is not None:
            run.recorder.touches.found_at(known, seen.path, _digits(file))
        return
    found = file or frame
    uri, path = _where(seen)
    rows = _frame_facts(seen, frame, _unless_written_since(path, seen.at))
    facts: dict[str, Value] = {**_facts(found, answer.reason if answer else None), **rows}
    if path is not None:
        facts |= content.place_facts(path)
    elif seen.path is not None:
        facts |= content.of_url(seen.path).facts
    if seen.version is not None:
        facts["source_version"] = seen.version
    run.record(
        Wanted(
            role=EventType.INPUT,
            type=seen.type or ("Dataset" if path is None else type_of_file(path, is_output=False)),
            family=_family(run, seen, path),
            fingerprint=_digits(found),
            canonical=seen.canonical,
            uri=uri,
            state=ArtifactState.LIVE if seen.is_local or seen.path is None else ArtifactState.REFERENCE,
            facts=storable({**facts, **seen.facts}),
            path=("parents", 0) if seen.is_parent else (),
            how=seen.how,
            place=STANDARD_INPUT if seen.given is not None else seen.path if seen.is_local else None,
        )
    )


def _settle_write(run: Observed, seen: Seen, observations: Observations, fingerprints: Fingerprints) -> None:
    uri, path = _where(seen)
    if path is not None and not path.exists():
        if str(path) in observations.removed:
            _note_removed(run, path)
        return
    answer = settled(fingerprints.of_path(str(path))) if path is not None else None
    found = answer.value if answer is not None else None
    before = _digits(settled(seen.beginning).value) if seen.beginning is not None else None
    if before is not None and before == _digits(found):
        return  # opened to add to it, and nothing was added
    known = _declared(run, seen, is_input=False, fingerprints={_digits(found)} - {None})
    if known is not None:
        if path is not None and (known.place is None or before is not None):
            run.recorder.touches.found_at(known, str(path), _digits(found), before)
        return
    facts: dict[str, Value] = _facts(found, answer.reason if answer else None)
    type_ = seen.type or ("Dataset" if path is None else type_of_file(path, is_output=True))
    if type_ in {"Model", "Report"} and path is not None:
        facts["format"] = path.suffix.lstrip(".") or "file"
    if seen.training is not None and seen.training.is_done:
        facts |= seen.training.facts
    frame = settled(seen.frame).value if seen.frame is not None else None
    rows = content.table_facts(path, most=_READ_AGAIN) if path is not None else {}
    rows = rows if "frame" in rows else _frame_facts(seen, frame, None)
    rows |= content.database_facts(path, most=_READ_AGAIN) if path is not None else {}
    state = Canonical(seen.canonical)
    if type_ == "Model" and state.fingerprint is None and path is not None and path.is_file():
        state = file_state(path)
    if seen.beginning is not None and path is not None and type_ in _GROWS:
        _settle_before(run, seen, path, type_)
    run.record(
        Wanted(
            role=EventType.OUTPUT,
            type=type_,
            family=_family(run, seen, path),
            fingerprint=_digits(found),
            canonical=state.fingerprint if type_ == "Model" else None,
            fitted=state.state,
            uri=uri,
            state=ArtifactState.LIVE if path is not None else ArtifactState.REFERENCE,
            facts=storable({**facts, **rows, **seen.facts}),
            how=seen.how,
            keep=path if path is not None and found is not None and is_kept(path, found, OUTPUT) else None,
            place=None if path is None else str(path),
            before=before,
        )
    )


def _settle_before(run: Observed, seen: Seen, path: Path, type_: str) -> None:
    """Record what was in data that the run added to: what came out was made from it.

    A log or a report is added to without a look at it. What it held is told in the record, and is no input.
    """
    assert seen.beginning is not None
    found = settled(seen.beginning).value
    if found is not None:
        run.record(
            Wanted(
                role=EventType.INPUT,
                type=type_,
                family=_family(run, seen, path),
                fingerprint=found.fingerprint,
                uri=path.as_uri(),
                facts=storable(_facts(found, None)),
                how=How.OBSERVED,
                place=str(path),
            )
        )


def _settle_training_data(run: Observed, training: Training) -> None:
    """Record data that came from no file, so that the model is not without any."""
    label = run.recorder.execution.properties.get("label", "train")
    for name, answer in training.data.items():
        found = answer.value
        if found is not None:
            known = content.described(found, None)
            wanted = Wanted(
                role=EventType.INPUT, type="Dataset", family=f"{_stem(str(label))}.{name}", how=How.OBSERVED
            )
            run.record(replace(wanted, fingerprint=known.fingerprint, facts=storable(known.facts)))


def _settle_model(run: Observed, observations: Observations) -> None:
    """Record the model that was fitted last, where the program wrote none."""
    done = [training for training in observations.fits if training.is_done and training.model is not None]
    predicting = [training for training in done if training.predicts] or done
    for training in predicting[-1:]:
        wanted = wanted_model(training.model, name=type(training.model).__name__, properties=training.facts)
        run.record(replace(wanted, how=How.OBSERVED))


def _declared(run: Observed, seen: Seen, *, is_input: bool, fingerprints: set[str | None]) -> Touch | None:
    """Return what the run recorded already that is this: the same place, content or fitted state."""
    touches = run.recorder.touches
    place = touches.places.named(seen.path) if seen.is_local and seen.path is not None else None
    for touch in touches:
        if touch.is_input != is_input:
            continue
        if place is not None and touch.place == place:
            return touch
        if {touch.fingerprint, touch.file} & fingerprints and touch.place is None:
            return touch
        if seen.canonical is not None and touch.canonical == seen.canonical and touch.place is None:
            return touch
    return None


def _is_own_output(run: Observed, seen: Seen) -> bool:
    """Whether another process of the run wrote the file that this one read."""
    touches = run.recorder.touches
    if seen.path is None or not seen.is_local:
        return False
    place = touches.places.named(seen.path)
    found = settled(seen.content).value if seen.content is not None else None
    return any(not touch.is_input and touch.place == place and touch.fingerprint == _digits(found) for touch in touches)


def _is_made_by_others(seen: Seen, observations: Observations) -> bool:
    """Whether another program wrote what was read here or what its words name: that is no input of the run."""
    if seen.path is None or not seen.is_local or seen.path in observations.writes:
        return False
    since = (observations.began, seen.at if seen.how is How.INFERRED else None)
    return any(at is not None and is_changed(seen.path, at) for at in since)


def _note_removed(run: Observed, path: Path) -> None:
    touches = run.recorder.touches
    reason = "removed before the run ended"
    place = touches.places.named(path)
    kind = type_of_file(path, is_output=True)
    touches.put(Touch(is_input=False, type=kind, artifact=None, fingerprint=None, place=place, reason=reason))


def _where(seen: Seen) -> tuple[str | None, Path | None]:
    if seen.path is None:
        return None, None
    if not seen.is_local:
        return content.of_url(seen.path).uri, None
    return Path(seen.path).as_uri(), Path(seen.path)


def _family(run: Observed, seen: Seen, path: Path | None) -> str:
    """Return the source's own name, else the file's without its ending.

    Where another file of the run has that name already, it is with its ending, or with its directory.
    """
    if seen.name is not None:
        return _plain(seen.name)
    if seen.given is not None:
        return _plain(f"{stem_of(Path(str(run.recorder.execution.properties.get('label', 'train'))).name)}.stdin")
    if path is None:
        return _plain(family_from(content.of_url(seen.path).uri or seen.path) if seen.path else seen.by)
    family, file = _plain(family_from(path.name)), _plain(path.name)
    place = run.recorder.touches.places.named(path)
    taken: dict[str, list[str]] = {}
    for touch in run.recorder.touches:
        if touch.place is not None and touch.place != place:
            taken.setdefault((touch.artifact or "").partition("@")[0], []).append(touch.place)
    directory = _plain(path.parent.name or "root")
    is_beside = any(posixpath.dirname(other) == posixpath.dirname(place) for other in taken.get(family, ()))
    named = [family, *([file] if is_beside else []), f"{directory}/{family}", f"{directory}/{file}"]
    return next((name for name in named if name not in taken), named[-1])


def _stem(label: str) -> str:
    return _plain(stem_of(Path(label).name))


def _plain(name: str) -> str:
    """Return a file's name as it may stand in a reference, whatever its bytes are."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join("_" if sign == "@" or not sign.isprintable() else sign for sign in text).strip() or "data"


def _digits(found: Fingerprinted | None) -> str | None:
    return None if found is None else found.fingerprint


def _facts(found: Fingerprinted | None, reason: str | None) -> dict[str, Value]:
    if found is None:
        return {content.UNKNOWN: reason} if reason else {}
    return dict(content.described(found, None).facts)


def _frame_facts(seen: Seen, frame: Fingerprinted | None, path: Path | None) -> dict[str, Value]:
    """Return what is known of the rows: those of the frame, or of the file where only a part of it was read."""
    is_part = bool(seen.facts.pop("partial", False))
    if frame is not None and not is_part:
        return content.frame_facts(frame)
    return {} if path is None else content.table_facts(path, most=_READ_AGAIN)


def _unless_written_since(path: Path | None, at: int) -> Path | None:
    try:
        return path if path is None or path.stat().st_mtime_ns <= at else None
    except OSError:
        return None
