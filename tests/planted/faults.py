"""The campaign: all the faults, and the few of them that every test run plants."""

from __future__ import annotations

import importlib.util
import os
import shutil

from tests.planted import changes as do
from tests.planted.fault import Fault
from tests.planted.faults_around_them import AROUND_THEM
from tests.planted.faults_in_programs import IN_PROGRAMS

FAULTS = (*IN_PROGRAMS, *AROUND_THEM)

_FEW = frozenset(
    {
        "plain: --seed 9",
        "plain: one cell of the second day",
        "plain: rows of one day in another order",
        "plain: sortedcontainers",
        "plain: DISCOUNT=0.9",
        "plain: rounding.py beside the project",
        "numbers: one processor",
        "numbers: flightkit 1.0.1",
        "net: layers.py",
    }
)
FEW = tuple(fault for fault in FAULTS if fault.id in _FEW)
"""One of nearly each kind, of the programs that start fastest."""


def needs_torch(fault: Fault) -> bool:
    """Return whether a fault is about PyTorch."""
    return fault.program == "net" or "torch" in fault.words


def is_possible(fault: Fault) -> bool:
    """Return whether a fault can be planted on this machine."""
    if fault.plant is do.one_processor:
        return shutil.which("taskset") is not None and len(os.sched_getaffinity(0)) > 1
    return not needs_torch(fault) or importlib.util.find_spec("torch") is not None
