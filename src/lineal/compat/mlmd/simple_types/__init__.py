"""The message that lists ML Metadata's simple types; the types themselves are in `metadata_store.mlmd_types`."""
