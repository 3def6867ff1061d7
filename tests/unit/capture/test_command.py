"""What is recorded of a command is true of the command, not of the process that started it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lineal.capture.captured import captured
from lineal.capture.command import Command, of_command

OURS = {
    name: captured(name)
    for name in ("commit", "python", "environment", "modules", "seeds", "rng_states", "argv", "hash_seed", "script")
}


def test_our_own_interpreter_has_our_environment_but_another_process():
    record = of_command(OURS, Command((sys.executable, "-m", "thing"), "0"))
    assert record["environment"] == OURS["environment"]
    assert record["commit"] == OURS["commit"]
    assert {record[name].status for name in ("modules", "seeds", "rng_states", "script")} == {"unknown"}


@pytest.mark.parametrize("program", ["/bin/sh", "no-such-command"])
def test_of_another_program_our_packages_say_nothing(program):
    record = of_command(OURS, Command((program,), "0"))
    assert {record[name].status for name in ("python", "environment")} == {"unknown"}


def test_the_hash_seed_is_the_one_the_command_starts_with():
    assert of_command(OURS, Command(("x",), "7"))["hash_seed"] == captured("7")
    assert of_command(OURS, Command(("x",), "random"))["hash_seed"].reason is not None


def test_the_command_line_is_kept_without_its_secrets():
    words = of_command(OURS, Command(("train", "--api-key", "s3cr3t-value-0123456789"), "0"))["argv"].value
    assert words[:2] == ["train", "--api-key"]
    assert "s3cr3t-value-0123456789" not in words


def test_the_script_is_the_first_file_with_the_ending_of_one(tmp_path):
    (tmp_path / "train.py").touch()
    command = Command(("python", "-u", "train.py", "other.py"), "0")
    assert command.script == tmp_path / "train.py"
    assert command.place == tmp_path / "train.py"


def test_without_a_script_the_place_is_this_directory():
    command = Command(("make", "train"), "0")
    assert command.script is None
    assert command.place.parent == Path.cwd()
