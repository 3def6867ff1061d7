"""Places: where in the compressed rows the events of one part of an answer stand, in plain Python and with NumPy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain, compress
from types import ModuleType
from typing import Any

from lineal.store.snapshot.adjacency import Csr
from lineal.store.snapshot.lazy import LazyDistances
from lineal.store.snapshot.numeric import view_of
from lineal.store.snapshot.part import Part
from lineal.store.snapshot.records import AGAIN, Records


def places_of(part: Part, rows: Csr, records: Records) -> list[int]:
    """Return the places of a part's events, each once."""
    # Executions are written with their events: in their order the places are nearly in the events' order.
    count = len(rows)
    nodes = sorted(node for node in part.executions if node < count)
    found: list[int] = []
    if part.forward:
        found = _run(rows, [node for node in nodes if node in part.from_executions])
        if not part.complete:
            found = _to(rows, found, part.artifacts)
        nodes = [node for node in nodes if node not in part.from_executions]
    if part.backward:
        behind = _to(rows, _run(rows, nodes), part.from_artifacts)
        found += [place for place in behind if records.codes[place] < AGAIN] if part.only_first else behind
    return found


def places_in_arrays(numpy: ModuleType, part: Part, rows: Csr, records: Records) -> Any:
    """Return what `places_of` returns, as an array."""
    nodes = _ids(numpy, part.executions)
    nodes = numpy.sort(nodes[nodes < len(rows)])
    pointers, far = view_of(numpy, rows.pointers), view_of(numpy, rows.far)
    starts, counts = pointers[nodes], pointers[nodes + 1] - pointers[nodes]
    # Each place is its run's start and how far it is into the run.
    before = numpy.cumsum(counts) - counts
    places = numpy.repeat(starts - before, counts) + numpy.arange(counts.sum(), dtype=pointers.dtype)
    kept = numpy.zeros(len(places), dtype=bool)
    if part.forward:
        walked = numpy.repeat(_mask(numpy, part.from_executions, len(rows))[nodes], counts)
        kept |= walked if part.complete else walked & _among(numpy, part.artifacts, far[places])
    if part.backward:
        behind = _among(numpy, part.from_artifacts, far[places])
        kept |= behind & (view_of(numpy, records.codes)[places] < AGAIN) if part.only_first else behind
    return places[kept]


def _run(rows: Csr, nodes: Sequence[int]) -> list[int]:
    starts, ends = rows.pointers, memoryview(rows.pointers)[1:]
    return list(chain.from_iterable(map(range, map(starts.__getitem__, nodes), map(ends.__getitem__, nodes))))


def _to(rows: Csr, places: list[int], artifacts: Collection[int]) -> list[int]:
    return list(compress(places, map(artifacts.__contains__, map(rows.far.__getitem__, places))))


def _ids(numpy: ModuleType, nodes: Collection[int]) -> Any:
    return nodes.ids if isinstance(nodes, LazyDistances) else numpy.fromiter(nodes, dtype=numpy.int64, count=len(nodes))


def _mask(numpy: ModuleType, nodes: Collection[int], size: int) -> Any:
    """Return for every id below `size` whether it is among these."""
    ids = _ids(numpy, nodes)
    mask = numpy.zeros(size, dtype=bool)
    mask[ids[ids < size]] = True
    return mask


def _among(numpy: ModuleType, nodes: Collection[int], wanted: Any) -> Any:
    """Return of each wanted id whether it is among these."""
    return _mask(numpy, nodes, int(wanted.max(initial=0)) + 1)[wanted]
