"""`lineal reproduce`: rebuild something from its record and say whether it is the same."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from types import FrameType
from typing import Annotated

import typer

from lineal.cli.cards import Card, Line, Mark, print_cards
from lineal.cli.exits import DIVERGED, NOT_PROBED, NOT_RUNNABLE
from lineal.cli.naming import short
from lineal.cli.options import AnswerFormat, AsAnswer, Url, Verbose
from lineal.cli.output import on_terminal, print_json, say
from lineal.cli.reproduce_all import code_of, plan_all, reproduce_all, tell_all
from lineal.cli.supposed import probe_lines, tell_supposed
from lineal.errors import InvalidArgument
from lineal.lineage.render.words import safe
from lineal.rebuild.bearing import ADDED
from lineal.rebuild.chain import ChainPlan
from lineal.rebuild.changes import parse_change
from lineal.rebuild.counterfactual import supposed
from lineal.rebuild.environment import EnvironmentKind
from lineal.rebuild.execute import Limits
from lineal.rebuild.plan import Plan
from lineal.rebuild.rebuild import Options
from lineal.rebuild.verdict import Difference, Grade, OutputResult, Verdict
from lineal.workspace import open_workspace

_ENDED_BY_SIGNAL = 128
_SHOWN = 12


class Beginning(StrEnum):
    """Where a rebuild begins."""

    RAW = "raw"


def reproduce(
    ref: Annotated[
        str | None, typer.Argument(metavar="[REF]", help="What to rebuild: a model, data or a run; or --all.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and what is missing; compute nothing.")
    ] = False,
    env: Annotated[
        EnvironmentKind, typer.Option("--env", help="Where it runs: this environment, the recorded lock, the image.")
    ] = EnvironmentKind.CURRENT,
    allow_drift: Annotated[
        bool, typer.Option("--allow-drift", help="Go on with another Python or other packages than recorded.")
    ] = False,
    builds: Annotated[
        bool,
        typer.Option("--allow-builds", help="With --env locked: build packages that come as source only, confined."),
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the rebuild directory and say where it is.")] = False,
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance", min=0, metavar="T", help="How far apart numbers may lie, relatively; else 1e-9 for doubles."
        ),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", min=0, metavar="S", help="Stop the program after this many seconds.")
    ] = None,
    tries: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            metavar="CHANGE",
            help="Do one thing otherwise: threads=1, seed=7, hash_seed=0, argument:--depth=3, NAME=VALUE.",
        ),
    ] = None,
    bisect: Annotated[
        bool, typer.Option("--bisect", help="If it differs, try the suspects one at a time and name the one.")
    ] = False,
    same_draws: Annotated[
        bool, typer.Option("--same-draws", help="Begin generators that nobody seeded as the record keeps them.")
    ] = False,
    passed: Annotated[
        list[str] | None,
        typer.Option(
            "--pass", metavar="NAME", help="Give the program this variable, which was a secret, as it is set now."
        ),
    ] = None,
    network: Annotated[bool, typer.Option("--network", help="Let the program reach the network.")] = False,
    beginning: Annotated[
        Beginning | None, typer.Option("--from", help="Rebuild everything upstream first, from the raw data on.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="REF", help="What if this input were left out?")
    ] = None,
    instead: Annotated[
        list[str] | None,
        typer.Option("--replace", metavar="OLD=NEW", help="What if this input were another: a reference or a file?"),
    ] = None,
    probe: Annotated[
        str | None,
        typer.Option("--probe", metavar="DATA", help="Compare what the models predict on this: a file or a reference."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Rebuild every model that is due.")] = False,
    due: Annotated[
        str, typer.Option("--due", metavar="AGE", help="With --all: due after this time, such as 12h, 30d, 8w.")
    ] = "30d",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="With --all: at most N models this time.")
    ] = None,
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Rebuild a model, data or a run from its record, and say whether the result is the same.

    Code, inputs and command come from the record; the program runs in a directory of its own, without network where
    the system allows that. Exit 0 if the result is the same, 24 if it differs, 25 if something is missing, 26 if it is
    the same and a model could not be called with --probe.

    With --without or --replace the recipe is run with other inputs and the metrics are compared: exit 0 if it ran.
    With --all every model is rebuilt whose last good rebuild is too old; the worst decides the exit code.
    """
    what_if = supposed(without or (), instead or ())
    _check(ref, everything=everything, alone=not (what_if or beginning or tries or bisect or probe))
    if beginning is not None and (what_if or tries or bisect):
        raise InvalidArgument(
            "--from raw goes with none of --without, --replace, --try and --bisect", hint="do one after the other"
        )
    limits = Limits(seconds=timeout, network=network)
    options = Options(
        environment=env,
        allow_drift=allow_drift,
        builds=builds,
        keep=keep,
        limits=limits,
        tolerance=tolerance,
        changes=tuple(parse_change(text) for text in tries or ()),
        same_draws=same_draws,
        passed=frozenset(passed or ()),
    )
    with open_workspace(url, create=False) as workspace:
        if ref is None and dry_run:
            rows, left = plan_all(workspace, options, due=due, limit=limit)
            tell_all(rows, left, format, due=due, planned=True)
            raise typer.Exit(code_of(rows))
        if ref is None:
            with _signals_end_it(), _telling() as progress:
                rows, left = reproduce_all(workspace, options, progress, due=due, limit=limit)
            tell_all(rows, left, format, due=due)
            raise typer.Exit(code_of(rows))
        if dry_run:
            planned = workspace.plan_rebuild(ref, options, probe=probe, from_raw=beginning is Beginning.RAW)
            _tell_plan(planned, format)
            raise typer.Exit(NOT_RUNNABLE if planned.missing else 0)
        with _signals_end_it(), _telling() as progress:
            verdict = workspace.reproduce(
                ref,
                options,
                progress=progress,
                supposed=what_if,
                from_raw=beginning is Beginning.RAW,
                bisect=bisect,
                probe=probe,
            )
    _tell(verdict, format)
    raise typer.Exit(_code(verdict))


def _check(ref: str | None, *, everything: bool, alone: bool) -> None:
    if everything and ref is not None:
        raise InvalidArgument(f"both {ref} and --all are given, and only one can be", hint="leave one of them out")
    if not everything and ref is None:
        raise InvalidArgument("say what to rebuild: a REF, or --all", hint="lineal reproduce --all --due 30d")
    if everything and not alone:
        raise InvalidArgument(
            "--all rebuilds models as recorded, without --from, --without, --replace, --try, --bisect and --probe"
        )


def _code(verdict: Verdict) -> int:
    grade = verdict.grade
    if grade is Grade.NOT_RUNNABLE:
        return NOT_RUNNABLE
    # Other inputs are expected to give another result: that it ran is the answer.
    if not grade.is_same and verdict.counterfactual is None:
        return DIVERGED
    return 0 if verdict.probe is None or verdict.probe.is_answered else NOT_PROBED


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the command as an exception, so that nothing is left running or lying about."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(_ENDED_BY_SIGNAL + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Teller:
    """Says each stage on stderr: on one line that is drawn anew on a terminal, as lines elsewhere."""

    def __init__(self) -> None:
        self._drawn = on_terminal(sys.stderr)
        self._last = ""

    def __call__(self, text: str) -> None:
        stage = text.partition(":")[0]
        if self._drawn:
            sys.stderr.write(f"\r\x1b[K{safe(' '.join(text.split()))[:100]}")
            sys.stderr.flush()
        elif stage != self._last:
            say(text)
        self._last = stage

    def end(self) -> None:
        """Clear the line."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def _telling() -> Iterator[_Teller]:
    teller = _Teller()
    try:
        yield teller
    finally:
        teller.end()


def _tell_plan(planned: Plan | ChainPlan, format: AnswerFormat) -> None:
    if format is AnswerFormat.JSON:
        print_json(planned.document())
        return
    mark = Mark.BAD if planned.missing else Mark.GOOD
    lines = [Line(planned.reachable.value, "best verdict", mark=mark)]
    for step in planned.steps:
        name, _, told = step.partition(": ")
        lines.append(Line(told, name))
    lines += [Line(missing.sentence, "missing", aside=missing.advice, mark=Mark.BAD) for missing in planned.missing]
    lines += _drift(planned.drift)
    lines += [Line(note, "note", mark=Mark.UNKNOWN) for note in planned.notes]
    print_cards([Card("plan", f"How would {planned.recipe.reference} be rebuilt?", lines)])


def _tell(verdict: Verdict, format: AnswerFormat) -> None:
    if format is AnswerFormat.JSON:
        print_json(verdict.document())
        return
    if verdict.counterfactual is not None:
        tell_supposed(verdict)
        return
    mark = Mark.GOOD if verdict.grade.is_same else Mark.BAD
    lines = [Line(verdict.grade.value, "verdict", mark=mark), Line(verdict.sentence, "in words")]
    lines += [Line(missing.sentence, "missing", aside=missing.advice, mark=Mark.BAD) for missing in verdict.missing]
    lines += [_output(output) for output in verdict.outputs]
    shown = () if verdict.grade.is_exact else verdict.differences[:_SHOWN]
    lines += [Line(difference.told, difference.kind, mark=Mark.BAD) for difference in shown]
    lines += probe_lines(verdict.probe)
    lines += _drift(verdict.drift)
    lines += [Line(change, "tried", mark=Mark.UNKNOWN) for change in verdict.tried]
    if verdict.bisect is not None:
        lines.append(Line(str(verdict.bisect["sentence"]), "bisect", aside=f"{verdict.bisect['runs']!s} more runs"))
    lines += [Line(note, "note", mark=Mark.UNKNOWN) for note in verdict.notes]
    if verdict.grade is not Grade.NOT_RUNNABLE or verdict.confinement.how:
        how = ", ".join(verdict.confinement.how)
        lines.append(Line(verdict.confinement.network, "network", aside=how))
        lines.append(Line(verdict.confinement.sentence, "reach"))
    if verdict.recorded_as:
        lines.append(Line(verdict.recorded_as, "recorded as"))
    if verdict.kept:
        lines.append(Line(verdict.kept, "kept"))
    print_cards([Card("verdict", f"Is {verdict.reference} the same when it is rebuilt?", lines)])


def _drift(drift: Sequence[Difference]) -> list[Line]:
    """What is not as recorded; packages that came in addition only by their number."""
    changed = [one for one in drift if one.aside != ADDED]
    lines = [Line(one.told, "drift", mark=Mark.UNKNOWN) for one in changed[:_SHOWN]]
    left, added = len(changed[_SHOWN:]), len(drift) - len(changed)
    lines += [Line(f"and {left} more", "drift", mark=Mark.UNKNOWN)] if left else []
    lines += [Line(f"{added} packages have been installed since", "drift", mark=Mark.UNKNOWN)] if added else []
    return lines


def _output(output: OutputResult) -> Line:
    mark = Mark.GOOD if output.grade.is_same else Mark.BAD
    label = "" if output.role == "output" else output.role
    return Line(
        f"{output.name} {output.grade.value}", label, aside=f"{output.note} · {short(output.recorded)}", mark=mark
    )
