"""What a process says of itself: the program it was given, the interpreter, its place among others."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

from lineal.capture import record
from lineal.capture.process import locale_item, platform_item, python_item
from lineal.files import Files

CAPTURED = """
import json, sys
from pathlib import Path
from lineal.capture.record import as_struct, at_start
from lineal.files import Files
print(json.dumps(as_struct(at_start(Files(Path(sys.argv[-1]))))))
"""


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path / "kept")


def captured(files: Files, *words: str, given: Path | None = None, place: Path | None = None) -> dict:
    """Run the interpreter with these words and return the record its program makes."""
    with Path(given or os.devnull).open("rb") as standard_input:
        done = subprocess.run(
            [sys.executable, *words, str(files.root)],
            stdin=standard_input,
            env={**os.environ, "PYTHONPATH": str(Path(record.__file__).parents[2])},
            cwd=place,
            check=True,
            capture_output=True,
            text=True,
        )
    return json.loads(done.stdout)


def test_a_program_from_standard_input_is_kept_where_it_is_a_file(files, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(CAPTURED, encoding="utf-8")
    item = captured(files, "-", given=script)["script"]
    assert item["value"]["path"] == "-"
    assert files.get(item["value"]["fingerprint"]).decode() == CAPTURED


def test_data_on_standard_input_is_not_taken_for_the_program(files, tmp_path):
    (tmp_path / "train.py").write_text(CAPTURED, encoding="utf-8")
    data = tmp_path / "data.csv"
    data.write_text("a\n1\n", encoding="utf-8")
    item = captured(files, "train.py", given=data, place=tmp_path)["script"]
    assert item["value"]["path"] == "train.py"


def test_a_module_run_by_name_is_the_script(files, tmp_path):
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "train.py").write_text(CAPTURED, encoding="utf-8")
    found = captured(files, "-m", "steps.train", place=tmp_path)
    assert files.get(found["script"]["value"]["fingerprint"]).decode() == CAPTURED
    assert found["argv"]["value"][1:3] == ["-m", "steps.train"]


def test_a_program_in_an_archive_is_kept_as_the_archive(files, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text(CAPTURED, encoding="utf-8")
    zipapp.create_archive(tmp_path / "app", tmp_path / "app.pyz")
    item = captured(files, "app.pyz", place=tmp_path)["script"]
    assert item["value"]["path"] == "app.pyz"
    assert files.get(item["value"]["fingerprint"]) == (tmp_path / "app.pyz").read_bytes()


def test_a_module_outside_the_script_s_directory_is_kept_with_its_path(files, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "features.py").write_text("A = 1\n", encoding="utf-8")
    (tmp_path / "lib" / "keys.py").write_text("password = 'hunter2hunter2'\n", encoding="utf-8")
    (tmp_path / "project").mkdir()
    script = f"import sys; sys.path.append({str(tmp_path / 'lib')!r})\nimport features, keys\n" + CAPTURED
    (tmp_path / "project" / "train.py").write_text(script, encoding="utf-8")
    value = captured(files, "train.py", place=tmp_path / "project")["modules"]["value"]
    kept = json.loads(files.get(value["elsewhere"]["fingerprint"]))
    assert kept == {"features": {"path": str(tmp_path / "lib" / "features.py"), "text": "A = 1\n"}}
    assert set(value["elsewhere"]["modules"]) == {"features", "keys"}


def test_the_interpreter_is_known_by_the_fingerprint_of_its_executable(files):
    value = python_item().value
    assert isinstance(value, dict)
    content = Path(sys.executable).resolve().read_bytes()
    assert value["executable"] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert python_item().value == value


def test_conda_names_the_build_of_its_interpreter(files, tmp_path, monkeypatch):
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta" / "python-3.11.9-h955ad1f_0.json").touch()
    (tmp_path / "conda-meta" / "python-dateutil-2.9-x_0.json").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    value = python_item().value
    assert isinstance(value, dict)
    assert value["conda"] == "python-3.11.9-h955ad1f_0"


def test_the_platform_has_the_tags_of_its_wheels():
    value = platform_item().value
    assert isinstance(value, dict)
    assert value["wheel"].startswith(f"cp{sys.version_info[0]}{sys.version_info[1]}-")
    assert "." not in value["wheel"]


def test_encodings_and_zone_are_values():
    value = locale_item().value
    assert isinstance(value, dict)
    assert value["text_encoding"]
    assert {"timezone", "timezone_database", "utf8_mode"} <= set(value)


@pytest.mark.torch
def test_a_process_group_is_believed_more_than_the_launcher_s_variables(files, tmp_path):
    script = (
        "import os, torch.distributed as group\nos.environ['WORLD_SIZE'] = '8'\n"
        f"group.init_process_group('gloo', init_method='file://{tmp_path}/meet', rank=0, world_size=1)\n" + CAPTURED
    )
    (tmp_path / "train.py").write_text(script, encoding="utf-8")
    value = captured(files, "train.py", place=tmp_path)["world"]["value"]
    assert (value["size"], value["rank"], value["backend"]) == (1, 0, "gloo")


@pytest.mark.torch
def test_pytorch_tells_seed_switches_and_threads(files, tmp_path):
    script = "import torch\ntorch.manual_seed(9)\nmine = torch.Generator().manual_seed(4)\n" + CAPTURED
    (tmp_path / "train.py").write_text(script, encoding="utf-8")
    found = captured(files, "train.py", place=tmp_path)
    assert found["seeds"]["value"]["torch"] == 9
    assert {"name": "__main__.mine", "seed": 4} in found["seeds"]["value"]["generators"]
    assert found["determinism"]["value"]["torch"]["deterministic_algorithms"] is False
    assert found["thread_variables"]["value"]["torch.get_num_interop_threads"] >= 1
    assert found["cuda"]["status"] in ("captured", "not_applicable")
