"""Programs that are no files: the cells of a notebook in the order they ran, and text from standard input."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from lineal.errors import LinealError
from lineal.files import Files
from lineal.lineage.capture_record import item
from lineal.rebuild import cells
from lineal.rebuild.place import Place
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.verdict import refused


def place_cells(recipe: Recipe, files: Files, place: Place) -> list[str]:
    """Put the cells, and what runs them, into the rebuild directory; return the words that run them."""
    value = item(recipe.record, "notebook").value
    assert isinstance(value, Mapping)
    runner, listed = place.root / "cells.py", place.root / "cells.json"
    try:
        listed.write_bytes(files.get(str(value["fingerprint"])))
    except LinealError as error:
        raise refused("code", "notebook", f"the cells of the notebook are not kept: {error.message}") from error
    shutil.copyfile(Path(cells.__file__), runner)
    return [str(runner), str(listed)]


def place_standard_input(recipe: Recipe, files: Files, place: Place) -> Path | None:
    """Put the text of a program that came from standard input into the rebuild directory; None for every other one."""
    value = item(recipe.record, "script").value
    if not isinstance(value, Mapping) or value.get("path") != "-":
        return None
    given = place.root / "program.py"
    try:
        given.write_bytes(files.get(str(value["fingerprint"])))
    except LinealError as error:
        raise refused("code", "stdin", f"the text of the program is not kept: {error.message}") from error
    return given
