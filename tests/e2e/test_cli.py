"""Every command as a process on a recorded workspace: its answer, its formats, its exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.sdk.starting import run
from lineal.workspace import open_workspace

HOSTILE = "x\x1b[31m[red]\u202egpj\x9b2J\x07"
GRAPH_FORMATS = ("tree", "table", "json", "csv", "mermaid", "dot", "svg", "html")


def lineal(*arguments: str, url: object = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `lineal` with these arguments and return what it said."""
    return subprocess.run(
        [sys.executable, "-m", "lineal", *arguments],
        env=_environment(url) | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def on_terminal(*arguments: str, url: object, columns: int = 100, **environment: str) -> str:
    """Run `lineal` on a terminal of this width and return all that was written to it."""
    command = f"stty cols {columns}; exec {sys.executable} -m lineal {' '.join(arguments)}"
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        env=_environment(url) | {"TERM": "xterm-256color"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says EIO when the last process has closed the terminal
            break
        if not part:
            break
        written += part
    os.close(ours)
    process.wait(timeout=60)
    return written.decode("utf-8").replace("\r\n", "\n")


def _environment(url: object) -> dict[str, str]:
    left_out = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONHASHSEED", "GITHUB_ACTIONS"}
    known = {name: value for name, value in os.environ.items() if name not in left_out}
    known["LINEAL_ACTOR"] = "grace"
    return known if url is None else known | {"LINEAL_URL": str(url)}


def build(directory: Path) -> str:
    """Record two versions of a model from two raw tables, approve and deploy the first, and return the URL."""
    flights, weather = directory / "flights.csv", directory / "weather.csv"
    flights.write_text("origin,delay\nJFK,1.5\nLGA,2.0\n", encoding="utf-8")
    weather.write_text("origin,wind\nJFK,10\n", encoding="utf-8")
    url = f"sqlite:///{directory / '.lineal' / 'lineal.db'}"
    with run("ingest", type="Ingest", url=url) as ingest:
        ingest.log_dataset(flights, name="flights", version="raw", type="RawData")
        ingest.log_dataset(weather, name="weather", version="raw", type="RawData")
    for number, version in enumerate(("v1.0", "v1.1")):
        training = directory / f"training-{version}.csv"
        training.write_text("origin,delay,wind\n" + "JFK,1.5,10\n" * (number + 1), encoding="utf-8")
        with run("features", type="Transform", url=url) as features:
            features.use("rawdata:flights@raw")
            features.use("rawdata:weather@raw")
            features.log_dataset(training, name="training", version=version)
        with run("train", url=url, params={"depth": 4 + number}, seed=42) as train:
            train.use(f"dataset:training@{version}")
            train.log_metrics({"loss": 0.5, "best": float("nan")})
            train.log_model({"weights": [number]}, name="delay", version=version)
    with run("odd", type="Transform", url=url) as odd:
        odd.log_artifact({"x": 1}, name=HOSTILE, version="v1")
    with open_workspace(url) as workspace:
        workspace.approve("model:delay@v1.0", actor="ada", reason="[red]fair[/red] enough", regulation="Art. 14")
        workspace.deploy("model:delay@v1.0", endpoint="delay-api", actor="ada", reason="first")
    return url


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build(tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def own_url(tmp_path: Path) -> str:
    """A workspace that the test may change."""
    return build(tmp_path)


def document(*arguments: str, url: object) -> object:
    """Return the one JSON document that a command prints."""
    done = lineal(*arguments, "--format", "json", url=url)
    assert done.stderr == ""
    return json.loads(done.stdout)


# ---------------------------------------------------------------- questions


def test_show_answers_the_four_questions_about_a_model(url):
    done = lineal("show", "model:delay@v1.0", url=url)
    assert done.returncode == 0
    text = done.stdout
    for question in ("What data trained this?", "Can we rebuild it?", "Who approved it?", "What runs where?"):
        assert question in text
    assert "dataset:training@v1.0" in text
    assert "rawdata:weather@raw" in text
    assert "ada: [red]fair[/red] enough" in text
    assert "endpoint:delay-api@r1" in text
    assert "production · live" in text


def test_show_says_the_same_as_data(url):
    answer = document("show", "model:delay@v1.0", url=url)
    assert answer["reference"] == "model:delay@v1.0"
    assert answer["thing"]["fingerprint"].startswith("sha256:")
    assert [one["name"] for one in answer["answers"]["trained_on"]["datasets"]] == ["training@v1.0"]
    assert [one["action"] for one in answer["answers"]["decisions"]] == ["approve", "deploy"]
    assert [one["live"] for one in answer["answers"]["runs"]] == [True]


def test_nobody_approved_and_nowhere_deployed_is_an_answer(url):
    text = lineal("show", "model:delay@v1.1", url=url).stdout
    assert "nobody: no decision is recorded about it" in text
    assert "nowhere: no endpoint serves it" in text


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("rawdata:weather", "model:delay@v1.0"),
        ("endpoint:delay-api", "model:delay@v1.0"),
        ("run:train", "depth"),
        ("context#1", "endpoint:delay-api@r1"),
    ],
)
def test_show_has_an_answer_for_every_kind_of_thing(url, ref, said):
    done = lineal("show", ref, url=url)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


@pytest.mark.parametrize("format_", GRAPH_FORMATS)
def test_trace_prints_every_format_and_nothing_else(url, format_):
    done = lineal("trace", "model:delay@v1.0", "--format", format_, url=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "training@v1.0" in done.stdout
    assert "\x1b" not in done.stdout


def test_trace_follows_the_way_the_types_and_the_hops_asked_for(url):
    up = document("trace", "model:delay@v1.0", url=url)
    assert {node["name"] for node in up["nodes"] if node["kind"] == "artifact"} == {
        "delay@v1.0",
        "training@v1.0",
        "flights@raw",
        "weather@raw",
    }
    down = document("trace", "rawdata:weather", "--down", "--type", "Model", url=url)
    assert {node["name"] for node in down["nodes"]} == {"weather@raw", "delay@v1.0", "delay@v1.1"}
    near = document("trace", "model:delay@v1.0", "--hops", "2", url=url)
    assert len(near["nodes"]) == 3
    assert near["truncated"] is not None


def test_two_ways_at_once_are_refused(url):
    done = lineal("trace", "model:delay", "--up", "--down", url=url)
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


def test_trace_as_of_before_the_beginning_finds_nothing(url):
    done = lineal("trace", "model:delay@v1.0", "--as-of", "2001-01-01", url=url)
    assert (done.returncode, done.stdout) == (3, "")
    assert lineal("trace", "model:delay", "--as-of", "2026-01-01T10:00", url=url).returncode == 2


@pytest.mark.parametrize(("ref", "code"), [("rawdata:weather", 20), ("model:delay@v1.1", 0)])
def test_impact_fails_where_a_live_endpoint_is_reached_and_only_there(url, ref, code):
    assert lineal("impact", ref, "--fail-on", "live", url=url).returncode == code
    assert lineal("impact", ref, url=url).returncode == 0


def test_impact_counts_what_breaks(url):
    answer = document("impact", "rawdata:weather", url=url)
    assert answer["size"] == "medium"
    assert "1 live endpoint" in lineal("impact", "rawdata:weather", url=url).stdout


def test_diff_names_what_changed(url):
    text = lineal("diff", "model:delay@v1.0", "model:delay@v1.1", url=url).stdout
    assert "depth: 4 → 5" in text
    assert document("diff", "model:delay@v1.0", "model:delay@v1.1", url=url)


def test_paths_finds_the_way_and_says_when_there_is_none(url):
    text = lineal("paths", "rawdata:weather", "model:delay@v1.0", url=url).stdout
    assert "training@v1.0" in text
    none = lineal("paths", "model:delay@v1.0", "model:delay@v1.1", url=url)
    assert none.returncode == 0
    assert document("paths", "rawdata:weather", "model:delay@v1.0", url=url)


def test_check_exits_21_unless_everything_needed_is_there(url):
    done = lineal("check", "rawdata:weather", "--format", "json", url=url)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["rebuildable"] == "yes" else 21)


def test_check_of_what_nothing_recorded_made_is_not_rebuildable(url):
    done = lineal("check", "endpoint:delay-api", url=url)
    assert done.returncode in (0, 21)
    assert done.stdout


# ---------------------------------------------------------------- decisions


def test_a_model_is_approved_deployed_and_rejected_from_the_command_line(own_url):
    refused = lineal("deploy", "model:delay@v1.1", "--endpoint", "delay-api", url=own_url)
    assert refused.returncode == 7
    assert "has not been approved" in refused.stderr
    approved = document("approve", "model:delay@v1.1", "--reason", "better", "--by", "ada", url=own_url)
    assert approved["actor"] == "ada"
    deployed = document("deploy", "model:delay@v1.1", "--endpoint", "delay-api", url=own_url)
    assert deployed["revision"]["name"] == "delay-api@r2"
    assert deployed["decision"]["actor"] == "grace"
    rejected = lineal("approve", "model:delay@v1.1", "--reject", "--reason", "no", url=own_url)
    assert rejected.stdout.startswith("rejected model:delay@v1.1")
    again = lineal("deploy", "model:delay@v1.1", "--endpoint", "x", "--unapproved", url=own_url)
    assert again.returncode == 7
    assert [one["action"] for one in document("decisions", "model:delay@v1.1", url=own_url)] == [
        "approve",
        "deploy",
        "reject",
    ]


def test_decisions_say_who_when_why_and_on_what(url):
    rows = list(csv.DictReader(io.StringIO(lineal("decisions", "--format", "csv", url=url).stdout)))
    assert [row["decision"] for row in rows] == ["approve", "deploy"]
    assert rows[0]["why"] == "[red]fair[/red] enough"
    assert rows[0]["details"] == "Art. 14"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", rows[0]["time"])


def test_an_approval_needs_a_reason(url):
    done = lineal("approve", "model:delay", url=url)
    assert done.returncode == 2
    assert "--reason" in done.stderr


# ---------------------------------------------------------------- proof


def test_audit_log_pages_in_both_directions(url):
    newest = document("audit", "log", "--limit", "2", url=url)
    assert newest[0]["seq"] == newest[1]["seq"] + 1
    first = document("audit", "log", "--after", "0", "--limit", "2", url=url)
    assert [entry["seq"] for entry in first] == [1, 2]


def test_audit_verify_passes_on_what_only_lineal_wrote(url):
    done = lineal("audit", "verify", url=url)
    assert done.returncode == 0
    assert done.stdout.startswith("ok: ")
    assert document("audit", "verify", url=url)["findings"] == []


def test_audit_verify_names_a_row_changed_behind_our_back_and_exits_12(own_url):
    database = own_url.removeprefix("sqlite:///")
    with sqlite3.connect(database) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE decision SET reason = 'never said' WHERE id = 1")
    connection.close()
    done = lineal("audit", "verify", url=own_url)
    assert done.returncode == 12
    assert "decision" in done.stdout
    assert "ok" not in done.stdout.split()[0]


# ---------------------------------------------------------------- recording


def test_run_records_a_command_and_returns_its_exit_code(tmp_path):
    done = lineal(
        "run", "--name", "outer", "--seed", "7", "--", sys.executable, "-c", SCRIPT, "--depth", "4", url=tmp_path
    )
    assert done.returncode == 3
    assert done.stdout == "7 --depth 4\n"
    with open_workspace(tmp_path, create=False) as workspace:
        outer, inner = workspace.resolve("run:outer"), workspace.resolve("run:inner")
    assert outer.state.name == "FAILED"
    assert outer.properties["seed"] == 7
    assert outer.custom_properties["exit_status"] == 3
    assert inner.properties["parent_run_id"] == outer.external_id


SCRIPT = """
import os, sys
from lineal.sdk.starting import run
print(os.environ["PYTHONHASHSEED"], *sys.argv[1:])
with run("inner"):
    pass
sys.exit(3)
"""


@pytest.mark.parametrize(("command", "code"), [(("no-such-command",), 127), (("/",), 126), (("true",), 0)])
def test_run_ends_as_a_shell_would(tmp_path, command, code):
    done = lineal("run", "--", *command, url=tmp_path)
    assert done.returncode == code
    with open_workspace(tmp_path, create=False) as workspace:
        (recorded,) = workspace.trace("execution#1").executions()
    assert recorded.state.name == ("FAILED" if code else "COMPLETE")


def test_run_keeps_a_hash_seed_that_is_set_already(tmp_path):
    code = "import os; print(os.environ['PYTHONHASHSEED'])"
    done = lineal("run", "--seed", "7", "--", sys.executable, "-c", code, url=tmp_path, PYTHONHASHSEED="11")
    assert done.stdout == "11\n"


def test_run_passes_a_termination_on_and_records_the_end(tmp_path):
    code = "import sys, time; print('up', flush=True); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "-m", "lineal", "run", "--name", "long", "--", sys.executable, "-c", code],
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    process.stdout.close()
    with open_workspace(tmp_path, create=False) as workspace:
        (recorded,) = workspace.trace("execution#1").executions()
    assert recorded.state.name == "FAILED"


# ---------------------------------------------------------------- looking after


def test_doctor_has_a_line_for_everything_and_finds_nothing_wrong(url):
    answer = document("doctor", url=url)
    assert answer["ok"] is True
    names = {check["check"] for check in answer["checks"]}
    assert names >= {
        "versions",
        "packages",
        "extras",
        "workspace",
        "writable",
        "disk",
        "store",
        "spool",
        "keys",
        "clock",
    }


def test_doctor_works_without_a_workspace(tmp_path):
    done = lineal("doctor")
    assert done.returncode == 0
    assert "warn  workspace" in done.stdout


def test_upgrade_of_a_new_workspace_changes_nothing(url):
    answer = document("upgrade", url=url)
    assert answer["changed"] is False


@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", "<svg"), ("a.html", "<!DOCTYPE"), ("a.dot", "digraph"), ("a.json", "{")]
)
def test_export_writes_what_the_ending_of_the_file_says(url, tmp_path, name, start):
    done = lineal("export", "model:delay@v1.0", "--out", str(tmp_path / name), url=url)
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_export_all_holds_every_record_once(url):
    done = lineal("export", "--all", url=url)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert records[0]["record"] == "store"
    kinds = {record["record"] for record in records}
    assert kinds >= {"type", "node", "event", "alias", "decision", "metric", "entry", "attribution", "association"}
    events = [record["id"] for record in records if record["record"] == "event"]
    assert len(events) == len(set(events))
    entries = [record["seq"] for record in records if record["record"] == "entry"]
    assert entries == list(range(1, len(entries) + 1))


def test_export_into_a_missing_directory_leaves_nothing(url, tmp_path):
    done = lineal("export", "model:delay", "--out", str(tmp_path / "no" / "a.svg"), url=url)
    assert done.returncode == 3
    assert done.stderr.startswith("error: ")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- bad input and faults


@pytest.mark.parametrize(
    ("ref", "code", "hint"),
    [
        ("model:dealy", 3, "model:delay"),
        ("model:delay@v9", 3, "v1.0"),
        ("modle:delay", 3, "model"),
        ("delay", 2, "kind:name"),
    ],
)
def test_an_unknown_reference_says_what_was_meant(url, ref, code, hint):
    done = lineal("trace", ref, url=url)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("error: ")
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in lineal("trace", ref, "--verbose", url=url).stderr


def test_a_wrong_command_or_option_is_one_line(url):
    wrong = lineal("trase", url=url)
    assert wrong.returncode == 2
    assert "Did you mean 'trace'" in wrong.stderr
    assert lineal("trace", "model:delay", "--format", "pdf", url=url).returncode == 2


def test_no_workspace_anywhere_says_how_to_start_one(tmp_path):
    done = lineal("trace", "model:delay")
    assert done.returncode == 3
    assert "lineal demo" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_database_is_refused_and_left_as_it_is(tmp_path):
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE customer (id INTEGER)")
    connection.close()
    before = file.read_bytes()
    for command in (("trace", "model:delay"), ("run", "--", "true"), ("upgrade",)):
        done = lineal(*command, url=file)
        assert done.returncode == 7
        assert "not Lineal's" in done.stderr
    assert file.read_bytes() == before
    file.write_text("not a database at all " * 100, encoding="utf-8")
    assert lineal("trace", "model:delay", url=file).returncode == 7


def test_a_newer_schema_is_refused_by_every_command_but_told_by_doctor(own_url):
    with sqlite3.connect(own_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    done = lineal("show", "model:delay", url=own_url)
    assert done.returncode == 7
    assert "newer Lineal" in done.stderr
    doctor = lineal("doctor", url=own_url)
    assert doctor.returncode == 22
    assert "fail  workspace" in doctor.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="platform: root may write everywhere")
def test_a_read_only_directory_is_one_clear_line(tmp_path):
    place = tmp_path / "locked"
    place.mkdir(mode=0o500)
    done = lineal("run", "--", "true", url=place)
    assert done.returncode == 5
    assert done.stderr.startswith("error: ")


def test_a_place_where_no_directory_can_be_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = lineal("run", "--", "true", url=f"sqlite:///{tmp_path}/file/lineal.db")
    assert done.returncode != 0
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- terminals and pipes


@pytest.mark.parametrize("format_", ["tree", "table"])
def test_a_hostile_name_cannot_steer_the_terminal(url, format_):
    written = on_terminal("trace", "run:latest", "--down", "--format", format_, url=url)
    assert "[red]" in written
    assert "\x1b[31m[red]" not in written
    assert not set("\u202e\x9b\x07") & set(written)


def test_a_hostile_name_comes_back_whole_in_json(url):
    names = [node["name"] for node in document("trace", "run:latest", "--down", url=url)["nodes"]]
    assert f"{HOSTILE}@v1" in names
    written = on_terminal("trace", "run:latest", "--down", "--format", "json", url=url)
    assert not set("\x1b\u202e\x9b\x07") & set(written)
    assert any(node["name"] == f"{HOSTILE}@v1" for node in json.loads(written)["nodes"])


def test_a_terminal_gets_cards_within_its_width(url):
    written = on_terminal("show", "model:delay@v1.0", url=url, columns=90)
    assert "\x1b[" in written
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written)
    assert "╭─ What data trained this? ─" in plain
    assert max(map(len, plain.splitlines())) <= 90


def test_no_color_leaves_not_one_escape_sequence(url):
    for command in (
        ("show", "model:delay@v1.0"),
        ("trace", "model:delay"),
        ("decisions",),
        ("doctor",),
        ("trace", "x:y"),
    ):
        assert "\x1b" not in on_terminal(*command, url=url, NO_COLOR="1")


def test_off_a_terminal_a_line_is_as_long_as_it_is(url):
    done = lineal("trace", "model:delay", "--format", "table", url=url, COLUMNS="40", FORCE_COLOR="1")
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) > 120


def test_a_reader_that_goes_away_is_no_error(url):
    command = f"{sys.executable} -m lineal export --all | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], env=_environment(url), capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout == "141\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="platform: there is no /dev/full")
def test_a_full_disk_under_the_output_is_told(url):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lineal", "trace", "model:delay"],
            env=_environment(url),
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert done.returncode == 6
    assert done.stderr == "error: No space left on device\n"


def test_json_stays_json_where_the_terminal_knows_ascii_only(url):
    done = lineal("trace", "run:latest", "--down", "--format", "json", url=url, PYTHONIOENCODING="ascii")
    assert any(node["name"] == f"{HOSTILE}@v1" for node in json.loads(done.stdout)["nodes"])


def test_the_version_and_the_help_need_no_workspace():
    assert lineal("--version").stdout.startswith("lineal")
    assert "Exit codes" in lineal("--help").stdout
    assert lineal("audit").returncode == 0
