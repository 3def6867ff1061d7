"""What the plan and who confines say alike of recorded paths beside the tree. Nothing of the kernel is loaded."""

from __future__ import annotations

BESIDE = "recorded paths beside the tree"
"""Says, among how a program is confined, that it finds such paths as they were recorded."""

MOST_NAMES = 4096
"""Of a directory with more names nothing is shown again, and it is not covered."""
