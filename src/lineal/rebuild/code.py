"""The code: the tree the run was started in, put together again below the rebuild directory and checked.

From a repository that has the commit (where it lay, the one around us, a kept bundle, the remote), with the diff and
the untracked files; else from the script and modules that the record keeps.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lineal.capture.git import GitUnavailable, ask, find_root
from lineal.errors import LinealError, NotRunnable
from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json
from lineal.rebuild.layout import Layout
from lineal.rebuild.verdict import Missing, refused

MOST_BYTES = 4 << 30
"""What a commit or a diff may unfold to: small archives can hold endless files."""

_TIMEOUT_S = 300.0
_LITERAL = re.compile(rb"^(?:literal|delta) (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSource:
    """Where the code comes from: `repository`, `bundle`, `remote` or `files`; `where` is the path, URL or commit."""

    kind: str
    where: str
    commit: str | None = None

    @property
    def sentence(self) -> str:
        """The source for people."""
        if self.kind == "files":
            return f"the {self.where} the record keeps"
        place = {"repository": "the repository", "bundle": "the kept bundle", "remote": "the remote"}[self.kind]
        return f"commit {str(self.commit)[:12]} from {place} {self.where}".rstrip()


def find_code(record: Mapping[str, Item], layout: Layout, files: Files, *, network: bool) -> CodeSource | Missing:
    """Return where the code can be had from, or what is missing. Changes nothing, reaches for no remote."""
    lost = _withheld(record)
    if lost is not None:
        return lost
    commit = item(record, "commit")
    if not commit.captured:
        return _kept(record, files) or Missing(
            kind="code", what="script", sentence=f"the code is not recorded: {commit.reason or commit.status}"
        )
    wanted = str(commit.value)
    for repository in _repositories(layout):
        if _has(repository, wanted):
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
    notes: list[str] = []
    try:
        if source.kind == "files":
            _write_kept(record, files, code)
            notes.append("the code is what the record keeps: other files of the directory are not there")
        else:
            _check_out(record, files, code, source)
            _apply_diff(record, files, code)
        _write_untracked(record, files, code)
    except GitUnavailable as error:
        raise refused("code", "commit", f"the code cannot be put together: {error}") from error
    except NotRunnable:
        raise
    except (LinealError, OSError) as error:
        raise refused("code", "files", f"the code cannot be put together: {error}") from error
    check_symlinks(tree)
    _check_script(record, code)
    (tree / layout.cwd).mkdir(parents=True, exist_ok=True)
    return notes


def bundle_of(record: Mapping[str, Item]) -> str | None:
    """Return the fingerprint of the bundle that holds the commit, or None where the record keeps none."""
    for name in ("bundle", "commit", "remote"):
        value = item(record, name).value
        found = value.get("bundle", value.get("fingerprint")) if isinstance(value, Mapping) else None
        if isinstance(found, Mapping):
            found = found.get("fingerprint")
        if isinstance(found, str) and found.startswith("sha256:"):
            return found
    return None


def check_symlinks(tree: Path) -> None:
    """Raise NotRunnable for a symbolic link in the tree that leads out of it."""
    top = tree.resolve()
    for directory, folders, names in os.walk(tree):
        if ".git" in folders:
            folders.remove(".git")
        for name in (*folders, *names):
            path = Path(directory) / name
            if path.is_symlink() and not _leads_inside(path, top):
                shown = path.relative_to(tree)
                raise refused(
                    "code", str(shown), f"the symbolic link {shown} → {path.readlink()} leads out of the tree"
                )


def safe_target(tree: Path, name: str) -> Path:
    """Return where a recorded relative name lies below the tree; NotRunnable for one that would leave it."""
    pure = PurePosixPath(name)
    target = tree / pure
    top = tree.resolve()
    if pure.is_absolute() or ".." in pure.parts or not target.parent.resolve().is_relative_to(top):
        raise refused("code", name, f"the recorded name {name!r} leads out of the tree")
    return target


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


def _has(repository: Path, commit: str) -> bool:
    if not (repository / ".git").exists() or not re.fullmatch(r"[0-9a-f]{7,64}", commit):
        return False
    try:
        ask(repository, "cat-file", "-e", f"{commit}^{{commit}}")
    except GitUnavailable:
        return False
    return True


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
    if not script.captured or not named:
        return None
    if any(not files.has(fingerprint) for fingerprint in named.values()):
        return None
    return CodeSource(kind="files", where=f"{len(named)} file{'' if len(named) == 1 else 's'} of code")


def _kept_files(record: Mapping[str, Item], files: Files) -> Iterator[tuple[str, str]]:
    script = item(record, "script").value
    if isinstance(script, Mapping) and script.get("path") != "-c":
        yield str(script["path"]), str(script["fingerprint"])
    yield from module_fingerprints(item(record, "modules"), files).items()


def module_fingerprints(modules: Item, files: Files) -> dict[str, str]:
    """Return path → fingerprint of the loaded modules that a record names; {} where it names none."""
    value = modules.value if isinstance(modules.value, Mapping) else {}
    listed: Json = value.get("files")
    if listed is None and isinstance(value.get("fingerprint"), str):
        try:
            listed = json.loads(files.get(str(value["fingerprint"])))
        except (LinealError, ValueError):
            listed = None
    found = listed if isinstance(listed, Mapping) else {}
    return {str(name): str(one) for name, one in found.items() if str(one).startswith("sha256:")}


def _write_kept(record: Mapping[str, Item], files: Files, code: Path) -> None:
    for name, fingerprint in _kept_files(record, files):
        if not PurePosixPath(name).is_absolute():
            _write(safe_target(code, name), files.get(fingerprint))


def _check_out(record: Mapping[str, Item], files: Files, code: Path, source: CodeSource) -> None:
    """Make a repository of its own that borrows the objects, and check the commit out: the other one stays as it is."""
    commit = str(source.commit)
    _git(code, "init", "--quiet")
    if source.kind == "repository":
        objects, _ = ask(Path(source.where), "rev-parse", "--git-path", "objects")
        borrowed = (Path(source.where) / os.fsdecode(objects.rstrip(b"\n"))).resolve()
        (code / ".git/objects/info/alternates").write_text(f"{borrowed}\n", encoding="utf-8")
    elif source.kind == "bundle":
        bundle = bundle_of(record)
        assert bundle is not None
        files.open(bundle).close()
        _git(code, "fetch", "--quiet", "--no-tags", str(files.path(bundle)), "+refs/*:refs/lineal/*", "HEAD")
    else:
        _git(code, "fetch", "--quiet", "--no-tags", "--depth=1", source.where, commit)
    _check_size(code, commit)
    _git(code, "checkout", "--quiet", "--detach", "--force", commit)


def _check_size(code: Path, commit: str) -> None:
    listed, cut = ask(code, "ls-tree", "-r", "-l", "-z", commit, timeout_s=_TIMEOUT_S)
    sizes = [entry.split(b"\t", 1)[0].split()[-1] for entry in listed.split(b"\0") if b"\t" in entry]
    total = sum(int(size) for size in sizes if size.isdigit())
    if cut or total > MOST_BYTES:
        raise refused(
            "code", commit, f"commit {commit[:12]} unfolds to {total >> 20} MiB, more than {MOST_BYTES >> 20} MiB"
        )


def _apply_diff(record: Mapping[str, Item], files: Files, code: Path) -> None:
    value = item(record, "diff").value
    if not item(record, "diff").captured or not isinstance(value, Mapping):
        return
    fingerprint = str(value["fingerprint"])
    patch = files.get(fingerprint)
    total = sum(int(size) for size in _LITERAL.findall(patch))
    if total > MOST_BYTES:
        raise refused("code", "diff", f"the diff unfolds to {total >> 20} MiB, more than {MOST_BYTES >> 20} MiB")
    _git(code, "apply", "--whitespace=nowarn", str(files.path(fingerprint)))


def _write_untracked(record: Mapping[str, Item], files: Files, code: Path) -> None:
    value = item(record, "untracked").value
    listed = value.get("files") if isinstance(value, Mapping) else None
    for name, one in listed.items() if isinstance(listed, Mapping) else ():
        if not isinstance(one, Mapping):
            continue
        target = safe_target(code, name)
        if "target" in one:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(str(one["target"]))
        elif "withheld" not in one and isinstance(one.get("fingerprint"), str):
            _write(target, files.get(str(one["fingerprint"])))


def _check_script(record: Mapping[str, Item], code: Path) -> None:
    """Raise NotRunnable where the script that was put there is not the one that ran."""
    value = item(record, "script").value
    if not item(record, "script").captured or not isinstance(value, Mapping) or value.get("path") == "-c":
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


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _leads_inside(path: Path, top: Path) -> bool:
    try:
        return path.resolve().is_relative_to(top)
    except (OSError, RuntimeError):
        return False  # a circle of links


def _git(code: Path, *arguments: str) -> None:
    ask(code, *arguments, timeout_s=_TIMEOUT_S)


def place_elsewhere(record: Mapping[str, Item], files: Files, directory: Path) -> list[str]:
    """Put the modules that lay outside the tree below `directory`, as the record keeps them; return their names.

    Those that are still where they were, and what they were, are left alone.
    """
    value = item(record, "modules").value
    elsewhere = value.get("elsewhere") if isinstance(value, Mapping) else None
    named = elsewhere.get("modules") if isinstance(elsewhere, Mapping) else None
    if not isinstance(elsewhere, Mapping) or not isinstance(named, Mapping):
        return []
    gone = [str(name) for name, one in named.items() if isinstance(one, Mapping) and not _is_as_it_was(one)]
    if not gone:
        return []
    texts = json.loads(files.get(str(elsewhere["fingerprint"])))
    for name in gone:
        if name not in texts:
            raise refused("code", name, f"the module {name} lay outside the repository, is gone, and is not kept")
        is_package = str(texts[name]["path"]).endswith("__init__.py")
        path = name.replace(".", "/") + ("/__init__.py" if is_package else ".py")
        _write(safe_target(directory, path), str(texts[name]["text"]).encode("utf-8", "surrogateescape"))
    return gone


def _is_as_it_was(module: Mapping[str, Json]) -> bool:
    try:
        return of_bytes(Path(str(module.get("path"))).read_bytes()) == module.get("fingerprint")
    except OSError:
        return False
