"""The Python interface of ML Metadata: `MetadataStore` and what goes with it."""

from __future__ import annotations

from lineal.compat.mlmd.metadata_store.metadata_store import (
    ListOptions,
    MetadataStore,
    OrderByField,
    downgrade_schema,
)

__all__ = ["ListOptions", "MetadataStore", "OrderByField", "downgrade_schema"]
