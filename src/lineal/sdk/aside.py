"""Aside: the listener of a process that does not record itself. Of all that libraries tell it keeps the files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from lineal.integrations.files import FileListener
from lineal.integrations.listener import Fit, FitEnd, Listener, Read, Score, Split, Written
from lineal.integrations.own import OwnFiles
from lineal.model.capture_items import STANDARD_INPUT
from lineal.sdk.urls import absolute, is_url

StateOf = Callable[[Written], str | None]
"""Gives the fingerprint of the fitted state of a model that is written; None for anything else."""


class Told(FileListener, Protocol):
    """Who is told: of files, and of the fitted states of the models in them."""

    def stated(self, path: str, canonical: str) -> None:
        """Hear the fingerprint of the fitted state of the model that was written to a file."""


class Aside(Listener):
    """Tells a listener to files what libraries read and write without Python's `open`, and the state of models."""

    def __init__(self, files: Told, own: OwnFiles, state_of: StateOf) -> None:
        self.files = files
        self._own = own
        self._state_of = state_of

    def read(self, read: Read) -> None:
        """Pass on the file that was read."""
        self._pass_on(read.path, is_read=True)

    def parent(self, read: Read) -> None:
        """Pass on the file that was read."""
        self._pass_on(read.path, is_read=True)

    def wrote(self, written: Written) -> None:
        """Pass on the file that was written, and the state of the model in it: its bytes alone may differ each time."""
        place = self._pass_on(written.path, is_read=False)
        canonical = self._state_of(written) if place is not None and written.thing is not None else None
        if place is not None and canonical is not None:
            self.files.stated(place, canonical)

    def fit_started(self, fit: Fit) -> None:
        """Leave it."""

    def fit_ended(self, fit: Fit, end: FitEnd) -> None:
        """Leave it."""

    def metrics(self, values: Mapping[str, float], *, step: int | None = None) -> None:
        """Leave them."""

    def scored(self, score: Score) -> None:
        """Leave it."""

    def params(self, params: Mapping[str, object]) -> None:
        """Leave them."""

    def split(self, split: Split) -> None:
        """Leave it."""

    def _pass_on(self, path: str | None, *, is_read: bool) -> str | None:
        """Tell of a file, and return where it lies; None for what is no file of the user's."""
        if path is None or path == STANDARD_INPUT or is_url(path):
            return None
        place = absolute(path)
        if not self._own.is_own(place):
            return None
        self.files.opened(place, reads=is_read, writes=not is_read)
        return place
