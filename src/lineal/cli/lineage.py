"""`lineal trace`, `impact`, `diff`, `paths` and `check`: questions about the graph."""

from __future__ import annotations
