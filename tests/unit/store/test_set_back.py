"""A store that was set back: a backup took the place of what this process knows, and others have written since."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from lineal.errors import UnknownType
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.model.types import NodeType
from lineal.store.location import of_database
from lineal.store.open import open_store

BY = Origin(actor="ada", action="test")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def store(path):
    store = open_store(of_database(path))
    yield store
    store.close()


def copy(source, target):
    with closing(sqlite3.connect(source)) as from_, closing(sqlite3.connect(target)) as to:
        from_.backup(to)


def declare(store, name):
    (id_,) = store.put_types([NodeType(kind=NodeKind.ARTIFACT, name=name)], by=BY)
    return id_


def test_a_type_of_before_the_backup_was_restored_is_not_taken_for_another_one(store, path, tmp_path):
    declare(store, "Kept")
    copy(path, tmp_path / "backup.db")
    lost = declare(store, "Lost")
    copy(tmp_path / "backup.db", path)
    with closing(open_store(of_database(path))) as other:
        assert declare(other, "Others") == lost

    store.put([Artifact(type="Kept")], by=BY)
    with pytest.raises(UnknownType, match="Lost"):
        store.put([Artifact(type="Lost")], by=BY)
    store.put([Artifact(type="Others", name="o")], by=BY)
    assert store.named(Artifact, "Others", "o")[0].type == "Others"
    assert store.verify().findings == []


def test_what_others_write_is_no_reason_to_forget(store, path):
    declare(store, "Ours")
    with closing(open_store(of_database(path))) as other:
        declare(other, "Others")
    store.put([Artifact(type="Ours"), Artifact(type="Others")], by=BY)
    assert store._writer.era == 0
