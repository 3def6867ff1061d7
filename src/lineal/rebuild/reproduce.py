"""Reproduce: from a reference to a recorded verdict. What the workspace asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lineal.files import Files
from lineal.model.ids import Micros
from lineal.model.publication import Origin
from lineal.model.values import Value
from lineal.rebuild.attest import attested
from lineal.rebuild.plan import Plan
from lineal.rebuild.rebuild import Options, plan_of, rebuild, silent
from lineal.rebuild.recipe import recipe_of
from lineal.rebuild.record import recorded
from lineal.rebuild.verdict import Verdict
from lineal.store.clock import Clock
from lineal.store.identifiers import Uuid7
from lineal.store.location import Location
from lineal.store.protocol import Store


def plan_rebuild(store: Store, files: Files, reference: str, options: Options | None) -> Plan:
    """Return what a rebuild would do, what it lacks and the best verdict it can reach; nothing is computed."""
    return plan_of(recipe_of(store, reference), files, options or Options())


def reproduce(
    store: Store,
    files: Files,
    reference: str,
    options: Options | None,
    *,
    location: Location,
    actor: str,
    clock: Clock,
    identifiers: Uuid7,
    progress: Callable[[str], None] | None = None,
) -> Verdict:
    """Rebuild what a reference names, record that, and return the verdict."""
    recipe = recipe_of(store, reference)
    began = clock.now()
    verdict = rebuild(store, files, recipe, options or Options(), progress=progress or silent)
    by = Origin(actor=actor, action="rebuild", reason=verdict.sentence)

    def attest(named: Verdict, interval: tuple[Micros, Micros]) -> Mapping[str, Value]:
        return attested(recipe, named, files=files, location=location, by=actor, interval=interval)

    return recorded(store, recipe, verdict, by=by, identifiers=identifiers, began=began, clock=clock, attest=attest)
