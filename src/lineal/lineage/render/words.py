"""Words: how nodes, times, fingerprints and states are written, in every format alike.

`safe` stands between what users named things and every page, terminal and file they are shown in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from lineal.lineage.graph import GraphEdge, GraphNode
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.ids import Micros
from lineal.model.nodes import Artifact, ExecutionState
from lineal.model.predictions import Prediction

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017  one spelling for 3.11 to 3.14
_LONGEST = 160

# Characters that would move, hide or reorder text around a name: escapes, line ends, direction marks, tags.
_FORBIDDEN = (
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0x061C, 0x061C),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0xD800, 0xDFFF),
    (0xFEFF, 0xFEFF),
    (0xFFF0, 0xFFFB),
    (0xFFFE, 0xFFFF),
    (0xE0000, 0xE007F),
)
_ESCAPES = {code: rf"\u{code:04x}" for first, last in _FORBIDDEN[3:] for code in range(first, last + 1)}
_ESCAPES |= {code: rf"\x{code:02x}" for first, last in _FORBIDDEN[:2] for code in range(first, last + 1)}
_ESCAPES |= {0x061C: r"\u061c", 0x09: r"\t", 0x0A: r"\n", 0x0D: r"\r"}


@dataclass(frozen=True, slots=True)
class Badge:
    """A word about a node and how it is meant: `ok`, `warn`, `fail` or `note`."""

    text: str
    tone: str


def safe(text: str, *, longest: int | None = None) -> str:
    """Return the text on one line, with everything that is not plainly visible written as an escape."""
    shown = text.translate(_ESCAPES)
    if longest is not None and len(shown) > longest:
        return shown[: longest - 1] + "…"
    return shown


def title(item: GraphNode, *, longest: int = _LONGEST) -> str:
    """Return what the node is called: `flights@2013-01-05`, `train`, `artifact#7`."""
    return safe(item.label, longest=longest)


def digits8(fingerprint: str | None) -> str:
    """Return the first eight digits of a fingerprint, or nothing."""
    return safe(fingerprint.rpartition(":")[2])[:8] if fingerprint else ""


def short_id(item: GraphNode) -> str:
    """Return eight digits of the fingerprint, or twelve of the id of a run: those tell the millisecond."""
    if isinstance(item.node, Artifact):
        return digits8(item.node.fingerprint)
    return safe(item.node.external_id or "")[:12]


def when(time: Micros | None) -> str:
    """Return a time as ISO 8601 in UTC, exact to the microsecond; nothing where it is unknown."""
    if time is None:
        return ""
    try:
        moment = _EPOCH + timedelta(microseconds=time)
    except OverflowError:
        return f"{time} µs"
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{moment.microsecond:06d}Z" if moment.microsecond else "Z")


def role(edge: GraphEdge) -> str:
    """Return the edge's role with its path, or how many nodes it stands for."""
    if edge.role == "via":
        return f"via {edge.hidden} hidden"
    path = "/".join(str(part) for part in edge.path)
    word = edge.role.replace("_", " ") + (" again" if edge.reproduces else "")
    return safe(f"{word} {path}", longest=_LONGEST) if path else word


def remark(edge: GraphEdge) -> str:
    """Return what is worth saying about an edge: nothing for a plain input or output."""
    text = role(edge)
    return "" if text in ("input", "output") else text


def approval(item: GraphNode) -> Decision | None:
    """Return the decision in force on this content: the newest approval or rejection of its fingerprint."""
    if not isinstance(item.node, Artifact):
        return None
    judged = [
        one
        for one in item.decisions
        if one.action in (DecisionAction.APPROVE, DecisionAction.REJECT) and one.fingerprint == item.node.fingerprint
    ]
    return judged[-1] if judged else None


def badges(item: GraphNode) -> list[Badge]:
    """Return what is known beside the node: its approval, where it is live, its aliases, its state."""
    found: list[Badge] = []
    decision = approval(item)
    if decision is not None:
        approved = decision.action is DecisionAction.APPROVE
        found.append(Badge("approved" if approved else "rejected", "ok" if approved else "fail"))
    last = item.decisions[-1].action if item.decisions else None
    if last in (DecisionAction.RETIRE, DecisionAction.ERASE, DecisionAction.HOLD):
        found.append(Badge({"retire": "retired", "erase": "erased", "hold": "on hold"}[last.value], "warn"))
    found += [
        Badge("live", "ok") if name == "live" else Badge(f"@{safe(name, longest=40)}", "note") for name in item.aliases
    ]
    if item.reproduced:
        found.append(Badge(f"made again {'once' if item.reproduced == 1 else f'{item.reproduced} times'}", "note"))
    if not isinstance(item.node, Artifact):
        found += _STATES.get(item.node.state, [])
    return found


def who(decision: Decision) -> str:
    """Return a decision as a phrase: `approve by ada, 2026-11-24T10:00:00Z: fair enough`."""
    text = f"{decision.action.value} by {decision.actor}"
    text += f", {when(decision.time)}" if decision.time is not None else ""
    return safe(f"{text}: {decision.reason}" if decision.reason else text, longest=_LONGEST)


def answered(prediction: Prediction) -> str:
    """Return a prediction as a phrase."""
    text = f"prediction {prediction.trace_id}  {prediction.endpoint}  {when(prediction.time)}  HTTP {prediction.status}"
    if prediction.confidence is not None:
        text += f"  confidence {prediction.confidence:.3g}"
    return safe(text)


_STATES = {
    ExecutionState.FAILED: [Badge("failed", "fail")],
    ExecutionState.RUNNING: [Badge("running", "note")],
    ExecutionState.CANCELED: [Badge("canceled", "warn")],
    ExecutionState.CACHED: [Badge("cached", "note")],
}
