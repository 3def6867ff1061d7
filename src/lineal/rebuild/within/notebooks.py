"""Notebooks: what their cells say and what came out, apart from what differs each time one is executed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from lineal.rebuild.within.part import Opaque, Part

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_VOLATILE = "its metadata (when cells ran), stderr and addresses"


def notebook_parts(_name: PurePath, data: bytes) -> Iterator[Part]:
    """Yield text and outputs of each cell of a Jupyter notebook; Opaque for what is none."""
    try:
        notebook = json.loads(data)
        for number, cell in enumerate(notebook["cells"], 1):
            where = {"cell": number}
            yield Part(f"the text of cell {number}", _text(cell.get("source")), where)
            for place, output in enumerate(_outputs(cell), 1):
                yield Part(f"output {place} of cell {number}", json.dumps(_plain(output), sort_keys=True), where)
            yield Part(f"its cell {number} as it is written", json.dumps(cell), where, _VOLATILE)
        yield Part("its metadata", json.dumps(notebook.get("metadata")), {}, _VOLATILE)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise Opaque("this is no notebook") from error


def _outputs(cell: Mapping[str, object]) -> list[object]:
    found = cell.get("outputs")
    listed = found if isinstance(found, list) else []
    return [each for each in listed if not (isinstance(each, Mapping) and each.get("name") == "stderr")]


def _plain(output: object) -> object:
    """Return an output without its metadata and addresses of objects; a text that comes in lines is one, JSON stays."""
    if not isinstance(output, Mapping):
        return output
    plain = {name: _joined(one) if name == "text" else one for name, one in output.items() if name != "metadata"}
    data = output.get("data")
    if isinstance(data, Mapping):
        plain["data"] = {kind: one if str(kind).endswith("json") else _joined(one) for kind, one in data.items()}
    return _without_addresses(plain)


def _without_addresses(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _without_addresses(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_addresses(one) for one in value]
    return _ADDRESS.sub("", value) if isinstance(value, str) else value


def _text(value: object) -> str:
    return _ADDRESS.sub("", str(_joined(value)))


def _joined(value: object) -> object:
    return "".join(map(str, value)) if isinstance(value, list) else value
