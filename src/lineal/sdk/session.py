"""The session: the workspace a run (with the runs inside it) is written to, opened when first needed."""

from __future__ import annotations

import os
import threading

from lineal.capture.process import process_word
from lineal.files import Files
from lineal.files.running import Mark
from lineal.store.clock import Clock, SystemClock
from lineal.store.identifiers import Uuid7
from lineal.store.location import locate
from lineal.workspace import Workspace, open_workspace


class Session:
    """A workspace and how many runs write to it. A store that cannot be opened now is tried again later."""

    def __init__(self, *, url: str | os.PathLike[str] | None = None, workspace: Workspace | None = None) -> None:
        self.location = workspace.location if workspace else locate(url, create=True)
        self.clock: Clock = workspace.clock if workspace else SystemClock()
        self.files = workspace.files if workspace else Files(self.location.files)
        self.identifiers = workspace.identifiers if workspace else Uuid7(self.clock)
        self._workspace = workspace
        self._is_ours = workspace is None
        self._users = 0
        self._mark: Mark | None = None
        self._lock = threading.Lock()

    def workspace(self) -> Workspace:
        """Return the open workspace; raises what `open_workspace` raises."""
        with self._lock:
            if self._workspace is None:
                self._workspace = open_workspace(self.location.url, clock=self.clock)
            if self._users > 0:
                self._marked().put()
            return self._workspace

    def _marked(self) -> Mark:
        """Return what tells others that this process has runs here: so that they see when it is gone."""
        if self._mark is None:
            self._mark = Mark(self.location.home, process_word())
        return self._mark

    def enter(self) -> None:
        """Count one more run that writes here."""
        with self._lock:
            self._users += 1

    def leave(self, *, unwritten: str | None = None) -> None:
        """Close the workspace after the last run, unless it was given to us open.

        `unwritten` is the id of a run whose end could not be written.
        """
        with self._lock:
            self._users -= 1
            if unwritten is not None and self._mark is not None:
                self._mark.leave_for(unwritten)
            if self._users == 0 and self._mark is not None:
                self._mark.remove()
                self._mark = None
            if self._users == 0 and self._is_ours and self._workspace is not None:
                self._workspace.close()
                self._workspace = None
