"""Migrations: how a database becomes a store, and an older store a newer one.

Alembic runs the files in `versions`. A new SQLite store is made from `sqlite.sql` instead, the snapshot of what they
lead to (`make schema` writes it, a test compares), because loading Alembic costs ten times the first run.
"""
