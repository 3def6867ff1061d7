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
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact
from lineal.rebuild.chain import chain_of, of_step
from lineal.rebuild.compare import Pair, family_key
from lineal.rebuild.content import written_below
from lineal.rebuild.layout import Layout
from lineal.rebuild.place import Place, rebuild_directory
from lineal.rebuild.probe import Probe
from lineal.rebuild.rebuild import Options, Progress, rebuild
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.swaps import Swap
from lineal.rebuild.verdict import Grade, OutputResult, Verdict
from lineal.store.protocol import Store


def rebuild_from_raw(
    store: Store, files: Files, recipe: Recipe, options: Options, *, progress: Progress, probe: Probe | None = None
) -> Verdict:
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
                store,
                files,
                each,
                options,
                progress=progress,
                swaps=own,
                harvest=_harvester(swaps, kept),
                probe=probe if place == len(chain) else None,
            )
            verdicts.append(verdict)
            if verdict.grade is Grade.NOT_RUNNABLE:
                break
    return _joined(recipe, chain, verdicts)


def _harvester(swaps: dict[ArtifactId, Swap], kept: Files) -> Callable[[Sequence[Pair], Files, Layout, Place], None]:
    """Return what notes the outputs of a step as the inputs of the next, with their bytes, before they are gone."""

    def harvest(pairs: Sequence[Pair], made: Files, layout: Layout, place: Place) -> None:
        for pair in pairs:
            for old, new in _twins(pair):
                content = _content(new, made, kept, written_below(new, layout, place))
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
            made.open(wanted).close()  # what is there under a fingerprint is another program's word
            return kept.path(kept.put_file(made.path(wanted)))
        return None if written is None else kept.path(kept.put_file(written))
    except LinealError:
        return None


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
        step = chain[len(verdicts) - 1]
        return replace(joined, missing=tuple(of_step(missing, step, recipe) for missing in last.missing))
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
