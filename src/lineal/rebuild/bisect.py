"""The search for the cause: a rebuild that differs is repeated with one suspect at a time, to see which one decides.

What was tried on purpose is tried alone. Otherwise the same is run once more: if that differs too, the program does not
repeat itself, and threads and hash seed are held still; if not, what differs from the record is put back, one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from lineal.model.values import Json
from lineal.rebuild.changes import Change, What
from lineal.rebuild.rebuild import Options, Progress
from lineal.rebuild.suspects import suspects, together
from lineal.rebuild.verdict import Grade, Verdict

Attempt = Callable[[Options, Progress], Verdict]

_HELD = (
    ("one thread", Change(what=What.THREADS, name="threads", value="1"), "threads"),
    ("one hash seed", Change(what=What.HASH_SEED, name="hash_seed", value="0"), "hash_seed"),
)


class _Search:
    """Counts the attempts, says what each one is and came to, and remembers that."""

    def __init__(self, attempt: Attempt, progress: Progress) -> None:
        self.trials: list[dict[str, Json]] = []
        self.lost: list[str] = []
        self._attempt = attempt
        self._progress = progress

    def run(self, told: str, options: Options) -> Verdict:
        number, began = len(self.trials) + 1, time.monotonic()
        self._progress(f"bisect {number}: {told}")
        verdict = self._attempt(options, lambda stage: self._progress(f"bisect {number}: {told}, {stage}"))
        trial: dict[str, Json] = {"run": number, "tried": told, "verdict": verdict.grade.value}
        trial["seconds"] = round(time.monotonic() - began, 3)
        if verdict.grade is Grade.NOT_RUNNABLE:
            trial["why"] = _why(verdict)
            self.lost.append(f"{told}: {_why(verdict)}")
        self.trials.append(trial)
        self._progress(f"bisect {number} gave {verdict.grade.value}: {told}")
        return verdict

    def ended(self, verdict: Verdict, sentence: str, kinds: Sequence[str] = (), *, cause: str | None) -> Verdict:
        """Return the verdict with the answer; the difference that decides becomes the first."""
        told = f"{sentence}. Could not be tried: {'; '.join(self.lost)}" if self.lost else sentence
        found = {"cause": cause, "sentence": told, "runs": len(self.trials), "trials": list(self.trials)}
        first = next((one for one in verdict.differences if one.what in kinds), None)
        first = first or next((one for one in verdict.differences if one.kind in kinds and not one.aside), None)
        return replace(verdict, bisect=found, first_difference=first or verdict.first_difference)


def bisected(attempt: Attempt, options: Options, verdict: Verdict, progress: Progress) -> Verdict:
    """Return the verdict with what the search for its cause found; one that does not differ comes back as it is."""
    if verdict.grade not in (Grade.DIVERGED, Grade.NUMERIC):
        return verdict
    search = _Search(attempt, progress)
    if options.changes:
        return _among_changes(search, options, verdict)
    again = search.run("the same once more", options)
    if again.grade is Grade.NOT_RUNNABLE:
        return search.ended(verdict, "it could not be repeated", cause=None)
    if _made(again) != _made(verdict):
        return _unsteady(search, options, verdict)
    return _put_back(search, options, verdict)


def _among_changes(search: _Search, options: Options, verdict: Verdict) -> Verdict:
    plain = search.run("nothing changed", replace(options, changes=()))
    if plain.grade is Grade.NOT_RUNNABLE:
        return search.ended(verdict, "without the changes it cannot be run", cause=None)
    if not plain.grade.is_exact:
        return search.ended(verdict, "it differs without any change as well: bisect that first", cause=None)
    changes = list(options.changes)
    if len(changes) == 1:
        return _decided(search, verdict, changes, "by itself")
    alone = [change for change in changes if _differs(search, options, [change], f"only {change.sentence}")]
    if alone:
        return _decided(search, verdict, alone, "by itself" if len(alone) == 1 else "each by itself")
    return _decided(search, verdict, _fewest(search, options, changes), "only together")


def _fewest(search: _Search, options: Options, changes: Sequence[Change]) -> list[Change]:
    """Return changes none of which can be left out without the result being the recorded one again."""
    needed = list(changes)
    for change in changes if len(changes) > 2 else ():  # noqa: PLR2004  neither of two decides alone
        left = [one for one in needed if one is not change]
        if len(left) > 1 and _differs(search, options, left, f"all but {change.sentence}"):
            needed = left
    return needed


def _differs(search: _Search, options: Options, changes: Sequence[Change], told: str) -> bool:
    """Whether these changes alone change the result; one that cannot be run so says nothing of it."""
    found = search.run(told, replace(options, changes=tuple(changes)))
    return not found.grade.is_exact and found.grade is not Grade.NOT_RUNNABLE


def _decided(search: _Search, verdict: Verdict, changes: Sequence[Change], how: str) -> Verdict:
    told = ", ".join(change.sentence for change in changes)
    kinds = [change.name if change.what in (What.ARGUMENT, What.VARIABLE) else change.what for change in changes]
    comma = "," if len(changes) > 1 else ""
    return search.ended(verdict, f"{told} changes the result{comma} {how}", kinds, cause=told)


def _unsteady(search: _Search, options: Options, verdict: Verdict) -> Verdict:
    """The program gives another result each time: hold one thing still and see whether it repeats itself then."""
    for told, change, kind in _HELD:
        held = replace(options, changes=(change,))
        first, second = search.run(told, held), search.run(f"{told}, once more", held)
        if Grade.NOT_RUNNABLE not in (first.grade, second.grade) and _made(first) == _made(second):
            return search.ended(verdict, f"it repeats itself only with {told}: that decides", (kind,), cause=told)
    unseeded = [one.what for one in verdict.differences if one.kind == "seed"]
    if unseeded:
        sentence = f"it gives another result each time, because of what is not seeded: {', '.join(unseeded)}"
        return search.ended(verdict, sentence, ("seed",), cause=f"seed of {unseeded[0]}")
    return search.ended(
        verdict, "it gives another result each time, also with one thread and one hash seed", cause=None
    )


def _put_back(search: _Search, options: Options, verdict: Verdict) -> Verdict:
    """The program repeats itself: put what differs back as it was, one after the other, then all of it."""
    alone = suspects(options, verdict)
    for suspect in (*alone, *together(options, alone)):
        if search.run(suspect.told, suspect.options).grade.is_exact:
            sentence = f"with {suspect.told} it comes out as recorded: that decides"
            return search.ended(verdict, sentence, suspect.names, cause=suspect.told)
    first = verdict.first_difference
    told = f"; what differs first is {first.sentence}" if first is not None else ""
    return search.ended(verdict, f"nothing that can be put back decides{told}", cause=None)


def _made(verdict: Verdict) -> list[tuple[str, str | None]]:
    """What came out: a program that repeats itself makes the same again."""
    return [(output.name, output.rebuilt) for output in verdict.outputs]


def _why(verdict: Verdict) -> str:
    return verdict.missing[0].sentence if verdict.missing else "it cannot be run"
