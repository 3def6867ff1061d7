"""Whether a node's properties are what its type declares."""

from __future__ import annotations

from collections.abc import Mapping

from lineal.errors import PropertyTypeMismatch
from lineal.model.types import NodeType
from lineal.model.values import PropertyType, Value, check, plain_kind


def check_properties(type_: NodeType, properties: Mapping[str, Value], custom: Mapping[str, Value]) -> None:
    """Raise PropertyTypeMismatch unless every declared property has its declared kind."""
    for name, value in properties.items():
        declared = type_.properties.get(name)
        # A declared name was looked at when it was declared.
        if declared is not None and plain_kind(value) is declared:
            continue
        kind = check(name, value)
        if declared is kind:
            continue
        where = f"{type_.name} version {type_.version}" if type_.version else type_.name
        if declared is None:
            declares = ", ".join(sorted(type_.properties)) or "none"
            raise PropertyTypeMismatch(
                f"{where} declares no property {name!r}; it declares {declares}",
                hint="put it into custom_properties, or declare it in a new version of the type",
            )
        raise PropertyTypeMismatch(
            f"{where}.{name} is {declared.name}, got {value!r} ({kind.name})",
            hint=f"pass {_EXAMPLES[declared]}, or declare a new version of the type",
        )
    for name, value in custom.items():
        check(name, value)


_EXAMPLES = {
    PropertyType.INT: "an int",
    PropertyType.DOUBLE: "a float",
    PropertyType.STRING: "a str",
    PropertyType.STRUCT: "a dict or a list",
    PropertyType.PROTO: "a Proto",
    PropertyType.BOOLEAN: "a bool",
}
