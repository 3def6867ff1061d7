"""Our lock of what is installed: the fingerprints come from the project's own locks, and what has none is said."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from pathlib import Path

import pytest

from lineal.capture.cache_directory import CACHE
from lineal.capture.conda import conda_list
from lineal.capture.environment import environment_item
from lineal.capture.installed import installed_packages
from lineal.capture.locks.finding import lock_files
from lineal.capture.locks.locked import Locked, LockedFile, tags_of
from lineal.capture.locks.pylock import Contents, Direct, requirements_of, write_pylock
from lineal.capture.locks.readers import read_lock
from lineal.files import Files
from lineal.lineage.locks import parse_lock

A, B = "a" * 64, "b" * 64
UV = f"""
version = 1
[[package]]
name = "gadget"
version = "1.2"
source = {{ registry = "https://ada:pa55@example.org/simple" }}
sdist = {{ url = "https://example.org/gadget-1.2.tar.gz", hash = "sha256:{B}", size = 9 }}
wheels = [
    {{ url = "https://example.org/gadget-1.2-py3-none-any.whl", hash = "sha256:{A}", size = 7 }},
    {{ url = "https://example.org/gadget-1.2-cp39-cp39-win32.whl", hash = "sha256:{B}" }},
]
[[package]]
name = "project"
source = {{ virtual = "." }}
"""
POETRY = f"""
[[package]]
name = "gadget"
version = "1.2"
files = [{{file = "gadget-1.2-py3-none-any.whl", hash = "sha256:{A}"}}]
"""
OLD_POETRY = f"""
[[package]]
name = "gadget"
version = "1.2"
[metadata.files]
gadget = [{{file = "gadget-1.2-py3-none-any.whl", hash = "sha256:{A}"}}]
"""
PDM = POETRY.replace('hash = "', 'url = "https://example.org/gadget-1.2-py3-none-any.whl", hash = "')
REQUIREMENTS = f"""
# by hand
Gadget[extra]==1.2 ; python_version > "3" \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
other==3   # no fingerprint
-r more.txt
"""
PIPFILE = json.dumps({"default": {"gadget": {"version": "==1.2", "hashes": [f"sha256:{A}"]}, "here": {"path": "."}}})
PYLOCK = f"""
lock-version = "1.0"
[[packages]]
name = "gadget"
version = "1.2"
wheels = [{{ name = "gadget-1.2-py3-none-any.whl", url = "https://example.org/x.whl", hashes = {{ sha256 = "{A}" }} }}]
"""


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path / "kept")


@pytest.fixture
def gadget(tmp_path, monkeypatch) -> Path:
    """An installed package, alone on the path but for Python itself."""
    metadata = tmp_path / "site-packages" / "gadget-1.2.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "WHEEL").write_text("Wheel-Version: 1.0\nTag: py3-none-any\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(metadata.parent)])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    return metadata


@pytest.fixture
def project(tmp_path) -> Path:
    place = tmp_path / "project" / "src"
    place.mkdir(parents=True)
    return place


def locked(files: Files, place: Path) -> tuple[dict, dict]:
    """Return the item's value, and the lock it names."""
    item = environment_item(files, place)
    assert isinstance(item.value, dict)
    return item.value, tomllib.loads(files.get(str(item.value["fingerprint"])).decode())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", UV),
        ("poetry.lock", POETRY),
        ("poetry.lock", OLD_POETRY),
        ("pdm.lock", PDM),
        ("Pipfile.lock", PIPFILE),
        ("pylock.toml", PYLOCK),
        ("pylock.dev.toml", PYLOCK),
        ("requirements-dev.txt", REQUIREMENTS),
    ],
)
def test_every_common_lock_gives_its_fingerprints(files, gadget, project, name, text):
    (project.parent / name).write_text(text, encoding="utf-8")
    value, lock = locked(files, project)
    assert (value["packages"], value["hashed"], value["partial"]) == (1, 1, False)
    assert [source["path"] for source in value["sources"]] == [str(project.parent / name)]
    assert A in json.dumps(lock)
    assert f"--hash=sha256:{A}" in requirements_of(files.get(value["fingerprint"]).decode())[0]


def test_of_many_wheels_the_lock_names_the_one_that_is_installed(files, gadget, project):
    (project / "uv.lock").write_text(UV, encoding="utf-8")
    _, lock = locked(files, project)
    (package,) = lock["packages"]
    assert [wheel["name"] for wheel in package["wheels"]] == ["gadget-1.2-py3-none-any.whl"]
    assert package["wheels"][0]["hashes"] == {"sha256": A}
    assert "sdist" not in package
    assert package["index"] == "https://[redacted]@example.org/simple"


def test_a_package_says_for_which_versions_of_python_it_is(files, gadget, project):
    (gadget / "METADATA").write_text("Requires-Python: >=3.9, <4 \n\nRequires-Python: >=2\n", encoding="utf-8")
    (project / "uv.lock").write_text(UV, encoding="utf-8")
    assert locked(files, project)[1]["packages"][0]["requires-python"] == ">=3.9, <4"


def test_a_package_built_here_keeps_every_file_its_lock_has(files, gadget, project):
    (gadget / "WHEEL").write_text("Tag: cp311-cp311-odd\n", encoding="utf-8")
    (project / "uv.lock").write_text(UV, encoding="utf-8")
    _, lock = locked(files, project)
    assert len(lock["packages"][0]["wheels"]) == 2
    assert lock["packages"][0]["sdist"]["hashes"] == {"sha256": B}


def test_a_lock_of_another_version_gives_no_fingerprint_and_the_pin_is_listed(files, gadget, project):
    (project / "uv.lock").write_text(UV.replace('"1.2"', '"1.3"'), encoding="utf-8")
    item = environment_item(files, project)
    value, lock = locked(files, project)
    assert item.status == "captured"
    assert "partial" in str(item.reason)
    assert value["without_fingerprint"] == ["gadget==1.2"]
    assert lock["tool"]["lineal"]["pins"] == [{"name": "gadget", "version": "1.2"}]


def test_a_lock_that_cannot_be_read_is_passed_over_for_the_next(files, gadget, project):
    (project / "uv.lock").write_text("[[package", encoding="utf-8")
    (project / "poetry.lock").write_bytes(b"\xff")
    (project.parent / "requirements.txt").write_text(REQUIREMENTS, encoding="utf-8")
    value, _ = locked(files, project)
    assert value["hashed"] == 1


def test_the_nearest_lock_is_asked_first(tmp_path, project):
    for place in (tmp_path, project, project.parent):
        (place / "uv.lock").touch()
    (project / "requirements").mkdir()
    (project / "requirements" / "dev.txt").touch()
    names = [lock.path.relative_to(tmp_path).as_posix() for lock in lock_files([project])][:4]
    assert names == ["project/src/uv.lock", "project/src/requirements/dev.txt", "project/uv.lock", "uv.lock"]


def test_the_lock_is_pep_751_and_names_the_interpreter_it_is_for(files, gadget, project):
    _, lock = locked(files, project)
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert lock["lock-version"] == "1.0"
    assert lock["requires-python"] == f"=={minor}.*"
    assert f"python_version == '{minor}'" in lock["environments"][0]


def test_a_lock_is_remembered_until_a_package_or_a_lock_changes(files, gadget, project):
    source = project / "requirements.txt"
    first = locked(files, project)[0]
    assert locked(files, project)[0] == first
    source.write_text(REQUIREMENTS, encoding="utf-8")
    assert locked(files, project)[0]["hashed"] == 1
    (gadget.parent / "other-3.dist-info").mkdir()
    os.utime(gadget.parent, ns=(1, 1))
    assert locked(files, project)[0]["packages"] == 2


def test_a_lock_whose_file_was_removed_is_written_again(files, gadget, project):
    fingerprint = locked(files, project)[0]["fingerprint"]
    files.path(fingerprint).unlink()
    assert locked(files, project)[0]["fingerprint"] == fingerprint


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"lock": 3}'])
def test_a_damaged_memory_is_no_memory(files, gadget, project, tmp_path, monkeypatch, damage):
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    first = locked(files, project)[0]
    (kept,) = (tmp_path / "cache" / "remembered").iterdir()
    kept.write_bytes(damage)
    assert locked(files, project)[0] == first


def test_what_pep_751_has_no_place_for_is_kept_apart(files):
    contents = Contents(
        [Locked("b", "1", None, (), ("sha256:x",)), Locked("a", "2", None, (LockedFile("a.whl", "u", None, 3),))],
        [("bare", "1")],
        [
            Direct("dir", "0", "directory", {"url": "file:///x", "editable": True}),
            Direct("vcs", "0", "vcs", {"type": "git", "url": "https://e.org/v", "commit-id": "c0"}),
            Direct("zip", "0", "archive", {"url": "https://e.org/z.zip", "hashes": {"sha256": "z"}}),
        ],
    )
    text = write_pylock(contents)
    lock = tomllib.loads(text)
    assert [package["name"] for package in lock["packages"]] == ["a", "vcs", "zip"]
    assert [pin["name"] for pin in lock["tool"]["lineal"]["pins"]] == ["b", "bare"]
    assert lock["tool"]["lineal"]["directories"] == [
        {"name": "dir", "version": "0", "url": "file:///x", "editable": True}
    ]
    assert requirements_of(text) == [
        "a==2",
        "b==1 --hash=sha256:x",
        "bare==1",
        "vcs @ git+https://e.org/v@c0",
        "zip @ https://e.org/z.zip --hash=sha256:z",
    ]
    assert parse_lock(text) == {"a": "2", "vcs": "0", "zip": "0", "b": "1", "bare": "1", "dir": "0"}


@pytest.mark.parametrize("odd", ['a"b\\c', "tab\tnew\nline", "\x7f\x00", "grün \U0001f600", "\udcff"])
def test_odd_text_survives_the_lock(odd):
    text = write_pylock(Contents([], [("x", odd)], []))
    expected = odd.encode("utf-8", "backslashreplace").decode()
    assert tomllib.loads(text)["tool"]["lineal"]["pins"][0]["version"] == expected


def test_compressed_tags_of_a_wheel_are_all_of_its_platforms():
    assert tags_of("x-1-py2.py3-none-any.whl") == {"py2-none-any", "py3-none-any"}
    assert tags_of("x-1-2-cp311-cp311-linux_a.linux_b.whl") == {"cp311-cp311-linux_a", "cp311-cp311-linux_b"}
    assert tags_of("x.whl") == frozenset()


def test_an_index_in_a_directory_gives_paths():
    text = f"""
[[package]]
name = "gadget"
version = "1.2"
source = {{ registry = "../wheels" }}
wheels = [{{ path = "gadget-1.2-py3-none-any.whl", hash = "sha256:{A}" }}]
"""
    (package,) = read_lock("uv.lock", text)
    assert package.files[0].path == "../wheels/gadget-1.2-py3-none-any.whl"


def test_conda_lists_what_it_installed_with_fingerprints(files, gadget, project, tmp_path, monkeypatch):
    metadata = tmp_path / "prefix" / "conda-meta"
    metadata.mkdir(parents=True)
    entry = {"name": "gadget", "url": "https://conda.example.org/gadget-1.2.conda", "sha256": A}
    (metadata / "gadget-1.2.json").write_text(json.dumps(entry), encoding="utf-8")
    (metadata / "broken.json").write_text("{", encoding="utf-8")
    (gadget / "INSTALLER").write_text("conda\n", encoding="utf-8")
    value, _ = locked(files, project)
    assert (value["hashed"], value["partial"]) == (1, False)
    explicit = files.get(value["conda"]["fingerprint"]).decode()
    assert explicit == f"@EXPLICIT\nhttps://conda.example.org/gadget-1.2.conda#sha256:{A}\n"
    assert conda_list(project) is None


def test_installers_without_a_fingerprint_do_not_make_a_lock_partial(files, gadget, project):
    (gadget.parent / "pip-25.0.dist-info").mkdir()
    (project / "uv.lock").write_text(UV, encoding="utf-8")
    value, lock = locked(files, project)
    assert (value["packages"], value["hashed"], value["partial"], value["tools"]) == (2, 1, False, ["pip==25.0"])
    assert {"name": "pip", "version": "25.0"} in lock["tool"]["lineal"]["pins"]


def test_a_direct_archive_without_a_fingerprint_makes_the_lock_partial(files, gadget, project):
    (gadget / "direct_url.json").write_text(
        json.dumps({"url": "https://example.org/g.zip", "archive_info": {}}), encoding="utf-8"
    )
    assert locked(files, project)[0]["partial"] is True
    (gadget / "direct_url.json").write_text(
        json.dumps({"url": "https://example.org/g.zip", "archive_info": {"hash": f"sha256={A}"}}), encoding="utf-8"
    )
    (gadget.parent / "touched").touch()
    value, lock = locked(files, project)
    assert value["partial"] is False
    assert lock["packages"][0]["archive"] == {"url": "https://example.org/g.zip", "hashes": {"sha256": A}}


def test_the_interpreters_own_packages_are_all_in_the_lock(files):
    value, lock = locked(files, Path(__file__).parent)
    named = [*lock["packages"], *lock["tool"]["lineal"]["pins"], *lock["tool"]["lineal"].get("directories", [])]
    assert {entry["name"] for entry in named} == {package.name for package in installed_packages()}
    assert value["hashed"] > 50


@pytest.mark.parametrize("name", ["--index-url=http://evil", "a==1\n--index-url", "-r other.txt #", "a @ b c"])
def test_a_lock_with_an_entry_that_adds_an_option_is_none(name):
    pin = f'[[tool.lineal.pins]]\nname = {json.dumps(name)}\nversion = "1.0"\n'

    with pytest.raises(ValueError, match="is not one requirement"):
        requirements_of(pin)
