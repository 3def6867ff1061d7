"""Written models: the fitted state of a model as a library writes it, for it may go on changing."""

from __future__ import annotations

import os
from pathlib import Path

from lineal.capture.captured import captured
from lineal.capture.guard import guarded
from lineal.files import Files
from lineal.integrations.listener import Written
from lineal.sdk.kinds import type_of_file
from lineal.sdk.models import FILE_LIMIT, fitted_state, kept_state


def canonical_of(written: Written, files: Files) -> str | None:
    """Return the fingerprint of the fitted state, which is kept in files; None for what is no model, or a large one."""
    if written.thing is None or (written.path is None and written.type != "Model"):
        return None
    if written.path is not None and (written.type or type_of_file(Path(written.path), is_output=True)) != "Model":
        return None
    try:
        if written.path is not None and os.path.getsize(written.path) > FILE_LIMIT:  # noqa: PTH202  a text path
            return None
    except OSError:
        return None
    state, _ = fitted_state(written.thing)
    kept = kept_state(state)
    if kept is not None:
        guarded(lambda: captured(files.put_bytes(kept)))  # a full disk must not end a training
    return state.fingerprint
