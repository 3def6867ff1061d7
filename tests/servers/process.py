"""One server process: started on a free port in a directory of its own, stopped, killed and started again by its id."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.servers import keeper

START_SECONDS = 60
STOP_SECONDS = 30
ROOM = 2**30


class NotInstalled(Exception):
    """This machine lacks the server; the message says how to install it."""


class ServerProcess:
    """A server's process. `command` may change between two starts."""

    def __init__(self, name, *, user=None, executable=False):
        """Make an empty directory that `user` owns, and whatever removes it in the end.

        `executable`: programs will be copied into it.
        """
        self.name = name
        self.user = user
        self.port = free_port()
        # Not under pytest's directory, which other users may not enter; and sockets need a short path.
        place = None if executable else _memory()
        self.directory = Path(tempfile.mkdtemp(prefix=f"lineal-{name}-", dir=place))
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.log = self.directory / "log"
        self._process = None
        self._keeper = subprocess.Popen(
            [sys.executable, keeper.__file__, str(self.directory)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def run(self, *command):
        """Run a program of the server's to its end, as the server's user."""
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=self.directory,
            env=_environment(self.directory),
            **self._as_user(),
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"

    def start(self, command, is_ready):
        """Start the server and wait until `is_ready()` says that it answers."""
        assert self._process is None, f"{self.name} runs already"
        deadline = time.monotonic() + START_SECONDS
        self._launch(command)
        while not is_ready():
            if self._process.poll() is not None:
                # What a killed server left behind, shared memory or a port, can take a moment to be free again.
                assert time.monotonic() < deadline, self._last_words()
                time.sleep(0.2)
                self._launch(command)
            assert time.monotonic() < deadline, self._last_words()
            time.sleep(0.02)

    def stop(self, how=signal.SIGTERM):
        """Ask the server to end, and wait for it."""
        self._end([self._process], how)

    def kill(self):
        """Take the server and its children away in one moment, like a power cut does."""
        self._end([*psutil.Process(self._process.pid).children(recursive=True), self._process], signal.SIGKILL)

    @contextmanager
    def frozen(self):
        """Let the server and its children hear and say nothing meanwhile; their connections stay."""
        server = psutil.Process(self._process.pid)
        processes = [server, *server.children(recursive=True)]
        try:
            _each(processes, psutil.Process.suspend)
            _each(processes, _until_it_stands)
            yield
        finally:
            _each(processes, psutil.Process.resume)

    @property
    def pid(self):
        """The process id, or None while it does not run."""
        return None if self._process is None else self._process.pid

    def close(self):
        """End the server, if it runs, and remove all it wrote."""
        self._keeper.stdin.close()
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
        self._keeper.wait(STOP_SECONDS)

    def _launch(self, command):
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=_environment(self.directory),
                start_new_session=True,
                **self._as_user(),
            )
        self._tell_keeper(self._process.pid)

    def _end(self, processes, how):
        for process in processes:
            try:
                process.send_signal(how)
            except psutil.NoSuchProcess:
                continue
        for process in processes:
            process.wait(STOP_SECONDS)
        self._process = None
        self._tell_keeper(0)

    def _tell_keeper(self, pid):
        self._keeper.stdin.write(f"{pid}\n".encode())
        self._keeper.stdin.flush()

    def _as_user(self):
        if self.user is None:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def _last_words(self):
        return f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-4000:]}"


def _until_it_stands(process):
    """Wait until a process that was told to stop has stopped: a thread of it may answer a last question meanwhile."""
    deadline = time.monotonic() + STOP_SECONDS
    while process.status() != psutil.STATUS_STOPPED and time.monotonic() < deadline:
        time.sleep(0.001)


def _each(processes, do):
    for process in processes:
        # A server's child may end at any moment, as its parent bids it.
        with suppress(psutil.NoSuchProcess):
            do(process)


def unprivileged():
    """Return the user for a server that refuses to run as root, or None where we are not root."""
    if os.geteuid() != 0:
        return None
    users = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def free_port():
    """Return a port of the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _memory():
    """Return a directory in memory with room for databases, if there is one: a store is made ten times as fast there.

    A killed server finds there all that it wrote, as it would in the system's cache of a disk.
    """
    place = Path("/dev/shm")
    if not os.access(place, os.W_OK | os.X_OK):
        return None
    room = os.statvfs(place)
    return place if room.f_bavail * room.f_frsize >= ROOM else None


def _environment(directory):
    # MariaDB removes what looks like old temporary tables when it starts: two servers must not share a place for them.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", "TMPDIR": str(directory)}
