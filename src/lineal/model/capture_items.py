"""The thirty items of a capture record: their numbers, titles and the facts of the record that answer them.

Written by `capture`, read by `lineage` and `rebuild`, which do not know each other.
"""

from __future__ import annotations

from dataclasses import dataclass

SYSTEM_ENTROPY = "the system's entropy"
"""Stands for the seed of a generator that nobody seeded: no other run draws the same numbers."""

NOT_DRAWN = "not drawn from"
"""Stands for the seed of a generator that nobody seeded and nobody used: its state never changed."""

BY_LIBRARIES = "drawn from by libraries only"
"""Stands for the seed of Python's `random` where nobody seeded it and the program's own code does not import it.

Libraries draw from it while they are imported (for names, for the order of caches): that says nothing of a result.
"""

IDLE = "drawn from to no effect"
"""Stands for the seed of a generator that nobody seeded and from which libraries drew what they made no use of."""

SAYS_NOTHING = (NOT_DRAWN, BY_LIBRARIES, IDLE)
"""What stands for the seed, and for the state, of a generator that no result depends on."""

LISTED = "its name was listed, its content was not read"
"""The reason of an input that the program saw in a directory and did not open: a rebuild needs its name."""

STANDARD_INPUT = "<stdin>"
"""The path of an input that came on the program's standard input: whoever runs it again gives it there."""

PIPE, FILE = "a pipe", "a file"
IN_PART, BY_ANOTHER = "what another program left of a pipe", "a pipe that another of its processes read"
"""What standard input was; the last two say that nobody saw what came before, and that not all of it was noted."""

LISTINGS = "listings"
"""The custom property of a run that says which directories it listed, and what in them is not kept."""

PROGRAMS = "programs"
"""The part of the fact `reached` that names other programs than Python: what these open nobody tells."""

ENTROPY = "entropy"
"""The part of the fact `seeds` that names the lines of the program that asked the system for entropy."""

CLOCK = "clock"
"""The part of the fact `seeds` that names the lines of the program that gave a generator the time of day as seed."""

SEED_DETAILS = ("generators", "calls", ENTROPY, CLOCK)
"""Parts of the fact `seeds` that are no shared generator: the program's own ones, the calls that seeded, and lines that
ask for what no rebuild has again."""


@dataclass(frozen=True, slots=True)
class CaptureItem:
    """One item: its number, what it is called, and the facts that must all be settled for it to be captured."""

    number: int
    title: str
    facts: tuple[str, ...]


ITEMS: tuple[CaptureItem, ...] = (
    CaptureItem(1, "commit", ("commit",)),
    CaptureItem(2, "remote", ("remote", "bundle")),
    CaptureItem(3, "branch and tag", ("branch", "tag")),
    CaptureItem(4, "uncommitted changes", ("dirty", "diff")),
    CaptureItem(5, "untracked files", ("untracked",)),
    CaptureItem(6, "submodules and LFS", ("submodules", "lfs")),
    CaptureItem(7, "script and modules", ("script", "modules")),
    CaptureItem(8, "notebook cells", ("notebook",)),
    CaptureItem(9, "command line", ("argv",)),
    CaptureItem(10, "working directory", ("cwd",)),
    CaptureItem(11, "Python", ("python",)),
    CaptureItem(12, "platform tags", ("platform",)),
    CaptureItem(13, "installed packages", ("environment", "edited_packages")),
    CaptureItem(14, "package indexes", ("index_urls",)),
    CaptureItem(15, "editable and direct installs", ("editable",)),
    CaptureItem(16, "container image", ("container",)),
    CaptureItem(17, "operating system", ("os",)),
    CaptureItem(18, "processor and memory", ("cpu_memory",)),
    CaptureItem(19, "accelerators", ("gpu",)),
    CaptureItem(20, "CUDA, cuDNN, NCCL", ("cuda",)),
    CaptureItem(21, "BLAS and OpenMP", ("blas",)),
    CaptureItem(22, "threads and variables", ("thread_variables", "variables")),
    CaptureItem(23, "hash seed", ("hash_seed",)),
    CaptureItem(24, "seeds", ("seeds",)),
    CaptureItem(25, "generator states", ("rng_states",)),
    CaptureItem(26, "determinism switches", ("determinism",)),
    CaptureItem(27, "inputs", ("inputs",)),
    CaptureItem(28, "outputs", ("outputs",)),
    CaptureItem(29, "processes together", ("world",)),
    CaptureItem(30, "locale and time zone", ("locale",)),
)
