"""Reproduce: from a reference to a recorded verdict. What the workspace asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from lineal.files import Files
from lineal.model.ids import Micros
from lineal.model.publication import Origin
from lineal.model.values import Value
from lineal.rebuild.attest import attested
from lineal.rebuild.bisect import bisected
from lineal.rebuild.chain import ChainPlan, plan_from_raw
from lineal.rebuild.compare import Pair
from lineal.rebuild.counterfactual import Supposed, left_out, remade, swaps_of, told
from lineal.rebuild.from_raw import rebuild_from_raw
from lineal.rebuild.layout import Layout
from lineal.rebuild.place import Place
from lineal.rebuild.plan import Plan
from lineal.rebuild.probe import Probe, expected, find_probe
from lineal.rebuild.rebuild import Options, Progress, plan_of, rebuild, silent
from lineal.rebuild.recipe import Recipe, recipe_of
from lineal.rebuild.record import recorded
from lineal.rebuild.verdict import Verdict
from lineal.store.clock import Clock
from lineal.store.identifiers import Uuid7
from lineal.store.location import Location
from lineal.store.protocol import Store


def plan_rebuild(
    store: Store,
    files: Files,
    reference: str,
    options: Options | None,
    *,
    probe: str | None = None,
    from_raw: bool = False,
) -> Plan | ChainPlan:
    """Return what a rebuild would do, what it lacks and the best verdict it can reach; nothing is computed.

    With a `probe` also which models can be called on it; with `from_raw` for every step upstream.
    """
    recipe, options = recipe_of(store, reference), options or Options()
    chain = plan_from_raw(store, files, recipe, options) if from_raw else None
    planned = plan_of(recipe, files, options) if chain is None else chain.plans[-1]
    if probe is not None:
        planned = replace(planned, probe=expected(planned, files, find_probe(store, files, probe)))
    return planned if chain is None else replace(chain, plans=(*chain.plans[:-1], planned))


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
    probe: str | None = None,
) -> Verdict:
    """Rebuild what a reference names, record that, and return the verdict.

    With `from_raw` everything upstream is rebuilt first, and read instead of what was recorded. With `supposed` the
    recipe is run with other inputs, and the answer is about them: it is not signed. With `bisect` one that differs is
    repeated to find the cause. A rebuild with changes on purpose is not recorded. `probe` names data, a file or a
    reference, that the recorded models and the rebuilt ones are called on.
    """
    recipe = recipe_of(store, reference)
    began = clock.now()
    options, progress = options or Options(), progress or silent
    data = None if probe is None else find_probe(store, files, probe)
    if supposed:
        verdict = suppose(store, files, recipe, options, supposed, progress, probe=data)
        by = Origin(actor=actor, action="suppose", reason=verdict.sentence)
        return recorded(store, recipe, verdict, by=by, identifiers=identifiers, began=began, clock=clock)
    again = rebuild_from_raw if from_raw else rebuild
    verdict = again(store, files, recipe, options, progress=progress, probe=data)
    if bisect:

        def attempt(each: Options, said: Progress) -> Verdict:
            return again(store, files, recipe, each, progress=said, probe=data)

        verdict = bisected(attempt, options, verdict, progress)
    if verdict.tried:
        return verdict  # the answer to another question: nothing is said of the model by it
    by = Origin(actor=actor, action="rebuild", reason=verdict.sentence)

    def attest(named: Verdict, interval: tuple[Micros, Micros]) -> Mapping[str, Value]:
        return attested(recipe, named, files=files, location=location, by=actor, interval=interval)

    return recorded(store, recipe, verdict, by=by, identifiers=identifiers, began=began, clock=clock, attest=attest)


def suppose(
    store: Store,
    files: Files,
    recipe: Recipe,
    options: Options,
    wanted: Supposed,
    progress: Progress,
    *,
    probe: Probe | None = None,
) -> Verdict:
    """Run a recipe with other inputs and return what came of it. Raises InvalidArgument for what is no input of it."""
    swaps = swaps_of(store, files, recipe, wanted)
    seen: list[Pair] = []
    again: list[str] = []
    where: list[tuple[Layout, Place]] = []

    def look(pairs: Sequence[Pair], _kept: Files, layout: Layout, place: Place) -> None:
        seen.extend(pair for pair in pairs if pair.recorded is recipe.target)
        again.extend(remade(swaps, recipe, pairs, layout, place))
        where.append((layout, place))

    verdict = rebuild(store, files, recipe, options, progress=progress, swaps=swaps, harvest=look, probe=probe)
    for layout, place in where:
        verdict = left_out(swaps, recipe, layout, place, verdict)
    return told(swaps, verdict, seen[0] if seen else None, wanted, again=again)
