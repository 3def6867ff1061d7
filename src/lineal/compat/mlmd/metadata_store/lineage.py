"""`MetadataStore.get_lineage_subgraph`: what is upstream and downstream of some nodes, complete with their fields."""

from __future__ import annotations

from collections.abc import Sequence

from lineal.compat.mlmd.metadata_store.calling import Calling, ExtraOptions
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2

_ALL = frozenset(field.name for field in pb.LineageGraph.DESCRIPTOR.fields)
_NODES_OF = {"artifact_types": "artifacts", "execution_types": "executions", "context_types": "contexts"}


class LineageMethods(Calling):
    """Lineage."""

    def get_lineage_subgraph(
        self,
        query_options: pb.LineageSubgraphQueryOptions,
        field_mask_paths: Sequence[str] | None = None,
        extra_options: ExtraOptions | None = None,
    ) -> pb.LineageGraph:
        """Return nodes, edges and the nodes' types around the starting nodes.

        `field_mask_paths` names the fields of the graph to fill (`artifacts`, `events`, …); none means all. An answer
        that a budget of the store or server cut comes with a UserWarning that says so. Raises NotFoundError where no
        node matches.
        """
        wanted = _ALL.intersection(field_mask_paths or _ALL)
        request = service_pb2.GetLineageSubgraphRequest(lineage_subgraph_query_options=query_options)
        # On the wire nodes are bare ids, and types are all of the store's: both are asked for by id.
        bare_fields = {_NODES_OF.get(field, field) for field in wanted} or {"artifacts"}
        request.read_mask.paths.extend(sorted(bare_fields))
        with self._connection.snapshot():
            graph: pb.LineageGraph = self._answer("GetLineageSubgraph", request).lineage_subgraph
            if graph.artifacts:
                self._complete_artifacts(graph)
            if graph.executions:
                self._complete_executions(graph, types="execution_types" in wanted)
            if graph.contexts:
                self._complete_contexts(graph, types="context_types" in wanted)
        for unwanted in _ALL - wanted:
            graph.ClearField(unwanted)
        return graph

    def _complete_artifacts(self, graph: pb.LineageGraph) -> None:
        ids = [node.id for node in graph.artifacts]
        request = service_pb2.GetArtifactsByIDRequest(artifact_ids=ids, populate_artifact_types=True)
        answer = self._answer("GetArtifactsByID", request)
        graph.ClearField("artifacts")
        graph.artifacts.MergeFrom(answer.artifacts)
        graph.artifact_types.MergeFrom(answer.artifact_types)

    def _complete_executions(self, graph: pb.LineageGraph, *, types: bool) -> None:
        ids = [node.id for node in graph.executions]
        request = service_pb2.GetExecutionsByIDRequest(execution_ids=ids)
        found = self._answer("GetExecutionsByID", request).executions
        graph.ClearField("executions")
        graph.executions.MergeFrom(found)
        if types:
            type_ids = sorted({node.type_id for node in found})
            types_request = service_pb2.GetExecutionTypesByIDRequest(type_ids=type_ids)
            graph.execution_types.MergeFrom(self._answer("GetExecutionTypesByID", types_request).execution_types)

    def _complete_contexts(self, graph: pb.LineageGraph, *, types: bool) -> None:
        ids = [node.id for node in graph.contexts]
        found = self._answer("GetContextsByID", service_pb2.GetContextsByIDRequest(context_ids=ids)).contexts
        graph.ClearField("contexts")
        graph.contexts.MergeFrom(found)
        if types:
            type_ids = sorted({node.type_id for node in found})
            types_request = service_pb2.GetContextTypesByIDRequest(type_ids=type_ids)
            graph.context_types.MergeFrom(self._answer("GetContextTypesByID", types_request).context_types)
