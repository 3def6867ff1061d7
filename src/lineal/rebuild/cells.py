"""Runs the recorded cells of a notebook in their order, in one kernel-like shell.

A script of its own (`python cells.py CELLS.json`): it is executed in the rebuilt environment, which may hold no Lineal.
"""

from __future__ import annotations

import json
import linecache
import sys
import traceback
import types
from pathlib import Path


def main(path: str) -> int:
    """Run all cells and return the exit status: 1 at the first that fails, 3 where IPython is needed and missing."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))
    sys.argv = [""]
    sys.path[0] = ""  # a kernel finds modules in its working directory, not beside this file
    try:
        from IPython.core.interactiveshell import InteractiveShell
    except ImportError:
        return _plainly(cells)
    shell = InteractiveShell.instance()
    for cell in cells:
        result = shell.run_cell(cell, store_history=True)
        if not result.success:
            return 1
    return 0


def _plainly(cells: list[str]) -> int:
    """Run the cells as one program, which is the same unless one uses IPython's own language."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    for number, cell in enumerate(cells, 1):
        try:
            code = compile(cell, f"<cell {number}>", "exec")
        except SyntaxError:
            sys.stderr.write(f"ModuleNotFoundError: No module named 'IPython'; cell {number} needs it\n")
            return 3
        # As IPython does: what looks for the source of a call finds it.
        linecache.cache[f"<cell {number}>"] = (len(cell), None, cell.splitlines(keepends=True), f"<cell {number}>")
        try:
            exec(code, module.__dict__)  # noqa: S102  the recorded cells are what is to be run
        except Exception:  # noqa: BLE001  what a cell raises ends the notebook
            traceback.print_exc()
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
