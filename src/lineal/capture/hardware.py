"""Items 17 to 21: operating system, processor and memory, accelerators, and the mathematics libraries in use.

Linux is read straight from the kernel's files. A framework is asked only if the program has loaded it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from lineal.capture.captured import Captured, captured, not_applicable, unknown
from lineal.errors import MissingExtra
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json

_SIMD = (
    "sse4_2 avx avx2 fma f16c avx512f avx512bw avx512vl avx512_vnni avx512_bf16 avx512_fp16 amx_tile amx_bf16 amx_int8 "
    "asimd sve sve2 bf16 i8mm asimdhp"
)


def os_item() -> Captured:
    """Return name and release of the operating system, its kernel and its C library."""
    if sys.platform != "linux":
        import platform

        mac = platform.mac_ver()[0]
        return captured({"name": sys.platform, "release": mac or platform.release(), "kernel": platform.version()})
    system = os.uname()
    return captured({"name": "linux", "release": _release(), "kernel": system.release, "libc": _libc()})


def cpu_memory_item() -> Captured:
    """Return the processor's model and vector units, the cores this process may use, and its memory."""
    value: dict[str, Json] = {"machine": _machine(), "cores": os.cpu_count(), "usable": usable_processors()}
    if sys.platform != "linux":
        import platform

        value["model"] = platform.processor()
        return captured(value, "the vector units are not known on this platform")
    value |= _processor(_read("/proc/cpuinfo", 16384))
    value["memory"] = _kibibytes(_read("/proc/meminfo", 4096), "MemTotal")
    value["limits"] = _limits()
    return captured(value)


def gpu_item() -> Captured:
    """Return the accelerators the driver reports; of other makers those the loaded framework has in use."""
    if not _has_driver():
        other = _accelerators_of_torch()
        return captured(other) if other else not_applicable("no driver of an accelerator is loaded")
    try:
        import pynvml
    except ImportError:
        missing = MissingExtra("Reading the accelerators", extra="hardware")
        return unknown(f"there is a driver. {missing.message} {missing.hint}")
    pynvml.nvmlInit()
    try:
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        cuda = int(pynvml.nvmlSystemGetCudaDriverVersion())
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        devices: list[Json] = [_device(handle) for handle in handles]
        return captured({"driver": driver, "cuda": f"{cuda // 1000}.{cuda % 1000 // 10}", "devices": devices})
    finally:
        pynvml.nvmlShutdown()


def cuda_item() -> Captured:
    """Return the versions the loaded frameworks were built with; asking them starts no accelerator."""
    torch, tensorflow = sys.modules.get("torch"), sys.modules.get("tensorflow.python.platform.build_info")
    value: dict[str, Json] = {}
    if torch is not None:
        version = torch.version
        cuda, hip = getattr(version, "cuda", None), getattr(version, "hip", None)
        if cuda or hip:
            value |= {"torch": str(torch.__version__), "cuda": cuda, "hip": hip}
            value["cudnn"] = torch.backends.cudnn.version() if cuda else None
            value["nccl"] = _nccl(torch) if cuda else None
    if tensorflow is not None and tensorflow.build_info.get("is_cuda_build"):
        build = tensorflow.build_info
        value["tensorflow"] = {name: str(build[name]) for name in ("cuda_version", "cudnn_version") if name in build}
    if value:
        return captured(value)
    if torch is None and tensorflow is None:
        return not_applicable("no framework that uses accelerators is loaded")
    return not_applicable("the frameworks that are loaded are built for the processor only")


def _nccl(torch: ModuleType) -> str | None:
    if not torch.distributed.is_available() or not torch.distributed.is_nccl_available():
        return None
    return ".".join(str(part) for part in torch.cuda.nccl.version())


def _accelerators_of_torch() -> dict[str, Json]:
    """Return what PyTorch drives that is not NVIDIA's; a device that was not started is not started to be asked."""
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    if torch.backends.mps.is_available():
        return {"framework": "torch", "devices": [{"name": "mps"}]}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        return {"framework": "torch", "devices": [{"name": str(name)} for name in names]}
    return {}


def blas_item() -> Captured:
    """Return the loaded linear-algebra and threading libraries, with their numbers of threads."""
    if "numpy" not in sys.modules and "torch" not in sys.modules:
        return not_applicable("no numerical library is loaded")
    try:
        import threadpoolctl
    except ImportError:
        return _blas_of_numpy()
    shown = ("user_api", "internal_api", "version", "num_threads", "threading_layer", "architecture")
    pools: list[dict[str, Json]] = [_shown(pool, shown) for pool in threadpoolctl.threadpool_info()]
    pools.sort(key=lambda pool: [str(pool.get(name)) for name in shown])
    return captured(pools)


def _blas_of_numpy() -> Captured:
    missing = MissingExtra("Reading the numbers of threads", extra="hardware")
    reason = f"{missing.message} {missing.hint}"
    show = getattr(getattr(sys.modules.get("numpy"), "__config__", None), "CONFIG", None)
    blas = show.get("Build Dependencies", {}).get("blas", {}) if isinstance(show, dict) else {}
    if not blas:
        return unknown(reason)
    return unknown(reason, {"name": str(blas.get("name")), "version": str(blas.get("version"))})


def _shown(pool: Mapping[str, Json], names: Sequence[str]) -> dict[str, Json]:
    return {name: pool[name] for name in names if name in pool}


def _device(handle: object) -> Json:
    import pynvml

    described: dict[str, Json] = {
        "name": _text(pynvml.nvmlDeviceGetName(handle)),
        "uuid": _text(pynvml.nvmlDeviceGetUUID(handle)),
        "memory": int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
    }
    # Not every device has these: an error there says so, and is no fault.
    for name, ask in (("mig", pynvml.nvmlDeviceGetMigMode), ("ecc", pynvml.nvmlDeviceGetEccMode)):
        try:
            described[name] = bool(ask(handle)[0])
        except pynvml.NVMLError:
            described[name] = None
    return described


def _has_driver() -> bool:
    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", "C:/Windows"), "System32/nvml.dll").exists()
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidiactl").exists()


def _release() -> str | None:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        for line in _read(path, 8192).splitlines():
            name, _, value = line.partition("=")
            if name == "PRETTY_NAME":
                return value.strip("\"'")
    return None


def _libc() -> str | None:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):
        return "musl" if any(Path("/lib").glob("ld-musl-*")) else None


def _processor(text: str) -> dict[str, Json]:
    """Return what the first processor's block says; ARM has no model name but the numbers of its maker."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if not colon:
            if fields:
                break
            continue
        fields.setdefault(name.strip(), value.strip())
    flags = sorted((fields.get("flags") or fields.get("Features") or "").split())
    arm = " ".join(fields[name] for name in ("CPU implementer", "CPU part", "CPU revision") if name in fields)
    return {
        "model": fields.get("model name") or arm or None,
        "microcode": fields.get("microcode"),
        "simd": [flag for flag in _SIMD.split() if flag in flags],
        "flags": of_bytes(" ".join(flags).encode()),
    }


def _limits() -> Mapping[str, Json]:
    """Return what the control group allows: `max` or a number, null where there is none."""
    base = Path("/sys/fs/cgroup")
    return {
        "cpu": _read(base / "cpu.max", 64).strip() or None,
        "memory": _read(base / "memory.max", 64).strip() or None,
    }


def _kibibytes(text: str, name: str) -> int | None:
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return None


def _read(path: str | Path, size: int) -> str:
    try:
        with open(path, "rb") as handle:  # noqa: PTH123 — the first part of a kernel file
            return handle.read(size).decode("utf-8", "replace")
    except OSError:
        return ""


def _machine() -> str:
    if hasattr(os, "uname"):
        return os.uname().machine
    return os.environ.get("PROCESSOR_ARCHITECTURE", "")


def usable_processors() -> int | None:
    """Return how many processors this process may use; None where the system does not tell."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
