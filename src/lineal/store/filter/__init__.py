"""The filter language (being written)."""

from __future__ import annotations

from typing import NamedTuple

from lineal.model.ids import NodeKind


class CompiledFilter(NamedTuple):
    sql: str
    parameters: tuple[int | float | str, ...]


def compile_filter(text: str, kind: NodeKind) -> CompiledFilter:
    raise NotImplementedError
