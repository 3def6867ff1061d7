"""Model files whose state can be read without a library: safetensors, and LightGBM's text.

Nothing of a file is run. What comes back is, byte for byte, what the same model in memory gives.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from lineal.capture.fingerprints.arrays import array_bytes
from lineal.capture.fingerprints.boosters import Found, lightgbm_text_bytes
from lineal.capture.fingerprints.state import Unreadable
from lineal.model.fingerprint import framed, int_bytes

_MOST_HEADER = 100 << 20
"""safetensors' own limit."""

_LIGHTGBM = b"tree\nversion="
_NUMPY = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1", "C64": "<c8",
}  # fmt: skip
_TORCH = {
    "BF16": "torch.bfloat16", "F8_E5M2": "torch.float8_e5m2", "F8_E4M3": "torch.float8_e4m3fn",
    "F8_E8M0": "torch.float8_e8m0fnu",
}  # fmt: skip


def state_of_file(path: Path) -> Found | None:
    """Return the canonical bytes of a model file and what was left out of them; None where there is no rule for it."""
    if path.suffix == ".safetensors":
        return _safetensors(path)
    with path.open("rb") as file:
        is_lightgbm = file.read(len(_LIGHTGBM)) == _LIGHTGBM
    if is_lightgbm:
        return lightgbm_text_bytes(path.read_text(encoding="utf-8"))
    return None


def _safetensors(path: Path) -> Found:
    """Return the tensors sorted by name. Metadata is left out: no promise is made about its order."""
    data = memoryview(path.read_bytes())
    try:
        (length,) = struct.unpack_from("<Q", data)
        if not 0 < length <= min(_MOST_HEADER, len(data) - 8):
            raise Unreadable(f"{path.name} is no safetensors file: its header has {length} bytes")
        header = json.loads(bytes(data[8 : 8 + length]))
    except (struct.error, ValueError) as error:
        raise Unreadable(f"{path.name} is no safetensors file: {error}") from error
    if not isinstance(header, dict):
        raise Unreadable(f"{path.name} is no safetensors file: its header is a {type(header).__name__}")
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    parts = [b"T", struct.pack("<q", len(tensors))]
    for name in sorted(tensors):
        parts += [framed(name.encode("utf-8", "surrogatepass")), _tensor(name, tensors[name], data[8 + length :])]
    return b"".join(parts), ("__metadata__",) if "__metadata__" in header else ()


def _tensor(name: str, entry: Mapping[str, object], data: memoryview) -> bytes:
    try:
        kind, shape = str(entry["dtype"]), [int(size) for size in cast("list[int]", entry["shape"])]
        start, end = (int(place) for place in cast("list[int]", entry["data_offsets"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"the tensor {name} has no type, shape or place: {error}") from error
    if not 0 <= start <= end <= len(data):
        raise Unreadable(f"the tensor {name} lies outside the file")
    content = bytes(data[start:end])
    sizes = b"".join(framed(int_bytes(size)) for size in shape)
    if kind in _NUMPY:
        return _numpy_bytes(name, content, _NUMPY[kind], shape)
    if kind in _TORCH:
        return b"".join([b"A", framed(_TORCH[kind].encode()), framed(sizes), framed(content)])
    raise Unreadable(f"the tensor {name} has the type {kind}, which has no rule")


def _numpy_bytes(name: str, content: bytes, dtype: str, shape: list[int]) -> bytes:
    try:
        import numpy as np  # third party

        return array_bytes(np.frombuffer(content, dtype).reshape(shape))
    except ImportError as error:
        raise Unreadable("tensors are compared with NumPy, which is not installed") from error
    except ValueError as error:
        raise Unreadable(f"the tensor {name} has not the size of its shape: {error}") from error
