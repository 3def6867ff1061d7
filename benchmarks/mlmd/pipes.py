"""A side in its own process: one JSON line asks, one answers. The timing happens in the side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Side:
    """A side as the comparing process sees it: `side.ask("method", argument, …)`."""

    def __init__(self, name: str, command: Sequence[str | Path]) -> None:
        self.name = name
        # PYTHONPATH names this repository only: each interpreter has its own packages.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        self._process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment, "PYTHONPATH": str(ROOT)},
        )

    def ask(self, method: str, *arguments: Any) -> Any:
        """Return what the side's method returns. Its traceback, if it has one, is on stderr."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([method, *arguments]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            message = f"{self.name} ended with code {self._process.wait()} while it did {method}"
            raise RuntimeError(message)
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def serve(side: object) -> None:
    """Answer every question on stdin with the side's method of that name, until stdin ends."""
    # Whatever a library prints must not become an answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        answers.write(json.dumps(getattr(side, method)(*arguments)) + "\n")
        answers.flush()
