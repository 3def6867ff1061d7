"""The page of commands is what the commands say about themselves."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_commands_is_up_to_date(monkeypatch):
    spec = importlib.util.spec_from_file_location("docs_commands", DOCS / "commands.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, generator)  # its dataclass looks for its own module
    spec.loader.exec_module(generator)

    written = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")

    assert written == generator.page(), "run: python docs/commands.py"
