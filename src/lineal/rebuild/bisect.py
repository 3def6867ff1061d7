"""The search for the cause: a rebuild that differs is repeated with one suspect at a time, to see which one decides.

What was tried on purpose is tried alone. Otherwise the same is run once more: if that differs too, the program does not
repeat itself, and threads and hash seed are held still; if not, what differs from the record is put back, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from lineal.model.values import Json
from lineal.rebuild.changes import Change, What
from lineal.rebuild.environment import EnvironmentKind
from lineal.rebuild.rebuild import Options
from lineal.rebuild.verdict import Difference, Grade, Verdict

Attempt = Callable[[Options], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One thing that may be the cause: `kinds` are those of the differences it stands for."""

    told: str
    options: Options
    kinds: tuple[str, ...]


class _Search:
    """Counts the attempts and remembers what each said."""

    def __init__(self, attempt: Attempt, progress: Callable[[str], None]) -> None:
        self.trials: list[dict[str, Json]] = []
        self._attempt = attempt
        self._progress = progress

    def run(self, told: str, options: Options) -> Verdict:
        number = len(self.trials) + 1
        self._progress(f"bisect {number}: {told}")
        verdict = self._attempt(options)
        self.trials.append({"run": number, "tried": told, "verdict": verdict.grade.value})
        return verdict

    def ended(self, verdict: Verdict, sentence: str, kinds: tuple[str, ...] = (), *, cause: str | None) -> Verdict:
        """Return the verdict with the answer; the difference that decides becomes the first."""
        found = {"cause": cause, "sentence": sentence, "runs": len(self.trials), "trials": list(self.trials)}
        first = next((one for one in verdict.differences if one.kind in kinds or one.what in kinds), None)
        return replace(verdict, bisect=found, first_difference=first or verdict.first_difference)


def bisected(attempt: Attempt, options: Options, verdict: Verdict, progress: Callable[[str], None]) -> Verdict:
    """Return the verdict with what the search for its cause found; one that does not differ comes back as it is."""
    if verdict.grade not in (Grade.DIVERGED, Grade.NUMERIC):
        return verdict
    search = _Search(attempt, progress)
    if options.changes:
        return _among_changes(search, options, verdict)
    again = search.run("the same once more", options)
    if _made(again) != _made(verdict):
        return _unsteady(search, options, verdict)
    for suspect in _suspects(options, verdict):
        if search.run(suspect.told, suspect.options).grade.is_exact:
            sentence = f"with {suspect.told} it comes out as recorded: that decides"
            return search.ended(verdict, sentence, suspect.kinds, cause=suspect.told)
    return search.ended(verdict, _left(verdict), cause=None)


def _among_changes(search: _Search, options: Options, verdict: Verdict) -> Verdict:
    plain = search.run("nothing changed", replace(options, changes=()))
    if not plain.grade.is_exact:
        return search.ended(verdict, "it differs without any change as well: bisect that first", cause=None)
    deciding = list(options.changes)
    if len(deciding) > 1:
        alone = [(change, search.run(f"only {change.sentence}", _with(options, change))) for change in deciding]
        deciding = [change for change, found in alone if not found.grade.is_exact]
    if not deciding:
        return search.ended(verdict, "no change decides alone: only together", cause=None)
    told = ", ".join(change.sentence for change in deciding)
    kinds = tuple(change.name if change.what in (What.ARGUMENT, What.VARIABLE) else change.what for change in deciding)
    sentence = f"{told} changes the result" + (" by itself" if len(deciding) == 1 else ", each by itself")
    return search.ended(verdict, sentence, kinds, cause=told)


def _with(options: Options, change: Change) -> Options:
    return replace(options, changes=(change,))


def _unsteady(search: _Search, options: Options, verdict: Verdict) -> Verdict:
    """The program gives another result each time: hold one thing still and see whether it repeats itself then."""
    for told, change in (
        ("one thread", Change(what=What.THREADS, name="threads", value="1")),
        ("one hash seed", Change(what=What.HASH_SEED, name="hash_seed", value="0")),
    ):
        held = _with(options, change)
        if _made(search.run(told, held)) == _made(search.run(f"{told}, once more", held)):
            kind = "threads" if change.what is What.THREADS else "hash_seed"
            return search.ended(verdict, f"it repeats itself only with {told}: that decides", (kind,), cause=told)
    unseeded = [one.what for one in verdict.differences if one.kind == "seed"]
    if unseeded:
        sentence = f"it gives another result each time, because of what is not seeded: {', '.join(unseeded)}"
        return search.ended(verdict, sentence, ("seed",), cause=f"seed of {unseeded[0]}")
    return search.ended(
        verdict, "it gives another result each time, also with one thread and one hash seed", cause=None
    )


def _suspects(options: Options, verdict: Verdict) -> Iterator[Suspect]:
    """Yield what can be put back as it was recorded."""
    for one in verdict.differences:
        if one.kind == "threads" and isinstance(one.recorded, int | str) and str(one.recorded).isdecimal():
            change = Change(what=What.THREADS, name="threads", value=str(one.recorded))
            yield Suspect(
                told=f"{one.recorded} threads as recorded",
                options=_with(options, change),
                kinds=("threads",),
            )
            break
    if options.environment is EnvironmentKind.CURRENT and any(map(_of_environment, verdict.differences)):
        locked = replace(options, environment=EnvironmentKind.LOCKED)
        yield Suspect(told="the recorded environment", options=locked, kinds=("package", "python"))


def _of_environment(one: Difference) -> bool:
    return one.kind in ("package", "python") and one.recorded != one.rebuilt


def _made(verdict: Verdict) -> list[tuple[str, str | None]]:
    """What came out: a program that repeats itself makes the same again."""
    return [(output.name, output.rebuilt) for output in verdict.outputs]


def _left(verdict: Verdict) -> str:
    first = verdict.first_difference
    told = f"; what differs first is {first.sentence}" if first is not None else ""
    return f"nothing that can be put back decides{told}"
