"""A project directory whose scripts run as real processes, and are rebuilt by the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IDENTITY = ("-c", "user.name=Grace", "-c", "user.email=grace@example.org", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Project:
    """One directory with a script, its data and its own workspace."""

    root: Path
    scratch: Path
    python: str = sys.executable

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def run(self, *words: str, status: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of this interpreter in the project; it must end with this status."""
        done = self.start(*words, **variables)
        assert done.returncode == status, done.stderr + done.stdout
        return done

    def start(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *words],
            cwd=self.root,
            env=self.environment() | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def environment(self) -> dict[str, str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHONHASHSEED"))}
        return known | {"TMPDIR": str(self.scratch), "LINEAL_URL": str(self.root)}

    def reproduce(self, reference: str, *options: str, status: int | None = None, **variables: str) -> Any:
        """Return the JSON that `lineal reproduce` prints."""
        done = self.start("-m", "lineal", "reproduce", reference, "--format", "json", *options, **variables)
        assert done.stdout, done.stderr
        if status is not None:
            assert done.returncode == status, done.stdout + done.stderr
        return json.loads(done.stdout)

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *IDENTITY, *words],
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self) -> None:
        if not (self.root / ".git").exists():
            self.git("init", "--quiet")
        self.write(".gitignore", ".lineal/\n__pycache__/\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a state")

    @property
    def left_behind(self) -> list[str]:
        return sorted(path.name for path in self.scratch.iterdir())


def project_in(directory: Path) -> Project:
    """Return an empty project below a directory, with a place for temporary files of its own."""
    root = directory / "project"
    root.mkdir()
    return Project(root, Path(tempfile.mkdtemp(dir=directory)))
