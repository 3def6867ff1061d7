"""`lineal trace`, `impact`, `diff`, `paths` and `check`: the questions about the graph."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from lineal.cli.answers import print_answer
from lineal.cli.exits import IMPACT_REACHES, NOT_REBUILDABLE
from lineal.cli.options import AsGraph, AsOf, AsReport, GraphFormat, Limit, Reference, ReportFormat, Url, Verbose
from lineal.cli.times import parse_as_of
from lineal.errors import InvalidArgument
from lineal.lineage.check import Rebuildable
from lineal.lineage.impact import Impact
from lineal.model.ids import Micros
from lineal.model.traversal import Direction
from lineal.workspace import open_workspace


class FailOn(Enum):
    """What makes `impact` fail: a live endpoint downstream, a model, or anything at all."""

    LIVE = "live"
    MODEL = "model"
    ANY = "any"


def trace(
    ref: Reference,
    up: Annotated[bool, typer.Option("--up", help="What made it (this is what happens without a word).")] = False,
    down: Annotated[bool, typer.Option("--down", help="What was made from it.")] = False,
    both: Annotated[bool, typer.Option("--both", help="Both ways.")] = False,
    hops: Annotated[
        int | None, typer.Option("--hops", min=0, metavar="N", help="At most N events away; all without it.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", "-t", metavar="TYPE", help="Only these types; repeat it for several.")
    ] = None,
    as_of: AsOf = None,
    limit: Limit = None,
    url: Url = None,
    format: AsGraph = GraphFormat.TREE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Show what made something, or what was made from it: every run and every version, however far away.

    A prediction starts at the revision that answered it. What is left out is always said.
    """
    direction = _direction(up=up, down=down, both=both)
    with open_workspace(url, create=False) as workspace:
        graph = workspace.trace(ref, direction, hops=hops, types=types or (), as_of=_moment(as_of), limit=limit)
    print_answer(graph, format)


def impact(
    ref: Reference,
    fail_on: Annotated[
        FailOn | None,
        typer.Option("--fail-on", help="Exit 20 if a live endpoint, a model or anything depends on it: for CI."),
    ] = None,
    as_of: AsOf = None,
    url: Url = None,
    format: AsGraph = GraphFormat.TREE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Show what breaks if this changes: models, versions and live endpoints downstream, and how large that is."""
    with open_workspace(url, create=False) as workspace:
        found = workspace.impact(ref, as_of=_moment(as_of))
    print_answer(found, format)
    if fail_on is not None and _reaches(found, fail_on):
        raise typer.Exit(IMPACT_REACHES)


def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="The older one: a model, a run, data, a revision.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The newer one.")],
    as_of: AsOf = None,
    url: Url = None,
    format: AsReport = ReportFormat.TREE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Show what changed between two things: data, rows, code, parameters, seeds, environment, hardware, metrics."""
    with open_workspace(url, create=False) as workspace:
        found = workspace.diff(first, second, as_of=_moment(as_of))
    print_answer(found, format)


def paths(
    first: Annotated[str, typer.Argument(metavar="A", help="One end.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The other end; which is upstream is found out.")],
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most the N shortest.")] = 100,
    as_of: AsOf = None,
    url: Url = None,
    format: AsGraph = GraphFormat.TREE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Show every way by which one thing reached another, shortest first. No way at all is an answer."""
    with open_workspace(url, create=False) as workspace:
        found = workspace.paths(first, second, limit=limit, as_of=_moment(as_of))
    print_answer(found, format)


def check(
    ref: Reference,
    as_of: AsOf = None,
    url: Url = None,
    format: AsReport = ReportFormat.TREE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Can it be rebuilt from its record, and exactly? The verdict that `reproduce --dry-run` promises, and why.

    Exit 0 if it can come out the same to the last bit, else 21; advice does not count.
    """
    with open_workspace(url, create=False) as workspace:
        found = workspace.check(ref, as_of=_moment(as_of))
    print_answer(found, format)
    if found.rebuildable is not Rebuildable.YES:
        raise typer.Exit(NOT_REBUILDABLE)


def _direction(*, up: bool, down: bool, both: bool) -> Direction | None:
    if up + down + both > 1:
        raise InvalidArgument("--up, --down and --both exclude each other", hint="give one of them")
    if both:
        return None
    return Direction.DOWNSTREAM if down else Direction.UPSTREAM


def _moment(as_of: str | None) -> Micros | None:
    return None if as_of is None else parse_as_of(as_of)


def _reaches(found: Impact, fail_on: FailOn) -> bool:
    if fail_on is FailOn.LIVE:
        return found.has_live
    return bool(found.models) if fail_on is FailOn.MODEL else found.total > 0
