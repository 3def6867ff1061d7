"""Lineal's other side: the very program of ML Metadata's side, on `lineal.compat.mlmd`. Started by `__main__`."""

from __future__ import annotations

from contextlib import closing

from benchmarks.mlmd import lineal_file
from benchmarks.mlmd.pipes import serve
from lineal.compat.mlmd import install
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.urls import url_of
from lineal.store.location import locate
from lineal.store.open import open_store

install()

from benchmarks.mlmd.mlmd_side import MlmdSide  # noqa: E402 - install() comes first


class CompatSide(MlmdSide):
    """The same calls on a Lineal store."""

    file = "compat.db"

    def durability(self) -> str:
        """Return how a commit is made durable."""
        # The drop-in shows no pragma, so its store is opened once more, by what the drop-in opens it by.
        config = pb.ConnectionConfig(sqlite=pb.SqliteMetadataSourceConfig(filename_uri=str(self._path)))
        with closing(open_store(locate(url_of(config)))) as store:
            return lineal_file.durability(self._path, store.facts())

    def counts(self) -> dict[str, int]:
        """Return how many of each thing there are."""
        return lineal_file.counts(self._path)

    def size(self) -> int:
        """Return the bytes of the store's file."""
        return lineal_file.size(self._path)


if __name__ == "__main__":
    serve(CompatSide())
