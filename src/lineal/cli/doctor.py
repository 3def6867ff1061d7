"""`lineal doctor`: is everything in order? One line a check, each ok, warn or fail."""

from __future__ import annotations

import typer

from lineal.cli.exits import UNHEALTHY
from lineal.cli.options import AnswerFormat, AsAnswer, Url, Verbose
from lineal.cli.output import console, on_terminal, print_json, print_text
from lineal.cli.probes import Level, Probe, examine
from lineal.lineage.render.words import safe

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def doctor(
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Check the installation and the workspace: versions, disk, schema, spool, extras, clock. Exit 22 on a fail."""
    probes = examine(url)
    failed = sum(probe.level is Level.FAIL for probe in probes)
    if format is AnswerFormat.JSON:
        checks = [
            {"check": probe.name, "level": probe.level.value, "message": probe.message, "hint": probe.hint}
            for probe in probes
        ]
        print_json({"ok": failed == 0, "checks": checks})
    else:
        for probe in probes:
            _tell(probe)
    if failed:
        raise typer.Exit(UNHEALTHY)


def _tell(probe: Probe) -> None:
    name, message = safe(probe.name), safe(probe.message)
    hint = f"      {'':<12} hint: {safe(probe.hint)}" if probe.hint else None
    if not on_terminal():
        print_text(f"{probe.level.value:<4}  {name:<12} {message}" + (f"\n{hint}" if hint else ""))
        return
    from rich.text import Text

    line = Text.assemble((f"{probe.level.value:<4}", _COLOURS[probe.level]), "  ", (f"{name:<12} ", "dim"), message)
    console().print(line, soft_wrap=True)
    if hint:
        console().print(Text(hint, style="dim"), soft_wrap=True)
