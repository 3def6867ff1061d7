"""Exit codes of the command line that are answers, not errors; those of errors are in `errors.STATUS`."""

from __future__ import annotations

IMPACT_REACHES = 20
"""`impact --fail-on`: what was named is downstream."""

NOT_REBUILDABLE = 21
"""`check`: it cannot be rebuilt, or perhaps not exactly."""

UNHEALTHY = 22
"""`doctor`: at least one line says fail."""

DIFFERS = 23
"""`import`: what is in the store now is not what was read."""

DIVERGED = 24
"""`reproduce`: it was rebuilt and is not the same."""

NOT_RUNNABLE = 25
"""`reproduce`: it cannot be rebuilt, something is missing."""

NOT_PROBED = 26
"""`reproduce --probe`: it was rebuilt, and a model could not be called on the data, so nothing was compared on it."""

CANNOT_EXECUTE = 126
"""`run`: the command was found and cannot be executed, as in a shell."""

COMMAND_NOT_FOUND = 127
"""`run`: there is no such command, as in a shell."""

INTERRUPTED = 130
"""Ctrl-C."""

HUNG_UP = 129
"""SIGHUP, the code a shell gives to a program killed by it."""

TERMINATED = 143
"""SIGTERM, the code a shell gives to a program killed by it."""

BROKEN_PIPE = 141
"""Whoever read our output went away first; the code a shell gives to a program killed by SIGPIPE."""

ANSWERS: dict[int, str] = {
    0: "done, and the answer is good",
    IMPACT_REACHES: "`impact --fail-on`: what was named is downstream",
    NOT_REBUILDABLE: "`check`: it cannot be rebuilt, or perhaps not exactly",
    UNHEALTHY: "`doctor`: at least one check failed",
    DIFFERS: "`import`: the store differs from what was read, beyond what is reported as not storable",
    DIVERGED: "`reproduce`: it was rebuilt and is not the same",
    NOT_RUNNABLE: "`reproduce`: it cannot be rebuilt, something is missing",
    NOT_PROBED: "`reproduce --probe`: it was rebuilt and does not differ, and a model could not be called on the data",
    CANNOT_EXECUTE: "`run`: the command cannot be executed",
    COMMAND_NOT_FOUND: "`run`: the command was not found (any other code is the command's own)",
    INTERRUPTED: "interrupted by Ctrl-C",
    HUNG_UP: "`reproduce`: ended by SIGHUP, the terminal went away; nothing is left behind",
    TERMINATED: "`reproduce`: ended by SIGTERM; nothing is left behind",
    BROKEN_PIPE: "the reader of the output went away (`lineal … | head`)",
}
"""What each code says, for the help text and the documentation."""
