"""How nodes, fingerprints and sizes are named to people: texts they can type back."""

from __future__ import annotations

from lineal.lineage.training import reference_to
from lineal.model.nodes import Artifact, Context, Execution, Node, key_of

_DIGITS = 12
_RUN_DIGITS = 16
_KILO = 1000


def name_of(node: Node) -> str:
    """Return the reference a person can type to get this node: `model:delay@v1.0`, `run:019a4f02ab3c`."""
    if isinstance(node, Context):
        return f"{node.type.lower()}:{node.name}"
    if isinstance(node, Execution):
        run_id = node.external_id or node.properties.get("run_id")
        return f"run:{str(run_id)[:_RUN_DIGITS]}" if run_id else str(key_of(node))
    return reference_to(node)


def title_of(node: Node) -> str:
    """Return what a run is called, or the reference of anything else."""
    if isinstance(node, Execution):
        label = node.properties.get("label") or node.name or node.type.lower()
        return f"{label} ({name_of(node)})"
    return name_of(node)


def short(fingerprint: str | None) -> str:
    """Return a fingerprint cut to what tells it apart: `sha256:4f3c2a91d0e7`."""
    if not fingerprint:
        return "no fingerprint"
    algorithm, colon, digits = fingerprint.partition(":")
    return f"{algorithm}{colon}{digits[:_DIGITS]}" if colon else fingerprint[:_DIGITS]


def size_of(node: Artifact) -> str:
    """Return what is known of an artifact's size: `336,776 rows · 31.2 MB`; "" where nothing is."""
    parts = []
    rows, octets = node.properties.get("rows"), node.properties.get("bytes")
    if isinstance(rows, int):
        parts.append(f"{rows:,} row{'' if rows == 1 else 's'}")
    if isinstance(octets, int):
        parts.append(bytes_of(octets))
    return " · ".join(parts)


def bytes_of(count: int) -> str:
    """Return a number of bytes for people, in powers of 1,000: `31.2 MB`."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if amount < _KILO or unit == "TB":
            return f"{count:,} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= _KILO
    return f"{count:,} bytes"
