"""Starts a server of the named kind, `postgresql` or `mariadb`, and ends with its input.

For each line that it reads it prints the URL of a fresh database.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from tests.servers.mariadb import MariadbServer
    from tests.servers.postgresql import PostgresServer

    server = {"postgresql": PostgresServer, "mariadb": MariadbServer}[sys.argv[1]]()
    try:
        for _ in sys.stdin:
            print(server.new_database(), flush=True)  # noqa: T201  the reader's answer
    finally:
        server.close()
