"""The check, `show` and the dry run give one answer about a run, and it comes true when it is rebuilt."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

import lineal
from lineal.cli.about_rebuild import rebuildable
from lineal.rebuild.confinement import covers_here
from lineal.rebuild.verdict import Grade
from tests.projects import Project

DUMP = "import pickle\nwith open('model.pkl', 'wb') as file:\n    pickle.dump({}, file)\n"
SECRET = "sk-proj-abcdefghij1234567890abcdefghij1234567890"
EXACT, CLOSE, NOT_RUNNABLE = "BIT_EXACT", "NUMERIC", "NOT_RUNNABLE"

Prepare = Callable[[Project], None]


@dataclass(frozen=True)
class Case:
    """A plain script, what lies around it, and the one answer."""

    script: str
    answer: str
    missing: str | None = None
    arguments: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    typed: str | None = None
    piped: str | None = None
    is_shown: bool = False
    """Whether it comes out the same where a program can be shown recorded paths outside of its tree."""
    prepare: Prepare = lambda _: None


def linked(project: Project) -> None:
    """A data directory that is a link to a large disk, in a repository that ignores nothing."""
    disk = project.root.parent / "disk"
    disk.mkdir()
    (disk / "x.csv").write_text("7\n", encoding="utf-8")
    (project.root / "data").symlink_to(disk)
    project.commit()


def linked_beside(project: Project) -> None:
    project.commit()
    disk = project.root.parent / "disk"
    disk.mkdir()
    (disk / "x.csv").write_text("7\n", encoding="utf-8")
    (project.root / "data").symlink_to(disk)


def committed(project: Project) -> None:
    project.commit()


def changed(project: Project) -> None:
    script = (project.root / "train.py").read_text(encoding="utf-8")
    project.write("train.py", "print('before')\n")
    project.commit()
    project.write("train.py", script)


def with_directory_elsewhere(project: Project) -> None:
    place = project.root.parent / "elsewhere"
    place.mkdir()
    script = (project.root / "train.py").read_text(encoding="utf-8")
    project.write("train.py", script.replace("ELSEWHERE", str(place)))


READS = DUMP.format("open('data.csv').read()")
CASES = {
    "committed": Case(READS, EXACT, prepare=committed),
    "without a repository": Case(READS, EXACT),
    "a changed script": Case(READS, EXACT, prepare=changed),
    "a name in Unicode": Case(DUMP.format("open('dätä ü/é x.csv').read()"), EXACT),
    "a subprocess": Case(
        "import subprocess, sys\nsubprocess.run([sys.executable, 'inner.py'], check=True)\n",
        EXACT,
        prepare=lambda project: (project.write("inner.py", READS), None)[1],
    ),
    "a pool of processes": Case(
        "from multiprocessing import Pool\nimport pickle\n\ndef square(x):\n    return x * x\n\n"
        "if __name__ == '__main__':\n    with Pool(2) as pool:\n        found = pool.map(square, range(4))\n"
        "    with open('model.pkl', 'wb') as file:\n        pickle.dump(found, file)\n",
        EXACT,
    ),
    "it fails": Case(READS + "raise ValueError('no\\nway')\n", EXACT),
    "joblib": Case(
        "import joblib\nimport numpy as np\nfrom sklearn.linear_model import Ridge\n"
        "X = np.arange(10.0).reshape(-1, 1)\njoblib.dump(Ridge(0.1).fit(X, X[:, 0]), 'ridge-0.1.joblib')\n",
        EXACT,
    ),
    "numbers nobody seeded": Case("import random\n" + DUMP.format("random.random()"), CLOSE),
    "a link out of the tree": Case(DUMP.format("open('data/x.csv').read()"), EXACT, prepare=linked),
    "an untracked link out of the tree": Case(DUMP.format("open('data/x.csv').read()"), EXACT, prepare=linked_beside),
    "a link that nothing is read through": Case(READS, EXACT, prepare=linked_beside),
    "a person is asked": Case(DUMP.format("input('depth? ')"), NOT_RUNNABLE, "terminal", typed="4\n"),
    "lines are typed": Case(
        "import sys\n" + DUMP.format("sys.stdin.readline()"), NOT_RUNNABLE, "terminal", typed="4\n"
    ),
    "nothing is typed": Case(READS, EXACT, typed=""),
    "it asks for a terminal": Case("import sys\n" + DUMP.format("sys.stdin.isatty()"), CLOSE, typed=""),
    "standard input": Case("import sys\n" + DUMP.format("sys.stdin.readline()"), EXACT, piped="4\n5\n"),
    "standard input opened by its name": Case(
        DUMP.format("open('/dev/stdin').read()"), NOT_RUNNABLE, "input", piped="4"
    ),
    "standard input that is not read": Case(READS, EXACT, piped="4"),
    "a written absolute path": Case(
        DUMP.format("1") + "open('ELSEWHERE/model.pkl', 'wb').write(b'1')\n",
        NOT_RUNNABLE,
        "output",
        is_shown=True,
        prepare=with_directory_elsewhere,
    ),
    "a shared temporary file": Case(
        "open('/tmp/lineal-test-shared', 'w').write('1')\n" + DUMP.format("open('/tmp/lineal-test-shared').read()"),
        NOT_RUNNABLE,
        "output",
        is_shown=True,
    ),
    "a temporary file": Case(
        "import tempfile\n" + DUMP.format("1") + "tempfile.NamedTemporaryFile('w').write('1')\n", EXACT
    ),
    "a secret argument": Case(
        "import sys\n" + DUMP.format("len(sys.argv)"), NOT_RUNNABLE, "argument", arguments=("--token", SECRET)
    ),
    "a secret variable": Case(
        "import os\n" + DUMP.format("len(os.environ['API_TOKEN'])"),
        NOT_RUNNABLE,
        "variable",
        variables={"API_TOKEN": SECRET},
    ),
    "a secret in the script": Case(f"KEY = '{SECRET}'\n" + READS, NOT_RUNNABLE, "code"),
    "the network": Case(
        "import os, urllib.request\n" + DUMP.format("urllib.request.urlopen(os.environ['DATA_AT']).read()"),
        NOT_RUNNABLE,
        "network",
        variables={"DATA_AT": "served"},
    ),
    "a library that sends statistics": Case(
        "import os, threading, urllib.request\n"
        "sender = threading.Thread(target=urllib.request.urlopen, args=(os.environ['DATA_AT'],))\n"
        "sender.start()\nsender.join()\n" + DUMP.format("1"),
        EXACT,
        variables={"DATA_AT": "served"},
    ),
    "a server of its own": Case(
        "import threading, urllib.request\nfrom http.server import HTTPServer, SimpleHTTPRequestHandler\n"
        "server = HTTPServer(('127.0.0.1', 0), SimpleHTTPRequestHandler)\n"
        "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
        + DUMP.format("urllib.request.urlopen(f'http://127.0.0.1:{server.server_address[1]}/data.csv').read()"),
        EXACT,
    ),
    "nothing is made": Case("print(open('data.csv').read())\n", NOT_RUNNABLE, "record"),
}


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    project.write("data.csv", "delay\n4\n6\n")
    project.write("dätä ü/é x.csv", "1\n")
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("TMPDIR", str(project.scratch))
    return project


@pytest.mark.parametrize("name", CASES)
def test_the_three_answers_are_one_and_come_true(here, served, name):
    case = CASES[name]
    here.write("train.py", case.script)
    case.prepare(here)
    record(here, case, served)

    with lineal.open(here.root) as workspace:
        run = workspace.resolve("run:latest")
        planned = workspace.plan_rebuild("run:latest")
        checked = workspace.check("run:latest")
        shown = rebuildable(workspace, run)
        verdict = workspace.reproduce("run:latest")

    told = (planned.reach, checked.reach, (shown.facts["verdict"], tuple(shown.facts["because"])))
    assert told == (planned.reach, planned.reach, (planned.reach.verdict, planned.reach.because))
    answer = EXACT if case.is_shown and covers_here() else case.answer
    assert planned.reach.verdict == answer, planned.reach
    if answer == EXACT:
        assert verdict.grade is Grade.BIT_EXACT, verdict.document()
        assert planned.reach.because == ()
    elif answer == NOT_RUNNABLE:
        assert {missing.kind for missing in planned.missing} == {case.missing}
        assert verdict.missing == planned.missing
        assert verdict.grade is Grade.NOT_RUNNABLE
    else:
        assert planned.reach.because
        assert verdict.grade is not Grade.NOT_RUNNABLE


@pytest.fixture
def served(here: Project):
    """The URL of the data, on this machine."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(here.root))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/data.csv"
        server.shutdown()
        thread.join()


def record(project: Project, case: Case, served: str) -> None:
    """Record the script under `lineal run`, with a terminal, a pipe or nothing as its standard input."""
    given = {name: served if value == "served" else value for name, value in case.variables.items()}
    words = [sys.executable, "-m", "lineal", "run", "--", sys.executable, "train.py", *case.arguments]
    ours, theirs = (pty.openpty() if case.typed is not None else os.pipe())[:2]
    if case.typed is None:
        ours, theirs = theirs, ours  # of a pipe, the second end is written to
    os.write(ours, (case.typed or case.piped or "").encode())
    if case.typed is None:
        os.close(ours)
    with Path(os.devnull).open("rb") as nothing:
        is_empty = case.typed is None and case.piped is None
        subprocess.run(
            words,
            cwd=project.root,
            env=project.environment() | given,
            stdin=nothing if is_empty else theirs,
            capture_output=True,
            check=False,
            timeout=120,
        )
    os.close(theirs)
    if case.typed is not None:
        os.close(ours)
