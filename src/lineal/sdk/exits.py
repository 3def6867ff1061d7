"""Exits: whether a program ends well, for where its `lineal run` was killed and nobody sees its exit status."""

from __future__ import annotations

import functools
import re
import sys
from typing import NoReturn

from lineal.capture.program import own_sources

_IN_OTHER_WAYS = re.compile(r"SystemExit|(?<![.\w])(?:exit|quit)\(")
"""How a text ends a program without `sys.exit`: with which status is not heard."""


class Exits:
    """What the program said when it ended itself."""

    def __init__(self) -> None:
        self._is_bad = False

    def hear(self) -> None:
        """Hear of every `sys.exit` from now on."""
        before = sys.exit

        @functools.wraps(before)
        def exit_(status: str | int | None = None, /) -> NoReturn:
            self._is_bad = self._is_bad or not (status is None or (isinstance(status, int) and status == 0))
            before(status)

        sys.exit = exit_

    def are_well(self) -> bool:
        """Return whether its status was 0 for sure, if no exception ended it: in doubt it is False."""
        return not self._is_bad and not any(_IN_OTHER_WAYS.search(text) for text in own_sources())
