"""Versions of data kept elsewhere, as a path, a URL or metadata beside it says them; one file a system, no network."""
