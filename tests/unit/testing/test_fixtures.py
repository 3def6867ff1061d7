"""The public fixtures work in a project that only names the plugin."""

from __future__ import annotations

import subprocess
import sys


def test_a_project_gets_the_fixtures_by_naming_the_plugin(tmp_path):
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["lineal.testing"]\n')
    (tmp_path / "test_training.py").write_text(
        "def test_it(workspace, recorded_run, fake_clock):\n"
        "    assert workspace.clock is fake_clock\n"
        "    assert workspace.resolve('model:delay@v1').name == 'delay@v1'\n"
        "    assert recorded_run.execution.state.name == 'COMPLETE'\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
