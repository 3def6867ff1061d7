"""Marks of running processes."""

from __future__ import annotations

import errno
import fcntl

from lineal.files.running import DIRECTORY, Mark, left_marks


def test_on_a_file_system_without_locks_a_process_leaves_no_mark_behind(tmp_path, monkeypatch):
    def refused(*_asked: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", refused)
    mark = Mark(tmp_path, "ab12")
    mark.put()
    assert list(left_marks(tmp_path)) == []
    mark.remove()
    assert not (tmp_path / DIRECTORY).exists()
