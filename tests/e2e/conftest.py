"""The command line as a process, and a recorded workspace to ask."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.model.ids import Micros
from lineal.model.predictions import Prediction
from lineal.model.publication import Origin
from lineal.sdk.starting import run
from lineal.workspace import open_workspace

HOSTILE = "x\x1b[31m[red]\u202egpj\x9b2J\x07"

TRACE = "019ca93e3c007abc8def0123456789ab"

Lineal = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def lineal() -> Lineal:
    """Return what runs `lineal` with arguments, in a workspace, with more environment."""
    return _lineal


@pytest.fixture(scope="session")
def on_terminal() -> Callable[..., str]:
    """Return what runs `lineal` on a terminal of some width."""
    return _on_terminal


@pytest.fixture(scope="session")
def document() -> Callable[..., object]:
    """Return what gives the one JSON document that a command prints."""
    return _document


@pytest.fixture(scope="session")
def clean_environment() -> Callable[[object], dict[str, str]]:
    """Return what makes the environment of a process that works in a workspace."""
    return _environment


@pytest.fixture(scope="session")
def hostile() -> str:
    """The name of an artifact of the workspace, made to steer terminals."""
    return HOSTILE


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _build(tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def own_url(tmp_path: Path) -> str:
    """A workspace that the test may change."""
    return _build(tmp_path)


def _lineal(*arguments: str, url: object = None, **environment: str) -> subprocess.CompletedProcess[str]:
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


def _on_terminal(*arguments: str, url: object, columns: int = 100, **environment: str) -> str:
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


def _build(directory: Path) -> str:
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
        revision = workspace.deploy("model:delay@v1.0", endpoint="delay-api", actor="ada", reason="first").revision
        answer = Prediction(
            trace_id=TRACE,
            endpoint="delay-api",
            revision_id=revision.id,
            input_digest="h1:" + "0" * 32,
            key_id="k1",
            output={"late": True, "name": HOSTILE},
            confidence=0.75,
            latency_us=1500,
            status=200,
            time=Micros(1_772_366_400_000_000),
            spool="test",
            sequence=1,
        )
        workspace.store.put_predictions([answer], by=Origin(actor="test", action="ship"))
    return url


def _document(*arguments: str, url: object) -> object:
    """Return the one JSON document that a command prints."""
    done = _lineal(*arguments, "--format", "json", url=url)
    assert done.stderr == ""
    return json.loads(done.stdout)
