"""Where two contents differ, and what in them is no content: by what files hold, without executing anything of it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import pickle
import random
import struct
import tarfile
import zipfile
from pathlib import PurePath

import joblib
import numpy as np
import pytest

from lineal.rebuild.within.look import look_within


class Mean:
    """A model of a program's own."""

    def __init__(self, value, trained_at):
        self.value = value
        self.trained_at = trained_at


class Spy:
    """Something that must not be made again: making it raises."""

    def __reduce__(self):
        return _fail, ()


def _fail():
    raise AssertionError("a pickle was followed")


def _zip(content, year=2026):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in content.items():
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), text)
    return data.getvalue()


def _tar(content, mtime=1):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, text in content.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(text), mtime
            archive.addfile(info, io.BytesIO(text))
    return data.getvalue()


def _svg(date, name, width="1"):
    return f"""<?xml version="1.0"?>
<svg><metadata><dc:date>{date}</dc:date><dc:title>Matplotlib v3.11</dc:title></metadata>
<path id="{name}" d="M 0 0"/><use xlink:href="#{name}" x="7" width="{width}"/></svg>
""".encode()


def _pdf(date, digits, drawn="0 0 m"):
    text = f"%PDF-1.4\n1 0 obj\n<< /CreationDate (D:{date}) >>\nendobj\n2 0 obj\n{drawn}\nendobj\nxref\n0 3\n"
    return f"{text}0000000000 65535 f\ntrailer\n<< /ID [<{digits}> <{digits}>] >>\nstartxref\n99\n%%EOF".encode()


def _xlsx(date, cell="1"):
    core = f'<cp><dcterms:created xsi:type="dcterms:W3CDTF">{date}</dcterms:created></cp>'
    return _zip({"docProps/core.xml": core, "xl/sheet1.xml": f"<c>{cell}</c>"})


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("m.json.gz", gzip.compress(b"{}", mtime=1), gzip.compress(b"{}", mtime=2), "the time in gzip's header"),
        ("w.zip", _zip({"a": "1"}, 2025), _zip({"a": "1"}, 2026), "the dates of members"),
        ("w.tar", _tar({"a": b"1"}, 1), _tar({"a": b"1"}, 2), "the dates and owners of members"),
        ("fit.svg", _svg("2025", "ma0c1decc67"), _svg("2026", "m03f1cf8071"), "the date of the figure"),
        ("fit.pdf", _pdf("2025", "ab"), _pdf("2026", "cd"), "the ID of the PDF"),
        ("fit.eps", b"%!PS\n%%CreationDate: 1\n", b"%!PS\n%%CreationDate: 2\n", "the date of the figure"),
        ("fit.xlsx", _xlsx("2025"), _xlsx("2026"), "the dates of the document"),
        (
            "m.keras",
            _zip({"metadata.json": '{"date_saved": 1}'}),
            _zip({"metadata.json": '{"date_saved": 2}'}),
            "saving",
        ),
        ("metrics.json", b'{"r2": 0.5, "fit_time": 1}', b'{"r2": 0.5, "fit_time": 2}', "fit_time"),
        ("metrics.jsonl", b'{"r2": 1, "ms": 1}\n{"ms": 4}', b'{"r2": 1, "ms": 2}\n{"ms": 5}', "[0].ms"),
        ("history.csv", b"loss,seconds\n1,2\n", b"loss,seconds\n1,3\n", "seconds"),
        ("metrics.yaml", b"r2: 0.5\ntrain_seconds: 1\n", b"r2: 0.5\ntrain_seconds: 2\n", "train_seconds"),
    ],
)
def test_what_a_format_says_of_its_writing_is_no_content(name, before, after, told):
    seen = look_within(PurePath(name), before, after)
    assert seen.is_same
    assert told in " ".join(seen.volatile)


@pytest.mark.parametrize(
    ("name", "before", "after", "words", "rows"),
    [
        (
            "train.log",
            b"10:00:01 a\nb\n",
            b"10:00:02 a\nb\n",
            "line 1, only by a time",
            "'10:00:01 a' became '10:00:02 a'",
        ),
        ("train.log", b"a\nb 1\nc\n", b"a\nb 2\nd\n", "line 2, line 3", "'b 1' became 'b 2'"),
        ("train.log", b"a\r\nb", b"a\nb", "line 1", r"'a\r' became 'a'"),
        ("model.json", b'{"w": [1, {"a.b": 2}]}', b'{"w": [1, {"a.b": 3}]}', 'key w[1]["a.b"]', "'2' became '3'"),
        ("data.json", b'{"fit_time": 1}', b'{"fit_time": 2}', "key fit_time", "'1' became '2'"),
        ("metrics.json", b'{"r2": 1}', b'{"r2": 1.0}', "key r2", "'1' became '1.0'"),
        (
            "m.json.gz",
            gzip.compress(b'{"a": 1}', mtime=0),
            gzip.compress(b'{"a": 2}', mtime=0),
            "key a",
            "'1' became '2'",
        ),
        ("m.txt.bz2", bz2.compress(b"a"), bz2.compress(b"b"), "line 1", "'a' became 'b'"),
        ("w.zip", _zip({"w.json": "[1]"}), _zip({"w.json": "[2]"}), "key [0] of member w.json", "'1' became '2'"),
        (
            "w.zip",
            _zip({"a": "1"}),
            _zip({"b": "1"}),
            "the names of its members, line 1 of member a, line 1 of member b",
            "'a' became 'b'",
        ),
        ("w.tar", _tar({"a": b"1"}), _tar({"a": b"2"}), "line 1 of member a", "'1' became '2'"),
        ("fit.svg", _svg("1", "ma0c1decc67"), _svg("2", "m03f1cf8071", "2"), "line 3", ""),
        ("fit.pdf", _pdf("1", "ab"), _pdf("2", "cd", "1 1 m"), "object 2", ""),
        ("a.bin", b"\0abc", b"\0abd", "byte 4 of 4", ""),
        ("a.bin", b"\0abc", b"\0abcd", "byte 5 of 4, now 5", ""),
        ("m.pkl", pickle.dumps(Mean(1.5, 1e9)), pickle.dumps(Mean(1.5, 2e9)), "its part trained_at", "became"),
        ("m.pkl", pickle.dumps({"w": [1, 2]}), pickle.dumps({"w": [1, 3]}), "its part ['w'][1]", "'2' became '3'"),
        ("m.pkl", pickle.dumps([Spy(), 1]), pickle.dumps([Spy(), 2]), "its part [1]", "'1' became '2'"),
        ("metrics.yaml", b"seconds: 1\n", b"r2: 0.1\n", "line 1", "'seconds: 1' became 'r2: 0.1'"),
        ("metrics.jsonl", b"1\n2", b"[1, 2]", "its form", ""),
        ("people.json", b'{"a@b.org": 1}', b'{"a@b.org": 2}', "a part of it", 'key ["a@b.org"]'),
    ],
)
def test_the_first_part_that_differs_is_named_and_its_values_are_told_apart_from_it(name, before, after, words, rows):
    seen = look_within(PurePath(name), before, after)
    assert seen.words == words
    assert rows in seen.rows


A, B = ["a"], ["b"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([A, B, A], [A, B, B]),
        ({(1, 2): 0}, {(1, 3): 0}),
        ({1: 0}, {"1": 0}),
        ([1], [True]),
        ([b"1"], ["b'1'"]),
        ([b"x"], [bytearray(b"x")]),
        (Mean(1, A), Mean(1, B)),
        ({1, 2}, frozenset({1, 2})),
        ([None], ["None"]),
        ({"x" * 5000 + "a": 1}, {"x" * 5000 + "b": 1}),
    ],
)
def test_pickles_of_different_objects_are_never_taken_for_the_same(before, after):
    assert not look_within(PurePath("m.pkl"), pickle.dumps(before), pickle.dumps(after)).is_same


@pytest.mark.parametrize("compress", [0, 3])
def test_what_joblib_writes_is_looked_into_with_its_arrays(compress, tmp_path):
    things = [
        {"w": np.arange(4.0), "b": np.ones((2, 3), "i4"), "at": 1},
        {"w": np.arange(4.0), "b": np.ones((2, 3), "i4"), "at": 2},
        {"w": np.arange(4.0) + 1, "b": np.ones((2, 3), "i4"), "at": 1},
    ]
    paths = [tmp_path / f"{number}.joblib" for number in range(3)]
    for thing, path in zip(things, paths, strict=True):
        joblib.dump(thing, path, compress=compress)
    first, later, other = (path.read_bytes() for path in paths)
    assert look_within(PurePath("m.joblib"), first, later).words == "its part ['at']"
    assert look_within(PurePath("m.joblib"), first, other).words == "its part ['w'](content)"


def test_a_second_object_in_one_file_is_looked_at_too():
    first = pickle.dumps(1)
    assert not look_within(PurePath("m.pkl"), first + pickle.dumps(2), first + pickle.dumps(3)).is_same


def test_one_object_pickled_in_two_ways_is_the_same_object():
    thing = {"w": [1.5, "a"], "m": Mean(2, None), "t": (1, b"x"), "n": -(2**70)}
    assert look_within(PurePath("m.pkl"), pickle.dumps(thing, 3), pickle.dumps(thing, 5)).is_same


def test_what_unpacks_to_too_much_is_compared_by_its_bytes():
    before, after = (gzip.compress(sign * (40 << 20), mtime=0) for sign in (b"a", b"b"))
    assert look_within(PurePath("a.txt.gz"), before, after).words.startswith("byte ")


def test_too_many_streams_one_after_the_other_are_compared_by_their_bytes():
    before, after = (gzip.compress(b"", mtime=0) * 2_000 + gzip.compress(sign, mtime=0) for sign in (b"1", b"2"))
    assert look_within(PurePath("a.txt.gz"), before, after).words.startswith("byte ")


def test_a_member_that_lies_beyond_every_number_of_bytes_raises_nothing():
    place, plain = struct.pack("<HHQ", 1, 8, 1 << 63), _zip({"a": "1"})
    entry, end = plain.index(b"PK\1\2"), plain.rindex(b"PK\5\6")
    far = bytearray(plain[: entry + 47] + place + plain[entry + 47 :])
    far[entry + 30 : entry + 32] = struct.pack("<H", len(place))
    far[entry + 42 : entry + 46] = b"\xff" * 4
    struct.pack_into("<L", far, end + len(place) + 12, end - entry + len(place))
    assert look_within(PurePath("a.zip"), plain, bytes(far)).words.startswith("byte ")


def test_no_odd_bytes_raise():
    draw = random.Random(7)
    samples = [
        ("a.gz", gzip.compress(b"abc\n" * 50, mtime=0)),
        ("a.zip", _zip({"a": "1", "b.json": "[1]"})),
        ("a.tar", _tar({"a": b"1"})),
        ("a.pdf", _pdf("1", "ab")),
        ("a.svg", _svg("1", "ma0c1decc67")),
        ("metrics.json", json.dumps({"a": [1, {"b": None}]}).encode()),
        ("metrics.csv", b'a,b\n1,"2\n3"\n'),
        ("a.pkl", pickle.dumps({"a": Mean(A, {(1,): B}), "b": {1}, "c": b"x"}) * 2),
    ]
    for name, data in samples:
        for _ in range(60):
            other = bytearray(data[: draw.randrange(1, len(data) + 1)])
            for _ in range(draw.randrange(3)):
                other[draw.randrange(len(other))] = draw.randrange(256)
            look_within(PurePath(name), data, bytes(other))
            look_within(PurePath("x.json"), bytes(other), data)
        assert look_within(PurePath(name), data, data).is_same


def test_a_notebook_says_the_same_where_only_times_and_addresses_differ_and_else_names_the_cell():
    def executed(text, at, result):
        stream = {"output_type": "stream", "name": "stderr", "text": [f"took {at} s"]}
        output = {
            "output_type": "execute_result",
            "metadata": {},
            "data": {"text/plain": [f"<Axes at 0x{at}> {result}"]},
        }
        cell = {
            "cell_type": "code",
            "id": at,
            "metadata": {"execution": at},
            "source": [text],
            "outputs": [stream, output],
        }
        return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}).encode()

    name = PurePath("executed.ipynb")
    same = look_within(name, executed("plot()", "7f01", 5), executed("plot()", "7f02", 5))
    other = look_within(name, executed("plot()", "7f01", 5), executed("plot()", "7f01", 6))
    assert same.is_same
    assert (other.words, other.where) == ("output 1 of cell 1", {"cell": 1, "differing": 1})


@pytest.mark.parametrize(
    ("before", "after"),
    [(["ab"], ["a", "b"]), ({"metadata": 1}, {"metadata": 2}), ([["a"], 1], [["a"], 2])],
)
def test_json_that_a_cell_showed_is_compared_as_json(before, after):
    def executed(shown):
        output = {"output_type": "display_data", "metadata": {}, "data": {"application/json": shown}}
        return json.dumps({"cells": [{"cell_type": "code", "source": "show()", "outputs": [output]}]}).encode()

    seen = look_within(PurePath("executed.ipynb"), executed(before), executed(after))
    assert seen.words == "output 1 of cell 1"
