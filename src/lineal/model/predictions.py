"""Predictions: one served answer. A row, never a node; it joins the graph when asked for."""

from __future__ import annotations

from dataclasses import dataclass

from lineal.model.ids import ArtifactId, EntrySeq, Micros
from lineal.model.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One served answer.

    `trace_id` is a UUIDv7 as 32 hex digits; its first 48 bits are the time in milliseconds.
    `input_digest` is a keyed digest (`h1:` and 32 hex digits) under the key `key_id`; the input itself is never
    kept. `confidence` lies in 0..1 where the handler gave one. `status` is the HTTP status.
    `spool` and `sequence` say which record of which spool this is: the pair is unique.
    """

    trace_id: str
    endpoint: str
    revision_id: ArtifactId | None
    input_digest: str | None
    key_id: str | None
    output: Json
    confidence: float | None
    latency_us: int
    status: int
    time: Micros
    spool: str
    sequence: int
    entry: EntrySeq | None = None
