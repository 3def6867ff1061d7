"""Foresight: what the record of a run says that a rebuild cannot have, and what keeps it from being exact.

Asked of the record alone, by the check and by the plan of a rebuild: so that both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lineal.lineage.capture_record import WITHHELD, Item, item
from lineal.model.capture_items import (
    CLOCK,
    ENTROPY,
    FILE,
    IN_PART,
    PIPE,
    PROGRAMS,
    SEED_DETAILS,
    STANDARD_INPUT,
    SYSTEM_ENTROPY,
)
from lineal.model.nodes import Execution, ExecutionState
from lineal.model.values import Json
from lineal.model.vocabulary import HIDDEN

EXACT, NUMERIC, NOT_RUNNABLE = "BIT_EXACT", "NUMERIC", "NOT_RUNNABLE"
"""The verdicts of `lineal reproduce` that a record can rule in or out; what a rebuild finds may still be worse."""

_SHOWN = 3

_SIGNALS = 128
_ENDED_BY = {1: "SIGHUP", 2: "SIGINT", 9: "SIGKILL", 15: "SIGTERM"}
"""Signals by which somebody ends a program that would have gone on; other ones a program brings upon itself."""
_NOTED = (PIPE, FILE, IN_PART)
"""Kinds of standard input whose bytes are noted when they are read."""

Record = Mapping[str, Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One thing that a rebuild needs and the record does not have; `kind` and `what` as in a verdict's `missing`."""

    kind: str
    what: str
    sentence: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """The best verdict a rebuild can come to, and what stands against a better one."""

    verdict: str
    because: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether it can come out the same to the last bit."""
        return self.verdict == EXACT


def reach_of(record: Record) -> Reach:
    """Return what the record alone allows; the plan of a rebuild knows what this machine has beside."""
    gaps = tuple(gap.sentence for gap in lacking(record))
    if gaps:
        return Reach(NOT_RUNNABLE, gaps)
    lowered = tuple(doubts(record))
    return Reach(NUMERIC if lowered else EXACT, lowered)


def lacking(record: Record) -> list[Gap]:
    """Return what no rebuild of this run can do without and will not have; [] where it can be tried."""
    if not record:
        told = "it was recorded after the fact: nothing was captured of how it ran"
        return [Gap(kind="record", what="capture", sentence=told, advice="record it: lineal run -- python train.py")]
    return [*_command(record), *_code(record), *_variables(record), *_surroundings(record)]


def doubts(record: Record) -> list[str]:
    """Return why a rebuild that runs may not come out the same to the last bit; [] where nothing speaks against it."""
    return [said for ask in _DOUBTS if (said := ask(record))]


def unfinished(run: Execution) -> str:
    """Return how a run was ended from outside, so that a rebuild goes further than it did; "" where it was not."""
    if run.state is ExecutionState.CANCELED:
        return "it was canceled before its end"
    status = run.custom_properties.get("exit_status")
    if run.state is ExecutionState.FAILED and isinstance(status, int) and abs(status) % _SIGNALS in _ENDED_BY:
        is_signal = status < 0 or status > _SIGNALS
        return f"it was ended by {_ENDED_BY[abs(status) % _SIGNALS]} before its end" if is_signal else ""
    return ""


def goes_on(run: Execution) -> str:
    """Return why what a run made by the time it was ended may come out otherwise, or ""."""
    told = unfinished(run)
    return f"{told}, and a rebuild goes on to it" if told else ""


def reached(record: Record) -> Mapping[str, Sequence[str]]:
    """Return what the program was seen reaching for beside files: `terminal`, `stdin`, `network` and more."""
    value = item(record, "reached").value
    named = value.items() if isinstance(value, Mapping) else ()
    return {name: tuple(map(str, listed)) for name, listed in named if isinstance(listed, list | tuple)}


def network_gap(record: Record) -> Gap | None:
    """Return that a program got things over the network, which a rebuild has not unless it is asked for."""
    hosts = reached(record).get("network", ())
    if not hosts:
        return None
    return Gap(
        kind="network",
        what="network",
        sentence=f"it reached {_listed(hosts)} over the network, which a rebuild has not",
        advice="keep what it fetches as a file, or rebuild with --network",
    )


def seeds_open(record: Record) -> str:
    """Return why numbers that are drawn again may be others, or ""."""
    found = item(record, "seeds")
    if not found.captured:
        return f"seeds are not known: {found.reason or found.status}"
    value = found.value if isinstance(found.value, Mapping) else {}
    drawn = [name for name, seed in value.items() if name not in SEED_DETAILS and seed == SYSTEM_ENTROPY]
    open_ = [f"{', '.join(drawn)} {'was' if len(drawn) == 1 else 'were'} drawn from without a seed"] if drawn else []
    unseeded = [one for one in _own_generators(value) if is_unseeded(one)]
    if unseeded:
        names = _listed(list(dict.fromkeys(generator_at(one) for one in unseeded)))
        open_.append(f"{names} {'was' if len(unseeded) == 1 else 'were'} given no seed")
    own = {str(one.get("where")) for one in unseeded}  # they are such lines themselves
    for part, told in ((CLOCK, "seeds with the time of day"), (ENTROPY, "asks the system for entropy")):
        listed = value.get(part)
        lines = [str(line) for line in listed if str(line) not in own] if isinstance(listed, list | tuple) else []
        open_ += [f"{_listed(lines)} {told}"] if lines else []
    open_ += [f"not every seed is known: {found.reason}"] if found.reason and not drawn else []
    return "; ".join(open_)


def is_unseeded(generator: Mapping[str, Json]) -> bool:
    """Return whether a generator of the program's own, as the record lists it, was made without a seed."""
    return generator.get("asked", SYSTEM_ENTROPY) is None or generator.get("seed") == SYSTEM_ENTROPY


def generator_at(generator: Mapping[str, Json]) -> str:
    """Return what a generator of the program's own is called: by what it was made and where."""
    by = str(generator.get("name")).partition("#")[0]
    return f"{by} at {generator['where']!s}" if generator.get("where") else by


def _own_generators(seeds: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    listed = seeds.get("generators")
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []


def has_cells(record: Record) -> bool:
    """Return whether the run is that of a notebook whose cells are the program.

    Where a command ran it (`jupyter nbconvert --execute`), the command is: it starts the kernel once more.
    """
    found = item(record, "notebook")
    is_program = item(record, "script").status == "not_applicable"
    return is_program and found.captured and isinstance(found.value, Mapping) and bool(found.value.get("cells"))


def _command(record: Record) -> Iterator[Gap]:
    if has_cells(record):
        return
    found = item(record, "argv")
    words = [str(word) for word in found.value] if found.captured and isinstance(found.value, list | tuple) else []
    if not words:
        yield Gap(kind="command", what="argv", sentence=f"the command is not known: {found.reason or found.status}")
        return
    if not item(record, "script").captured and words[1:] in ([], ["-"]):
        told = "the program was typed or piped into the interpreter: its text is not recorded"
        yield Gap(kind="code", what="stdin", sentence=told, advice="put it into a file")
    for place, word in enumerate(words):
        if HIDDEN in word:
            told = f"argument {place} of the command was a secret and was not recorded"
            yield Gap(kind="argument", what=word, sentence=told, advice="give secrets in variables or files")


def _code(record: Record) -> Iterator[Gap]:
    """Yield what of the code is not recorded; whether what is recorded can still be had is the plan's to find out."""
    is_kept = item(record, "script").captured and item(record, "modules").settled
    if has_cells(record) or is_kept:
        return
    commit = item(record, "commit")
    if not commit.captured and not item(record, "script").captured:
        yield Gap(kind="code", what="script", sentence=f"the code is not recorded: {commit.reason or commit.status}")
        return
    for name, told in (("diff", "uncommitted changes"), ("untracked", "untracked files")):
        found = item(record, name)
        if commit.captured and found.status == WITHHELD:
            sentence = f"the {told} are not kept: {found.reason or found.status}"
            yield Gap(kind="code", what=name, sentence=sentence, advice="commit before the run")


def _variables(record: Record) -> Iterator[Gap]:
    value = item(record, "variables").value
    for name, given in value.items() if isinstance(value, Mapping) else ():
        if isinstance(given, str) and HIDDEN in given:
            told = f"the variable {name} was a secret and was not recorded"
            yield Gap(
                kind="variable",
                what=name,
                sentence=told,
                advice=f"set {name}, and let the program have it: --pass {name}",
            )


def _surroundings(record: Record) -> Iterator[Gap]:
    seen = reached(record)
    if "terminal" in seen:
        yield Gap(
            kind="terminal",
            what="stdin",
            sentence=f"it asked a person at a terminal ({_listed(seen['terminal'])}), and a rebuild has none",
            advice="let the script take its answers as arguments",
        )
    if "stdin" in seen and not _is_given(record, seen["stdin"]):
        yield Gap(
            kind="input",
            what="stdin",
            sentence=f"it read its standard input ({_listed(seen['stdin'])}), which is not recorded",
            advice="let the script read a file, and name that as an argument",
        )
    network = network_gap(record)
    if network is not None:
        yield network


def _is_given(record: Record, kinds: Sequence[str]) -> bool:
    """Whether what came on standard input is recorded: as an input, or because the program itself came there."""
    script = item(record, "script").value
    if isinstance(script, Mapping) and script.get("path") == "-":
        return True
    value = item(record, "inputs").value
    listed = value if isinstance(value, list | tuple) else ()
    paths = [entry.get("path") for entry in listed if isinstance(entry, Mapping)]
    return STANDARD_INPUT in paths and all(kind in _NOTED for kind in kinds)


def _in_part(record: Record) -> str:
    told = "another program may have read a part of standard input before it"
    return told if IN_PART in reached(record).get("stdin", ()) else ""


def _asked_for_a_terminal(record: Record) -> str:
    seen = reached(record)
    if "isatty" not in seen or "terminal" in seen:
        return ""
    return f"it asks whether a person is at the terminal ({_listed(seen['isatty'])}), and in a rebuild none is"


def _packages(record: Record) -> str:
    value = item(record, "environment").value
    known = isinstance(value, Mapping) and bool(value.get("fingerprint"))
    return "" if known else "the packages are not recorded"


def _unsettled(name: str, told: str) -> Callable[[Record], str]:
    def ask(record: Record) -> str:
        found = item(record, name)
        return "" if found.settled else f"{told}: {found.reason or found.status}"

    return ask


def _edited(record: Record) -> str:
    found = item(record, "edited_packages")
    told = "whether packages were edited is not known" if found.status == "unknown" else "packages were edited"
    return "" if found.settled else f"{told}: {found.reason or found.status}"


def _accelerated(record: Record) -> str:
    """An accelerator repeats itself only where it was told to."""
    if "accelerator" not in reached(record):
        return ""
    value = item(record, "determinism").value
    switches = value.get("torch") if isinstance(value, Mapping) else None
    is_told = isinstance(switches, Mapping) and switches.get("deterministic_algorithms") is True
    return "" if is_told else "it used an accelerator that was not told to repeat itself"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def unseen_programs(record: Record) -> str:
    """Return that the run started other programs, whose reading nobody tells of, or ""."""
    names = reached(record).get(PROGRAMS, ())
    if not names:
        return ""
    whose = "its words" if len(names) == 1 else "their words"
    return f"it started {_listed(names)}: of what other programs than Python read only the files in {whose} are known"


_DOUBTS: tuple[Callable[[Record], str], ...] = (
    seeds_open,
    _packages,
    _unsettled("diff", "the uncommitted changes are not known"),
    _edited,
    _unsettled("editable", "the state of installed directories is not known"),
    _unsettled("untracked", "untracked files are not all kept"),
    _unsettled("thread_variables", "numbers of threads are not known"),
    _unsettled("blas", "the mathematics libraries are not known"),
    _unsettled("determinism", "determinism switches are not known"),
    _unsettled("cpu_memory", "the processor is not known"),
    _unsettled("gpu", "the accelerators are not known"),
    _unsettled("world", "how many processes worked together is not known"),
    _asked_for_a_terminal,
    unseen_programs,
    _in_part,
    _accelerated,
)
