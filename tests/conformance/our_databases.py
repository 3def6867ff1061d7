"""Starts a server of the named kind, `postgresql` or `mariadb`, and ends with its input.

For each line that it reads it prints the URL of a fresh database.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from lineal.store.location import locate
    from lineal.store.open import open_store
    from tests.servers.mariadb import MariadbServer
    from tests.servers.postgresql import PostgresServer

    server = {"postgresql": PostgresServer, "mariadb": MariadbServer}[sys.argv[1]]()
    try:
        options = {}
        if isinstance(server, PostgresServer):  # copies a store faster than it makes one
            first = server.new_database()
            open_store(locate(first)).close()
            options["template"] = first.rpartition("/")[2]
        for _ in sys.stdin:
            print(server.new_database(**options), flush=True)  # noqa: T201  the reader's answer
    finally:
        server.close()
