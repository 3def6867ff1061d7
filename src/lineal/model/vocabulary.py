"""The standard types, as data. A store gets them when they are first used; users add their own."""

from __future__ import annotations

from lineal.model.ids import NodeKind, TypeId
from lineal.model.types import NodeType
from lineal.model.values import PropertyType

REVISION = "EndpointRevision"
"""The type of an endpoint's revisions."""

LIVE = "live"
"""The alias of the revision in force."""

PARAM = "param."
"""A run's parameters are its custom properties with this prefix."""

METRIC = "metric."
"""The last values of a run's metrics are its custom properties with this prefix."""

PROCESS = "process"
"""The custom property that runs of one process share: a word of that process alone."""

RECORDED_BY = "recorded_by"
"""The custom property that says how a run came to be recorded: LAUNCHED for a command."""

LAUNCHED = "lineal run"
"""A run that is a command, started by `lineal run -- COMMAND`."""

NEVER_STARTED = "never_started"
"""The custom property of a run whose command could not be started: a typing error is nobody's latest run."""

HIDDEN = "[redacted]"
"""What stands in a record in the place of a secret."""

_INT, _TEXT = PropertyType.INT, PropertyType.STRING

_DATA = {"version": _TEXT, "rows": _INT, "columns": _INT, "bytes": _INT, "schema": PropertyType.STRUCT}
_MODEL = {"version": _TEXT, "framework": _TEXT, "format": _TEXT, "bytes": _INT, "canonical": _TEXT}
_FILE = {"version": _TEXT, "format": _TEXT, "bytes": _INT}
_REVISION = {
    "version": _TEXT,
    "endpoint": _TEXT,
    "environment": _TEXT,
    "model": _TEXT,
    "model_fingerprint": _TEXT,
    "dataset": _TEXT,
    "config": PropertyType.STRUCT,
}
_RUN = {
    "label": _TEXT,
    "run_id": _TEXT,
    "parent_run_id": _TEXT,
    "error": _TEXT,
    "seed": _INT,
    "duration_us": _INT,
    "commit": _TEXT,
    "dirty": PropertyType.BOOLEAN,
    "environment": _TEXT,
    "capture": PropertyType.STRUCT,
}
_GROUP = {"description": _TEXT}


def _types(kind: NodeKind, schemas: dict[str, tuple[str | None, dict[str, PropertyType]]]) -> list[NodeType]:
    return [
        NodeType(kind=kind, name=name, base=base, properties=properties) for name, (base, properties) in schemas.items()
    ]


_ARTIFACTS = _types(
    NodeKind.ARTIFACT,
    {
        "Dataset": (None, _DATA),
        "RawData": ("Dataset", _DATA),
        "Features": ("Dataset", _DATA),
        "Model": (None, _MODEL),
        "Image": (None, _FILE),
        "Metrics": (None, _FILE),
        "Report": (None, _FILE),
        "Environment": (None, _FILE),
        REVISION: (None, _REVISION),
    },
)
_EXECUTIONS = _types(
    NodeKind.EXECUTION,
    dict.fromkeys(
        ("Ingest", "Transform", "Validate", "Train", "Evaluate", "Export", "Package", "Deploy", "Rebuild", "Erase"),
        (None, _RUN),
    ),
)
_CONTEXTS = _types(
    NodeKind.CONTEXT,
    dict.fromkeys(("Experiment", "Pipeline", "PipelineRun", "RegisteredModel", "Endpoint"), (None, _GROUP)),
)

STANDARD_TYPES: dict[tuple[NodeKind, str], NodeType] = {
    (type_.kind, type_.name): type_ for type_ in (*_ARTIFACTS, *_EXECUTIONS, *_CONTEXTS)
}
"""All standard types by kind and name. A base stands before the types that inherit from it."""

_SIMPLE = {
    NodeKind.ARTIFACT: ("Dataset", "Model", "Metrics", "Statistics"),
    NodeKind.EXECUTION: ("Train", "Transform", "Process", "Evaluate", "Deploy"),
}

SIMPLE_TYPES: dict[tuple[NodeKind, str], NodeType] = {
    (kind, f"mlmd.{name}"): NodeType(kind=kind, name=f"mlmd.{name}", id=TypeId(id_))
    for id_, (kind, name) in enumerate(((kind, name) for kind, names in _SIMPLE.items() for name in names), start=1)
}
"""ML Metadata's simple types, which its other types can have as base; the ids 1 to 9 are theirs."""
