"""From raw: what is upstream is made again too, in order, and what each step makes is what the next one reads.

The first step reads what no recorded run made. What comes between is compared as it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.capture.data import fingerprint_of_path
from lineal.errors import LinealError
from lineal.files import Files
from lineal.lineage.capture_record import record_of
from lineal.model.edges import OUTPUTS
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact, Execution
from lineal.rebuild.compare import Pair, family_key
from lineal.rebuild.layout import Layout
from lineal.rebuild.place import Place, rebuild_directory
from lineal.rebuild.rebuild import Options, Progress, rebuild
from lineal.rebuild.recipe import NOT_REBUILT, Recipe, recipe_of, run_reference
from lineal.rebuild.swaps import Swap
from lineal.rebuild.verdict import Grade, Missing, OutputResult, Verdict
from lineal.store.protocol import Store


def rebuild_from_raw(store: Store, files: Files, recipe: Recipe, options: Options, *, progress: Progress) -> Verdict:
    """Rebuild a recipe and everything upstream of it; return the verdict on it, with what came between."""
    chain = chain_of(store, recipe)
    swaps: dict[ArtifactId, Swap] = {}
    verdicts: list[Verdict] = []
    with rebuild_directory() as holding:
        kept = Files(holding.root / "made")
        for place, each in enumerate(chain, start=1):
            progress(f"step {place} of {len(chain)}: {each.target.label}")
            wanted = {artifact.id for artifact in each.inputs}
            own = {id_: swap for id_, swap in swaps.items() if id_ in wanted}
            verdict = rebuild(
                store, files, each, options, progress=progress, swaps=own, harvest=_harvester(swaps, kept)
            )
            verdicts.append(verdict)
            if verdict.grade is Grade.NOT_RUNNABLE:
                break
    return _joined(recipe, chain, verdicts)


def chain_of(store: Store, recipe: Recipe) -> list[Recipe]:
    """Return the recipes of everything upstream and the recipe itself, each after those whose outputs it reads.

    A run that was recorded after the fact tells nothing of how it ran: what it made is taken as it is.
    """
    chain: dict[int, Recipe] = {}
    started: set[int] = set()
    pending = [recipe]
    while pending:
        each = pending[-1]
        key = _key(each)
        above = [one for one in _makers(store, each) if _key(one) not in started]
        started.add(key)
        if above:
            pending += above
            continue
        pending.pop()
        chain.setdefault(key, each)
    return list(chain.values())


def _key(recipe: Recipe) -> int:
    """One process is one recipe, whichever of its runs was asked for."""
    return min(step.run.id or 0 for step in recipe.steps)


def _makers(store: Store, recipe: Recipe) -> list[Recipe]:
    ids = [ArtifactId(artifact.id or 0) for artifact in recipe.inputs]
    events = store.events(artifacts=ids) if ids else []
    first: dict[ArtifactId, int] = {}
    for event in events:
        if event.type in OUTPUTS and not event.reproduces:
            first.setdefault(event.artifact_id, event.execution_id)
    runs = store.get(Execution, sorted(set(first.values()))) if first else []
    recorded = [run for run in runs if run.type not in NOT_REBUILT and record_of(run)]
    return [recipe_of(store, run_reference(run)) for run in recorded]


def _harvester(swaps: dict[ArtifactId, Swap], kept: Files) -> Callable[[Sequence[Pair], Files, Layout, Place], None]:
    """Return what notes the outputs of a step as the inputs of the next, with their bytes, before they are gone."""

    def harvest(pairs: Sequence[Pair], made: Files, layout: Layout, place: Place) -> None:
        for pair in pairs:
            for old, new in _twins(pair):
                content = _content(new, made, kept, _written(new, layout, place))
                if content is not None and not _lies_there(old, new):
                    plain = replace(new, uri=content.as_uri(), entry=None, created_at=None, updated_at=None)
                    swaps[ArtifactId(old.id or 0)] = Swap(old=old, new=plain, content=content)

    return harvest


def _twins(pair: Pair) -> list[tuple[Artifact, Artifact]]:
    rest = list(pair.rebuilt.outputs) if pair.rebuilt is not None else []
    found: list[tuple[Artifact, Artifact]] = []
    for old in pair.recorded.outputs:
        twin = next((new for new in rest if family_key(new) == family_key(old)), None)
        if twin is not None:
            rest.remove(twin)
            found.append((old, twin))
    return found


def _content(artifact: Artifact, made: Files, kept: Files, written: Path | None) -> Path | None:
    """Keep the bytes of what was made and return where; None where it has none (a frame in memory, a directory)."""
    wanted = artifact.custom_properties.get("kept", artifact.fingerprint)
    try:
        if isinstance(wanted, str) and wanted.startswith("sha256:") and made.has(wanted):
            return kept.path(kept.put_file(made.path(wanted)))
        return None if written is None else kept.path(kept.put_file(written))
    except LinealError:
        return None


def _written(artifact: Artifact, layout: Layout, place: Place) -> Path | None:
    """Return the file that was written, below the rebuild directory: the program may have seen it at another path."""
    parts = urlsplit(artifact.uri or "")
    if parts.scheme != "file":
        return None
    path = Path(unquote(parts.path))
    inside = layout.inside(str(path))
    found = path if path.is_relative_to(place.root) else None if inside is None else place.tree / inside
    is_ours = found is not None and found.is_file() and found.resolve().is_relative_to(place.root)
    return found if is_ours else None


def _lies_there(old: Artifact, new: Artifact) -> bool:
    """Whether the same content still lies where the recorded run put it: then it need not be put anywhere."""
    parts = urlsplit(old.uri or "")
    path = Path(unquote(parts.path))
    if old.fingerprint is None or old.fingerprint != new.fingerprint or parts.scheme != "file" or not path.is_file():
        return False
    return fingerprint_of_path(path).fingerprint == old.fingerprint


def _joined(recipe: Recipe, chain: Sequence[Recipe], verdicts: Sequence[Verdict]) -> Verdict:
    last, before = verdicts[-1], verdicts[:-1]
    between = [_between(output) for verdict in before for output in verdict.outputs]
    steps = ", ".join(f"{each.target.label} ({each.run_reference})" for each in chain)
    note = f"from raw: {len(verdicts)} of {len(chain)} steps rebuilt: {steps}"
    seconds = sum(verdict.seconds or 0.0 for verdict in verdicts)
    notes = tuple(dict.fromkeys([note, *(note for verdict in verdicts for note in verdict.notes)]))
    joined = replace(
        last,
        reference=recipe.reference,
        run=recipe.run_reference,
        outputs=(*between, *last.outputs) if last.grade is not Grade.NOT_RUNNABLE else (),
        notes=notes,
        seconds=seconds,
    )
    if last.grade is Grade.NOT_RUNNABLE:
        label = chain[len(verdicts) - 1].target.label
        return replace(joined, missing=tuple(_of_step(missing, label, recipe) for missing in last.missing))
    if last.grade.is_exact:
        return joined
    differing = [verdict for verdict in verdicts if verdict.first_difference is not None]
    return replace(
        joined,
        first_difference=differing[0].first_difference if differing else None,
        differences=tuple(difference for verdict in differing for difference in verdict.differences),
    )


def _between(output: OutputResult) -> OutputResult:
    return replace(output, role="intermediate")


def _of_step(missing: Missing, label: str, recipe: Recipe) -> Missing:
    if label == recipe.target.label:
        return missing
    return replace(missing, sentence=f"the step {label!r} upstream cannot be rebuilt: {missing.sentence}")
