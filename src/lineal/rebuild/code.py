"""The code: the tree the run was started in, put together again below the rebuild directory and checked.

From a repository that has the commit (where it lay, the one around us, a kept bundle, the remote), with the diff and
the untracked files; else from the script and modules that the record keeps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from lineal.capture.git import GitUnavailable, find_root
from lineal.errors import LinealError, NotRunnable
from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json
from lineal.rebuild.checkout import (
    CodeSource,
    bundle_of,
    check_out,
    has_commit,
    is_commit,
    safe_target,
    write,
    write_untracked,
)
from lineal.rebuild.layout import Layout
from lineal.rebuild.names import name_as_recorded
from lineal.rebuild.place import is_full, remove
from lineal.rebuild.symlinks import settle_symlinks
from lineal.rebuild.verdict import Missing, refused

NO_FILES = ("-c", "-")
"""What stands for the path of a program that is no file: an argument, or standard input."""


def find_code(record: Mapping[str, Item], layout: Layout, files: Files, *, network: bool) -> CodeSource | Missing:
    """Return where the code can be had from, or what is missing. Changes nothing, reaches for no remote."""
    lost = _withheld(record)
    if lost is not None:
        return _kept(record, files) or lost
    commit = item(record, "commit")
    if not commit.captured:
        return _kept(record, files) or _unkept(record, commit)
    wanted = str(commit.value)
    if not is_commit(wanted):
        return _kept(record, files) or Missing(
            kind="code", what=wanted, sentence=f"the recorded commit {wanted!r} is the name of no commit"
        )
    for repository in _repositories(layout):
        if has_commit(repository, wanted):
            return CodeSource(kind="repository", where=str(repository), commit=wanted)
    bundle = bundle_of(record)
    if bundle is not None and files.has(bundle):
        return CodeSource(kind="bundle", where=bundle[:19], commit=wanted)
    url = _remote(record)
    if url is not None and (network or url.startswith(("/", "file://"))):
        return CodeSource(kind="remote", where=url, commit=wanted)
    kept = _kept(record, files)
    if kept is not None:
        return kept
    places = f"neither where the run was recorded ({layout.root or 'not known'}) nor here"
    return Missing(
        kind="code",
        what=wanted,
        sentence=f"commit {wanted[:12]} is not to be had: {places}, and no copy of it is kept",
        advice=f"clone {url} and start from there" if url else "start from a clone that has the commit",
    )


def assemble(record: Mapping[str, Item], layout: Layout, files: Files, tree: Path, source: CodeSource) -> list[str]:
    """Put the code below `tree` and return notes about it. Raises NotRunnable naming what is not there or unsafe."""
    code = tree / layout.code
    code.mkdir(parents=True, exist_ok=True)
    try:
        notes = _put(record, files, code, source)
    except GitUnavailable as error:
        kept = _kept(record, files)
        if is_full(error):
            raise
        if kept is None:
            raise refused("code", "commit", f"the code cannot be put together: {error}") from error
        remove(code)
        code.mkdir(parents=True)
        notes = [f"the commit could not be used: {error}", *_put(record, files, code, kept)]
    except NotRunnable:
        raise
    except (LinealError, OSError) as error:
        if is_full(error):
            raise
        raise refused("code", "files", f"the code cannot be put together: {error}") from error
    notes += settle_symlinks(layout, tree)
    _lay_out_kept(record, files, code)
    _check_script(record, code)
    (tree / layout.cwd).mkdir(parents=True, exist_ok=True)
    return notes


def _put(record: Mapping[str, Item], files: Files, code: Path, source: CodeSource) -> list[str]:
    if source.kind != "files":
        check_out(record, files, code, source)
        name_as_recorded(record, code, source)
        return []
    _write_kept(record, files, code)
    write_untracked(record, files, code)
    return ["the code is what the record keeps: other files of its directory are not there"]


def _lay_out_kept(record: Mapping[str, Item], files: Files, code: Path) -> None:
    """Write the kept files of the program that lay behind a link which led out of the tree."""
    for name, fingerprint in _kept_files(record, files):
        if PurePosixPath(name).is_absolute() or (code / name).exists() or not files.has(fingerprint):
            continue
        write(safe_target(code, name), files.get(fingerprint), is_executable=name in _executable(record))


def _withheld(record: Mapping[str, Item]) -> Missing | None:
    for name, word in (("diff", "diff"), ("untracked", "untracked files")):
        found = item(record, name)
        if found.status == "withheld":
            reason = found.reason or "withheld"
            return Missing(
                kind="code",
                what=name,
                sentence=f"the {word} beside the commit are not kept whole: {reason}",
                advice="commit before the run",
            )
    return None


def _repositories(layout: Layout) -> Iterator[Path]:
    if layout.root is not None:
        yield Path(os.path.normpath(Path(layout.root) / layout.code))
    here = find_root(Path.cwd())
    if here is not None:
        yield here


def _remote(record: Mapping[str, Item]) -> str | None:
    value = item(record, "remote").value
    url = value.get("url") if isinstance(value, Mapping) else None
    return url if isinstance(url, str) and "[redacted]" not in url else None


def _kept(record: Mapping[str, Item], files: Files) -> CodeSource | None:
    """Return the kept files as a source, if the script and every loaded module are among them."""
    named = dict(_kept_files(record, files))
    script = item(record, "script")
    if script.status == "not_applicable" and item(record, "notebook").captured:
        return CodeSource(kind="files", where="cells of the notebook")
    if not script.captured:
        return None
    if any(not files.has(fingerprint) for fingerprint in named.values()):
        return None
    told = f"{len(named)} file{'' if len(named) == 1 else 's'} of code" if named else "text of the program"
    return CodeSource(kind="files", where=told)


def _unkept(record: Mapping[str, Item], commit: Item) -> Missing:
    """Say why there is no code: the script or a module that was seen and not kept, else that there is no commit."""
    seen = [found for found in (item(record, "script"), item(record, "modules")) if found.captured and found.reason]
    if not seen:
        sentence = f"the code is not recorded: {commit.reason or commit.status}"
        return Missing(kind="code", what="script", sentence=sentence)
    value = seen[0].value
    path = value.get("path") if isinstance(value, Mapping) else None
    sentence = f"the code is not recorded: {path or 'its modules'}: {seen[0].reason}"
    return Missing(kind="code", what=str(path or "modules"), sentence=sentence)


def _kept_files(record: Mapping[str, Item], files: Files) -> Iterator[tuple[str, str]]:
    script = item(record, "script").value
    if isinstance(script, Mapping) and script.get("path") not in NO_FILES:
        yield str(script["path"]), str(script["fingerprint"])
    yield from module_fingerprints(item(record, "modules"), files).items()


def module_fingerprints(modules: Item, files: Files) -> dict[str, str]:
    """Return path → fingerprint of the loaded modules that a record names; {} where it names none."""
    value = modules.value if isinstance(modules.value, Mapping) else {}
    listed: Json = value.get("files")
    if listed is None and isinstance(value.get("fingerprint"), str):
        try:
            listed = json.loads(files.get(str(value["fingerprint"])))
        except (LinealError, ValueError, RecursionError):
            listed = None
    found = listed if isinstance(listed, Mapping) else {}
    return {str(name): str(one) for name, one in found.items() if str(one).startswith("sha256:")}


def _write_kept(record: Mapping[str, Item], files: Files, code: Path) -> None:
    for name, fingerprint in _kept_files(record, files):
        if not PurePosixPath(name).is_absolute():
            write(safe_target(code, name), files.get(fingerprint), is_executable=name in _executable(record))


def _executable(record: Mapping[str, Item]) -> list[str]:
    """Return the files of the program that were started by their own name, or could be."""
    script, modules = item(record, "script").value, item(record, "modules").value
    named = modules.get("executable") if isinstance(modules, Mapping) else None
    found = [str(name) for name in named] if isinstance(named, list | tuple) else []
    if isinstance(script, Mapping) and script.get("executable") is True:
        found.append(str(script.get("path")))
    return found


def _check_script(record: Mapping[str, Item], code: Path) -> None:
    """Raise NotRunnable where the script that was put there is not the one that ran."""
    value = item(record, "script").value
    if not item(record, "script").captured or not isinstance(value, Mapping) or value.get("path") in NO_FILES:
        return
    path, wanted = str(value["path"]), str(value["fingerprint"])
    if PurePosixPath(path).is_absolute():
        return
    script = safe_target(code, path)
    found = of_bytes(script.read_bytes()) if script.is_file() else None
    if found != wanted:
        state = f"is {found[:19]} here" if found else "is not there"
        raise refused(
            "code", path, f"{path} was {wanted[:19]} when it ran and {state}: the code is not what was recorded"
        )
