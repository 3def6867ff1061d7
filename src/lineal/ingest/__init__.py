"""Ingest: what other systems recorded, brought into a store, and back."""
