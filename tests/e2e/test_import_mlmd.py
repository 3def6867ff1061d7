"""`lineal import mlmd` and `lineal export mlmd` as processes, where things go wrong too."""

from __future__ import annotations

import json
import resource
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lineal.ingest.mlmd import schema


@pytest.fixture
def source(tmp_path):
    """A database of ML Metadata with 3,000 artifacts, each read by the next execution."""
    path = tmp_path / "mlmd.db"
    with closing(sqlite3.connect(path)) as connection:
        for statement in (*schema.tables(), *schema.indexes()):
            connection.execute(statement)
        connection.execute("INSERT INTO MLMDEnv VALUES (10)")
        connection.execute("INSERT INTO Type (id, name, type_kind) VALUES (10, 'Data', 1), (11, 'Step', 0)")
        connection.executemany(
            "INSERT INTO Artifact VALUES (?, 10, 'u', 2, ?, NULL, 5, 6)", [(id_, f"a{id_}") for id_ in range(1, 3001)]
        )
        connection.executemany("INSERT INTO Execution VALUES (?, 11, 3, NULL, NULL, 5, 6)", zip(range(1, 301)))
        connection.executemany(
            "INSERT INTO Event VALUES (?, ?, ?, 3, 7)", [(id_, id_, id_ % 300 + 1) for id_ in range(1, 3001)]
        )
        connection.executemany(
            "INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, double_value) VALUES (?, 'd', 1, ?)",
            [(id_, id_ / 4) for id_ in range(1, 3001)],
        )
        connection.commit()
    return path


def equal_tables(document):
    return {table["table"] for table in document["tables"] if table["equal"] is not True}


def test_an_import_ends_with_counts_and_digests_of_both_sides(lineal, source, tmp_path):
    done = lineal("import", "mlmd", str(source), url=tmp_path / "ws")

    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line}
    assert lines["Artifact"][1:6] == ["3,000", "3,000", "0", "0", "0"]
    assert lines["Artifact"][-1] == "yes"
    assert "3,000 doubles have the six decimals" in done.stdout
    assert "(schema 10): 6,302 records written, 0 updated, 0 were there" in done.stderr
    shown = lineal("audit", "log", url=tmp_path / "ws").stdout
    assert "import mlmd" in shown
    assert "grace" in shown
    assert lineal("audit", "verify", url=tmp_path / "ws").returncode == 0


def test_progress_is_drawn_on_a_terminal_and_leaves_json_alone(on_terminal, source, tmp_path):
    written = on_terminal("import", "mlmd", str(source), "--format", "json", url=tmp_path / "ws")

    assert "importing Type: 2 of 2" in written
    assert json.loads(written[written.index("{\n") :])["equal"]


def test_a_dry_run_makes_no_workspace_and_says_what_would_come(lineal, source, tmp_path):
    done = lineal("import", "mlmd", str(source), "--dry-run", "--format", "json", url=tmp_path / "ws")

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["dry_run"], document["written"], document["same"]) == (True, 6302, 0)
    assert not (tmp_path / "ws").exists()


def test_a_difference_is_an_exit_code_of_its_own(lineal, source, tmp_path):
    assert lineal("import", "mlmd", str(source), url=tmp_path / "ws").returncode == 0
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE Artifact SET uri = 'moved' WHERE id = 7")
        connection.execute("DELETE FROM Event WHERE id = 9")
    done = lineal("import", "mlmd", str(source), url=tmp_path / "ws")

    assert done.returncode == 23
    assert "updated: artifact#7: uri; what was there stays in its history" in done.stdout
    assert "differs: Event 9: there nothing, here [9,9,10,3,7000]" in done.stdout
    assert "0 records written, 1 updated, 6,300 were there" in done.stderr
    again = json.loads(lineal("import", "mlmd", str(source), "--format", "json", url=tmp_path / "ws").stdout)
    assert (again["updated"], again["updates"], again["clashes"]) == (0, [], [])
    assert [
        (table["there"], table["here"], table["lost"]) for table in again["tables"] if table["table"] == "Event"
    ] == [(2999, 3000, 1)]
    assert equal_tables(again) == {"Event"}


def test_a_store_with_other_things_is_refused_and_left_as_it_is(lineal, source, own_url):
    before = lineal("audit", "log", "--format", "json", url=own_url).stdout
    done = lineal("import", "mlmd", str(source), url=own_url)

    assert (done.returncode, done.stdout) == (4, "")
    assert "nothing was written" in done.stderr
    assert lineal("audit", "log", "--format", "json", url=own_url).stdout == before


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [(b"", 7, "no database of ML Metadata"), (b"text" * 999, 7, "no SQLite database"), (None, 3, "there is no file")],
)
def test_what_is_no_database_of_ml_metadata_is_one_clear_line(lineal, tmp_path, content, code, message):
    file = tmp_path / "other.db"
    if content is not None:
        file.write_bytes(content)
    done = lineal("import", "mlmd", str(file), url=tmp_path / "ws")

    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "ws").exists()


def test_a_killed_import_goes_on_where_it_ended(lineal, clean_environment, source, tmp_path):
    url = tmp_path / "ws"
    database = url / ".lineal" / "lineal.db"
    command = [sys.executable, "-m", "lineal", "import", "mlmd", str(source), "--batch", "20", "--url", str(url)]
    process = subprocess.Popen(command, env=clean_environment(None), stdout=subprocess.DEVNULL)
    while entries(database) < 30:
        assert process.poll() is None, "the import ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    assert lineal("audit", "verify", url=url).returncode == 0

    done = lineal("import", "mlmd", str(source), "--format", "json", url=url)
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["equal"]
    assert document["same"] >= 29 * 20
    assert document["written"] + document["same"] == 6302
    assert lineal("audit", "verify", url=url).returncode == 0


def entries(database: Path) -> int:
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute("SELECT count(*) FROM ledger_entry").fetchone()[0]
        except sqlite3.OperationalError:  # it is being made
            return 0


def test_a_full_disk_ends_the_import_and_more_room_lets_it_go_on(lineal, clean_environment, source, tmp_path):
    url = tmp_path / "ws"
    done = limited(["import", "mlmd", str(source), "--batch", "100", "--url", str(url)], clean_environment, 900_000)
    assert done.returncode not in {0, 23}
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr

    again = lineal("import", "mlmd", str(source), "--format", "json", url=url)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["equal"]
    assert lineal("audit", "verify", url=url).returncode == 0


def limited(arguments, clean_environment, size):
    """Run `lineal` where no file may grow beyond a size: to it, that is a full disk."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return subprocess.run(
        [sys.executable, "-m", "lineal", *arguments],
        env=clean_environment(None),
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_what_is_exported_can_be_imported_again(lineal, source, tmp_path):
    lineal("import", "mlmd", str(source), url=tmp_path / "ws")
    done = lineal("export", "mlmd", str(tmp_path / "out.db"), "--format", "json", url=tmp_path / "ws")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"]["Artifact"] == 3000
    assert json.loads(done.stdout)["left_out"] == {}

    again = lineal("import", "mlmd", str(tmp_path / "out.db"), url=tmp_path / "second")
    assert again.returncode == 0, again.stderr


def test_an_export_says_what_ml_metadata_cannot_hold(lineal, own_url, tmp_path):
    done = lineal("export", "mlmd", str(tmp_path / "out.db"), url=own_url)

    assert done.returncode == 0
    assert "not in ML Metadata: decision, 2 times" in done.stderr
    assert "not in ML Metadata: prediction, 1 time" in done.stderr
    assert lineal("export", "mlmd", str(tmp_path / "out.db"), url=own_url).returncode == 4


def test_the_word_lineage_may_be_left_out_of_an_export(lineal, url):
    short, long = lineal("export", "model:delay", url=url), lineal("export", "lineage", "model:delay", url=url)

    assert short.returncode == long.returncode == 0
    assert short.stdout == long.stdout
    assert "lineage" in lineal("export", "--help").stdout
