from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.capture.data import fingerprint_of
from lineal.model.fingerprint import of_value

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1))  # noqa: DTZ001 — the zone is added where wanted
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
COLUMNS: dict[str, tuple[pa.DataType, st.SearchStrategy[object]]] = {
    "bool": (pa.bool_(), st.booleans()),
    "int8": (pa.int8(), st.integers(-128, 127)),
    "uint16": (pa.uint16(), st.integers(0, 2**16 - 1)),
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "float32": (pa.float32(), st.floats(width=32, allow_nan=False)),
    "float64": (pa.float64(), st.floats(allow_nan=False)),
    "text": (pa.string(), TEXT),
    "bytes": (pa.binary(), st.binary(max_size=6)),
    "date": (pa.date32(), st.dates(min_value=date(1900, 1, 1))),
    "time": (pa.time64("us"), st.times()),
    "timestamp_us": (pa.timestamp("us"), INSTANTS),
    "timestamp_utc": (pa.timestamp("us", "UTC"), INSTANTS.map(lambda at: at.replace(tzinfo=UTC))),
    "duration": (pa.duration("us"), st.timedeltas(timedelta(days=-900), timedelta(days=900))),
    "decimal": (pa.decimal128(20, 3), st.decimals(-(10**9), 10**9, places=3)),
    "list": (pa.list_(pa.int32()), st.lists(st.none() | st.integers(-9, 9), max_size=3)),
    "fixed": (pa.list_(pa.int16(), 2), st.lists(st.integers(-9, 9), min_size=2, max_size=2)),
    "struct": (
        pa.struct([("x", pa.int32()), ("y", pa.string())]),
        st.fixed_dictionaries({"x": st.none() | st.integers(0, 9), "y": st.none() | TEXT}),
    ),
    "map": (
        pa.map_(pa.string(), pa.int32()),
        st.lists(st.tuples(TEXT, st.none() | st.integers(0, 9)), max_size=3),
    ),
    "category": (pa.dictionary(pa.int32(), pa.string()), st.sampled_from(["a", "b", "c"])),
    "month_interval": (pa.month_day_nano_interval(), st.tuples(*[st.integers(0, 9)] * 3)),
    "fixed_bytes": (pa.binary(3), st.binary(min_size=3, max_size=3)),
}


def fingerprint(thing: object) -> str:
    return fingerprint_of(thing).fingerprint


def column(name: str, values: list[object]) -> pa.Array:
    type_ = COLUMNS[name][0]
    if pa.types.is_dictionary(type_):
        return pa.array(values, type_.value_type).dictionary_encode()
    return pa.array(values, type_)


@st.composite
def cells(draw: st.DrawFn, name: str, *, min_size: int = 0) -> list[object]:
    return draw(st.lists(st.none() | COLUMNS[name][1], min_size=min_size, max_size=12))


@pytest.mark.parametrize("name", sorted(COLUMNS))
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_chunks_slices_and_padding_leave_no_trace(name, data):
    values = data.draw(cells(name))
    extra = data.draw(cells(name, min_size=1))
    whole = pa.table({"x": column(name, values)})
    padded = column(name, [*extra, *values, *extra])
    sliced = padded.slice(len(extra), len(values))
    cut = data.draw(st.integers(0, len(values)))
    chunked = pa.chunked_array([column(name, values[:cut]), column(name, values[cut:])], whole.column(0).type)
    assert fingerprint(pa.table({"x": sliced})) == fingerprint(whole)
    assert fingerprint(pa.table({"x": chunked})) == fingerprint(whole)


@pytest.mark.parametrize("name", sorted(COLUMNS))
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_changed_cell_changes_the_frame_and_names_its_column(name, data):
    values = data.draw(cells(name, min_size=1))
    at = data.draw(st.integers(0, len(values) - 1))
    other = data.draw((st.none() | COLUMNS[name][1]).filter(lambda value: not same_cell(name, value, values[at])))
    before = fingerprint_of(pa.table({"x": column(name, values), "y": list(range(len(values)))}))
    changed = [*values[:at], other, *values[at + 1 :]]
    after = fingerprint_of(pa.table({"x": column(name, changed), "y": list(range(len(values)))}))
    assert before.fingerprint != after.fingerprint
    assert before.column_fingerprints["x"] != after.column_fingerprints["x"]
    assert before.column_fingerprints["y"] == after.column_fingerprints["y"]


def same_cell(name: str, one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return column(name, [one]).equals(column(name, [other]))


@pytest.mark.parametrize(
    "name", ["bool", "int8", "uint16", "int64", "float32", "float64", "text", "bytes", "timestamp_us", "timestamp_utc"]
)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_pandas_polars_and_arrow_give_one_fingerprint_for_one_content(name, data):
    values = data.draw(cells(name, min_size=1))
    table = pa.table({"x": column(name, values), "n": pa.array(range(len(values)), pa.int32())})
    expected = fingerprint(table)
    assert fingerprint(pl.from_arrow(table)) == expected
    assert fingerprint(table.to_pandas(types_mapper=pd.ArrowDtype)) == expected
    if None not in values:
        assert fingerprint(table.to_pandas()) == expected


@given(st.lists(st.integers(0, 99), min_size=2, max_size=20, unique=True), st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_counts(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    same = fingerprint(pa.table({"x": values})) == fingerprint(pa.table({"x": shuffled}))
    assert same == (values == shuffled)


@given(st.lists(TEXT | st.none(), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_the_layout_of_text_leaves_no_trace(values):
    plain = pa.array(values, pa.string())
    expected = fingerprint(pa.table({"x": plain}))
    for other in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int16(), pa.string())):
        encoded = plain.dictionary_encode() if pa.types.is_dictionary(other) else plain.cast(other)
        assert fingerprint(pa.table({"x": encoded})) == expected
    assert fingerprint(pa.table({"x": plain.cast(pa.binary())})) != expected


def big_frame(rows: int = 20_000) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "n": np.arange(rows),
            "late": np.arange(rows) % 3 == 0,
            "at": pd.Timestamp("2013-01-01") + pd.to_timedelta(np.arange(rows), "min"),
            "word": [f"w{i}" for i in range(rows)],
        }
    )


@pytest.mark.parametrize(
    ("column_name", "change"),
    [
        ("n", lambda old: old + 1),
        ("late", lambda old: not old),
        ("at", lambda old: old + pd.Timedelta(microseconds=1)),
        ("word", lambda old: old + " "),
    ],
)
@pytest.mark.parametrize("row", [0, 10_001, 19_999])
def test_a_change_in_any_row_of_any_type_is_seen(column_name, change, row):
    before, frame = fingerprint_of(big_frame()), big_frame()
    frame.loc[row, column_name] = change(frame.loc[row, column_name])
    after = fingerprint_of(frame)
    differing = {
        name
        for name in before.column_fingerprints
        if before.column_fingerprints[name] != after.column_fingerprints[name]
    }
    assert differing == {column_name}
    assert after.schema == before.schema


def test_every_flipped_bool_and_every_shifted_timestamp_is_seen():
    before = fingerprint(big_frame())
    flipped, shifted = big_frame(), big_frame()
    flipped["late"] = ~flipped["late"]
    shifted["at"] = shifted["at"] + pd.DateOffset(years=1)
    assert len({before, fingerprint(flipped), fingerprint(shifted)}) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([0.0]), pa.array([-0.0])),
        (pa.array([float("nan")]), pa.array([None], pa.float64())),
        (pa.array([1], pa.int32()), pa.array([1], pa.int64())),
        (pa.array([1], pa.timestamp("us")), pa.array([1], pa.timestamp("ns"))),
        (pa.array([1], pa.timestamp("us")), pa.array([1], pa.timestamp("us", "UTC"))),
        (pa.array([1], pa.timestamp("us", "Europe/Paris")), pa.array([1], pa.timestamp("us", "UTC"))),
        (pa.array([Decimal("1.0")]), pa.array([Decimal("1.00")])),
        (pa.array([[]], pa.list_(pa.int8())), pa.array([None], pa.list_(pa.int8()))),
        (pa.array([["a", "b"], ["c"]]), pa.array([["a"], ["b", "c"]])),
        (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
        (pa.array([{"x": None}]), pa.array([None], pa.struct([("x", pa.null())]))),
        (pa.array([None]), pa.array([None], pa.int8())),
    ],
    ids=str,
)
def test_things_that_look_alike_differ(one, other):
    assert fingerprint(pa.table({"x": one})) != fingerprint(pa.table({"x": other}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([1.5, None]), pa.array([1.5, 2.5], mask=np.array([False, True]))),
        (
            pa.array([Decimal("1.50"), Decimal("-2.25")]),
            pa.array([Decimal("1.50"), Decimal("-2.25")], pa.decimal256(40, 2)),
        ),
        (pa.array([[1], None]), pa.array([[1], None], pa.large_list(pa.int64()))),
        (pa.array([[1], [2, 3]]), pa.array([[1], [2, 3]], pa.list_view(pa.int64()))),
        (pa.array([1, 1, 2]), pa.RunEndEncodedArray.from_arrays([2, 3], [1, 2])),
        (
            pa.array(np.array([0x7FF8000000000000, 0xFFF8000000000001], "u8").view("f8")),
            pa.array([float("nan"), float("nan")]),
        ),
    ],
    ids=["slots under nulls", "decimal width", "large list", "list view", "run ends", "bits of NaN"],
)
def test_layouts_of_one_content_agree(one, other):
    assert fingerprint(pa.table({"x": one})) == fingerprint(pa.table({"x": other}))


def test_unions_dense_and_sparse_agree_and_see_each_value():
    codes = pa.array([0, 1, 0], pa.int8())
    sparse = pa.UnionArray.from_sparse(codes, [pa.array([1, 0, 3]), pa.array(["", "b", ""])])
    dense = pa.UnionArray.from_dense(codes, pa.array([0, 0, 1], pa.int32()), [pa.array([1, 3]), pa.array(["b"])])
    other = pa.UnionArray.from_dense(codes, pa.array([0, 0, 1], pa.int32()), [pa.array([1, 4]), pa.array(["b"])])
    assert fingerprint(pa.table({"x": sparse})) == fingerprint(pa.table({"x": dense}))
    assert fingerprint(pa.table({"x": dense})) != fingerprint(pa.table({"x": other}))
    assert fingerprint(pa.table({"x": sparse.slice(1)})) == fingerprint(pa.table({"x": dense.slice(1)}))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN, PLAIN)
@settings(max_examples=300, deadline=None)
def test_plain_values_agree_exactly_when_they_are_the_same_value(one, other):
    assert (of_value(one) == of_value(other)) == (tagged(one) == tagged(other))


def tagged(value: object) -> object:
    if isinstance(value, dict):
        return ("map", sorted((key, repr(tagged(item))) for key, item in value.items()))
    if isinstance(value, list):
        return ("list", [tagged(item) for item in value])
    return (type(value).__name__, repr(value))


@given(st.dictionaries(st.text(max_size=4), st.integers(), max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_order_of_keys_does_not_count(value):
    assert of_value(value) == of_value(dict(reversed(value.items())))


def test_time_of_day_and_date_columns_agree_between_pandas_and_arrow():
    values = {"t": [time(1, 2, 3), None], "d": [date(2013, 1, 1), None]}
    assert fingerprint(pd.DataFrame(values, dtype=object)) == fingerprint(pa.table(values))
