"""A tape: what a program saw, in a form that two stores can be compared by.

Ids are kept (a fresh store counts alike), times become a word, errors become class, code, and whether they say what
programs match. Imported by programs that run where `ml_metadata` is the real package, and where it is ours.
"""

from __future__ import annotations

import ml_metadata
from google.protobuf import json_format
from google.protobuf.message import Message
from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2

TIMES = ("create_time_since_epoch", "last_update_time_since_epoch", "milliseconds_since_epoch")
REAL_TIME = 10**12


def in_memory():
    """Return the configuration of a fresh store in this process."""
    config = metadata_store_pb2.ConnectionConfig()
    config.fake_database.SetInParent()
    return config


class Tape:
    """What one program saw, step by step. `fresh` gives the configuration of a store that nobody used before."""

    def __init__(self, fresh=in_memory):
        self.steps = {}
        self._fresh = fresh

    def store(self):
        """Return a fresh store."""
        return ml_metadata.MetadataStore(self._fresh())

    def note(self, step, seen):
        assert step not in self.steps, step
        self.steps[step] = plain(seen)

    def __call__(self, step, call, *arguments, says=None, **named):
        """Note what a call gives, or how it is refused; return what it gives. `says` is a text programs match."""
        try:
            given = call(*arguments, **named)
        except errors.StatusError as refused:
            seen = {"refused": type(refused).__name__, "code": refused.error_code}
            if says is not None:
                seen["says"] = f"… {says} …" if says in str(refused) else str(refused)
            self.note(step, seen)
            return None
        self.note(step, given)
        return given


def plain(seen):
    if isinstance(seen, Message):
        return without_times(json_format.MessageToDict(seen, preserving_proto_field_name=True))
    if isinstance(seen, (list, tuple)):
        return [plain(part) for part in seen]
    if isinstance(seen, dict):
        return {name: plain(part) for name, part in seen.items()}
    return seen


def without_times(seen):
    if isinstance(seen, list):
        return [without_times(part) for part in seen]
    if not isinstance(seen, dict):
        return seen
    return {
        name: "a time" if name in TIMES and int(part) > REAL_TIME else without_times(part)
        for name, part in seen.items()
    }


def raw(store, method, request):
    """Make a call that has no method of its own, or with fields that none sends; return its answer."""
    if hasattr(store, "_connection"):  # ours
        return store._connection.call(method, request)
    answer = getattr(metadata_store_service_pb2, f"{method}Response")()
    store._call(method, request, answer)
    return answer
