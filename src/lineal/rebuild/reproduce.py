"""Reproduce: from a reference to a recorded verdict. What the workspace asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lineal.files import Files
from lineal.model.ids import Micros
from lineal.model.publication import Origin
from lineal.model.values import Value
from lineal.rebuild.attest import attested
from lineal.rebuild.bisect import bisected
from lineal.rebuild.compare import Pair
from lineal.rebuild.counterfactual import Supposed, swaps_of, told
from lineal.rebuild.from_raw import rebuild_from_raw
from lineal.rebuild.layout import Layout
from lineal.rebuild.place import Place
from lineal.rebuild.plan import Plan
from lineal.rebuild.rebuild import Options, Progress, plan_of, rebuild, silent
from lineal.rebuild.recipe import Recipe, recipe_of
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
    supposed: Supposed | None = None,
    from_raw: bool = False,
    bisect: bool = False,
) -> Verdict:
    """Rebuild what a reference names, record that, and return the verdict.

    With `from_raw` everything upstream is rebuilt first, and read instead of what was recorded. With `supposed` the
    recipe is run with other inputs, and the answer is about them: it is not signed. With `bisect` one that differs is
    repeated to find the cause. A rebuild with changes on purpose is not recorded.
    """
    recipe = recipe_of(store, reference)
    began = clock.now()
    options, progress = options or Options(), progress or silent
    if supposed:
        verdict = suppose(store, files, recipe, options, supposed, progress)
        by = Origin(actor=actor, action="suppose", reason=verdict.sentence)
        return recorded(store, recipe, verdict, by=by, identifiers=identifiers, began=began, clock=clock)
    again = rebuild_from_raw if from_raw else rebuild
    verdict = again(store, files, recipe, options, progress=progress)
    if bisect:
        verdict = bisected(lambda each: again(store, files, recipe, each, progress=silent), options, verdict, progress)
    if verdict.tried:
        return verdict  # the answer to another question: nothing is said of the model by it
    by = Origin(actor=actor, action="rebuild", reason=verdict.sentence)

    def attest(named: Verdict, interval: tuple[Micros, Micros]) -> Mapping[str, Value]:
        return attested(recipe, named, files=files, location=location, by=actor, interval=interval)

    return recorded(store, recipe, verdict, by=by, identifiers=identifiers, began=began, clock=clock, attest=attest)


def suppose(
    store: Store, files: Files, recipe: Recipe, options: Options, wanted: Supposed, progress: Progress
) -> Verdict:
    """Run a recipe with other inputs and return what came of it. Raises InvalidArgument for what is no input of it."""
    swaps = swaps_of(store, files, recipe, wanted)
    seen: list[Pair] = []

    def look(pairs: Sequence[Pair], _kept: Files, _layout: Layout, _place: Place) -> None:
        seen.extend(pair for pair in pairs if pair.recorded is recipe.target)

    verdict = rebuild(store, files, recipe, options, progress=progress, swaps=swaps, harvest=look)
    return told(swaps, verdict, seen[0] if seen else None, wanted)
