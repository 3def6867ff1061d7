"""The workspace: the one place where parts are put together. URL → store, files, predictions, clock.

CLI, server and SDK all ask it. Every method is a thin delegation to the room that knows the answer, and imports that
room when it is first asked: a script that only records pays for none of them (docs/decisions/0009).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lineal.capture.gone import end_runs_of
from lineal.errors import LinealError
from lineal.files import Files
from lineal.files.running import Left, left_marks
from lineal.model.audit import AuditReport
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.ids import Micros, NodeKey
from lineal.model.predictions import Prediction
from lineal.model.references import Form, parse_reference
from lineal.model.traversal import Direction
from lineal.model.values import Json
from lineal.store.clock import Clock, SystemClock
from lineal.store.identifiers import Uuid7
from lineal.store.location import HOME, Location, locate
from lineal.store.open import open_store
from lineal.store.protocol import Store

if TYPE_CHECKING:
    from lineal.governance.deployment import Deployment
    from lineal.lineage.check import Check
    from lineal.lineage.diff import Diff
    from lineal.lineage.impact import Impact
    from lineal.lineage.notebook import Lineage
    from lineal.lineage.paths import Paths
    from lineal.lineage.resolve import Resolved
    from lineal.rebuild.chain import ChainPlan
    from lineal.rebuild.counterfactual import Supposed
    from lineal.rebuild.plan import Plan
    from lineal.rebuild.rebuild import Options
    from lineal.rebuild.recipe_directory import Exported
    from lineal.rebuild.verdict import Verdict
    from lineal.serving.loaded import LoadedModel
    from lineal.serving.shipper import Shipped

_SHIP_WAIT = 5.0


class Workspace:
    """One store with its files and predictions. Close it, or use it in a `with` block. Safe in threads."""

    def __init__(self, location: Location, store: Store, files: Files, clock: Clock) -> None:
        self.location = location
        self.store = store
        self.files = files
        self.clock = clock
        self.identifiers = Uuid7(clock)

    # questions -----------------------------------------------------------------------------------
    def resolve(self, ref: str, *, as_of: Micros | None = None) -> Resolved:
        """Return the one thing a reference names, or raise NotFound with the nearest names."""
        from lineal.lineage import resolve

        self._ship_for(ref)
        return resolve.resolve(self.store, ref, as_of=as_of)

    def trace(
        self,
        ref: str | NodeKey,
        direction: Direction | None = Direction.UPSTREAM,
        *,
        hops: int | None = None,
        types: Sequence[str] = (),
        as_of: Micros | None = None,
        limit: int | None = None,
    ) -> Lineage:
        """Return what is upstream or downstream of a thing, or both where `direction` is None."""
        from lineal.lineage import query
        from lineal.lineage.notebook import Lineage

        self._ship_for(ref)
        graph = query.trace(self.store, ref, direction, hops=hops, types=types, as_of=as_of, limit=limit)
        return Lineage.of(graph)

    def impact(self, ref: str | NodeKey, *, as_of: Micros | None = None) -> Impact:
        """Return everything that was made from a thing, grouped by what it means."""
        from lineal.lineage import impact

        return impact.impact(self.store, ref, as_of=as_of)

    def paths(self, a: str | NodeKey, b: str | NodeKey, *, limit: int = 100, as_of: Micros | None = None) -> Paths:
        """Return the paths between two things, the shortest first; more than `limit` are counted, not listed."""
        from lineal.lineage import paths

        return paths.paths(self.store, a, b, limit=limit, as_of=as_of)

    def diff(self, before: str | NodeKey, after: str | NodeKey, *, as_of: Micros | None = None) -> Diff:
        """Return what changed between two models, runs, datasets or revisions; of models down to the first number.

        Where both come from recorded runs, `first_difference` is the first thing that can be the cause.
        """
        from lineal.rebuild import between, levels

        found = levels.diff_with_levels(self.store, before, after, files=self.files, as_of=as_of)
        return between.with_first_difference(found, self.store, self.files)

    def check(self, ref: str | NodeKey, *, as_of: Micros | None = None) -> Check:
        """Return whether a thing can be rebuilt, and what is missing: what the plan of its rebuild says."""
        from lineal.rebuild import answer

        return answer.checked(self.store, self.files, ref, as_of=as_of)

    def prediction(self, trace_id: str) -> Prediction:
        """Return a prediction by its trace id or a unique prefix; what still lies in a spool is brought in first."""
        self.ship()
        return self.store.prediction(trace_id)

    def verify(self, *, progress: Callable[[int, int], None] | None = None) -> AuditReport:
        """Replay the ledger against every table and return what differs."""
        return self.store.verify(progress=progress)

    # decisions and models ------------------------------------------------------------------------
    def approve(
        self,
        ref: str,
        *,
        reason: str,
        actor: str | None = None,
        regulation: str | None = None,
        action: DecisionAction = DecisionAction.APPROVE,
        details: Mapping[str, Json] | None = None,
    ) -> Decision:
        """Record a decision about a thing's very content and return it. Without an actor it is you."""
        from lineal.governance import decisions

        return decisions.approve(
            self.store,
            ref,
            actor=actor or current_actor(),
            reason=reason,
            regulation=regulation,
            action=action,
            details=details,
        )

    def deploy(
        self,
        ref: str,
        *,
        endpoint: str,
        reason: str,
        environment: str = "production",
        actor: str | None = None,
        config: Mapping[str, Json] | None = None,
        unapproved: bool = False,
    ) -> Deployment:
        """Make a model the live revision of an endpoint; PolicyRefused unless its very content is approved."""
        from lineal.governance import deployment

        return deployment.deploy(
            self.store,
            ref,
            endpoint=endpoint,
            environment=environment,
            actor=actor or current_actor(),
            reason=reason,
            config=config,
            unapproved=unapproved,
            identifiers=self.identifiers,
        )

    def load_model(self, ref: str) -> LoadedModel:
        """Load a model whose bytes are verified against its fingerprint first."""
        from lineal.serving import loader

        return loader.load_model(self.store, self.files, ref)

    def plan_rebuild(
        self, ref: str, options: Options | None = None, *, probe: str | None = None, from_raw: bool = False
    ) -> Plan | ChainPlan:
        """Return what a rebuild of a model, data or a run would do, what it lacks and the best verdict it can reach.

        With a `probe` (a file or a reference) also which models can be called on it; with `from_raw` of every step.
        """
        from lineal.rebuild import reproduce

        return reproduce.plan_rebuild(self.store, self.files, ref, options, probe=probe, from_raw=from_raw)

    def reproduce(
        self,
        ref: str,
        options: Options | None = None,
        *,
        progress: Callable[[str], None] | None = None,
        supposed: Supposed | None = None,
        from_raw: bool = False,
        bisect: bool = False,
        probe: str | None = None,
    ) -> Verdict:
        """Rebuild a model, data or a run from its record, record that, and return whether the result is the same.

        With `from_raw` everything upstream is rebuilt first. With `supposed` an input is left out or exchanged, and
        the answer is what comes of that. With `bisect` one that differs is repeated with one suspect at a time.
        `probe` names data, a file or a reference: the recorded model and the rebuilt one are called on it and compared.
        """
        from lineal.rebuild import reproduce

        return reproduce.reproduce(
            self.store,
            self.files,
            ref,
            options,
            location=self.location,
            actor=current_actor(),
            clock=self.clock,
            identifiers=self.identifiers,
            progress=progress,
            supposed=supposed,
            from_raw=from_raw,
            bisect=bisect,
            probe=probe,
        )

    def export_recipe(self, ref: str, directory: Path, *, with_inputs: bool = True) -> Exported:
        """Write what made a model, data or a run as a directory that a stranger can run without Lineal."""
        from lineal.rebuild import recipe_directory

        return recipe_directory.export_recipe(self.store, self.files, ref, directory, with_inputs=with_inputs)

    # the workspace itself ------------------------------------------------------------------------
    def ship(self) -> Shipped:
        """Bring the predictions that still lie in spools into the store."""
        from lineal.serving.shipper import ship

        return ship(self.location, self.store, wait=_SHIP_WAIT)

    def close(self) -> None:
        """Give the store's connections back. Closing twice is fine."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Workspace({self.location.shown!r})"

    def _ship_for(self, ref: str | NodeKey) -> None:
        if isinstance(ref, str) and parse_reference(ref).form is Form.PREDICTION:
            self.ship()


def open_workspace(
    url: str | os.PathLike[str] | None = None, *, create: bool = True, clock: Clock | None = None
) -> Workspace:
    """Return the workspace at `url`: a URL (`sqlite:///…`, `postgresql://…`), a directory or a database file.

    Without a URL it is `LINEAL_URL`, else the nearest `.lineal` in this directory or above it. A missing one is
    made, or is NotFound with `create=False`.
    """
    location = locate(url, create=create)
    clock = clock or SystemClock()
    store = open_store(location, clock=clock, create=create)
    if create:
        _hide_from_git(location)
    workspace = Workspace(location, store, Files(location.files), clock)
    for left in left_marks(location.home):
        _end_runs_of(workspace, left)
    return workspace


def _end_runs_of(workspace: Workspace, left: Left) -> None:
    """End the runs of a process of this machine that is gone: it was killed, and nobody else does."""
    with suppress(LinealError, OSError):  # a workspace that cannot be written now is left for another time
        end_runs_of(workspace.store, left, actor=current_actor())
        left.remove()


def _hide_from_git(location: Location) -> None:
    """Let git see nothing of a workspace's own directory: it is neither code nor to be committed by accident."""
    ignore = location.home / ".gitignore"
    if location.home.name != HOME or not location.home.is_dir() or ignore.exists():
        return
    with suppress(OSError):  # a directory that cannot be written is said by whoever must write there
        ignore.write_text("*\n", encoding="utf-8")


def current_actor() -> str:
    """Return who writes: `LINEAL_ACTOR`, else the name of the operating system's user."""
    named = os.environ.get("LINEAL_ACTOR") or os.environ.get("USER") or os.environ.get("USERNAME")
    if named:
        return named
    return f"uid:{os.getuid()}" if hasattr(os, "getuid") else "unknown"
