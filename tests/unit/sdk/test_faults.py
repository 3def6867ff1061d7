"""A store that fails never stops the user's code: what it could not take is tried again, and said."""

from __future__ import annotations

import errno
import os
import sqlite3

import pytest

import lineal
from lineal.errors import NotALinealStore, StoreFull, StoreTimeout
from lineal.model.nodes import Artifact, Execution, ExecutionState
from lineal.store.sql import SqlStore
from lineal.workspace import open_workspace


@pytest.fixture
def url(tmp_path, monkeypatch):
    """A workspace whose store waits a moment for another writer, not half a minute."""
    monkeypatch.setattr("lineal.store.dialects.patience.BUSY_SECONDS", 0.01)
    open_workspace(tmp_path).close()
    return f"sqlite:///{tmp_path}/.lineal/lineal.db"


class Lock:
    """Another program that holds the database's write lock."""

    def __init__(self, directory):
        self._connection = sqlite3.connect(directory / ".lineal" / "lineal.db", isolation_level=None)

    def __enter__(self):
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, *_):
        self._connection.execute("ROLLBACK")
        self._connection.close()


def stored(tmp_path):
    with open_workspace(tmp_path, create=False) as workspace:
        runs = list(workspace.store.list(Execution).items)
        artifacts = [artifact.name for artifact in workspace.store.list(Artifact).items]
        metrics = {series.name: list(series.values) for run in runs for series in workspace.store.metrics(run.id)}
        return runs, artifacts, metrics


def test_a_locked_store_at_the_start_is_said_once_and_all_is_recorded_at_the_end(tmp_path, url, capsys):
    with Lock(tmp_path):
        run = lineal.run("train", params={"depth": 4}, url=url)
        unsaved = run.log_dataset([1], name="flights")
        run.log_model({"a": 1}, name="delay")
        run.log_metrics({"rmse": 1.0})
    assert unsaved.id is None
    run.finish()
    [recorded], artifacts, metrics = stored(tmp_path)
    assert recorded.state is ExecutionState.COMPLETE
    assert artifacts == ["flights@v1", "delay@v1"]
    assert metrics == {"rmse": [1.0]}
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("lineal: the start of the run could not be recorded now")


def test_a_store_locked_to_the_end_loses_the_record_and_says_what(tmp_path, url, capsys):
    with Lock(tmp_path), lineal.run("train", url=url) as run:
        run.log_dataset([1], name="flights")
        answer = 42
    assert answer == 42
    assert stored(tmp_path) == ([], [], {})
    assert "not recorded, the store could not be written: flights" in capsys.readouterr().err


def test_a_run_whose_end_the_store_did_not_take_is_ended_by_whoever_opens_it_next(tmp_path, url):
    run = lineal.run("train", url=url)
    with Lock(tmp_path):
        run.finish()
    [recorded], _, _ = stored(tmp_path)
    assert recorded.state is ExecutionState.FAILED
    assert "could not be written" in recorded.properties["error"]
    assert not (tmp_path / ".lineal" / "running").exists()


def test_a_store_that_does_not_answer_is_not_asked_again_with_every_call(tmp_path, url, monkeypatch):
    asked = []
    versions = SqlStore.versions

    def counted(self, *args, **options):
        asked.append(args)
        return versions(self, *args, **options)

    monkeypatch.setattr(SqlStore, "versions", counted)
    with Lock(tmp_path):
        run = lineal.run("train", url=url)
        for number in range(50):
            run.log_dataset([number], name="flights")
        assert asked == []
    run.finish()
    assert len(stored(tmp_path)[1]) == 50


def test_the_users_exception_is_not_hidden_by_a_locked_store(tmp_path, url):
    with Lock(tmp_path), pytest.raises(ZeroDivisionError), lineal.run("train", url=url):
        1 / 0  # noqa: B018


def test_a_strict_run_raises_what_the_store_raises(tmp_path, url):
    with Lock(tmp_path), pytest.raises(StoreTimeout):
        lineal.run("train", url=url, strict=True)
    assert lineal.current_run() is None


def test_a_full_disk_for_a_models_bytes_is_made_good_when_there_is_space(tmp_path, url, monkeypatch):
    with lineal.run("train", url=url) as run:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", _full)
            unsaved = run.log_model({"a": 1}, name="delay")
        assert unsaved.id is None
        assert run.log_model({"b": 2}, name="other").name == "other@v1"
    assert lineal.load_model("model:delay@v1", url=url).model == {"a": 1}


def test_a_strict_run_raises_on_a_full_disk(url, monkeypatch):
    with lineal.run("train", url=url, strict=True) as run, monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _full)
        with pytest.raises(StoreFull):
            run.log_model({"a": 1}, name="delay")


def test_a_file_that_is_no_workspace_is_said_before_the_training_begins(tmp_path):
    other = tmp_path / "notes.db"
    other.write_text("these are my notes, and no database at all")
    with pytest.raises(NotALinealStore):
        lineal.run("train", url=other)
    assert other.read_text().startswith("these are my notes")


def test_a_closed_stderr_is_no_obstacle(tmp_path, url, monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    with Lock(tmp_path), lineal.run("train", url=url) as run:
        run.log_dataset([1], name="flights")
    assert run.execution.id is None


def _full(_descriptor):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_workspace_closed_too_early_does_not_hide_the_users_own_error(tmp_path, capsys):
    workspace = open_workspace(tmp_path)
    run = lineal.run("train", workspace=workspace)
    workspace.close()
    with pytest.raises(ZeroDivisionError), run:
        raise ZeroDivisionError
    assert "the end of the run was not recorded: this store is closed" in capsys.readouterr().err


def test_an_error_with_an_undecodable_file_name_is_recorded_and_raised(tmp_path, url):
    with pytest.raises(FileNotFoundError), lineal.run("train", url=url):
        raise FileNotFoundError("no file caf\udce9.csv")
    [run], _, _ = stored(tmp_path)
    assert run.state is ExecutionState.FAILED
    assert "no file caf\\udce9.csv" in str(run.properties["error"])
