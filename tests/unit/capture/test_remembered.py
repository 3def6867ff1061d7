"""What is remembered of environments: found again under the same stamp, bounded, and never another user's word."""

from __future__ import annotations

import os

import pytest

from lineal.capture import remembered
from lineal.capture.cache_directory import CACHE, cache_directory
from lineal.capture.remembered import DIRECTORY, Remembered


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    return tmp_path / "cache" / DIRECTORY


def test_an_answer_is_found_again_under_the_same_stamp_only():
    memory = Remembered()
    memory.recall("lock", ("numpy", 1), lambda: "old")
    memory.save()
    assert Remembered().recall("lock", ("numpy", 1), lambda: "new") == "old"
    assert Remembered().recall("lock", ("numpy", 2), lambda: "new") == "new"
    assert Remembered().known("lock", ("numpy", 2)) is None


def test_it_is_not_written_again_before_there_is_enough_to_keep(cache):
    memory = Remembered()
    memory.put("lock", 1, "x")
    memory.save(least_s=3600)
    assert not cache.exists()
    memory.save()
    assert len(list(cache.iterdir())) == 1


@pytest.mark.skipif(os.name == "nt", reason="platform: no owners of files")
def test_what_another_user_may_write_is_found_out_again(cache):
    memory = Remembered()
    memory.put("lock", 1, "old")
    memory.save()
    (kept,) = cache.iterdir()
    kept.chmod(0o664)
    assert Remembered().recall("lock", 1, lambda: "new") == "new"


def test_environments_met_longest_ago_are_forgotten(cache, monkeypatch):
    monkeypatch.setattr(remembered, "MOST", 2)
    cache.mkdir(parents=True)
    for number in range(3):
        (cache / f"{number}.json").write_text("{}", encoding="utf-8")
        os.utime(cache / f"{number}.json", (number, number))
    memory = Remembered()
    memory.put("lock", 1, "x")
    memory.save()
    assert sorted(path.name for path in cache.iterdir() if path.stem in "012") == ["2.json"]


def test_without_a_home_directory_nothing_is_remembered_and_nothing_fails(monkeypatch):
    for name in (CACHE, "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # a user that no system knows
    with pytest.raises(RuntimeError):
        cache_directory()
    memory = Remembered()
    assert memory.recall("lock", 1, lambda: "found") == "found"
    memory.save()
