"""From an exception to what the user sees: one `error:` line, a `hint:` line, an exit code."""

from __future__ import annotations

import errno
import os
import sys

import typer

from lineal.cli.exits import BROKEN_PIPE, INTERRUPTED
from lineal.cli.text import safe_lines
from lineal.errors import STATUS, Code, LinealError
from lineal.lineage.render.words import safe

# Typer carries its own copy of Click since 0.26 and the real one before; the family is the same.
UsageFault: type[Exception] = next(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException")


def report(error: BaseException, *, verbose: bool) -> int:
    """Tell the user what went wrong on stderr, and return the exit code."""
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    if verbose:
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, LinealError):
        _say(error.message, error.hint)
        return error.status.exit
    if isinstance(error, UsageFault):
        return _usage(error)
    if isinstance(error, OSError):
        return _operating_system(error)
    _say(
        f"{type(error).__name__}: {error}" if str(error) else type(error).__name__,
        "this is a fault in Lineal, not in what you typed; --verbose shows the trace to report",
    )
    return STATUS[Code.INTERNAL].exit


def flushed(code: int, *, verbose: bool) -> int:
    """Empty stdout's buffer and return the exit code: another one if what was printed did not arrive."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _silence_stdout()
        return code or report(error, verbose=verbose)
    if code == BROKEN_PIPE:
        _silence_stdout()
    return code


def _silence_stdout() -> None:
    """Point stdout at nothing: what is left in its buffer must not raise again when Python exits."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def _usage(error: Exception) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "lineal"
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    _say(message, f"see `{path} --help`")
    return STATUS[Code.INVALID_ARGUMENT].exit


def _operating_system(error: OSError) -> int:
    where = f"{error.filename}: " if error.filename else ""
    _say(f"{where}{error.strerror or error}", None)
    codes = {
        errno.ENOSPC: Code.RESOURCE_EXHAUSTED,
        errno.EDQUOT: Code.RESOURCE_EXHAUSTED,
        errno.EACCES: Code.PERMISSION_DENIED,
        errno.EPERM: Code.PERMISSION_DENIED,
        errno.EROFS: Code.PERMISSION_DENIED,
        errno.ENOENT: Code.NOT_FOUND,
    }
    return STATUS[codes.get(error.errno or 0, Code.INTERNAL)].exit


def _say(message: str, hint: str | None) -> None:
    coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    red, dim, off = ("\x1b[1;31m", "\x1b[2m", "\x1b[0m") if coloured else ("", "", "")
    sys.stderr.write(f"{red}error:{off} {safe(message)}\n")
    if hint:
        sys.stderr.write(f"{dim}hint:{off}  " + safe_lines(hint).replace("\n", "\n       ") + "\n")
