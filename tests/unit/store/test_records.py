"""What an event says beside its two ends: an answer costs what is in it, not what is in the store."""

from __future__ import annotations

import pytest

from lineal.store.snapshot import records as module
from lineal.store.snapshot.records import FEW, Records


def test_an_answer_does_not_go_through_the_paths_of_all_other_events(monkeypatch):
    pytest.importorskip("numpy")
    events = 20 * FEW
    ids = range(1, events + 1)
    records = Records(largest=events, newest=1)
    records.far.extend(ids)
    records.add(ids, [ids, [3] * events, [0] * events, [1] * events], [f'["{id_}"]' for id_ in ids])
    records.finish()

    looked_through = []
    make = module._objects
    monkeypatch.setattr(
        module, "_objects", lambda numpy, values: looked_through.append(len(values)) or make(numpy, values)
    )
    found = list(records.events(range(FEW)))
    assert [event.path for event in found] == [(str(id_),) for id_ in ids[:FEW]]
    assert max(looked_through) < events
