"""A run that somebody ended before its end: its rebuild goes on, and what it had come to is compared."""

from __future__ import annotations

import pytest

from lineal.lineage.foresight import unfinished
from lineal.model.nodes import Execution, ExecutionState

INTERRUPTED = """
    import os
    import lineal

    try:
        with lineal.run("train", seed=1) as run:
            for epoch in range(4):
                run.log_metrics({"loss": 1 / (epoch + 1)}, step=epoch)
                if epoch == 1 and not os.environ.get("LINEAL_REBUILD"):
                    raise KeyboardInterrupt
            run.log_model({"weights": [1.0]}, name="late")
    except KeyboardInterrupt:
        pass
"""


def test_a_canceled_run_is_foreseen_to_go_on_and_compared_as_far_as_it_came(project):
    project.write("train.py", INTERRUPTED)
    project.run("train.py")

    checked = project.start("-m", "lineal", "check", "run:latest")
    verdict = project.reproduce("run:latest", status=0)

    assert checked.returncode == 21
    assert "(NUMERIC): it was canceled before its end, and a rebuild goes on to it" in checked.stdout
    assert verdict["verdict"] == "BIT_EXACT"
    assert verdict["differences"][0]["sentence"] == "it was canceled before its end, and ran to its end now"


@pytest.mark.parametrize(
    ("state", "status", "told"),
    [
        (ExecutionState.FAILED, -9, "it was ended by SIGKILL before its end"),
        (ExecutionState.FAILED, 143, "it was ended by SIGTERM before its end"),
        (ExecutionState.FAILED, -11, ""),
        (ExecutionState.FAILED, 9, ""),
        (ExecutionState.COMPLETE, 0, ""),
    ],
)
def test_a_signal_from_outside_is_told_apart_from_a_failure_of_its_own(state, status, told):
    assert unfinished(Execution(type="Train", state=state, custom_properties={"exit_status": status})) == told
