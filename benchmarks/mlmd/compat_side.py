"""Lineal's other side: the very program of ML Metadata's side, on `lineal.compat.mlmd`. Started by `__main__`."""

from __future__ import annotations

from benchmarks.mlmd import lineal_file
from benchmarks.mlmd.pipes import serve
from lineal.compat.mlmd import install

install()

from benchmarks.mlmd.mlmd_side import MlmdSide  # noqa: E402 - install() comes first


class CompatSide(MlmdSide):
    """The same calls on a Lineal store."""

    file = "compat.db"

    def durability(self) -> str:
        """Return how a commit is made durable."""
        return lineal_file.durability(self._path)

    def counts(self) -> dict[str, int]:
        """Return how many of each thing there are."""
        return lineal_file.counts(self._path)

    def size(self) -> int:
        """Return the bytes of the store's file."""
        return lineal_file.size(self._path)


if __name__ == "__main__":
    serve(CompatSide())
