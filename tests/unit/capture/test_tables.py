"""One table in five forms: pandas, polars, Arrow, Parquet and Feather (and CSV, as far as it states types)."""

from __future__ import annotations

import gzip
import itertools
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lineal.capture.data import fingerprint_of, of_table
from lineal.errors import InvalidArgument, NotFound
from lineal.model.fingerprint import Fingerprinted

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
parquet = pytest.importorskip("pyarrow.parquet")
feather = pytest.importorskip("pyarrow.feather")

NOON = datetime(2013, 1, 5, 12, 30, 0, 250, tzinfo=UTC)
COLUMNS = {
    "bool": pa.array([True, False, None]),
    "int8": pa.array([1, -2, None], pa.int8()),
    "int64": pa.array([1, 2**62, None]),
    "uint16": pa.array([1, 65_535, None], pa.uint16()),
    "float16": pa.array(np.array([1.5, -0.0, 3], "float16")),
    "float32": pa.array([1.5, float("nan"), None], pa.float32()),
    "float64": pa.array([0.1, float("nan"), None]),
    "text": pa.array(["", "Zürich", None]),
    "large text": pa.array(["", "x", None], pa.large_string()),
    "binary": pa.array([b"", b"\0\xff", None]),
    "date": pa.array([date(1969, 12, 31), date(2013, 1, 5), None]),
    "time": pa.array([time(0, 0), time(23, 59, 59, 1), None], pa.time64("us")).cast(
        pa.time64("ns")
    ),  # as polars has it
    "milliseconds": pa.array([0, 1, None], pa.timestamp("ms")),
    "microseconds": pa.array([0, 1, None], pa.timestamp("us")),
    "nanoseconds": pa.array([0, 1, None], pa.timestamp("ns")),
    "UTC": pa.array([NOON, NOON + timedelta(hours=1), None], pa.timestamp("us", "UTC")),
    "Paris": pa.array([NOON, NOON + timedelta(hours=1), None], pa.timestamp("us", "Europe/Paris")),
    "duration": pa.array([timedelta(0), timedelta(days=-1, microseconds=1), None], pa.duration("us")),
    "decimal": pa.array([Decimal("1.50"), Decimal("-2.25"), None], pa.decimal128(9, 2)),
    "category": pa.array(["UA", "B6", None]).dictionary_encode(),
    "list": pa.array([[1, None], [], None], pa.list_(pa.int32())),
    "list of text": pa.array([["a", "bc"], [""], None]),
    "fixed list": pa.array([[1, 2], [3, 4], None], pa.list_(pa.int16(), 2)),
    "struct": pa.array([{"x": 1, "y": "a"}, {"x": None, "y": ""}, None]),
    "list of structs": pa.array([[{"x": 1}], [{"x": None}, None], None]),
    "null": pa.nulls(3),
}
NESTED = {"list", "list of text", "fixed list", "struct", "list of structs"}
NOT_IN_OLD_PANDAS = NESTED | {"time", "float32", "float64"}
"""pandas' older types hold times and nested values as Python's, without their types, and take NaN for missing."""


def the_same(forms: dict[str, Fingerprinted]) -> None:
    for (one, first), (other, second) in itertools.combinations(forms.items(), 2):
        assert first.fingerprint == second.fingerprint, f"{one} and {other}: {first.schema} and {second.schema}"
        assert first.row_set == second.row_set, f"{one} and {other}"


def in_files(table: pa.Table, directory: Path) -> dict[str, Fingerprinted]:
    parquet.write_table(table, directory / "t.parquet")
    feather.write_feather(table, directory / "t.feather")
    with pa.OSFile(str(directory / "t.arrows"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    return {name: of_table(directory / name) for name in ("t.parquet", "t.feather", "t.arrows")}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_has_one_fingerprint_in_every_library_and_every_file(name, tmp_path):
    table = pa.table({"n": [1, 2, 3], "x": COLUMNS[name]})
    forms = {
        "Arrow": fingerprint_of(table),
        "polars": fingerprint_of(pl.from_arrow(table)),
        "pandas": fingerprint_of(table.to_pandas(types_mapper=pd.ArrowDtype)),
        **in_files(table, tmp_path),
    }
    if name not in NOT_IN_OLD_PANDAS:
        forms["pandas, its own types"] = fingerprint_of(own_types(table))
    pl.from_arrow(table).write_parquet(tmp_path / "polars.parquet")
    forms["Parquet by polars"] = of_table(tmp_path / "polars.parquet")
    the_same(forms)


def own_types(table: pa.Table) -> pd.DataFrame:
    """Return the table in pandas' own nullable types, and in NumPy's where there are none of those."""
    own = {
        pa.bool_(): pd.BooleanDtype(),
        pa.int8(): pd.Int8Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.uint16(): pd.UInt16Dtype(),
    }
    return table.to_pandas(types_mapper=own.get)


def test_ordered_categories_are_one_thing_in_every_library_and_file(tmp_path):
    frame = pd.DataFrame({"x": pd.Categorical(["low", "high", None], ["low", "mid", "high"], ordered=True)})
    table = pa.Table.from_pandas(frame)
    enum = pl.DataFrame({"x": pl.Series(["low", "high", None], dtype=pl.Enum(["low", "mid", "high"]))})
    the_same({"pandas": fingerprint_of(frame), "polars": fingerprint_of(enum), **in_files(table, tmp_path)})


@pytest.mark.parametrize(
    "options",
    [
        {"row_group_size": 7},
        {"compression": "zstd"},
        {"compression": "none"},
        {"use_dictionary": False},
        {"use_dictionary": False, "column_encoding": "PLAIN"},
        {"version": "1.0"},
        {"data_page_version": "2.0"},
        {"write_statistics": False},
        {"store_schema": False},
        {"write_page_index": True},
    ],
    ids=str,
)
def test_a_rewritten_parquet_file_with_the_same_rows_keeps_its_logical_fingerprint(options, tmp_path):
    rows = 1_000
    table = pa.table(
        {
            "n": range(rows),
            "word": [f"w{i % 7}" for i in range(rows)],
            "at": pa.array(range(rows), pa.timestamp("us")),
            "late": [i % 3 == 0 for i in range(rows)],
            "maybe": [None if i % 5 == 0 else i / 7 for i in range(rows)],
        }
    )
    parquet.write_table(table, tmp_path / "one.parquet")
    parquet.write_table(table, tmp_path / "other.parquet", **options)
    one, other = of_table(tmp_path / "one.parquet"), of_table(tmp_path / "other.parquet")
    assert (
        fingerprint_of(tmp_path / "one.parquet").fingerprint != fingerprint_of(tmp_path / "other.parquet").fingerprint
    )
    assert one.fingerprint == other.fingerprint == fingerprint_of(table).fingerprint


@pytest.mark.parametrize(
    "write",
    [
        lambda frame, path: frame.to_csv(path, index=False),
        lambda frame, path: frame.to_csv(path, index=False, quoting=2),
        lambda frame, path: frame.to_csv(path, index=False, lineterminator="\r\n"),
        lambda frame, path: frame.to_csv(path, index=False, encoding="utf-8-sig"),
    ],
    ids=["plain", "quoted", "CRLF", "with a byte order mark"],
)
def test_a_csv_file_is_the_frame_that_pandas_and_polars_parse(write, tmp_path):
    frame = pd.DataFrame(
        {
            "carrier": ["UA", None, "B6"],
            "delay": [11, 20, -18],
            "air_time": [227.5, None, 160.25],
            "late": [True, True, False],
            "time_hour": ["2013-01-01 05:00:00", "2013-01-02", None],
        }
    )
    write(frame, tmp_path / "t.csv")
    forms = {
        "CSV": of_table(tmp_path / "t.csv"),
        "pandas": fingerprint_of(pd.read_csv(tmp_path / "t.csv")),
        "Arrow": fingerprint_of(pa.Table.from_pandas(frame)),
    }
    if b'"UA"' not in (tmp_path / "t.csv").read_bytes():  # a quoted missing number makes it a text for polars
        forms["polars"] = fingerprint_of(pl.read_csv(tmp_path / "t.csv"))
    the_same(forms)


def test_a_compressed_csv_file_and_one_with_tabs_hold_the_same_table(tmp_path):
    text = "a,b\n1,x\n2,y\n"
    (tmp_path / "t.csv").write_text(text)
    (tmp_path / "t.tsv").write_text(text.replace(",", "\t"))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    the_same({name: of_table(tmp_path / name) for name in ("t.csv", "t.tsv", "t.csv.gz")})


def test_the_types_of_a_csv_file_are_those_of_all_its_rows(tmp_path):
    lines = ["n,when,code", *(f"{i},2013-01-01,{i}" for i in range(300_000)), "1.5,soon,A1"]
    (tmp_path / "late.csv").write_text("\n".join(lines))
    found = of_table(tmp_path / "late.csv")
    assert found.schema == {"n": "float64", "when": "string", "code": "string"}
    assert found.rows == 300_001


def test_rows_in_another_order_are_the_same_rows_and_another_table(tmp_path):
    frame = pd.DataFrame({"n": range(500), "w": [f"w{i % 9}" for i in range(500)], "f": np.linspace(0, 1, 500)})
    shuffled = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    one, other = fingerprint_of(frame), fingerprint_of(shuffled)
    assert (one.fingerprint == other.fingerprint, one.row_set == other.row_set) == (False, True)
    moved = frame.assign(n=np.roll(frame["n"], 1))  # the same values in every column, in other rows
    assert fingerprint_of(moved).row_set != one.row_set


@pytest.mark.parametrize("name", COLUMNS)
def test_chunks_and_slices_leave_no_trace_in_the_row_set_and_a_changed_cell_does(name):
    column = COLUMNS[name]
    table = pa.table({"x": column})
    reversed_ = pa.table({"x": column.take(pa.array([2, 1, 0]))})
    padded = pa.concat_arrays([column, column, column]).slice(3, 3)
    chunked = pa.chunked_array([column.slice(0, 1), column.slice(1, 2)])
    expected = fingerprint_of(table).row_set
    for other in (reversed_, pa.table({"x": padded}), pa.table({"x": chunked})):
        assert fingerprint_of(other).row_set == expected
    if name != "null":
        assert fingerprint_of(pa.table({"x": column.take(pa.array([0, 0, 2]))})).row_set != expected


def test_texts_of_any_length_have_their_own_hash():
    words = ["", "a", "ab", "ba", "x" * 64, "x" * 65, "x" * 66, "x" * 64 + "y", "\0", "\0\0", None]
    sets = {fingerprint_of(pa.table({"x": pa.array([word], pa.string())})).row_set for word in words}
    assert len(sets) == len(words)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.parquet", b"PAR1 and then nothing", "cannot be read as a table"),
        ("t.feather", b"", "cannot be read as a table"),
        ("t.csv", b"a,b\n1,2\n3\n", "cannot be read as a table"),
        ("t.csv", b"", "cannot be read as a table"),
        ("t.json", b"{}", "is no table"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(name, content, says, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidArgument, match=says):
        of_table(tmp_path / name)


def test_a_table_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        of_table(tmp_path / "gone.parquet")


def test_a_file_larger_than_its_memory_is_read_batch_by_batch(tmp_path):
    rows, groups = 200_000, 20
    schema = pa.schema([("n", pa.int64()), ("x", pa.float64()), ("word", pa.string())])
    with parquet.ParquetWriter(tmp_path / "t.parquet", schema) as writer:
        for group in range(groups):
            n = np.arange(rows, dtype="int64") + group * rows
            writer.write_table(pa.table([n, np.sqrt(n), pa.array(n).cast(pa.string())], schema=schema))
    size = of_table(tmp_path / "t.parquet").bytes
    program = (
        "import sys, pyarrow as pa; from lineal.capture.data import of_table;"
        "print(of_table(sys.argv[1]).fingerprint, pa.default_memory_pool().max_memory())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "t.parquet"], capture_output=True, text=True, check=True
    )
    fingerprint, peak = answer.stdout.split()
    assert fingerprint == of_table(tmp_path / "t.parquet").fingerprint
    assert int(peak) < size / 5


def test_a_damaged_page_of_a_parquet_file_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"x": [f"word {i}" for i in range(5_000)]}), path, compression="zstd")
    data = bytearray(path.read_bytes())
    data[200:400] = bytes(200)
    path.write_bytes(data)
    with pytest.raises(InvalidArgument):
        of_table(path)
