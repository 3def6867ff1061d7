"""Packages from a directory are code: each is recorded with its own commit and changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.capture.direct import editable_item
from lineal.files import Files


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path / "kept")


@pytest.fixture
def library(tmp_path, monkeypatch) -> Path:
    """A library with uncommitted work, installed from its directory."""
    place = tmp_path / "library"
    place.mkdir()
    git(place, "init", "-q")
    (place / "lib.py").write_text("A = 1\n", encoding="utf-8")
    git(place, "add", ".")
    git(place, "-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "-qm", "one")
    (place / "lib.py").write_text("A = 2\n", encoding="utf-8")
    metadata = tmp_path / "site-packages" / "library-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "direct_url.json").write_text(
        json.dumps({"url": place.as_uri(), "dir_info": {"editable": True}}), encoding="utf-8"
    )
    monkeypatch.setattr(sys, "path", [str(metadata.parent)])
    return place


def git(place: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=place, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_an_editable_package_has_its_own_commit_and_diff(files, library):
    item = editable_item(files, None)
    assert item.status == "captured"
    (entry,) = item.value
    assert (entry["name"], entry["editable"]) == ("library", True)
    assert entry["repository"]["commit"]["value"] == git(library, "rev-parse", "HEAD")
    assert entry["repository"]["dirty"]["value"] is True
    assert b"+A = 2" in files.get(entry["repository"]["diff"]["value"]["fingerprint"])


def test_a_package_in_the_scripts_own_repository_is_not_recorded_twice(files, library):
    (entry,) = editable_item(files, library).value
    assert entry["repository"] == "the script's repository"


def test_a_package_whose_directory_is_gone_is_unknown_and_named(files, library):
    library.rename(library.with_name("moved"))
    item = editable_item(files, None)
    assert item.status == "unknown"
    assert "library" in item.reason
    assert item.value[0]["repository"] is None


def test_a_directory_without_a_repository_says_so(files, library):
    (library / ".git").rename(library / "no-git")
    (entry,) = editable_item(files, None).value
    assert "in no repository" in entry["repository"]


def test_releases_from_an_index_are_nothing_to_tell(files, library, monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    assert editable_item(files, None).status == "not_applicable"
