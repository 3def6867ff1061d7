from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.capture import modules, record
from lineal.capture.captured import Captured, captured
from lineal.capture.guard import guarded, guarded_group
from lineal.capture.record import as_struct, at_end, at_start, from_struct
from lineal.capture.seeds import set_seed
from lineal.errors import InvalidArgument, StoreFull
from lineal.files import Files
from lineal.lineage.locks import parse_lock
from lineal.model import capture_items
from lineal.model.values import check

PROBES = sorted(name for name in vars(record) if name.endswith(("_item", "_items", "_at_end")))
ITEMS = " ".join(fact for item in capture_items.ITEMS for fact in item.facts)


class FullDisk(Files):
    """Files on a disk without room."""

    def put_bytes(self, data: bytes) -> str:
        raise StoreFull(f"no room for {len(data)} bytes")


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path / "kept")


@pytest.fixture
def script(tmp_path) -> Path:
    path = tmp_path / "project" / "train.py"
    path.parent.mkdir()
    path.write_text("print('hello')\n", encoding="utf-8")
    return path


def whole(files: Files, script: Path) -> dict[str, Captured]:
    return at_end(files, at_start(files, script=script), script=script, inputs=["sha256:a"], outputs=[])


def test_every_item_ends_with_a_value_or_a_reason(files, script):
    found = whole(files, script)
    assert sorted(found) == sorted(ITEMS.split())
    for name, item in found.items():
        assert item.value is not None or item.reason, name


def test_the_record_can_be_stored_and_read_back(files, script):
    found = whole(files, script)
    struct = as_struct(found)
    check("capture", struct)
    assert from_struct(json.loads(json.dumps(struct))) == found


def test_a_record_of_another_shape_is_refused():
    with pytest.raises(InvalidArgument, match="'commit'"):
        from_struct({"commit": {"status": "guessed"}})
    with pytest.raises(InvalidArgument, match="list"):
        from_struct([])


def test_there_is_a_probe_to_break():
    assert len(PROBES) > 20


@pytest.mark.parametrize("name", PROBES)
def test_a_broken_probe_leaves_an_unknown_with_its_reason_and_spares_the_others(name, files, script, monkeypatch):
    def broken(*_: object, **__: object) -> Captured:
        raise RuntimeError("boom")

    monkeypatch.setattr(record, name, broken)
    found = whole(files, script)
    assert sorted(found.keys() - {"reached"}) == sorted(ITEMS.split())
    lost = [item for item in found.values() if "boom" in str(item.reason)]
    assert lost
    assert all("RuntimeError: boom" in str(item.reason) for item in lost)


def test_a_full_disk_costs_items_and_never_the_run(script, tmp_path):
    found = whole(FullDisk(tmp_path / "kept"), script)
    assert found["environment"].status == found["script"].status == "unknown"
    assert found["python"].status == "captured"


def test_a_working_directory_that_was_removed_does_not_raise(files, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    found = at_start(files)
    assert found["cwd"].status == "unknown"


def test_the_guard_turns_any_error_into_a_reason_without_its_secrets():
    def fails() -> Captured:
        raise ValueError("no route to https://u:hunter2@example.org")

    assert guarded(fails) == Captured("unknown", None, "ValueError: no route to https://[redacted]@example.org")
    assert set(guarded_group(["a", "b"], lambda: {"a": captured(1)}).values()) == {
        captured(1),
        Captured("unknown", None, "it was not reported"),
    }


def test_the_guard_lets_an_interrupt_through():
    def interrupted() -> Captured:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guarded(interrupted)


def test_the_guard_survives_an_error_that_cannot_describe_itself():
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fails() -> Captured:
        raise Mute

    assert guarded(fails).reason == "Mute"


def test_the_script_is_kept_with_its_bytes(files, script):
    item = whole(files, script)["script"]
    assert isinstance(item.value, dict)
    assert item.value["path"] == "project/train.py"
    assert files.get(str(item.value["fingerprint"])) == b"print('hello')\n"


def test_a_script_with_a_secret_is_named_and_not_kept(files, script):
    script.write_text("token = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'\n", encoding="utf-8")
    item = whole(files, script)["script"]
    assert isinstance(item.value, dict)
    assert item.value["stored"] is False
    assert not files.has(str(item.value["fingerprint"]))


def test_a_module_edited_during_the_run_keeps_its_first_fingerprint_and_is_named(files, script, monkeypatch):
    local = script.parent / "features.py"
    local.write_text("A = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(script.parent))
    monkeypatch.setitem(sys.modules, "features", type(sys)("features"))
    sys.modules["features"].__file__ = str(local)
    start = at_start(files, script=script)
    local.write_text("A = 22\n", encoding="utf-8")
    end = at_end(files, start, script=script)["modules"]
    assert isinstance(end.value, dict)
    assert isinstance(start["modules"].value, dict)
    assert end.value["changed_during_run"] == ["project/features.py"]
    assert end.value["files"] == start["modules"].value["files"]
    assert "edited during the run" in str(end.reason)


def test_modules_of_other_processes_that_are_not_kept_or_were_edited_are_counted_with_those_of_this_one(files, script):
    keys = script.with_name("keys.py")
    keys.write_text("token = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'\n", encoding="utf-8")
    loaded = [modules.Loaded(str(keys), "keys", written_at=0)]
    item = modules.with_more_modules(files, captured({}, "1 is odd"), loaded, [], script.parent)
    told = "1 of other processes are not kept: a secret in them, or too large"
    assert item.reason == f"1 is odd; {told}; edited during the run: keys.py"


def test_installed_modules_and_the_standard_library_are_not_local(files):
    item = modules.modules_item(files, Path("/"), keep=False)
    named = json.dumps(item.value)
    assert "site-packages" not in named
    assert str(Path(json.__file__).relative_to("/")) not in named


def test_argv_loses_its_secrets(files, script, monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python", "train.py", "--password", "hunter2", "\udcff"])
    item = whole(files, script)["argv"]
    assert item.value == ["python", "train.py", "--password", "[redacted]", "\\udcff"]


def test_the_environment_is_the_set_of_packages_python_itself_finds(files, script):
    from importlib.metadata import distributions

    item = whole(files, script)["environment"]
    assert isinstance(item.value, dict)
    packages = parse_lock(files.get(str(item.value["fingerprint"])).decode())
    found: dict[str, str] = {}
    for package in distributions():
        found.setdefault(package.metadata["Name"].lower().replace("_", "-").replace(".", "-"), package.version)
    assert packages == found
    assert item.value["packages"] == len(found)


def test_a_package_whose_directory_has_an_odd_name_is_read_from_its_metadata(files, script, tmp_path, monkeypatch):
    odd = tmp_path / "place" / "odd.dist-info"
    odd.mkdir(parents=True)
    (odd / "METADATA").write_text("Metadata-Version: 2.1\nName: Odd.Thing\nVersion: 2!1.0+local\n", encoding="utf-8")
    (odd / "direct_url.json").write_text(
        '{"url": "https://u:p@example.org/odd.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}', encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(odd.parent))
    found = whole(files, script)
    assert isinstance(found["environment"].value, dict)
    packages = parse_lock(files.get(str(found["environment"].value["fingerprint"])).decode())
    assert (packages or {})["odd-thing"] == "2!1.0+local"
    url = "https://[redacted]@example.org/odd.git"
    expected = {"name": "odd-thing", "version": "2!1.0+local", "url": url, "commit": "abc"}
    assert expected in (found["editable"].value or [])


def test_where_packages_come_from_is_told_without_credentials(files, script, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://ada:pa55@example.org/simple")
    item = whole(files, script)["index_urls"]
    assert {"source": "PIP_INDEX_URL", "url": "https://[redacted]@example.org/simple"} in (item.value or [])


def test_an_unset_thread_variable_is_a_value(files, script, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    item = whole(files, script)["thread_variables"]
    assert isinstance(item.value, dict)
    assert item.value["OMP_NUM_THREADS"] is None
    assert item.value["MKL_NUM_THREADS"] == "3"


def test_rank_and_size_of_a_launcher_are_read(files, script, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "2")
    item = whole(files, script)["world"]
    assert isinstance(item.value, dict)
    assert (item.value["size"], item.value["rank"]) == (4, 2)


def test_seeding_twice_gives_equal_end_states_only_for_equal_draws(files, script):
    def states(draws: int) -> Captured:
        set_seed(7)
        start = at_start(files, script=script)
        for _ in range(draws):
            random.random()
        return at_end(files, start, script=script)["rng_states"]

    assert states(3) == states(3)
    assert states(3) != states(4)


def test_set_seed_seeds_and_tells_what_it_seeded(files, script):
    np = pytest.importorskip("numpy")
    given = set_seed(-5)
    first = (random.random(), float(np.random.random()))
    assert given["random"] == -5
    assert given["numpy"] == 2**32 - 5
    set_seed(-5)
    assert (random.random(), float(np.random.random())) == first
    item = at_start(files, script=script)["seeds"]
    assert isinstance(item.value, dict)
    assert given.items() <= item.value.items()


@pytest.mark.parametrize("seed", [True, "1", 1.0, 2**63, None])
def test_a_seed_that_cannot_be_recorded_is_refused(seed):
    with pytest.raises(InvalidArgument, match="64-bit integer"):
        set_seed(seed)


def in_a_process(code: str, *options: str, **variables: str) -> dict[str, object]:
    """Run `code` in a fresh interpreter, then print what it left in `answer`."""
    source = str(Path(record.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": source, **variables}
    done = subprocess.run(
        [sys.executable, *options, "-c", f"{code}\nimport json; print(json.dumps(answer))"],
        env={name: value for name, value in environment.items() if value},
        check=True,
        capture_output=True,
        text=True,
    )
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


CAPTURE = """
import sys, tempfile
from pathlib import Path
from lineal.files import Files
from lineal.capture.record import as_struct, at_end, at_start
before = set(sys.modules)
files = Files(Path(tempfile.mkdtemp()))
answer = as_struct(at_end(files, at_start(files)))
"""


def test_a_capture_loads_no_framework_by_itself():
    code = CAPTURE + "answer = {'loaded': sorted({name.partition('.')[0] for name in sys.modules})}"
    loaded = in_a_process(code)["loaded"]
    assert isinstance(loaded, list)
    assert not {"numpy", "pandas", "polars", "pyarrow", "sklearn", "torch", "IPython", "orjson"} & set(loaded)


def test_code_given_on_the_command_line_is_kept():
    item = in_a_process(CAPTURE)["script"]
    assert isinstance(item, dict)
    assert item["value"]["path"] == "-c"
    assert item["value"]["stored"] is True


@pytest.mark.parametrize(("given", "expected"), [("42", "42"), ("0", "0"), ("", "random"), ("random", "random")])
def test_the_hash_seed_is_the_one_the_interpreter_started_with(given, expected):
    code = "import os; os.environ['PYTHONHASHSEED'] = '99'\n" + CAPTURE
    item = in_a_process(code, PYTHONHASHSEED=given)["hash_seed"]
    assert isinstance(item, dict)
    assert item["value"] == expected


def test_numpy_imported_after_the_seed_is_said_to_be_unseeded_where_it_was_used():
    pytest.importorskip("numpy")
    code = "from lineal.capture.seeds import set_seed; set_seed(1); import numpy.random\n" + CAPTURE
    unused = in_a_process(code)["seeds"]
    used = in_a_process(code + "start = at_start(files); numpy.random.rand(); answer = as_struct(at_end(files, start))")
    assert isinstance(unused, dict)
    assert isinstance(used["seeds"], dict)
    assert unused["value"] == {"random": 1, "numpy": "not drawn from"}
    assert used["seeds"]["value"] == {"random": 1}
    assert "numpy" in used["seeds"]["reason"]


def test_without_a_seed_the_item_is_unknown_where_numbers_were_drawn():
    code = CAPTURE + "start = at_start(files); import random; random.random(); answer = as_struct(at_end(files, start))"
    item = in_a_process(code)["seeds"]
    assert isinstance(item, dict)
    assert item["status"] == "unknown"
