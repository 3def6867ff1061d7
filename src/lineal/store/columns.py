"""Column types, as each database needs them so that all of them store and compare the same.

Texts compare by their bytes everywhere (SQLite does by itself), numbers have 64 bits, bytes any length.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary, String, Text

ID = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite gives a rowid table only to INTEGER PRIMARY KEY; BIGINT would add a second index."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Any text."""

NAME = String(512).with_variant(Text(collation="C"), "postgresql")
"""A text that stands in an index."""

PROPERTY = String(255).with_variant(Text(collation="C"), "postgresql")
"""The name of a property, part of a long key."""

START = String(200).with_variant(Text(collation="C"), "postgresql")
"""The first 200 characters of a property's text."""

BYTES = LargeBinary()
"""Bytes of any length."""

DIGEST = LargeBinary(32)
TRACE = LargeBinary(16)
