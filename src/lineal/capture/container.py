"""Item 16: the digest of the image this runs in, where something that knows it says so. A tag is never taken for one.

The kernel does not tell. Asked in this order: the launcher, podman's own file, and a container runtime whose socket is
mounted here. What is left is unknown, with the container's id and a fingerprint of the system packages that are seen.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, unknown
from lineal.capture.fingerprints.files import of_file
from lineal.capture.secrets import redact
from lineal.errors import LinealError
from lineal.model.values import Json

TOLD = ("LINEAL_IMAGE_DIGEST", "IMAGE_DIGEST", "CONTAINER_IMAGE_DIGEST")
"""Variables in which a launcher says the digest."""

_DIGEST = re.compile(r"(?:[^\s@]+@)?sha256:[0-9a-f]{64}")
_ID = re.compile(
    r"(?:/containers/|/overlay-containers/|/docker[-/]|/libpod-|/crio-|/cri-containerd-|/)([0-9a-f]{64})\b"
)
_SOCKETS = ("var/run/docker.sock", "run/docker.sock", "run/podman/podman.sock")
_PACKAGES = (
    "var/lib/dpkg/status",
    "lib/apk/db/installed",
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
)
_PATIENCE_S = 1.0
_ANSWER = 4 << 20


def container_item(root: Path = Path("/")) -> Captured:
    """Return the image's digest and who told it; `root` is where the system's files lie."""
    refused = ""
    for name in TOLD:
        said = os.environ.get(name, "")
        if _DIGEST.fullmatch(said):
            return captured(redact(said), f"told by {name}")
        if said:
            refused = f"{name} is {redact(said)!r}, no digest; "
    podman = _podman(root)
    if podman is not None:
        return captured(podman, "told by podman")
    if not refused and not _is_inside(root):
        return not_applicable("no sign of a container")
    identifier = _identifier(root)
    told = _runtime(root, identifier) if identifier else None
    if told is not None:
        return captured(told, "told by the container runtime")
    found: dict[str, Json] = {"id": identifier, "packages": _packages(root)}
    return unknown(
        f"{refused}the kernel does not tell the image of a container; set LINEAL_IMAGE_DIGEST when starting it", found
    )


def _is_inside(root: Path) -> bool:
    if (root / ".dockerenv").exists() or (root / "run/.containerenv").exists():
        return True
    return "KUBERNETES_SERVICE_HOST" in os.environ or "container" in os.environ or _identifier(root) is not None


def _podman(root: Path) -> str | None:
    for line in _read(root / "run/.containerenv").splitlines():
        name, _, value = line.partition("=")
        if name == "imageid" and re.fullmatch("[0-9a-f]{64}", value.strip('"')):
            return "sha256:" + value.strip('"')
    return None


def _identifier(root: Path) -> str | None:
    """Return the id of the container, from where its files are mounted from or from the name of its control group."""
    for name in ("mountinfo", "cgroup"):
        found = _ID.search(_read(root / "proc/self" / name))
        if found is not None:
            return found[1]
    return None


def _runtime(root: Path, identifier: str) -> str | None:
    """Return the digest a container runtime gives, asked through its socket on this machine."""
    for name in _SOCKETS:
        path = root / name
        if not path.is_socket():
            continue
        image = _asked(path, f"/containers/{identifier}/json").get("Image")
        if isinstance(image, str) and _DIGEST.fullmatch(image):
            digests = _asked(path, f"/images/{image}/json").get("RepoDigests")
            # The digest in a registry, where the image has one: that of the image here is known to this machine only.
            known = [str(one) for one in digests if _DIGEST.fullmatch(str(one))] if isinstance(digests, list) else []
            return redact(known[0]) if known else image
    return None


def _asked(path: Path, question: str) -> Mapping[str, object]:
    """Ask over a socket on this machine. HTTP 1.0 ends with the connection, so the answer is what comes till then."""
    import socket

    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_PATIENCE_S)
            connection.connect(str(path))
            connection.sendall(f"GET {question} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            said = bytearray()
            while len(said) < _ANSWER and (part := connection.recv(1 << 16)):
                said += part
        answer = json.loads(bytes(said).partition(b"\r\n\r\n")[2])
    except (OSError, ValueError):
        return {}  # not for us, gone, or no such runtime
    return answer if isinstance(answer, dict) else {}


def _packages(root: Path) -> str | None:
    for name in _PACKAGES:
        try:
            return of_file(root / name).fingerprint
        except LinealError:
            continue
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
