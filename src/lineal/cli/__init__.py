"""The `lineal` command: one file per command family, `main` is the entry point."""

from lineal.cli.app import main

__all__ = ["main"]
