"""The command tree and its outermost edge: every command is registered here, every failure ends here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from lineal.cli import (
    audit,
    care,
    decide,
    demo,
    doctor,
    export,
    importing,
    lineage,
    listing,
    prediction,
    reproduce,
    run,
    serve,
    show,
)
from lineal.cli.exits import ANSWERS
from lineal.cli.failures import flushed, report
from lineal.cli.options import Invocation
from lineal.cli.output import say
from lineal.cli.probes import installed_version
from lineal.errors import STATUS
from lineal.sdk.orphans import end_left_runs

_ASK, _RECORD, _DECIDE, _PROVE, _CARE = "Ask", "Record", "Decide", "Prove", "Look after"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing is raised."""
    invocation = Invocation()
    if hasattr(sys.stdout, "reconfigure"):
        # A name in a script that the terminal's encoding lacks must not end the command.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        answer = typer.main.get_command(app).main(
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


app = typer.Typer(
    name="lineal",
    help="Ask any model or prediction where it came from, and prove it.",
    epilog=_epilogue(),
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"lineal {installed_version('lineal')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
    for sentence in end_left_runs():
        say(sentence)


app.command("list", rich_help_panel=_ASK)(listing.list_)
app.command("show", rich_help_panel=_ASK)(show.show)
app.command("trace", rich_help_panel=_ASK)(lineage.trace)
app.command("impact", rich_help_panel=_ASK)(lineage.impact)
app.command("diff", rich_help_panel=_ASK)(lineage.diff)
app.command("paths", rich_help_panel=_ASK)(lineage.paths)
app.command("check", rich_help_panel=_ASK)(lineage.check)
app.command("prediction", rich_help_panel=_ASK)(prediction.prediction)
app.command("run", rich_help_panel=_RECORD, context_settings={"ignore_unknown_options": True})(run.run)
app.command("demo", rich_help_panel=_RECORD)(demo.demo)
app.command("approve", rich_help_panel=_DECIDE)(decide.approve)
app.command("decisions", rich_help_panel=_DECIDE)(decide.decisions)
app.command("deploy", rich_help_panel=_DECIDE)(decide.deploy)
app.command("reproduce", rich_help_panel=_PROVE)(reproduce.reproduce)
app.add_typer(audit.app, name="audit", rich_help_panel=_PROVE)
app.command("doctor", rich_help_panel=_CARE)(doctor.doctor)
app.command("upgrade", rich_help_panel=_CARE)(care.upgrade)
app.add_typer(importing.app, name="import", rich_help_panel=_CARE)
app.add_typer(export.app, name="export", rich_help_panel=_CARE)
app.command("serve", rich_help_panel=_CARE)(serve.serve)
