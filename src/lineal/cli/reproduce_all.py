"""`lineal reproduce --all`: every model that is due is rebuilt, one after the other, whatever becomes of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lineal.cli.exits import DIVERGED, NOT_RUNNABLE
from lineal.cli.options import AnswerFormat
from lineal.cli.output import print_json, print_table, say
from lineal.cli.times import iso, parse_span, span
from lineal.errors import LinealError, Unavailable
from lineal.lineage.training import reference_to
from lineal.model.ids import Micros
from lineal.model.values import Json
from lineal.rebuild.due import Due, due_models, last_same
from lineal.rebuild.rebuild import Options
from lineal.rebuild.verdict import Grade
from lineal.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one model."""

    due: Due
    verdict: str
    sentence: str
    seconds: float | None = None
    recorded_as: str | None = None

    def document(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "model": self.due.reference,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "last": iso(self.due.last) or None,
            "seconds": self.seconds,
            "recorded_as": self.recorded_as,
        }


def reproduce_all(
    workspace: Workspace, options: Options, progress: Callable[[str], None], *, due: str, limit: int | None
) -> tuple[list[Row], int]:
    """Rebuild what is due, the longest overdue first; return a row for each, and how many are left for another time."""
    before = Micros(workspace.clock.now() - parse_span(due))
    listed = due_models(workspace.store, before)
    rows: list[Row] = []
    for place, each in enumerate(listed):
        if limit is not None and len(rows) >= limit:
            return rows, len(listed) - place
        last = last_same(workspace.store, each.model)
        if last is not None and last >= before:
            # A program that makes several models is run once: the rebuild of the first told of the others too.
            continue
        say(f"{each.reference} ({place + 1} of {len(listed)})")
        rows.append(_row(workspace, options, progress, each))
    return rows, 0


def plan_all(workspace: Workspace, options: Options, *, due: str, limit: int | None) -> tuple[list[Row], int]:
    """Return a row for each run that is due, with the best verdict it can reach, and how many a limit leaves.

    Nothing is computed. A program that makes several models would run once: they are told in the row of the first.
    """
    listed = due_models(workspace.store, Micros(workspace.clock.now() - parse_span(due)))
    names = [each.reference for each in listed]
    rows: list[Row] = []
    told: set[str] = set()
    for each in listed:
        if each.reference in told:
            continue
        if limit is not None and len(rows) >= limit:
            return rows, sum(name not in told for name in names)
        row, made = _planned(workspace, options, each)
        others = [name for name in names if name in made and name != each.reference]
        more = f"; makes {', '.join(others)} too" if others else ""
        rows.append(replace(row, sentence=row.sentence + more))
        told |= {each.reference, *others}
    return rows, 0


def code_of(rows: list[Row]) -> int:
    """Return the one exit code: something differs, else something is missing, else 0."""
    grades = {row.verdict for row in rows}
    if Grade.DIVERGED.value in grades:
        return DIVERGED
    return NOT_RUNNABLE if Grade.NOT_RUNNABLE.value in grades else 0


def tell_all(rows: list[Row], left: int, format: AnswerFormat, *, due: str, planned: bool = False) -> None:
    """Print the table, or one JSON document; `planned` rows tell what can be reached."""
    if format is AnswerFormat.JSON:
        print_json({"due": due, "models": [row.document() for row in rows], "left": left})
        return
    if not rows:
        say(f"nothing is due: every model was rebuilt and the same within {due}")
        return
    cells = [
        (
            row.due.reference,
            row.verdict,
            iso(row.due.last) or "never",
            "" if row.seconds is None else span(round(row.seconds * 1e6)),
            row.sentence,
        )
        for row in rows
    ]
    verdict = "best verdict" if planned else "verdict"
    print_table(("model", verdict, "last the same", "took", "in words"), cells, whole=("model", verdict))
    if left:
        say(f"{left:,} more are due: --limit left them for another time")


def _row(workspace: Workspace, options: Options, progress: Callable[[str], None], due: Due) -> Row:
    try:
        verdict = workspace.reproduce(due.reference, options, progress=progress)
    except Unavailable:
        raise  # the store is not there: it is not there for the next one either
    except LinealError as error:
        return Row(due=due, verdict=Grade.NOT_RUNNABLE.value, sentence=error.message)
    return Row(
        due=due,
        verdict=verdict.grade.value,
        sentence=verdict.sentence,
        seconds=verdict.seconds,
        recorded_as=verdict.recorded_as,
    )


def _planned(workspace: Workspace, options: Options, due: Due) -> tuple[Row, set[str]]:
    """Return the row of a plan, and the references of all that its program makes."""
    try:
        planned = workspace.plan_rebuild(due.reference, options)
    except Unavailable:
        raise
    except LinealError as error:
        return Row(due=due, verdict=Grade.NOT_RUNNABLE.value, sentence=error.message), set()
    made = {reference_to(one) for step in planned.recipe.steps for one in step.outputs}
    inputs = len(planned.recipe.inputs)
    sentence = planned.missing[0].sentence if planned.missing else f"can run: {inputs} input{'s' * (inputs != 1)}"
    return Row(due=due, verdict=planned.reachable.value, sentence=sentence), made
