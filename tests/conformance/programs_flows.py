"""Whole programs, as they are written for pipelines and notebooks."""

from __future__ import annotations

import ml_metadata as mlmd
from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store, mlmd_types
from ml_metadata.proto import metadata_store_pb2


def a_first_notebook(tape):
    """Types, a data set, a training, a model, an experiment; then the questions."""
    store = tape.store()
    data_type = metadata_store_pb2.ArtifactType()
    data_type.name = "DataSet"
    data_type.properties["day"] = metadata_store_pb2.INT
    data_type.properties["split"] = metadata_store_pb2.STRING
    data_type_id = store.put_artifact_type(data_type)
    model_type = metadata_store_pb2.ArtifactType(name="SavedModel", properties={"version": metadata_store_pb2.INT})
    model_type_id = store.put_artifact_type(model_type)
    trainer_type = metadata_store_pb2.ExecutionType(name="Trainer", properties={"state": metadata_store_pb2.STRING})
    trainer_type_id = store.put_execution_type(trainer_type)
    experiment_type = metadata_store_pb2.ContextType(name="Experiment", properties={"note": metadata_store_pb2.STRING})
    experiment_type_id = store.put_context_type(experiment_type)
    tape("types", store.get_artifact_types)

    data = metadata_store_pb2.Artifact(uri="path/to/data", type_id=data_type_id)
    data.properties["day"].int_value = 1
    data.properties["split"].string_value = "train"
    [data_id] = store.put_artifacts([data])
    tape("data", store.get_artifacts)
    run = metadata_store_pb2.Execution(type_id=trainer_type_id)
    run.properties["state"].string_value = "RUNNING"
    [run_id] = store.put_executions([run])
    declared = metadata_store_pb2.Event(
        artifact_id=data_id, execution_id=run_id, type=metadata_store_pb2.Event.DECLARED_INPUT
    )
    store.put_events([declared])
    model = metadata_store_pb2.Artifact(uri="path/to/model", type_id=model_type_id, name="MNIST-v1")
    model.properties["version"].int_value = 1
    [model_id] = store.put_artifacts([model])
    store.put_events(
        [
            metadata_store_pb2.Event(
                artifact_id=model_id, execution_id=run_id, type=metadata_store_pb2.Event.DECLARED_OUTPUT
            )
        ]
    )
    run.id = run_id
    run.properties["state"].string_value = "COMPLETED"
    store.put_executions([run])
    experiment = metadata_store_pb2.Context(type_id=experiment_type_id, name="exp1")
    experiment.properties["note"].string_value = "My first experiment."
    [experiment_id] = store.put_contexts([experiment])
    store.put_attributions_and_associations(
        [metadata_store_pb2.Attribution(artifact_id=model_id, context_id=experiment_id)],
        [metadata_store_pb2.Association(execution_id=run_id, context_id=experiment_id)],
    )
    tape("artifacts of the experiment", store.get_artifacts_by_context, experiment_id)
    tape("executions of the experiment", store.get_executions_by_context, experiment_id)
    produced = [
        e.execution_id
        for e in store.get_events_by_artifact_ids([model_id])
        if e.type == metadata_store_pb2.Event.DECLARED_OUTPUT
    ]
    used = [
        e.artifact_id
        for e in store.get_events_by_execution_ids(produced)
        if e.type == metadata_store_pb2.Event.DECLARED_INPUT
    ]
    tape("what the model was trained on", store.get_artifacts_by_id, used)
    tape(
        "everything around it",
        lambda: sorted(
            n.id
            for n in store.get_lineage_subgraph(
                metadata_store_pb2.LineageSubgraphQueryOptions(
                    starting_artifacts=metadata_store_pb2.LineageSubgraphQueryOptions.StartingNodes(
                        filter_query='name = "MNIST-v1"'
                    )
                )
            ).artifacts
        ),
    )


def a_pipeline_step(tape):
    """As orchestrators do: contexts are registered, an execution is started, published, and found in the cache."""
    store = tape.store()

    def register(kind, name):
        context_type_id = store.put_context_type(metadata_store_pb2.ContextType(name=kind))
        context = metadata_store_pb2.Context(type_id=context_type_id, name=name)
        try:
            [context.id] = store.put_contexts([context])
        except mlmd.errors.AlreadyExistsError:
            context = store.get_context_by_type_and_name(kind, name)
        return context

    contexts = [register("pipeline", "taxi"), register("pipeline_run", "taxi.1"), register("node", "taxi.Trainer")]
    tape("again", lambda: register("pipeline", "taxi").id)
    base = mlmd_types.Train().system_type
    step_type = metadata_store_pb2.ExecutionType(name="Trainer", base_type=base)
    step_type_id = store.put_execution_type(step_type, can_add_fields=True)
    examples = store.put_artifact_type(
        metadata_store_pb2.ArtifactType(
            name="Examples", base_type=mlmd_types.Dataset().system_type, properties={"span": metadata_store_pb2.INT}
        )
    )
    model = store.put_artifact_type(
        metadata_store_pb2.ArtifactType(name="Model", base_type=mlmd_types.Model().system_type)
    )

    given = metadata_store_pb2.Artifact(type_id=examples, uri="/examples/1", state=metadata_store_pb2.Artifact.LIVE)
    given.properties["span"].int_value = 3
    [given.id] = store.put_artifacts([given])
    execution = metadata_store_pb2.Execution(
        type_id=step_type_id, last_known_state=metadata_store_pb2.Execution.RUNNING, name="taxi.1.Trainer"
    )
    execution.custom_properties["train_steps"].int_value = 100
    event = metadata_store_pb2.Event(type=metadata_store_pb2.Event.INPUT)
    event.path.steps.add().key = "examples"
    event.path.steps.add().index = 0
    execution.id, artifact_ids, context_ids = store.put_execution(execution, [(given, event)], contexts)
    tape.note("started", [execution.id, artifact_ids, context_ids])

    made = metadata_store_pb2.Artifact(type_id=model, uri="/model/1", state=metadata_store_pb2.Artifact.LIVE)
    made.custom_properties["name"].string_value = "model"
    out = metadata_store_pb2.Event(type=metadata_store_pb2.Event.OUTPUT)
    out.path.steps.add().key = "model"
    out.path.steps.add().index = 0
    execution.last_known_state = metadata_store_pb2.Execution.COMPLETE
    tape("published", store.put_execution, execution, [(made, out)], contexts, reuse_context_if_already_exist=True)
    tape("the execution", store.get_executions_by_context, contexts[1].id)
    tape("its events", store.get_events_by_execution_ids, [execution.id])
    tape(
        "live models",
        lambda: [
            node.uri for node in store.get_artifacts(mlmd.ListOptions(filter_query="type = 'Model' AND state = LIVE"))
        ],
    )
    tape(
        "by span",
        lambda: [
            node.uri
            for node in store.get_artifacts(
                mlmd.ListOptions(filter_query="type = 'Examples' AND properties.span.int_value = 3")
            )
        ],
    )
    tape(
        "in the run",
        lambda: sorted(
            node.uri
            for node in store.get_artifacts(
                mlmd.ListOptions(filter_query="contexts_0.type = 'pipeline_run' AND contexts_0.name = 'taxi.1'")
            )
        ),
    )


def nested_runs(tape):
    """As Kubeflow does: executions of containers below executions of graphs, all in a run's context."""
    store = tape.store()
    run_type = store.put_context_type(metadata_store_pb2.ContextType(name="system.PipelineRun"))
    pipeline_type = store.put_context_type(metadata_store_pb2.ContextType(name="system.Pipeline"))
    dag = store.put_execution_type(metadata_store_pb2.ExecutionType(name="system.DAGExecution"))
    container = store.put_execution_type(metadata_store_pb2.ExecutionType(name="system.ContainerExecution"))
    [pipeline_id, run_id] = store.put_contexts(
        [
            metadata_store_pb2.Context(type_id=pipeline_type, name="my-pipeline"),
            metadata_store_pb2.Context(type_id=run_type, name="run-uuid"),
        ]
    )
    store.put_parent_contexts([metadata_store_pb2.ParentContext(child_id=run_id, parent_id=pipeline_id)])
    context = metadata_store_pb2.Context(id=run_id, type_id=run_type, name="run-uuid")
    root, _, _ = store.put_execution(metadata_store_pb2.Execution(type_id=dag, name="run/run-uuid"), [], [context])
    for task in ("load", "train"):
        step = metadata_store_pb2.Execution(type_id=container)
        step.custom_properties["parent_dag_id"].int_value = root
        step.custom_properties["task_name"].string_value = task
        store.put_execution(step, [], [context])
    below = mlmd.ListOptions(
        filter_query=f"custom_properties.parent_dag_id.int_value = {root}", order_by=mlmd.OrderByField.ID
    )
    tape(
        "steps",
        lambda: [
            run.custom_properties["task_name"].string_value for run in store.get_executions_by_context(run_id, below)
        ],
    )
    tape("the run's pipeline", store.get_parent_contexts_by_context, run_id)
    tape("the pipeline's runs", store.get_children_contexts_by_context, pipeline_id)


def unbound_methods(tape):
    """Some callers pass the functions of the class around."""
    store = tape.store()
    cls = metadata_store.MetadataStore
    type_id = cls.put_artifact_type(store, metadata_store_pb2.ArtifactType(name="T"))
    tape("put", cls.put_artifacts, store, [metadata_store_pb2.Artifact(type_id=type_id)])
    tape("get", cls.get_artifacts_by_id, store, [1], extra_options=None)
    tape.note("no asset", store.pipeline_asset)
    tape.note("tries", store._max_num_retries)


def opening(tape):
    """What is no configuration, and what cannot be opened."""

    def note(step, config, **more):
        try:
            mlmd.MetadataStore(config, **more)
        except (ValueError, RuntimeError, errors.StatusError) as refused:
            tape.note(step, type(refused).__name__)
        else:
            tape.note(step, "opened")

    note("nothing", None)
    note("text", "sqlite.db")
    note("no database", metadata_store_pb2.ConnectionConfig())
    note(
        "a server, with an upgrade",
        metadata_store_pb2.MetadataStoreClientConfig(host="localhost", port=1),
        enable_upgrade_migration=True,
    )
    note("a server that is not there yet", metadata_store_pb2.MetadataStoreClientConfig(host="localhost", port=1))
    lost = metadata_store_pb2.ConnectionConfig()
    lost.sqlite.filename_uri = f"{__file__}/store.db"  # below a file
    note("a directory that is not there", lost)
    for mode in ("READONLY", "READWRITE"):
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = "absent.db"
        config.sqlite.connection_mode = getattr(metadata_store_pb2.SqliteMetadataSourceConfig, mode)
        note(f"a file that is not there, {mode}", config)
    memory = metadata_store_pb2.ConnectionConfig()
    memory.sqlite.SetInParent()
    note("no file", memory)
    config = metadata_store_pb2.ConnectionConfig()
    config.fake_database.SetInParent()
    config.retry_options.max_num_retries = 2
    tape.note("tries", mlmd.MetadataStore(config)._max_num_retries)


def downgrading(tape):
    config = metadata_store_pb2.ConnectionConfig()
    config.fake_database.SetInParent()
    tape("to nothing", mlmd.downgrade_schema, config, -1, says="downgrade_to_schema_version not specified")
    tape("to the future", mlmd.downgrade_schema, config, 11, says="MLMD cannot be downgraded to schema_version")
