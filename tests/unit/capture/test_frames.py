from __future__ import annotations

import pytest

from lineal.capture.data import fingerprint_of
from lineal.errors import InvalidArgument

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")


def same(one: object, other: object) -> bool:
    return fingerprint_of(one).fingerprint == fingerprint_of(other).fingerprint


def test_a_frame_tells_its_rows_columns_schema_and_column_fingerprints():
    found = fingerprint_of(pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]}))
    assert (found.kind, found.rule, found.rows, found.columns) == ("frame", 1, 3, 2)
    assert found.schema == {"a": "int64", "b": "string"}
    assert set(found.column_fingerprints) == {"a", "b"}


def test_a_fingerprint_of_rule_one_never_changes():
    table = pa.table(
        {
            "n": pa.array([1, None]),
            "w": ["a", ""],
            "l": [[1.5], []],
            "b": [True, None],
            "t": pa.array([0, 1], pa.timestamp("us", "UTC")),
        }
    )
    assert fingerprint_of(table).fingerprint == FROZEN


def test_a_default_index_is_ignored_and_any_other_is_a_leading_column():
    plain = pd.DataFrame({"x": [1, 2, 3]})
    assert same(plain, pa.table({"x": [1, 2, 3]}))
    assert fingerprint_of(plain[plain.x > 1]).columns == 2
    named = plain.set_index(pd.Index(["a", "b", "c"], name="key"))
    assert same(named, pa.table({"key": ["a", "b", "c"], "x": [1, 2, 3]}))


def test_a_filtered_frame_with_a_fresh_index_is_the_same_content():
    frame = pd.DataFrame({"x": [1, 2, 3]})
    assert same(frame[frame.x > 1].reset_index(drop=True), pl.DataFrame({"x": [2, 3]}))


def test_two_columns_may_have_one_name():
    frame = pd.DataFrame([[1, 2]], columns=["x", "x"])
    swapped = pd.DataFrame([[2, 1]], columns=["x", "x"])
    assert list(fingerprint_of(frame).schema or {}) == ["x", "x #2"]
    assert not same(frame, swapped)


def test_the_order_and_the_names_of_columns_count():
    assert not same(pa.table({"a": [1], "b": [1]}), pa.table({"b": [1], "a": [1]}))
    assert not same(pa.table({"a": [1]}), pa.table({"A": [1]}))


def test_a_column_of_mixed_values_is_refused_by_name():
    with pytest.raises(InvalidArgument, match="column 'mixed'"):
        fingerprint_of(pd.DataFrame({"fine": [1, 2], "mixed": pd.Series([1, "a"], dtype=object)}))


def test_a_lazy_frame_is_refused_with_advice():
    with pytest.raises(InvalidArgument) as caught:
        fingerprint_of(pl.LazyFrame({"x": [1]}))
    assert "collect" in str(caught.value.hint)


def test_ordered_categories_count_and_plain_ones_do_not():
    words = ["a", "b", "a"]
    plain = pd.DataFrame({"x": pd.Categorical(words, ["b", "a"])})
    ordered = pd.DataFrame({"x": pd.Categorical(words, ["a", "b"], ordered=True)})
    other = pd.DataFrame({"x": pd.Categorical(words, ["b", "a"], ordered=True)})
    assert same(plain, pd.DataFrame({"x": words}))
    assert not same(ordered, plain)
    assert not same(ordered, other)
    assert same(other, pl.DataFrame({"x": pl.Series(words, dtype=pl.Enum(["b", "a"]))}))


def test_nan_is_missing_in_pandas_and_a_value_elsewhere_and_the_record_says_so():
    frame = pd.DataFrame({"x": [1.0, float("nan")]})
    assert same(frame, pl.DataFrame({"x": [1.0, None]}))
    assert not same(frame, pl.DataFrame({"x": [1.0, float("nan")]}))
    assert any("NaN" in note for note in fingerprint_of(frame).notes)


def test_series_record_batches_and_sparse_columns_are_frames_too():
    assert same(pd.Series([1, 2], name="x"), pl.Series("x", [1, 2]))
    assert same(pa.RecordBatch.from_pydict({"x": [1, 2]}), pa.table({"x": [1, 2]}))
    assert same(pd.DataFrame({"x": pd.arrays.SparseArray([0, 1, 0])}), pd.DataFrame({"x": [0, 1, 0]}))


def test_period_and_interval_columns_have_a_fingerprint_of_their_own():
    months = pd.DataFrame({"x": pd.period_range("2013-01", periods=2, freq="M")})
    days = pd.DataFrame({"x": pd.PeriodIndex(["2013-01-01", "2013-02-01"], freq="D")})
    assert not same(months, days)
    assert not same(
        pd.DataFrame({"x": pd.interval_range(0, 2)}), pd.DataFrame({"x": pd.interval_range(0, 2, closed="left")})
    )


def test_a_frame_without_rows_or_columns_has_a_fingerprint():
    empty = pa.table({"x": pa.array([], pa.int64())})
    assert fingerprint_of(empty).rows == 0
    assert not same(empty, pa.table({}))


def test_a_parquet_round_trip_keeps_the_fingerprint(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pa.table({"w": pa.array(["a", "b", "a"], pa.large_string()).dictionary_encode(), "n": [1, None, 3]})
    parquet.write_table(table, tmp_path / "x.parquet", row_group_size=2)
    assert same(parquet.read_table(tmp_path / "x.parquet"), table)


FROZEN = "sha256:73246975666cd4e995eb07c063e028d28ddd431d8a664e2fd80ae93069211f2c"
