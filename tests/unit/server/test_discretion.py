"""Discretion: no word of a driver, and not where the store lies, leaves the server; what is left says what to do."""

from __future__ import annotations

import psycopg
import pymysql
import pytest

from lineal.compat.mlmd.service.failures import status_of
from lineal.errors import NotFound
from lineal.server.discretion import told
from lineal.store.dialects.mysql_errors import meaning
from lineal.store.dialects.postgresql_errors import translate

PLACE = "mysql://ada@db.example.org:3306/secrets"


@pytest.mark.parametrize(
    "error",
    [
        meaning(pymysql.OperationalError(1045, "Access denied for user 'ada'@'db.example.org'"), PLACE),
        meaning(pymysql.OperationalError(2003, "Can't connect to MySQL server on 'db.example.org'"), PLACE),
        meaning(pymysql.OperationalError(1205, "Lock wait timeout exceeded"), PLACE),
        meaning(pymysql.IntegrityError(1062, "Duplicate entry 'n' for key 'uq_artifact_name'"), PLACE),
        translate(PLACE, psycopg.OperationalError('connection to server at "db.example.org" failed: user "ada"')),
        translate(PLACE, psycopg.OperationalError('database "secrets" does not exist')),
        NotFound(f"there is no Lineal store at {PLACE}"),
    ],
)
def test_no_caller_is_told_host_user_or_database_and_the_log_is(error, caplog):
    status = status_of(error)
    status.__cause__ = error

    for text in (told("GetArtifacts", status), told("GetArtifacts", error)):
        assert not any(word in text for word in ("ada", "example", "secrets", "mysql://"))
        assert len(text) > 15
    assert [record.getMessage() for record in caplog.records] == [
        f"GetArtifacts: {status.message}",
        f"GetArtifacts: {error.message}",
    ]


def test_what_is_about_the_request_is_told_as_it_is(caplog):
    error = NotFound("artifact#7 not found: it is no mysql: or sqlite file")

    assert told("GetArtifacts", error) == error.message
    assert caplog.records == []
