"""How large the demo is: which days train, which judge, how big the models are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Days are ISO dates of 2013. The training data grows from batch to batch; v1.0 learns up to `first_release`."""

    batches: tuple[str, ...]
    first_release: str
    judged: tuple[str, str]
    served: str
    predictions: int
    trees: int
    more_trees: int
    seed: int = 2013

    @property
    def last_release(self) -> str:
        """The newest batch, which v1.1 learns from."""
        return self.batches[-1]


FULL = Plan(
    batches=("2013-01-01", "2013-01-02", "2013-01-03", "2013-01-04", "2013-01-05", "2013-01-12", "2013-01-31"),
    first_release="2013-01-05",
    judged=("2013-02-01", "2013-02-14"),
    served="2013-03-01",
    predictions=24,
    trees=60,
    more_trees=120,
)

SMALL = Plan(
    batches=("2013-01-01", "2013-01-02", "2013-01-03"),
    first_release="2013-01-02",
    judged=("2013-02-01", "2013-02-02"),
    served="2013-03-01",
    predictions=6,
    trees=20,
    more_trees=30,
)
