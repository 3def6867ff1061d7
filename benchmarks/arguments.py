"""What both commands take on their command line."""

from __future__ import annotations

import argparse
from pathlib import Path


def count(text: str) -> int:
    """Return a number of rounds or artifacts; argparse says what is wrong with one below 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, and is {number}")
    return number


def directory(text: str) -> Path:
    """Return a directory; argparse says so where there is none."""
    found = Path(text)
    if not found.is_dir():
        raise argparse.ArgumentTypeError(f"there is no directory {text}")
    return found
