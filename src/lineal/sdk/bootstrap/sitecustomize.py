"""Runs first in every Python process below `lineal run`: the user's own sitecustomize, then the adoption of the run.

Found because `lineal run` puts this directory in front of PYTHONPATH. An interpreter without Lineal just goes on.
"""

import os
import sys


def _go_on_with_the_users_own() -> None:
    """Import the sitecustomize that this one stands in front of, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  this early, as little as possible
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != here]  # noqa: PTH100
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        if ours is not None:
            sys.modules.setdefault("sitecustomize", ours)


def _adopt() -> None:
    try:
        from lineal.sdk.beside import begin_beside

        if begin_beside():
            return
        from lineal.sdk.adoption import adopt
    except ImportError:
        return
    adopt()


try:
    _go_on_with_the_users_own()
finally:
    _adopt()
