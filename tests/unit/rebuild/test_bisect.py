"""The search for the cause: which of several suspects decides, what could not be tried, and what is kept of it."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path

import pytest

import lineal
from tests.projects import Project
from tests.unit.rebuild.wheels import make_wheel

TOOLS = Path(sys.executable).parent
RUN = ("-m", "lineal", "run", "--", sys.executable, "train.py")

INTERACTING = """
    import os

    one, other, quiet = (os.environ.get(name, "0") for name in ("ONE", "OTHER", "QUIET"))
    while os.environ.get("LONG") == "1" and other == "0":
        pass
    open("made.txt", "w").write("changed" if one == other == "1" else "as ever")
"""


def recorded(project: Project, text: str, **variables: str) -> Project:
    project.write("train.py", text)
    project.run(*RUN, **variables)
    return project


def tried(verdict) -> list[tuple[str, str]]:
    return [(trial["tried"], trial["verdict"]) for trial in verdict["bisect"]["trials"]]


# ---------------------------------------------------------------- among changes


def test_changes_that_only_act_together_are_named_without_the_one_that_does_not(project):
    recorded(project, INTERACTING)

    changes = [word for name in ("ONE=1", "QUIET=1", "OTHER=1") for word in ("--try", name)]
    verdict = project.reproduce("run:latest", *changes, "--bisect", status=24)

    assert verdict["bisect"]["cause"] == "ONE=1, OTHER=1"
    assert verdict["bisect"]["sentence"] == "ONE=1, OTHER=1 changes the result, only together"
    assert verdict["first_difference"]["what"] in ("ONE", "OTHER")
    assert tried(verdict) == [
        ("nothing changed", "BIT_EXACT"),
        ("only ONE=1", "BIT_EXACT"),
        ("only QUIET=1", "BIT_EXACT"),
        ("only OTHER=1", "BIT_EXACT"),
        ("all but ONE=1", "BIT_EXACT"),
        ("all but QUIET=1", "DIVERGED"),
    ]


def test_a_change_that_runs_into_the_time_limit_alone_is_said_to_be_untried(project):
    recorded(project, INTERACTING)

    changes = [word for name in ("ONE=1", "OTHER=1", "LONG=1") for word in ("--try", name)]
    verdict = project.reproduce("run:latest", *changes, "--bisect", "--timeout", "4", status=24)

    assert verdict["bisect"]["cause"] == "ONE=1, OTHER=1"
    assert "Could not be tried: only LONG=1: it was stopped after 4 s" in verdict["bisect"]["sentence"]


def test_what_differs_without_any_change_is_not_blamed_on_a_change(project):
    recorded(project, "import time\nopen('made.txt', 'w').write(str(time.time_ns()))\n")

    verdict = project.reproduce("run:latest", "--try", "QUIET=1", "--bisect", status=24)

    assert verdict["bisect"]["cause"] is None
    assert verdict["bisect"]["sentence"] == "it differs without any change as well: bisect that first"


# ---------------------------------------------------------------- a program that does not repeat itself


def test_threads_that_make_each_result_another_are_named(project):
    recorded(
        project,
        """
        import os, time

        made = "steady" if os.environ.get("OMP_NUM_THREADS") == "1" else str(time.time_ns())
        open("made.txt", "w").write(made)
        """,
    )

    verdict = project.reproduce("run:latest", "--bisect", status=24)

    assert verdict["bisect"]["cause"] == "one thread"
    assert verdict["bisect"]["runs"] == 3


def test_a_generator_without_a_seed_is_named_when_holding_threads_and_hashes_does_not_help(project):
    recorded(project, "import random\nopen('made.txt', 'w').write(str(random.random()))\n")

    verdict = project.reproduce("run:latest", "--bisect", status=24)

    assert verdict["bisect"]["cause"] == "seed of random"
    assert verdict["first_difference"]["kind"] == "seed"


def test_what_nothing_recorded_explains_has_no_cause(project):
    recorded(project, "import time\nopen('made.txt', 'w').write(str(time.time_ns()))\n")

    verdict = project.reproduce("run:latest", "--bisect", status=24)

    assert verdict["bisect"]["cause"] is None
    assert verdict["bisect"]["sentence"] == (
        "it gives another result each time, also with one thread and one hash seed"
    )


# ---------------------------------------------------------------- what can be put back


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="platform: one processor only"
)
def test_as_many_threads_as_recorded_are_put_back(project):
    recorded(
        project,
        """
        import os

        threads = os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0))
        open("made.txt", "w").write("one" if int(threads) == 1 else "more")
        """,
    )
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_of_them)})
    try:
        verdict = project.reproduce("run:latest", "--bisect", status=24)
    finally:
        os.sched_setaffinity(0, all_of_them)

    assert verdict["bisect"]["cause"] == f"{len(all_of_them)} threads as recorded"
    assert verdict["first_difference"]["kind"] == "threads"


PACKAGES = ("gauge", "told")


def install(site: Path, wheels: Path, name: str, version: str, value: int) -> None:
    """Put a package there as an installer does, and its wheel where an installer looks."""
    for path in site.glob(f"{name}-*.dist-info/*"):
        path.unlink()
    wheel = make_wheel(wheels, name, version, {f"{name}.py": f"VALUE = {value}\n"})
    (site / f"{name}.py").unlink(missing_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for path in site.glob(f"{name}-*.dist-info"):
        if not any(path.iterdir()):
            path.rmdir()


@pytest.fixture
def packaged(project, tmp_path):
    """A program that uses two packages, one of them only to say something; both have been patched since."""
    site, wheels, index = (tmp_path / name for name in ("lib/site-packages", "wheels", "index"))
    for directory in (site, wheels, index):
        directory.mkdir(parents=True)
    variables = {
        "PYTHONPATH": str(site),
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
        "UV_FIND_LINKS": str(wheels),
        "UV_DEFAULT_INDEX": index.as_uri(),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIP_CONFIG_FILE": "/dev/null",
        "LINEAL_CACHE": str(tmp_path / "cache"),
    }
    for name in PACKAGES:
        install(site, wheels, name, "1.0", 3)
    recorded(project, "import gauge, told\nopen('made.txt', 'w').write(str(told.VALUE))\n", **variables)
    for name in PACKAGES:
        install(site, wheels, name, "1.0.1", 40)  # another size: within a second Python would not see it is new
    return project, wheels, variables


def test_of_two_patched_packages_the_one_that_decides_is_named(packaged):
    project, _, variables = packaged

    verdict = project.reproduce("run:latest", "--bisect", status=24, **variables)

    assert verdict["bisect"]["cause"] == "told as recorded", verdict["bisect"]
    assert (verdict["first_difference"]["kind"], verdict["first_difference"]["what"]) == ("package", "told")
    assert verdict["differences"][0]["what"] == "gauge"
    assert tried(verdict) == [
        ("the same once more", "DIVERGED"),
        ("gauge as recorded", "DIVERGED"),
        ("told as recorded", "BIT_EXACT"),
    ]


def test_what_cannot_be_put_back_is_named_with_the_reason_and_nothing_is_blamed(packaged):
    project, wheels, variables = packaged
    for path in wheels.glob("*-1.0-*"):
        path.unlink()

    verdict = project.reproduce("run:latest", "--bisect", status=24, **variables)

    assert verdict["bisect"]["cause"] is None
    assert "nothing that can be put back decides" in verdict["bisect"]["sentence"]
    assert "Could not be tried: gauge as recorded: " in verdict["bisect"]["sentence"]
    assert "is in no index any more" in verdict["bisect"]["trials"][1]["why"]


def test_the_search_is_shown_while_it_goes_on_and_kept_with_the_rebuild(packaged):
    project, _, variables = packaged

    done = project.start("-m", "lineal", "reproduce", "run:latest", "--bisect", "--format", "json", **variables)

    assert done.returncode == 24
    assert "bisect 2: gauge as recorded" in done.stderr
    assert "bisect 3 gave BIT_EXACT: told as recorded" in done.stderr
    with lineal.open(project.root) as workspace:
        rebuild = workspace.resolve(json.loads(done.stdout)["recorded_as"])
    kept = rebuild.custom_properties["rebuild"]["bisect"]
    assert kept["cause"] == "told as recorded"
    assert [trial["verdict"] for trial in kept["trials"]] == ["DIVERGED", "DIVERGED", "BIT_EXACT"]
