"""The real ML Metadata runs beside ours, in its own interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.peer


def test_the_peer_is_the_last_release_that_still_filters_and_traces(peer):
    script = "import ml_metadata, google.protobuf; print(ml_metadata.__version__, google.protobuf.__version__)"

    version, protobuf = peer.run(script).split()

    assert version == "1.17.1"
    assert protobuf.startswith("4.")


def test_the_peers_interpreter_has_nothing_of_ours(peer, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2] / "src"))

    assert peer.run("import importlib.util as u; print(u.find_spec('lineal'))").strip() == "None"


def test_a_script_gets_its_arguments_and_answers_by_printing(peer, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import sys; print(sys.argv[1:])")

    assert peer.run(script, 1, "two").strip() == "['1', 'two']"
