"""The questions, each asked with the command a person would type, so that the answers are the real ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

DRAWN = ("RawData", "Features", "Dataset", "Model", "EndpointRevision")
"""What the picture shows; the runs between are counted on the edges."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question in words, and the arguments of `lineal` that answer it. `may_fail`: its exit status is an answer."""

    words: str
    arguments: tuple[str, ...]
    may_fail: bool = False


def questions(trace_id: str) -> list[Question]:
    """Return what an engineer on call, an owner of a table and an auditor would ask."""
    newest, before = "model:delay@v1.1", "model:delay@v1.0"
    return [
        Question("This answer was wrong. Where did it come from?", ("prediction", trace_id)),
        Question("Show the whole way down to the raw tables.", ("trace", f"prediction:{trace_id}", "--hops", "5")),
        Question("What data trained this model?", ("show", newest)),
        Question(
            "Which raw tables does the ensemble depend on, through both branches?",
            ("trace", newest, "--type", "RawData", "--format", "table"),
        ),
        Question("What breaks if the weather table changes?", ("impact", "rawdata:weather")),
        Question("What changed between v1.0 and v1.1?", ("diff", before, newest)),
        Question("Who approved it, and why?", ("decisions", newest)),
        Question("What runs where?", ("show", "endpoint:delay-api")),
        Question("Can it be rebuilt, and what is missing?", ("check", newest), may_fail=True),
        Question("How would it be rebuilt?", ("reproduce", newest, "--dry-run")),
        Question("Has anybody changed the records?", ("audit", "verify")),
    ]


def ask(question: Question, url: str) -> None:
    """Print the question, the command, and its answer."""
    console = Console(highlight=False)
    console.print()
    console.print(Rule(question.words, align="left") if console.is_terminal else Text(f"# {question.words}"))
    console.print(Text(f"$ lineal {' '.join(question.arguments)}", style="bold"), soft_wrap=True)
    sys.stdout.flush()
    done = _lineal(question.arguments, url)
    if done.returncode != 0 and not question.may_fail:
        raise RuntimeError(f"lineal {' '.join(question.arguments)} ended with status {done.returncode}")


def draw(file: Path, url: str) -> None:
    """Write the picture of the whole way to the endpoint: data, models and the revision, the runs folded into edges."""
    with file.open("wb") as picture:
        kinds = [part for kind in DRAWN for part in ("--type", kind)]
        command = ("trace", "endpoint:delay-api", *kinds, "--format", "svg")
        _lineal(command, url, output=picture).check_returncode()


def _lineal(
    arguments: Sequence[str], url: str, *, output: IO[bytes] | None = None
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "lineal", *arguments, "--url", url]
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=output)
