"""The recorded environment is made again from its lock by the real uv, from wheels in a directory."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lineal.capture.cache_directory import CACHE
from lineal.capture.locks.locked import Locked
from lineal.capture.locks.pylock import Contents, write_pylock
from lineal.errors import NotRunnable
from lineal.files import Files
from lineal.lineage.capture_record import Item
from lineal.rebuild import locked
from lineal.rebuild.confinement import confinement_here
from lineal.rebuild.environment import Environment, EnvironmentKind, prepare, realise
from lineal.rebuild.lends import needed
from lineal.rebuild.uv import unnamed
from lineal.rebuild.verdict import Grade, Missing
from tests.unit.rebuild.wheels import make_source, make_wheel, repack, sha256_of

HERE = ".".join(map(str, sys.version_info[:3]))
TOOLS = Path(sys.executable).parent
CODE = {"gauge/__init__.py": "FACTOR = 3\n"}


def quiet(_text: str) -> None: ...


@pytest.fixture(autouse=True)
def wheels(tmp_path, monkeypatch):
    """A directory of wheels that uv takes packages from, and nothing else."""
    directory = tmp_path / "wheels"
    directory.mkdir()
    make_wheel(directory, "gauge", "1.0", CODE)
    monkeypatch.setenv("PATH", str(TOOLS), prepend=":")
    monkeypatch.setenv("UV_FIND_LINKS", str(directory))
    (tmp_path / "index").mkdir()
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "index").as_uri())
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    return directory


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path / "files")


def record(files, *packages: Locked, pins=(), python=HERE, **items):
    text = write_pylock(Contents(packages, pins, ()))
    value = {"fingerprint": files.put_bytes(text.encode())}
    known = {"environment": Item("captured", value), "python": Item("captured", {"version": python})}
    return known | items


def gauge(fingerprint: str, version: str = "1.0") -> Locked:
    return Locked("gauge", version, None, (), (fingerprint,))


def made(record, files, **options) -> Environment:
    environment = prepare(record, files, EnvironmentKind.LOCKED, **options)
    assert isinstance(environment, Environment), environment
    realise(environment, files, quiet)
    return environment


def says(environment: Environment, code: str) -> str:
    return subprocess.run(
        [environment.python, "-c", code], capture_output=True, text=True, check=True, cwd=environment.python.parent
    ).stdout.strip()


def recorded_gauge(files, wheels, **items):
    return record(files, gauge(sha256_of(wheels / "gauge-1.0-py3-none-any.whl")), **items)


def test_what_the_lock_has_is_there_with_lineal_and_nothing_else(files, wheels):
    environment = made(recorded_gauge(files, wheels), files)

    assert says(environment, "import gauge, lineal; print(gauge.FACTOR)") == "3"
    assert says(environment, "import importlib.util; print(importlib.util.find_spec('pandas'))") == "None"
    assert (environment.cap, environment.notes) == (Grade.BIT_EXACT, ())


def test_an_environment_is_made_once(files, wheels):
    first = made(recorded_gauge(files, wheels), files)
    (wheels / "gauge-1.0-py3-none-any.whl").unlink()

    again = made(record(files, gauge(first.lock.requirements[0].partition("--hash=")[2])), files)

    assert again.python == first.python
    assert "made before" in again.sentence


def test_another_lock_is_another_environment(files, wheels):
    make_wheel(wheels, "gauge", "1.1", {"gauge/__init__.py": "FACTOR = 4\n"})
    newer = record(files, gauge(sha256_of(wheels / "gauge-1.1-py3-none-any.whl"), "1.1"))

    old, new = made(recorded_gauge(files, wheels), files), made(newer, files)

    assert [says(each, "import gauge; print(gauge.FACTOR)") for each in (old, new)] == ["3", "4"]


def test_a_package_that_is_not_the_recorded_one_is_refused_with_both_fingerprints(files, wheels):
    before = recorded_gauge(files, wheels)
    wanted = sha256_of(wheels / "gauge-1.0-py3-none-any.whl")
    make_wheel(wheels, "gauge", "1.0", {"gauge/__init__.py": "FACTOR = 666\n"})
    found = sha256_of(wheels / "gauge-1.0-py3-none-any.whl")

    with pytest.raises(NotRunnable, match="is not the recorded one") as refused:
        made(before, files)

    assert wanted[:19] in refused.value.message
    assert found[:19] in refused.value.message
    assert refused.value.missing[0] == "lock"


def test_a_version_that_is_in_no_index_any_more_is_named(files, wheels):
    before = recorded_gauge(files, wheels)
    (wheels / "gauge-1.0-py3-none-any.whl").unlink()
    make_wheel(wheels, "gauge", "1.1", CODE)

    with pytest.raises(NotRunnable, match=r"no longer resolves: gauge==1\.0") as refused:
        made(before, files)

    assert refused.value.missing[0] == "lock"


def test_an_index_that_cannot_be_reached_is_said(files, wheels, monkeypatch):
    before = recorded_gauge(files, wheels)
    monkeypatch.delenv("UV_FIND_LINKS")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    with pytest.raises(NotRunnable, match="no package index can be reached") as refused:
        made(before, files)

    assert refused.value.missing == ("network", "index")


def test_a_python_that_is_gone_is_named(files, wheels):
    with pytest.raises(NotRunnable, match=r"it ran with Python 3\.9\.77, and there is none here") as refused:
        made(recorded_gauge(files, wheels, python="3.9.77"), files)

    assert refused.value.missing == ("python", "3.9.77")


def test_another_python_is_taken_with_allow_drift_and_caps_the_verdict(files, wheels):
    environment = made(recorded_gauge(files, wheels, python="3.9.77"), files, allow_drift=True)

    assert environment.cap is Grade.NUMERIC
    assert [(each.kind, each.recorded, each.rebuilt) for each in environment.drift] == [("python", "3.9.77", HERE)]


def test_pins_without_a_fingerprint_are_taken_and_said(files):
    environment = made(record(files, pins=[("gauge", "1.0")]), files)

    assert says(environment, "import gauge; print(gauge.FACTOR)") == "3"
    assert "1 packages have no recorded fingerprint" in environment.notes[0]


def test_a_pin_without_a_fingerprint_from_another_index_is_another_environment(files, tmp_path):
    (tmp_path / "evil").mkdir()
    other = Item("captured", [{"url": (tmp_path / "evil").as_uri()}])

    plain = prepare(record(files, pins=[("gauge", "1.0")]), files, EnvironmentKind.LOCKED)
    evil = prepare(record(files, pins=[("gauge", "1.0")], index_urls=other), files, EnvironmentKind.LOCKED)

    assert isinstance(plain, Environment)
    assert isinstance(evil, Environment)
    assert plain.python != evil.python


def test_a_lock_that_adds_an_option_to_the_installer_is_refused(files):
    lost = prepare(record(files, pins=[("gauge", "1.0\n--index-url=http://evil")]), files, EnvironmentKind.LOCKED)

    assert isinstance(lost, Missing)
    assert "is not one requirement" in lost.sentence


def test_a_package_that_was_edited_by_hand_is_edited_again(files, wheels):
    edit = files.put_bytes(b"FACTOR = 5\n")
    entry = {"package": "gauge", "state": "edited", "place": "gauge/__init__.py", "fingerprint": edit}
    item = Item("captured", {"number": 1, "files": {"/somewhere/gauge/__init__.py": entry}})

    environment = made(recorded_gauge(files, wheels, edited_packages=item), files)

    assert says(environment, "import gauge; print(gauge.FACTOR)") == "5"


def test_one_package_of_the_lock_is_put_into_a_directory_edited_as_it_was(files, wheels, tmp_path):
    edit = files.put_bytes(b"FACTOR = 5\n")
    entry = {"package": "gauge", "state": "edited", "place": "gauge/__init__.py", "fingerprint": edit}
    item = Item("captured", {"number": 1, "files": {"/somewhere/gauge/__init__.py": entry}})

    locked.put_packages(recorded_gauge(files, wheels, edited_packages=item), files, ["gauge"], tmp_path / "put")

    assert (tmp_path / "put" / "gauge" / "__init__.py").read_text() == "FACTOR = 5\n"
    assert (tmp_path / "put" / "gauge-1.0.dist-info").is_dir()


def test_a_package_that_the_lock_does_not_have_cannot_be_put_back(files, wheels, tmp_path):
    with pytest.raises(NotRunnable, match="the recorded lock has no scale"):
        locked.put_packages(recorded_gauge(files, wheels), files, ["scale"], tmp_path / "put")


def test_an_edited_file_that_is_not_kept_is_missing(files, wheels):
    entry = {"package": "gauge", "state": "edited", "place": "gauge/__init__.py", "fingerprint": "sha256:" + "0" * 64}
    item = Item("captured", {"number": 1, "files": {"/somewhere/gauge/__init__.py": entry}})

    found = prepare(recorded_gauge(files, wheels, edited_packages=item), files, EnvironmentKind.LOCKED)

    assert isinstance(found, Missing)
    assert "edited by hand" in found.sentence


def test_a_half_made_environment_is_never_used(files, wheels):
    before = recorded_gauge(files, wheels)
    environment = prepare(before, files, EnvironmentKind.LOCKED)
    assert isinstance(environment, Environment)
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text("half")

    realise(environment, files, quiet)

    assert says(environment, "import gauge; print(gauge.FACTOR)") == "3"


def test_what_could_not_be_made_leaves_nothing(files, wheels):
    (wheels / "gauge-1.0-py3-none-any.whl").rename(wheels / "gauge-0.9-py3-none-any.whl")
    environment = prepare(record(files, pins=[("gauge", "1.0")]), files, EnvironmentKind.LOCKED)
    assert isinstance(environment, Environment)

    with pytest.raises(NotRunnable):
        realise(environment, files, quiet)

    assert environment.lock is not None
    assert not environment.lock.directory.exists()


def test_two_that_want_the_same_environment_get_one(files, wheels):
    before = recorded_gauge(files, wheels)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: made(before, files), range(2))

    assert one.python == other.python
    assert says(one, "import gauge; print(gauge.FACTOR)") == "3"


def test_a_file_edited_in_the_cache_of_uv_is_not_taken_for_the_package(files, wheels, tmp_path):
    pinned = recorded_gauge(files, wheels)
    made(pinned, files)
    for copy in (tmp_path / "uv").rglob("gauge/__init__.py"):
        copy.write_text("FACTOR = 666\n")

    environment = made(pinned | {"python": Item("captured", {"version": "3.9.77"})}, files, allow_drift=True)
    other = replace(environment.lock, edits=(("extra.py", files.put_bytes(b"")),))
    locked.make(other, files, quiet)

    told = subprocess.run(
        [other.interpreter, "-c", "import gauge; print(gauge.FACTOR)"], capture_output=True, check=True
    )
    assert told.stdout == b"3\n"


@pytest.mark.parametrize("is_hashed", [True, False])
def test_a_package_that_comes_as_source_only_is_not_built_unless_that_is_allowed(files, wheels, tmp_path, is_hashed):
    source = make_source(wheels, "gauge", "2.0", {"gauge.py": "FACTOR = 9\n"}, trace=tmp_path / "trace")
    wanted = record(files, gauge(sha256_of(source), "2.0")) if is_hashed else record(files, pins=[("gauge", "2.0")])

    with pytest.raises(NotRunnable, match="gauge comes as source only") as refused:
        made(wanted, files)

    assert refused.value.missing == ("lock", "gauge")
    assert "--allow-builds" in str(refused.value.hint)
    assert not (tmp_path / "trace").exists()


def test_one_that_is_not_to_be_had_and_that_the_program_did_not_load_is_left_out_and_said(files, wheels, tmp_path):
    source = make_source(wheels, "idle", "1.0", {"idle.py": ""}, trace=tmp_path / "trace")
    packages = (
        gauge(sha256_of(next(wheels.glob("gauge-1.0-*")))),
        Locked("idle", "1.0", None, (), (sha256_of(source),)),
    )
    loaded = {"modules": Item("captured", {"packages": ["gauge"]})}
    environment = prepare(record(files, *packages, pins=[("lost", "3.1")], **loaded), files, EnvironmentKind.LOCKED)

    (note,) = realise(environment, files, quiet)

    assert note.endswith("they come as source only or are in no index: idle, lost")
    assert says(environment, "import gauge; print(gauge.FACTOR)") == "3"
    assert not (tmp_path / "trace").exists()

    needs_it = prepare(record(files, *packages, pins=[("lost", "3.1")]), files, EnvironmentKind.LOCKED)
    assert not needs_it.lock.is_made
    with pytest.raises(NotRunnable, match="idle comes as source only"):
        realise(needs_it, files, quiet)
    assert says(environment, "import gauge; print(gauge.FACTOR)") == "3"  # it may be in use, and is still there

    make_wheel(wheels, "lost", "3.1", {"lost.py": ""})
    assert realise(needs_it, files, quiet, builds=True) == []
    assert says(environment, "import gauge, idle, lost; print(gauge.FACTOR)") == "3"


def test_a_build_that_is_allowed_writes_nowhere_else_and_gets_no_secret(files, wheels, tmp_path, monkeypatch):
    monkeypatch.setenv("API_TOKEN", "hunter2hunter2")
    source = make_source(wheels, "gauge", "2.0", {"gauge.py": "FACTOR = 9\n"}, trace=tmp_path / "trace")
    environment = prepare(record(files, gauge(sha256_of(source), "2.0")), files, EnvironmentKind.LOCKED)
    assert isinstance(environment, Environment)

    realise(environment, files, quiet, builds=True)

    assert says(environment, "import gauge, secret; print(gauge.FACTOR, secret.TOKEN)") == "9 None"
    assert not (tmp_path / "trace").exists() or confinement_here().writes == "open"
    assert [path.suffix for path in environment.lock.directory.parent.iterdir() if path.suffix == ".build"] == []


def test_what_uv_says_is_told_without_the_address_of_an_index():
    said = "error: Failed to fetch: `https://wheels.example.org/simple/gauge/`\n  cause: no route to wheels.example.org"

    told = unnamed(said, ["--index", "https://ada:hunter2@wheels.example.org/simple"])

    assert told == "error: Failed to fetch: `the index`\n  cause: no route to the index"


def test_without_uv_it_says_so(files, wheels, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setitem(sys.modules, "uv", None)

    found = prepare(recorded_gauge(files, wheels), files, EnvironmentKind.LOCKED)

    assert isinstance(found, Missing)
    assert (found.kind, found.what) == ("tool", "uv")
    assert 'pip install "lineal[rebuild]"' in found.advice


def test_without_a_recorded_lock_it_says_so(files):
    found = prepare({"environment": Item("unknown", None, "no time")}, files, EnvironmentKind.LOCKED)

    assert isinstance(found, Missing)
    assert "no lock of the environment is recorded: no time" in found.sentence


def test_an_image_is_named_with_the_command_that_runs_it(files, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    digest = "example/train@sha256:" + "a" * 64
    record = {"container": Item("captured", digest), "argv": Item("captured", ["python", "train.py"])}

    found = prepare(record, files, EnvironmentKind.IMAGE)

    assert isinstance(found, Missing)
    assert f"it ran in the image {digest}, and there is no container engine here" in found.sentence
    assert f"{digest} python train.py" in found.advice


def test_no_image_is_said(files):
    found = prepare({"container": Item("not_applicable", None, "no sign of a container")}, files, EnvironmentKind.IMAGE)

    assert isinstance(found, Missing)
    assert found.sentence == "no image is recorded: no sign of a container"


def test_a_run_is_rebuilt_in_its_own_environment_though_that_is_gone(project, wheels, tmp_path):
    for one in needed().values():
        repack(wheels, one)
    subprocess.run([TOOLS / "uv", "-q", "venv", "--python", sys.executable, tmp_path / "own"], check=True)
    python = tmp_path / "own" / "bin" / "python"
    lines = [
        f"{path.name.split('-')[0]}=={path.name.split('-')[1]} --hash={sha256_of(path)}" for path in wheels.iterdir()
    ]
    listed = project.write("requirements.txt", "\n".join(lines))
    subprocess.run(
        [TOOLS / "uv", "-q", "pip", "install", "--python", python, "--require-hashes", "-r", listed], check=True
    )
    locked.lend(python.parent.parent / f"lib/python3.{sys.version_info[1]}/site-packages", has=frozenset(needed()))
    project.write(
        "train.py",
        """
        import gauge, lineal

        with lineal.run("train", seed=1) as run:
            run.log_model({"factor": gauge.FACTOR}, name="gauged")
        """,
    )
    subprocess.run([python, "train.py"], cwd=project.root, env=project.environment(), check=True)
    python.unlink()

    verdict = project.reproduce("model:gauged", "--env", "locked", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    assert verdict["environment"] == "locked"
    assert verdict["drift"] == []
    assert project.reproduce("model:gauged", "--dry-run")["drift"] != []
