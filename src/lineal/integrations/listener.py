"""The listener: what integrations say about the user's program. The SDK implements it, because it knows runs.

An integration tells what happened and goes on. It is never answered, and what a listener raises reaches nobody: every
call goes through `hooks.telling`. Objects are handed over as they are, to be recognised again by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lineal.model.values import Json, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Content the program got.

    `by` is the call that read it (`pandas.read_csv`), `path` the file, directory or URL as the program named it,
    `thing` the object it got (a frame, a model) and `type` the artifact's type where the library knows it (`Model`);
    without one the file's ending decides. `name` and `version` are the source's own, where it has such: `glue`, `main`.
    `query` is the text that was asked of the source, without secrets; `thing` is then its answer.
    """

    by: str
    path: str | None = None
    thing: object | None = None
    type: str | None = None
    name: str | None = None
    version: str | None = None
    query: str | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Content the program wrote, told after it was written; fields as in `Read`.

    `made_from` are objects it was made from, where it is another form of them: the fitted model of an ONNX file.
    Told without a path such a thing is not written yet; `content` are the bytes that a file of it will have.
    """

    by: str
    path: str | None = None
    thing: object | None = None
    type: str | None = None
    name: str | None = None
    content: bytes | None = None
    made_from: Sequence[object] = ()
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A training that starts: the model, the objects it is trained on (`X`, `y` …, by argument) and its parameters.

    One object stands for one training: the same one is given to `fit_started` and `fit_ended`. A loop of the program's
    own has no end that anybody tells: it has `at_end`, which is asked when the run ends and may tell metrics then.
    """

    by: str
    model: object
    data: Mapping[str, object] = field(default_factory=dict)
    params: Mapping[str, object] = field(default_factory=dict)
    facts: Mapping[str, Value] = field(default_factory=dict)
    at_end: Callable[[], FitEnd] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FitEnd:
    """How a training ended: what it made (the fit's own model, unless another object came back), facts or an error."""

    model: object | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Data divided: ratios, seed, folds in `facts`; `whole` are the objects that went in, `parts` what came out."""

    by: str
    whole: Sequence[object] = ()
    parts: Sequence[object] = ()
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Numbers that the program computed about its models by one call: one, under "", or several by name.

    `by` is the function, `name` what the metric is called after, `on` the program's own word for the data, `settings`
    what else tells two calls apart. `way` is the place in the program: the same one again is the same metric's next.
    """

    by: str
    name: str
    values: Mapping[str, Sequence[float]]
    on: str | None = None
    way: Hashable = ()
    settings: Mapping[str, Json] = field(default_factory=dict)


class Listener(Protocol):
    """Hears what the program does. May be called from any thread."""

    def read(self, read: Read) -> None:
        """Hear that something was read."""

    def wrote(self, written: Written) -> None:
        """Hear that something was written."""

    def fit_started(self, fit: Fit) -> None:
        """Hear that a training starts; told before the data can be changed by it."""

    def fit_ended(self, fit: Fit, end: FitEnd) -> None:
        """Hear that this training is over, also where it failed."""

    def metrics(self, values: Mapping[str, float], *, step: int | None = None) -> None:
        """Hear one point of each of these metrics; without a step each metric counts its own."""

    def scored(self, score: Score) -> None:
        """Hear that the program computed how good something is."""

    def params(self, params: Mapping[str, object]) -> None:
        """Hear parameters of the run; one that is known already stays as it is."""

    def split(self, split: Split) -> None:
        """Hear that data was divided."""

    def parent(self, read: Read) -> None:
        """Hear that training goes on from this model: a checkpoint, a pretrained model, a warm start."""
