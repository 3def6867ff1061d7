"""Every command as a process on a recorded workspace: its answer, its formats, its exit code."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from lineal.model.edges import EventType
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.model.types import NodeType
from lineal.workspace import open_workspace

GRAPH_FORMATS = ("tree", "table", "json", "csv", "mermaid", "dot", "svg", "html")
SCRIPT = """
import os, sys
from lineal.sdk.starting import run
print(os.environ["PYTHONHASHSEED"], *sys.argv[1:])
with run("inner"):
    pass
sys.exit(3)
"""


def test_the_help_of_the_root_names_every_command_whatever_word_follows(lineal, url):
    plain = lineal("--help", url=url).stdout
    assert "doctor" in plain
    assert lineal("--help", "list", url=url).stdout == plain
    assert lineal("-h", "run", url=url).stdout == plain


# ---------------------------------------------------------------- questions


def test_show_answers_the_four_questions_about_a_model(lineal, url):
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


def test_show_says_the_same_as_data(document, url):
    answer = document("show", "model:delay@v1.0", url=url)
    assert answer["reference"] == "model:delay@v1.0"
    assert answer["thing"]["fingerprint"].startswith("sha256:")
    assert [one["name"] for one in answer["answers"]["trained_on"]["datasets"]] == ["training@v1.0"]
    assert [one["action"] for one in answer["answers"]["decisions"]] == ["approve", "deploy"]
    assert [one["live"] for one in answer["answers"]["runs"]] == [True]


def test_what_a_model_was_made_from_is_shown_also_where_no_type_says_that_it_is_data(lineal, document, own_url):
    with open_workspace(own_url) as workspace:
        by = Origin(actor="ada", action="test")
        workspace.store.put_types(
            [NodeType(kind=NodeKind.ARTIFACT, name="Examples"), NodeType(kind=NodeKind.EXECUTION, name="Trainer")],
            by=by,
        )
        workspace.store.publish(
            Publication(
                execution=Execution(type="Trainer"),
                uses=[
                    Use(artifact=Artifact(type="Examples", name="flights"), type=EventType.INPUT),
                    Use(artifact=Artifact(type="Model", name="tutorial"), type=EventType.OUTPUT),
                ],
            ),
            by=by,
        )

    text = lineal("show", "model:tutorial", url=own_url).stdout
    assert "examples:flights" in text
    assert "of no type known as data" in text
    answer = document("show", "model:tutorial", url=own_url)
    assert [one["name"] for one in answer["answers"]["trained_on"]["read"]] == ["flights"]


def test_nobody_approved_and_nowhere_deployed_is_an_answer(lineal, url):
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
def test_show_has_an_answer_for_every_kind_of_thing(lineal, url, ref, said):
    done = lineal("show", ref, url=url)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


@pytest.mark.parametrize("format_", GRAPH_FORMATS)
def test_trace_prints_every_format_and_nothing_else(lineal, url, format_):
    done = lineal("trace", "model:delay@v1.0", "--format", format_, url=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "training@v1.0" in done.stdout
    assert "\x1b" not in done.stdout


def test_trace_follows_the_way_the_types_and_the_hops_asked_for(document, url):
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


def test_two_ways_at_once_are_refused(lineal, url):
    done = lineal("trace", "model:delay", "--up", "--down", url=url)
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


def test_trace_as_of_before_the_beginning_finds_nothing(lineal, url):
    done = lineal("trace", "model:delay@v1.0", "--as-of", "2001-01-01", url=url)
    assert (done.returncode, done.stdout) == (3, "")
    assert lineal("trace", "model:delay", "--as-of", "2026-01-01T10:00", url=url).returncode == 2


@pytest.mark.parametrize(("ref", "code"), [("rawdata:weather", 20), ("model:delay@v1.1", 0)])
def test_impact_fails_where_a_live_endpoint_is_reached_and_only_there(lineal, url, ref, code):
    assert lineal("impact", ref, "--fail-on", "live", url=url).returncode == code
    assert lineal("impact", ref, url=url).returncode == 0


def test_impact_counts_what_breaks(lineal, document, url):
    answer = document("impact", "rawdata:weather", url=url)
    assert answer["size"] == "medium"
    assert "1 live endpoint" in lineal("impact", "rawdata:weather", url=url).stdout


def test_diff_names_what_changed(lineal, document, url):
    text = lineal("diff", "model:delay@v1.0", "model:delay@v1.1", url=url).stdout
    assert "depth: 4 → 5" in text
    assert document("diff", "model:delay@v1.0", "model:delay@v1.1", url=url)


def test_paths_finds_the_way_and_says_when_there_is_none(lineal, document, url):
    text = lineal("paths", "rawdata:weather", "model:delay@v1.0", url=url).stdout
    assert "training@v1.0" in text
    none = lineal("paths", "model:delay@v1.0", "model:delay@v1.1", url=url)
    assert none.returncode == 0
    assert document("paths", "rawdata:weather", "model:delay@v1.0", url=url)


def test_check_exits_21_unless_everything_needed_is_there(lineal, url):
    done = lineal("check", "rawdata:weather", "--format", "json", url=url)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["rebuildable"] == "yes" else 21)


def test_check_of_what_nothing_recorded_made_is_not_rebuildable(lineal, url):
    done = lineal("check", "endpoint:delay-api", url=url)
    assert done.returncode in (0, 21)
    assert done.stdout


def test_a_prediction_is_shown_with_what_stands_behind_it(document, lineal, url):
    done = lineal("prediction", "019ca93e", url=url)
    assert done.returncode == 0, done.stderr
    for said in ("late: True", "confidence 0.750", "endpoint:delay-api@r1", "model:delay@v1.0", "2026-03-01T12:00:00Z"):
        assert said in done.stdout
    answer = document("prediction", "019ca93e3c007abc8def0123456789ab", url=url)
    assert answer["prediction"]["output"]["late"] is True
    assert answer["answers"]["behind"]["revision"]["name"] == "delay-api@r1"


def test_trace_joins_a_prediction_to_the_raw_data(document, url):
    answer = document("trace", "prediction:019ca93e", url=url)
    assert "weather@raw" in {node["name"] for node in answer["nodes"]}
    assert [one["endpoint"] for one in answer["predictions"]] == ["delay-api"]


@pytest.mark.parametrize(("trace", "code"), [("0", 2), ("ffffffff", 3)])
def test_a_trace_id_that_is_none_or_unknown_is_told_apart(lineal, url, trace, code):
    assert lineal("prediction", trace, url=url).returncode == code


# ---------------------------------------------------------------- decisions


def test_a_model_is_approved_deployed_and_rejected_from_the_command_line(lineal, document, own_url):
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


def test_decisions_say_who_when_why_and_on_what(lineal, url):
    rows = list(csv.DictReader(io.StringIO(lineal("decisions", "--format", "csv", url=url).stdout)))
    assert [row["decision"] for row in rows] == ["approve", "deploy"]
    assert rows[0]["why"] == "[red]fair[/red] enough"
    assert rows[0]["details"] == "Art. 14"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", rows[0]["time"])


def test_an_approval_needs_a_reason(lineal, url):
    done = lineal("approve", "model:delay", url=url)
    assert done.returncode == 2
    assert "--reason" in done.stderr


# ---------------------------------------------------------------- proof


def test_audit_log_pages_in_both_directions(document, url):
    newest = document("audit", "log", "--limit", "2", url=url)
    assert newest[0]["seq"] == newest[1]["seq"] + 1
    first = document("audit", "log", "--after", "0", "--limit", "2", url=url)
    assert [entry["seq"] for entry in first] == [1, 2]


def test_audit_verify_passes_on_what_only_lineal_wrote(lineal, document, url):
    done = lineal("audit", "verify", url=url)
    assert done.returncode == 0
    assert done.stdout.startswith("ok: ")
    assert document("audit", "verify", url=url)["findings"] == []


def test_audit_verify_names_a_row_changed_behind_our_back_and_exits_12(lineal, own_url):
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


def test_run_records_a_command_and_returns_its_exit_code(lineal, tmp_path):
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


def test_run_records_the_repository_of_the_script_and_its_command_line(tmp_path, lineal):
    (tmp_path / "train.py").write_text("print('trained')", encoding="utf-8")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for step in (("init", "-q"), ("add", "train.py"), (*who, "commit", "-q", "-m", "first")):
        subprocess.run(["git", *step], cwd=tmp_path, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert lineal("run", "--", sys.executable, "train.py", url=tmp_path).returncode == 0
    with open_workspace(tmp_path, create=False) as workspace:
        recorded = workspace.resolve("run:train.py")
    assert recorded.properties["commit"] == head.stdout.strip()
    assert recorded.properties["dirty"] is False
    assert recorded.properties["capture"]["argv"]["value"] == [sys.executable, "train.py"]
    assert recorded.properties["capture"]["script"]["value"]["path"] == "train.py"


@pytest.mark.parametrize(("command", "code"), [(("no-such-command",), 127), (("/",), 126), (("true",), 0)])
def test_run_ends_as_a_shell_would(lineal, tmp_path, command, code):
    done = lineal("run", "--", *command, url=tmp_path)
    assert done.returncode == code
    with open_workspace(tmp_path, create=False) as workspace:
        (recorded,) = workspace.trace("execution#1").executions()
    assert recorded.state.name == ("FAILED" if code else "COMPLETE")
    assert recorded.custom_properties.get("never_started", False) == bool(code)


def test_a_command_that_could_not_be_started_does_not_hide_the_last_run(lineal, tmp_path):
    for command in ((sys.executable, "-c", "pass"), ("no-such-command",)):
        lineal("run", "--name", "fit", "--", *command, url=tmp_path)
    with open_workspace(tmp_path, create=False) as workspace:
        assert workspace.resolve("run:latest") == workspace.resolve("run:fit")
        assert workspace.resolve("run:latest").custom_properties["exit_status"] == 0
        assert workspace.resolve("execution#2").properties["error"] == "there is no command 'no-such-command'"


def test_run_keeps_a_hash_seed_that_is_set_already(lineal, tmp_path):
    code = "import os; print(os.environ['PYTHONHASHSEED'])"
    done = lineal("run", "--seed", "7", "--", sys.executable, "-c", code, url=tmp_path, PYTHONHASHSEED="11")
    assert done.stdout == "11\n"


def test_run_passes_a_termination_on_and_records_the_end(tmp_path, clean_environment):
    code = "import sys, time; print('up', flush=True); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "-m", "lineal", "run", "--name", "long", "--", sys.executable, "-c", code],
        env=clean_environment(tmp_path),
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


def test_doctor_has_a_line_for_everything_and_finds_nothing_wrong(document, url):
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
        "guards",
        "spool",
        "keys",
        "clock",
    }


def test_doctor_names_a_guard_that_was_dropped(document, own_url):
    with closing(sqlite3.connect(own_url.removeprefix("sqlite:///"))) as connection:
        connection.execute("DROP TRIGGER artifact_no_update")
    answer = document("doctor", url=own_url)
    (found,) = [check for check in answer["checks"] if check["check"] == "guards"]
    assert "artifact_no_update" in str(found)


def test_doctor_works_without_a_workspace(lineal, tmp_path):
    done = lineal("doctor")
    assert done.returncode == 0
    assert "warn  workspace" in done.stdout


def test_upgrade_of_a_new_workspace_changes_nothing(document, url):
    answer = document("upgrade", url=url)
    assert answer["changed"] is False


@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", "<svg"), ("a.html", "<!DOCTYPE"), ("a.dot", "digraph"), ("a.json", "{")]
)
def test_export_writes_what_the_ending_of_the_file_says(lineal, url, tmp_path, name, start):
    done = lineal("export", "model:delay@v1.0", "--out", str(tmp_path / name), url=url)
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_export_all_holds_every_record_once(lineal, url):
    done = lineal("export", "--all", url=url)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert records[0]["record"] == "store"
    kinds = {record["record"] for record in records}
    assert kinds >= {"type", "node", "event", "alias", "decision", "metric", "entry", "attribution", "association"}
    events = [record["id"] for record in records if record["record"] == "event"]
    assert len(events) == len(set(events))
    entries = [record["seq"] for record in records if record["record"] == "entry"]
    assert entries == list(range(1, len(entries) + 1))


def test_export_into_a_missing_directory_leaves_nothing(lineal, url, tmp_path):
    done = lineal("export", "model:delay", "--out", str(tmp_path / "no" / "a.svg"), url=url)
    assert done.returncode == 3
    assert done.stderr.startswith("error: ")
    assert list(tmp_path.iterdir()) == []
