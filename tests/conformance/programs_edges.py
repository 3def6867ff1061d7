"""Events, memberships, and what is put together with them."""

from __future__ import annotations

import time

from ml_metadata.proto import metadata_store_pb2 as pb
from programs_nodes import with_types

Artifact, Execution, Context, Event, Value = pb.Artifact, pb.Execution, pb.Context, pb.Event, pb.Value


def path(*steps):
    return Event.Path(steps=[Event.Path.Step(key=s) if isinstance(s, str) else Event.Path.Step(index=s) for s in steps])


def in_order(events):
    """Return events in an order of their own: by artifacts, ML Metadata gives them in any."""
    return sorted(events, key=lambda event: (event.artifact_id, event.execution_id, event.type))


def small(tape):
    """Return a store with two artifacts, one execution, one context, and the types' ids."""
    store, a, e, c = with_types(tape, p=pb.INT)
    store.put_artifacts([Artifact(type_id=a, uri="one"), Artifact(type_id=a, uri="two")])
    store.put_executions([Execution(type_id=e)])
    store.put_contexts([Context(type_id=c, name="group")])
    return store, a, e, c


# ---------------------------------------------------------------- events


def putting_events(tape):
    store, *_ = small(tape)
    taken = "Given event already exists: "
    tape(
        "an input",
        store.put_events,
        [Event(artifact_id=1, execution_id=1, type=Event.INPUT, path=path("examples", 0, "x"))],
    )
    tape(
        "an output of the same pair, with a time",
        store.put_events,
        [Event(artifact_id=1, execution_id=1, type=Event.OUTPUT, milliseconds_since_epoch=1234)],
    )
    tape("again", store.put_events, [Event(artifact_id=1, execution_id=1, type=Event.OUTPUT)], says=taken)
    tape(
        "twice in one call", store.put_events, [Event(artifact_id=2, execution_id=1, type=Event.INPUT)] * 2, says=taken
    )
    tape("no type", store.put_events, [Event(artifact_id=1, execution_id=1)], says="No event type is specified.")
    tape(
        "type unknown",
        store.put_events,
        [Event(artifact_id=1, execution_id=1, type=Event.UNKNOWN)],
        says="No event type is specified.",
    )
    tape("an unknown artifact", store.put_events, [Event(artifact_id=77, execution_id=1, type=Event.INPUT)])
    tape("an unknown execution", store.put_events, [Event(artifact_id=1, execution_id=77, type=Event.INPUT)])
    tape("no artifact", store.put_events, [Event(execution_id=1, type=Event.INPUT)])
    tape("no execution", store.put_events, [Event(artifact_id=1, type=Event.INPUT)])
    tape(
        "a step without anything",
        store.put_events,
        [Event(artifact_id=2, execution_id=1, type=Event.INTERNAL_INPUT, path=Event.Path(steps=[Event.Path.Step()]))],
    )
    tape(
        "all or none",
        store.put_events,
        [
            Event(artifact_id=2, execution_id=1, type=Event.DECLARED_INPUT),
            Event(artifact_id=77, execution_id=1, type=Event.INPUT),
        ],
    )
    tape("by execution", store.get_events_by_execution_ids, [1])
    tape("by artifact", store.get_events_by_artifact_ids, [1, 2])
    tape("by unknown ids", store.get_events_by_artifact_ids, [77])
    tape("by no ids", store.get_events_by_execution_ids, [])
    tape("nothing", store.put_events, [])


def every_type_of_event(tape):
    store, *_ = small(tape)
    kinds = [number for number in Event.Type.values() if number]
    tape("put", store.put_events, [Event(artifact_id=1, execution_id=1, type=kind) for kind in kinds])
    tape("got", lambda: [event.type for event in store.get_events_by_artifact_ids([1])])


# ---------------------------------------------------------------- memberships


def attributions_and_associations(tape):
    store, _a, _e, _c = small(tape)
    put = store.put_attributions_and_associations
    tape("put", put, [pb.Attribution(artifact_id=1, context_id=1)], [pb.Association(execution_id=1, context_id=1)])
    tape(
        "again is no change",
        put,
        [pb.Attribution(artifact_id=1, context_id=1)] * 2,
        [pb.Association(execution_id=1, context_id=1)],
    )
    tape("an unknown artifact", put, [pb.Attribution(artifact_id=77, context_id=1)], [])
    tape("an unknown execution", put, [], [pb.Association(execution_id=77, context_id=1)])
    tape("an unknown context", put, [pb.Attribution(artifact_id=1, context_id=77)], [])
    tape("no context", put, [pb.Attribution(artifact_id=1)], [])
    tape(
        "all or none",
        put,
        [pb.Attribution(artifact_id=2, context_id=1)],
        [pb.Association(execution_id=77, context_id=1)],
    )
    tape("artifacts of the context", store.get_artifacts_by_context, 1)
    tape("executions of the context", store.get_executions_by_context, 1)
    tape("contexts of the artifact", store.get_contexts_by_artifact, 1)
    tape("contexts of the other", store.get_contexts_by_artifact, 2)
    tape("contexts of the execution", store.get_contexts_by_execution, 1)
    tape("of an unknown artifact", store.get_contexts_by_artifact, 77)
    tape("of an unknown context", store.get_artifacts_by_context, 77)
    tape("nothing", put, [], [])


def executions_of_a_context_come_newest_first(tape):
    store, _, e, _ = small(tape)
    for number in (2, 3, 4):
        time.sleep(0.002)
        store.put_executions([Execution(type_id=e, name=f"run {number}")])
    store.put_attributions_and_associations(
        [], [pb.Association(execution_id=number, context_id=1) for number in (2, 4, 3)]
    )
    tape("newest first", lambda: [execution.name for execution in store.get_executions_by_context(1)])


def parent_contexts(tape):
    store, _, _, c = small(tape)
    store.put_contexts([Context(type_id=c, name=name) for name in ("middle", "child", "other")])
    put = store.put_parent_contexts
    tape(
        "put",
        put,
        [
            pb.ParentContext(child_id=2, parent_id=1),
            pb.ParentContext(child_id=3, parent_id=2),
            pb.ParentContext(child_id=3, parent_id=4),
        ],
    )
    tape("again", put, [pb.ParentContext(child_id=2, parent_id=1)])
    tape("itself", put, [pb.ParentContext(child_id=2, parent_id=2)])
    tape("a cycle", put, [pb.ParentContext(child_id=1, parent_id=3)])
    tape("an unknown child", put, [pb.ParentContext(child_id=77, parent_id=1)])
    tape("an unknown parent", put, [pb.ParentContext(child_id=1, parent_id=77)])
    tape("no parent", put, [pb.ParentContext(child_id=1)])
    tape("parents", store.get_parent_contexts_by_context, 3)
    tape("children", store.get_children_contexts_by_context, 1)
    tape("parents of none", store.get_parent_contexts_by_context, 1)
    tape("children of an unknown one", store.get_children_contexts_by_context, 77)


# ---------------------------------------------------------------- put_execution


def publishing_an_execution(tape):
    store, a, e, c = small(tape)
    pairs = [
        (Artifact(id=1, type_id=a, uri="one"), Event(type=Event.INPUT, path=path("data", 0))),
        (
            Artifact(type_id=a, uri="made", properties={"p": Value(int_value=3)}),
            Event(type=Event.OUTPUT, milliseconds_since_epoch=99),
        ),
        (Artifact(type_id=a, uri="beside"), None),
    ]
    contexts = [Context(type_id=c, name="new"), Context(id=1, type_id=c, name="group")]
    tape("put", store.put_execution, Execution(type_id=e, last_known_state=Execution.COMPLETE), pairs, contexts)
    tape("execution", store.get_executions_by_id, [2])
    tape("artifacts", store.get_artifacts)
    tape("events", store.get_events_by_execution_ids, [2])
    tape(
        "every artifact is in every context",
        lambda: [[n.id for n in store.get_artifacts_by_context(i)] for i in (1, 2)],
    )
    tape("and the execution", lambda: [[n.id for n in store.get_executions_by_context(i)] for i in (1, 2)])
    tape("update it", store.put_execution, Execution(id=2, type_id=e, last_known_state=Execution.FAILED), [], [])
    tape("updated", store.get_executions_by_id, [2])


def what_a_pair_may_be(tape):
    store, a, e, _ = small(tape)
    run = Execution(type_id=e)
    tape("two nothings", store.put_execution, run, [(None, None)], [])
    tape("an empty tuple", store.put_execution, run, [()], [])
    tape("an artifact alone", store.put_execution, run, [(Artifact(type_id=a),)], [])
    tape("no contexts", store.put_execution, run, [], None)
    tape("only an event", store.put_execution, run, [(None, Event(artifact_id=1, type=Event.INPUT))], [])
    tape("the artifact is as it was", store.get_artifacts_by_id, [1])
    tape("with its id alone", store.put_execution, run, [(Artifact(id=1, type_id=a), Event(type=Event.INPUT))], [])
    tape("everything else is erased", store.get_artifacts_by_id, [1])
    tape("an event without any artifact", store.put_execution, run, [(None, Event(type=Event.INPUT))], [])
    tape(
        "an event that names another artifact",
        store.put_execution,
        run,
        [(Artifact(id=1, type_id=a), Event(artifact_id=2, type=Event.INPUT))],
        [],
    )
    tape(
        "an event of another execution",
        store.put_execution,
        Execution(id=1, type_id=e),
        [(Artifact(id=1, type_id=a), Event(execution_id=2, type=Event.INPUT))],
        [],
    )
    tape(
        "an event without a type",
        store.put_execution,
        run,
        [(Artifact(type_id=a), Event())],
        [],
        says="No event type is specified.",
    )
    tape(
        "a repeated event",
        store.put_execution,
        Execution(id=1, type_id=e),
        [(Artifact(id=1, type_id=a), Event(type=Event.INPUT))] * 2,
        [],
    )
    tape("an artifact of no type", store.put_execution, run, [(Artifact(), Event(type=Event.INPUT))], [])
    tape(
        "an unknown execution",
        store.put_execution,
        Execution(id=77, type_id=e),
        [],
        [],
        says="Cannot find the given id 77",
    )
    tape("all or none", lambda: (len(store.get_artifacts()), len(store.get_executions())))


def a_dangling_event(tape):
    store, _, e, _ = small(tape)
    tape(
        "an event to nothing",
        store.put_execution,
        Execution(type_id=e),
        [(None, Event(artifact_id=77, type=Event.INPUT))],
        [],
    )
    tape("no execution came of it", lambda: len(store.get_executions()))


def reusing_contexts(tape):
    store, a, e, c = small(tape)
    run = Execution(type_id=e)
    changed = Context(type_id=c, name="group", custom_properties={"note": Value(string_value="new")})
    tape("a name that is taken", store.put_execution, run, [], [changed], says="Given node already exists: ")
    tape("nothing was written", lambda: len(store.get_executions()))
    tape(
        "reused",
        store.put_execution,
        run,
        [(Artifact(type_id=a), None)],
        [changed],
        reuse_context_if_already_exist=True,
    )
    tape("and not changed", store.get_contexts_by_id, [1])
    tape("its artifacts", lambda: [artifact.id for artifact in store.get_artifacts_by_context(1)])
    tape(
        "a new one with the flag",
        store.put_execution,
        run,
        [],
        [Context(type_id=c, name="fresh")],
        reuse_context_if_already_exist=True,
    )
    tape(
        "with an id it is updated",
        store.put_execution,
        run,
        [],
        [Context(id=1, type_id=c, name="group", custom_properties={"note": Value(string_value="newer")})],
    )
    tape("updated", store.get_contexts_by_id, [1])
    tape("no type", store.put_execution, run, [], [Context(name="group")], reuse_context_if_already_exist=True)
    tape("an id, no type", store.put_execution, run, [], [Context(id=1, name="group")])
    tape("an id, no name", store.put_execution, run, [], [Context(id=1, type_id=c)])
    tape("forced by id", store.put_execution, run, [], [Context(id=1)], force_reuse_context=True)
    tape("forced, and not there", store.put_execution, run, [], [Context(id=77)], force_reuse_context=True)
    tape(
        "forced, without id",
        store.put_execution,
        run,
        [],
        [Context(type_id=c, name="forced")],
        force_reuse_context=True,
    )


def reusing_artifacts_by_external_id(tape):
    store, a, e, _ = small(tape)
    store.put_artifacts([Artifact(type_id=a, external_id="x", uri="old", state=Artifact.LIVE)])
    run = Execution(type_id=e)
    pair = (Artifact(type_id=a, external_id="x", uri="new"), Event(type=Event.INPUT))
    tape("without the flag", store.put_execution, run, [pair], [])
    tape("with it", store.put_execution, run, [pair], [], reuse_artifact_if_already_exist_by_external_id=True)
    tape("the match is updated whole", store.get_artifacts_by_id, [3])
    fresh = (Artifact(type_id=a, external_id="y"), Event(type=Event.OUTPUT))
    tape(
        "no match is an insert",
        store.put_execution,
        run,
        [fresh],
        [],
        reuse_artifact_if_already_exist_by_external_id=True,
    )


def forcing_the_update_time(tape):
    store, _, e, _ = small(tape)
    (before,) = store.get_executions_by_id([1])
    time.sleep(0.002)
    store.put_execution(Execution(id=1, type_id=e), [], [])
    (same,) = store.get_executions_by_id([1])
    tape.note("an equal update moves nothing", same == before)
    store.put_execution(Execution(id=1, type_id=e), [], [], force_update_time=True)
    (after,) = store.get_executions_by_id([1])
    tape.note("unless it is forced", after.last_update_time_since_epoch > before.last_update_time_since_epoch)
    (artifact,), (context,) = store.get_artifacts_by_id([1]), store.get_contexts_by_id([1])
    time.sleep(0.002)
    store.put_execution(after, [(artifact, None)], [context], force_update_time=True)
    tape.note(
        "and only the execution's",
        [store.get_artifacts_by_id([1]), store.get_contexts_by_id([1])] == [[artifact], [context]],
    )


def the_order_of_events(tape):
    store, a, e, _ = with_types(tape)
    store.put_artifacts([Artifact(type_id=a) for _ in range(3)])
    store.put_executions([Execution(type_id=e) for _ in range(3)])
    for artifact, execution, kind in ((3, 3, 3), (2, 1, 4), (1, 2, 3), (3, 1, 3), (1, 1, 4), (1, 1, 3), (1, 3, 3)):
        store.put_events([Event(artifact_id=artifact, execution_id=execution, type=kind)])

    def found(events):
        return [[event.artifact_id, event.execution_id, event.type] for event in events]

    tape("of executions", lambda: found(store.get_events_by_execution_ids([3, 1, 2])))
    tape("of artifacts", lambda: found(store.get_events_by_artifact_ids([3, 1])))
    tape("of one artifact", lambda: found(store.get_events_by_artifact_ids([1])))


# ---------------------------------------------------------------- put_lineage_subgraph


def publishing_a_subgraph(tape):
    store, a, e, c = small(tape)
    executions = [Execution(type_id=e, name="first"), Execution(type_id=e, name="second"), Execution(id=1, type_id=e)]
    artifacts = [Artifact(type_id=a, uri="between"), Artifact(id=2, type_id=a, uri="two")]
    contexts = [Context(type_id=c, name="whole")]
    edges = [
        (0, 0, Event(type=Event.OUTPUT, path=path("out"))),
        (1, 0, Event(type=Event.INPUT)),
        (1, None, Event(type=Event.INPUT, artifact_id=1)),
        (None, 1, Event(type=Event.OUTPUT, execution_id=1)),
        (None, None, Event(type=Event.INPUT, execution_id=1, artifact_id=1)),
    ]
    tape("put", store.put_lineage_subgraph, executions, artifacts, contexts, edges)
    tape("events", lambda: in_order(store.get_events_by_artifact_ids([1, 2, 3])))
    tape("artifacts of the context", lambda: [artifact.id for artifact in store.get_artifacts_by_context(2)])
    tape("executions of the context", lambda: sorted(run.id for run in store.get_executions_by_context(2)))
    tape("artifacts", store.get_artifacts)
    tape("nothing", store.put_lineage_subgraph, [], [], [], [])


def wrong_edges(tape):
    store, a, e, _ = small(tape)
    runs, artifacts = [Execution(type_id=e)], [Artifact(type_id=a)]

    def put(step, *edge, **more):
        tape(step, store.put_lineage_subgraph, runs, artifacts, [], [edge], **more)

    put("artifact index too big", 0, 1, Event(type=Event.INPUT))
    put("execution index too big", 1, 0, Event(type=Event.INPUT))
    put("artifact index negative", 0, -1, Event(type=Event.INPUT))
    put("no artifact", 0, None, Event(type=Event.INPUT))
    put("no execution", None, 0, Event(type=Event.INPUT))
    put("no event type", 0, 0, Event(), says="No event type is specified.")
    put("index and id, but the node has none", 0, 0, Event(type=Event.INPUT, artifact_id=1))
    known = [Artifact(id=1, type_id=a)]
    tape(
        "index and id that agree",
        store.put_lineage_subgraph,
        runs,
        known,
        [],
        [(0, 0, Event(type=Event.INPUT, artifact_id=1))],
    )
    tape(
        "index and id that differ",
        store.put_lineage_subgraph,
        runs,
        known,
        [],
        [(0, 0, Event(type=Event.INPUT, artifact_id=2))],
    )
    tape("the same edge twice", store.put_lineage_subgraph, runs, artifacts, [], [(0, 0, Event(type=Event.INPUT))] * 2)
    tape("all or none", lambda: (len(store.get_artifacts()), len(store.get_executions())))


def dangling_edges(tape):
    store, a, e, _ = small(tape)
    runs, artifacts = [Execution(type_id=e)], [Artifact(type_id=a)]
    to_nothing = (0, None, Event(type=Event.INPUT, artifact_id=77))
    tape("an unknown artifact", store.put_lineage_subgraph, runs, artifacts, [], [to_nothing])
    from_nothing = (None, 0, Event(type=Event.INPUT, execution_id=77))
    tape("an unknown execution", store.put_lineage_subgraph, runs, artifacts, [], [from_nothing])
    tape("what came of it", lambda: (len(store.get_artifacts()), len(store.get_executions())))


def reusing_in_a_subgraph(tape):
    store, a, e, c = small(tape)
    store.put_artifacts([Artifact(type_id=a, external_id="x", uri="old")])
    runs = [Execution(type_id=e)]
    context = [Context(type_id=c, name="group", custom_properties={"note": Value(string_value="new")})]
    tape("a name that is taken", store.put_lineage_subgraph, runs, [], context, [], says="Given node already exists: ")
    tape("reused", store.put_lineage_subgraph, runs, [], context, [], reuse_context_if_already_exist=True)
    tape("and not changed", store.get_contexts_by_id, [1])
    tape("an id without a type", store.put_lineage_subgraph, runs, [], [Context(id=1, name="group")], [])
    tape("an artifact's id without a type", store.put_lineage_subgraph, [], [Artifact(id=1, uri="new")], [], [])
    tape("an execution's id without a type", store.put_lineage_subgraph, [Execution(id=1)], [], [], [])
    same = [Artifact(type_id=a, external_id="x", uri="new")]
    tape("an external id that is taken", store.put_lineage_subgraph, runs, same, [], [])
    tape(
        "matched",
        store.put_lineage_subgraph,
        runs,
        same,
        [],
        [(0, 0, Event(type=Event.INPUT))],
        reuse_artifact_if_already_exist_by_external_id=True,
    )
    tape("updated", store.get_artifacts_by_id, [3])
