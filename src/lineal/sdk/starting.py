"""Starting a run: from the arguments of `lineal.run` to a run that is written and current."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

from lineal.capture.process import process_word
from lineal.capture.seeds import set_seed as seed_everything
from lineal.errors import InvalidArgument
from lineal.model.nodes import Context, Execution, ExecutionState
from lineal.model.values import Value, check_text
from lineal.model.vocabulary import PROCESS
from lineal.sdk.captured import Capturing
from lineal.sdk.plain import parameters
from lineal.sdk.recorder import Recorder
from lineal.sdk.run import CURRENT, Run, checked_seed
from lineal.sdk.session import Session
from lineal.workspace import Workspace, current_actor

R = TypeVar("R", bound=Run)

PARENT_RUN = "LINEAL_PARENT_RUN"
"""The run around this process, by its id: set by `lineal run -- COMMAND` for the runs inside the command."""


def run(
    label: str,
    *,
    type: str = "Train",
    name: str | None = None,
    params: Mapping[str, object] | None = None,
    seed: int | None = None,
    experiment: str | None = None,
    pipeline: str | None = None,
    url: str | os.PathLike[str] | None = None,
    workspace: Workspace | None = None,
    strict: bool = False,
) -> Run:
    """Start a run and return it; use it in a `with` block, or call `finish` on it.

        with lineal.run("train", params={"depth": 4}, seed=42) as run:
            flights = run.use(pd.read_csv("flights.csv"), name="flights")
            run.log_model(fit(flights), name="delay")

    It is written as RUNNING before this returns; if the process is killed, the next one ends it as FAILED. An exception
    that leaves the block makes it FAILED and goes on. Inside another run it becomes part of it: same workspace, same
    contexts.
    `seed` seeds and records. `experiment` and `pipeline` name contexts. `name` must be unique among runs of its type.
    A store that cannot be written is said on stderr and does not stop the code; with `strict` it raises.
    A place that is no workspace (another file, a newer schema, a wrong URL) is raised here, before your code runs.
    """
    check_text("the label of a run", label)
    outer = CURRENT.get()
    custom = parameters(params or {})
    contexts = _contexts(outer, experiment=experiment, pipeline=pipeline)
    session = _session(outer, url, workspace)
    properties = properties_of(session, label, outer, seed)
    if seed is not None:
        seed_everything(checked_seed(seed))
    capturing = Capturing(session.files, session.location)
    execution = Execution(
        type=type,
        name=name,
        state=ExecutionState.RUNNING,
        external_id=str(properties["run_id"]),
        properties={**properties, **capturing.at_start()},
        custom_properties={**custom, PROCESS: process_word()},
        started_at=session.clock.now(),
    )
    return started(session, execution, contexts, capturing, strict=strict, make=Run)


def properties_of(session: Session, label: str, outer: Run | None, seed: int | None) -> dict[str, Value]:
    """Return the properties of a run that starts: what it is called, its id, its seed and the run around it."""
    properties: dict[str, Value] = {"label": label, "run_id": session.identifiers.new()}
    parent = outer.id if outer is not None else os.environ.get(PARENT_RUN)
    if parent:
        properties["parent_run_id"] = parent
    if seed is not None:
        properties["seed"] = checked_seed(seed)
    return properties


def started(
    session: Session,
    execution: Execution,
    contexts: tuple[Context, ...],
    capturing: Capturing,
    *,
    strict: bool,
    make: type[R],
) -> R:
    """Return a run of this class that is written and current."""
    session.enter()
    recorder = Recorder(session.workspace, execution, contexts, actor=current_actor(), strict=strict)
    try:
        return make(session, recorder, capturing)
    except BaseException:
        session.leave()
        raise


def _session(outer: Run | None, url: str | os.PathLike[str] | None, workspace: Workspace | None) -> Session:
    if workspace is not None and url is not None:
        raise InvalidArgument(f"a run is in one workspace: got both url={url!r} and workspace={workspace!r}")
    if outer is not None and not outer.is_foreign and workspace is None and url is None:
        return outer.session
    return Session(url=url, workspace=workspace)


def _contexts(outer: Run | None, *, experiment: str | None, pipeline: str | None) -> tuple[Context, ...]:
    """The outer run's contexts and our own, each once."""
    found = {(context.type, context.name): context for context in (outer.contexts if outer else ())}
    for type_, name in (("Experiment", experiment), ("Pipeline", pipeline)):
        if name is not None:
            check_text(f"the {type_.lower()} of a run", name)
            found.setdefault((type_, name), Context(type=type_, name=name))
    return tuple(found.values())
