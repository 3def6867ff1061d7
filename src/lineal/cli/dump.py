"""The whole store as JSON lines: a header, then every record, each line one document with its `record` kind.

Pages are read with `as_of` the newest entry, so writes made meanwhile do not tear the export.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from lineal.cli import documents
from lineal.lineage.render.document import Document, decision_document, node_document, prediction_document
from lineal.model.edges import Association, Attribution
from lineal.model.ids import Micros
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Context, Execution, key_of
from lineal.store.protocol import N, Store

FORMAT = 1
"""Raised when a line changes its meaning."""

_PAGE = 500
_ALL = 2**31


def records(store: Store) -> Iterator[str]:
    """Yield the lines of an export."""
    for record, document in _documents(store):
        yield json.dumps({"record": record} | document, ensure_ascii=False, allow_nan=False)


def _documents(store: Store) -> Iterator[tuple[str, Document]]:
    newest = store.entries(limit=1, newest_first=True)
    as_of = newest[0].time if newest else None
    last = newest[0].seq if newest else 0
    yield "store", {"format": FORMAT, "entries": last, **store.facts()}
    for type_ in store.list_types():
        yield "type", documents.node_type(type_)
    for contexts in _pages(store, Context, as_of):
        for context in contexts:
            yield "node", node_document(context)
    for artifacts in _pages(store, Artifact, as_of):
        yield from _of_artifacts(store, artifacts, as_of)
    for executions in _pages(store, Execution, as_of):
        yield from _of_executions(store, executions)
    for contexts in _pages(store, Context, as_of):
        yield from _memberships(store, contexts, as_of)
    for alias in store.aliases(history=True, as_of=as_of):
        yield "alias", documents.alias(alias)
    for decision in store.decisions(as_of=as_of):
        yield "decision", decision_document(decision)
    yield from _predictions(store, last)
    yield from _entries(store, last)


def _pages(store: Store, kind: type[N], as_of: Micros | None) -> Iterator[Sequence[N]]:
    token = None
    while True:
        page = store.list(kind, ListOptions(limit=_PAGE, page_token=token, as_of=as_of))
        yield page.items
        token = page.next_token
        if token is None:
            return


def _of_artifacts(store: Store, artifacts: Sequence[Artifact], as_of: Micros | None) -> Iterator[tuple[str, Document]]:
    for artifact in artifacts:
        yield "node", node_document(artifact)
    ids = [artifact.id for artifact in artifacts if artifact.id is not None]
    if ids:
        for event in store.events(artifacts=ids, as_of=as_of):
            yield "event", documents.event(event)


def _of_executions(store: Store, executions: Sequence[Execution]) -> Iterator[tuple[str, Document]]:
    for execution in executions:
        yield "node", node_document(execution)
        assert execution.id is not None
        for series in store.metrics(execution.id):
            yield "metric", documents.series(series)


def _memberships(store: Store, contexts: Sequence[Context], as_of: Micros | None) -> Iterator[tuple[str, Document]]:
    ids = {context.id for context in contexts}
    for edge in store.memberships([key_of(context) for context in contexts], as_of=as_of) if contexts else ():
        if isinstance(edge, Attribution):
            yield "attribution", {"artifact": f"artifact#{edge.artifact_id}", "context": f"context#{edge.context_id}"}
        elif isinstance(edge, Association):
            yield (
                "association",
                {"execution": f"execution#{edge.execution_id}", "context": f"context#{edge.context_id}"},
            )
        elif edge.child_id in ids:  # the page of its parent finds it a second time
            yield "parent_context", {"child": f"context#{edge.child_id}", "parent": f"context#{edge.parent_id}"}


def _predictions(store: Store, last: int) -> Iterator[tuple[str, Document]]:
    for prediction in store.predictions(limit=_ALL):
        if prediction.entry is None or prediction.entry <= last:
            yield "prediction", prediction_document(prediction)


def _entries(store: Store, last: int) -> Iterator[tuple[str, Document]]:
    after = 0
    while after < last:
        page = store.entries(after=after, limit=min(_PAGE, last - after))
        if not page:
            return
        for entry in page:
            yield "entry", documents.entry(entry)
        after = page[-1].seq
