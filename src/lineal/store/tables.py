"""The tables the ledger binds: number, name and columns, in the order their digest is taken.

`schema` declares the same tables to SQLAlchemy for the migrations; a test holds the two together. A number is
never used again. `id` stands first and `entry`, the ledger entry that wrote the row, last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from lineal.model.ids import NodeKind

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class BoundTable:
    """A table whose rows are bound to the ledger. `typed`: it holds doubles or bytes.

    `later`: so many columns, those before `entry`, came with a later migration. `reserved`: ids up to this one are
    given out by name only. `column_list` are the columns as they stand in a statement, `insert` inserts one row.
    """

    number: int
    name: str
    columns: tuple[str, ...]
    typed: bool = False
    later: int = 0
    reserved: int = 0
    column_list: str = field(init=False)
    insert: str = field(init=False)

    def __post_init__(self) -> None:
        # Written once: the driver finds a statement it has prepared faster where it is the very same text.
        columns, marks = ", ".join(self.columns), ", ".join("?" * len(self.columns))
        object.__setattr__(self, "column_list", columns)
        object.__setattr__(self, "insert", f"INSERT INTO {self.name} ({columns}) VALUES ({marks})")

    def digested(self, row: Sequence[C]) -> Sequence[C]:
        """Return the cells that are bound: without the later columns where none of them has a value.

        So a row keeps the digest it was written with when its table gains columns.
        """
        if not self.later or any(cell is not None for cell in row[-1 - self.later : -1]):
            return row
        return (*row[: -1 - self.later], row[-1])


TYPE = BoundTable(
    1,
    "type",
    (
        "id",
        "kind",
        "name",
        "version",
        "base",
        "properties",
        "description",
        "external_id",
        "created_at",
        "input_type",
        "output_type",
        "entry",
    ),
    later=2,
    reserved=9,
)
ARTIFACT = BoundTable(
    2,
    "artifact",
    (
        "id",
        "type_id",
        "name",
        "uri",
        "fingerprint",
        "state",
        "external_id",
        "properties",
        "custom_properties",
        "created_at",
        "updated_at",
        "entry",
    ),
)
EXECUTION = BoundTable(
    3,
    "execution",
    (
        "id",
        "type_id",
        "name",
        "state",
        "external_id",
        "properties",
        "custom_properties",
        "started_at",
        "ended_at",
        "created_at",
        "updated_at",
        "entry",
    ),
)
CONTEXT = BoundTable(
    4,
    "context",
    (
        "id",
        "type_id",
        "name",
        "external_id",
        "properties",
        "custom_properties",
        "created_at",
        "updated_at",
        "entry",
    ),
)
EVENT = BoundTable(
    5, "event", ("id", "artifact_id", "execution_id", "type", "path", "time", "how", "reproduces", "entry")
)
ATTRIBUTION = BoundTable(6, "attribution", ("id", "artifact_id", "context_id", "entry"))
ASSOCIATION = BoundTable(7, "association", ("id", "execution_id", "context_id", "entry"))
PARENT_CONTEXT = BoundTable(8, "parent_context", ("id", "child_id", "parent_id", "entry"))
ALIAS = BoundTable(9, "alias", ("id", "type_id", "family", "alias", "artifact_id", "time", "entry"))
DECISION = BoundTable(
    10,
    "decision",
    ("id", "action", "artifact_id", "fingerprint", "actor", "reason", "details", "execution_id", "time", "entry"),
)
METRIC = BoundTable(
    11, "metric", ("id", "execution_id", "name", "points", "steps", "samples", "times", "entry"), typed=True
)
PREDICTION = BoundTable(
    12,
    "prediction",
    (
        "id",
        "trace_id",
        "endpoint",
        "revision_id",
        "input_digest",
        "key_id",
        "output",
        "confidence",
        "latency_us",
        "status",
        "time",
        "spool",
        "sequence",
        "entry",
    ),
    typed=True,
)

BOUND = (
    TYPE,
    ARTIFACT,
    EXECUTION,
    CONTEXT,
    EVENT,
    ATTRIBUTION,
    ASSOCIATION,
    PARENT_CONTEXT,
    ALIAS,
    DECISION,
    METRIC,
    PREDICTION,
)

NODE_TABLES = {NodeKind.ARTIFACT: ARTIFACT, NodeKind.EXECUTION: EXECUTION, NodeKind.CONTEXT: CONTEXT}
KIND_NUMBERS = {NodeKind.ARTIFACT: 0, NodeKind.EXECUTION: 1, NodeKind.CONTEXT: 2}

MAP_BITS = 3
"""Low bits of the property index's `map`: twice the kind's number, plus one for the custom properties."""

BLOCK_BITS = 11
"""Where the property index has blocks, nodes whose ids differ only in so many low bits share one."""

ONE_BLOCK = 63
"""As many bits as an id has: all nodes share one block."""

EXEMPT = {
    "ledger_entry": "it is the ledger; each entry is bound by its leaf",
    "revision": "each row is bound by the entry that wrote it when it was current",
    "property_int": "derived from the nodes; the audit derives it again and compares",
    "property_double": "derived from the nodes; the audit derives it again and compares",
    "property_string": "derived from the nodes; the audit derives it again and compares",
    "property_bool": "derived from the nodes; the audit derives it again and compares",
    "alembic_version": "which migration ran last; it holds no lineage",
}
"""Tables no ledger entry lists, each with the reason."""
