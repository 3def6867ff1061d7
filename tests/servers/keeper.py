"""Ends a server and removes its directory when the tests are gone, however they ended.

Run as a program with the directory as argument. Standard input brings the server's process id, a line for each start;
its end, which comes when the tests close it or die, is the sign to clean up. Imports nothing of ours.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time

GRACE_SECONDS = 5.0


def main() -> None:
    # An interrupt at the terminal reaches the whole group; the tests then close our input when they are done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = 0
    for line in sys.stdin:
        pid = int(line)
    if pid:
        _end(pid)
    shutil.rmtree(sys.argv[1], ignore_errors=True)


def _end(pid: int) -> None:
    """End a server, at once where it does not listen."""
    deadline = time.monotonic() + GRACE_SECONDS
    try:
        os.kill(pid, signal.SIGQUIT)
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
