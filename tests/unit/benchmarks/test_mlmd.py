"""The comparison with ML Metadata: its arithmetic, and a tiny run of all of it beside the real one."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lineal.model.ids import NodeKind
from lineal.model.publication import Origin
from lineal.model.types import NodeType
from lineal.store.location import locate
from lineal.store.open import open_store

ROOT = Path(__file__).resolve().parents[3]
NAMES = {
    "publish",
    "put_batch",
    "put_single",
    "get_1000",
    "get_one",
    "filter_range",
    "filter_two",
    "filter_other",
    "closure_events",
    "closure_full",
}


@pytest.fixture
def measure(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.mlmd import measure as module

    yield module
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)


def test_a_record_holds_seconds_of_one_operation_and_ratios_of_each_round(measure):
    found = measure.record({"lineal": [1.0, 2.0, 4.0], "mlmd": [5.0, 6.0, 8.0]}, times=10)

    assert found["ours"] == 0.2
    assert found["theirs"] == 0.6
    assert found["ratio"] == 3.0
    assert found["ratio_range"] == [2.0, 5.0]
    assert (found["n"], found["rounds"]) == (30, 3)


def test_every_side_stands_beside_the_same_times_of_ml_metadata(measure):
    found = measure.record({"lineal": [1.0], "compat": [2.0], "driver": [0.5], "mlmd": [8.0]}, times=1)

    assert (found["ratio"], found["compat"]["ratio"], found["driver"]["ratio"]) == (8.0, 4.0, 16.0)
    assert found["theirs"] == found["compat"]["theirs"] == found["driver"]["theirs"]


def test_the_worst_of_some_operations_says_which_it_is(measure):
    found = measure.worst({"name": {"ratio": 3.0, "n": 1}, "uri": {"ratio": 0.9, "n": 2}})

    assert found == {"ratio": 0.9, "n": 2, "which": "uri", "all": {"name": 3.0, "uri": 0.9}}


def test_each_way_to_lineal_has_its_own_worst(measure):
    found = measure.worst(
        {"name": {"ratio": 3.0, "compat": {"ratio": 1.0}}, "uri": {"ratio": 2.0, "compat": {"ratio": 1.5}}}
    )

    assert (found["which"], found["compat"]["which"]) == ("uri", "name")


def test_the_figures_of_the_largest_store_come_first_and_hold_those_of_the_others(measure):
    found = measure.merged({100: {"publish": {"ratio": 5.0}}, 1000: {"publish": {"ratio": 4.0}}})

    assert found == {"publish": {"ratio": 4.0, "artifacts": 1000, "at_100": {"ratio": 5.0}}}


class Answering:
    """A side that answers every question with one thing."""

    def __init__(self, name, answer):
        self.name = name
        self.ask = lambda *_question: answer


@pytest.mark.parametrize("theirs", [[1, [2, "a"]], [1], None])
def test_sides_that_answer_differently_are_not_timed(measure, theirs):
    sides = [Answering("lineal", [1, [2, "b"]]), Answering("mlmd", theirs)]

    with pytest.raises(AssertionError, match="mlmd differs from lineal in fill"):
        next(measure.Bench(sides, 1, small=True).measure("directory", 300))


def test_a_store_that_does_not_wait_for_the_disk_is_not_timed(measure, tmp_path):
    from benchmarks.mlmd.lineal_file import durability

    file = tmp_path / "store.db"
    for synchronous in ("FULL", "NORMAL"):
        with closing(open_store(locate(f"sqlite:///{file}?synchronous={synchronous}"))) as store:
            store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="T")], by=Origin(actor="ada", action="test"))
            facts = store.facts()
        if synchronous == "FULL":
            assert durability(file, facts) == "WAL, synchronous=FULL, ledger on"
    with pytest.raises(AssertionError, match="'1'"):
        durability(file, facts)


@pytest.mark.parametrize(
    ("module", "arguments", "said"),
    [
        ("benchmarks.mlmd", ["--rounds", "-1"], "--rounds: must be 1 or more, and is -1"),
        ("benchmarks.mlmd", ["--sizes", "10000", "0"], "--sizes: must be 1 or more, and is 0"),
        ("benchmarks.mlmd", ["--directory", "nowhere"], "--directory: there is no directory nowhere"),
        ("benchmarks", ["--rounds", "0"], "--rounds: must be 1 or more, and is 0"),
        ("benchmarks", ["--only", "nothing"], "--only: invalid choice: 'nothing'"),
        ("benchmarks", ["--directory", "nowhere"], "--directory: there is no directory nowhere"),
    ],
)
def test_a_wrong_option_is_one_line_and_measures_nothing(module, arguments, said):
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr.splitlines()[-1]


@pytest.mark.peer
def test_a_small_run_beside_the_real_one_writes_every_figure(tmp_path):
    result = tmp_path / "mlmd.json"
    command = [sys.executable, "-m", "benchmarks.mlmd", "--small", "--result", result]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    document = json.loads(result.read_text(encoding="utf-8"))
    assert set(document) >= NAMES
    for name, found in document.items():
        assert name in done.stdout
        assert {"ours", "theirs", "ratio", "n"} <= set(found)
        assert found["ratio"] > 0
        assert found["compat"]["ratio"] > 0
        assert found["driver"]["ratio"] > 0
        low, high = found["ratio_range"]
        assert low <= found["ratio"] <= high
        assert found["conditions"]["durability"] == {
            "lineal": "WAL, synchronous=FULL, ledger on",
            "compat": "WAL, synchronous=FULL, ledger on",
            "driver": "WAL, synchronous=FULL, ledger on",
            "mlmd": "journal_mode=DELETE, synchronous=FULL",
        }


def test_the_driver_alone_does_what_lineal_told_it_in_a_store_of_its_own(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.mlmd.driver_side import DriverSide

    side = DriverSide()
    side.fill(str(tmp_path), 300)
    for write in (side.publish, side.put_single, side.put_batch):
        assert write(10_000_000 + 1000 * len(write.__name__), 2) > 0
    assert rows(tmp_path / "driver.db") == rows(tmp_path / "driven.db")


def rows(file):
    with closing(sqlite3.connect(file)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
