"""The verdict: whether what was rebuilt is the same, and if not, what differs first or what is missing.

Data only; `document` is the JSON that `lineal reproduce --format json` prints and that the record keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from lineal.errors import NotRunnable
from lineal.model.values import Json
from lineal.rebuild.probed import ProbeResult


class Grade(Enum):
    """The five answers, best first."""

    BIT_EXACT = "BIT_EXACT"
    CANONICAL_EXACT = "CANONICAL_EXACT"
    NUMERIC = "NUMERIC"
    DIVERGED = "DIVERGED"
    NOT_RUNNABLE = "NOT_RUNNABLE"

    @property
    def is_same(self) -> bool:
        """Whether the rebuilt content is the recorded one, within the stated tolerance."""
        return self in (Grade.BIT_EXACT, Grade.CANONICAL_EXACT, Grade.NUMERIC)

    @property
    def is_exact(self) -> bool:
        """Whether the rebuilt content is the recorded one without any tolerance."""
        return self in (Grade.BIT_EXACT, Grade.CANONICAL_EXACT)


SUPPOSED = "COUNTERFACTUAL"
"""What stands in the place of the grade with other inputs: no sameness or difference says anything of the model."""

MEANINGS: dict[Grade, str] = {
    Grade.BIT_EXACT: "the same bytes",
    Grade.CANONICAL_EXACT: "the same content: fitted state, table or value; bytes differ only in volatile fields",
    Grade.NUMERIC: "within the stated tolerance; the tolerance and the largest distance are part of the verdict",
    Grade.DIVERGED: "it ran, and the result differs; the verdict says what differs first",
    Grade.NOT_RUNNABLE: "it did not run to its end; the verdict says what is missing",
}
"""What each grade says, for the documentation and the help text."""


_NAMED = 3


def worst(grades: Sequence[Grade], *, empty: Grade = Grade.BIT_EXACT) -> Grade:
    """Return the worst of some grades."""
    order = list(Grade)
    return max(grades, key=order.index, default=empty)


OF_HERE = ("python", "package", "tool", "image", "variable", "disk", "memory", "time")
"""Kinds of what this machine, or whoever asks, did not give: another one may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One thing a rebuild needs and does not have. `kind` is one of the words below, `what` the thing's name.

    code, input, output, python, package, lock, image, tool, argument, variable, command, terminal, network, disk,
    memory, time, record.
    """

    kind: str
    what: str
    sentence: str
    advice: str = ""

    @property
    def is_of_here(self) -> bool:
        """Whether it is this machine that lacks it, or whoever asked, so that it says nothing of what was recorded."""
        return self.kind in OF_HERE or (self.kind, self.what) == ("network", "index")

    def document(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {"kind": self.kind, "what": self.what, "sentence": self.sentence, "advice": self.advice}


def refused(kind: str, what: str, sentence: str, advice: str = "") -> NotRunnable:
    """Return the error that ends a rebuild on its way because something is missing."""
    return NotRunnable(sentence, missing=(kind, what), hint=advice or None)


def missing_of(error: NotRunnable) -> Missing:
    """Return what `refused` said is missing."""
    kind, what = (*error.missing, "record", "")[:2]
    return Missing(kind=kind, what=what, sentence=error.message, advice=error.hint or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact that was one thing when it was recorded and another when it was rebuilt.

    `kind` says what it is (package, python, variable, threads, code, argument, input, parameter, seed, random state,
    metric, output, predictions, exit status, program …), `what` its name, `where` the place inside: row, epoch, index.
    `rows` are the words about what stands there, then and now: for whoever asks, never for the record. `aside` says
    why it cannot be a cause, "" where it can.
    """

    kind: str
    what: str
    recorded: Json = None
    rebuilt: Json = None
    sentence: str = ""
    where: Mapping[str, Json] = field(default_factory=dict)
    rows: str = ""
    aside: str = ""

    @property
    def told(self) -> str:
        """The sentence, with the rows where they are known and with why it is no cause where that is."""
        told = f"{self.sentence}: {self.rows}" if self.rows else self.sentence
        return f"{told} ({self.aside})" if self.aside else told

    def document(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "kind": self.kind,
            "what": self.what,
            "recorded": self.recorded,
            "rebuilt": self.rebuilt,
            "sentence": self.told,
            "where": dict(self.where),
            "aside": self.aside or None,
        }


def causes_first(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return differences in the order they have, those that cannot be a cause behind all others."""
    return tuple(sorted(differences, key=lambda one: bool(one.aside)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputResult:
    """One output of the run: what was recorded, what came out now, and how they compare.

    `role` is `output`; or `beside` for what the run made beside the artifact that was asked for, and `intermediate` for
    what another run of the process made: these explain, but do not decide. `recorded` and `rebuilt` are fingerprints;
    None where there is none.
    """

    name: str
    type: str
    grade: Grade
    recorded: str | None
    rebuilt: str | None
    role: str = "output"
    note: str = ""
    tolerance: float | None = None
    max_ulp: int | None = None
    measured: str | None = None
    differences: tuple[Difference, ...] = ()

    def document(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "name": self.name,
            "type": self.type,
            "role": self.role,
            "verdict": self.grade.value,
            "recorded": self.recorded,
            "rebuilt": self.rebuilt,
            "tolerance": self.tolerance,
            "max_ulp": self.max_ulp,
            "measured": self.measured,
            "note": self.note,
            "differences": [difference.document() for difference in self.differences],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What the process could reach; `how` says by what it was kept from more.

    `network` is `off` or `on`, `writes` `confined` or `open`. `processes` of others were `hidden`, `shielded` (in
    sight, out of reach of signals and debuggers) or `open`; `sockets` of others were `hidden` or `open`.
    """

    network: str = "on"
    writes: str = "open"
    processes: str = "open"
    sockets: str = "open"
    how: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What it could reach, in words."""
        writes = "wrote below its directory only" if self.writes == "confined" else "could write anywhere"
        told = {
            "hidden": "saw no other processes",
            "shielded": "saw other processes and could not touch them",
            "open": "could end other processes",
        }[self.processes]
        sockets = "reached no sockets of theirs" if self.sockets == "hidden" else "could reach their sockets"
        return f"it {writes}, {told}, {sockets}"

    def document(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "network": self.network,
            "writes": self.writes,
            "processes": self.processes,
            "sockets": self.sockets,
            "how": list(self.how),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to `can it be rebuilt, and is it the same?`, with its evidence.

    `notes` are sentences about what was odd but decides nothing. `said` is the end of the
    program's output where it did not end well, `kept` the rebuild directory where it was kept. `tried` is what was done
    otherwise on purpose, `bisect` what the search for the cause found.
    """

    reference: str
    run: str
    grade: Grade
    missing: tuple[Missing, ...] = ()
    outputs: tuple[OutputResult, ...] = ()
    first_difference: Difference | None = None
    differences: tuple[Difference, ...] = ()
    environment: str = "current"
    drift: tuple[Difference, ...] = ()
    confinement: Confinement = field(default_factory=Confinement)
    platform: Mapping[str, Json] = field(default_factory=dict)
    tolerance: float | None = None
    max_ulp: int | None = None
    seconds: float | None = None
    notes: tuple[str, ...] = ()
    said: str = ""
    kept: str | None = None
    recorded_as: str | None = None
    counterfactual: Mapping[str, Json] | None = None
    """Where another input was supposed: which, and the metrics then and now. It says nothing about the model itself."""
    tried: tuple[str, ...] = ()
    bisect: Mapping[str, Json] | None = None
    probe: ProbeResult | None = None
    """What the recorded models and the rebuilt ones predict on data that was named for it."""

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        if self.counterfactual is not None:
            return str(self.counterfactual["sentence"])
        if self.grade is Grade.NOT_RUNNABLE:
            return f"{self.reference} cannot be rebuilt: {self.missing[0].sentence if self.missing else 'unknown'}"
        if self.grade is Grade.DIVERGED:
            first = self.first_difference
            told = first.sentence if first else "the cause is not known"
            return f"{self.reference} was rebuilt and differs: {told}{self._what_is_the_same}"
        told = {
            Grade.BIT_EXACT: "byte for byte the same",
            Grade.CANONICAL_EXACT: "the same content",
            Grade.NUMERIC: f"the same within {self.tolerance:g}" if self.tolerance is not None else "nearly the same",
        }[self.grade]
        return f"{self.reference} was rebuilt and is {told}."

    @property
    def _what_is_the_same(self) -> str:
        """What came out the same although something else did not, in words."""
        deciding = [output for output in self.outputs if output.role == "output"]
        same = [output for output in deciding if output.grade.is_same]
        if not same:
            return ""
        only = len(same) == len(deciding) - 1 and all(one.kind == "output" for one in self.differences if not one.aside)
        models = [f"{one.name} is {one.grade.value}" for one in same if one.type == "Model"][:_NAMED]
        told = ", ".join(models) or f"{len(same)} other output{'s are' if len(same) > 1 else ' is'} the same"
        return f". {'Nothing else does: ' if only else ''}{told}"

    @property
    def without_rows(self) -> Verdict:
        """The verdict as it is kept and signed: it names the place of a row, and not what stands there.

        Rows may tell of people, and a ledger and a signature cannot forget.
        """
        first = self.first_difference
        return replace(
            self,
            first_difference=None if first is None else replace(first, rows=""),
            differences=tuple(replace(one, rows="") for one in self.differences),
            outputs=tuple(
                replace(output, differences=tuple(replace(one, rows="") for one in output.differences))
                for output in self.outputs
            ),
            drift=tuple(replace(one, rows="") for one in self.drift),
            probe=None if self.probe is None else replace(self.probe, values=False),
        )

    def document(self) -> dict[str, Json]:
        """Return the whole verdict as JSON."""
        first = self.first_difference
        ran_supposed = self.counterfactual is not None and self.grade is not Grade.NOT_RUNNABLE
        return {
            "verdict": SUPPOSED if ran_supposed else self.grade.value,
            "reference": self.reference,
            "run": self.run,
            "sentence": self.sentence,
            "missing": [item.document() for item in self.missing],
            "outputs": [output.document() for output in self.outputs],
            "first_difference": None if first is None else first.document(),
            "differences": [difference.document() for difference in self.differences],
            "environment": self.environment,
            "drift": [difference.document() for difference in self.drift],
            **self.confinement.document(),
            "platform": dict(self.platform),
            "tolerance": self.tolerance,
            "max_ulp": self.max_ulp,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "said": self.said,
            "kept": self.kept,
            "recorded_as": self.recorded_as,
            "counterfactual": None if self.counterfactual is None else dict(self.counterfactual),
            "tried": list(self.tried),
            "bisect": None if self.bisect is None else dict(self.bisect),
            "probe": None if self.probe is None else self.probe.document(),
        }
