"""The guards of tests/conftest.py work: a test cannot reach out, and CI does not accept a hidden skip."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest


def run_pytest(tmp_path, root, body, *, ci):
    (tmp_path / "test_it.py").write_text(body)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--confcutdir={tmp_path}", "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "lineal.invalid"])
def test_a_connection_beyond_loopback_is_refused(host):
    with pytest.raises(RuntimeError, match="loopback only"):
        socket.create_connection((host, 9))


def test_a_connection_over_loopback_works():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


@pytest.mark.parametrize(
    ("reason", "ci", "code"),
    [
        ("no database here", "true", 1),
        ("platform: root may write everywhere", "true", 0),
        ("no database here", "", 0),
    ],
)
def test_a_skip_fails_the_run_only_in_ci_and_only_if_it_hides_something(root, tmp_path, reason, ci, code):
    (tmp_path / "conftest.py").write_bytes((root / "tests" / "conftest.py").read_bytes())
    body = f"import pytest\n\ndef test_it():\n    pytest.skip({reason!r})\n"

    assert run_pytest(tmp_path, root, body, ci=ci).returncode == code


def test_every_test_starts_in_an_empty_directory_of_its_own(tmp_path):
    assert os.getcwd() == str(tmp_path)  # noqa: PTH109  what a child process would see
    assert list(tmp_path.iterdir()) == []
