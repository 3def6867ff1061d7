"""The whole demo in order: data and models (a program of its own, `build`), decision, service, questions."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console

import lineal
from lineal.demo import serving
from lineal.demo.plan import FULL, SMALL
from lineal.demo.progress import Progress
from lineal.demo.questions import ask, draw, questions

PICTURE = "lineage.svg"
RELEASE_STEPS = 3


def run_demo(directory: Path, *, url: str | None = None, serve: bool = True, small: bool = False) -> None:
    """Build, record, deploy and serve flight-delay models under `directory`, then ask where an answer came from.

    With `serve` the application stays up until Ctrl-C.
    """
    plan = SMALL if small else FULL
    began = time.perf_counter()
    directory.mkdir(parents=True, exist_ok=True)
    with _workspace_at(url or str(directory)) as workspace:
        _build(small=small)
        with Progress("release", RELEASE_STEPS) as progress:
            serving.release(workspace, "v1.1", progress)
            with serving.served(workspace.location.url) as address:
                answers = serving.predict(address, plan, progress)
        _show_one(answers[0])
        for question in questions(answers[0].headers["X-Lineage-Trace-Id"]):
            ask(question, workspace.location.url)
        draw(directory / PICTURE, workspace.location.url)
        _say_goodbye(directory, url, time.perf_counter() - began)
        if serve:
            _serve_until_interrupted(workspace.location.url)


def _build(*, small: bool) -> None:
    """Run what is recorded in a process that does nothing else: what made the models can then be run again alone."""
    command = [sys.executable, "-m", "lineal.demo.build", *(["--small"] if small else [])]
    # With a random one, a rebuild could not promise the order of sets.
    environment = {"PYTHONHASHSEED": "0", **os.environ}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise SystemExit(done.returncode)  # it has said why


@contextmanager
def _workspace_at(place: str) -> Iterator[lineal.Workspace]:
    """Make this workspace the one all runs write to, as a user would with `export LINEAL_URL=…`."""
    before = os.environ.get("LINEAL_URL")
    with lineal.open(place) as workspace:
        os.environ["LINEAL_URL"] = workspace.location.url
        try:
            yield workspace
        finally:
            if before is None:
                del os.environ["LINEAL_URL"]
            else:
                os.environ["LINEAL_URL"] = before


def _show_one(answer: httpx.Response) -> None:
    console = Console(highlight=False)
    console.print("\nPOST /predict")
    console.print(f"  {answer.text}", soft_wrap=True)
    for name in ("X-Model-Version", "X-Dataset-Version", "X-Lineage-Trace-Id", "X-Reproducible"):
        console.print(f"  {name}: {answer.headers[name]}", soft_wrap=True)


def _say_goodbye(directory: Path, url: str | None, seconds: float) -> None:
    console = Console(highlight=False)
    console.print(f"\nAll of it took {seconds:.0f} s and is recorded in {url or directory}", soft_wrap=True)
    console.print(f"The picture of the way from raw data to the endpoint: {directory / PICTURE}", soft_wrap=True)
    there = f"export LINEAL_URL={url}" if url else f"cd {directory}"
    console.print(f"Go on asking there: {there} && lineal trace endpoint:delay-api", soft_wrap=True)


def _serve_until_interrupted(url: str) -> None:
    console = Console(highlight=False)
    with serving.served(url) as address:
        console.print(f"\nServing on {address} (API: {address}/docs, lineage: {address}/lineage/self). Ctrl-C ends it.")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            console.print("Stopped.")


def _arguments() -> argparse.Namespace:
    """Return what `lineal demo` hands over."""
    parser = argparse.ArgumentParser(prog="lineal demo")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--no-serve", action="store_true")
    parser.add_argument("--small", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    asked = _arguments()
    run_demo(asked.directory, url=asked.url, serve=not asked.no_serve, small=asked.small)
