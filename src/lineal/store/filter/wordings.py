"""The wording of each dialect, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from lineal.store.filter.wording import SQLITE, Wording
from lineal.store.filter.wording_mysql import MysqlWording
from lineal.store.filter.wording_postgresql import PostgresqlWording

WORDINGS: Mapping[str, Wording] = {
    "sqlite": SQLITE,
    "postgresql": PostgresqlWording(),
    "mysql": MysqlWording(),
}
