"""Item 8: the cells of a notebook in the order they ran, and the notebook's own file where it can be found.

Taken at the start and again at the end: more cells have run by then, and others were edited.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, unknown, withheld
from lineal.capture.program import KEPT_SIZE, notebook_shell
from lineal.capture.secrets import has_secret, redact_counted
from lineal.files import Files
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json

_LARGEST = 64 << 20


def notebook_item(files: Files) -> Captured:
    """Keep the cells run so far as a JSON list of texts, cell n at place n - 1, and say which were edited since.

    A cell that ran twice is there twice. `not_run` counts cells of the file that this kernel has not run: what they
    did in an earlier one is not known. Hidden state shows as cells that ran and are no longer in the file.
    """
    shell = notebook_shell()
    if shell is None:
        return not_applicable("the code does not run in a notebook")
    namespace = getattr(shell, "user_ns", {})
    cells = namespace.get("In")
    if not isinstance(cells, list):
        return unknown("the notebook keeps no list of its cells")
    ran = [str(cell) for cell in cells[1:]]
    clean = [redact_counted(cell) for cell in ran]
    secrets = sum(count for _, count in clean)
    content = json.dumps([text for text, _ in clean], ensure_ascii=False).encode("utf-8", "backslashreplace")
    value: dict[str, Json] = {"fingerprint": files.put_bytes(content), "cells": len(ran)}
    value |= _compared(files, _place(namespace), ran)
    if secrets:
        return withheld(f"secrets cut out of the cells: {secrets}", value)
    edited = value.get("edited_since")
    return captured(value, f"cells edited or deleted since they ran: {edited}" if edited else None)


def _place(namespace: Mapping[str, object]) -> Path | None:
    """Return the notebook's file as Jupyter or an editor says it, or None: a kernel does not know it by itself."""
    for name in (namespace.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if isinstance(name, str) and name.endswith(".ipynb") and Path(name).is_file():
            return Path(name)
    return None


def _compared(files: Files, path: Path | None, ran: Sequence[str]) -> dict[str, Json]:
    if path is None:
        return {"file": None}
    try:
        if path.stat().st_size > _LARGEST:
            return {"file": {"path": str(path), "withheld": "too large to read"}}
        data = path.read_bytes()
        cells = _code_cells(json.loads(data))
    except (OSError, ValueError):
        return {"file": {"path": str(path), "withheld": "it cannot be read"}}
    stored = len(data) <= KEPT_SIZE and not has_secret(data)
    fingerprint = files.put_bytes(data) if stored else of_bytes(data)
    # Text that a kernel runs has lost the blank end of the cell, and its magics are still as written.
    now = {cell.rstrip() for cell in cells}
    seen = {cell.rstrip() for cell in ran}
    return {
        "file": {"path": str(path), "fingerprint": fingerprint, "stored": stored},
        "edited_since": [count for count, cell in enumerate(ran, 1) if cell.rstrip() not in now],
        "not_run": sum(cell.rstrip() not in seen for cell in cells if cell.strip()),
    }


def _code_cells(notebook: object) -> list[str]:
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    code = [cell for cell in cells or () if isinstance(cell, Mapping) and cell.get("cell_type") == "code"]
    sources = [cell.get("source", "") for cell in code]
    return ["".join(source) if isinstance(source, list) else str(source) for source in sources]
