"""Every answer of a `MetadataStore`, as JSON. Runs on the real package and on ours.

`python answers.py FILE` prints them with the real package.
"""

from __future__ import annotations

import json
import sys


def answers(mlmd, file: str) -> dict[str, object]:
    """Return every answer of the store in a SQLite file; `mlmd` is the package `ml_metadata`, real or ours."""
    pb = mlmd.proto.metadata_store_pb2
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = file
    config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READONLY
    store = mlmd.MetadataStore(config)
    found: dict[str, object] = {}
    for kind in ("artifact", "execution", "context"):
        types = getattr(store, f"get_{kind}_types")()
        nodes = getattr(store, f"get_{kind}s")()
        for type_ in types:
            # The real package loses it in its list of types, and has it in its answer about one type.
            type_.ClearField("external_id")
        found[f"{kind} types"] = plain(types)
        found[f"{kind}s"] = plain(nodes)
        found[f"{kind}s by id"] = plain(getattr(store, f"get_{kind}s_by_id")([node.id for node in nodes]))
        for type_ in types:
            about = f"of type {type_.name!r} version {type_.version!r}"
            version = type_.version or None
            found[f"the {kind} type {about}"] = plain([getattr(store, f"get_{kind}_type")(type_.name, version)])
            found[f"{kind}s {about}"] = plain(getattr(store, f"get_{kind}s_by_type")(type_.name, version))
        for node in nodes:
            if node.HasField("name"):
                version = {type_.id: type_.version or None for type_ in types}[node.type_id]
                named = getattr(store, f"get_{kind}_by_type_and_name")(node.type, node.name, version)
                found[f"{kind} {node.id} by name"] = plain([named])
            if node.external_id:
                by = getattr(store, f"get_{kind}s_by_external_ids")([node.external_id])
                found[f"{kind} {node.id} by external id"] = plain(by)
        for order in mlmd.OrderByField:
            options = mlmd.ListOptions(limit=7, order_by=order, is_asc=False)
            found[f"newest {kind}s by {order.name}"] = [
                node.id for node in getattr(store, f"get_{kind}s")(list_options=options)
            ]
    found.update(edges(store))
    return found


def edges(store) -> dict[str, object]:
    """Return every answer about what connects the nodes."""
    found: dict[str, object] = {}
    artifacts = [node.id for node in store.get_artifacts()]
    executions = [node.id for node in store.get_executions()]
    found["events by artifacts"] = plain(store.get_events_by_artifact_ids(artifacts))
    found["events by executions"] = plain(store.get_events_by_execution_ids(executions))
    for id_ in artifacts:
        found[f"contexts of artifact {id_}"] = tried(store.get_contexts_by_artifact, id_)
    for id_ in executions:
        found[f"contexts of execution {id_}"] = tried(store.get_contexts_by_execution, id_)
    for context in store.get_contexts():
        found[f"parents of {context.id}"] = tried(store.get_parent_contexts_by_context, context.id)
        found[f"children of {context.id}"] = tried(store.get_children_contexts_by_context, context.id)
        found[f"artifacts of context {context.id}"] = tried(store.get_artifacts_by_context, context.id)
        found[f"executions of context {context.id}"] = tried(store.get_executions_by_context, context.id)
    for artifact in store.get_artifacts():
        found[f"at uri of {artifact.id}"] = plain(store.get_artifacts_by_uri(artifact.uri))
    return found


def plain(messages) -> list[str]:
    """Return messages as the hex of their bytes, which are the same for the same content, in one order."""
    return sorted("none" if one is None else one.SerializeToString(deterministic=True).hex() for one in messages)


def tried(method, id_: int) -> object:
    """Return an answer, or the name of the error that is the answer."""
    try:
        return plain(method(id_))
    except Exception as error:  # noqa: BLE001  both packages have errors of their own; their names are compared
        return type(error).__name__


if __name__ == "__main__":
    import ml_metadata

    json.dump(answers(ml_metadata, sys.argv[1]), sys.stdout)
