"""`python -m lineal.server.mlmd FLAGS`: what an image runs in the place of MLMD's own server."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lineal.errors import LinealError
from lineal.server.extra import need_extra
from lineal.server.mlmd.flags import asks_for_help, parse_flags, usage


def main(arguments: Sequence[str]) -> int:
    """Serve what the flags of MLMD's server describe, and return the exit code; an error is a line on stderr."""
    if asks_for_help(arguments):
        sys.stdout.write(usage())
        return 0
    try:
        return _run(arguments)
    except LinealError as error:
        _say(f"error: {error.message}")
        if error.hint:
            _say(f"hint:  {error.hint}")
        return error.status.exit


def _run(arguments: Sequence[str]) -> int:
    flags = parse_flags(arguments)
    need_extra()
    # Deferred: without the packages of the extra it could not be imported, and nobody would say which they are.
    from lineal.server.mlmd.program import run

    return run(flags)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
