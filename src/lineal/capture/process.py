"""Items 9 to 12, 22, 23, 29 and 30: what this process is: its command, directory, interpreter, threads and place."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from lineal.capture.captured import Captured, captured
from lineal.capture.fingerprints.files import of_file
from lineal.capture.remembered import Remembered
from lineal.capture.secrets import redact_argv, redact_value
from lineal.capture.variables import first_environment
from lineal.model.values import Json

_THREADS = ("OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "VECLIB_", "KMP_", "GOTO_", "BLIS_")
_THREADS_ASKED = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_WORLD = (
    "WORLD_SIZE RANK LOCAL_RANK LOCAL_WORLD_SIZE GROUP_RANK NODE_RANK OMPI_COMM_WORLD_SIZE OMPI_COMM_WORLD_RANK "
    "PMI_SIZE PMI_RANK SLURM_NTASKS SLURM_PROCID SLURM_NNODES SLURM_NODEID SLURM_JOB_ID RAY_JOB_ID TORCHELASTIC_RUN_ID"
)
_SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS")
_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID")

_word: tuple[int, str] | None = None


def argv_item() -> Captured:
    """Return the whole command line with the interpreter's own options, secrets cut out."""
    if sys.orig_argv:
        return captured(redact_argv(sys.orig_argv))
    return captured(redact_argv(sys.argv), "an embedded interpreter: its own options are not known")


def cwd_item(project: Path) -> Captured:
    """Return the working directory, relative to the project if it lies in it.

    `root` in the value is where the project lies on this machine.
    """
    here = Path.cwd()
    if here.is_relative_to(project):
        return captured({"path": here.relative_to(project).as_posix(), "machine_bound": False, "root": str(project)})
    return captured({"path": str(here), "machine_bound": True, "root": str(project)})


def python_item() -> Captured:
    """Return version and build of the interpreter, its executable's fingerprint, and options that change results."""
    flags = {name: getattr(sys.flags, name) for name in ("optimize", "dev_mode", "utf8_mode", "isolated")}
    is_gil_enabled = getattr(sys, "_is_gil_enabled", None)
    value: dict[str, Json] = {
        "version": ".".join(str(part) for part in sys.version_info[:3]),
        "release": sys.version_info.releaselevel,
        "build": sys.version,
        "implementation": sys.implementation.name,
        "free_threaded": is_gil_enabled is not None and not is_gil_enabled(),
        "flags": {name: int(flag) for name, flag in flags.items()},
        "executable": _executable(),
    }
    conda = sorted(Path(sys.prefix).glob("conda-meta/python-[0-9]*.json"))
    if conda:
        value["conda"] = conda[0].stem
    return captured(value)


def platform_item() -> Captured:
    """Return the platform tag, the tags of wheels made here, and the suffix of extension modules."""
    import sysconfig
    from importlib.machinery import EXTENSION_SUFFIXES

    tag = sysconfig.get_platform()
    short = {"cpython": "cp", "pypy": "pp"}.get(sys.implementation.name, sys.implementation.name)
    python = f"{short}{sys.version_info[0]}{sys.version_info[1]}{getattr(sys, 'abiflags', '')}"
    wheel = f"{python}-{python}-{re.sub('[-.]', '_', tag)}"
    return captured({"tag": tag, "wheel": wheel, "extension": EXTENSION_SUFFIXES[0], "byteorder": sys.byteorder})


def thread_variables_item() -> Captured:
    """Return the variables that set numbers of threads; one that is not set is null, which is a value too."""
    found: dict[str, Json] = dict.fromkeys(_THREADS_ASKED)
    for name, value in os.environ.items():
        if name.startswith(_THREADS):
            found[name] = redact_value(name, value)
    torch = sys.modules.get("torch")
    if torch is not None:
        found["torch.get_num_threads"] = int(torch.get_num_threads())
        found["torch.get_num_interop_threads"] = int(torch.get_num_interop_threads())
    return captured(found)


def process_word() -> str:
    """Return a word that names this process and no other, here or elsewhere; a forked child has its own."""
    global _word  # noqa: PLW0603 — one process, one word
    if _word is None or _word[0] != os.getpid():
        _word = (os.getpid(), os.urandom(8).hex())
    return _word[1]


def hash_seed_item() -> Captured:
    """Return what PYTHONHASHSEED was when the interpreter started, or `random`."""
    if not sys.flags.hash_randomization:
        return captured("0")
    value = None if sys.flags.ignore_environment else first_environment().get("PYTHONHASHSEED")
    if value and value != "random":
        return captured(value)
    return captured("random", "PYTHONHASHSEED was not set before the interpreter started: sets of text vary in order")


def world_item() -> Captured:
    """Return the number of processes that work together, and which one this is."""
    variables = {name: os.environ[name] for name in _WORLD.split() if name in os.environ}
    size = next((int(variables[name]) for name in _SIZES if variables.get(name, "").isdigit()), 1)
    rank = next((int(variables[name]) for name in _RANKS if variables.get(name, "").isdigit()), 0)
    group = sys.modules.get("torch.distributed")
    if group is not None and group.is_available() and group.is_initialized():
        # The group knows better than the launcher's variables: a program may make it smaller.
        size, rank = int(group.get_world_size()), int(group.get_rank())
        return captured({"size": size, "rank": rank, "variables": variables, "backend": str(group.get_backend())})
    return captured({"size": size, "rank": rank, "variables": variables})


def locale_item() -> Captured:
    """Return language, time zone and encodings."""
    import locale
    import time

    return captured(
        {
            "locale": locale.setlocale(locale.LC_ALL),
            "timezone": os.environ.get("TZ") or _zone(),
            "names": list(time.tzname),
            "timezone_database": _zone_database(),
            "filesystem_encoding": sys.getfilesystemencoding(),
            "text_encoding": locale.getpreferredencoding(do_setlocale=False),
            "utf8_mode": bool(sys.flags.utf8_mode),
        }
    )


def _zone() -> str | None:
    """Return the zone's name from where most systems keep it, or None."""
    try:
        target = str(Path("/etc/localtime").readlink())
    except OSError:
        return None
    return target.partition("zoneinfo/")[2] or None


def _zone_database() -> str | None:
    """Return the version of the system's time zone database, from the first line of where most systems keep it."""
    try:
        with open("/usr/share/zoneinfo/tzdata.zi", encoding="utf-8") as handle:  # noqa: PTH123 — one line of many
            return handle.readline().removeprefix("# version ").strip() or None
    except OSError:
        return None


def _executable() -> str | None:
    """Return the fingerprint of the interpreter itself, read once for each of its installations."""
    path = Path(sys.executable).resolve()
    try:
        about = path.stat()
    except OSError:
        return None  # an embedded interpreter
    memory = Remembered()
    stamp = (str(path), about.st_size, about.st_mtime_ns, about.st_ino)
    found = memory.recall("python", stamp, lambda: of_file(path).fingerprint)
    memory.save()
    return str(found)
