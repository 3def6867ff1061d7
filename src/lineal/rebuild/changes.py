"""Changes: what a rebuild does otherwise than recorded, on purpose, to see what depends on it (`--try threads=1`).

A rebuild with a change answers a question about the recipe. It is never taken for the model itself.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lineal.errors import InvalidArgument

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
)
"""The variables that set how many threads libraries take."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HINT = "threads=1, seed=7, hash_seed=0, argument:--depth=3 or NAME=VALUE for a variable"


class What(StrEnum):
    """What can be changed."""

    SEED = "seed"
    THREADS = "threads"
    HASH_SEED = "hash_seed"
    ARGUMENT = "argument"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing done otherwise; `name` is the option or variable, `value` what it becomes (None: it is not set)."""

    what: What
    name: str
    value: str | None

    @property
    def sentence(self) -> str:
        """The change for people."""
        named = self.name if self.what in (What.ARGUMENT, What.VARIABLE) else self.what.value
        return f"{named} unset" if self.value is None else f"{named}={self.value}"


def parse_change(text: str) -> Change:
    """Return the change a person wrote; InvalidArgument for what is none."""
    head, equals, value = text.partition("=")
    kind, colon, name = head.partition(":")
    if equals and not colon and head in (What.SEED, What.THREADS, What.HASH_SEED):
        if not value.isdecimal():
            raise InvalidArgument(f"{head} takes a whole number, got {value!r}", hint=_HINT)
        return Change(what=What(head), name=head, value=value)
    if equals and kind == What.ARGUMENT and name:
        return Change(what=What.ARGUMENT, name=name, value=value)
    if equals and kind == What.VARIABLE and _NAME.fullmatch(name):
        return Change(what=What.VARIABLE, name=name, value=value)
    if equals and not colon and _NAME.fullmatch(head):
        return Change(what=What.VARIABLE, name=head, value=value)
    raise InvalidArgument(f"{text!r} is nothing that can be changed", hint=_HINT)


def changed_variables(found: Mapping[str, str], changes: Iterable[Change]) -> dict[str, str]:
    """Return the variables of the program with the changes made."""
    result = dict(found)
    for change in changes:
        names = {What.THREADS: THREADS, What.HASH_SEED: ("PYTHONHASHSEED",), What.VARIABLE: (change.name,)}
        for name in names.get(change.what, ()):
            result.pop(name, None)
            if change.value is not None:
                result[name] = change.value
    return result


def changed_command(command: Sequence[str], changes: Sequence[Change], *, launched: bool) -> list[str]:
    """Return a command with the changed arguments and seed; InvalidArgument for what it does not have.

    `launched` is a command of `lineal run`: the program's words stand behind its `--`, and it sets the seed.
    """
    place = command.index("--") + 1 if launched else 0
    head, words = list(command[:place]), list(command[place:])
    for change in changes:
        if change.what is What.ARGUMENT:
            _set(words, change)
        elif change.what is What.SEED:
            _set_seed(head, change)
    return [*head, *words]


def _set_seed(head: list[str], change: Change) -> None:
    if not head:
        raise InvalidArgument(
            "the seed stands in the program's own code, where it cannot be changed from outside",
            hint="record with `lineal run --seed 42 -- python train.py`, or let the script take it as an argument",
        )
    if "--seed" in head:
        del head[head.index("--seed") : head.index("--seed") + 2]
    if change.value is not None:
        head[-1:-1] = ["--seed", change.value]


def _set(words: list[str], change: Change) -> None:
    places = [place for place, word in enumerate(words) if change.name in (word, _option(word))]
    if not places:
        raise InvalidArgument(f"the recorded command has no argument {change.name}: {shlex.join(words)}")
    place, value = places[-1], change.value or ""
    if _option(words[place]) == change.name:
        words[place] = f"{change.name}={value}"
    elif change.name.startswith("-") and place + 1 < len(words):
        words[place + 1] = value
    else:
        words[place] = value


def _option(word: str) -> str | None:
    name, equals, _ = word.partition("=")
    return name if equals and name.startswith("-") else None
