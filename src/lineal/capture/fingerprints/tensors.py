"""The bytes of a map of tensors (PyTorch's `state_dict`, a dict of NumPy arrays): sorted by name, shared ones once."""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeGuard

from lineal.capture.fingerprints.arrays import array_bytes, is_array
from lineal.capture.fingerprints.state import Unreadable
from lineal.errors import InvalidArgument
from lineal.model.fingerprint import framed, int_bytes

if TYPE_CHECKING:
    import torch


def is_tensor_map(thing: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether `thing` maps names to arrays or tensors, and holds at least one."""
    if not isinstance(thing, Mapping) or not thing:
        return False
    return all(isinstance(name, str) and _is_tensor(value) for name, value in thing.items())


def tensor_map_bytes(tensors: Mapping[str, object]) -> bytes:
    """Return the one byte string of the map: each name with type, shape and elements; an alias by its first name.

    Sharing counts: tied weights are another model than equal ones.
    """
    first: dict[tuple[object, ...], str] = {}
    parts = [b"T", struct.pack("<q", len(tensors))]
    for name in sorted(tensors):
        parts.append(framed(name.encode("utf-8", "surrogatepass")))
        place = _place(tensors[name])
        owner = first.setdefault(place, name)
        if owner != name:
            parts += [b"=", framed(owner.encode("utf-8", "surrogatepass"))]
        else:
            parts.append(tensor_bytes(tensors[name]))
    return b"".join(parts)


def tensor_bytes(tensor: object) -> bytes:
    """Return the one byte string of an array or tensor; a NumPy array and a tensor of one content agree."""
    try:
        if is_array(tensor):
            return array_bytes(tensor)  # type: ignore[arg-type]  # is_array looked
        return _torch_bytes(tensor)
    except InvalidArgument as error:
        raise Unreadable(error.message) from error


def is_torch_tensor(thing: object) -> bool:
    """Return whether `thing` is a PyTorch tensor; PyTorch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.Tensor)


def _is_tensor(thing: object) -> bool:
    return is_array(thing) or is_torch_tensor(thing)


def _torch_bytes(tensor: torch.Tensor) -> bytes:
    torch = sys.modules["torch"]
    if tensor.is_sparse or tensor.is_quantized or tensor.layout is not torch.strided:
        raise Unreadable(f"a tensor with layout {tensor.layout} has no rule")
    plain = tensor.detach().cpu().contiguous()
    try:
        return array_bytes(plain.numpy())
    except TypeError:
        # bfloat16 and the 8-bit floats are unknown to NumPy: their bits are taken as they are.
        bits = plain.view(torch.uint8) if plain.ndim else plain.reshape(1).view(torch.uint8)
        shape = b"".join(framed(int_bytes(length)) for length in plain.shape)
        return b"".join([b"A", framed(str(plain.dtype).encode()), framed(shape), framed(bits.numpy().tobytes())])


def _place(tensor: object) -> tuple[object, ...]:
    """Return what two names of one tensor share: its memory, shape and strides."""
    if is_torch_tensor(tensor):
        pointer: int = tensor.data_ptr()  # type: ignore[attr-defined]
        shape, strides = tuple(tensor.shape), tensor.stride()  # type: ignore[attr-defined]
        return ("torch", pointer, shape, strides, str(tensor.dtype)) if pointer else (id(tensor),)  # type: ignore[attr-defined]
    return (id(tensor),)
