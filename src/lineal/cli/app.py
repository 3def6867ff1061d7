"""The command tree and its outermost edge: every command is named here, every failure ends here."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, NamedTuple

import typer

from lineal.cli.exits import ANSWERS
from lineal.cli.failures import flushed, report
from lineal.cli.installed import installed_version
from lineal.cli.options import Invocation
from lineal.cli.output import say
from lineal.errors import STATUS
from lineal.sdk.about import handoffs


class _Command(NamedTuple):
    """Where a command or a family of them lies, and under which heading the help shows it."""

    module: str
    function: str
    heading: str


_ASK, _RECORD, _DECIDE, _PROVE, _CARE = "Ask", "Record", "Decide", "Prove", "Look after"
_COMMANDS = {
    "list": _Command("listing", "list_", _ASK),
    "show": _Command("show", "show", _ASK),
    "trace": _Command("lineage", "trace", _ASK),
    "impact": _Command("lineage", "impact", _ASK),
    "diff": _Command("lineage", "diff", _ASK),
    "paths": _Command("lineage", "paths", _ASK),
    "check": _Command("lineage", "check", _ASK),
    "prediction": _Command("prediction", "prediction", _ASK),
    "run": _Command("run", "run", _RECORD),
    "demo": _Command("demo", "demo", _RECORD),
    "approve": _Command("decide", "approve", _DECIDE),
    "decisions": _Command("decide", "decisions", _DECIDE),
    "deploy": _Command("decide", "deploy", _DECIDE),
    "reproduce": _Command("reproduce", "reproduce", _PROVE),
    "audit": _Command("audit", "app", _PROVE),
    "doctor": _Command("doctor", "doctor", _CARE),
    "upgrade": _Command("care", "upgrade", _CARE),
    "import": _Command("importing", "app", _CARE),
    "export": _Command("export", "app", _CARE),
    "serve": _Command("serve", "serve", _CARE),
}
_SETTINGS = {"run": {"ignore_unknown_options": True}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing is raised."""
    invocation = Invocation()
    if hasattr(sys.stdout, "reconfigure"):
        # A name in a script that the terminal's encoding lacks must not end the command.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        answer = typer.main.get_command(command_tree(_asked(arguments))).main(
            args=arguments, prog_name="lineal", standalone_mode=False, obj=invocation
        )
        code = answer if isinstance(answer, int) else 0
    except SystemExit as error:
        # Typer turns a broken pipe into an exit of its own; every other exit is meant.
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        code = report(error.__context__, verbose=invocation.verbose)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the outermost edge: one line instead of a trace
        code = report(error, verbose=invocation.verbose)
    return flushed(code, verbose=invocation.verbose)


def _epilogue() -> str:
    """Return the exit codes as one paragraph; the documentation has them as a table."""
    errors = ", ".join(f"{status.exit} {code.name.lower().replace('_', ' ')}" for code, status in STATUS.items())
    answers = ", ".join(f"{code} {meaning}" for code, meaning in ANSWERS.items())
    return f"Exit codes: {answers}. Errors: {errors}."


def command_tree(only: str | None = None) -> typer.Typer:
    """Return all commands, or the one of this name if there is one: what others would import, it does not wait for."""
    tree = typer.Typer(
        name="lineal",
        help="Ask any model or prediction where it came from, and prove it.",
        epilog=_epilogue(),
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    tree.callback(invoke_without_command=True)(_root)
    for name, (module, function, heading) in _COMMANDS.items():
        if only in _COMMANDS and only != name:
            continue
        found = getattr(import_module(f"lineal.cli.{module}"), function)
        if isinstance(found, typer.Typer):
            tree.add_typer(found, name=name, rich_help_panel=heading)
        else:
            tree.command(name, rich_help_panel=heading, context_settings=_SETTINGS.get(name))(found)
    return tree


def _asked(arguments: Sequence[str] | None) -> str | None:
    """Return the word that names the command, None where an option of the root or a shell asks for all of them."""
    words = sys.argv[1:] if arguments is None else arguments
    completing = any(name.endswith("_COMPLETE") and name.startswith("_LINEAL") for name in os.environ)
    return words[0] if words and not completing else None


def _version(value: bool) -> None:
    if value:
        typer.echo(f"lineal {installed_version('lineal')}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
    if any(handoffs()):
        # What ends the runs of killed commands is most of the SDK, and hardly ever is there one.
        from lineal.sdk.orphans import end_left_runs

        for sentence in end_left_runs():
            say(sentence)
