"""The servers that other tests stand on: an empty database each, back after a kill, gone after the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
import psycopg
import pymysql
import pytest

ROOT = Path(__file__).resolve().parents[3]

WORDS = "CREATE TABLE word (id INTEGER PRIMARY KEY, text VARCHAR(20))"


def connect(url):
    """Connect as a user of the store would."""
    parts = urlsplit(url)
    place = {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": unquote(parts.password)}
    if parts.scheme == "postgresql":
        return psycopg.connect(dbname=parts.path[1:], autocommit=True, **place)
    return pymysql.connect(database=parts.path[1:], autocommit=True, **place)


def ask(url, statement):
    connection = connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def url(server):
    url = server.new_database()
    yield url
    server.drop_database(url)


def test_every_database_is_empty_and_its_own(server, url):
    ask(url, WORDS)
    other = server.new_database()
    ask(other, WORDS)
    server.drop_database(other)
    assert list(ask(url, "SELECT * FROM word")) == []


def test_a_killed_server_comes_back_on_its_port_with_what_was_committed(server, url):
    ask(url, WORDS)
    ask(url, "INSERT INTO word VALUES (1, 'kept')")
    server.kill()
    with pytest.raises((psycopg.OperationalError, pymysql.OperationalError)):
        connect(url)
    server.start()
    assert list(ask(url, "SELECT * FROM word")) == [(1, "kept")]


def test_a_restarted_server_keeps_its_data(server, url):
    ask(url, WORDS)
    ask(url, "INSERT INTO word VALUES (1, 'kept')")
    server.restart()
    assert list(ask(url, "SELECT * FROM word")) == [(1, "kept")]


def test_a_database_in_use_can_be_dropped(server):
    url = server.new_database()
    connection = connect(url)
    connection.cursor().execute(WORDS)
    connection.cursor().execute("BEGIN")
    connection.cursor().execute("INSERT INTO word VALUES (1, 'held')")
    server.drop_database(url)
    with pytest.raises((psycopg.Error, pymysql.Error)):
        connect(url)
    connection.close()


LEFT_ALONE = """
import sys
from tests.servers.{module} import {name}
server = {name}()
print(server.pid, server.directory, flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize(("module", "name"), [("postgresql", "PostgresServer"), ("mariadb", "MariadbServer")])
def test_a_server_ends_with_the_tests_even_if_they_are_killed(request, module, name):
    request.getfixturevalue(module)  # skips where it is not installed
    program = LEFT_ALONE.format(module=module, name=name)
    tests = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    pid, directory = tests.stdout.readline().split()
    server = psutil.Process(int(pid))
    (keeper,) = [child for child in psutil.Process(tests.pid).children() if "keeper" in " ".join(child.cmdline())]
    os.kill(tests.pid, signal.SIGKILL)
    tests.communicate()
    psutil.wait_procs([server, keeper], timeout=30)
    assert not server.is_running()
    assert not Path(directory).exists()
