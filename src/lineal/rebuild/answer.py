"""The one answer: what the check and `lineal show` say of a rebuild is what its plan says."""

from __future__ import annotations

from lineal.errors import InvalidArgument, NotFound
from lineal.files import Files
from lineal.lineage.check import Check, check
from lineal.lineage.foresight import Reach
from lineal.model.ids import Micros, NodeKey
from lineal.rebuild.rebuild import Options, plan_of
from lineal.rebuild.recipe import recipe_of
from lineal.store.protocol import Store


def checked(store: Store, files: Files, ref: str | NodeKey, *, as_of: Micros | None = None) -> Check:
    """Return whether a thing can be rebuilt here and now; as of an earlier time, what its record allowed then."""
    reach = None if as_of is not None else _reach(store, files, str(ref))
    return check(store, ref, as_of=as_of, reach=reach)


def _reach(store: Store, files: Files, reference: str) -> Reach | None:
    """Return what the plan says; None for what has none: an endpoint, something that no run made."""
    try:
        return plan_of(recipe_of(store, reference), files, Options()).reach
    except (NotFound, InvalidArgument):
        return None
