"""Content-addressed bytes: what models and reports are kept in, named by their fingerprint."""

from lineal.files.local import Files

__all__ = ["Files"]
