"""Exactness: an export says which of its doubles are exact, and a re-import believes it as far as it is true."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from lineal.ingest.mlmd.export import export_mlmd
from lineal.ingest.mlmd.run import import_mlmd
from lineal.ingest.mlmd.source import Source
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.store.location import of_database
from lineal.store.open import open_store

BY = Origin(actor="grace", action="test")
EXACT = "an export of Lineal, whose doubles are exact"
ROUNDED = "ML Metadata kept six decimals of each double"


@contextmanager
def reimported(store, directory, *, batch=1):
    """Give a second store with what is exported from the first, and the report."""
    directory.mkdir()
    export_mlmd(store, directory / "out.db")
    with (
        closing(open_store(of_database(directory / "lineal.db"))) as second,
        closing(Source.at(str(directory / "out.db"))) as source,
    ):
        yield second, import_mlmd(source, second, actor="ada", batch=batch)


def said(store, artifact_id):
    """Return what the ledger says about the doubles of an artifact."""
    (artifact,) = store.get(Artifact, [artifact_id])
    (entry,) = store.entries(after=artifact.entry - 1, limit=1)
    return entry.reason.partition("; ")[2]


def test_doubles_that_were_never_rounded_come_back_as_exact(store, tmp_path):
    (key,) = store.put([Artifact(type="Model", custom_properties={"third": 1 / 3})], by=BY)
    with reimported(store, tmp_path / "second") as (second, report):
        assert (report.equal, report.doubles) == (True, 0)
        assert second.get(Artifact, [key.id])[0].custom_properties == {"third": 1 / 3}
        assert {entry.reason.partition("; ")[2] for entry in second.entries()} == {EXACT}


def test_doubles_that_ml_metadata_rounded_once_stay_rounded_through_any_number_of_exports(full, store, bring, tmp_path):
    bring(full)
    (artifact,) = store.get(Artifact, [3])
    store.put([replace(artifact, uri="changed here")], by=BY)
    new = [Artifact(type="DataSet", type_version="v2", custom_properties={"d": 1 / 3}) for _ in range(2)]
    first, last = (key.id for key in store.put(new, by=BY))
    with reimported(store, tmp_path / "second") as (second, report):
        assert (report.equal, report.doubles) == (True, 2)
        with reimported(second, tmp_path / "third") as (third, again):
            assert (again.equal, again.doubles) == (True, 2)
            for where in (second, third):
                assert [said(where, id_) for id_ in (3, 900, first, last)] == [ROUNDED, ROUNDED, EXACT, EXACT]


UPDATED = "UPDATE Artifact SET last_update_time_since_epoch = last_update_time_since_epoch + 1 WHERE id = 2"
ADDED = """
INSERT INTO Artifact (id, type_id, create_time_since_epoch, last_update_time_since_epoch)
SELECT 3, type_id, last_update_time_since_epoch + 1, last_update_time_since_epoch + 1 FROM Artifact WHERE id = 2
"""


@pytest.mark.parametrize("statement", [UPDATED, ADDED])
def test_what_ml_metadata_wrote_into_an_export_since_is_not_called_exact(store, tmp_path, statement):
    store.put([Artifact(type="Model", custom_properties={"third": 1 / 3}) for _ in range(2)], by=BY)
    export_mlmd(store, tmp_path / "out.db")
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection, connection:
        connection.execute(statement)
        connection.execute(
            "INSERT OR IGNORE INTO ArtifactProperty (artifact_id, name, is_custom_property, double_value) "
            "SELECT max(id), 'third', 1, 0.333333 FROM Artifact"
        )
    with (
        closing(open_store(of_database(tmp_path / "second.db"))) as second,
        closing(Source.at(str(tmp_path / "out.db"))) as source,
    ):
        report = import_mlmd(source, second, actor="ada")

    assert (report.equal, report.doubles) == (True, 1)
