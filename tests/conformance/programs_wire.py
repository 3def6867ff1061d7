"""Calls as a client in another language makes them: pages, flags and masks that the Python methods do not offer."""

from __future__ import annotations

import time

from ml_metadata.proto import metadata_store_pb2 as pb
from ml_metadata.proto import metadata_store_service_pb2 as service_pb2
from programs_lineage import chain
from programs_nodes import with_types
from tape import raw

Artifact, Execution, Context, Value = pb.Artifact, pb.Execution, pb.Context, pb.Value
Order = pb.ListOperationOptions.OrderByField

# A call without anything in it would put a node without a type, or ask for nothing; these the engine does not have.
NOT_IN_THE_ENGINE = {"GetLineageGraph", "GetParentContextsByContexts", "GetChildrenContextsByContexts"}

MOST_PAGES = 10


def empty_requests(tape):
    store, *_ = with_types(tape)
    for method in service_pb2.DESCRIPTOR.services_by_name["MetadataStoreService"].methods:
        if method.name not in NOT_IN_THE_ENGINE:
            request = getattr(service_pb2, f"{method.name}Request")()
            tape(method.name, lambda name=method.name, request=request: raw(store, name, request))


def several_types_at_once(tape):
    store = tape.store()
    types = service_pb2.PutTypesRequest(
        artifact_types=[pb.ArtifactType(name="A"), pb.ArtifactType(name="A", version="v2")],
        execution_types=[pb.ExecutionType(name="E", properties={"p": pb.INT})],
        context_types=[pb.ContextType(name="C")],
    )
    tape("put", raw, store, "PutTypes", types)
    tape("again", raw, store, "PutTypes", types)
    types.execution_types[0].properties["q"] = pb.INT
    types.artifact_types.add(name="New")
    tape("one has changed", raw, store, "PutTypes", types)
    tape("none was put", lambda: [type_.name for type_ in store.get_artifact_types()])
    types.can_add_fields = True
    tape("it may", raw, store, "PutTypes", types)


def flags_of_former_times(tape):
    store = tape.store()
    for kind in ("artifact", "execution", "context"):
        type_ = getattr(pb, f"{kind.title()}Type")(name="T", properties={"p": pb.INT})
        put = getattr(service_pb2, f"Put{kind.title()}TypeRequest")
        call = f"Put{kind.title()}Type"
        partly = put(**{f"{kind}_type": type_}, all_fields_match=False)
        tape(f"{kind}: not all fields", raw, store, call, partly, says="Must match all fields.")
        tape(f"{kind}: fields to delete", raw, store, call, put(**{f"{kind}_type": type_}, can_delete_fields=True))
    tape(
        "types",
        raw,
        store,
        "PutTypes",
        service_pb2.PutTypesRequest(all_fields_match=False),
        says="Must match all fields.",
    )


def pages(tape):
    store, a, _, _ = with_types(tape)
    for number in range(7):
        store.put_artifacts([Artifact(type_id=a, name=f"n{number}")])
        time.sleep(0.002)  # where update times are equal, ML Metadata gives a page again and again

    def page(token="", **options):
        request = service_pb2.GetArtifactsRequest(
            options=pb.ListOperationOptions(next_page_token=token or None, **options)
        )
        return raw(store, "GetArtifacts", request)

    def ids(**options):
        found, token = [], ""
        while len(found) < MOST_PAGES:
            answer = page(token, **options)
            found.append([artifact.id for artifact in answer.artifacts])
            token = answer.next_page_token
            if not token:
                break
        return found

    tape("pages of three", ids, max_result_size=3)
    tape("down", ids, max_result_size=3, order_by_field=Order(field=Order.ID, is_asc=False))
    for field in (Order.CREATE_TIME, Order.LAST_UPDATE_TIME):
        for up in (True, False):
            found = ids(max_result_size=2, order_by_field=Order(field=field, is_asc=up))
            tape.note(f"{Order.Field.Name(field)} {'up' if up else 'down'}", found)
    tape("no field", ids, max_result_size=5, order_by_field=Order(field=Order.FIELD_UNSPECIFIED))
    tape("with a filter", ids, max_result_size=2, filter_query="id > 2")
    tape("the default size holds them", lambda: [len(part) for part in ids()])
    tape("one more than a page", ids, max_result_size=6)
    tape("exactly a page", ids, max_result_size=7)
    tape("no size", page, max_result_size=0, says="max_result_size field value is required to be greater than 0")
    tape(
        "a negative size", page, max_result_size=-5, says="max_result_size field value is required to be greater than 0"
    )
    token = page(max_result_size=2).next_page_token
    tape(
        "another order with the token",
        page,
        token,
        max_result_size=2,
        order_by_field=Order(is_asc=False),
        says="ListOperationOptions mismatch between calls",
    )
    tape(
        "another field with the token",
        page,
        token,
        max_result_size=2,
        order_by_field=Order(field=Order.CREATE_TIME),
        says="ListOperationOptions mismatch between calls",
    )
    tape("another size with the token", lambda: [artifact.id for artifact in page(token, max_result_size=4).artifacts])
    tape("no token at all", page, "garbage!", max_result_size=2)


def more_than_a_hundred(tape):
    store, a, _, _ = with_types(tape)
    store.put_artifacts([Artifact(type_id=a) for _ in range(150)])
    options = pb.ListOperationOptions(max_result_size=500)
    answer = raw(store, "GetArtifacts", service_pb2.GetArtifactsRequest(options=options))
    tape.note("found, or a token", len(answer.artifacts) == 150 or bool(answer.next_page_token))


def pages_of_every_listing(tape):
    store, a, e, c = with_types(tape)
    store.put_artifacts([Artifact(type_id=a) for _ in range(3)])
    store.put_executions([Execution(type_id=e) for _ in range(3)])
    store.put_contexts([Context(type_id=c, name=f"c{number}") for number in range(3)])
    store.put_attributions_and_associations(
        [pb.Attribution(artifact_id=n, context_id=1) for n in (1, 2, 3)],
        [pb.Association(execution_id=n, context_id=1) for n in (1, 2, 3)],
    )
    asked = {
        "GetArtifacts": {},
        "GetExecutions": {},
        "GetContexts": {},
        "GetArtifactsByType": {"type_name": "A"},
        "GetExecutionsByType": {"type_name": "E"},
        "GetContextsByType": {"type_name": "C"},
        "GetArtifactsByContext": {"context_id": 1},
        "GetExecutionsByContext": {"context_id": 1},
    }
    for call, named in asked.items():
        nodes = next(part for part in ("artifacts", "executions", "contexts") if call[3:].lower().startswith(part))
        request = getattr(service_pb2, f"{call}Request")(**named)
        whole = raw(store, call, request)
        tape.note(f"{call}: all", [node.id for node in getattr(whole, nodes)])
        request.options.max_result_size = 2
        first = raw(store, call, request)
        tape.note(f"{call}: first", [node.id for node in getattr(first, nodes)])
        request.options.next_page_token = first.next_page_token
        last = raw(store, call, request)
        tape.note(f"{call}: last", [[node.id for node in getattr(last, nodes)], last.next_page_token])


def artifacts_by_uri(tape):
    store, a, _, _ = with_types(tape)
    store.put_artifacts([Artifact(type_id=a, uri=uri) for uri in ("u", "v", "u")])

    def found(*uris):
        return [
            n.id for n in raw(store, "GetArtifactsByURI", service_pb2.GetArtifactsByURIRequest(uris=uris)).artifacts
        ]

    tape("two uris", lambda: sorted(found("u", "v")))
    tape("one twice", lambda: sorted(found("u", "u")))
    former = service_pb2.GetArtifactsByURIRequest.FromString(b"\x0a\x01u")
    tape("the field of former times", raw, store, "GetArtifactsByURI", former)


def optimistic_updates(tape):
    store, a, _, _ = with_types(tape)
    store.put_artifacts([Artifact(type_id=a, uri="first")])
    (before,) = store.get_artifacts_by_id([1])

    def checked(*artifacts):
        options = service_pb2.PutArtifactsRequest.Options(abort_if_latest_updated_time_changed=True)
        return service_pb2.PutArtifactsRequest(artifacts=artifacts, options=options)

    def put(artifact):
        return raw(store, "PutArtifacts", checked(artifact))

    change = Artifact()
    change.CopyFrom(before)
    change.uri = "second"
    tape("as it was read", put, change)
    (after,) = store.get_artifacts_by_id([1])
    tape.note("the time has moved", after.last_update_time_since_epoch > before.last_update_time_since_epoch)
    change.uri = "third"
    tape("as it was before", put, change)
    change.ClearField("last_update_time_since_epoch")
    tape("without a time", put, change)
    same = Artifact()
    same.CopyFrom(after)
    time.sleep(0.002)
    tape("what it is already", put, same)
    tape("and again, for no time has moved", put, same)
    tape("twice in one call", lambda: raw(store, "PutArtifacts", checked(same, same)))
    same.uri = "third"
    tape("and a change after it", put, same)
    tape("which moved it", put, same)
    tape("an insert", put, Artifact(type_id=a))
    tape("now", lambda: [artifact.uri for artifact in store.get_artifacts()])


def lineage_on_the_wire(tape):
    store = chain(tape, 1)

    def ask(*paths, masked=True):
        request = service_pb2.GetLineageSubgraphRequest()
        request.lineage_subgraph_query_options.starting_artifacts.filter_query = "name = 'a1'"
        if masked:
            request.read_mask.SetInParent()
            request.read_mask.paths.extend(paths)
        return raw(store, "GetLineageSubgraph", request).lineage_subgraph

    bare = ask("artifacts", "executions", "contexts")
    for nodes in (bare.artifacts, bare.executions, bare.contexts):
        nodes.sort(key=lambda node: node.id)
    tape.note("nodes are bare ids", bare)
    whole = ask(masked=False)
    for kind in ("artifact", "execution", "context"):
        tape.note(
            f"without a mask every {kind} type is there",
            sorted(type_.name for type_ in getattr(whole, f"{kind}_types")),
        )
    tape.note("and every edge", [len(whole.events), len(whole.attributions), len(whole.associations)])
    tape("types alone", lambda: sorted(type_.name for type_ in ask("execution_types").execution_types))
    tape(
        "an empty mask",
        lambda: {field.name: len(value) for field, value in ask().ListFields() if field.name != "parent_contexts"},
    )
    tape("an unknown path", lambda: {field.name: len(value) for field, value in ask("nothing").ListFields()})
