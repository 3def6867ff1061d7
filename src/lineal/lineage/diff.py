"""Diff: what changed between two models, runs, datasets or revisions, through all that lies upstream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lineal.errors import InvalidArgument
from lineal.lineage.changes import Change, Section, Status, compare, compare_items, section
from lineal.lineage.environments import environment_section
from lineal.lineage.graph import GraphNode
from lineal.lineage.kinds import Kinds
from lineal.lineage.locks import ReadsFiles
from lineal.lineage.query import trace
from lineal.lineage.sides import Side, metrics_of
from lineal.model.ids import Micros, NodeKey, NodeKind
from lineal.model.nodes import Artifact
from lineal.model.traversal import Direction, Truncation
from lineal.model.values import Json
from lineal.model.vocabulary import PARAM
from lineal.store.protocol import Store

CODE = ("commit", "dirty", "diff", "script", "modules", "argv")
HARDWARE = ("os", "cpu_memory", "gpu", "cuda", "blas", "thread_variables")
SEEDS = ("seeds", "hash_seed", "determinism")

_NOT_CONTENT = frozenset({"version", "endpoint", "model_fingerprint", "row_set"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What distinguishes `after` from `before`, section by section; sections without a change are there too.

    `first_difference` is the first thing that can be the cause, where both come from recorded runs: its `kind`, `what`,
    both values, a `sentence`, and `where`.
    """

    before: GraphNode
    after: GraphNode
    sections: tuple[Section, ...]
    summary: str
    truncated: Truncation | None = None
    first_difference: Mapping[str, Json] | None = None

    @property
    def same(self) -> bool:
        """Whether nothing is known to differ and nothing is unknown."""
        return not any(part.changes for part in self.sections)


def diff(
    store: Store,
    before: str | NodeKey,
    after: str | NodeKey,
    *,
    files: ReadsFiles | None = None,
    as_of: Micros | None = None,
) -> Diff:
    """Return what changed from `before` to `after`, two things of one kind.

    With `files` the packages of both environments are compared pin by pin, without only as a whole.
    """
    kinds = Kinds.of(store)
    graphs = [trace(store, ref, Direction.UPSTREAM, as_of=as_of) for ref in (before, after)]
    for ref, graph in zip((before, after), graphs, strict=True):
        if len(graph.roots) != 1:
            raise InvalidArgument(f"{ref} names {len(graph.roots)} nodes; compare one thing with one other")
    a, b = (Side.of(graph, kinds) for graph in graphs)
    if a.item.key.kind is not b.item.key.kind or not _comparable(a.item, b.item, kinds):
        raise InvalidArgument(
            f"{a.item.label} is a {a.item.node.type} and {b.item.label} a {b.item.node.type}",
            hint="compare two models, two runs, two datasets or two revisions",
        )
    metrics = [metrics_of(store, side, kinds, as_of=as_of) for side in (a, b)]
    sections = (
        _content(a, b),
        _datasets(a, b, kinds),
        section("code", compare_items(a.record, b.record, CODE)),
        section(
            "params",
            compare(a.custom(PARAM), b.custom(PARAM)),
            compare(a.upstream_params(), b.upstream_params()),
        ),
        _seeds(a, b),
        environment_section(a.record, b.record, files),
        section("hardware", compare_items(a.record, b.record, HARDWARE)),
        section("metrics", compare(*metrics)),
        section("steps", compare(a.steps(), b.steps())),
    )
    return Diff(
        before=a.item,
        after=b.item,
        sections=sections,
        summary=summary_of(a.item, b.item, sections),
        truncated=graphs[0].truncated or graphs[1].truncated,
    )


def summary_of(before: GraphNode, after: GraphNode, sections: Sequence[Section]) -> str:
    """Return the difference in one sentence; the same, the different and the unknown are told apart."""
    differing = [f"{part.name} ({_gist(part)})" for part in sections if part.differs and _gist(part)]
    unknown = [part.name for part in sections if part.unknown]
    same = [part.name for part in sections if not part.changes and part.same]
    if before.key == after.key:
        return f"{before.label} was compared with itself."
    if differing:
        parts = [f"{after.label} differs from {before.label} in {_and(differing)}"]
    elif any(part.differs for part in sections):
        parts = [f"{after.label} and {before.label} have different content, but nothing recorded explains it"]
    else:
        parts = [f"Nothing recorded differs between {before.label} and {after.label}"]
    if same and differing:
        parts.append(f"the same {_is(same)} {_and(same)}")
    if unknown:
        parts.append(f"not fully known {_is(unknown)} {_and(unknown)}")
    return "; ".join(parts) + "."


def _comparable(a: GraphNode, b: GraphNode, kinds: Kinds) -> bool:
    if not isinstance(a.node, Artifact):
        return True
    data = kinds.below(NodeKind.ARTIFACT, "Dataset")
    models = kinds.below(NodeKind.ARTIFACT, "Model")
    return a.node.type == b.node.type or {a.node.type, b.node.type} <= data or {a.node.type, b.node.type} <= models


def _content(a: Side, b: Side) -> Section:
    """What the things say of themselves: rows, bytes, format, schema; and whether their content is equal."""
    if not isinstance(a.item.node, Artifact) or not isinstance(b.item.node, Artifact):
        return Section(name="content")
    before, after = _facts(a.item.node), _facts(b.item.node)
    changes, same = compare(before, after)
    told = _rows_kept(a.item.node, b.item.node)
    if told:
        changes = [replace(each, note=told) if each.name in ("fingerprint", "frame") else each for each in changes]
    return section("content", (changes, same))


def _rows_kept(before: Artifact, after: Artifact) -> str:
    """Return in which sense two tables of other bytes have the same rows, or nothing."""
    one, other = before.custom_properties, after.custom_properties
    if before.fingerprint != after.fingerprint and one.get("frame", 0) == other.get("frame"):
        return "the same rows, written in another way"
    if one.get("row_set") is not None and one.get("row_set") == other.get("row_set"):
        return "the same rows in another order"
    return ""


def _facts(artifact: Artifact) -> dict[str, Json]:
    facts: dict[str, Json] = {"fingerprint": artifact.fingerprint} if artifact.fingerprint else {}
    for name, value in {**artifact.properties, **artifact.custom_properties}.items():
        if name not in _NOT_CONTENT and isinstance(value, bool | int | float | str):
            facts[name] = value
        elif isinstance(value, Mapping):
            facts |= {f"{name}.{key}": item for key, item in value.items()}
    return facts


def _datasets(a: Side, b: Side, kinds: Kinds) -> Section:
    types = kinds.below(NodeKind.ARTIFACT, "Dataset")
    before, after = a.datasets(types), b.datasets(types)
    changes, same = compare(dict(before), dict(after))
    return section("datasets", ([_with_rows(change) for change in changes], same))


def _with_rows(change: Change) -> Change:
    before, after = _rows(change.before), _rows(change.after)
    if before is None or after is None or change.status is not Status.CHANGED:
        return change
    if before == after and _has_same_rows(change.before, change.after):
        return replace(change, note=f"the same {_counted(before)} in another order or form")
    note = f"{before:,} → {_counted(after)}" if before != after else f"{_counted(before)} on both sides"
    return replace(change, note=note)


def _counted(rows: int) -> str:
    return f"{rows:,} row{'' if rows == 1 else 's'}"


def _rows(value: Json) -> int | None:
    rows = value.get("rows") if isinstance(value, Mapping) else None
    return rows if isinstance(rows, int) else None


def _has_same_rows(before: Json, after: Json) -> bool:
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return False
    return "row_sets" in before and before["row_sets"] == after.get("row_sets")


def _seeds(a: Side, b: Side) -> Section:
    stated = [_stated(side, "seed") for side in (a, b)]
    return section("seeds", compare(*stated), compare_items(a.record, b.record, SEEDS))


def _stated(side: Side, name: str) -> dict[str, Json]:
    value = side.run.node.properties.get(name) if side.run else None
    return {name: value} if isinstance(value, int | str) else {}


def _gist(part: Section) -> str:
    # That other things have other fingerprints goes without saying.
    known = [
        change
        for change in part.changes
        if change.status is not Status.UNKNOWN and (change.name != "fingerprint" or change.note)
    ]
    told = [_told(change) for change in known[:2]]
    more = len(known) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def _told(change: Change) -> str:
    if change.note:
        return f"{change.name}: {change.note}"
    if change.status is not Status.CHANGED:
        return f"{change.name} {change.status.value}"
    if isinstance(change.before, bool | int | float) and isinstance(change.after, bool | int | float):
        return f"{change.name} {_short(change.before)} → {_short(change.after)}"
    return f"{change.name} changed"


def _short(value: bool | float) -> str:  # noqa: FBT001  a value, not a switch
    return f"{value:.4g}" if isinstance(value, float) else f"{value}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _is(words: Sequence[str]) -> str:
    return "is" if len(words) == 1 else "are"
