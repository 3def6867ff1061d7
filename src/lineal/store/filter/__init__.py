"""ML Metadata's `filter_query` language: text → tree → SQL with bound values. Called by listings of nodes.

`parse` reads, `compile_filter` gives the condition; both raise FilterSyntaxError with a position and nothing else.
"""

from __future__ import annotations

from lineal.store.filter.compile import CompiledFilter, compile_filter
from lineal.store.filter.grammar import parse
from lineal.store.filter.tree import Expression

__all__ = ["CompiledFilter", "Expression", "compile_filter", "parse"]
