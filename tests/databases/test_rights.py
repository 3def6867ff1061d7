"""A user of the database who may only add, as `docs/databases.md` grants it, is all that a program needs."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pymysql
import pytest

from lineal.errors import LinealError
from lineal.model.aliases import Alias
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import EventType
from lineal.model.ids import NodeKind
from lineal.model.listing import ListOptions
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.model.types import NodeType
from lineal.model.values import PropertyType
from lineal.store.location import locate
from lineal.store.open import open_store
from lineal.store.tables import BOUND

BY = Origin(actor="ada", action="test")
CHANGEABLE = ("type", "artifact", "execution", "context", "write_lock")
PASSWORD = "only adds"
REFUSED = "denied|must be owner"


def granted_on_the_page(database):
    """Return the statements that docs/databases.md gives for one who can only add."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "databases.md").read_text(encoding="utf-8")
    _, section = page.split(f"\n## {database}")
    (block,) = re.findall(r"```sql\n(GRANT SELECT.*?)```", section.partition("\n## ")[0], re.DOTALL)
    return [statement for statement in block.split(";\n") if statement]


class Postgresql:
    refusal = psycopg.errors.InsufficientPrivilege

    def __init__(self, server, url):
        self._server = server
        self._name = url.rpartition("/")[2]
        self.url = f"postgresql://writer:only%20adds@127.0.0.1:{server.port}/{self._name}"

    def grant(self):
        with self._server.admin(self._name) as owner:
            owner.execute(f"CREATE ROLE writer LOGIN PASSWORD '{PASSWORD}'")
            for statement in granted_on_the_page("PostgreSQL"):
                owner.execute(statement)

    def revoke(self):
        with self._server.admin(self._name) as owner:
            owner.execute("DROP OWNED BY writer")
            owner.execute("DROP ROLE writer")

    @contextmanager
    def behind(self):
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield connection


class Mariadb:
    refusal = pymysql.err.OperationalError

    def __init__(self, server, url):
        self._server = server
        self._name = url.rpartition("/")[2]
        self.url = f"mysql://writer:only%20adds@127.0.0.1:{server.port}/{self._name}"

    def grant(self):
        with self._server.admin() as connection, connection.cursor() as owner:
            owner.execute("CREATE USER writer IDENTIFIED BY %s", (PASSWORD,))
            for statement in granted_on_the_page("MySQL"):
                owner.execute(statement.replace("lineal.", f"{self._name}."))

    def revoke(self):
        with self._server.admin() as connection, connection.cursor() as owner:
            owner.execute("DROP USER writer")

    @contextmanager
    def behind(self):
        place = {"host": "127.0.0.1", "port": self._server.port, "database": self._name}
        connection = pymysql.connect(user="writer", password=PASSWORD, autocommit=True, **place)
        with connection, connection.cursor() as cursor:
            yield cursor


@pytest.fixture(params=[("postgresql", Postgresql), ("mariadb", Mariadb)], ids=lambda param: param[0])
def writer(request, tmp_path):
    name, kind = request.param
    server = request.getfixturevalue(name)
    url = server.new_database()
    open_store(locate(f"{url}?home={tmp_path}")).close()
    writer = kind(server, url)
    writer.grant()
    yield writer
    writer.revoke()
    server.drop_database(url)


@pytest.fixture
def store(writer, tmp_path):
    store = open_store(locate(f"{writer.url}?home={tmp_path}"))
    yield store
    store.close()


def test_a_user_who_may_only_add_can_do_all_that_a_program_does(store):
    store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="T", properties={"a": PropertyType.INT})], by=BY)
    wider = NodeType(kind=NodeKind.ARTIFACT, name="T", properties=dict.fromkeys("ab", PropertyType.INT))
    store.put_types([wider], by=BY, can_add_fields=True)
    published = store.publish(
        Publication(
            execution=Execution(type="Train", name="run", custom_properties={"rate": 0.1, "s": "x"}),
            uses=[
                Use(artifact=Artifact(type="T", properties={"a": 1}), type=EventType.INPUT),
                Use(artifact=Artifact(type="Model", name="m@1"), type=EventType.OUTPUT, aliases=("newest",)),
            ],
            contexts=[Context(type="Experiment", name="e")],
        ),
        by=BY,
    )
    _, model = published.artifact_ids
    (run,) = store.get(Execution, [published.execution_id])
    store.put([replace(run, custom_properties={"rate": 0.2, "done": True})], by=BY)
    store.put_aliases([Alias(type="Model", family="m", alias="best", artifact_id=model)], by=BY)
    approval = Decision(action=DecisionAction.APPROVE, artifact_id=model, fingerprint=None, actor="eve", reason="good")
    store.put_decisions([approval], by=BY)
    store.put_metrics([MetricSeries(execution_id=run.id, name="loss", steps=[1], values=[0.5], times=[1])], by=BY)
    store.restore([Artifact(type="Model", id=900, name="old", created_at=1, updated_at=1)], by=BY)

    assert [node.id for node in store.list(Execution, ListOptions(filter="custom_properties.done.bool_value")).items]
    assert store.verify().findings == []
    assert store.facts()["missing guards"] == ""


@pytest.mark.parametrize("table", [*(table.name for table in BOUND), "revision", "ledger_entry"])
def test_a_user_who_may_only_add_cannot_take_anything_away(writer, store, table):
    store.put([Artifact(type="Model", name="m")], by=BY)
    with writer.behind() as connection:
        for statement in (f"DELETE FROM {table}", f"DROP TABLE {table}", f"TRUNCATE TABLE {table}"):
            with pytest.raises(writer.refusal, match=REFUSED):
                connection.execute(statement)
        if table not in CHANGEABLE:
            column = "time" if table == "ledger_entry" else "entry"
            with pytest.raises(writer.refusal, match=REFUSED):
                connection.execute(f"UPDATE {table} SET {column} = {column}")
    assert store.verify().findings == []


def test_what_a_user_may_not_do_is_told_as_one_of_ours(writer, store, tmp_path):
    with pytest.raises(LinealError, match="writer@127"):
        open_store(locate(writer.url.rpartition("/")[0] + f"/other?home={tmp_path}"))
