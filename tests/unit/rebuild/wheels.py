"""Wheels made on the spot, so that an installer has something to install without any index."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from importlib.metadata import Distribution
from pathlib import Path


def make_wheel(directory: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """Write a pure wheel with these files and return its path."""
    info = f"{name}-{version}.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    data = {place: text.encode() for place, text in (files | metadata).items()}
    return _packed(directory / f"{name}-{version}-py3-none-any.whl", info, data)


def repack(directory: Path, one: Distribution) -> Path:
    """Write a wheel of a package that is installed here and return its path."""
    tags = [line.split(": ")[1] for line in (one.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: ")]
    name = one.metadata["Name"].replace("-", "_").replace(".", "_")
    paths = [path for path in one.files or () if ".." not in path.parts and path.suffix != ".pyc"]
    info = next(path.parts[0] for path in paths if path.parts[0].endswith(".dist-info"))
    skipped = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
    data = {path.as_posix(): path.read_binary() for path in paths if path.name not in skipped or path.parts[0] != info}
    return _packed(directory / f"{name}-{one.version}-{tags[-1]}.whl", info, data)


def sha256_of(path: Path) -> str:
    """Return the fingerprint as a requirements file states it."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _packed(path: Path, info: str, data: dict[str, bytes]) -> Path:
    record = [f"{place},sha256={_digest(content)},{len(content)}" for place, content in data.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for place, content in data.items():
            archive.writestr(place, content)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return path


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def make_source(directory: Path, name: str, version: str, files: dict[str, str], *, trace: Path) -> Path:
    """Write a source package whose build tries to leave a trace, and return its path; building it needs nothing."""
    backend = _BACKEND.format(name=name, version=version, files=files, trace=str(trace))
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    parts = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": project,
        "backend.py": backend,
    }
    path = directory / f"{name}-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for place, text in parts.items():
            member = tarfile.TarInfo(f"{name}-{version}/{place}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


_BACKEND = """
import os, zipfile

def build_wheel(directory, settings=None, metadata=None):
    info, files = "{name}-{version}.dist-info", {files!r}
    try:
        open({trace!r}, "w").close()
    except OSError:
        pass
    files["secret.py"] = "TOKEN = " + repr(os.environ.get("API_TOKEN"))
    files[info + "/METADATA"] = "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
    files[info + "/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[info + "/RECORD"] = "".join(name + ",,\\n" for name in (*files, info + "/RECORD"))
    name = "{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for place, text in files.items():
            archive.writestr(place, text)
    return name
"""
