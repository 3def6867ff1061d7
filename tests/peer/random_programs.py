"""Random programs on whichever `ml_metadata` this interpreter has: `random_programs.py [--ours] FIRST LAST`.

Prints one line of JSON for each seed: what each step gave, or that it was refused, and what was there at the end.
A program keeps away from what ours does otherwise on purpose (tests/conformance names all of it): it updates nodes
before it inserts others, sets external ids on new nodes only, renames no context, and has no edge to nothing.
"""

from __future__ import annotations

import json
import random
import sys

if sys.argv[1] == "--ours":
    from lineal.compat.mlmd import install

    install()

import ml_metadata
from google.protobuf import json_format
from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2 as pb

KINDS = {"artifact": pb.Artifact, "execution": pb.Execution, "context": pb.Context}
TYPES = {"artifact": (10, 11), "execution": (12, 13), "context": (14, 15)}
STORED = (1, 2, 3)
MASKS = (None, None, None, ["properties.p"], ["properties"], ["custom_properties.c", "uri"], ["state", "junk"], [""])
TIMES = ("create_time_since_epoch", "last_update_time_since_epoch", "milliseconds_since_epoch")


class Program:
    """One seed's steps."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        config = pb.ConnectionConfig()
        config.fake_database.SetInParent()
        config.retry_options.max_num_retries = 1  # the real one would wait for seconds
        self.store = ml_metadata.MetadataStore(config)
        declared = {"p": pb.INT, "q": pb.DOUBLE, "r": pb.STRING}
        for kind in KINDS:
            put = getattr(self.store, f"put_{kind}_type")
            message = getattr(pb, f"{kind.title()}Type")
            found = tuple(put(message(name=name, properties=declared)) for name in "AB")
            assert found == TYPES[kind]
        for kind, message in KINDS.items():
            nodes = [message(type_id=TYPES[kind][at % 2], name=f"stored {at}") for at in STORED]
            getattr(self.store, f"put_{kind}s")(nodes)

    def maybe(self, part):
        return self.random.random() < part

    def run(self, steps):
        """Return what each step gave, and the end."""
        verbs = (self.nodes, self.nodes, self.type, self.events, self.execution, self.subgraph, self.groups)
        seen = [self.random.choice((*verbs, self.lineage))() for _ in range(steps)]
        return [*seen, self.end()]

    def tried(self, method, *arguments, **named):
        try:
            return [method, plain(getattr(self.store, method)(*arguments, **named))]
        except errors.StatusError:
            # A request with two faults is refused for one of them, and each side has its own order.
            return [method, "refused"]

    # steps ---------------------------------------------------------------------------------------
    def type(self):
        kind = self.random.choice(list(KINDS))
        message = getattr(pb, f"{kind.title()}Type")(name=self.random.choice("AB"))
        if self.maybe(0.3):
            message.version = "v1"
        for name in "pqrs":
            if self.maybe(0.6):
                message.properties[name] = self.random.choice((pb.INT, pb.DOUBLE, pb.STRING))
        flags = {flag: self.maybe(0.5) for flag in ("can_add_fields", "can_omit_fields")}
        return self.tried(f"put_{kind}_type", message, **flags)

    def nodes(self):
        kind = self.random.choice(list(KINDS))
        return self.tried(f"put_{kind}s", self.some(kind, 3), self.random.choice(MASKS))

    def events(self):
        edges = [
            self.event(artifact_id=self.random.choice((*STORED, 77)), execution_id=self.random.choice(STORED))
            for _ in range(self.random.randrange(3))
        ]
        return self.tried("put_events", edges)

    def execution(self):
        pairs = [(artifact, self.event()) for artifact in self.some("artifact", 2)]
        pairs += [(None, self.event(artifact_id=id_)) for id_ in STORED if self.maybe(0.2)]
        flags = ("reuse_context_if_already_exist", "reuse_artifact_if_already_exist_by_external_id")
        flags += ("force_reuse_context", "force_update_time")
        run = self.node("execution", update=self.maybe(0.4))
        named = {flag: self.maybe(0.4) for flag in flags}
        return self.tried("put_execution", run, pairs, self.some("context", 2), **named)

    def subgraph(self):
        runs, artifacts = self.some("execution", 2), self.some("artifact", 2)
        edges = []
        for _ in range(self.random.randrange(3)):
            run = self.random.choice((0, 1)) if runs and self.maybe(0.7) else None
            artifact = self.random.choice((0, 1)) if artifacts and self.maybe(0.7) else None
            ids = {"execution_id": 1} if run is None else {}
            edges.append((run, artifact, self.event(**ids, **({"artifact_id": 1} if artifact is None else {}))))
        named = {"reuse_context_if_already_exist": self.maybe(0.5)}
        named["reuse_artifact_if_already_exist_by_external_id"] = self.maybe(0.5)
        return self.tried("put_lineage_subgraph", runs, artifacts, self.some("context", 2), edges, **named)

    def groups(self):
        pick = lambda *more: self.random.choice((*STORED, *more))  # noqa: E731
        if self.maybe(0.5):
            return self.tried("put_parent_contexts", [pb.ParentContext(child_id=pick(), parent_id=pick(77))])
        attributions = [pb.Attribution(artifact_id=pick(), context_id=pick())]
        return self.tried(
            "put_attributions_and_associations", attributions, [pb.Association(execution_id=pick(), context_id=pick())]
        )

    def lineage(self):
        hops = self.random.choice((0, 1, 2, 20, 20))
        query = pb.LineageSubgraphQueryOptions(max_num_hops=hops)
        query.direction = self.random.choice((0, 1, 2, 3))
        start = self.random.choice(("starting_artifacts", "starting_executions"))
        getattr(query, start).filter_query = self.random.choice(("id = 1", "id > 0", "name = 'stored 2'", "id = 99"))
        for ending in ("ending_artifacts", "ending_executions"):
            if self.maybe(0.4):
                getattr(query, ending).include_ending_nodes = self.maybe(0.5)
                if self.maybe(0.9):
                    getattr(query, ending).filter_query = self.random.choice(("id = 2", "id > 3", ""))
        # At a limit of hops ours also has the events between nodes that were reached there.
        fields = ["artifacts", "executions", "contexts", *(["events"] if hops > 2 else [])]
        return self.tried("get_lineage_subgraph", query, fields)

    # what they are made of -----------------------------------------------------------------------
    def some(self, kind, most):
        updates = sorted(self.random.choices((True, False), (1, 2), k=self.random.randrange(most + 1)), reverse=True)
        return [self.node(kind, update=update) for update in updates]

    def node(self, kind, *, update):
        message = KINDS[kind]()
        id_ = self.random.choice(STORED) if update else None
        message.type_id = TYPES[kind][id_ % 2] if update and self.maybe(0.9) else self.random.choice(TYPES[kind])
        if update:
            message.id = id_
        if kind == "context" or self.maybe(0.5):
            message.name = f"stored {id_}" if update else self.random.choice(("n", "ü", "a'b", f"stored {1}"))
        if not update and self.maybe(0.2):
            message.external_id = self.random.choice(("x", "y", ""))
        if kind == "artifact" and self.maybe(0.5):
            message.uri = self.random.choice(("u", ""))
            message.state = pb.Artifact.LIVE
        self.fill(message)
        return message

    def fill(self, message):
        if self.maybe(0.3):
            message.properties["p"].int_value = self.random.choice((0, 2**40))
        if self.maybe(0.2):
            message.properties["q"].double_value = self.random.choice((0.0, -1.25))
        # The real one checks the properties of a context that is only reused.
        if self.maybe(0.03) and not isinstance(message, pb.Context):
            message.properties["r"].bool_value = True
        if self.maybe(0.3):
            message.custom_properties["c"].string_value = self.random.choice(("", "it's"))
        if self.maybe(0.1):
            message.custom_properties["d"].struct_value.update({"a": [1, None, "x"]})

    def event(self, **ids):
        event = pb.Event(type=self.random.choice((1, 3, 3, 4, 4, 7)), **ids)
        if self.maybe(0.2):
            event.path.steps.add(key=self.random.choice(("", "k")))
            event.path.steps.add(index=self.random.choice((0, -1)))
        return event

    def end(self):
        listed = [self.tried(f"get_{kind}s") for kind in KINDS] + [self.tried(f"get_{kind}_types") for kind in KINDS]
        about = range(1, 12)
        found = [self.tried("get_events_by_artifact_ids", about)]
        for method in ("get_artifacts_by_context", "get_executions_by_context", "get_parent_contexts_by_context"):
            found += [[id_, self.tried(method, id_)] for id_ in about]
        return [listed, found]


def plain(seen):
    """Return an answer without times, lists of messages in one order: where it matters, programs of their own look."""
    if isinstance(seen, (list, tuple)):
        parts = [plain(part) for part in seen]
        return sorted(parts, key=json.dumps) if parts and isinstance(parts[0], dict) else parts
    if not hasattr(seen, "DESCRIPTOR"):
        return seen
    fields = json_format.MessageToDict(seen, preserving_proto_field_name=True)
    return json.loads(json.dumps(without_times(fields), sort_keys=True))


def without_times(seen):
    if isinstance(seen, list):
        return sorted((without_times(part) for part in seen), key=lambda part: json.dumps(part, sort_keys=True))
    if not isinstance(seen, dict):
        return seen
    return {name: without_times(part) for name, part in seen.items() if name not in TIMES}


if __name__ == "__main__":
    first, last = map(int, sys.argv[-2:])
    for seed in range(first, last):
        sys.stdout.write(json.dumps(Program(seed).run(10), sort_keys=True) + "\n")
