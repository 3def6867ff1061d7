"""What holds for every test: loopback only, a directory of its own, and no skip that hides something in CI."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.backends import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["tests.servers.plugin"]

ROOT = Path(__file__).resolve().parent.parent

# A reason that begins so is a fact about the machine that no installation changes: root may write everywhere, say.
PLATFORM = "platform: "

# Who starts tests in the background hands on that Ctrl-C is ignored; tests that press it would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests start processes in directories of their own; a relative PYTHONPATH would be lost there.
if os.environ.get("PYTHONPATH"):
    os.environ["PYTHONPATH"] = os.pathsep.join(
        str(Path(entry).resolve()) for entry in os.environ["PYTHONPATH"].split(os.pathsep)
    )


def in_ci() -> bool:
    """Whether this run decides about a change, so that nothing may be left out."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--campaign", action="store_true", help="run the fault tests at their full size")
    parser.addoption(
        "--backend", action="append", choices=sorted(BACKENDS), help="run tests of every database on this one only"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `backend` or `database_kind` on every database, or on those that were named."""
    named = metafunc.config.getoption("--backend") or sorted(BACKENDS)
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", named, indirect=True)
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", named, scope="module")


@pytest.fixture
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A store of its own on each database; see tests/backends.py."""
    backend = BACKENDS[request.param](tmp_path, request)
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def campaign(request: pytest.FixtureRequest) -> bool:
    """True in `make reliability`: a fault test then takes its full number of rounds."""
    return bool(request.config.getoption("--campaign"))


@pytest.fixture(autouse=True)
def _a_directory_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No test finds, or leaves, a workspace in the repository or the caller's environment, or anything in its cache."""
    for name in [name for name in os.environ if name.startswith("LINEAL_")]:
        monkeypatch.delenv(name)
    # One for all tests: what is kept there must be true for every process, and finding it out takes a second each time.
    base = tmp_path_factory.getbasetemp()
    place = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    monkeypatch.setenv("LINEAL_CACHE", str(place / "lineal-cache"))
    monkeypatch.chdir(tmp_path)


# ---------------------------------------------------------------- the network


def _is_local(host: object) -> bool:
    if host in {None, "", b"", "localhost", b"localhost"}:
        return True
    text = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text == socket.gethostname()
    return address.is_loopback or address.is_unspecified


def _refuse(host: object) -> None:
    if not _is_local(host):
        message = f"a test reached for {host!r}; tests use loopback only"
        raise RuntimeError(message)


def _refuse_address(address: object) -> None:
    if isinstance(address, tuple):
        _refuse(address[0])


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    lookup, connect, connect_ex, sendto = (
        socket.getaddrinfo,
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.socket.sendto,
    )

    def guarded_lookup(host: Any, *rest: Any, **options: Any) -> Any:
        _refuse(host)
        return lookup(host, *rest, **options)

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_address(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_address(address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        _refuse_address(rest[-1])
        return sendto(self, data, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket.socket, "sendto", guarded_sendto)
        yield


# ---------------------------------------------------------------- the real ML Metadata


PEER = ROOT / ".venv-mlmd" / "bin" / "python"


@dataclass(frozen=True)
class Peer:
    """The interpreter that has the real `ml_metadata`; tests that ask for it carry the marker `peer`."""

    python: Path

    def run(self, script: str | Path, *arguments: object) -> str:
        """Return what a script (its text, or its file) printed; it must end well."""
        code = [str(script)] if isinstance(script, Path) else ["-c", script]
        command = [str(self.python), *code, *map(str, arguments)]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @staticmethod
    def environment() -> dict[str, str]:
        """Return the environment without what would bring our own packages into that interpreter."""
        return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@pytest.fixture(scope="session")
def peer() -> Peer:
    """The real ML Metadata in its own interpreter."""
    return Peer(PEER)


# ---------------------------------------------------------------- skips


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {
        "torch": None if importlib.util.find_spec("torch") else "PyTorch is not installed",
        "frameworks": None if importlib.util.find_spec("lightning") else "not installed: make frameworks",
        "peer": None if PEER.exists() else "the real ML Metadata is not installed: make peer",
    }
    for item in items:
        for marker, reason in missing.items():
            if reason is not None and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def _hides_something(report: pytest.TestReport | pytest.CollectReport) -> bool:
    longrepr = report.longrepr
    reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return not reason.removeprefix("Skipped: ").startswith(PLATFORM)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI run that left a test out: where CI decides, a missing service is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not in_ci() or reporter is None:
        return
    hidden = [report for report in reporter.stats.get("skipped", []) if _hides_something(report)]
    if hidden:
        reporter.write_line(f"{len(hidden)} skipped: in CI a skip is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
