"""The calls a data scientist types."""
