"""Suspects: what differs from the record and can be put back as it was, to see whether that decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lineal.rebuild.changes import Change, What
from lineal.rebuild.environment import EnvironmentKind
from lineal.rebuild.rebuild import Options
from lineal.rebuild.verdict import Verdict

_MOST_PACKAGES = 8
"""So many packages are put back one by one; of more, only all at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One thing that may be the cause; `names` are the names or kinds of the differences it stands for."""

    told: str
    options: Options
    names: tuple[str, ...]


def suspects(options: Options, verdict: Verdict) -> list[Suspect]:
    """Return what can be put back as it was recorded: threads, each package, the whole environment."""
    return [*_threads(options, verdict), *_packages(options, verdict), *_environment(options, verdict)]


def together(options: Options, alone: Sequence[Suspect]) -> list[Suspect]:
    """Return the suspect of everything put back at once, where there is more than the environment to put back."""
    changes = tuple(change for suspect in alone for change in suspect.options.changes)
    if not changes or all(suspect.options.changes for suspect in alone):
        return []
    everything = replace(options, changes=changes, environment=EnvironmentKind.LOCKED)
    told = "threads and environment as recorded, together"
    return [Suspect(told=told, options=everything, names=tuple(name for each in alone for name in each.names))]


def _threads(options: Options, verdict: Verdict) -> Iterator[Suspect]:
    for one in verdict.differences:
        if one.kind == "threads" and isinstance(one.recorded, int | str) and str(one.recorded).isdecimal():
            change = Change(what=What.THREADS, name="threads", value=str(one.recorded))
            told = f"{one.recorded} threads as recorded"
            yield Suspect(told=told, options=replace(options, changes=(change,)), names=("threads",))
            return


def _packages(options: Options, verdict: Verdict) -> Iterator[Suspect]:
    found = [one for one in verdict.differences if one.kind == "package" and not one.aside]
    names = list(dict.fromkeys(one.what for one in found))
    if options.environment is not EnvironmentKind.CURRENT or not 0 < len(names) <= _MOST_PACKAGES:
        return
    for name in names:
        yield Suspect(told=f"{name} as recorded", options=replace(options, put_back=(name,)), names=(name,))


def _environment(options: Options, verdict: Verdict) -> Iterator[Suspect]:
    kinds = [one.kind for one in verdict.differences if one.kind in ("package", "python") and not one.aside]
    if options.environment is EnvironmentKind.CURRENT and kinds:
        locked = replace(options, environment=EnvironmentKind.LOCKED)
        yield Suspect(told="the recorded environment", options=locked, names=tuple(dict.fromkeys(kinds)))
