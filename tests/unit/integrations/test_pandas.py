"""pandas: one observation a read and a write, with the path and the frame itself."""

from __future__ import annotations

import io
import pickle
import sys
import warnings
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from lineal.errors import InvalidArgument
from lineal.integrations.libraries import install


@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "feather", "pickle"])
def test_a_frame_is_seen_where_it_is_written_and_where_it_is_read(heard, kind):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    getattr(frame, f"to_{kind}")(f"flights.{kind}")
    found = getattr(pd, f"read_{kind}")(f"flights.{kind}")

    (written,), (read,) = heard.writes, heard.reads
    assert (written.path, written.by) == (f"flights.{kind}", f"pandas.to_{kind}")
    assert written.thing is frame
    assert (read.path, read.by) == (f"flights.{kind}", f"pandas.read_{kind}")
    assert read.thing is found


def test_arguments_by_name_paths_and_open_files_are_understood_and_members_of_archives_are_no_files(heard, tmp_path):
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    pd.read_csv(sep=";", filepath_or_buffer=tmp_path / "a.csv")
    with Path("a.csv").open(encoding="utf-8") as file:
        pd.read_csv(file)
    pd.read_csv(io.StringIO("a\n1\n"))
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.writestr("b.csv", "a\n1\n")
    with zipfile.ZipFile("all.zip") as archive, archive.open("b.csv") as member:
        pd.read_csv(member)
    assert [read.path for read in heard.reads] == [str(tmp_path / "a.csv"), "a.csv"]


def test_text_that_is_given_back_is_no_write(heard):
    assert pd.Series([1]).to_csv() == ",0\n0,1\n"
    assert heard.writes == []


def test_a_hooked_reader_can_be_sent_to_another_process(heard):
    assert pickle.loads(pickle.dumps(pd.read_csv)) is pd.read_csv
    assert pickle.loads(pickle.dumps(pd.DataFrame.to_csv)) is pd.DataFrame.to_csv
    assert heard.reads == []


def test_a_warning_of_the_library_still_names_the_users_line(heard, tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2,3\n4,5,6\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pd.read_csv("a.csv", index_col=False)
    assert {warning.filename for warning in caught} == {__file__}


def test_after_undo_the_library_is_as_it_was():
    before = (pd.read_csv, pd.DataFrame.to_csv, sys.modules["pandas.io.api"].read_csv, dict(vars(pd.Series)))
    install(object()).undo()
    assert (pd.read_csv, pd.DataFrame.to_csv, sys.modules["pandas.io.api"].read_csv, dict(vars(pd.Series))) == before


def test_a_disabled_library_is_left_alone_and_an_unknown_one_is_said():
    before = pd.read_csv
    patches = install(object(), disable=["pandas"])
    assert pd.read_csv is before
    patches.undo()
    with pytest.raises(InvalidArgument, match="no integration called panda"):
        install(object(), disable=["panda"])
