"""The page of commands is what the commands say about themselves."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_commands_is_up_to_date():
    spec = importlib.util.spec_from_file_location("docs_commands", DOCS / "commands.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)

    written = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")

    assert written == generator.page(), "run: python docs/commands.py"
