"""Stands in for Lineal in a recipe: the calls of a recorded program work, and note what they are given.

Standard library only. It records no lineage: `rebuild.py` reads the notes and compares bytes, and values where they
differ. A program that asks Lineal questions (`lineal.open()`) needs Lineal itself.
"""

from __future__ import annotations

import contextvars
import hashlib
import json
import os
import pickle
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

RECIPE = Path(os.environ.get("LINEAL_RECIPE", "."))
_CURRENT: contextvars.ContextVar[Run | None] = contextvars.ContextVar("lineal run", default=None)


class LinealError(Exception):
    """What cannot be done without Lineal."""


class Input:
    """One input of the recipe."""

    def __init__(self, artifact: SimpleNamespace, path: Path | None) -> None:
        self.artifact = artifact
        self._path = path

    @property
    def path(self) -> Path:
        """Where its bytes lie."""
        if self._path is None:
            raise LinealError(f"the bytes of {self.artifact.name} are not in this recipe")
        return self._path

    def bytes(self) -> bytes:
        """Return its content."""
        return self.path.read_bytes()

    def __fspath__(self) -> str:
        return str(self.path)


class Run:
    """A run that notes what it made for `rebuild.py`."""

    def __init__(self, label: str) -> None:
        self.label = self.id = label
        self._steps: dict[str, int] = {}
        self._before = _CURRENT.set(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.finish()

    def finish(self, error: BaseException | None = None) -> None:  # noqa: ARG002  as in Lineal
        """End the run."""
        if _CURRENT.get() is self:
            _CURRENT.reset(self._before)

    def use(self, thing: Any, **_named: Any) -> Any:
        """Return what is read: a frame as it is, a path or a reference as an input."""
        if not isinstance(thing, str | os.PathLike):
            return thing
        if isinstance(thing, str) and not Path(thing).exists() and ":" in thing:
            return _input(thing)
        return Input(SimpleNamespace(name=str(thing), fingerprint=None), Path(thing))

    def log_params(self, params: Mapping[str, object]) -> None:
        """Do nothing: parameters are not compared."""

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Note one point of each metric."""
        for name, value in metrics.items():
            place = self._steps.get(name, 0) if step is None else step
            self._steps[name] = place + 1
            _note("metrics", {"run": self.label, "name": name, "step": place, "value": str(float(value))})

    def log_dataset(self, data: object, *, name: str, type: str = "Dataset", **_more: object) -> SimpleNamespace:
        """Note data; only a file has a fingerprint of bytes."""
        return _made(type, name, _bytes_at(data))

    def log_model(self, model: object, *, name: str, **_more: object) -> SimpleNamespace:
        """Note a model by its bytes: given ones, those of a file, or its pickle."""
        data = _bytes_at(model)
        return _made("Model", name, pickle.dumps(model, protocol=5) if data is None else data)

    def log_artifact(self, content: object, *, name: str, type: str = "Report", **_more: object) -> SimpleNamespace:
        """Note a file, bytes, or a dict or list as JSON."""
        data = _bytes_at(content)
        if data is None:
            data = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False).encode()
        return _made(type, name, data)

    def set_seed(self, seed: int) -> None:
        """Seed the generators."""
        set_seed(seed)


class LineageTracker:
    """Takes every call and records nothing."""

    def __init__(self, *_words: object, **_named: object) -> None:
        """Take whatever the real one takes."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_words, **_named: None


def run(label: str, *, seed: int | None = None, **_more: object) -> Run:
    """Start a run."""
    if seed is not None:
        set_seed(seed)
    return Run(label)


def step(function: Callable[..., Any] | None = None, **_more: object) -> Any:
    """Return the function as it is."""
    return function if function is not None else lambda given: given


def autolog(*_words: object, **_named: object) -> None:
    """Do nothing: nobody observes here."""


def current_run() -> Run | None:
    """Return the open run."""
    return _CURRENT.get()


def set_seed(seed: int) -> None:
    """Seed `random`, and NumPy and PyTorch where they are loaded, as Lineal does."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def load_model(ref: str, **_more: object) -> SimpleNamespace:
    """Return a model of this recipe, loaded from its bytes."""
    found = _input(ref)
    return SimpleNamespace(model=pickle.loads(found.bytes()), artifact=found.artifact)  # noqa: S301  of this recipe


def open(*_words: object, **_named: object) -> object:  # noqa: A001  as in Lineal
    """Refuse: there is no workspace here."""
    raise LinealError("this recipe holds no workspace: a program that asks one needs Lineal itself")


def _input(reference: str) -> Input:
    recipe = json.loads((RECIPE / "recipe.json").read_text(encoding="utf-8"))
    for one in recipe["inputs"]:
        if reference in one["references"]:
            artifact = SimpleNamespace(name=one["name"].partition(":")[2], fingerprint=one["fingerprint"])
            return Input(artifact, None if one["at"] is None else RECIPE / one["at"])
    raise LinealError(f"{reference} is no input of this recipe")


def _bytes_at(thing: object) -> bytes | None:
    if isinstance(thing, bytes | bytearray):
        return bytes(thing)
    if isinstance(thing, str | os.PathLike) and Path(thing).is_file():
        return Path(thing).read_bytes()
    return None


def _made(type_: str, name: str, data: bytes | None) -> SimpleNamespace:
    digest = None if data is None else hashlib.sha256(data).hexdigest()
    place = os.environ.get("LINEAL_RECIPE_MADE")
    if place and data is not None:
        Path(place, str(digest)).write_bytes(data)  # compared by its values where its bytes are other ones
    _note("outputs", {"type": type_, "family": name.partition("@")[0], "sha256": digest, "at": digest})
    return SimpleNamespace(name=name, fingerprint=None if digest is None else f"sha256:{digest}")


def _note(what: str, facts: Mapping[str, object]) -> None:
    place = os.environ.get("LINEAL_RECIPE_MADE")
    if place:
        with Path(place, f"{what}.jsonl").open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(facts) + "\n")


__all__: Sequence[str] = ("LineageTracker", "LinealError", "Run", "autolog", "load_model", "open", "run", "step")
