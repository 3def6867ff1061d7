"""A throw-away MariaDB, or MySQL where that is what the system has."""

from __future__ import annotations

import getpass
import itertools
import os
import shutil
import socket
import subprocess
from urllib.parse import quote

import pymysql

from tests.servers.process import NotInstalled, ServerProcess

HOW_TO_INSTALL = "MariaDB is not there: apt-get install mariadb-server (or brew install mariadb)"

USER, PASSWORD = "lineal", "a s:e/c@r%e?t"
"""Whom the tests connect as: no SUPER, and a password that a URL must quote."""

# Small and quick; what decides about durability keeps its default.
_SETTINGS = (
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=32M",
    "--max-connections=100",
    "--performance-schema=OFF",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--max-allowed-packet=16M",
)


class MariadbServer:
    """A MariaDB of the tests' own; `options` are added to its command line. Raises NotInstalled where there is none."""

    name = "mariadb"

    def __init__(self, options=()):
        self._program = find_program()
        self._options = tuple(options)
        self._numbers = itertools.count(1)
        self._process = ServerProcess(self.name)
        self._data = self.directory / "data"
        self._socket = self.directory / "socket"
        self._user = [f"--user={getpass.getuser()}"] if os.geteuid() == 0 else []
        try:
            self._install()
        except BaseException:
            self._process.close()
            raise

    def _install(self):
        if "MariaDB" in _version(self._program):
            installer = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
            method = "--auth-root-authentication-method=normal"
            self._process.run(
                installer, "--no-defaults", f"--datadir={self._data}", method, "--skip-test-db", *self._user
            )
        else:
            self._process.run(
                self._program, "--no-defaults", "--initialize-insecure", f"--datadir={self._data}", *self._user
            )
        self.start()
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE USER {USER} IDENTIFIED BY %s", (PASSWORD,))

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

    def admin(self, database=None):
        """Return the administrator's connection, each statement a transaction of its own."""
        return pymysql.connect(unix_socket=str(self._socket), user="root", database=database, autocommit=True)

    def new_database(self):
        """Make an empty database and return its URL."""
        name = f"test_{next(self._numbers)}"
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            cursor.execute(f"GRANT ALL ON {name}.* TO {USER}")
        return self.url(name)

    def url(self, database):
        """Return the URL of a database for `lineal.open()`."""
        return f"mysql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def drop_database(self, url):
        """Remove a database. Sessions that hold its locks are ended first, lest it waits for them."""
        if self.pid is None:
            return
        name = url.rpartition("/")[2]
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", (name,))
            for (session,) in cursor.fetchall():
                try:
                    cursor.execute(f"KILL {session}")
                except pymysql.OperationalError:
                    continue
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")

    def start(self):
        """Start it on its port, and wait until it answers."""
        place = [f"--datadir={self._data}", f"--socket={self._socket}", f"--pid-file={self.directory}/pid"]
        net = ["--bind-address=127.0.0.1", f"--port={self.port}"]
        command = [self._program, "--no-defaults", *place, *net, *self._user, *_SETTINGS, *self._options]
        self._process.start(command, self._answers)

    def stop(self):
        """Stop it as an administrator does: sessions are ended, nothing is lost."""
        self._process.stop()

    def restart(self):
        """Stop it and start it on the same port."""
        self.stop()
        self.start()

    def kill(self):
        """Kill it without warning (kill -9); `start` brings it back."""
        self._process.kill()

    def frozen(self):
        """Return a block in which it neither hears nor says anything."""
        return self._process.frozen()

    def close(self):
        """End it and remove all it wrote."""
        self._process.close()

    def _answers(self):
        try:
            # PyMySQL forgets to close a local socket that it could not connect, so that is found out without it.
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self._socket))
            self.admin().close()
        except (OSError, pymysql.OperationalError):
            return False
        return True


def find_program():
    """Return the server's program."""
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    for name in ("mariadbd", "mysqld"):
        found = shutil.which(name, path=places)
        if found is not None:
            return found
    raise NotInstalled(HOW_TO_INSTALL)


def _version(program):
    return subprocess.run([program, "--no-defaults", "--version"], capture_output=True, text=True, check=True).stdout
