"""What a rebuilt program can reach of the machine: nothing of others where the system has namespaces, less without.

Each test is a program that tries; the second half makes a system without namespaces, and tries there.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.rebuild.confined import can_forbid, confined

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="platform: the kernel of Linux confines")

CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*numbers):
    number = numbers[{"x86_64": 0, "aarch64": 1}[os.uname().machine]]
    answer = libc.syscall(number, 0, 0, 0, 0, 0)
    return os.strerror(ctypes.get_errno()) if answer < 0 else "done"
"""


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    directory = tmp_path / "scratch"
    directory.mkdir()
    return directory


@pytest.fixture
def without_namespaces() -> None:
    if not can_forbid():
        pytest.skip("platform: a system without namespaces is made with one")


def has_everything(ended) -> bool:
    return ended["processes"] == "hidden" and ended["sockets"] == "hidden"


def test_where_namespaces_are_to_be_had_everything_is_apart(scratch):
    words = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc", "true"]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("platform: no namespaces")

    ended = confined("pass", scratch)

    reached = [ended[name] for name in ("network", "writes", "processes", "sockets")]
    assert reached == ["off", "confined", "hidden", "hidden"]


def test_a_socket_in_a_shared_directory_is_in_sight_and_leads_nowhere(scratch, tmp_path):
    path = str(tmp_path / "engine.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        ended = confined(f"import socket; socket.socket(socket.AF_UNIX).connect({path!r})", scratch)

    assert "refused" in ended["said"] or ended["sockets"] == "open"


def test_a_socket_that_is_made_after_the_program_began_leads_nowhere_either(scratch, tmp_path):
    path = tmp_path / "late.sock"
    code = (
        "import os, socket\nopen('going', 'w').close()\nwhile not os.path.exists('made'): pass\n"
        f"socket.socket(socket.AF_UNIX).connect({str(path)!r})"
    )
    serve = (
        f"import glob, os, socket\nwhile not (going := glob.glob({str(scratch)!r} + '/*/tree/going')): pass\n"
        f"server = socket.socket(socket.AF_UNIX)\nserver.bind({str(path)!r})\nserver.listen()\n"
        "open(os.path.dirname(going[0]) + '/made', 'w').close()\nserver.accept()"
    )
    with subprocess.Popen([sys.executable, "-c", serve]) as server:
        try:
            ended = confined(code, scratch)
        finally:
            server.kill()

    assert "refused" in ended["said"] or ended["sockets"] == "open"


def test_an_abstract_socket_of_another_program_is_not_there(scratch):
    name = f"\0lineal-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()

        ended = confined(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})", scratch)

    assert ended["status"] == 1 or ended["sockets"] == "open"


def test_sockets_of_its_own_work_in_its_directory_and_without_a_name(scratch):
    code = (
        "import socket\n"
        "for name in ('own.sock', '\\0own'):\n"
        "    server = socket.socket(socket.AF_UNIX); server.bind(name); server.listen()\n"
        "    socket.socket(socket.AF_UNIX).connect(name)\n"
    )

    assert confined(code, scratch)["status"] == 0


def test_other_processes_cannot_be_ended_or_read(scratch):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        code = (
            "import os\n"
            f"other = {other.pid}\n"
            "for attempt in (lambda: os.kill(other, 9), lambda: open(f'/proc/{other}/environ', 'rb').read()):\n"
            "    try: attempt(); print('reached')\n"
            "    except OSError as error: print(type(error).__name__)\n"
        )

        ended = confined(code, scratch)

        assert other.poll() is None or ended["processes"] == "open"
        other.kill()
    assert "reached" not in ended["said"] or ended["processes"] == "open"


def test_it_sees_its_own_processes_under_their_own_numbers(scratch):
    code = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "print(os.readlink('/proc/self') == str(os.getpid()), os.path.exists(f'/proc/{child.pid}/exe'))\n"
        "child.kill()"
    )

    assert confined(code, scratch)["said"] == "True True\n"


DAEMON = (
    "import os, signal\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        for number in (1, 2, 15): signal.signal(number, signal.SIG_IGN)\n"
    "        os.execve('/bin/sleep', ['{name}', '600'], {{}})\n"
    "    os._exit(0)\n"
    "os.wait()\n"
)


@pytest.mark.parametrize("namespaces", [True, False])
def test_a_daemon_that_left_its_session_and_ignores_signals_ends_with_the_program(scratch, namespaces):
    if not namespaces and not can_forbid():
        pytest.skip("platform: a system without namespaces is made with one")
    name = f"daemon-{namespaces}-of-a-test"

    ended = confined(DAEMON.format(name=name), scratch, namespaces=namespaces)

    assert (ended["status"], running(name)) == (0, [])


@pytest.mark.parametrize("namespaces", [True, False])
def test_it_ends_as_the_program_ended(scratch, namespaces):
    if not namespaces and not can_forbid():
        pytest.skip("platform: a system without namespaces is made with one")

    assert confined("raise SystemExit(7)", scratch, namespaces=namespaces)["status"] == 7
    assert confined("import os; os.kill(os.getpid(), 11)", scratch, namespaces=namespaces)["status"] == -11


def test_nothing_outside_can_be_changed_not_even_a_mode_or_a_time(scratch, tmp_path):
    (tmp_path / "mine").write_text("4")
    (tmp_path / "mine").chmod(0o640)
    code = (
        "import os\n"
        f"mine = {str(tmp_path / 'mine')!r}\n"
        "for attempt in (lambda: os.chmod(mine, 0o777), lambda: os.utime(mine), lambda: os.mkfifo(mine + '.pipe'),"
        " lambda: os.link(mine, 'stolen')):\n"
        "    try: attempt(); print('changed')\n"
        "    except OSError: pass\n"
    )

    ended = confined(code, scratch)

    assert "changed" not in ended["said"] or "a read-only file system" not in ended["how"]


def test_disks_are_no_devices_for_it(scratch):
    disks = [path for path in Path("/dev").iterdir() if path.is_block_device()]
    code = (
        f"for path in {[str(path) for path in disks]!r}:\n"
        "    try: open(path, 'rb').read(1); print('read', path)\n"
        "    except OSError: pass\n"
        "open('/dev/null', 'wb').write(b'x'); print(len(open('/dev/urandom', 'rb').read(8)))"
    )

    ended = confined(code, scratch)

    assert ended["said"] == "8\n" or "a read-only file system" not in ended["how"]


def test_terminals_of_the_user_are_not_there_and_its_own_are(scratch):
    master, slave = os.openpty()
    name = os.ttyname(slave)
    try:
        ended = confined(f"import os; print(os.path.exists({name!r})); print(os.ttyname(os.openpty()[1]))", scratch)
    finally:
        os.close(master)
        os.close(slave)

    assert ended["said"].startswith("False\n/dev/pts/") or "terminals of its own" not in ended["how"]


def test_a_hidden_directory_is_empty(scratch, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "model").write_text("4")

    ended = confined(f"import os; print(os.listdir({str(tmp_path / 'kept')!r}))", scratch, hidden=(tmp_path / "kept",))

    assert ended["said"] == "[]\n" or not has_everything(ended)


def test_keys_and_passwords_of_the_home_are_hidden(scratch, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").write_text("key")
    (tmp_path / ".netrc").write_text("password")
    code = f"import os; print(os.listdir({str(tmp_path / '.ssh')!r}), open({str(tmp_path / '.netrc')!r}).read())"

    ended = confined(code, scratch)

    assert ended["said"] == "[] \n" or not has_everything(ended)


def test_what_was_achieved_is_told_by_the_starter_and_not_by_the_program(scratch):
    code = (
        "import json, os\n"
        "said = json.dumps({'network': 'mine', 'writes': 'mine', 'processes': 'mine', 'sockets': 'mine', 'how': []})\n"
        "open('../confinement.json', 'w').write(said)\n"
        "for number in range(3, 64):\n"
        "    try: os.write(number, said.encode())\n"
        "    except OSError: pass\n"
    )

    assert "mine" not in confined(code, scratch).values()


def test_with_a_network_the_rest_is_still_apart(scratch):
    ended = confined("print(4)", scratch, network=True)

    assert (ended["network"], ended["said"]) == ("on", "4\n")
    assert ended["processes"] == "hidden" or "processes of its own" not in ended["how"]


@pytest.mark.usefixtures("without_namespaces")
def test_without_namespaces_the_internet_is_refused_in_every_way_to_it(scratch):
    code = CALL + (
        "import socket\n"
        "for family, kind in ((2, 1), (10, 2), (40, 1), (17, 3), (31, 3)):\n"
        "    try: socket.socket(family, kind); print(family)\n"
        "    except OSError: pass\n"
        "print(call(425, 425), call(426, 426), call(427, 427), sep=', ')\n"
    )

    ended = confined(code, scratch, namespaces=False)

    assert ended["said"] == ", ".join(["Function not implemented"] * 3) + "\n"
    assert (ended["network"], "a network of its own" in ended["how"]) == ("off", False)


@pytest.mark.usefixtures("without_namespaces")
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="platform: the other numbers are those of x86-64")
def test_without_namespaces_the_second_set_of_numbers_is_refused(scratch):
    code = CALL + "print(call(0x40000000 + 39), call(0x40000000 + 41), sep=', ')"

    assert confined(code, scratch, namespaces=False)["said"] == "Function not implemented, Function not implemented\n"


@pytest.mark.usefixtures("without_namespaces")
def test_without_namespaces_debuggers_and_keys_and_programs_for_the_kernel_are_refused(scratch):
    calls = [(101, 117), (310, 270), (311, 271), (438, 438), (321, 280), (298, 241), (323, 282), (250, 219), (308, 268)]
    code = CALL + f"print(*[call(*numbers) for numbers in {calls!r}], sep='\\n')"

    ended = confined(code, scratch, namespaces=False)

    assert ended["said"].splitlines() == ["Operation not permitted"] * len(calls)


@pytest.mark.usefixtures("without_namespaces")
def test_without_namespaces_no_namespace_can_be_made_by_the_program(scratch):
    code = CALL + "print(libc.unshare(0x10000000), os.strerror(ctypes.get_errno()))"

    assert confined(code, scratch, namespaces=False)["said"] == "-1 Operation not permitted\n"


@pytest.mark.usefixtures("without_namespaces")
def test_without_namespaces_other_processes_are_in_sight_and_out_of_reach(scratch):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        code = (
            "import os\n"
            f"for attempt in (lambda: os.kill({other.pid}, 9), lambda: open('/proc/{other.pid}/environ', 'rb').read(),"
            " lambda: os.kill(-1, 15)):\n"
            "    try: attempt(); print('reached')\n"
            "    except OSError as error: print(type(error).__name__)\n"
        )

        ended = confined(code, scratch, namespaces=False)

        assert other.poll() is None or ended["processes"] == "open"
        other.kill()
    assert ended["said"] == "PermissionError\n" * 3 or ended["processes"] == "open"


@pytest.mark.usefixtures("without_namespaces")
def test_where_no_view_of_processes_may_be_made_the_rest_is_still_apart(scratch):
    ended = confined("import os; print(os.path.exists(f'/proc/{os.getpid()}/exe'))", scratch, masked=True)

    assert ended["said"] == "True\n"
    assert "processes of its own" not in ended["how"]
    assert ("a network of its own" in ended["how"], ended["sockets"]) == (True, "hidden")


@pytest.mark.usefixtures("without_namespaces")
def test_without_namespaces_it_is_said_that_sockets_can_be_reached(scratch, tmp_path):
    path = str(tmp_path / "engine.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        ended = confined(
            f"import socket; socket.socket(socket.AF_UNIX).connect({path!r}); print('there')", scratch, namespaces=False
        )

    assert (ended["said"], ended["sockets"]) == ("there\n", "open")


@pytest.mark.usefixtures("without_namespaces")
def test_without_namespaces_threads_and_workers_still_start(scratch):
    code = (
        "import multiprocessing, threading\n"
        "thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
        "print(multiprocessing.get_context('fork').Pool(2).map(abs, [-1]))"
    )

    assert confined(code, scratch, namespaces=False)["said"] == "thread\n[1]\n"


def running(name: str) -> list[str]:
    """Return the processes of this name."""
    return [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if name in _read(path)]


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
