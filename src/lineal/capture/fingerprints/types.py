"""Logical types of columns: one text for one meaning, whatever Arrow's layout of it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lineal.errors import InvalidArgument

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN = {
    "null": "null",
    "bool": "bool",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "halffloat": "float16",
    "float": "float32",
    "double": "float64",
    "string": "string",
    "large_string": "string",
    "string_view": "string",
    "binary": "binary",
    "large_binary": "binary",
    "binary_view": "binary",
    "date32[day]": "date",
    "date64[ms]": "date[ms]",
    "time32[s]": "time[s]",
    "time32[ms]": "time[ms]",
    "time64[us]": "time[us]",
    "time64[ns]": "time[ns]",
    **{f"duration[{unit}]": f"duration[{unit}]" for unit in ("s", "ms", "us", "ns")},
    "month_day_nano_interval": "interval[month_day_nano]",
}


def type_text(of: pa.DataType) -> str:
    """Return the logical type as text; raise InvalidArgument for one that has no rule."""
    import pyarrow as pa

    kinds = pa.types
    plain = _PLAIN.get(str(of))
    if plain is not None:
        return plain
    if isinstance(of, pa.BaseExtensionType):
        parameters = of.__arrow_ext_serialize__() if hasattr(of, "__arrow_ext_serialize__") else b""
        return f"extension<{_name(of.extension_name)}, {type_text(of.storage_type)}, {parameters.hex()}>"
    if kinds.is_timestamp(of):
        return f"timestamp[{of.unit}, {of.tz}]" if of.tz else f"timestamp[{of.unit}]"
    if kinds.is_decimal(of):
        return f"decimal[{of.scale}]"
    if kinds.is_fixed_size_binary(of):
        return f"binary[{of.byte_width}]"
    if kinds.is_dictionary(of):
        return f"ordered<{type_text(of.value_type)}>" if of.ordered else type_text(of.value_type)
    if kinds.is_run_end_encoded(of):
        return type_text(of.value_type)
    return _nested(of)


def is_list(of: pa.DataType) -> bool:
    """Return whether `of` is a list with a length of its own in every row."""
    import pyarrow as pa

    kinds = pa.types
    return bool(kinds.is_list(of) or kinds.is_large_list(of) or kinds.is_list_view(of) or kinds.is_large_list_view(of))


def _nested(of: pa.DataType) -> str:
    import pyarrow as pa

    kinds = pa.types
    if is_list(of):
        return f"list<{type_text(of.value_type)}>"
    if kinds.is_fixed_size_list(of):
        return f"list[{of.list_size}]<{type_text(of.value_type)}>"
    if kinds.is_map(of):
        return f"map<{type_text(of.key_type)}, {type_text(of.item_type)}>"
    if kinds.is_struct(of):
        return f"struct<{_fields(of)}>"
    if kinds.is_union(of):
        return f"union<{','.join(str(code) for code in of.type_codes)}; {_fields(of)}>"
    raise InvalidArgument(f"columns of type {of} have no fingerprint rule", hint="cast them to a standard Arrow type")


def _fields(of: pa.DataType) -> str:
    texts = []
    for index in range(of.num_fields):
        field = of.field(index)
        texts.append(f"{_name(field.name)}: {type_text(field.type)}")
    return ", ".join(texts)


def _name(name: str) -> str:
    # Quoted, because a name may hold the very characters that frame it.
    return json.dumps(name, ensure_ascii=False)
