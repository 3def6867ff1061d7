"""Items 24 to 26: seeds, the states of random generators, and the switches that make a framework deterministic.

`set_seed` seeds what the program has loaded and remembers it; nothing else here changes a generator.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
from collections.abc import Mapping
from types import ModuleType

from lineal.capture.captured import Captured, captured, not_applicable, unknown
from lineal.capture.fingerprints.arrays import array_bytes
from lineal.capture.guard import guarded
from lineal.errors import InvalidArgument
from lineal.model.fingerprint import of_bytes, text
from lineal.model.values import INT64_MAX, INT64_MIN, Json

_NUMPY_MODULUS = 2**32
_DETERMINISM = (
    "CUBLAS_WORKSPACE_CONFIG",
    "XLA_FLAGS",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "NVIDIA_TF32_OVERRIDE",
    "PYTORCH_CUDA_ALLOC_CONF",
)

_set: dict[str, int] = {}


def set_seed(seed: int) -> dict[str, int]:
    """Seed `random`, and NumPy and PyTorch where they are loaded; return which generator got which seed.

    Generators made before (`numpy.random.default_rng`) keep their own state. A library that is imported later is
    not seeded; the record of the run says so. Raises InvalidArgument for what is not a 64-bit integer.
    """
    if type(seed) is not int or not INT64_MIN <= seed <= INT64_MAX:
        raise InvalidArgument(f"a seed is a 64-bit integer, got {seed!r} ({type(seed).__name__})")
    import random

    random.seed(seed)
    given = {"random": seed}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        given["numpy"] = seed % _NUMPY_MODULUS
        numpy.random.seed(given["numpy"])
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)  # seeds every accelerator as well
        given["torch"] = seed
    _set.clear()
    _set.update(given)
    return dict(given)


def seeds_item() -> Captured:
    """Return the seed of each generator seeded through Lineal in this process."""
    seeds: dict[str, Json] = dict(_set)
    torch = sys.modules.get("torch")
    if torch is not None and "torch" not in seeds:
        seeds["torch"] = str(torch.initial_seed())
    if not _set:
        return unknown("no seed was set through Lineal (seed=… or lineal.set_seed)", seeds or None)
    late = [name for name in ("numpy", "torch") if name in sys.modules and name not in _set]
    if late:
        return captured(seeds, f"imported after the seed was set, so not seeded: {', '.join(late)}")
    return captured(seeds)


def rng_states_item() -> Captured:
    """Return fingerprints of the states of the generators that are loaded: equal states draw equal numbers."""
    states: dict[str, Json] = {}
    for name, module, probe in (
        ("random", "random", _random_state),
        ("numpy", "numpy.random", _numpy_state),
        ("torch", "torch", _torch_state),
    ):
        loaded = sys.modules.get(module)
        if loaded is not None:
            found = guarded(lambda loaded=loaded, probe=probe: captured(probe(loaded)))  # type: ignore[misc]
            states[name] = found.value if found.status == "captured" else f"unknown: {found.reason}"
    return captured(states) if states else not_applicable("no random generator is loaded")


def determinism_item() -> Captured:
    """Return the switches of PyTorch and the variables that decide whether equal inputs give equal results."""
    variables: dict[str, Json] = {name: os.environ[name] for name in _DETERMINISM if name in os.environ}
    torch = sys.modules.get("torch")
    if torch is None:
        if variables:
            return captured({"variables": variables})
        return not_applicable("no framework with such switches is loaded")
    return captured({"torch": _torch_switches(torch), "variables": variables})


def _torch_switches(torch: ModuleType) -> Mapping[str, Json]:
    cudnn = torch.backends.cudnn
    return {
        "deterministic_algorithms": bool(torch.are_deterministic_algorithms_enabled()),
        "warn_only": bool(torch.is_deterministic_algorithms_warn_only_enabled()),
        "cudnn_benchmark": bool(cudnn.benchmark),
        "cudnn_deterministic": bool(cudnn.deterministic),
        "float32_matmul_precision": str(torch.get_float32_matmul_precision()),
        "default_dtype": str(torch.get_default_dtype()),
    }


def _random_state(random: ModuleType) -> str:
    version, words, gauss = random.getstate()
    return of_bytes(struct.pack(f"<q{len(words)}Q?d", version, *words, gauss is not None, gauss or 0.0))


def _numpy_state(random: ModuleType) -> str:
    state = random.get_state(legacy=False)
    inner = state["state"]
    digest = hashlib.sha256(str(state["bit_generator"]).encode())
    for name in sorted(inner):
        digest.update(array_bytes(inner[name]))
    digest.update(struct.pack("<?d", bool(state.get("has_gauss")), float(state.get("gauss", 0.0))))
    return text(digest.digest())


def _torch_state(torch: ModuleType) -> str:
    digest = hashlib.sha256(torch.get_rng_state().numpy().tobytes())
    # Asking a device that was never used would start it.
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        for state in torch.cuda.get_rng_state_all():
            digest.update(state.numpy().tobytes())
    return text(digest.digest())
