"""Planted faults: what was changed is the first thing that is named, also beside changes that do not matter.

`make reliability` plants all of them, `make test` a few; `python -m tests.planted` prints the table.
"""

from __future__ import annotations

import pytest

from tests.planted.campaign import judged
from tests.planted.faults import FAULTS, FEW, is_possible, needs_torch

WANTED = 0.95


@pytest.mark.reliability
@pytest.mark.parametrize("about_torch", [False, pytest.param(True, marks=pytest.mark.torch)], ids=["plain", "PyTorch"])
def test_of_100_planted_causes_95_are_named_first(tmp_path, campaign, about_torch):
    wanted = [fault for fault in (FAULTS if campaign else FEW) if needs_torch(fault) is about_torch]
    found = list(judged(filter(is_possible, wanted), tmp_path))
    table = "\n".join(one.line for one in found)

    assert [one.fault.id for one in found if not one.effect] == [], "these change nothing, so they are no faults"
    assert sum(one.right for one in found) >= WANTED * len(found), table
