"""README and pages: every Python block runs, every command exists, what is shown is what comes out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHANGING = re.compile(r"\b[0-9a-f]{8,}\b")


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


def run_python(code: str, directory: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=directory, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("page", "code"),
    [
        pytest.param(page, code, id=f"{page.name}-{at}")
        for page in PAGES
        for at, code in enumerate(blocks(page, "python"))
    ],
)
def test_every_python_block_runs_as_printed(page, code, tmp_path):
    run_python(code, tmp_path)


def test_the_readme_shows_what_its_example_prints(tmp_path):
    readme = ROOT / "README.md"
    printed = run_python(blocks(readme, "python")[0], tmp_path)
    assert CHANGING.sub("…", printed) == CHANGING.sub("…", blocks(readme, "text")[0])


def test_the_readmes_example_has_at_most_twelve_lines_beside_imports():
    lines = [line for line in blocks(ROOT / "README.md", "python")[0].splitlines() if line.strip()]
    assert len(lines) <= 12


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_in_a_page_exists(page, lineal_commands):
    named = set(re.findall(r"(?:`|\$ )lineal ([a-z]+)", page.read_text(encoding="utf-8")))
    assert named <= lineal_commands


def test_the_readmes_picture_is_there_and_is_the_demos():
    picture = (ROOT / "docs" / "images" / "lineage.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    for name in ("weather-features", "aircraft-features", "flights-training", "delay-api"):
        assert name in picture


@pytest.fixture(scope="session")
def lineal_commands():
    done = subprocess.run(
        [sys.executable, "-m", "lineal", "--help"], capture_output=True, text=True, check=True, env=None
    )
    return set(re.findall(r"^\W*([a-z]+)  ", done.stdout, re.MULTILINE))
