"""Putting code together from a record: nothing unfolds without limit, nothing leads out of the tree."""

from __future__ import annotations

import base64
import hashlib
import os
import string
import struct
import subprocess
import zlib

import pytest

from lineal.capture.record import as_struct
from lineal.capture.repository import repository_items
from lineal.errors import NotRunnable
from lineal.files import Files
from lineal.lineage.capture_record import Item, record_of
from lineal.model.nodes import Execution
from lineal.rebuild import checkout
from lineal.rebuild.code import assemble, find_code
from lineal.rebuild.layout import Layout
from lineal.rebuild.patches import unfolded
from lineal.rebuild.symlinks import left_out
from lineal.rebuild.verdict import Missing


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path / "files")


@pytest.fixture
def tree(tmp_path):
    tree = tmp_path / "rebuilt" / "tree"
    tree.mkdir(parents=True)
    return tree


def recorded(project, files):
    """The record of the repository as it is, and its layout."""
    capture = as_struct(repository_items(files, project.root))
    return record_of(Execution(type="Train", properties={"capture": capture})), Layout(root=str(project.root))


def put_together(project, files, tree):
    record, layout = recorded(project, files)
    source = find_code(record, layout, files, network=False)
    assemble(record, layout, files, tree, source)


def test_commit_binary_diff_and_untracked_files_come_back_as_they_were(project, files, tree):
    project.write("train.py", "print(1)\n")
    (project.root / "table.bin").write_bytes(bytes(range(256)))
    project.commit()
    (project.root / "table.bin").write_bytes(bytes(range(255, -1, -1)))
    project.write("train.py", "print(2)\n")
    project.write("new/Größe 1.py", "N = 1\n")

    put_together(project, files, tree)

    assert (tree / "table.bin").read_bytes() == bytes(range(255, -1, -1))
    assert (tree / "train.py").read_text() == "print(2)\n"
    assert (tree / "new/Größe 1.py").read_text(encoding="utf-8") == "N = 1\n"


def test_the_repository_it_comes_from_is_not_touched(project, files, tree):
    project.write("train.py", "print(1)\n")
    project.commit()
    before = {path: path.stat().st_mtime_ns for path in (project.root / ".git").rglob("*")}

    put_together(project, files, tree)

    assert {path: path.stat().st_mtime_ns for path in (project.root / ".git").rglob("*")} == before


def test_a_commit_that_unfolds_too_far_is_refused_before_it_does(project, files, tree, monkeypatch):
    (project.root / "zeros").write_bytes(bytes(1 << 20))
    project.commit()
    monkeypatch.setattr(checkout, "MOST_BYTES", 1 << 19)

    with pytest.raises(NotRunnable, match="unfolds to 1 MiB"):
        put_together(project, files, tree)

    assert not (tree / "zeros").exists()


def test_a_diff_that_unfolds_too_far_is_refused_before_it_does(project, files, tree, monkeypatch):
    project.write("train.py", "print(1)\n")
    (project.root / "zeros").write_bytes(b"\0")
    project.commit()
    (project.root / "zeros").write_bytes(bytes(1 << 20))
    monkeypatch.setattr(checkout, "MOST_BYTES", 1 << 19)

    with pytest.raises(NotRunnable, match="diff unfolds to 1 MiB"):
        put_together(project, files, tree)


@pytest.mark.parametrize("name", ["../escape.py", "/tmp/escape.py", "a/../../escape.py", "link/escape.py"])
def test_a_recorded_name_that_leads_out_of_the_tree_is_refused(project, files, tree, tmp_path, name):
    project.write("train.py", "print(1)\n")
    (project.root / "link").symlink_to(tmp_path)
    project.commit()
    record, layout = recorded(project, files)
    source = find_code(record, layout, files, network=False)
    entry = {"fingerprint": files.put_bytes(b"trace"), "bytes": 5}
    record["untracked"] = Item("captured", {"files": {name: entry}})

    with pytest.raises(NotRunnable, match="leads out of the tree"):
        assemble(record, layout, files, tree, source)

    assert not (tmp_path / "escape.py").exists()


def test_a_recorded_file_is_not_written_through_a_link_of_the_commit(project, files, tree, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (project.root / "notes.txt").symlink_to(tmp_path / "mine.txt")
    project.commit()
    record, layout = recorded(project, files)
    source = find_code(record, layout, files, network=False)
    record["untracked"] = Item("captured", {"files": {"notes.txt": {"fingerprint": files.put_bytes(b"trace")}}})

    with pytest.raises(NotRunnable, match="leads out of the tree"):
        assemble(record, layout, files, tree, source)

    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("name", [".git/config", "inner/.GIT/config"])
def test_a_recorded_name_among_gits_own_files_is_refused(project, files, tree, name):
    project.write("train.py", "print(1)\n")
    project.commit()
    record, layout = recorded(project, files)
    source = find_code(record, layout, files, network=False)
    record["untracked"] = Item("captured", {"files": {name: {"fingerprint": files.put_bytes(b"[core]\n")}}})

    with pytest.raises(NotRunnable, match="git's own files"):
        assemble(record, layout, files, tree, source)


def test_a_recorded_commit_is_never_an_option_of_git(project, files, tmp_path):
    project.write("train.py", "print(1)\n")
    project.commit()
    record, layout = recorded(project, files)
    option = f"--upload-pack=touch {tmp_path / 'ran'}; git-upload-pack"
    record |= {"commit": Item("captured", option), "remote": Item("captured", {"url": str(project.root)})}

    lost = find_code(record, layout, files, network=False)

    assert isinstance(lost, Missing)
    assert "is the name of no commit" in lost.sentence


def test_a_recorded_remote_is_never_an_option_of_git(project, files, tree, tmp_path):
    project.write("train.py", "print(1)\n")
    project.commit()
    record, layout = recorded(project, files)
    source = checkout.CodeSource(kind="remote", where=f"--upload-pack=touch {tmp_path / 'ran'}", commit="0" * 40)

    with pytest.raises(NotRunnable):
        assemble(record, layout, files, tree, source)

    assert not (tmp_path / "ran").exists()


def test_a_link_inside_the_tree_is_kept(project, files, tree):
    project.write("data/in.csv", "n\n")
    (project.root / "latest").symlink_to("data")
    project.commit()

    put_together(project, files, tree)

    assert (tree / "latest" / "in.csv").read_text() == "n\n"


def test_a_link_out_of_the_tree_is_left_out_and_said(project, files, tree, tmp_path):
    (tmp_path / "mine").mkdir()
    project.write("train.py", "print(1)\n")
    (project.root / "data").symlink_to(tmp_path / "mine")
    project.commit()
    (project.root / "later").symlink_to("../mine")
    record, layout = recorded(project, files)

    notes = assemble(record, layout, files, tree, find_code(record, layout, files, network=False))

    assert not (tree / "data").is_symlink()
    assert not (tree / "later").is_symlink()
    assert "data → " in notes[0]
    assert "later → ../mine" in notes[0]
    assert "later → ../mine" in left_out(record, layout)[0]


def test_a_link_to_another_place_of_the_recorded_tree_leads_to_the_same_place_of_this_one(project, files, tree):
    project.write("data/in.csv", "n\n")
    (project.root / "latest").symlink_to(project.root / "data")
    project.commit()

    put_together(project, files, tree)

    assert (tree / "latest").resolve() == (tree / "data").resolve()


def test_code_that_lay_behind_a_link_is_laid_out_from_what_is_kept(project, files, tree, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "train.py").write_text("print(1)\n")
    (project.root / "lib").symlink_to(tmp_path / "shared")
    project.commit()
    record, layout = recorded(project, files)
    kept = files.put_bytes(b"print(1)\n")
    record["script"] = Item("captured", {"path": "lib/train.py", "fingerprint": kept})

    assemble(record, layout, files, tree, find_code(record, layout, files, network=False))

    assert (tree / "lib" / "train.py").read_text() == "print(1)\n"
    assert not (tree / "lib").is_symlink()


def test_a_damaged_kept_file_is_refused(project, files, tree):
    project.write("train.py", "print(1)\n")
    project.commit()
    project.write("new.py", "N = 1\n")
    record, layout = recorded(project, files)
    source = find_code(record, layout, files, network=False)
    [entry] = record["untracked"].value["files"].values()
    path = files.path(entry["fingerprint"])
    path.chmod(0o644)
    path.write_bytes(b"N = 2\n")

    with pytest.raises(NotRunnable, match="cannot be put together"):
        assemble(record, layout, files, tree, source)


def test_a_binary_difference_that_copies_itself_without_end_is_refused_before_it_unfolds(project, files, tree):
    project.write("train.py", "1")
    project.write("data.bin", "x")
    (project.root / "data.bin").write_bytes(bytes(range(256)) * 64)
    project.commit()
    delta = varint(1 << 14) + varint(1 << 40) + b"\x80\x40" * 64
    patch = (
        b"diff --git a/data.bin b/data.bin\nindex 0000000..1111111 100644\nGIT binary patch\n"
        + binary(b"delta", delta)
        + binary(b"literal", b"")
    )
    record = {
        "commit": Item("captured", project.git("rev-parse", "HEAD")),
        "diff": Item("captured", {"fingerprint": files.put_bytes(patch)}),
        "cwd": Item("captured", {"path": ".", "root": str(project.root)}),
    }

    layout = Layout(root=str(project.root))

    with pytest.raises(NotRunnable, match="the diff unfolds to 1048576 MiB"):
        assemble(record, layout, files, tree, find_code(record, layout, files, network=False))


def test_what_gits_own_difference_of_a_binary_file_unfolds_to_is_known(project):
    (project.root / "data.bin").write_bytes(os.urandom(5000))
    project.commit()
    with (project.root / "data.bin").open("ab") as handle:
        handle.write(os.urandom(20))

    patch = subprocess.run(
        ["git", "diff", "--binary"], cwd=project.root, env=project.environment(), capture_output=True, check=True
    ).stdout

    assert b"\ndelta " in patch
    assert unfolded(patch) == 5000 + 5020


def test_a_bundle_whose_objects_unfold_without_end_ends_git_and_not_the_machine(files, tree):
    base, pieces = bytes(1 << 16), 1 << 17
    delta = varint(len(base)) + varint(len(base) * pieces) + b"\x80" * pieces  # each copies 64 KiB
    commit = b"tree " + b"1" * 40 + b"\nauthor a <a@b> 0 +0000\ncommitter a <a@b> 0 +0000\n\nm\n"
    name = hashlib.sha1(b"commit %d\0" % len(commit) + commit, usedforsecurity=False).hexdigest()
    pack = b"PACK" + struct.pack(">II", 2, 3) + packed(1, commit)
    at = len(pack)
    pack += packed(3, base)
    pack += packed(6, delta, back(len(pack) - at))
    pack += hashlib.sha1(pack, usedforsecurity=False).digest()
    bundle = files.put_bytes(f"# v2 git bundle\n{name} HEAD\n\n".encode() + pack)
    record = {
        "commit": Item("captured", name),
        "bundle": Item("captured", {"fingerprint": bundle, "whole": True}),
        "cwd": Item("captured", {"path": "."}),
    }
    source = find_code(record, Layout(root=None), files, network=False)
    assert source.kind == "bundle"

    with pytest.raises(NotRunnable, match="git fetch needed more memory than it may have: an object unfolds too far"):
        assemble(record, Layout(root=None), files, tree, source)


def packed(kind, content, between=b""):
    """Return an object as it stands in a pack."""
    size = len(content)
    head, rest = [kind << 4 | size & 15], size >> 4
    while rest:
        head[-1] |= 0x80
        head.append(rest & 0x7F)
        rest >>= 7
    return bytes(head) + between + zlib.compress(content)


def back(distance):
    digits = [distance & 0x7F]
    while distance := distance >> 7:
        distance -= 1
        digits.insert(0, 0x80 | distance & 0x7F)
    return bytes(digits)


def varint(value):
    digits = b""
    while value > 0x7F:
        digits += bytes([value & 0x7F | 0x80])
        value >>= 7
    return digits + bytes([value])


def binary(kind, content):
    packed = zlib.compress(content)
    lines = [packed[at : at + 52] for at in range(0, len(packed), 52)]
    letters = string.ascii_uppercase + string.ascii_lowercase
    coded = [letters[len(line) - 1].encode() + base64.b85encode(line, pad=True) + b"\n" for line in lines]
    return kind + b" %d\n" % len(content) + b"".join(coded) + b"\n"
