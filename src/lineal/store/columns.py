"""Column types, as each database needs them so that all of them store and compare the same.

Texts compare by their bytes everywhere (SQLite does by itself), numbers have 64 bits, bytes any length.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary, String, Text
from sqlalchemy.dialects.mysql import LONGBLOB, LONGTEXT, VARBINARY

ID = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite gives a rowid table only to INTEGER PRIMARY KEY; BIGINT would add a second index."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql").with_variant(LONGTEXT(), "mysql", "mariadb")
"""Any text; MySQL's TEXT ends at 64 KiB."""

NAME = String(512).with_variant(Text(collation="C"), "postgresql")
"""A text that stands in an index."""

VERSION = NAME.with_variant(String(255), "mysql", "mariadb")
"""A version of a type: InnoDB's keys end at 3,072 bytes, a character counts as four, and a name stands beside it."""

PROPERTY = String(255).with_variant(Text(collation="C"), "postgresql")
"""The name of a property, part of a long key."""

START = String(200).with_variant(Text(collation="C"), "postgresql")
"""The first 200 characters of a property's text."""

BYTES = LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")
"""Bytes of any length."""

# MySQL's BLOB can be a key only by its beginning.
DIGEST = LargeBinary(32).with_variant(VARBINARY(32), "mysql", "mariadb")
TRACE = LargeBinary(16).with_variant(VARBINARY(16), "mysql", "mariadb")
