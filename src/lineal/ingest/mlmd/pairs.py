"""Pairs: rows that say that one node belongs to another, and the memberships they are here."""

from __future__ import annotations

from lineal.model.edges import Association, Attribution, Membership, ParentContext
from lineal.model.ids import ArtifactId, ContextId, ExecutionId, NodeKind

Pair = tuple[int, int]
"""The member and its context; a child and its parent."""

PAIRS = {
    "Attribution": ("artifact_id", NodeKind.ARTIFACT, "context_id", NodeKind.CONTEXT),
    "Association": ("execution_id", NodeKind.EXECUTION, "context_id", NodeKind.CONTEXT),
    "ParentContext": ("context_id", NodeKind.CONTEXT, "parent_context_id", NodeKind.CONTEXT),
}
"""The tables of pairs: the columns of both, and what they are."""

MEMBERSHIPS: dict[str, type[Attribution | Association | ParentContext]] = {
    "Attribution": Attribution,
    "Association": Association,
    "ParentContext": ParentContext,
}
"""What a pair of each table is here."""


def membership_of(table: str, pair: Pair) -> Membership:
    """Return what a pair of a table says."""
    if table == "Attribution":
        return Attribution(artifact_id=ArtifactId(pair[0]), context_id=ContextId(pair[1]))
    if table == "Association":
        return Association(execution_id=ExecutionId(pair[0]), context_id=ContextId(pair[1]))
    return ParentContext(child_id=ContextId(pair[0]), parent_id=ContextId(pair[1]))


def pair_of(membership: Membership) -> Pair:
    """Return the pair that says this."""
    if isinstance(membership, Attribution):
        return membership.artifact_id, membership.context_id
    if isinstance(membership, Association):
        return membership.execution_id, membership.context_id
    return membership.child_id, membership.parent_id


def order_of(table: str, pair: Pair) -> Pair:
    """Return a pair's place in the order of its table's unique key: by context, or by child."""
    return pair if table == "ParentContext" else (pair[1], pair[0])


def order_of_columns(table: str) -> tuple[str, str]:
    """Return the columns of a table's unique key, in the order of `order_of`."""
    one, _, other, _ = PAIRS[table]
    return (one, other) if table == "ParentContext" else (other, one)
