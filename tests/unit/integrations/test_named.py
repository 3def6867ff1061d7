"""Who opens a file: the program itself, or Lineal on its behalf."""

from __future__ import annotations

from lineal.capture.guard import guarded
from lineal.integrations.named import opens_itself


def test_what_lineal_opens_while_the_program_waits_the_program_does_not_open_itself():
    assert opens_itself()
    assert not guarded(opens_itself)
