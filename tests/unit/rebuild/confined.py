"""Programs run as a rebuild runs them, in a system that forbids namespaces where a test asks for that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_EXECUTE = """
import json, os, sys
from dataclasses import asdict
from pathlib import Path
from lineal.rebuild.execute import Limits, execute
from lineal.rebuild.place import rebuild_directory

code, network, hidden = json.loads(sys.argv[1])
with rebuild_directory() as place:
    ended = execute(
        [sys.executable, "-c", code],
        place=place,
        cwd=place.tree,
        environment={"PATH": os.environ["PATH"], "TMPDIR": str(place.temporary)},
        limits=Limits(seconds=60, free=0, network=network),
        progress=lambda _text: None,
        hidden=[Path(path) for path in hidden],
    )
    print(json.dumps({"status": ended.status, "said": ended.said, **asdict(ended.confinement)}))
"""

_FORBID = 'for n in user net mnt pid ipc; do echo 0 > /proc/sys/user/max_${n}_namespaces; done; exec "$@"'
FORBIDDING = ["unshare", "--user", "--map-root-user", "sh", "-c", _FORBID, "sh"]
"""Words before a command that is to run where no namespace can be made."""


_MASK = 'mount -t tmpfs none /proc/sys; exec unshare --user --map-root-user --mount "$@"'
MASKING = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MASK, "sh"]
"""Words before a command that is to run where no view of processes can be made, as in many containers."""


def can_forbid() -> bool:
    """Whether a system without namespaces can be made here, which takes one."""
    try:
        return subprocess.run([*FORBIDDING, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def confined(
    code: str,
    scratch: Path,
    *,
    namespaces: bool = True,
    masked: bool = False,
    network: bool = False,
    hidden: tuple[Path, ...] = (),
) -> dict[str, Any]:
    """Run a program confined and return how it ended, what it said and what it could reach."""
    words = json.dumps([code, network, [str(path) for path in hidden]])
    command = [sys.executable, "-c", _EXECUTE, words]
    done = subprocess.run(
        [*(MASKING if masked else [] if namespaces else FORBIDDING), *command],
        env=os.environ | {"TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
