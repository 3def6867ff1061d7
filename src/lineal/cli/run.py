"""`lineal run`: any command as a recorded Run. Its output, input and exit code are the command's own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
