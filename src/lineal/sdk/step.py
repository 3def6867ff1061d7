"""Steps: a decorated function is a run; its data arguments are inputs, what it returns are outputs.

Edges of a step are *observed*: the data passed through Lineal's hands.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ParamSpec, TypeVar

from lineal.errors import InvalidArgument, NotFound
from lineal.model.edges import How
from lineal.model.nodes import Artifact
from lineal.sdk import content
from lineal.sdk.input import Input
from lineal.sdk.inputs import family_from, is_reference, wanted_input
from lineal.sdk.models import wanted_model
from lineal.sdk.outputs import wanted_dataset
from lineal.sdk.plain import is_plain
from lineal.sdk.run import Run
from lineal.sdk.starting import run
from lineal.sdk.urls import is_url

P = ParamSpec("P")
R = TypeVar("R")


def step(
    *,
    type: str = "Transform",
    name: str | None = None,
    output: str = "Dataset",
    url: str | os.PathLike[str] | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that records each call of a function as a run of this type.

        @lineal.step(type="Transform")
        def clean(flights: pd.DataFrame, minimum: int = 5) -> pd.DataFrame: ...

    Frames, existing paths, references to what is there, stored artifacts and models among the arguments become inputs,
    named after their parameter; plain values, URLs among them, become parameters. A returned frame, path or model is
    an output called after the function (`clean`), of type `output`; of a returned tuple or dict each one is (`clean.0`,
    `clean.train`).
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        label = name or function.__name__
        if _ends_later(function):
            raise InvalidArgument(
                f"{label} is an async function or a generator: it would be recorded as over before it begins",
                hint="use `with lineal.run(...)` inside it",
            )
        signature = inspect.signature(function)

        @functools.wraps(function)
        def recorded(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            arguments = _flat(signature, bound.arguments)
            settings = {key: value for key, value in arguments.items() if not _is_data(value)}
            with run(label, type=type, params=_parameters(settings), url=url) as current:
                for key, value in arguments.items():
                    if key not in settings:
                        _record_input(current, key, value)
                result = function(*args, **kwargs)
                _record_outputs(current, label, result, output)
                return result

        return recorded

    return decorate


def _ends_later(function: object) -> bool:
    """Whether a call returns before the body has run."""
    return (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    )


def _flat(signature: inspect.Signature, arguments: Mapping[str, object]) -> dict[str, object]:
    """Arguments by name: those of `*args` numbered, those of `**kwargs` as they were called; no `self`."""
    flat: dict[str, object] = {}
    for name, value in arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD and isinstance(value, Mapping):
            flat |= value
        elif kind is inspect.Parameter.VAR_POSITIONAL and isinstance(value, tuple):
            flat |= {f"{name}.{place}": item for place, item in enumerate(value)}
        elif name not in {"self", "cls"}:
            flat[name] = value
    return flat


def _is_data(value: object) -> bool:
    if isinstance(value, Artifact | Input) or content.is_data(value) or _is_model(value):
        return True
    if isinstance(value, os.PathLike):
        return os.path.exists(value)  # noqa: PTH110
    # os.path, not Path: any text is asked here, also one too long to be a path.
    is_file = isinstance(value, str) and os.path.isfile(value)  # noqa: PTH113
    return is_file or (isinstance(value, str) and not is_url(value) and is_reference(value))


def _is_model(value: object) -> bool:
    """Whether this looks like a fitted model of any library."""
    return not isinstance(value, type) and any(hasattr(value, verb) for verb in ("predict", "state_dict"))


def _parameters(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings as parameters; of a value that cannot be kept its class is."""
    return {
        name: value if is_plain(value) or hasattr(value, "item") else f"<{value.__class__.__name__}>"
        for name, value in settings.items()
    }


def _record_input(current: Run, name: str, value: object) -> None:
    thing = value.artifact if isinstance(value, Input) else value
    is_text = isinstance(thing, str | os.PathLike)
    wanted = wanted_input(thing, name=None if is_text else name, how=How.OBSERVED, path=(name,))
    if wanted.reference is None:
        current.record(wanted)
        return
    try:
        current.record(wanted)
    except (InvalidArgument, NotFound):
        current.log_params({name: value})  # a text like `time:now`, which only looks like a reference


def _record_outputs(current: Run, label: str, result: object, type_: str) -> None:
    for name, value in _named_results(label, result):
        if content.is_data(value) or isinstance(value, os.PathLike):
            family = family_from(os.fspath(value)) if isinstance(value, os.PathLike) else name
            wanted = wanted_dataset(value, name=family, type_=type_)
        elif _is_model(value):
            wanted = wanted_model(value, name=name)
        else:
            continue
        current.record(replace(wanted, how=How.OBSERVED))


def _named_results(label: str, result: object) -> list[tuple[str, object]]:
    if isinstance(result, Mapping):
        return [(f"{label}.{key}", value) for key, value in result.items()]
    if isinstance(result, tuple):
        return [(f"{label}.{place}", value) for place, value in enumerate(result)]
    return [(label, result)]
