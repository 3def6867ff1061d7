"""Where a workspace lives: from URL, directory, file or nothing to the store's file and its home."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lineal.errors import InvalidArgument, NotFound
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.store.location import check_place, locate, of_database
from lineal.store.open import open_store


def test_a_directory_names_the_workspace_in_it(tmp_path):
    found = locate(tmp_path)
    assert found.database == tmp_path / ".lineal" / "lineal.db"
    assert found.home == tmp_path / ".lineal"
    assert locate(tmp_path / ".lineal") == found
    assert (found.files, found.spool, found.keys) == tuple(found.home / name for name in ("files", "spool", "keys"))


def test_a_file_has_its_home_beside_it(tmp_path):
    found = locate(tmp_path / "flights.db")
    assert found.database == tmp_path / "flights.db"
    assert found.home == tmp_path / "flights.db.lineal"
    (tmp_path / "odd").write_text("")
    assert locate(tmp_path / "odd").database == tmp_path / "odd"


@pytest.mark.parametrize(
    "name", ["a.db", "with space.db", "100%.db", "a?b.db", "a#b.db", "é☃.db", "a%20b.db", "a&b=c.db"]
)
def test_a_url_names_the_file_it_was_made_of(tmp_path, name):
    found = of_database(tmp_path / name)
    assert locate(found.url) == found
    assert "?" not in found.url


def test_a_url_keeps_its_options(tmp_path):
    url = f"sqlite:///{tmp_path}/a.db?synchronous=NORMAL"
    assert locate(url).database == tmp_path / "a.db"
    assert locate(url).url == url


def test_a_relative_url_means_the_current_directory():
    assert locate("sqlite:///x/a.db").database == Path.cwd() / "x" / "a.db"


@pytest.mark.parametrize("place", ["u:p@h:zz", "u@h:99999", "h:s3cret", "[::1]:x"])
def test_a_port_that_is_no_number_is_refused_without_showing_what_may_be_a_password(place):
    for scheme in ("postgresql", "mysql"):
        with pytest.raises(InvalidArgument, match="the port in the workspace's URL") as caught:
            locate(f"{scheme}://{place}/db")
        assert "s3cret" not in str(caught.value)


def test_a_store_is_placed_in_directories_that_are_there_or_in_a_workspace_of_its_own(tmp_path):
    for place in (tmp_path, tmp_path / "new", tmp_path / "store.db", "sqlite://", "postgresql://h/db"):
        check_place(locate(place))
    for place in (tmp_path / "absent" / "new", tmp_path / "absent" / "store.db"):
        with pytest.raises(NotFound, match=r"there is no directory .*absent$"):
            check_place(locate(place))
    assert list(tmp_path.iterdir()) == []


def test_without_a_url_the_nearest_workspace_above_is_found(tmp_path, monkeypatch):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    with pytest.raises(NotFound, match="no Lineal workspace"):
        locate()
    assert locate(create=True).database == deep / ".lineal" / "lineal.db"

    (tmp_path / ".lineal").mkdir()
    (tmp_path / ".lineal" / "lineal.db").touch()
    assert locate().home == locate(create=True).home == tmp_path / ".lineal"


def test_the_environment_names_the_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("LINEAL_URL", str(tmp_path / "x"))
    assert locate().database == tmp_path / "x" / ".lineal" / "lineal.db"
    assert locate(tmp_path / "y.db").database == tmp_path / "y.db"


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite://relative.db", "ftp://host/x", "mongodb://x/y"])
def test_what_is_no_workspace_is_refused_with_an_example(url):
    with pytest.raises(InvalidArgument, match="is not a workspace URL") as caught:
        locate(url)
    assert "sqlite:///FILE" in caught.value.hint


@pytest.mark.parametrize("url", ["https://h", "http://h"])
def test_what_is_not_offered_yet_says_so(url):
    with pytest.raises(InvalidArgument, match="not offered yet"):
        locate(url)


def test_without_a_path_the_store_is_private_and_goes_when_it_is_closed():
    mine, other = locate("sqlite://"), locate("sqlite://")
    assert mine.database != other.database
    store = open_store(mine)
    store.put([Artifact(type="Model", name="m")], by=Origin(actor="ada", action="test"))
    with ThreadPoolExecutor() as threads:
        (found,) = threads.submit(store.named, Artifact, "Model", "m").result()
    assert found.name == "m"
    assert mine.database.exists()
    store.close()
    assert not mine.home.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="platform: processes are not forked here")
def test_a_private_store_outlives_a_forked_child():
    location = locate("sqlite://")
    if (child := os.fork()) == 0:
        location.temporary.remove()
        os._exit(0)
    os.waitpid(child, 0)
    assert location.home.exists()
    location.temporary.remove()
    assert not location.home.exists()


URL = "postgresql://ada:s%40crt@db.example:5433/flights?sslmode=require&timeout=5"


def test_a_store_on_a_server_is_never_shown_with_its_password(tmp_path):
    found = locate(f"{URL}&sslpassword=hidden")
    assert found.database is None
    assert found.shown == "postgresql://ada@db.example:5433/flights?sslmode=require&timeout=5"
    assert "crt" not in repr(found)
    assert "hidden" not in repr(found)


def test_the_home_of_a_store_on_a_server_is_where_it_was_asked_for(tmp_path, monkeypatch):
    assert locate(f"{URL}&home={tmp_path}/h").home == tmp_path / "h"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert locate(URL).home.parent == tmp_path / "data" / "lineal"
    monkeypatch.setenv("LINEAL_HOME", str(tmp_path / "own"))
    assert locate(URL).home.parent == tmp_path / "own"


def test_the_home_of_a_store_on_a_server_depends_on_the_database_alone():
    same = [URL, URL.replace("ada:s%40crt@", ""), URL.partition("?")[0], URL.replace("db.example", "DB.example")]
    assert len({locate(url).home for url in same}) == 1
    others = [URL, URL.replace("5433", "5434"), URL.replace("flights", "trains"), URL.replace("db.", "db2.")]
    assert len({locate(url).home for url in others}) == len(others)


def test_a_server_without_a_database_is_refused_without_showing_the_password():
    with pytest.raises(InvalidArgument, match="names no database") as caught:
        locate("postgresql://ada:secret@host")
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("password", ["se%cret", "s/cret", "s@cret", "s#cret", "s?cret"])
def test_a_password_that_would_be_read_as_another_part_is_refused_and_not_shown(password):
    with pytest.raises(InvalidArgument, match="means something") as refused:
        locate(f"postgresql://ada:{password}@127.0.0.1:1/db")

    assert "cret" not in f"{refused.value} {refused.value.hint}"
