"""What is due: models whose last rebuild that came out the same is too long ago, or that never had one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lineal.lineage.training import reference_to
from lineal.model.ids import Micros
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, ArtifactState
from lineal.rebuild.record import rebuilds_of, verdict_on
from lineal.rebuild.verdict import Grade
from lineal.store.protocol import Store

_PAGE = 500
_SAME = {grade.value for grade in Grade if grade.is_same}
_GONE = (ArtifactState.DELETED, ArtifactState.ABANDONED)


@dataclass(frozen=True, slots=True)
class Due:
    """A model, and when a rebuild of it last came out the same; None: never."""

    model: Artifact
    last: Micros | None

    @property
    def reference(self) -> str:
        """The reference of the model."""
        return reference_to(self.model)


def due_models(store: Store, before: Micros) -> list[Due]:
    """Return the models whose last good rebuild was before a time: those that never had one first, then by age."""
    found = [Due(model, last_same(store, model)) for model in _models(store)]
    due = [each for each in found if each.last is None or each.last < before]
    return sorted(due, key=lambda each: (each.last is not None, each.last or each.model.created_at or 0))


def last_same(store: Store, artifact: Artifact) -> Micros | None:
    """Return when this very artifact last came out the same in a rebuild, its own or that of a run that made it too."""
    times = [run.ended_at for run in rebuilds_of(store, artifact) if verdict_on(run, artifact) in _SAME]
    return max((time for time in times if time is not None), default=None)


def _models(store: Store) -> Iterator[Artifact]:
    options = ListOptions(type="Model", limit=_PAGE)
    while True:
        page = store.list(Artifact, options)
        yield from (model for model in page.items if model.name and model.state not in _GONE)
        if not page.next_token:
            return
        options = ListOptions(type="Model", limit=_PAGE, page_token=page.next_token)
