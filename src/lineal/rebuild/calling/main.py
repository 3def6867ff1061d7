"""The process that calls a model: reads the data, opens the model, calls it twice, writes what it gave.

It is started confined, with the interpreter and the code of a rebuild; what it opens may be anybody's.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lineal.rebuild.calling.answers import ANSWER, is_same, parts_of, written
from lineal.rebuild.calling.calls import calls_of
from lineal.rebuild.calling.data import Unfit, read_data
from lineal.rebuild.calling.opened import Uncallable, opened


def main(path: str) -> None:
    """Call the model of the specification at `path` on its data and write the answer beside it."""
    spec = json.loads(Path(path).read_text(encoding="utf-8"))
    sys.path[:0] = spec["paths"]
    directory = Path(path).parent
    try:
        answer = answered(spec, directory)
    except (Unfit, Uncallable) as error:
        kind = "data" if isinstance(error, Unfit) else "model"
        answer = {"error": kind, "sentence": str(error.args[0]), "detail": "".join(map(str, error.args[1:]))}
    (directory / ANSWER).write_text(json.dumps(answer), encoding="utf-8")


def answered(spec: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    """Return what the model said; Unfit for data that is not what it takes, Uncallable for no model that answers."""
    data = read_data(Path(spec["data"]), spec["data_name"], spec["most_rows"])
    script = None if spec["script"] is None else Path(spec["script"])
    model = opened(Path(spec["model"]), spec["model_name"], script)
    parts: dict[str, tuple[Any, bool]] = {}
    for name, call in calls_of(model, data):
        try:
            first, second = dict(parts_of(name, call())), dict(parts_of(name, call()))
        except MemoryError as error:
            raise Uncallable(f"{name} takes more memory than there is") from error
        except Exception as error:
            raise Uncallable(f"{name} failed ({type(error).__name__})", str(error)) from error
        for part, array in first.items():
            parts[part] = array, part in second and is_same(array, second[part])
    return {"rows": data.rows, "cut": data.is_cut, "parts": written(directory, parts)}


if __name__ == "__main__":
    main(sys.argv[1])
