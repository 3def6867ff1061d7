"""What is captured around a run, as properties of its execution. Nothing here raises into the user's code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lineal.capture.captured import Captured, captured
from lineal.capture.command import Command, of_command, unknown_of_process
from lineal.capture.guard import guarded
from lineal.capture.project import recorded_project
from lineal.capture.record import Record, as_struct, at_end, at_start, cleaned, from_struct, place_of, touched
from lineal.capture.several import with_processes
from lineal.capture.told import Process
from lineal.capture.variables import first_environment
from lineal.files import Files
from lineal.integrations.watch import watch_program
from lineal.model.values import Json, Value
from lineal.store.location import Location

_OF_EACH_PROCESS = frozenset({"seeds", "rng_states"})


class Capturing:
    """The capture of one run: everything at its start, and at its end what changed since.

    With a `command` the run is that of a process of its own.
    """

    def __init__(self, files: Files, location: Location, command: Command | None = None) -> None:
        self._files = files
        self._command = command
        self._script = command.place if command else None
        self._own = [place for place in (location.home, location.database) if place is not None]
        self._record: Record = {}
        self._is_adopted = False
        self._is_taken_over = False
        self._processes: Sequence[Process] = ()
        self._is_here = True
        if command is None:
            watch_program()

    def adopt(self, capture: Value | None) -> None:
        """Go on from what was captured at the start by another process."""
        self._is_adopted = True
        self._take(capture)

    def taken_over(self, capture: Value | None) -> tuple[Json, Json]:
        """Take the capture of the process that ran the program as ours; return the inputs and outputs it lists."""
        self._is_taken_over = True
        self._take(capture)
        return self.known()

    def told_by(self, processes: Sequence[Process], *, is_here: bool) -> None:
        """Take what processes of the run told of themselves; `is_here` says that they have our environment."""
        self._processes, self._is_here = processes, is_here

    def known(self) -> tuple[Json, Json]:
        """Return the inputs and outputs that are known so far."""
        found = (self._record.get(name) for name in ("inputs", "outputs"))
        inputs, outputs = (item.value if item is not None and item.status == "captured" else [] for item in found)
        return inputs, outputs

    def at_start(self) -> dict[str, Value]:
        """Return the properties that hold what was found."""
        return self._captured(lambda: self._of_the_run(at_start(self._files, script=self._script, leave_out=self._own)))

    def at_end(self, *, inputs: Sequence[Json], outputs: Sequence[Json]) -> dict[str, Value]:
        """Return the properties again, as they are for the whole run; the lists say what it read and wrote."""
        return self._captured(lambda: self._filled(self._of_the_run(self._at_end(inputs, outputs)), outputs))

    def _filled(self, record: Record, outputs: Sequence[Json]) -> Record:
        """Return the record with what other processes of the run told."""
        if not self._processes:
            return record
        _, project = place_of(self._script)
        environment = first_environment() if self._is_here else None
        return cleaned(
            with_processes(self._files, record, self._processes, base=project, environment=environment, outputs=outputs)
        )

    def _at_end(self, inputs: Sequence[Json], outputs: Sequence[Json]) -> Record:
        start = self._record
        if self._is_taken_over:
            return {**start, **touched(inputs, outputs)}
        if self._is_adopted:
            # What a program before this one told of its generators is not where those of this one began.
            missing = unknown_of_process(start) | _OF_EACH_PROCESS
            start = {**start, **at_start(self._files, only=missing, project=recorded_project(start))}
        return at_end(self._files, start, script=self._script, inputs=inputs, outputs=outputs)

    def _take(self, capture: Value | None) -> None:
        if isinstance(capture, Mapping):
            self._record = from_struct(capture)

    def _captured(self, capture: Callable[[], Record]) -> dict[str, Value]:
        # Each item is guarded where it is taken; this is for the rest: whatever happens, the run goes on.
        whole = guarded(lambda: captured(as_struct(capture())))
        if not isinstance(whole.value, Mapping):
            failed: Json = {"status": whole.status, "reason": whole.reason}
            return {"capture": {**as_struct(self._record), "capture": failed}}
        self._record = from_struct(whole.value)
        return {"capture": whole.value, **_columns(self._record)}

    def _of_the_run(self, record: Record) -> Record:
        return of_command(record, self._command) if self._command and not self._is_taken_over else record


def _columns(record: Mapping[str, Captured]) -> dict[str, Value]:
    """Return what has a property of its own, so that runs can be found by it."""
    found = {name: item.value for name, item in record.items() if item.status == "captured"}
    commit, dirty, environment = found.get("commit"), found.get("dirty"), found.get("environment")
    columns: dict[str, Value] = {}
    if isinstance(commit, str):
        columns["commit"] = commit
    if isinstance(dirty, bool):
        columns["dirty"] = dirty
    if isinstance(environment, Mapping) and isinstance(environment.get("fingerprint"), str):
        columns["environment"] = str(environment["fingerprint"])
    return columns
