"""Resolve: from a reference text to the one thing it names.

Nothing found → NotFound, several found → InvalidArgument; both say what there is. A version is looked
for before an alias of the same text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, assert_never

from lineal.errors import InvalidArgument, NotFound
from lineal.lineage.kinds import Kinds
from lineal.lineage.suggest import Missing
from lineal.model.ids import ArtifactId, Micros, NodeKey, NodeKind
from lineal.model.listing import ListOptions, OrderBy
from lineal.model.nodes import Artifact, Context, Execution, family_of, key_of
from lineal.model.predictions import Prediction
from lineal.model.references import LATEST, MIN_RUN, Form, Reference, parse_reference
from lineal.model.vocabulary import LIVE, NEVER_STARTED, REVISION
from lineal.store.protocol import Store

N = TypeVar("N", Artifact, Execution, Context)
Resolved = Artifact | Execution | Context | Prediction

NOT_RUNS = ("Deploy", "Erase", "Export", "Rebuild")
"""Executions that no run made: `run:latest` passes over them."""

_NODES = frozenset(kind.value for kind in NodeKind)
_SHOWN = 8


def resolve(store: Store, text: str, *, as_of: Micros | None = None) -> Resolved:
    """Return what a reference names, as it was at `as_of`.

    Raises InvalidArgument for a text that is no reference or names several things, NotFound with
    the nearest names for one that names nothing.
    """
    reference = parse_reference(text)
    ask = _Question(store, reference, as_of)
    match reference.form:
        case Form.ID:
            return _by_id(ask)
        case Form.RUN:
            return _run(ask, types=None)
        case Form.ENDPOINT:
            return _endpoint(ask)
        case Form.PREDICTION:
            return store.prediction(reference.name)
        case Form.FINGERPRINT:
            return _by_fingerprint(ask)
        case Form.NAME:
            return _named(ask)
        case _:
            assert_never(reference.form)


@dataclass(frozen=True, slots=True)
class _Question:
    store: Store
    reference: Reference
    as_of: Micros | None

    def missing(self) -> Missing:
        return Missing(self.store, self.reference, self.as_of)

    def one(self, found: Sequence[N]) -> N:
        """Return the only node found; raise InvalidArgument listing them if there are several."""
        if len(found) == 1:
            return found[0]
        lines = [f"{key_of(node)}  {node.type} {_title(node)}" for node in found[:_SHOWN]]
        rest = len(found) - _SHOWN
        lines += [f"… and {rest} more"] if rest > 0 else []
        raise InvalidArgument(
            f"{self.reference} names more than one thing",
            hint="say which one:\n" + "\n".join(lines),
        )


def _by_id(ask: _Question) -> Artifact | Execution | Context:
    key = ask.reference.key
    assert key is not None
    if key.kind is NodeKind.ARTIFACT:
        return ask.store.get(Artifact, [key.id], as_of=ask.as_of)[0]
    if key.kind is NodeKind.EXECUTION:
        return ask.store.get(Execution, [key.id], as_of=ask.as_of)[0]
    return ask.store.get(Context, [key.id], as_of=ask.as_of)[0]


def _by_fingerprint(ask: _Question) -> Artifact:
    found = _listed(ask, Artifact, f"fingerprint LIKE 'sha256:{ask.reference.name}%'")
    if not found:
        when = "" if ask.as_of is None else " at that time"
        text = f"no artifact has the fingerprint {ask.reference}{when}"
        raise NotFound(text, hint="`lineal show` lists fingerprints")
    return ask.one(found)


def _named(ask: _Question) -> Artifact | Execution | Context:
    kinds = Kinds.of(ask.store)
    types = kinds.find(ask.reference.kind)
    if not types:
        raise _no_kind(ask.reference, kinds)
    for kind, name in types:
        if kind is NodeKind.EXECUTION:
            return _run(ask, types=kinds.below(kind, name))
        if kind is NodeKind.CONTEXT:
            return _context(ask, name)
    return _artifact(ask, kinds, types[0][1])


def _no_kind(wanted: Reference, kinds: Kinds) -> NotFound:
    hint = kinds.hint(wanted.kind)
    if wanted.kind in _NODES:
        hint = f"name it by its type, as in dataset:flights, or by its id, as in {wanted.kind}#7"
        if wanted.name.isdecimal():
            hint = f"did you mean {wanted.kind}#{wanted.name}?"
    return NotFound(f"there is no kind of thing called {wanted.kind!r}", hint=hint)


def _context(ask: _Question, type_: str) -> Context:
    found = ask.store.named(Context, type_, _full(ask.reference), as_of=ask.as_of)
    if not found:
        raise ask.missing().name(NodeKind.CONTEXT, frozenset({type_}))
    return ask.one(found)


def _artifact(ask: _Question, kinds: Kinds, type_: str) -> Artifact:
    below = kinds.below(NodeKind.ARTIFACT, type_)
    wanted = ask.reference
    if wanted.version is not None:
        named = ask.store.named(Artifact, type_, _full(wanted), as_of=ask.as_of)
        exact = [node for node in named if node.type == type_] or named
        if exact:
            return ask.one(exact)
        aliased = _aliased(ask, below, wanted.version)
        if aliased:
            return ask.one(aliased)
        if wanted.version != LATEST:
            raise ask.missing().version(type_, below)
    versions = ask.store.versions(type_, wanted.name, as_of=ask.as_of)
    if versions:
        return versions[-1]
    plain = ask.store.named(Artifact, type_, wanted.name, as_of=ask.as_of)
    if not plain:
        raise ask.missing().name(NodeKind.ARTIFACT, below)
    return plain[-1]


def _endpoint(ask: _Question) -> Artifact:
    wanted = ask.reference
    if wanted.version is not None:
        return _artifact(ask, Kinds.of(ask.store), REVISION)
    live = _aliased(ask, frozenset({REVISION}), LIVE)
    if live:
        return ask.one(live)
    if not ask.store.versions(REVISION, wanted.name, as_of=ask.as_of):
        raise ask.missing().name(NodeKind.ARTIFACT, frozenset({REVISION}))
    raise NotFound(
        f"endpoint {wanted.name!r} has no live revision",
        hint=f"its revisions are still there: endpoint:{wanted.name}@r1 …",
    )


def _aliased(ask: _Question, types: frozenset[str], alias: str) -> list[Artifact]:
    moves = ask.store.aliases(family=ask.reference.name, alias=alias, as_of=ask.as_of)
    ids: list[ArtifactId] = [move.artifact_id for move in moves if move.type in types]
    return list(ask.store.get(Artifact, sorted(set(ids)), as_of=ask.as_of)) if ids else []


def _run(ask: _Question, *, types: frozenset[str] | None) -> Execution:
    """Newest, exact label or name (the newest of them), then unique prefix of the id: in this order."""
    wanted = _full(ask.reference)
    if wanted == LATEST:
        return _newest_run(ask, types)
    literal = quoted(wanted)
    for condition in (f"properties.label.string_value = {literal}", f"name = {literal}"):
        labelled = _listed(ask, Execution, condition, types=types, newest=True)
        if labelled:
            return next(filter(_has_started, labelled), labelled[0])
    digits = wanted.replace("-", "").lower()
    if len(digits) >= MIN_RUN and all(digit in "0123456789abcdef" for digit in digits):
        found = _listed(ask, Execution, f"external_id LIKE '{digits}%'", types=types)
        if found:
            return ask.one(found)
    raise ask.missing().run(types)


def _newest_run(ask: _Question, types: frozenset[str] | None) -> Execution:
    token, attempt = None, None
    while True:
        options = ListOptions(order_by=OrderBy.ID, ascending=False, limit=50, page_token=token, as_of=ask.as_of)
        page = ask.store.list(Execution, options)
        for run in page.items:
            if run.type in types if types is not None else run.type not in NOT_RUNS:
                if _has_started(run):
                    return run
                attempt = attempt or run
        token = page.next_token
        if token is None and attempt is not None:
            return attempt
        if token is None:
            raise ask.missing().run(types)


def _has_started(run: Execution) -> bool:
    """Whether a run is one: a command that could not be started hides none that ran before it."""
    return NEVER_STARTED not in run.custom_properties


def _listed(
    ask: _Question, kind: type[N], condition: str, *, types: frozenset[str] | None = None, newest: bool = False
) -> list[N]:
    """Return the first ones that a condition is true of, as they were at the time that is asked about."""
    token = None
    while True:
        # A filter knows the present only: of what it finds now, the ones that were there are read as they were.
        options = ListOptions(filter=condition, ascending=not newest, limit=_SHOWN * 4, page_token=token)
        page = ask.store.list(kind, options)
        found = [node for node in page.items if types is None or node.type in types]
        if ask.as_of is not None:
            ids = [node.id for node in found if node.id is not None]
            found = list(ask.store.get(kind, ids, existing=True, as_of=ask.as_of))
        token = page.next_token
        if found or token is None:
            return found


def _full(reference: Reference) -> str:
    return reference.name if reference.version is None else f"{reference.name}@{reference.version}"


def quoted(text: str) -> str:
    """Return a text as a filter writes it: recorded names and ids may hold quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _title(node: Artifact | Execution | Context) -> str:
    title = node.properties.get("label") or node.name or ""
    run = node.external_id if isinstance(node, Execution) else None
    return " ".join(str(part) for part in (title, run) if part)


def key_for(resolved: Resolved) -> NodeKey:
    """Return the key of the node behind an answer: a prediction stands on the revision that gave it.

    Raises NotFound for a prediction whose revision was never recorded.
    """
    if not isinstance(resolved, Prediction):
        return key_of(resolved)
    if resolved.revision_id is None:
        raise NotFound(
            f"prediction {resolved.trace_id} did not record which revision answered",
            hint="the endpoint had no live revision then; `lineal deploy` makes one",
        )
    return NodeKey(NodeKind.ARTIFACT, resolved.revision_id)


def version_of(node: Artifact) -> str | None:
    """Return the version in an artifact's name, or None where it has none."""
    return family_of(node.name)[1] if node.name else None
