"""What a probe found: recorded models and their rebuilt twins, called on the same data. Data only.

The data stands here by its name and fingerprint, and the first row that differs by its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lineal.model.values import Json
from lineal.rebuild.predictions import Compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What came of calling a recorded model and its rebuilt twin on the same data. `data` is its name.

    `fault` says why there is no answer, `detail` what was said then: it may quote the data.
    """

    name: str
    data: str
    rows: int = 0
    calls: tuple[Compared, ...] = ()
    fault: str = ""
    detail: str = ""

    @property
    def unsteady(self) -> list[str]:
        """The calls that gave two answers to the same rows."""
        return [each.call for each in self.calls if not each.steady]

    @property
    def told(self) -> list[Compared]:
        """The calls whose answers say something."""
        return [each for each in self.calls if each.steady]

    @property
    def is_same(self) -> bool:
        """Whether both answer the same, and at least one call says something."""
        return bool(self.told) and all(each.is_same for each in self.told)

    @property
    def is_near(self) -> bool:
        """Whether both answer the same within the tolerance."""
        return bool(self.told) and all(each.is_near for each in self.told)

    @property
    def differing(self) -> int:
        """The most rows that one call answers otherwise."""
        return max((each.differing for each in self.told), default=0)

    @property
    def worst(self) -> Compared | None:
        """The first call that is not near, else the first that is not the same; None where there is none."""
        apart = [each for each in self.told if not each.is_near] or [each for each in self.told if not each.is_same]
        return apart[0] if apart else None

    @property
    def sentence(self) -> str:
        """What came of it, without any value of a row."""
        if self.fault:
            return f"{self.name} cannot be called on {self.data}: {self.fault}"
        odd = f"{', '.join(self.unsteady)} of {self.name} is not deterministic: it answers the same rows in two ways"
        if not self.told:
            return f"{odd}, so its predictions say nothing"
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'} of {self.data}"
        calls = ", ".join(each.call for each in self.told)
        more = f"; {odd}" if self.unsteady else ""
        worst = self.worst
        if worst is None:
            return f"{self.name} predicts the same for all {rows} ({calls}){more}"
        if worst.fault:
            return f"{self.name} predicts otherwise on {self.data}: {worst.call}: {worst.fault}{more}"
        assert worst.first is not None
        ulp = "" if worst.max_ulp is None else f" ({worst.max_ulp:,} ulp)"
        far = "" if worst.max_abs is None else f", at most {worst.max_abs:.3g}{ulp} apart"
        if worst.is_near:
            return f"{self.name} predicts the same within {worst.tolerance:g} for all {rows}: {worst.call}{far}{more}"
        place = f"{worst.call} first at row {worst.first.row}{far}"
        return f"{self.name} predicts otherwise for {worst.differing:,} of {rows}: {place}{more}"

    @property
    def values(self) -> str:
        """The words about the first row that differs, or about the fault: for whoever asks, never for the record."""
        if self.detail:
            return self.detail
        first = self.worst.first if self.worst is not None else None
        return "" if first is None else f"{first.recorded} became {first.rebuilt}"

    def document(self, *, values: bool = True) -> dict[str, Json]:
        """Return it as JSON, with or without values."""
        more = f": {self.values}" if values and self.values else ""
        return {
            "name": self.name,
            "called": not self.fault,
            "same": self.is_same if self.told else None,
            "within_tolerance": self.is_near if self.told else None,
            "rows": self.rows,
            "differing": self.differing,
            "calls": [each.document(values=values) for each in self.calls],
            "sentence": self.sentence + more,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What came of a probe: the data by name and fingerprint, never by its rows, and each model that was called."""

    data: Mapping[str, Json]
    models: tuple[Probed, ...]
    values: bool = True
    notes: tuple[str, ...] = ()

    @property
    def is_answered(self) -> bool:
        """Whether every model could be called, then and now: without that the question was not answered."""
        return not any(each.fault for each in self.models)

    @property
    def sentence(self) -> str:
        """What came of it in a sentence or some."""
        return "; ".join(each.sentence for each in self.models)

    def document(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "data": dict(self.data),
            "models": [each.document(values=self.values) for each in self.models],
            "notes": list(self.notes),
            "sentence": self.sentence,
        }
