"""Render: the answers to questions about lineage, as text, tables, data and pictures."""
