"""Planted faults: what was changed is the first thing that is named, also beside changes that do not matter.

`make reliability` plants all of them, `make test` a few; `python -m tests.planted` prints the table.
"""

from __future__ import annotations

import pytest

from tests.planted.campaign import judged
from tests.planted.faults import FAULTS, FEW, is_possible

WANTED = 0.95


@pytest.mark.reliability
def test_of_100_planted_causes_95_are_named_first(tmp_path, campaign):
    found = list(judged(filter(is_possible, FAULTS if campaign else FEW), tmp_path))
    table = "\n".join(one.line for one in found)

    assert [one.fault.id for one in found if not one.effect] == [], "these change nothing, so they are no faults"
    assert sum(one.right for one in found) >= WANTED * len(found), table
