"""Render: the answers to questions about lineage, as text, tables, data and pictures."""

from lineal.lineage.render.choose import Answer, document_of, formats_of, render, table_of

__all__ = ["Answer", "document_of", "formats_of", "render", "table_of"]
