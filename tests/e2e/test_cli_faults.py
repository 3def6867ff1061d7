"""The command line where things go wrong, on terminals and in pipes."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

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
def test_an_unknown_reference_says_what_was_meant(lineal, url, ref, code, hint):
    done = lineal("trace", ref, url=url)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("error: ")
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in lineal("trace", ref, "--verbose", url=url).stderr


def test_a_wrong_command_or_option_is_one_line(lineal, url):
    wrong = lineal("trase", url=url)
    assert wrong.returncode == 2
    assert "Did you mean 'trace'" in wrong.stderr
    assert lineal("trace", "model:delay", "--format", "pdf", url=url).returncode == 2


def test_no_workspace_anywhere_says_how_to_start_one(lineal, tmp_path):
    done = lineal("trace", "model:delay")
    assert done.returncode == 3
    assert "lineal demo" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_database_is_refused_and_left_as_it_is(lineal, tmp_path):
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


def test_a_newer_schema_is_refused_by_every_command_but_told_by_doctor(lineal, own_url):
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
def test_a_read_only_directory_is_one_clear_line(lineal, tmp_path):
    place = tmp_path / "locked"
    place.mkdir(mode=0o500)
    done = lineal("run", "--", "true", url=place)
    assert done.returncode == 5
    assert done.stderr.startswith("error: ")


def test_a_command_runs_with_its_own_status_though_the_store_is_damaged(lineal, own_url):
    file = Path(own_url.removeprefix("sqlite:///"))
    with file.open("r+b") as opened:
        opened.seek(100)
        opened.write(b"\xff" * 4096)
    done = lineal("run", "--", sys.executable, "-c", "print('trained'); raise SystemExit(5)", url=own_url)
    assert (done.returncode, done.stdout) == (5, "trained\n")
    assert done.stderr.count("\n") == 1
    assert "is not recorded" in done.stderr
    assert "damaged" in done.stderr


def test_a_place_where_no_directory_can_be_is_one_clear_line(lineal, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = lineal("run", "--", "true", url=f"sqlite:///{tmp_path}/file/lineal.db")
    assert done.returncode != 0
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- terminals and pipes


@pytest.mark.parametrize("format_", ["tree", "table"])
def test_a_hostile_name_cannot_steer_the_terminal(on_terminal, url, format_):
    written = on_terminal("trace", "run:latest", "--down", "--format", format_, url=url)
    assert "[red]" in written
    assert "\x1b[31m[red]" not in written
    assert not set("\u202e\x9b\x07") & set(written)


def test_a_hostile_name_comes_back_whole_in_json(document, on_terminal, url, hostile):
    names = [node["name"] for node in document("trace", "run:latest", "--down", url=url)["nodes"]]
    assert f"{hostile}@v1" in names
    written = on_terminal("trace", "run:latest", "--down", "--format", "json", url=url)
    assert not set("\x1b\u202e\x9b\x07") & set(written)
    assert any(node["name"] == f"{hostile}@v1" for node in json.loads(written)["nodes"])


def test_a_terminal_gets_cards_within_its_width(on_terminal, url):
    written = on_terminal("show", "model:delay@v1.0", url=url, columns=90)
    assert "\x1b[" in written
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written)
    assert "╭─ What data trained this? ─" in plain
    assert max(map(len, plain.splitlines())) <= 90


def test_no_color_leaves_not_one_escape_sequence(on_terminal, url):
    for command in (
        ("show", "model:delay@v1.0"),
        ("trace", "model:delay"),
        ("decisions",),
        ("doctor",),
        ("trace", "x:y"),
    ):
        assert "\x1b" not in on_terminal(*command, url=url, NO_COLOR="1")


def test_off_a_terminal_a_line_is_as_long_as_it_is(lineal, url):
    done = lineal("trace", "model:delay", "--format", "table", url=url, COLUMNS="40", FORCE_COLOR="1")
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) > 120


def test_a_reader_that_goes_away_is_no_error(url, clean_environment):
    command = f"{sys.executable} -m lineal export --all | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        env=clean_environment(url),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "141\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="platform: there is no /dev/full")
def test_a_full_disk_under_the_output_is_told(url, clean_environment):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lineal", "trace", "model:delay"],
            env=clean_environment(url),
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert done.returncode == 6
    assert done.stderr == "error: No space left on device\n"


def test_json_stays_json_where_the_terminal_knows_ascii_only(lineal, url, hostile):
    done = lineal("trace", "run:latest", "--down", "--format", "json", url=url, PYTHONIOENCODING="ascii")
    assert any(node["name"] == f"{hostile}@v1" for node in json.loads(done.stdout)["nodes"])


def test_the_version_and_the_help_need_no_workspace(lineal):
    assert lineal("--version").stdout.startswith("lineal")
    assert "Exit codes" in lineal("--help").stdout
    assert lineal("audit").returncode == 0
