"""Attesting: the signed statement of a rebuild is kept in files, and found again by whoever asks for it."""

from __future__ import annotations

from lineal.errors import InvalidArgument, NotFound
from lineal.files import Files
from lineal.lineage.resolve import resolve
from lineal.model.ids import Micros
from lineal.model.nodes import Artifact, Execution
from lineal.model.values import Value
from lineal.rebuild.envelope import signing_key
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.record import TYPE, rebuilds_of, says_something
from lineal.rebuild.statement import payload_of, statement_of
from lineal.rebuild.verdict import Verdict
from lineal.store.location import Location
from lineal.store.protocol import Store

STATEMENT = "statement"
"""The custom property of a rebuild that holds the fingerprint of its signed statement."""


def attested(
    recipe: Recipe, verdict: Verdict, *, files: Files, location: Location, by: str, interval: tuple[Micros, Micros]
) -> dict[str, Value]:
    """Sign and keep the statement of a rebuild; return what its record says about it. Raises what files raise."""
    statement = statement_of(recipe, verdict, by=by, began=interval[0], ended=interval[1])
    if statement is None:
        return {}
    key = signing_key(location)
    return {STATEMENT: files.put_bytes(key.sign(payload_of(statement))), "statement_key": key.public.id}


def statement_for(store: Store, files: Files, reference: str) -> bytes:
    """Return the envelope of a rebuild, or of the newest rebuild of a model or data; NotFound where there is none."""
    found = resolve(store, reference)
    if isinstance(found, Artifact):
        signed = [run for run in rebuilds_of(store, found) if STATEMENT in run.custom_properties]
        runs = [run for run in signed if says_something(run)] or signed
    elif isinstance(found, Execution) and found.type == TYPE:
        runs = [found] if STATEMENT in found.custom_properties else []
    else:
        raise InvalidArgument(
            f"{reference} is no rebuild, and nothing that is rebuilt", hint="name a model or a rebuild"
        )
    if not runs:
        raise NotFound(f"no signed rebuild of {reference} is recorded", hint=f"lineal reproduce {reference}")
    return files.get(str(runs[0].custom_properties[STATEMENT]))
