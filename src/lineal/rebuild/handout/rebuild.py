"""Rebuilds what this directory describes and says whether it is the same: `python rebuild.py`.

Needs nothing but Python: checks the inputs, makes an environment from the list of requirements, runs the recorded
command in a copy of the code, and compares what comes out with the expected fingerprints (SHA-256 of bytes). Where the
bytes differ, the values are compared with those of the recorded file, if it is here and the packages are that read it.
Exit 0: all that can be compared is the same. 1: something differs. 2: something is missing. 3: nothing to compare.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import venv
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SAME, DIFFERENT, MISSING, NOTHING = 0, 1, 2, 3
_TOLERANCE = 1e-9
_OTHERS = "requirements-others.txt"
_CHANGING = re.compile(r"[0-9a-fA-F]{6,}|[0-9]+")
"""What programs put into names to tell one run from the next."""
_OF_THE_MACHINE = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "USER", "SYSTEMROOT")


def main() -> int:
    """Run all steps and return the exit code."""
    options = _options()
    recipe = json.loads((HERE / "recipe.json").read_text(encoding="utf-8"))
    lost = _check(recipe)
    for sentence in lost:
        _say(f"MISSING  {sentence}")
    if lost or options.check:
        return MISSING if lost else SAME
    python = Path(sys.executable) if options.env == "current" else _environment(recipe, _lists(options.all_packages))
    if python is None:
        return MISSING
    work = Path(options.work).resolve() if options.work else HERE / "work"
    if options.work and work.exists() and any(work.iterdir()):
        _say(f"MISSING  an empty directory: there is something in {work}")
        return MISSING
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(HERE / "tree", work / "tree", symlinks=True)
    for name in recipe.get("directories", []):
        (work / "tree" / name).mkdir(parents=True, exist_ok=True)
    status, last = _run(recipe, python, work)
    if status is None:
        return MISSING
    if recipe["exit_status"] not in (None, status) and last.startswith("ModuleNotFoundError:"):
        _say(f"MISSING  a package: the command ended with status {status}, {last}")
        return MISSING
    if recipe["exit_status"] is not None and status != recipe["exit_status"]:
        _say(f"DIFFERS  the command ended with status {status}, recorded was {recipe['exit_status']}")
        if options.env == "venv" and (HERE / _OTHERS).exists() and not options.all_packages:
            _say(f"NOTE     the packages of {_OTHERS} were not installed: --all-packages installs them too")
        return DIFFERENT
    return _judged(recipe, python, work)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="check code and inputs only")
    parser.add_argument(
        "--env",
        choices=("venv", "current"),
        default="venv",
        help="where it runs: a new virtual environment from the list of requirements, or this interpreter",
    )
    parser.add_argument("--all-packages", action="store_true", help=f"install those of {_OTHERS} as well")
    parser.add_argument("--work", help="the directory it runs in; not there yet, or empty (default: work beside this)")
    return parser.parse_args()


# what is there ----------------------------------------------------------------------------------


def _check(recipe: dict[str, Any]) -> list[str]:
    """Return a sentence for everything that is missing or not what it was."""
    lost = []
    for name, wanted in recipe["files"].items():
        path = HERE / name
        if not path.is_file():
            lost.append(f"{name} is not there; it is sha256:{wanted}")
        elif _digest(path) != wanted:
            lost.append(f"{name} is sha256:{_digest(path)}, recorded was sha256:{wanted}")
    for one in recipe["inputs"]:
        path, at = one["place"], one["at"]
        if one.get("home") and at not in recipe["files"] and not (HERE / at).exists():
            lost.append(f"{at} is not there; the program reads {one['name']} below its home directory")
        if path is None or one["sha256"] is None:
            continue
        if not os.path.isfile(path):  # noqa: PTH113
            kept = f": copy {one['at']} there" if one["at"] else ""
            lost.append(f"the input {one['name']} is read from {path}, where nothing is{kept}")
        elif _digest(Path(path)) != one["sha256"]:
            lost.append(f"the input {one['name']} at {path} is not sha256:{one['sha256']}")
    lost += [f"the variable {name} was a secret: set it" for name in recipe["secrets"] if name not in os.environ]
    return lost


def _lists(all_packages: bool) -> list[Path]:  # noqa: FBT001
    names = ["requirements.txt", "requirements-unpinned.txt", *([_OTHERS] if all_packages else [])]
    return [HERE / name for name in names if (HERE / name).exists()]


def _environment(recipe: dict[str, Any], lists: list[Path]) -> Path | None:
    """Make the virtual environment beside this file and return its interpreter; None where it cannot be made."""
    recorded, here = recipe["python"], f"{sys.version_info[0]}.{sys.version_info[1]}"
    if recorded and recorded.rsplit(".", 1)[0] != here:
        _say(f"MISSING  Python {recorded}: this is {here}. Start rebuild.py with that Python, or use --env current")
        return None
    place = HERE / ".venv"
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    is_all = place / _OTHERS
    if not python.exists() or (HERE / _OTHERS in lists and not is_all.exists()):
        venv.create(place, with_pip=bool(lists))
        for listed in lists:
            hashed = ["--require-hashes"] if "--hash=" in listed.read_text(encoding="utf-8") else []
            words = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", *hashed, "-r", str(listed)]
            if subprocess.run(words, check=False).returncode != 0:
                shutil.rmtree(place)
                _say(f"MISSING  the packages of {listed.name} could not be installed")
                return None
        if HERE / _OTHERS in lists:
            is_all.touch()
    return python


# the run ----------------------------------------------------------------------------------------


def _run(recipe: dict[str, Any], python: Path, work: Path) -> tuple[int | None, str]:
    """Run the command, return its exit status and the last line it said; None where it cannot be started."""
    tokens = {recipe["token"]["python"]: str(python), recipe["token"]["recipe"]: str(work)}

    def placed(text: str) -> str:
        for token, value in tokens.items():
            text = text.replace(token, value)
        return text

    known = {name: os.environ[name] for name in (*_OF_THE_MACHINE, *recipe["secrets"]) if name in os.environ}
    known = {name: value for name, value in known.items() if name not in recipe["unset"]}
    known |= {name: placed(value) for name, value in recipe["variables"].items()}
    for name in ("home", "tmp"):
        (work / name).mkdir()
    _fill_home(recipe, work / "home")
    paths = [str(HERE / "support"), str(HERE / "elsewhere"), known.get("PYTHONPATH", "")]
    # What the program starts as `python` has to be the same one, with the same packages.
    folders = [str(python.parent), known.get("PATH", os.defpath)]
    known |= {
        "PATH": os.pathsep.join(folders),
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "tmp"),
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "LINEAL_RECIPE": str(HERE),
        "LINEAL_RECIPE_MADE": str(work / "made"),
    }
    (work / "made").mkdir()
    for one in recipe["outputs"]:
        if one["path"] is not None and one["path"].startswith("outside/"):
            (work / one["path"]).parent.mkdir(parents=True, exist_ok=True)
    command = [placed(word) for word in recipe["command"]]
    _say(f"running  {shlex.join(command)}")
    cwd = work / "tree" / recipe["cwd"]
    given = os.devnull if recipe["stdin"] is None else HERE / recipe["stdin"]
    with open(given, "rb") as stdin:  # noqa: PTH123
        try:
            process = subprocess.Popen(command, cwd=cwd, env=known, stdin=stdin, stderr=subprocess.PIPE)
        except OSError as error:
            _say(f"MISSING  {command[0]} cannot be started: {error.strerror}")
            return None, ""
        return _ended(process)


def _fill_home(recipe: dict[str, Any], home: Path) -> None:
    """Put the inputs that lay in the recorded home directory into the one that the program is given."""
    for one in recipe["inputs"]:
        if one.get("home") and (HERE / one["at"]).exists():
            target, origin = home / one["home"], HERE / one["at"]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(origin, target) if origin.is_dir() else shutil.copyfile(origin, target)


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Hand on what a process says of errors as it says it; return its exit status and the last line of that."""
    tail = b""

    def hand_on() -> None:
        nonlocal tail
        while process.stderr is not None and (part := os.read(process.stderr.fileno(), 1 << 16)):
            sys.stderr.buffer.write(part)
            sys.stderr.flush()
            tail = (tail + part)[-(1 << 16) :]

    reader = threading.Thread(target=hand_on, daemon=True)
    reader.start()
    status = process.wait()
    # What it started and left running may hold the pipe for ever.
    reader.join(timeout=5)
    lines = tail.decode("utf-8", "replace").strip().splitlines()
    return status, lines[-1] if lines else ""


# the answer -------------------------------------------------------------------------------------


def _judged(recipe: dict[str, Any], python: Path, work: Path) -> int:
    made = _lines(work / "made" / "outputs.jsonl")
    answers: list[bool | None] = []
    strays = _strays(recipe, work)
    for one in recipe["outputs"]:
        answer, told, aside = _answer(one, made, strays, python, work)
        _say(f"{told:8} {one['name']}: {aside}")
        if one["decides"]:
            answers.append(answer)
    answers += _metrics(recipe, _lines(work / "made" / "metrics.jsonl"))
    if False in answers:
        return DIFFERENT
    if True not in answers:
        _say("UNKNOWN  nothing of it can be compared without Lineal")
        return NOTHING
    return SAME


def _answer(
    one: dict[str, Any], made: list[dict[str, Any]], strays: list[Path], python: Path, work: Path
) -> tuple[bool | None, str, str]:
    """Return whether one output is the same, the word for it, and what is known of it."""
    found, path, why = _found(one, made, work)
    if path is None and one["path"] is not None and found == "nothing":
        path = _instead(one, strays, work)
        if path is not None:
            strays.remove(path)
            answer, told, aside = _compared(one, _digest(path), path, python)
            return answer, told, f"made as {path.relative_to(work / 'tree')}: {aside}"
    return (None, "UNKNOWN", why) if why else _compared(one, found, path, python)


def _compared(one: dict[str, Any], found: str | None, path: Path | None, python: Path) -> tuple[bool | None, str, str]:
    if found == one["sha256"]:
        return True, "SAME", f"sha256:{found}"
    if found == "nothing":
        return False, "DIFFERS", f"was not made, recorded was sha256:{one['sha256']}"
    other = f"sha256:{found}, recorded was sha256:{one['sha256']}"
    if path is None:
        return False, "DIFFERS", other
    is_same, said = _values(one, path, python)
    if is_same is None:
        return False, "DIFFERS", f"bytes differ; values were not compared: {said}; {other}"
    if is_same:
        return True, "SAME", f"the values ({said}); only the bytes differ: {other}"
    return False, "DIFFERS", f"the values: {said}; {other}"


def _values(one: dict[str, Any], path: Path, python: Path) -> tuple[bool | None, str]:
    """Compare the values of what was made and what was recorded, in the environment that made it."""
    if one["recorded"] is None:
        return None, "the recorded file is not in this recipe"
    words = [str(python), str(HERE / "compare_values.py"), one["format"], str(HERE / one["recorded"]), str(path)]
    words += one.get("aside", [])
    # Classes of a pickled model may be the program's own.
    paths = [str(HERE / "tree"), str(HERE / "elsewhere"), str(HERE / "support")]
    known = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, env=known, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    try:
        told = json.loads(done.stdout.splitlines()[-1])
        return told["same"], told["said"]
    except (IndexError, ValueError, KeyError, TypeError):
        return None, f"the comparison ended with status {done.returncode}"


def _found(one: dict[str, Any], made: list[dict[str, Any]], work: Path) -> tuple[str | None, Path | None, str]:
    """Return the fingerprint of what was made and its file, or why there is none to compare."""
    if one["sha256"] is None:
        return None, None, "its fingerprint is one of content, which only Lineal takes"
    twin = next((each for each in made if (each["type"], each["family"]) == (one["type"], one["family"])), None)
    if twin is not None:
        made.remove(twin)
        why = "" if twin["sha256"] else "its fingerprint is one of content, which only Lineal takes"
        return twin["sha256"], None if twin["at"] is None else work / "made" / twin["at"], why
    path = None if one["path"] is None else work / one["path"]
    if path is not None and path.is_file():
        return _digest(path), path, ""
    return "nothing", None, ""


def _strays(recipe: dict[str, Any], work: Path) -> list[Path]:
    """Return the files that were made in the tree under names that nothing recorded has."""
    named = {work / one["path"] for one in recipe["outputs"] if one["path"] is not None}
    made = (path for path in sorted((work / "tree").rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return [path for path in made if path not in named and not (HERE / path.relative_to(work)).exists()]


def _instead(one: dict[str, Any], strays: list[Path], work: Path) -> Path | None:
    """Return what was made in the place of an output: the same bytes, else a name that differs in its numbers only."""

    def constant(path: Path) -> str:
        return _CHANGING.sub("#", str(path.relative_to(work)))

    same = [path for path in strays if _digest(path) == one["sha256"]]
    alike = [path for path in strays if constant(path) == constant(work / one["path"])]
    return next(iter([*same, *alike]), None)


def _metrics(recipe: dict[str, Any], points: list[dict[str, Any]]) -> list[bool | None]:
    answers: list[bool | None] = []
    if recipe["metrics"] and not points:
        names = ", ".join(series["name"] for series in recipe["metrics"])
        _say(f"ASIDE    {names}: Lineal saw these metrics, the program logs none; what it writes is compared")
        return answers
    for series in recipe["metrics"]:
        values = [float(point["value"]) for point in points if point["name"] == series["name"]]
        wanted = [float(value) for value in series["values"]]
        near = len(values) == len(wanted) and all(_is_near(*pair) for pair in zip(wanted, values))  # noqa: B905
        # A metric that only an integration saw is not logged again here.
        answer = None if not values else near
        told = {True: "SAME", False: "DIFFERS", None: "UNKNOWN"}[answer]
        _say(f"{told:8} metric {series['name']}: {values[-1:] or 'not logged'}, recorded was {wanted[-1:]}")
        answers.append(answer)
    return answers


def _is_near(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=_TOLERANCE)


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while part := handle.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
