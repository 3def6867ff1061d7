"""A hook waits for its library: it imports nothing, acts when the program does, and leaves the import as it was."""

from __future__ import annotations

import importlib
import sys

import pytest

from lineal.integrations.imports import when_imported


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A package that is not imported yet."""
    package = tmp_path / "site" / "observed_library"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from observed_library.inner import VALUE\n")
    (package / "inner.py").write_text("VALUE = 1\n")
    (package / "broken.py").write_text("raise ImportError('not here')\n")
    monkeypatch.syspath_prepend(str(package.parent))
    yield "observed_library"
    for name in [name for name in sys.modules if name.startswith("observed_library")]:
        del sys.modules[name]


def test_waiting_imports_nothing_and_the_act_gets_the_whole_module(library):
    seen = []
    when_imported(library, lambda module: seen.append(module.VALUE))
    assert library not in sys.modules
    importlib.import_module(library)
    assert seen == [1]


def test_a_module_that_is_loaded_is_acted_on_at_once():
    seen = []
    when_imported("json", lambda module: seen.append(module.__name__))
    assert seen == ["json"]


def test_the_module_keeps_its_own_loader_and_the_import_system_its_finders(library):
    before = list(sys.meta_path)
    when_imported(library, lambda _module: None)
    module = importlib.import_module(library)
    assert type(module.__loader__).__module__ == "_frozen_importlib_external"
    assert module.__spec__.loader is module.__loader__
    assert sys.meta_path == before


def test_an_act_that_fails_does_not_fail_the_import(library, capsys):
    def explode(_module):
        raise RuntimeError("not this version")

    when_imported(library, explode)
    assert importlib.import_module(library).VALUE == 1
    assert "not this version" in capsys.readouterr().err


def test_an_import_that_fails_fails_as_ever_and_the_hook_still_waits(library):
    seen = []
    undo = when_imported(f"{library}.broken", seen.append)
    with pytest.raises(ImportError, match="not here"):
        importlib.import_module(f"{library}.broken")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("observed_library.missing")
    undo()
    assert seen == []


def test_undo_stops_waiting_and_takes_the_finder_out(library):
    before, seen = list(sys.meta_path), []
    when_imported(library, seen.append)()
    importlib.import_module(library)
    assert (seen, sys.meta_path) == ([], before)
