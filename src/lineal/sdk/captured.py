"""What is captured around a run, as properties of its execution."""

from __future__ import annotations

import random

from lineal.files import Files
from lineal.model.values import Value


class Capturing:
    def __init__(self, files: Files) -> None:
        self._files = files

    def at_start(self) -> dict[str, Value]:
        return {}

    def at_end(self) -> dict[str, Value]:
        return {}


def seed_everything(seed: int) -> None:
    random.seed(seed)
