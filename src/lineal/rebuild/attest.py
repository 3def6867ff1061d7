"""Attesting: the signed statement of a rebuild is kept in files, and found again by whoever asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineal.errors import InvalidArgument, NotFound
from lineal.files import Files
from lineal.lineage.resolve import resolve
from lineal.model.ids import Micros
from lineal.model.nodes import Artifact, Execution
from lineal.model.values import Value
from lineal.rebuild.envelope import signing_key
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.record import TYPE, VERDICT, rebuilds_of, says_something
from lineal.rebuild.statement import payload_of, statement_of
from lineal.rebuild.verdict import Verdict
from lineal.store.location import Location
from lineal.store.protocol import Store

STATEMENT = "statement"
"""The custom property of a rebuild that holds the fingerprint of its signed statement."""

_SHOWN = 5


def attested(
    recipe: Recipe, verdict: Verdict, *, files: Files, location: Location, by: str, interval: tuple[Micros, Micros]
) -> dict[str, Value]:
    """Sign and keep the statement of a rebuild; return what its record says about it. Raises what files raise."""
    statement = statement_of(recipe, verdict, by=by, began=interval[0], ended=interval[1])
    if statement is None:
        return {}
    key = signing_key(location)
    return {STATEMENT: files.put_bytes(key.sign(payload_of(statement))), "statement_key": key.public.id}


@dataclass(frozen=True, slots=True)
class Signed:
    """The envelope of a statement, and which of several it is with what the others say: none is passed over unseen."""

    envelope: bytes
    which: str


def statement_for(store: Store, files: Files, reference: str) -> Signed:
    """Return the statement of a rebuild, or of the newest rebuild that says something of a model or data.

    One that this machine could not start says nothing, and is named in `which`. NotFound where there is none.
    """
    found = resolve(store, reference)
    if isinstance(found, Artifact):
        runs = [run for run in rebuilds_of(store, found) if STATEMENT in run.custom_properties]
        chosen = next(filter(says_something, runs), next(iter(runs), None))
    elif isinstance(found, Execution) and found.type == TYPE:
        runs = [found] if STATEMENT in found.custom_properties else []
        chosen = next(iter(runs), None)
    else:
        raise InvalidArgument(
            f"{reference} is no rebuild, and nothing that is rebuilt", hint="name a model or a rebuild"
        )
    if chosen is None:
        raise NotFound(f"no signed rebuild of {reference} is recorded", hint=f"lineal reproduce {reference}")
    return Signed(files.get(str(chosen.custom_properties[STATEMENT])), _which(chosen, runs))


def _which(chosen: Execution, runs: Sequence[Execution]) -> str:
    """Return which statement it is, in words: an auditor must not take one of several for the only one."""
    told = [f"run:{chosen.external_id}"]
    place = runs.index(chosen)
    if place:
        told.append(f"newer, and not about it but about a machine: {_listed(runs[:place])}")
    older = runs[place + 1 :]
    if older:
        told.append(f"older: {_listed(older)}")
    elif not place:
        told.append("the only signed one")
    return "; ".join(told)


def _listed(runs: Sequence[Execution]) -> str:
    named = ", ".join(f"{run.custom_properties.get(VERDICT)} (run:{run.external_id})" for run in runs[:_SHOWN])
    return named + (f" and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else "")
