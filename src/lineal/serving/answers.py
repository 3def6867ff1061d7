"""The middleware's own two pages: what this process has loaded, and the facts of one answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from lineal.errors import LinealError, StoreUnavailable
from lineal.model.values import Json
from lineal.serving.facts import Facts, revision_facts
from lineal.serving.messages import Send
from lineal.serving.recorder import Recorder
from lineal.store.identifiers import is_uuid7

SELF = "/lineage/self"
_TRACE = "/lineage/"


async def answer(recorder: Recorder, path: str, send: Send) -> bool:
    """Answer `GET /lineage/self` or `GET /lineage/TRACE`; return False for any other path."""
    if path == SELF:
        recorder.ready()
        status, document = await _in_thread(lambda: (200, _self(recorder)))
    elif path.startswith(_TRACE) and is_uuid7(path.removeprefix(_TRACE)):
        recorder.ready()
        status, document = await _in_thread(lambda: _trace(recorder, path.removeprefix(_TRACE)))
    else:
        return False
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    return True


def _self(recorder: Recorder) -> Mapping[str, Json]:
    served = recorder.facts(None)
    counters = recorder.counters
    return {
        "endpoint": recorder.endpoint,
        **_document(served),
        "source": served.source.value,
        "loaded": [_document(facts) for facts in recorder.state.loaded.values()],
        "workspace": "open" if recorder.store is not None else "unavailable",
        "recording": recorder.spool is not None,
        "recorded": counters.recorded,
        "lost": counters.lost,
        "shipped": counters.shipped,
        "gaps": counters.gaps,
        "refused": counters.refused,
        "failures": counters.failures,
    }


def _trace(recorder: Recorder, trace_id: str) -> tuple[int, Mapping[str, Json]]:
    """Return the facts of one answer; its output and input stay inside."""
    try:
        if recorder.store is None:
            raise StoreUnavailable("the workspace is not open")
        recorder.ship_now()
        found = recorder.store.prediction(trace_id)
        loaded = [facts for facts in recorder.state.loaded.values() if facts.revision_id == found.revision_id]
        facts = loaded[0] if loaded else revision_facts(recorder.store, found.revision_id)
    except LinealError as error:
        return error.status.http, {"title": type(error).__name__, "status": error.status.http}
    return 200, {
        "trace_id": found.trace_id,
        "endpoint": found.endpoint,
        "time_us": found.time,
        "status": found.status,
        **_document(facts),
    }


def _document(facts: Facts) -> dict[str, Json]:
    return {
        "model": facts.model,
        "model_fingerprint": facts.fingerprint,
        "dataset": facts.dataset,
        "revision": facts.revision,
        "reproducible": facts.reproducible,
        "failed_checks": list(facts.failed),
    }


async def _in_thread(
    make: Callable[[], tuple[int, Mapping[str, Json]]],
) -> tuple[int, Mapping[str, Json]]:
    """Ask the store beside the event loop, so that predictions do not wait for a question."""
    import asyncio  # a server has it; `import lineal` does without

    return await asyncio.to_thread(make)
