"""Every method of ML Metadata's Python interface with any arguments: an answer, or a refusal that leaves no trace."""

from __future__ import annotations

import inspect
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.compat import mlmd
from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.store.location import of_database
from lineal.store.open import open_store
from tests.property.messages import REFUSALS, filled, filters, likely_ids, texts

METHODS = {
    name: inspect.signature(method)
    for name, method in inspect.getmembers(mlmd.MetadataStore, inspect.isfunction)
    if not name.startswith("_")
}
CONFUSED = (TypeError, ValueError, AttributeError)
"""What protobuf and Python say of an argument that is no such thing."""


def any_of(message):
    return st.builds(message).flatmap(filled)


def several(strategy):
    return st.lists(strategy, max_size=2)


list_options = st.none() | st.builds(
    mlmd.ListOptions,
    limit=st.none() | st.integers(-1, 3),
    order_by=st.none() | st.sampled_from(mlmd.OrderByField),
    is_asc=st.booleans(),
    filter_query=st.none() | filters | texts,
)
artifacts, executions, contexts, events = map(any_of, (pb.Artifact, pb.Execution, pb.Context, pb.Event))
indices = st.none() | st.integers(-1, 2)
ARGUMENTS = {
    "artifact_type": any_of(pb.ArtifactType),
    "artifact_types": several(any_of(pb.ArtifactType)),
    "execution_type": any_of(pb.ExecutionType),
    "execution_types": several(any_of(pb.ExecutionType)),
    "context_type": any_of(pb.ContextType),
    "context_types": several(any_of(pb.ContextType)),
    "artifacts": several(artifacts),
    "execution": executions,
    "executions": several(executions),
    "contexts": several(contexts),
    "events": several(events),
    "attributions": several(any_of(pb.Attribution)),
    "associations": several(any_of(pb.Association)),
    "parent_contexts": several(any_of(pb.ParentContext)),
    "artifact_and_events": several(st.just(()) | st.tuples(st.none() | artifacts, st.none() | events)),
    "event_edges": several(st.tuples(indices, indices, events)),
    "field_mask_paths": st.none() | several(texts),
    "list_options": list_options,
    "query_options": any_of(pb.LineageSubgraphQueryOptions),
    "type_version": st.none() | texts,
    "uri": texts,
    "extra_options": st.none(),
}


def argument(name):
    """Return what may stand for a parameter of this name."""
    if name in ARGUMENTS:
        return ARGUMENTS[name]
    if name.endswith("external_ids"):
        return several(texts)
    if name.endswith("_ids"):
        return several(likely_ids)
    if name.endswith("_id"):
        return likely_ids
    if name.endswith("_name"):
        return texts
    return st.booleans()


@pytest.fixture
def stored(tmp_path):
    """The drop-in's store with a little in it, and its rows as another connection sees them."""
    file = tmp_path / "store.db"
    store = mlmd.MetadataStore(pb.ConnectionConfig(sqlite=pb.SqliteMetadataSourceConfig(filename_uri=str(file))))
    data = store.put_artifact_type(pb.ArtifactType(name="a", properties={"a": pb.INT}))
    run = store.put_execution_type(pb.ExecutionType(name="a"))
    group = store.put_context_type(pb.ContextType(name="a"))
    store.put_execution(
        pb.Execution(type_id=run, name="a"),
        [(pb.Artifact(type_id=data, name="a", external_id="x"), pb.Event(type=pb.Event.OUTPUT))],
        [pb.Context(type_id=group, name="a")],
    )
    with closing(open_store(of_database(file))) as beside:
        yield store, lambda: {name: count for name, count in beside.facts().items() if name.endswith(" rows")}
        assert beside.verify().findings == []


@pytest.mark.parametrize("method", METHODS)
def test_any_arguments_are_answered_or_refused_without_a_trace(stored, method):
    store, rows = stored
    parameters = [name for name in METHODS[method].parameters if name != "self"]

    @given(st.fixed_dictionaries({name: argument(name) for name in parameters}))
    @settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def fuzz(arguments):
        before = rows()
        refusal = refusal_of(getattr(store, method), arguments)
        if refusal is not None:
            assert refusal.error_code in REFUSALS, refusal.message
            assert "Traceback" not in refusal.message
            assert rows() == before

    fuzz()


def refusal_of(method, arguments):
    """Return how a call is refused, None if it is not; any other exception fails the test."""
    try:
        method(**arguments)
    except errors.StatusError as refusal:
        return refusal
    return None


@pytest.mark.parametrize("method", METHODS)
def test_an_argument_of_another_kind_is_an_error_of_python_and_leaves_no_trace(stored, method):
    store, rows = stored
    wanted = [
        one.name for one in METHODS[method].parameters.values() if one.default is one.empty and one.name != "self"
    ]
    before = rows()
    for thing in (object(), 1.5, [object()], [b"\xff"]):
        if wanted:
            with pytest.raises((*CONFUSED, errors.InvalidArgumentError)):
                getattr(store, method)(*[thing] * len(wanted))
    assert rows() == before
