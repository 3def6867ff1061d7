"""`lineal list`: what is in the store, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from lineal.cli.naming import name_of, short, size_of
from lineal.cli.options import AsList, ListFormat, Url, Verbose
from lineal.cli.output import print_csv, print_json, print_table, say
from lineal.cli.times import iso, span
from lineal.errors import InvalidArgument
from lineal.lineage.render.document import node_document
from lineal.model.ids import NodeKind
from lineal.model.listing import ListOptions, Page
from lineal.model.nodes import Artifact, ArtifactState, Execution
from lineal.store.protocol import Store
from lineal.workspace import open_workspace

_COLUMNS = ("reference", "type", "created", "about")
_WORDS: dict[str, tuple[type[Artifact | Execution], str | None]] = {
    "models": (Artifact, "Model"),
    "datasets": (Artifact, "Dataset"),
    "artifacts": (Artifact, None),
    "runs": (Execution, None),
}

Listed = Artifact | Execution


def list_(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[WHAT]", help="models, datasets, runs, artifacts, or a type; everything without it."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="At most the N newest.")] = 20,
    url: Url = None,
    format: AsList = ListFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """List what is in the store, newest first: models, data, runs, with references to type into other commands."""
    with open_workspace(url, create=False) as workspace:
        wanted = _wanted(workspace.store, what)
        pages = [_newest(workspace.store, kind, type_, limit) for kind, type_ in wanted]
    found = sorted((node for nodes, _ in pages for node in nodes), key=_moment, reverse=True)
    is_more = len(found) > limit or any(more for _, more in pages)
    if format is ListFormat.JSON:
        print_json([node_document(node) | {"reference": name_of(node)} for node in found[:limit]])
    elif format is ListFormat.CSV:
        print_csv(_COLUMNS, [_row(node) for node in found[:limit]])
    elif found:
        print_table(_COLUMNS, [_row(node) for node in found[:limit]], whole=("reference", "type", "created"))
    else:
        say(f"there are no {what} yet" if what else "there is nothing in the store yet")
    if is_more:
        say(f"there are more: --limit {limit * 10}")


def _wanted(store: Store, what: str | None) -> Sequence[tuple[type[Artifact | Execution], str | None]]:
    if what is None:
        return (_WORDS["artifacts"], _WORDS["runs"])
    if what.lower() in _WORDS:
        return (_WORDS[what.lower()],)
    kinds = {NodeKind.ARTIFACT: Artifact, NodeKind.EXECUTION: Execution}
    found = {
        (type_.kind, type_.name): (kinds[type_.kind], type_.name)
        for type_ in store.list_types()
        if type_.kind in kinds and type_.name.lower() in (what.lower(), what.lower().removesuffix("s"))
    }
    if not found:
        raise InvalidArgument(
            f"there is no type {what!r} in this store", hint=f"lineal list {'|'.join(_WORDS)}, or the name of a type"
        )
    return list(found.values())


def _newest(store: Store, kind: type[Artifact | Execution], type_: str | None, limit: int) -> tuple[list[Listed], bool]:
    """Return the newest that have something to be called by, and whether there are more."""
    found: list[Listed] = []
    options = ListOptions(type=type_, ascending=False, limit=limit)
    while True:
        page: Page[Artifact] | Page[Execution]
        page = store.list(Artifact, options) if kind is Artifact else store.list(Execution, options)
        found += [node for node in page.items if not _is_remnant(node)]
        if len(found) >= limit or page.next_token is None:
            return found[:limit], len(found) > limit or page.next_token is not None
        options = ListOptions(type=type_, ascending=False, limit=limit, page_token=page.next_token)


def _is_remnant(node: Listed) -> bool:
    """What a rebuild made that came out otherwise: known by its fingerprint, and never called anything."""
    return isinstance(node, Artifact) and node.name is None and node.state is ArtifactState.DELETED


def _moment(node: Listed) -> int:
    return (node.started_at if isinstance(node, Execution) else None) or node.created_at or 0


def _row(node: Listed) -> tuple[str, ...]:
    when = node.started_at or node.created_at if isinstance(node, Execution) else node.created_at
    return (name_of(node), node.type, iso(when), _about(node))


def _about(node: Listed) -> str:
    if isinstance(node, Artifact):
        return " · ".join(part for part in (size_of(node), short(node.fingerprint)) if part)
    duration = node.properties.get("duration_us")
    took = span(duration) if isinstance(duration, int) else ""
    label = str(node.properties.get("label") or node.name or "")
    return " · ".join(part for part in (label, node.state.name.lower(), took) if part)
