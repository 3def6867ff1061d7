from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from lineal.capture import bundle, diff, untracked
from lineal.capture.captured import Captured
from lineal.capture.git import GitTimeout, GitUnavailable, ask
from lineal.capture.repository import ITEMS, repository_items
from lineal.files import Files

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.fixture(autouse=True)
def quiet_git(monkeypatch, tmp_path):
    """Git without the settings of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "no-config"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "CIRCLE_SHA1"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path / "kept")


@pytest.fixture
def repository(tmp_path) -> Path:
    root = tmp_path / "répo with space"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    return root


def git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, **contents: str) -> str:
    for name, content in contents.items():
        (root / name).write_text(content, encoding="utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "a change")
    return git(root, "rev-parse", "HEAD")


def value(item: Captured) -> dict[str, object]:
    assert isinstance(item.value, dict), item
    return item.value


def test_a_clean_repository_gives_commit_branch_and_no_diff(files, repository):
    expected = commit(repository, train="1")
    items = repository_items(files, repository)
    assert (items["commit"].value, items["branch"].value, items["dirty"].value) == (expected, "main", False)
    assert items["diff"].status == items["untracked"].status == items["submodules"].status == "not_applicable"


def test_the_repository_is_found_from_a_directory_inside_it(files, repository):
    expected = commit(repository, train="1")
    (repository / "deep" / "er").mkdir(parents=True)
    assert repository_items(files, repository / "deep" / "er")["commit"].value == expected


def test_a_kept_diff_applied_to_the_commit_gives_the_working_tree_back(files, repository, tmp_path):
    base = commit(repository, train="one\n", **{"ünï cödé": "x\n"})
    binary = bytes(range(256)) * 20
    (repository / "train").write_text("two\n", encoding="utf-8")
    (repository / "ünï cödé").unlink()
    (repository / "new binary.bin").write_bytes(binary)
    git(repository, "add", "new binary.bin")
    items = repository_items(files, repository)
    assert items["dirty"].value is True
    assert value(items["diff"])["files"] == 3
    again = tmp_path / "again"
    git(tmp_path, "clone", "-q", str(repository), str(again))
    git(again, "checkout", "-q", base)
    subprocess.run(["git", "apply"], cwd=again, input=files.get(str(value(items["diff"])["fingerprint"])), check=True)
    assert (again / "train").read_text(encoding="utf-8") == "two\n"
    assert (again / "new binary.bin").read_bytes() == binary
    assert not (again / "ünï cödé").exists()


def test_untracked_files_are_kept_with_their_bytes_and_ignored_ones_are_not(files, repository):
    commit(repository, **{".gitignore": "*.log\n"})
    (repository / "neue datei ü.py").write_bytes(b"print(1)\r\n")
    (repository / "noise.log").write_bytes(b"x")
    items = repository_items(files, repository)
    named = value(items["untracked"])["files"]
    assert set(named) == {"neue datei ü.py"}
    assert files.get(named["neue datei ü.py"]["fingerprint"]) == b"print(1)\r\n"
    assert items["dirty"].value is False


def test_lineals_own_files_are_not_taken_for_untracked_code(files, repository):
    commit(repository, train="1")
    for name in (".lineal/files/x", "__pycache__/y.pyc", "space/z", "my.db", "my.db-wal"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_bytes(b"x")
    items = repository_items(files, repository, leave_out=[repository / "space", repository / "my.db"])
    assert items["untracked"].status == "not_applicable"


def test_a_repository_without_a_commit_says_so_and_still_has_its_diff(files, repository):
    (repository / "train.py").write_text("print(1)\n", encoding="utf-8")
    git(repository, "add", "train.py")
    items = repository_items(files, repository)
    assert items["commit"] == Captured("unknown", None, "the repository has no commit yet")
    assert items["dirty"].value is True
    assert b"+print(1)" in files.get(str(value(items["diff"])["fingerprint"]))


def test_a_detached_head_is_a_value(files, repository):
    expected = commit(repository, train="1")
    git(repository, "checkout", "-q", "--detach")
    items = repository_items(files, repository)
    assert (items["commit"].value, items["branch"].value) == (expected, "detached")


def test_tags_at_the_commit_are_named(files, repository):
    commit(repository, train="1")
    assert repository_items(files, repository)["tag"].status == "not_applicable"
    git(repository, "tag", "v1")
    git(repository, "-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "v1.0", "-m", "x")
    assert repository_items(files, repository)["tag"].value == ["v1", "v1.0"]


def test_a_directory_outside_any_repository_makes_the_items_not_applicable(files, tmp_path):
    items = repository_items(files, tmp_path)
    assert {items[name].status for name in ITEMS} == {"not_applicable"}


def test_without_a_repository_the_commit_may_come_from_the_build_server(files, tmp_path, monkeypatch):
    monkeypatch.setenv("CI_COMMIT_SHA", "abc123")
    item = repository_items(files, tmp_path)["commit"]
    assert (item.status, item.value) == ("captured", "abc123")


def test_a_machine_without_git_leaves_the_items_unknown(files, repository, monkeypatch):
    commit(repository, train="1")
    monkeypatch.setenv("PATH", str(repository))
    items = repository_items(files, repository)
    assert {items[name].reason for name in ITEMS} == {"git is not installed or not on PATH"}


def test_a_machine_without_git_says_so_also_where_git_has_limits(repository, monkeypatch):
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(GitUnavailable, match="git is not installed or not on PATH"):
        ask(repository, "status", limits=(1 << 30, 1 << 30))


def test_a_repository_of_somebody_else_is_unknown_for_that_reason(files, repository, monkeypatch):
    commit(repository, train="1")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    item = repository_items(files, repository)["commit"]
    assert item.status == "unknown"
    assert "dubious ownership" in str(item.reason)


def test_a_broken_repository_is_unknown(files, tmp_path):
    (tmp_path / ".git").mkdir()
    item = repository_items(files, tmp_path)["commit"]
    assert (item.status, item.reason) == ("unknown", "git does not take this for a repository")


def test_git_that_takes_too_long_is_stopped_and_said_so(repository, monkeypatch, tmp_path):
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    (slow / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(GitTimeout, match="took longer than"):
        ask(repository, "status", timeout_s=0.05)


def test_credentials_never_leave_the_remote(files, repository):
    commit(repository, train="1")
    git(repository, "remote", "add", "origin", f"https://ada:{TOKEN}@example.org/x.git")
    item = repository_items(files, repository)["remote"]
    assert value(item) == {"name": "origin", "url": "https://[redacted]@example.org/x.git", "pushed": False}


def test_a_commit_that_was_pushed_is_told_from_one_that_was_not(files, repository, tmp_path):
    commit(repository, train="1")
    git(tmp_path, "init", "-q", "--bare", "up.git")
    git(repository, "remote", "add", "origin", str(tmp_path / "up.git"))
    git(repository, "push", "-q", "-u", "origin", "main")
    assert value(repository_items(files, repository)["remote"])["pushed"] is True
    commit(repository, train="2")
    assert value(repository_items(files, repository)["remote"])["pushed"] is False


def test_secrets_in_a_diff_or_an_untracked_file_are_never_kept(files, repository):
    commit(repository, train="one\n")
    (repository / "train").write_text(f"one\ntoken = '{TOKEN}'\n", encoding="utf-8")
    (repository / ".env").write_text("DB_PASSWORD=hunter2\n", encoding="utf-8")
    (repository / "secret.py").write_text(f"KEY = '{TOKEN}'\n", encoding="utf-8")
    items = repository_items(files, repository)
    assert items["diff"].status == items["untracked"].status == "withheld"
    assert value(items["diff"])["redacted"] == 1
    kept = b"".join(path.read_bytes() for path in files.root.rglob("*") if path.is_file())
    assert b"[redacted]" in kept
    assert TOKEN.encode() not in kept
    assert b"hunter2" not in kept


def test_a_diff_over_the_cap_is_withheld_with_the_fingerprint_of_each_file(files, repository, monkeypatch):
    commit(repository, train="one\n")
    (repository / "train").write_text("two\n" * 1000, encoding="utf-8")
    monkeypatch.setattr(diff, "ask", lambda root, *words: ask(root, *words, limit=100))
    items = repository_items(files, repository)
    assert items["dirty"].value is True
    assert items["diff"].status == "withheld"
    assert "train" in value(items["diff"])["fingerprints"]


def test_an_untracked_file_over_the_cap_is_named_by_fingerprint_only(files, repository, monkeypatch):
    commit(repository, train="1")
    (repository / "data.csv").write_bytes(b"x" * 2000)
    monkeypatch.setattr(untracked, "FILE_LIMIT", 1000)
    entry = value(repository_items(files, repository)["untracked"])["files"]["data.csv"]
    assert (entry["bytes"], entry["withheld"]) == (2000, "too large")
    assert not files.has(entry["fingerprint"])


def test_a_program_the_repository_names_is_not_run(files, repository, tmp_path):
    commit(repository, train="1")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n", encoding="utf-8")
    trap.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(trap))
    git(repository, "config", "diff.external", str(trap))
    (repository / "train").write_text("2", encoding="utf-8")
    assert repository_items(files, repository)["diff"].status == "captured"
    assert not (tmp_path / "sprung").exists()


def test_variables_of_a_hook_do_not_point_to_another_repository(files, repository, tmp_path, monkeypatch):
    expected = commit(repository, train="1")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert repository_items(files, repository)["commit"].value == expected


def test_submodules_are_named_with_their_commit_and_state(files, repository, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    expected = commit(inner, x="1")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    commit(repository, train="1")
    (module,) = repository_items(files, repository)["submodules"].value
    assert (module["path"], module["commit"], module["state"], module["dirty"]) == ("sub", expected, "clean", False)


def test_changes_inside_a_submodule_are_kept_with_it(files, repository, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    commit(inner, x="1\n")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    commit(repository, train="1")
    (repository / "sub" / "x").write_text("2\n", encoding="utf-8")
    (repository / "sub" / "new.py").write_text("A = 1\n", encoding="utf-8")
    items = repository_items(files, repository)
    (module,) = items["submodules"].value
    assert (module["dirty"], items["dirty"].value) == (True, True)
    assert b"+2" in files.get(module["diff"]["value"]["fingerprint"])
    assert set(module["untracked"]["value"]["files"]) == {"new.py"}


def test_a_submodule_that_is_not_there_is_a_value(files, repository, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    commit(inner, x="1")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    commit(repository, train="1")
    git(repository, "submodule", "deinit", "-q", "-f", "sub")
    item = repository_items(files, repository)["submodules"]
    assert item.status == "captured"
    assert item.value[0]["state"] == "not initialised"


# ---------------------------------------------------------------- commits that are on no remote


def pushed(repository: Path, place: Path) -> None:
    git(place, "init", "-q", "--bare", "up.git")
    git(repository, "remote", "add", "origin", str(place / "up.git"))
    git(repository, "push", "-q", "-u", "origin", "main")


def test_a_commit_on_the_remote_needs_no_bundle(files, repository, tmp_path):
    commit(repository, train="1")
    pushed(repository, tmp_path)
    git(repository, "checkout", "-q", "-b", "local")  # without an upstream, yet the commit is there
    items = repository_items(files, repository)
    assert value(items["remote"])["pushed"] is True
    assert items["bundle"].status == "not_applicable"


def test_a_commit_on_no_remote_can_be_fetched_from_its_bundle_alone(files, repository, tmp_path):
    commit(repository, train="1")
    pushed(repository, tmp_path)
    expected = commit(repository, train="2")
    bundle = value(repository_items(files, repository)["bundle"])
    assert (bundle["whole"], bundle["commits"]) == (True, 2)
    again = tmp_path / "again"
    again.mkdir()
    git(again, "init", "-q")
    git(again, "fetch", "-q", str(files.path(bundle["fingerprint"])), "HEAD")
    assert git(again, "rev-parse", "FETCH_HEAD") == expected


def test_the_next_run_at_the_same_commit_has_the_same_bundle(files, repository):
    commit(repository, train="1")
    first = value(repository_items(files, repository)["bundle"])
    assert repository_items(files, repository)["bundle"].value == first
    files.path(first["fingerprint"]).unlink()
    assert files.has(value(repository_items(files, repository)["bundle"])["fingerprint"])


def test_of_a_long_history_only_what_no_remote_has_is_bundled(files, repository, tmp_path, monkeypatch):
    commit(repository, train="".join(f"{n}\n" for n in range(3000)))
    pushed(repository, tmp_path)
    commit(repository, other="2")
    monkeypatch.setattr(bundle, "SMALL", 8000)
    found = value(repository_items(files, repository)["bundle"])
    assert (found["whole"], found["commits"]) == (False, 1)


def test_commits_over_the_cap_need_this_clone_and_say_so(files, repository, monkeypatch):
    commit(repository, train="".join(f"{n}\n" for n in range(3000)))
    monkeypatch.setattr(bundle, "LIMIT", 8000)
    item = repository_items(files, repository)["bundle"]
    assert item.status == "withheld"
    assert "a rebuild needs this clone" in str(item.reason)


def test_commits_with_a_secret_are_not_kept(files, repository):
    commit(repository, train=f"token = '{TOKEN}'\n")
    commit(repository, train="clean\n")
    item = repository_items(files, repository)["bundle"]
    assert item.status == "withheld"
    assert "secret" in str(item.reason)


# ---------------------------------------------------------------- Git LFS


def test_files_in_lfs_are_known_by_the_fingerprint_their_pointer_says(files, repository):
    content = b"x" * 5000
    digest = hashlib.sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 5000\n"
    commit(repository, **{"a.bin": pointer, "b ü.bin": pointer, "c.bin": "no pointer\n"})
    commit(repository, **{".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    (repository / "a.bin").write_bytes(content)
    item = repository_items(files, repository)["lfs"]
    found = value(item)["files"]
    assert found["a.bin"] == {"fingerprint": f"sha256:{digest}", "bytes": 5000, "present": True}
    assert found["b ü.bin"]["present"] is False
    assert "withheld" in found["c.bin"]
    assert "b ü.bin" in str(item.reason)


def test_attributes_that_match_no_file_are_no_lfs(files, repository):
    commit(repository, **{".gitattributes": "*.bin filter=lfs\n"})
    assert repository_items(files, repository)["lfs"].status == "not_applicable"
