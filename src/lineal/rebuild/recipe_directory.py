"""The recipe as a directory: code, inputs, lock, one command and the expected fingerprints, for people without Lineal.

Written beside its place and renamed, so that it is there whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from lineal.capture.fingerprints.files import of_file
from lineal.capture.locks.pylock import requirements_of
from lineal.errors import AlreadyExists, LinealError, NotFound, NotRunnable
from lineal.files import Files
from lineal.lineage.capture_record import item
from lineal.lineage.foresight import has_cells, unfinished
from lineal.lineage.training import reference_to
from lineal.model.capture_items import STANDARD_INPUT
from lineal.model.fingerprint import OF_BYTES, is_fingerprint
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact, family_of
from lineal.model.values import Json
from lineal.rebuild.code import assemble
from lineal.rebuild.command import command_of
from lineal.rebuild.continued import place_continued
from lineal.rebuild.directories import found_directories
from lineal.rebuild.elsewhere import place_elsewhere
from lineal.rebuild.environment import Environment, EnvironmentKind
from lineal.rebuild.execute import Limits
from lineal.rebuild.inputs import InputSource, place_inputs, targets_of
from lineal.rebuild.layout import Layout
from lineal.rebuild.notebook import place_cells, place_standard_input
from lineal.rebuild.place import Place, remove
from lineal.rebuild.plan import Plan, plan
from lineal.rebuild.recipe import Recipe, recipe_of
from lineal.rebuild.recipe_metrics import document_of, metrics_to_compare, set_aside
from lineal.rebuild.recipe_outside import check_texts, check_written, in_home
from lineal.rebuild.recipe_packages import divided
from lineal.rebuild.recipe_texts import dockerfile, readme, sums
from lineal.rebuild.variables import recorded_variables, secret_variables
from lineal.store.protocol import Store

_TOKEN, _PYTHON = "@LINEAL-RECIPE@", "@LINEAL-PYTHON@"
_NEEDED = ("record", "code", "command", "argument")
_HANDOUT = Path(__file__).parent / "handout"
REQUIRED, UNPINNED, OTHERS = "requirements.txt", "requirements-unpinned.txt", "requirements-others.txt"
_RECORDED_SIZE = 64 << 20
"""Recorded outputs up to this size go along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: where, how many files, and sentences about what whoever runs it has to bring along."""

    directory: Path
    files: int
    notes: tuple[str, ...]


def export_recipe(store: Store, files: Files, reference: str, directory: Path, *, with_inputs: bool = True) -> Exported:
    """Write a recipe into a directory that is not there, or empty, and return what was written.

    Raises AlreadyExists for a directory with something in it, NotRunnable where the record does not tell enough.
    """
    _check_place(directory)
    recipe = recipe_of(store, reference)
    planned = plan(recipe, files, kind=EnvironmentKind.CURRENT, limits=Limits(network=True, free=0), allow_drift=True)
    _check_plan(planned)
    check_written(recipe, planned.layout)
    draft = directory.with_name(f".{directory.name}.{os.getpid()}.part")
    draft.mkdir()
    try:
        notes = _write(store, files, planned, draft, with_inputs=with_inputs)
        count = sum(1 for path in draft.rglob("*") if path.is_file())
        draft.rename(directory)
    except OSError as error:
        raise AlreadyExists(f"{directory} cannot be written: {error.strerror}") from error
    finally:
        if draft.exists():
            remove(draft)
    return Exported(directory=directory, files=count, notes=tuple(notes))


def _check_place(directory: Path) -> None:
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise AlreadyExists(f"{directory} is there and is no directory", hint="name a directory that is not there")
    if directory.is_dir() and any(directory.iterdir()):
        raise AlreadyExists(f"{directory} is not empty", hint="name a directory that is not there: nothing is replaced")
    if not directory.absolute().parent.is_dir():
        raise NotFound(f"there is no directory {directory.absolute().parent}", hint="create it, or name another place")


def _check_plan(planned: Plan) -> None:
    lost = [missing for missing in planned.missing if missing.kind in _NEEDED]
    if lost or planned.code is None:
        sentence = lost[0].sentence if lost else "the code is not to be had"
        raise NotRunnable(
            f"{planned.recipe.reference} cannot be exported as a recipe: {sentence}",
            missing=tuple(missing.kind for missing in lost) or ("code",),
            hint=lost[0].advice or None if lost else None,
        )


def _write(store: Store, files: Files, planned: Plan, draft: Path, *, with_inputs: bool) -> list[str]:
    recipe, layout, record = planned.recipe, planned.layout, planned.recipe.record
    assert planned.code is not None
    tree = draft / "tree"
    tree.mkdir()
    notes = assemble(record, layout, files, tree, planned.code)
    check_texts(recipe, layout, tree)
    inside = [source for source in planned.inputs if _is_inside(source)]
    sources = [source for source in inside if with_inputs or source.origin == "code"]
    if with_inputs:
        place_continued(recipe, layout, files, tree)
    notes += place_inputs(sources, files, tree)
    for repository in list(tree.rglob(".git")):
        shutil.rmtree(repository) if repository.is_dir() else repository.unlink()
    place_elsewhere(record, files, draft / "elsewhere", is_for_others=True)
    support = draft / "support"
    support.mkdir()
    shutil.copyfile(_HANDOUT / "lineal.py", support / "lineal.py")
    if recipe.command is not None and recipe.command.run.properties.get("seed") is not None:
        shutil.copyfile(_HANDOUT / "sitecustomize.py", support / "sitecustomize.py")
    for name in ("rebuild.py", "compare_values.py"):
        shutil.copyfile(_HANDOUT / name, draft / name)
    found = [_input(store, files, planned, artifact, draft, with_inputs=with_inputs) for artifact in recipe.inputs]
    inputs = in_home(found, recipe, tree)
    notes += _write_lock(recipe, files, draft)
    document = _document(planned, files, draft, inputs)
    document["outputs"] = list(_outputs(planned, files, draft, with_files=with_inputs))
    lists = [name for name in (REQUIRED, UNPINNED) if (draft / name).exists()]
    base = item(record, "container")
    (draft / "Dockerfile").write_text(dockerfile(base, str(document["python"]), lists, inputs), encoding="utf-8")
    (draft / "run.sh").write_text('#!/bin/sh\nexec "${PYTHON:-python3}" "$(dirname "$0")/rebuild.py" "$@"\n')
    (draft / "run.sh").chmod(0o755)
    notes += [f"bring the input {_text(one['name'])}: it is not kept" for one in inputs if _has_to_come(one)]
    (draft / "README.md").write_text(readme(document, notes), encoding="utf-8", errors="replace")
    document["files"] = {**dict(_digests(draft)), **_expected(inputs)}
    text = json.dumps(document, indent=1, ensure_ascii=True, sort_keys=False)
    (draft / "recipe.json").write_text(text + "\n", encoding="utf-8")
    (draft / "SHA256SUMS").write_bytes(sums(_digests(draft)))
    return notes


def _document(planned: Plan, files: Files, draft: Path, inputs: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    recipe, record = planned.recipe, planned.recipe.record
    place = Place(Path(_TOKEN))
    environment = Environment(kind=EnvironmentKind.CURRENT, python=Path(_PYTHON))
    cells = [f"{_TOKEN}/tree/.cells.py", f"{_TOKEN}/tree/.cells.json"] if has_cells(recipe.record) else None
    if cells is not None:
        place_cells(recipe, files, Place(draft))
        for name in ("cells.py", "cells.json"):
            (draft / name).rename(draft / "tree" / f".{name}")
    given = place_standard_input(recipe, files, Place(draft))
    command = command_of(recipe, planned.layout, environment, place, cells)
    if recipe.command is not None:
        command = command[command.index("--") + 1 :]
    hidden = secret_variables(record)
    variables, unset = recorded_variables(record, planned.layout, str(place.tree))
    seed = item(record, "hash_seed").value
    if isinstance(seed, str) and (seed != "random" or recipe.command is not None):
        variables["PYTHONHASHSEED"] = seed
    python = item(record, "python").value
    return {
        "format": 1,
        "of": recipe.reference,
        "run": recipe.run_reference,
        "token": {"recipe": _TOKEN, "python": _PYTHON},
        "python": python.get("version") if isinstance(python, Mapping) else None,
        "command": list(command),
        "stdin": _given(planned, inputs) if given is None else given.name,
        "cwd": planned.layout.cwd,
        "directories": list(found_directories(recipe, planned.layout)),
        "exit_status": _status(recipe),
        "variables": {name: value for name, value in variables.items() if name not in hidden},
        "unset": sorted(unset),
        "secrets": hidden,
        "seed": recipe.command.run.properties.get("seed") if recipe.command is not None else None,  # type: ignore[dict-item]
        "seeded": _seeded(recipe),
        "inputs": list(inputs),
        "outputs": [],
        "metrics": document_of(metrics_to_compare(recipe, files)),
    }


def _input(
    store: Store, files: Files, planned: Plan, artifact: Artifact, draft: Path, *, with_inputs: bool
) -> dict[str, Json]:
    """Return one input; its bytes go below `inputs/` where the tree has no place for it and they are at hand."""
    name = reference_to(artifact)
    source = next((source for source in planned.inputs if source.name == name), None)
    digest = _digest_of(artifact)
    at = f"tree/{source.target}" if source is not None and _is_inside(source) else None
    is_beside = source is not None and (source.origin == "place" or (source.target or "").startswith("/"))
    place = source.path if source is not None and is_beside else None
    if at is None and with_inputs:
        at = _copied(files, artifact, source, digest, draft)
    if source is None:
        at, place = _missing_place(planned, artifact)
    aliases = store.aliases(artifacts=[ArtifactId(artifact.id or 0)])
    family = family_of(artifact.name)[0] if artifact.name else ""
    references = [name, f"{artifact.type.lower()}:{family}"]
    references += [f"{artifact.type.lower()}:{family}@{alias.alias}" for alias in aliases]
    is_there = at is not None and (draft / at).exists()
    return {
        "name": name,
        "fingerprint": artifact.fingerprint,
        "sha256": digest,
        "at": at,
        "place": place,
        "is_there": is_there,
        "by_itself": source is not None and source.origin == "program" and at is None,
        "references": list(references),
    }


def _copied(
    files: Files, artifact: Artifact, source: InputSource | None, digest: str | None, draft: Path
) -> str | None:
    kept = artifact.custom_properties.get("kept", artifact.fingerprint)
    if isinstance(kept, str) and is_fingerprint(kept) and files.has(kept):
        origin = files.path(kept)
        files.open(kept).close()
    elif source is not None and source.origin == "place" and source.path and digest and Path(source.path).is_file():
        origin = Path(source.path)
    else:
        return None
    target = draft / "inputs" / (digest or str(kept).partition(":")[2])
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(origin, target)
    return f"inputs/{target.name}"


def _missing_place(planned: Plan, artifact: Artifact) -> tuple[str | None, str | None]:
    """Return where a lost input has to be put: below the tree, else its recorded path."""
    targets = targets_of(planned.recipe, planned.layout).get(reference_to(artifact), ())
    inside = [target for target in targets if not target.startswith(("/", STANDARD_INPUT))]
    if inside:
        return f"tree/{inside[0]}", None
    parts = urlsplit(artifact.uri or "")
    return None, unquote(parts.path) if parts.scheme == "file" else None


def _has_to_come(one: Mapping[str, Json]) -> bool:
    return not one["is_there"] and not one["by_itself"]


def _expected(inputs: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """Return the fingerprints of inputs that whoever runs it has to put below the tree."""
    absent = [one for one in inputs if _has_to_come(one) and one["at"] is not None and one["sha256"] is not None]
    return {_text(one["at"]): one["sha256"] for one in absent}


def _outputs(planned: Plan, files: Files, draft: Path, *, with_files: bool) -> Iterator[Json]:
    """Yield what is expected; a recorded file is added where it is kept and not large, so that values can be compared.

    Without inputs no outputs go along either: a model may hold the data it was made from.
    """
    recipe = planned.recipe
    deciding = {artifact.id for artifact in recipe.outputs}
    for step in recipe.steps:
        paths = _paths(item(step.record, "outputs").value)
        for artifact in step.outputs:
            path = paths.get(str(artifact.name))
            digest = _digest_of(artifact)
            yield {
                "name": reference_to(artifact),
                "type": artifact.type,
                "family": family_of(artifact.name)[0] if artifact.name else "",
                "decides": artifact.id in deciding,
                "path": None if path is None else _in_work(planned.layout, path),
                "sha256": digest,
                "format": _format(artifact, path),
                "recorded": _recorded(files, digest, draft) if with_files else None,
                "aside": list[Json](set_aside(artifact, files)),
                "fingerprint": artifact.fingerprint,
                "canonical": artifact.properties.get("canonical"),  # type: ignore[dict-item]
            }


def _format(artifact: Artifact, path: str | None) -> str:
    """Return what says how a file is read: its ending, or that it is a pickle."""
    ending = PurePosixPath(path or unquote(urlsplit(artifact.uri or "").path)).suffix.lstrip(".").lower()
    said = artifact.properties.get("format")
    return ending or (said if isinstance(said, str) else "")


def _given(planned: Plan, inputs: Sequence[Mapping[str, Json]]) -> Json:
    """Return the file that the program gets on standard input, if it gets any."""
    names = {source.name for source in planned.inputs if source.target == STANDARD_INPUT}
    return next((one["at"] for one in inputs if one["name"] in names and one["is_there"]), None)


def _is_inside(source: InputSource) -> bool:
    """Whether an input belongs into the tree: whoever runs a recipe cannot be shown what lay outside of it."""
    return source.target is not None and not source.target.startswith(("/", STANDARD_INPUT))


def _recorded(files: Files, digest: str | None, draft: Path) -> str | None:
    """Copy a recorded output into the recipe and return where it lies."""
    kept = f"sha256:{digest}"
    if digest is None or not files.has(kept) or files.path(kept).stat().st_size > _RECORDED_SIZE:
        return None
    target = draft / "recorded" / digest
    target.parent.mkdir(exist_ok=True)
    with files.open(kept) as handle, target.open("wb") as copy:
        shutil.copyfileobj(handle, copy, 1 << 20)
    return f"recorded/{digest}"


def _in_work(layout: Layout, path: str) -> str:
    """Return where the recipe finds a file that was written, relative to the directory it works in."""
    inside = layout.inside(path)
    return f"tree/{inside}" if inside is not None else layout.beside(path, "tree")


def _paths(listed: Json) -> dict[str, str]:
    ones = listed if isinstance(listed, list | tuple) else ()
    named = [one for one in ones if isinstance(one, Mapping) and isinstance(one.get("path"), str)]
    return {str(one.get("artifact")): str(one["path"]) for one in named}


def _digest_of(artifact: Artifact) -> str | None:
    """Return the SHA-256 of the bytes, where the fingerprint is one of bytes."""
    if artifact.fingerprint is None or not is_fingerprint(artifact.fingerprint):
        return None
    if artifact.custom_properties.get("fingerprint_kind") not in OF_BYTES:
        return None
    return artifact.fingerprint.partition(":")[2]


def _write_lock(recipe: Recipe, files: Files, draft: Path) -> list[str]:
    value = item(recipe.record, "environment").value
    fingerprint = value.get("fingerprint") if isinstance(value, Mapping) else None
    try:
        lock = files.get(str(fingerprint)).decode("utf-8")
        lines = requirements_of(lock)
    except (LinealError, UnicodeDecodeError, ValueError, KeyError):
        return ["the list of installed packages is not kept: install them yourself and use --env current"]
    (draft / "pylock.toml").write_text(lock, encoding="utf-8")
    needed, others = divided(lines, recipe.record)
    hashed = [line for line in needed if "--hash=" in line]
    bare = [line for line in needed if "--hash=" not in line]
    pinned = [line for line in others if "--hash=" in line]
    # An installer takes fingerprints for all of a list or for none: those without are then told only.
    told_only = [f"# without a fingerprint: {line}" for line in others if "--hash=" not in line]
    spare = [*pinned, *told_only] if pinned else others
    for name, listed in ((REQUIRED, hashed), (UNPINNED, bare), (OTHERS, spare)):
        if listed:
            (draft / name).write_text("\n".join([*listed, ""]), encoding="utf-8")
    notes = [f"{len(bare)} packages have no fingerprint: {', '.join(bare[:5])}"] if bare else []
    told = f"{len(others)} other packages were installed, and neither loaded nor needed by those that were: {OTHERS}"
    which = "those with a fingerprint" if pinned and told_only else "them"
    return [*notes, f"{told} (`--all-packages` installs {which})"] if others else notes


def _seeded(recipe: Recipe) -> list[Json]:
    seeds = item(recipe.record, "seeds").value
    return [name for name in ("numpy", "torch") if isinstance(seeds, Mapping) and name in seeds]


def _status(recipe: Recipe) -> int | None:
    """Return how the command ended; None where it was ended from outside, which nobody does again."""
    if unfinished(recipe.target.run):
        return None
    status = recipe.target.run.custom_properties.get("exit_status", 0)
    return status if isinstance(status, int) else 0


def _digests(draft: Path) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for directory, _folders, names in os.walk(draft):
        for name in names:
            path = Path(directory) / name
            if not path.is_symlink():
                shown = PurePosixPath(path.relative_to(draft)).as_posix()
                found.append((shown, of_file(path).fingerprint.partition(":")[2]))
    return sorted(found)


def _text(value: Json) -> str:
    return str(value)
