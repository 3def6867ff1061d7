"""Prints the campaign as a table: `python -m tests.planted`; with words, the faults that have one of them."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.planted.campaign import judged
from tests.planted.faults import FAULTS, is_possible


def main(wanted: list[str]) -> None:
    """Plant the faults whose names hold one of some words, and print what was named first."""
    chosen = [fault for fault in FAULTS if not wanted or any(word in f"{fault.kind} {fault.id}" for word in wanted)]
    left_out = [fault.id for fault in chosen if not is_possible(fault)]
    planted: Counter[str] = Counter()
    right: Counter[str] = Counter()
    drift: list[bool] = []
    with tempfile.TemporaryDirectory(prefix="planted-") as directory:
        for found in judged(filter(is_possible, chosen), Path(directory), drift=True):
            planted[found.fault.kind] += 1
            right[found.fault.kind] += found.right
            print(found.line, flush=True)
            if found.drift_right is not None:
                drift.append(found.drift_right)
                print(f"      in the drift: {'right' if found.drift_right else 'WRONG'}: {found.drift}", flush=True)
    print("\nkind      planted  named first")
    for kind, number in planted.items():
        print(f"{kind:<10}{number:>7}{right[kind]:>13}")
    print(f"named first: {right.total()} of {planted.total()}; first in the drift: {sum(drift)} of {len(drift)}")
    print(f"not possible here: {', '.join(left_out) or 'nothing'}")


if __name__ == "__main__":
    main(sys.argv[1:])
