"""The checklist of one run: what a rebuild needs, and whether the record has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from lineal.lineage.capture_record import Item, item, record_of
from lineal.lineage.foresight import lacking, seeds_open, unfinished
from lineal.lineage.graph import GraphNode
from lineal.lineage.producers import Producers, execution_of
from lineal.model.capture_items import SAYS_NOTHING, SEED_DETAILS
from lineal.model.nodes import Artifact, Execution, ExecutionState

_SEEN = 3
_WORDS = {"diff": "diff", "untracked": "untracked code"}


class Outcome(Enum):
    """How an item of the checklist ended."""

    PASS = "pass"  # noqa: S105  not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    ADVICE = "advice"

    @property
    def counts(self) -> bool:
        """Whether it keeps a rebuild from being exact; advice only says what would be better known."""
        return self in (Outcome.FAIL, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Finding:
    """One item: its outcome in a sentence, and what to do about it."""

    item: str
    outcome: Outcome
    sentence: str
    advice: str = ""


def findings_of(step: GraphNode, producers: Producers, *, trains: frozenset[str]) -> tuple[Finding, ...]:
    """Return the checklist of one run: code, data, environment, params, seed, hardware, image, and how it ended.

    Params and a seed are asked for only of runs that train.
    """
    run = execution_of(step)
    record = record_of(run)
    findings = [_completed(run), _code(run, record), _data(step, producers), _environment(run, record)]
    if run.type in trains:
        findings += [_params(run), _seed(run, record)]
    return (*findings, _hardware(record), _image(record))


def _completed(run: Execution) -> Finding:
    if run.state in (ExecutionState.COMPLETE, ExecutionState.CACHED):
        return Finding("completed", Outcome.PASS, "the run ended as it should")
    ended = unfinished(run)
    if ended:
        advice = "a rebuild goes on to the end: what was made by then may come out otherwise"
        return Finding("completed", Outcome.ADVICE, ended, advice)
    if run.state is ExecutionState.FAILED:
        error = run.properties.get("error")
        said = f"the run failed: {_on_one_line(error) or 'no error was recorded'}"
        return Finding("completed", Outcome.ADVICE, said, "a rebuild fails in the same place: run it again")
    sentence = f"the run is {run.state.name.lower()}"
    return Finding("completed", Outcome.UNKNOWN, sentence, "wait for its end, or see whether its process was killed")


def _on_one_line(text: object) -> str:
    return ", ".join(line.strip() for line in str(text or "").splitlines() if line.strip())


def _code(run: Execution, record: Mapping[str, Item]) -> Finding:
    commit, dirty = _fact(run, record, "commit"), _fact(run, record, "dirty")
    if not commit.captured:
        return _code_without_commit(commit, record)
    text = f"commit {str(commit.value)[:12]}"
    if not dirty.captured:
        advice = "let lineal.run capture the state of the repository"
        return Finding("code", Outcome.UNKNOWN, f"{text}, but whether it had changes is not known", advice)
    # Files git does not know yet are part of the code too, also where everything it knows is committed.
    wanted = ("diff", "untracked") if dirty.value else [name for name in ("untracked",) if name in record]
    lost = [name for name in wanted if not item(record, name).settled]
    if lost:
        sentence = f"{text}, and the {' and '.join(_WORDS[name] for name in lost)} beside it {_are(lost)} not stored"
        outcome = Outcome.FAIL if _has_gap(record, "code") else Outcome.UNKNOWN
        return Finding("code", outcome, sentence, "commit before the run, or keep the changes below the size limit")
    if dirty.value:
        return Finding("code", Outcome.PASS, f"{text} with uncommitted changes, which are stored")
    beside = untracked_files(record)
    if beside:
        return Finding("code", Outcome.PASS, f"{text} and {beside}, stored; nothing else was changed")
    return Finding("code", Outcome.PASS, f"{text}, without uncommitted changes")


def untracked_files(record: Mapping[str, Item]) -> str:
    """Return how many files git did not know yet, in words; "" for none."""
    value = item(record, "untracked").value
    files = value.get("files") if isinstance(value, Mapping) else None
    number = len(files) if isinstance(files, Mapping) else 0
    return f"{number} untracked file{'s' if number > 1 else ''}" if number else ""


def _code_without_commit(commit: Item, record: Mapping[str, Item]) -> Finding:
    script, modules = item(record, "script"), item(record, "modules")
    if commit.status == "not_applicable" and script.captured and modules.settled:
        return Finding("code", Outcome.PASS, "there is no repository; the script and its modules are stored")
    advice = "run inside a git repository, through lineal.run or `lineal run --`"
    why = commit.reason or "no reason was recorded"
    if script.captured and modules.settled:
        return Finding("code", Outcome.ADVICE, f"the script and its modules are stored; no commit is: {why}", advice)
    outcome = Outcome.FAIL if _has_gap(record, "code") else Outcome.UNKNOWN
    return Finding("code", outcome, f"the commit is not known: {why}", advice)


def _has_gap(record: Mapping[str, Item], kind: str) -> bool:
    return any(gap.kind == kind for gap in lacking(record)) if record else False


def _data(step: GraphNode, producers: Producers) -> Finding:
    inputs, outputs = producers.inputs(step.key), producers.outputs(step.key)
    if not inputs and step.node.type != "Ingest":
        advice = "name what the run reads with run.use(...)"
        return Finding("data", Outcome.ADVICE, "no input was recorded; perhaps there is none", advice)
    bare = [found for found in (*outputs, *inputs) if isinstance(found.node, Artifact) and not _is_known(found.node)]
    if bare:
        names = ", ".join(found.label for found in bare[:_SEEN]) + (" …" if len(bare) > _SEEN else "")
        advice = "log content (a frame, a file), not only a name"
        outcome = Outcome.FAIL if bare[0] in outputs else Outcome.UNKNOWN
        return Finding("data", outcome, f"{names} {_have(bare)} no fingerprint", advice)
    counted = f"{len(inputs)} input{'' if len(inputs) == 1 else 's'}" if inputs else "everything it wrote"
    return Finding("data", Outcome.PASS, f"{counted} known by fingerprint")


def _is_known(artifact: Artifact) -> bool:
    return bool(artifact.fingerprint or artifact.properties.get("canonical"))


def _environment(run: Execution, record: Mapping[str, Item]) -> Finding:
    lock = item(record, "environment")
    advice = "capture the environment with lineal.run"
    if not lock.captured:
        known = run.properties.get("environment")
        if known:
            return Finding("environment", Outcome.PASS, f"lock {str(known)[:19]}")
        return Finding(
            "environment", Outcome.UNKNOWN, f"the packages are not known: {lock.reason or lock.status}", advice
        )
    value = lock.value if isinstance(lock.value, Mapping) else {}
    if not value.get("fingerprint"):
        return Finding("environment", Outcome.UNKNOWN, "the packages were seen, but no lock of them is stored", advice)
    packages = value.get("packages")
    counted = f"{packages} packages" if isinstance(packages, int) else "the packages"
    unhashed = value.get("unhashed")
    partial = f", {unhashed} of them by version only" if isinstance(unhashed, int) and unhashed else ""
    return Finding("environment", Outcome.PASS, f"{counted} locked as {str(value['fingerprint'])[:19]}{partial}")


def _params(run: Execution) -> Finding:
    count = sum(name.startswith("param.") for name in run.custom_properties)
    if count:
        return Finding("params", Outcome.PASS, f"{count} parameter{'' if count == 1 else 's'} recorded")
    advice = "log them with params=… or run.log_params(...)"
    return Finding("params", Outcome.ADVICE, "no parameters were recorded; perhaps there are none", advice)


def _seed(run: Execution, record: Mapping[str, Item]) -> Finding:
    advice = "give the run a seed: lineal run --seed 42 -- …, lineal.run(..., seed=42), or lineal.set_seed(42)"
    open_ = seeds_open(record) if record or "seed" not in run.properties else ""
    if open_:
        return Finding("seed", Outcome.UNKNOWN, open_, advice)
    if "seed" in run.properties:
        return Finding("seed", Outcome.PASS, f"seed {run.properties['seed']}")
    found = item(record, "seeds").value
    value = found if isinstance(found, Mapping) else {}
    shared = {name: seed for name, seed in value.items() if name not in SEED_DETAILS}
    used = [name for name, seed in shared.items() if seed not in SAYS_NOTHING]
    used += ["its own generators"] if value.get("generators") else []
    if not used:
        return Finding("seed", Outcome.PASS, "no shared generator of random numbers was used")
    return Finding("seed", Outcome.PASS, f"seeds of {', '.join(used)} recorded")


def _hardware(record: Mapping[str, Item]) -> Finding:
    lost = [name for name in ("cpu_memory", "gpu") if not item(record, name).settled]
    if not lost:
        return Finding("hardware", Outcome.PASS, "processor, memory and accelerators are recorded")
    why = item(record, lost[0]).reason or item(record, lost[0]).status
    advice = "exact equality needs the same hardware; pip install 'lineal[hardware]' sees accelerators"
    return Finding("hardware", Outcome.UNKNOWN, f"{' and '.join(lost)} not known: {why}", advice)


def _image(record: Mapping[str, Item]) -> Finding:
    image = item(record, "container")
    if image.captured:
        return Finding("image", Outcome.PASS, "the container's image is known by its digest")
    if image.settled:
        return Finding("image", Outcome.PASS, "the run was in no container")
    advice = "set LINEAL_IMAGE_DIGEST where the container is started"
    return Finding("image", Outcome.ADVICE, f"the image is not known: {image.reason or image.status}", advice)


def _fact(run: Execution, record: Mapping[str, Item], name: str) -> Item:
    """Return an item of the record, or the run's own property where the user stated it."""
    found = item(record, name)
    stated = run.properties.get(name)
    if found.captured or stated is None or not isinstance(stated, str | bool):
        return found
    return Item("captured", stated)


def _are(items: Sequence[str]) -> str:
    return "is" if len(items) == 1 else "are"


def _have(items: list[GraphNode]) -> str:
    return "has" if len(items) == 1 else "have"
