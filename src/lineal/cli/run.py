"""`lineal run`: any command as a recorded Run. Its input, output and exit code are the command's own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer

from lineal.capture.command import Command
from lineal.capture.waiting import patience
from lineal.cli.exits import CANNOT_EXECUTE, COMMAND_NOT_FOUND, INTERRUPTED
from lineal.cli.options import Url, Verbose
from lineal.cli.output import say
from lineal.errors import Aborted, DataLoss, InvalidArgument, ResourceExhausted, Unavailable
from lineal.sdk.command import CommandRun, run_command
from lineal.sdk.starting import PARENT_RUN
from lineal.store.location import ENVIRONMENT
from lineal.workspace import Workspace, open_workspace

_FAULTS = (Aborted, DataLoss, ResourceExhausted, Unavailable)
"""What befalls a store that is there: it stops no command. A place where none can be is a mistake, said instead."""

_MOST = 2**32 - 1
_PASSED_ON = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def run(
    command: Annotated[
        list[str], typer.Argument(metavar="-- CMD…", help="The command, with its own options behind --.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What the run is called; else the script's name.")
    ] = None,
    type_: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Its type: Train, Transform, Ingest, Evaluate …")
    ] = "Train",
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, max=_MOST, metavar="S", help="Seeds random, NumPy, PyTorch and PYTHONHASHSEED."),
    ] = None,
    url: Url = None,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Run any command as a recorded Run: git, environment, hardware, arguments, exit status.

    A Python program needs no change: what it reads, fits and writes is observed. Hash randomisation is fixed before
    the interpreter starts: PYTHONHASHSEED is the seed, or 0, unless it is set already. Runs inside the command become
    part of this one. The exit code is the command's. Where the store fails, that is said and the command runs all the
    same; a place that cannot be a workspace is said before anything starts.
    """
    if not command[0]:
        raise InvalidArgument("the command is empty", hint="lineal run -- python train.py")
    hash_seed = os.environ.get("PYTHONHASHSEED") or str(seed or 0)
    try:
        opened = open_workspace(url)
    except _FAULTS as error:
        say(f"lineal: the command runs, and is not recorded: {error}")
        status = _unrecorded(command, hash_seed, url)
    else:
        with opened as workspace:
            status = _recorded(command, hash_seed, workspace, name=name, type_=type_, seed=seed)
    if status:
        raise typer.Exit(status)


def _recorded(
    command: Sequence[str], hash_seed: str, workspace: Workspace, *, name: str | None, type_: str, seed: int | None
) -> int:
    captured = Command(tuple(command), hash_seed)
    recorded = run_command(name or captured.label, captured, type=type_, seed=seed, workspace=workspace)
    variables = {"PYTHONHASHSEED": hash_seed, PARENT_RUN: recorded.id, ENVIRONMENT: workspace.location.url}
    with patience():
        with recorded.handed_over(seed=seed) as handed:
            status = _execute(recorded, command, {**os.environ, **variables, **handed})
        recorded.finish(_ending(status))
    return status


def _unrecorded(command: Sequence[str], hash_seed: str, url: str | None) -> int:
    """Run the command where the store failed before it began, with the same variables as far as there are any."""
    place = {} if url is None else {ENVIRONMENT: url}
    return _execute(None, command, {**os.environ, "PYTHONHASHSEED": hash_seed, **place})


def _ending(status: int) -> BaseException | None:
    if status == INTERRUPTED:
        return KeyboardInterrupt()
    return SystemExit(status) if status else None


def _execute(recorded: CommandRun | None, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command in our place and return its status as a shell would: 128 + signal if one ended it."""
    with _signals_are_the_commands() as children:
        try:
            child = subprocess.Popen(command, env=environment)
        except FileNotFoundError:
            return _refused(recorded, f"there is no command {command[0]!r}", COMMAND_NOT_FOUND)
        except OSError as error:
            return _refused(recorded, f"{command[0]!r} cannot be executed: {error.strerror}", CANNOT_EXECUTE)
        children.append(child)
        status = child.wait()
    return status if status >= 0 else 128 - status


def _refused(recorded: CommandRun | None, why: str, status: int) -> int:
    say(f"error: {why}")
    if recorded is not None:
        recorded.never_started(why)
    return status


@contextmanager
def _signals_are_the_commands() -> Iterator[list[subprocess.Popen[bytes]]]:
    """While the command runs, Ctrl-C is its own business (the terminal sends it to both) and SIGTERM is passed on."""
    children: list[subprocess.Popen[bytes]] = []

    def wait_for_it(_number: int, _frame: FrameType | None) -> None:
        """Do nothing; a handler, unlike SIG_IGN, is not inherited by the command."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        for child in children:
            child.send_signal(number)

    before = {signal.SIGINT: signal.signal(signal.SIGINT, wait_for_it)}
    before |= {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    try:
        yield children
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
