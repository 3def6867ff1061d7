"""Seeds the generators before the program starts, as `lineal run --seed` did when it was recorded."""

import importlib
import json
import os
import random
from pathlib import Path

_RECIPE = json.loads((Path(os.environ["LINEAL_RECIPE"]) / "recipe.json").read_text(encoding="utf-8"))
_SEED = _RECIPE["seed"]

if _SEED is not None:
    random.seed(_SEED)
    for _name in _RECIPE["seeded"]:
        _library = importlib.import_module(_name)
        _library.random.seed(_SEED % 2**32) if _name == "numpy" else _library.manual_seed(_SEED)
