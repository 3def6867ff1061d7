"""Aside: the listener of a process that does not record itself. Of all that libraries tell it keeps the files."""

from __future__ import annotations

from collections.abc import Mapping

from lineal.integrations.files import FileListener
from lineal.integrations.listener import Fit, FitEnd, Listener, Read, Score, Split, Written
from lineal.integrations.own import OwnFiles
from lineal.model.capture_items import STANDARD_INPUT
from lineal.sdk.urls import absolute, is_url


class Aside(Listener):
    """Tells a listener to files what libraries read and write without Python's `open`."""

    def __init__(self, files: FileListener, own: OwnFiles) -> None:
        self.files = files
        self._own = own

    def read(self, read: Read) -> None:
        """Pass on the file that was read."""
        self._pass_on(read.path, is_read=True)

    def parent(self, read: Read) -> None:
        """Pass on the file that was read."""
        self._pass_on(read.path, is_read=True)

    def wrote(self, written: Written) -> None:
        """Pass on the file that was written."""
        self._pass_on(written.path, is_read=False)

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

    def _pass_on(self, path: str | None, *, is_read: bool) -> None:
        if path is None or path == STANDARD_INPUT or is_url(path):
            return
        place = absolute(path)
        if self._own.is_own(place):
            self.files.opened(place, reads=is_read, writes=not is_read)
