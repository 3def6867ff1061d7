"""The run: one `with` block around training or a data step, recorded as it happens."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar, overload

from lineal.capture.seeds import set_seed as seed_everything
from lineal.capture.waiting import patience
from lineal.errors import InvalidArgument
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.values import Value
from lineal.model.vocabulary import METRIC
from lineal.sdk import observing
from lineal.sdk.captured import Capturing
from lineal.sdk.current import Current
from lineal.sdk.ending import Ending, ending_of
from lineal.sdk.input import Input
from lineal.sdk.inputs import wanted_input
from lineal.sdk.metrics import MetricQueue
from lineal.sdk.models import wanted_model
from lineal.sdk.outputs import wanted_artifact, wanted_dataset
from lineal.sdk.plain import parameters
from lineal.sdk.recorder import Recorder
from lineal.sdk.session import Session
from lineal.sdk.sources import Source
from lineal.sdk.wanted import Wanted

T = TypeVar("T")
CURRENT: Current[Run] = Current("lineal run")


class Run:
    """One recorded run; made by `lineal.run`, ended by its `with` block or by `finish`.

    Safe to use from several threads. What is logged is durable when the call returns, metrics within seconds.
    A fault of the store never raises here unless the run is `strict`; a mistake in what is stated always does.
    """

    def __init__(self, session: Session, recorder: Recorder, capturing: Capturing) -> None:
        self._session = session
        self._capturing = capturing
        self._recorder = recorder
        self._began = time.monotonic_ns()
        self._finished = False
        self._metrics = MetricQueue(recorder.add_points, session.clock.now)
        self._begin()
        CURRENT.enter(self)
        observing.started(self)

    @property
    def id(self) -> str:
        """The run's id, a UUIDv7 of 32 hex digits; `run:` and this (or its first digits) is a reference to it."""
        return self._recorder.execution.external_id or ""

    @property
    def execution(self) -> Execution:
        """The run as it was last written; its `id` is None while the store could not be written."""
        return self._recorder.execution

    @property
    def contexts(self) -> tuple[Context, ...]:
        """The contexts this run belongs to, its outer run's included."""
        return self._recorder.contexts

    @property
    def is_finished(self) -> bool:
        """True once the run has ended."""
        return self._finished

    @property
    def is_foreign(self) -> bool:
        """True in a process forked from the one that started the run; what is logged there is not recorded."""
        return self._recorder.is_foreign

    @property
    def recorder(self) -> Recorder:
        """What writes the run."""
        return self._recorder

    @property
    def session(self) -> Session:
        """What the run is recorded through."""
        return self._session

    @overload
    def use(
        self,
        thing: str | os.PathLike[str] | Artifact | Source,
        *,
        name: str | None = None,
        version: str | None = None,
        type: str = "Dataset",
        source: str | os.PathLike[str] | Source | None = None,
    ) -> Input: ...
    @overload
    def use(
        self,
        thing: T,
        *,
        name: str | None = None,
        version: str | None = None,
        type: str = "Dataset",
        source: str | os.PathLike[str] | Source | None = None,
    ) -> T: ...
    def use(
        self,
        thing: object,
        *,
        name: str | None = None,
        version: str | None = None,
        type: str = "Dataset",
        source: str | os.PathLike[str] | Source | None = None,
    ) -> object:
        """Record what the run reads and give it back: a frame as it is, everything else as an `Input`.

            flights = run.use(pd.read_csv("flights.csv"), name="flights", source="flights.csv")
            weather = pd.read_csv(run.use("weather.csv"))
            model = run.use("model:delay@production").artifact
            batch = run.use(sources.stream("flights", offsets={0: (10, 500)})).artifact

        Takes a frame (pandas, polars, pyarrow, NumPy), a path, a URL, a reference, a stored artifact or a model.
        Content that is known is recognised by its fingerprint, whatever name it is given here.
        Raises NotFound, and AlreadyExists where `name@version` is other content.
        """
        wanted = wanted_input(thing, name=name, version=version, type_=type, source=source)
        artifact = self.record(observing.declared(self, thing, wanted))
        if isinstance(thing, str | os.PathLike | Artifact | Source):
            return Input(artifact, self._session.files)
        return thing

    def log_params(self, params: Mapping[str, object]) -> None:
        """Record parameters. Raises AlreadyExists where one has another value already."""
        self._recorder.add_parameters(parameters(params))

    def log_metrics(self, metrics: Mapping[str, object], step: int | None = None) -> None:
        """Record one point of each metric; written within seconds, so it costs microseconds here.

        Without `step` each metric counts its own: 0, 1, 2 … NaN and infinities are kept.
        """
        if not self._recorder.is_foreign:
            self._metrics.add(metrics, step)

    def observe_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Record metrics that were seen, not stated; one that `log_metrics` has recorded stays what it is."""
        if not self._recorder.is_foreign:
            self._metrics.add(metrics, step, is_declared=False)

    def known_metrics(self) -> Mapping[str, float]:
        """Return the last value of each metric that the run has by now, those of its other processes included."""
        written = self.execution.custom_properties.items()
        before = {name.removeprefix(METRIC): value for name, value in written if name.startswith(METRIC)}
        return {**{name: value for name, value in before.items() if isinstance(value, float)}, **self._metrics.last}

    def log_dataset(
        self,
        data: object,
        *,
        name: str,
        version: str | None = None,
        type: str = "Dataset",
        source: str | os.PathLike[str] | Source | None = None,
        properties: Mapping[str, Value] | None = None,
        keep: bool = False,
    ) -> Artifact:
        """Record data the run made and return its artifact, with rows, columns, schema and fingerprint.

        Takes a frame, a file, a directory or a URL. Without a version the same content is the same version,
        and other content the next one: v1, v2 … `keep` also keeps its bytes in the workspace (frames as Parquet).
        Raises AlreadyExists where the version is taken by other content.
        """
        return self.record(
            wanted_dataset(
                data, name=name, version=version, type_=type, source=source, properties=properties, keep=keep
            )
        )

    def log_model(
        self,
        model: object,
        *,
        name: str,
        version: str | None = None,
        parents: Sequence[str | Artifact] = (),
        properties: Mapping[str, Value] | None = None,
    ) -> Artifact:
        """Keep a fitted model (pickled), its bytes or its file, and return its artifact.

        `parents` are the models it was made from: an ensemble's members, a warm start. A model of the same
        fitted state as a version before is that version, though its bytes may differ.
        """
        for place, parent in enumerate(parents):
            self.record(wanted_input(parent, type_="Model", path=("parents", place)))
        return self.record(wanted_model(model, name=name, version=version, properties=properties))

    def log_artifact(
        self,
        content: object,
        *,
        name: str,
        version: str | None = None,
        type: str = "Report",
        properties: Mapping[str, Value] | None = None,
    ) -> Artifact:
        """Keep a file, bytes, or a dict or list as JSON, and return its artifact. A text is always a path."""
        return self.record(wanted_artifact(content, name=name, version=version, type_=type, properties=properties))

    def record(self, wanted: Wanted) -> Artifact:
        """Write one artifact with its event and return it as stored."""
        return self._recorder.record(wanted)

    def set_seed(self, seed: int) -> None:
        """Seed `random`, NumPy and PyTorch (where they are loaded) and record it."""
        whole = checked_seed(seed)
        seed_everything(whole)
        self._recorder.set_properties({"seed": whole})

    def finish(self, error: BaseException | None = None) -> None:
        """End the run: COMPLETE, or FAILED with this error. Finishing twice is fine.

        Where fingerprints take longer than two seconds that is said, and Ctrl-C leaves unknown what is not there yet.
        """
        if self._finished or self._recorder.is_foreign:
            return
        with patience():
            observing.ends(self)
            self._finished = True
            points = self._metrics.close()
            is_written = self._recorder.end(self._ended(ending_of(error)), points)
            self._session.leave(unwritten=None if is_written else self.id)

    def _begin(self) -> None:
        self._recorder.start()

    def _ended(self, ending: Ending) -> Execution:
        """Return the run as it is to be written last."""
        recorded = self._recorder.execution
        facts: dict[str, Value] = {f"{METRIC}{name}": value for name, value in self._metrics.last.items()}
        if self._metrics.dropped:
            facts["metric_points_dropped"] = self._metrics.dropped
        properties: dict[str, Value] = {"duration_us": (time.monotonic_ns() - self._began) // 1000}
        if ending.error is not None:
            properties["error"] = ending.error
        return replace(
            recorded,
            state=ending.state,
            ended_at=self._session.clock.now(),
            properties={**recorded.properties, **self._captured_at_end(), **properties},
            custom_properties={**recorded.custom_properties, "exit_status": ending.exit_status, **facts},
        )

    def _captured_at_end(self) -> dict[str, Value]:
        touches = self._recorder.touches
        return self._capturing.at_end(inputs=touches.inputs(), outputs=touches.outputs())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.finish(error)

    def __repr__(self) -> str:
        return f"<run {self.id} {self.execution.properties.get('label')!r} {self.execution.state.name}>"


def current_run() -> Run | None:
    """Return the innermost open run of this thread, or None. A forked child has none: it cannot write its parent's."""
    run = CURRENT.get()
    return None if run is None or run.is_foreign else run


def set_seed(seed: int) -> None:
    """Seed `random`, NumPy and PyTorch (where they are loaded), and record it in the current run if there is one."""
    run = current_run()
    if run is None:
        seed_everything(checked_seed(seed))
    else:
        run.set_seed(seed)


def checked_seed(seed: object) -> int:
    """Return a seed, or raise InvalidArgument if it is not a whole number."""
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise InvalidArgument(f"a seed is a whole number, got {seed!r} ({type(seed).__name__})")
    return int(seed.__index__())
