"""Property maps as text and back, exactly.

JSON with sorted keys. What JSON cannot say is an object with one key that begins with `$`:
`{"$double": "nan"}`, `{"$bytes": base64}`, `{"$proto": [url, base64]}`, `{"$struct": …}`. Inside a struct a key
that begins with `$` gets one more. Numbers keep their kind: `1` is an INT, `1.0` a DOUBLE.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import cast

import orjson

from lineal.errors import InvalidArgument
from lineal.model.values import Json, Proto, Struct, Value

_PLAIN = frozenset((str, bool, int, float))


def encode(properties: Mapping[str, Value]) -> str:
    """Return a property map as text; equal maps give equal text."""
    if not properties:
        return "{}"
    if type(properties) is dict and _PLAIN.issuperset(map(type, properties.values())):
        text = _text(properties)
        # What JSON cannot say of a double it calls null, and nothing else here is one.
        if "null" not in text:
            return text
    return _text({name: _encode(value) for name, value in properties.items()})


def decode(text: str) -> dict[str, Value]:
    """Return the property map of a text made by `encode`."""
    stored: dict[str, Value] = orjson.loads(text)
    # JSON writes a quote inside a text as \\", so these three characters begin a tagged value and nothing else.
    if '{"$' not in text:
        return stored
    return {name: _decode(value) if isinstance(value, dict) else value for name, value in stored.items()}


def decode_all(texts: Sequence[str]) -> list[dict[str, Value]]:
    """Return what `decode` returns of each: one call of the parser costs a third less than one a text."""
    joined = f"[{','.join(texts)}]"
    if '{"$' not in joined:
        found: list[dict[str, Value]] = orjson.loads(joined)
        if len(found) == len(texts):
            return found
    # Tagged values, or a text that is no map at all: each by itself.
    return [decode(text) for text in texts]


def encode_json(value: Json) -> str:
    """Return any JSON-like value as text: a prediction's output, a decision's details."""
    return _text(_pack(value))


def decode_json(text: str) -> Json:
    """Return the value of a text made by `encode_json`."""
    return _unpack(orjson.loads(text))


def _text(plain: object) -> str:
    try:
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as error:
        # Text that is none, a number beyond 64 bits, something that no JSON holds.
        raise InvalidArgument(f"a value cannot be stored: {error}") from error


def _encode(value: Value) -> object:
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, Proto):
        return {"$proto": [value.type_url, b64encode(value.data).decode()]}
    if isinstance(value, str | int):
        return value
    return {"$struct": _pack(value)}


def _decode(value: dict[str, object]) -> Value:
    ((tag, content),) = value.items()
    if tag == "$double":
        return float(cast("str", content))
    if tag == "$proto":
        url, data = cast("list[str]", content)
        return Proto(url, b64decode(data))
    return cast("Struct", _unpack(content))


def _pack(value: Json) -> object:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, bytes):
        return {"$bytes": b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {f"${key}" if key.startswith("$") else key: _pack(item) for key, item in value.items()}
    return [_pack(item) for item in value]


def _double(value: float) -> float | dict[str, str]:
    # float(): NumPy's doubles are floats too, but orjson takes only the plain ones.
    plain = float(value)
    return plain if math.isfinite(plain) else {"$double": repr(plain)}


def _unpack(value: object) -> Json:
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if not isinstance(value, dict):
        return cast("Json", value)
    if "$double" in value:
        return float(value["$double"])
    if "$bytes" in value:
        return b64decode(value["$bytes"])
    return {key.removeprefix("$"): _unpack(item) for key, item in value.items()}
