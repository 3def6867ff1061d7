"""The digest of the image: told by whoever knows it, never a tag, never a guess."""

from __future__ import annotations

import http.server
import json
import socketserver
import tempfile
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from lineal.capture.container import container_item

DIGEST = "sha256:" + "4f" * 32
OTHER = "sha256:" + "5e" * 32
ID = "0a" * 32
MOUNT = f"1 2 0:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n"


@pytest.fixture(autouse=True)
def outside(monkeypatch):
    """An environment that says nothing about containers."""
    for name in (
        "LINEAL_IMAGE_DIGEST",
        "IMAGE_DIGEST",
        "CONTAINER_IMAGE_DIGEST",
        "KUBERNETES_SERVICE_HOST",
        "container",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root():
    """A file system of its own; its path is short, for the name of a socket must be."""
    with tempfile.TemporaryDirectory(prefix="c") as place:
        yield Path(place)


def put(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("said", [DIGEST, f"registry.example.org/train@{DIGEST}"])
def test_the_launcher_is_believed(root, monkeypatch, said):
    monkeypatch.setenv("LINEAL_IMAGE_DIGEST", said)
    assert container_item(root).value == said


@pytest.mark.parametrize("said", ["train:latest", "sha256:abc", "train", f"{DIGEST}0"])
def test_a_tag_is_never_taken_for_a_digest(root, monkeypatch, said):
    monkeypatch.setenv("LINEAL_IMAGE_DIGEST", said)
    item = container_item(root)
    assert item.status == "unknown"
    assert said in item.reason
    assert "no digest" in item.reason


def test_podman_says_it_in_its_own_file(root):
    put(root, "run/.containerenv", f'engine="podman"\nimageid="{"4f" * 32}"\n')
    assert container_item(root).value == DIGEST


def test_no_sign_of_a_container_makes_the_item_not_applicable(root):
    put(root, "proc/self/mountinfo", "1 2 0:1 / / rw - ext4 /dev/sda1 rw\n")
    assert container_item(root).status == "not_applicable"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("proc/self/mountinfo", MOUNT),
        ("proc/self/cgroup", f"12:cpu:/docker/{ID}\n"),
        ("proc/self/cgroup", f"0::/kubepods.slice/pod1/cri-containerd-{ID}.scope\n"),
        ("proc/self/cgroup", f"0::/machine.slice/libpod-{ID}.scope\n"),
        (".dockerenv", ""),
    ],
)
def test_a_container_whose_image_nobody_tells_is_unknown_with_what_is_seen(root, name, text):
    put(root, name, text)
    put(root, "var/lib/dpkg/status", "Package: base-files\n")
    item = container_item(root)
    assert item.status == "unknown"
    assert item.value["id"] == (ID if text else None)
    assert item.value["packages"].startswith("sha256:")


class Runtime(http.server.BaseHTTPRequestHandler):
    """What a container runtime answers through its socket."""

    answers: ClassVar[dict[str, object]] = {}

    def do_GET(self) -> None:
        answer = self.answers.get(self.path)
        self.send_response(200 if answer else 404)
        self.end_headers()
        self.wfile.write(json.dumps(answer or {"message": "no such thing"}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "socket"


@pytest.fixture
def runtime(root):
    (root / "var/run").mkdir(parents=True)
    server = socketserver.UnixStreamServer(str(root / "var/run/docker.sock"), Runtime)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    put(root, "proc/self/mountinfo", MOUNT)
    yield Runtime.answers
    server.shutdown()
    thread.join()
    server.server_close()
    Runtime.answers.clear()


def test_a_mounted_runtime_is_asked_for_the_digest_in_the_registry(root, runtime):
    runtime[f"/containers/{ID}/json"] = {"Image": OTHER}
    runtime[f"/images/{OTHER}/json"] = {"RepoDigests": [f"registry.example.org/train@{DIGEST}"]}
    assert container_item(root).value == f"registry.example.org/train@{DIGEST}"


def test_an_image_in_no_registry_has_the_digest_it_has_here(root, runtime):
    runtime[f"/containers/{ID}/json"] = {"Image": OTHER}
    assert container_item(root).value == OTHER


def test_a_runtime_that_does_not_know_us_leaves_the_digest_unknown(root, runtime):
    assert container_item(root).status == "unknown"


def test_a_tag_from_the_runtime_is_no_digest_either(root, runtime):
    runtime[f"/containers/{ID}/json"] = {"Image": "train:latest"}
    assert container_item(root).status == "unknown"
