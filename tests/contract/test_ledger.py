"""The ledger: one entry a write, exactly the rows it wrote, and a time that never goes back."""

from __future__ import annotations

import struct
from dataclasses import replace
from hashlib import sha256

import orjson
import pytest

from lineal.errors import InvalidArgument
from lineal.model.aliases import Alias
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import Attribution, EventType, ParentContext
from lineal.model.ids import NodeKind
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.predictions import Prediction
from lineal.model.publication import Publication, Use
from lineal.model.types import NodeType

EVERYTHING = {
    "types": lambda store, by: store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="Table")], by=by),
    "nodes": lambda store, by: store.put(
        [Artifact(type="Model", name="m"), Execution(type="Train"), Context(type="Experiment", name="a")], by=by
    ),
    "context": lambda store, by: store.put([Context(type="Experiment", name="b")], by=by),
    "edges": lambda store, by: store.put_edges(
        [Attribution(artifact_id=1, context_id=1), ParentContext(child_id=1, parent_id=2)], by=by
    ),
    "update": lambda store, by: store.put(
        [Artifact(type="Model", id=1, uri="u"), Context(type="Experiment", name="a", id=1, external_id="x")], by=by
    ),
    "publish": lambda store, by: store.publish(
        Publication(
            execution=Execution(type="Train", custom_properties={"k": 1 / 3}),
            uses=[Use(artifact=1, type=EventType.INPUT), Use(artifact=Artifact(type="Model"), type=EventType.OUTPUT)],
            contexts=[Context(type="Experiment", name="a"), Context(type="Pipeline", name="p")],
        ),
        by=by,
    ),
    "aliases": lambda store, by: store.put_aliases(
        [Alias(type="Model", family="m", alias="best", artifact_id=1)], by=by
    ),
    "decisions": lambda store, by: store.put_decisions(
        [Decision(action=DecisionAction.HOLD, artifact_id=1, fingerprint=None, actor="a", reason="r")], by=by
    ),
    "metrics": lambda store, by: store.put_metrics(
        [MetricSeries(execution_id=1, name="loss", steps=[0], values=[0.1], times=[1])], by=by
    ),
    "predictions": lambda store, by: store.put_predictions(
        [
            Prediction(
                trace_id=f"{number:032x}",
                endpoint="e",
                revision_id=None,
                input_digest=None,
                key_id=None,
                output=[0.1],
                confidence=0.1,
                latency_us=1,
                status=200,
                time=1,
                spool="s",
                sequence=number,
            )
            for number in (1, 2)
        ],
        by=by,
    ),
}
ROWS = {
    "types": {"type": 1},
    "nodes": {"type": 3, "artifact": 1, "execution": 1, "context": 1},
    "context": {"context": 1},
    "edges": {"attribution": 1, "parent_context": 1},
    "update": {"artifact": 1, "context": 1},
    "publish": {"type": 1, "artifact": 1, "execution": 1, "context": 1, "event": 2, "association": 2, "attribution": 2},
    "aliases": {"alias": 1},
    "decisions": {"decision": 1},
    "metrics": {"metric": 1},
    "predictions": {"prediction": 2},
}


def test_every_write_appends_one_entry_that_lists_exactly_its_rows(store, backend, by, clock, clean):
    for position, (what, write) in enumerate(EVERYTHING.items(), 1):
        write(store, replace(by, action=what, reason=f"because {what}", request_id="r", reported_at=position))
        assert store.verify().findings == [], what

        (entry,) = store.entries(newest_first=True, limit=1)
        assert (entry.seq, entry.time, entry.actor, entry.action) == (position, clock.time, "ada", what)
        assert (entry.reason, entry.request_id, entry.reported_at) == (f"because {what}", "r", position)
        tables = {table: rows for table, rows in backend.dump().items() if table in ALL_BOUND}
        written = {table: sum(row[-1] == position for row in rows) for table, rows in tables.items()}
        assert {table: count for table, count in written.items() if count} == ROWS[what]
        assert entry.rows == sum(ROWS[what].values())
    assert clean().rows == sum(sum(counts.values()) for counts in ROWS.values())


ALL_BOUND = {table for counts in ROWS.values() for table in counts}


def test_a_write_that_changes_nothing_appends_nothing(store, by):
    store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="Table")], by=by)
    for write in (
        lambda: store.put([], by=by),
        lambda: store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="Table")], by=by),
        lambda: store.put_edges([], by=by),
        lambda: store.put_aliases([], by=by),
        lambda: store.put_decisions([], by=by),
        lambda: store.put_metrics([], by=by),
        lambda: store.put_predictions([], by=by),
    ):
        write()
    assert len(store.entries()) == 1


def merkle(leaves):
    """RFC 6962, section 2.1, word for word: split at the largest power of two below the size."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + merkle(leaves[:split]) + merkle(leaves[split:])).digest()


def test_leaf_and_root_can_be_computed_without_our_code(store, by, backend):
    for write in EVERYTHING.values():
        write(store, by)

    leaves = []
    for entry in store.entries():
        fields = {
            "action": entry.action,
            "actor": entry.actor,
            "findings": "\n".join(entry.findings),
            "reason": entry.reason,
            "reported_at": entry.reported_at,
            "request_id": entry.request_id,
            "rows": entry.rows,
            "rows_root": entry.rows_root.hex(),
            "rule": 1,
            "seq": entry.seq,
            "time": entry.time,
        }
        leaves.append(sha256(b"\x00" + orjson.dumps(fields)).digest())
        assert entry.leaf == leaves[-1]
    assert store.verify().root == merkle(leaves)


def bound(table, row):
    """Columns that came later are bound only where one of them has a value, so that older rows keep their digest."""
    later = {"type": 2}.get(table, 0)
    present = not later or any(cell is not None for cell in row[-1 - later : -1])
    return row if present else (*row[: -1 - later], row[-1])


def test_the_rows_of_an_entry_are_bound_by_their_digests(store, by, backend):
    EVERYTHING["nodes"](store, by)
    tables = backend.dump()

    numbers = {"type": 1, "artifact": 2, "execution": 3, "context": 4}
    (entry,) = store.entries()
    (records,) = {cell for row in tables["ledger_entry"] for cell in row if type(cell) is bytes and len(cell) % 41 == 0}
    found = list(struct.iter_unpack(">BQ32s", records))
    expected = {
        (number, row[0], sha256(orjson.dumps([number, *bound(table, row)])).digest())
        for table, number in numbers.items()
        for row in tables[table]
    }
    assert set(found) == expected
    assert len(found) == entry.rows == 6
    assert entry.rows_root == merkle([sha256(b"\x00" + struct.pack(">BQ32s", *record)).digest() for record in found])


def test_time_never_goes_back_when_the_clock_does(store, by, clock, clean):
    store.put([Artifact(type="Model", name="a")], by=by)
    first = clock.time
    clock.time -= 10**12
    (key,) = store.put([Artifact(type="Model", name="b")], by=by)
    assert store.entries()[1].time == first
    assert store.get(Artifact, [key.id])[0].created_at == first
    clock.time = first + 5_000
    store.put([Artifact(type="Model", name="c")], by=by)
    assert store.entries()[2].time == clock.time
    clean()


def test_another_client_with_a_slow_clock_does_not_turn_time_back(backend, clock, by):
    first = backend.open(clock)
    first.put([Artifact(type="Model")], by=by)

    class Slow:
        def now(self):
            return 1

    second = backend.open(Slow())
    second.put([Artifact(type="Model")], by=by)
    assert [entry.time for entry in second.entries()] == [clock.time, clock.time]
    assert first.verify().ok


def test_entries_are_read_in_pages_both_ways(store, by):
    for number in range(5):
        store.put([Artifact(type="Model", name=str(number))], by=by)

    def seqs(**ask):
        return [entry.seq for entry in store.entries(**ask)]

    assert seqs() == [1, 2, 3, 4, 5]
    assert seqs(after=3) == [4, 5]
    assert seqs(limit=2) == [1, 2]
    assert seqs(newest_first=True, limit=2) == [5, 4]
    assert seqs(newest_first=True, after=3) == [5, 4]
    assert seqs(after=9) == []


def test_a_check_tells_how_far_it_is(store, by):
    for number in range(3):
        store.put([Artifact(type="Model", name=str(number))], by=by)
    told = []
    report = store.verify(progress=lambda done, total: told.append((done, total)))

    assert told[-1] == (3, 3)
    assert report.ok
    assert (report.entries, report.rows, report.unanchored_tail) == (3, 4, 3)


@pytest.mark.parametrize("what", ["", '☃\n"\\\x7f\u2028', "x" * 8_180])
def test_any_text_may_be_actor_action_and_reason(store, by, what):
    given = replace(by, actor=what or "a", action=what, reason=what, request_id=what)
    store.put([Artifact(type="Model")], by=given)
    (entry,) = store.entries()
    assert (entry.actor, entry.action, entry.reason, entry.request_id) == (what or "a", what, what, what)
    assert store.verify().ok


def test_a_text_with_the_character_nul_is_kept_exactly_or_refused_whole(backend, store, by, clean):
    nodes = [Artifact(type="Model", name="first"), Artifact(type="Model", name="a\0b", custom_properties={"p": "\0"})]
    if backend.HOLDS_NUL:
        store.put(nodes, by=replace(by, reason="\0"))
        assert store.named(Artifact, "Model", "a\0b")[0].custom_properties == {"p": "\0"}
    else:
        with pytest.raises(InvalidArgument, match="NUL"):
            store.put(nodes, by=by)
        with pytest.raises(InvalidArgument, match="NUL"):
            store.put(nodes[:1], by=replace(by, reason="\0"))
        assert store.list(Artifact).items == []
    clean()
