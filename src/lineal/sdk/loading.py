"""Loading a model in one call; inside a run it is an input of that run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lineal.model.edges import How
from lineal.sdk.inputs import wanted_input
from lineal.sdk.run import current_run
from lineal.workspace import open_workspace

if TYPE_CHECKING:
    from lineal.serving.loaded import LoadedModel


def load_model(ref: str, url: str | os.PathLike[str] | None = None) -> LoadedModel:
    """Return the model a reference names, its bytes verified before anything is made of them.

        model = lineal.load_model("model:delay@production").model

    An endpoint's reference names the model of its live revision. Inside a run of the same workspace the model becomes
    its input. Raises NotFound, and FileCorrupt where the stored bytes are not the recorded ones.
    """
    current = current_run()
    if current is not None and url is None:
        loaded = current.session.workspace().load_model(ref)
        current.record(wanted_input(loaded.artifact, how=How.OBSERVED))
        return loaded
    with open_workspace(url, create=False) as workspace:
        return workspace.load_model(ref)
