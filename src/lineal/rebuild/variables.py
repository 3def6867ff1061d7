"""The variables of a record: what it says of the environment of the program, wherever in the record that stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lineal.capture.secrets import HIDDEN
from lineal.lineage.capture_record import Item, item
from lineal.model.values import Json
from lineal.rebuild.layout import Layout

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def program_variables(record: Mapping[str, Item]) -> dict[str, Json]:
    """Return the variables that the program may depend on: what they were set to, None where they were not set."""
    value = item(record, "variables").value
    return {str(name): one for name, one in value.items()} if isinstance(value, Mapping) else {}


def secret_variables(record: Mapping[str, Item]) -> list[str]:
    """Return the variables whose values were secrets, so that they must be given again."""
    return sorted({name for name, value in _all_of(record) if isinstance(value, str) and HIDDEN in value})


def recorded_variables(record: Mapping[str, Item], layout: Layout, tree: str) -> tuple[dict[str, str], set[str]]:
    """Return the recorded variables, and those of which it is recorded that they were not set."""
    zone = item(record, "locale").value
    found: dict[str, str] = {}
    if isinstance(zone, Mapping) and isinstance(zone.get("timezone"), str):
        found["TZ"] = str(zone["timezone"])
    unset: set[str] = set()
    for name, value in _all_of(record):
        if isinstance(value, str) and HIDDEN not in value:
            found[name] = layout.moved(value, tree)
        elif value is None:
            unset.add(name)
    return {name: value for name, value in found.items() if name not in unset}, unset


def _all_of(record: Mapping[str, Item]) -> Iterator[tuple[str, Json]]:
    """Yield every variable of the record: of frameworks, of threads, and what the program may depend on."""
    determinism = item(record, "determinism").value
    of_frameworks = determinism.get("variables") if isinstance(determinism, Mapping) else None
    for values in (of_frameworks, item(record, "thread_variables").value, program_variables(record)):
        named = values.items() if isinstance(values, Mapping) else ()
        # Among those of threads stand settings of libraries, such as torch.get_num_threads.
        yield from ((str(name), value) for name, value in named if _NAME.fullmatch(str(name)))
