"""Progress: a bar on a terminal, one line a step elsewhere. Chatter goes to stderr."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class Progress:
    """Counts steps of a known number."""

    def __init__(self, title: str, steps: int) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar: Bar | None = None
        self._steps = steps
        self._done = 0
        if self._console.is_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn())
            self._bar = Bar(*columns, TimeElapsedColumn(), console=self._console, transient=True)
            self._line = self._bar.add_task(title, total=steps)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show what is going on, and count it when it is done."""
        began = time.perf_counter()
        if self._bar is not None:
            self._bar.update(self._line, description=title)
        yield
        self._done += 1
        if self._bar is not None:
            self._bar.advance(self._line)
        else:
            self._console.print(
                f"[{self._done:>2}/{self._steps}] {title} ({time.perf_counter() - began:.1f} s)", markup=False
            )

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()
