"""Every engine of closures gives the same answer, also on graphs larger than those a definition is checked on."""

from __future__ import annotations

import pickle
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.model.edges import Event, EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Causality, Origin
from lineal.model.traversal import Direction
from lineal.store.location import of_database
from lineal.store.open import open_store
from lineal.store.snapshot import answer, events, numeric, records

BY = Origin(actor="ada", action="property test")
SIZE = 400

NODES = st.builds(NodeKey, st.sampled_from([NodeKind.ARTIFACT, NodeKind.EXECUTION]), st.integers(1, 2 * SIZE))
QUESTIONS = st.fixed_dictionaries(
    {"starts": st.lists(NODES, min_size=1, max_size=2), "direction": st.sampled_from(Direction)},
    optional={
        "hops": st.integers(0, 12),
        "limit": st.integers(1, 300),
        "stops": st.lists(NODES, max_size=20),
        "keep_stops": st.booleans(),
        "reproductions": st.booleans(),
    },
)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Give three clients of one store: without a snapshot, and twice with one that has an overlay."""
    location = of_database(tmp_path_factory.mktemp("graphs") / "store.db")
    stores = [open_store(replace(location, url=location.url + options)) for options in ("?snapshot=0", "", "")]
    nodes = range(1, SIZE + 1)
    write(stores[0], 600, nodes, nodes)
    for store in stores[1:]:
        store._planner._read = 10**18
        store.closure([NodeKey(NodeKind.ARTIFACT, 1)], Direction.UPSTREAM)
    newer = range(SIZE + 1, 2 * SIZE + 1)
    write(stores[0], 15, nodes, newer)
    write(stores[0], 15, newer, nodes)
    yield stores
    for store in stores:
        store.close()


def write(store, count, artifacts, executions):
    """Put nodes, and events between random ones of these; a tenth of the outputs made again what was there."""
    choose = random.Random(count)
    store.put([Artifact(type="Model") for _ in range(SIZE)], by=BY)
    store.put([Execution(type="Train", started_at=1) for _ in range(SIZE)], by=BY)
    ends = {(choose.choice(artifacts), choose.choice(executions)) for _ in range(2 * count)}
    written = []
    for a, e in sorted(ends):
        made = choose.random() < 0.4
        type_ = EventType.OUTPUT if made else EventType.INPUT
        again = made and choose.random() < 0.1
        written.append(Event(artifact_id=a, execution_id=e, type=type_, path=("key", a % 7), reproduces=again))
    choose.shuffle(written)
    store.put_edges(written, by=BY, causality=Causality.FLAG)


def asked(store, question, patches):
    """Return a closure with its lazy parts made while these are in force."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in patches:
            patch.setattr(module, name, value)
        found = store.closure(**question)
        return replace(
            found, artifacts=dict(found.artifacts), executions=dict(found.executions), events=list(found.events)
        )


PYTHON = [(numeric, "_module", lambda _: None)]
SCIPY = [(numeric, "LARGE", 0), (answer, "ENOUGH", 0), (events, "FEW", 0), (records, "FEW", 0)]


@settings(max_examples=150, deadline=None)
@given(QUESTIONS)
def test_the_database_the_snapshot_in_python_and_that_with_scipy_agree(stores, question):
    database, python, scipy = stores

    expected = asked(database, question, [])
    assert asked(python, question, PYTHON) == expected
    assert asked(scipy, question, SCIPY) == expected


def test_all_three_engines_were_asked_and_had_something_to_find(stores):
    question = {"starts": [NodeKey(NodeKind.ARTIFACT, 2)], "direction": Direction.DOWNSTREAM}
    found = [asked(store, question, patches) for store, patches in zip(stores, ([], PYTHON, SCIPY), strict=True)]

    assert len(found[0].events) > 100
    assert [len(one.events) for one in found] == [len(found[0].events)] * 3
    held = [store.facts()["closure snapshot"] for store in stores]
    assert held[0] == "off"
    assert all("newer ones" in one for one in held[1:])
    assert [bool(store._planner._snapshot.matrices) for store in stores[1:]] == [False, True]


def test_a_walk_by_scipy_knows_its_nodes_before_their_distances(stores):
    question = {"starts": [NodeKey(NodeKind.EXECUTION, 3)], "direction": Direction.DOWNSTREAM}
    plain = asked(stores[0], question, [])
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in SCIPY:
            patch.setattr(module, name, value)
        found = stores[2].closure(**question)

        assert len(found.artifacts) == len(plain.artifacts)
        assert set(found.artifacts) == set(plain.artifacts)
        assert {id_: found.executions[id_] for id_ in plain.executions} == plain.executions
        assert 10**6 not in found.artifacts
        assert sorted(found.executions.values()) == sorted(plain.executions.values())
        sent = pickle.loads(pickle.dumps(found))
        assert (type(sent.events), type(sent.artifacts)) == (list, dict)
        assert (sent.artifacts, sent.executions, sent.events) == (plain.artifacts, plain.executions, plain.events)
