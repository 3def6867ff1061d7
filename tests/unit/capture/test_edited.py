"""Hand-edited packages are found by comparing them with their RECORD, in a process that has loaded them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.capture import edited
from lineal.files import Files

LOOK = """
import json, os, sys
from pathlib import Path
from lineal.capture.edited import begin, edited_item
from lineal.files import Files
import {modules}
files = Files(Path(sys.argv[1]))
begin()
item = edited_item(files)
print(json.dumps([item.status, item.reason, item.value]))
"""


@pytest.fixture
def site(tmp_path) -> Path:
    place = tmp_path / "lib" / "site-packages"
    install(place, "gadget", {"gadget/__init__.py": "A = 1\n", "gadget/data.txt": "x", "gadget/never.py": "B = 1\n"})
    return place


def install(place: Path, name: str, contents: dict[str, str]) -> None:
    """Install a package as an installer does: files, then a RECORD with their fingerprints."""
    rows = [f"{name}-1.dist-info/RECORD,,", f"{name}/__pycache__/x.pyc,,", "../../bin/tool,sha256=x,1"]
    for path, text in contents.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        cell = f'"{path}"' if "," in path else path
        rows.append(f"{cell},sha256={digest},{len(text)}")
    metadata = place / f"{name}-1.dist-info"
    metadata.mkdir()
    (metadata / "RECORD").write_text("\n".join(rows), encoding="utf-8")


def look(site: Path, modules: str = "gadget") -> tuple[str, str, dict]:
    source = str(Path(edited.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(modules=modules), str(site.parent / "kept")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), source]), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def kept(site: Path) -> Files:
    return Files(site.parent / "kept")


def settle(site: Path) -> None:
    """Make every file old enough for what is found of it to be remembered."""
    for path in site.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))


def test_a_package_as_it_was_installed_is_no_finding(site):
    assert look(site)[0] == "not_applicable"


def test_an_edited_file_is_named_with_its_package_and_its_bytes_are_kept(site):
    (site / "gadget/__init__.py").write_text("A = 2\n", encoding="utf-8")
    status, reason, value = look(site)
    assert status == "captured"
    assert "gadget" in reason
    ((path, entry),) = value["files"].items()
    assert path == str(site / "gadget/__init__.py")
    assert (entry["package"], entry["place"], entry["state"]) == ("gadget", "gadget/__init__.py", "edited")
    assert kept(site).get(entry["fingerprint"]) == b"A = 2\n"


def test_a_file_of_the_same_size_and_time_is_not_taken_for_the_same(site):
    settle(site)
    assert look(site)[0] == "not_applicable"
    (site / "gadget/data.txt").write_text("y", encoding="utf-8")
    settle(site)
    assert [entry["place"] for entry in look(site)[2]["files"].values()] == ["gadget/data.txt"]


def test_a_file_that_is_gone_is_named(site):
    (site / "gadget/never.py").unlink()
    _, _, value = look(site)
    assert [entry["state"] for entry in value["files"].values()] == ["gone"]


def test_a_package_the_program_does_not_load_is_not_looked_at(site):
    install(site, "idle", {"idle.py": "C = 1\n"})
    (site / "idle.py").write_text("C = 2\n", encoding="utf-8")
    assert look(site)[0] == "not_applicable"
    assert look(site, "idle")[0] == "captured"


def test_a_packages_own_tests_are_looked_at_only_where_they_are_loaded(site):
    install(
        site, "tested", {"tested/__init__.py": "", "tested/tests/__init__.py": "", "tested/tests/data.py": "E = 1\n"}
    )
    (site / "tested/tests/data.py").write_text("E = 2\n", encoding="utf-8")
    assert look(site, "tested")[0] == "not_applicable"
    assert [entry["state"] for entry in look(site, "tested.tests.data")[2]["files"].values()] == ["edited"]


def test_a_name_with_a_comma_is_quoted_in_a_record(site):
    install(site, "odd", {"odd/__init__.py": "", "odd/a,b.txt": "x"})
    assert look(site, "odd")[0] == "not_applicable"
    (site / "odd/a,b.txt").write_text("y", encoding="utf-8")
    assert [entry["place"] for entry in look(site, "odd")[2]["files"].values()] == ["odd/a,b.txt"]


def test_a_loaded_module_that_no_package_owns_is_named(site):
    (site / "stray.py").write_text("D = 1\n", encoding="utf-8")
    _, _, value = look(site, "gadget, stray")
    ((path, entry),) = value["files"].items()
    assert path == str(site / "stray.py")
    assert entry["state"] == "belongs to no package"


def test_an_edited_file_with_a_secret_is_named_and_not_kept(site):
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    (site / "gadget/__init__.py").write_text(f"T = '{token}'\n", encoding="utf-8")
    status, _, value = look(site)
    assert status == "withheld"
    (entry,) = value["files"].values()
    assert not kept(site).has(entry["fingerprint"])


def test_where_nothing_is_recorded_nobody_is_accused(site):
    (site / "old-1.egg-info").mkdir()
    (site / "stray.py").write_text("D = 1\n", encoding="utf-8")
    assert look(site, "gadget, stray")[0] == "not_applicable"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="platform: no fork")
def test_a_forked_process_looks_for_itself(tmp_path):
    edited.begin()  # a thread that the forked process does not have
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        item = edited.edited_item(Files(tmp_path / "files"))
        os._exit(1 if item.status == "unknown" else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
