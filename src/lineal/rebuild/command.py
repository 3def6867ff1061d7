"""The command: argv and environment of a rebuilt process, made from the recorded ones.

The environment is built up from nothing: what finds programs and libraries on this machine, then what was recorded.
"""

from __future__ import annotations

import os
import posixpath
import re
import sys
from collections.abc import Sequence

from lineal.lineage.capture_record import item
from lineal.rebuild.environment import Environment
from lineal.rebuild.layout import Layout
from lineal.rebuild.local import local_roots
from lineal.rebuild.place import Place
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.variables import recorded_variables, secret_variables
from lineal.store.location import ENVIRONMENT, INSTEAD

_OF_THE_MACHINE = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "USER",
    "LOGNAME",
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*t?$")
_OPTIONS_WITH_VALUE = ("-W", "-X")


def command_of(
    recipe: Recipe, layout: Layout, environment: Environment, place: Place, cells: Sequence[str] | None
) -> list[str]:
    """Return the command to run: the recorded words, with this interpreter and the tree in the places of theirs."""
    python = str(environment.python)
    if cells is not None:
        return [python, *_interpreter_options(recipe.argv), *cells]
    words = [layout.moved(word, str(place.tree)) for word in recipe.argv]
    if _PYTHON.match(posixpath.basename(words[0])):
        words[0] = python
        words[1:] = [_script_of(word, recipe.argv[0], environment) for word in words[1:]]
    command = recipe.command
    if command is None:
        return words
    run = command.run
    seed = run.properties.get("seed")
    seeded = [] if seed is None else ["--seed", str(seed)]
    return [
        sys.executable,
        "-m",
        "lineal",
        "run",
        "--name",
        command.label,
        "--type",
        run.type,
        *seeded,
        "--",
        *words,
    ]


def environment_of(
    recipe: Recipe,
    layout: Layout,
    environment: Environment,
    place: Place,
    url: str,
    passed: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """Return the variables of the rebuilt process; what it records goes to the scratch workspace `url`.

    A secret was not recorded. It is given only where `passed` names it: the record alone asks for no secret of today.
    """
    found = {name: os.environ[name] for name in _OF_THE_MACHINE if name in os.environ}
    recorded, unset = recorded_variables(recipe.record, layout, str(place.tree))
    secrets = set(secret_variables(recipe.record)) & passed
    recorded |= {name: os.environ[name] for name in secrets if name in os.environ}
    found = {name: value for name, value in found.items() if name not in unset} | recorded
    found |= {
        "HOME": str(place.home),
        "TMPDIR": str(place.temporary),
        ENVIRONMENT: url,
        INSTEAD: url,
        "LINEAL_ACTOR": "lineal rebuild",
        "PATH": f"{environment.python.parent}{os.pathsep}{found.get('PATH', os.defpath)}",
    }
    elsewhere = place.root / "elsewhere"
    before = [str(elsewhere)] if elsewhere.is_dir() else []
    if environment.lock is not None:
        before += local_roots(recipe.record, layout, place.tree)
    if before:
        found["PYTHONPATH"] = os.pathsep.join(filter(None, [*before, found.get("PYTHONPATH")]))
    seed = item(recipe.record, "hash_seed").value
    found.pop("PYTHONHASHSEED", None)
    if isinstance(seed, str) and (seed != "random" or recipe.command is not None):
        found["PYTHONHASHSEED"] = seed
    return found


def _interpreter_options(argv: Sequence[str]) -> list[str]:
    """Return the options before the script, such as `-O` or `-X utf8`."""
    options: list[str] = []
    words = iter(argv[1:])
    for word in words:
        if not word.startswith("-") or word in ("-m", "-c", "-"):
            break
        options.append(word)
        if word in _OPTIONS_WITH_VALUE:
            options.append(next(words, ""))
    return options


def _script_of(word: str, recorded: str, environment: Environment) -> str:
    """A command of the recorded environment (`…/bin/accelerate`) is the one of this environment."""
    if posixpath.isabs(recorded) and posixpath.dirname(word) == posixpath.dirname(recorded):
        here = environment.python.parent / posixpath.basename(word)
        if here.exists():
            return str(here)
    return word
