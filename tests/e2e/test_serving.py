"""A real server with a real model: stamped answers, joined to the graph, none lost to kill -9."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress

import httpx
import pytest

from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Execution, ExecutionState
from lineal.model.publication import Origin, Publication, Use
from lineal.model.traversal import Direction
from lineal.store.identifiers import is_uuid7
from lineal.workspace import open_workspace

APP = """
import asyncio
import lineal
from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from lineal.serving import LinealMiddleware, report
from pydantic import BaseModel

loaded = lineal.load_model("endpoint:delay-api")
app = FastAPI()
app.add_middleware(LinealMiddleware, endpoint="delay-api")

class Flight(BaseModel):
    hour: float

@app.get("/health")
def health():
    return "ok"

@app.post("/predict")
def predict(flight: Flight):
    return {"delay": flight.hour * loaded.model["factor"], "confidence": 0.5}

@app.post("/reported")
def reported(flight: Flight):
    report(output={"delay": 1}, confidence=0.9, model=loaded)
    return "what the user sees"

@app.post("/stream")
async def stream():
    async def pieces():
        for number in range(3):
            yield f"{number}\\n"
    return StreamingResponse(pieces(), media_type="text/plain")

@app.post("/endless")
async def endless():
    async def pieces():
        while True:
            yield "more\\n"
            await asyncio.sleep(0.01)
    return StreamingResponse(pieces(), media_type="text/plain")

@app.post("/fail")
def fail(flight: Flight):
    raise ZeroDivisionError

@app.post("/missing")
def missing(flight: Flight):
    raise HTTPException(404, "no such flight")
"""


@pytest.fixture
def workspace(tmp_path):
    with open_workspace(tmp_path / "workspace") as opened:
        content = pickle.dumps({"factor": 2.0})
        model = Artifact(
            type="Model",
            name="delay@v1.0",
            fingerprint=opened.files.put_bytes(content),
            properties={"format": "pickle"},
        )
        data = Artifact(type="Dataset", name="flights@2013-01-01", fingerprint="sha256:" + "d" * 64)
        training = Publication(
            execution=Execution(type="Train", state=ExecutionState.COMPLETE),
            uses=[Use(artifact=data, type=EventType.INPUT), Use(artifact=model, type=EventType.OUTPUT)],
        )
        opened.store.publish(training, by=Origin(actor="tests", action="train"))
        opened.approve("model:delay", actor="ada", reason="good")
        opened.deploy("model:delay", endpoint="delay-api", actor="ada", reason="go")
        yield opened


@pytest.fixture
def served(tmp_path, workspace):
    """Return a context manager that runs the application in a process and gives it and a client."""
    (tmp_path / "served.py").write_text(APP)

    @contextmanager
    def run():
        command = [sys.executable, "-m", "uvicorn", "served:app", "--port", "0", "--no-access-log"]
        environment = {**os.environ, "LINEAL_URL": workspace.location.url}
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        ) as process:
            drain = None
            try:
                url = _url(process)
                drain = threading.Thread(target=process.stderr.read)
                drain.start()
                with httpx.Client(base_url=url, timeout=30) as client:
                    yield process, client
            finally:
                process.terminate()
                process.wait(30)
                if drain is not None:
                    drain.join()

    return run


def _url(process):
    said = []
    for line in process.stderr:
        said.append(line)
        if "running on" in line:
            return line.split("running on ")[1].split()[0]
    raise AssertionError("".join(said))


def test_every_answer_is_stamped_recorded_and_joined_to_the_graph(served, workspace):
    with served() as (_, client):
        answer = client.post("/predict", json={"hour": 3})
        assert answer.json() == {"delay": 6.0, "confidence": 0.5}
        assert answer.headers["x-model-version"] == "delay@v1.0"
        assert answer.headers["x-dataset-version"] == "flights@2013-01-01"
        assert answer.headers["x-reproducible"] == "false"
        trace = answer.headers["x-lineage-trace-id"]
        assert is_uuid7(trace)
        assert "x-lineage-trace-id" not in client.get("/health").headers

        reported = client.post("/reported", json={"hour": 3}).headers["x-lineage-trace-id"]
        stream = client.post("/stream")
        assert stream.text == "0\n1\n2\n"
        assert stream.headers["x-model-version"] == "delay@v1.0"
        # By itself: uvicorn closes the connection of a handler that failed.
        assert httpx.post(f"{client.base_url}/fail", json={"hour": 3}, timeout=30).status_code == 500
        assert client.post("/missing", json={"hour": 3}).headers["x-lineage-trace-id"]
        assert client.post("/predict", json={}).headers["x-lineage-trace-id"]
        assert "x-lineage-trace-id" not in client.post("/no-such-path").headers

        # Asked while the server lives, and before its own shipper may have come by.
        found = workspace.prediction(trace)
        state = client.get("/lineage/self").json()
        assert (state["source"], state["revision"]) == ("loaded", "endpoint:delay-api@r1")
        assert client.get(f"/lineage/{trace}").json()["model_fingerprint"] == state["model_fingerprint"]

    assert (found.output, found.confidence, found.status) == ({"delay": 6.0, "confidence": 0.5}, 0.5, 200)
    assert workspace.prediction(reported).output == {"delay": 1}
    graph = workspace.trace(f"prediction:{trace}", Direction.UPSTREAM)
    assert {node.name for node in graph.artifacts()} == {"delay-api@r1", "delay@v1.0", "flights@2013-01-01"}
    # The server ended well: it has shipped all of them itself.
    statuses = sorted(each.status for each in workspace.store.predictions())
    assert statuses == [200, 200, 200, 404, 422, 500]
    assert workspace.verify().ok


def test_a_client_that_leaves_a_stream_is_in_the_record(served, workspace):
    with served() as (_, client):
        with client.stream("POST", "/endless") as answer:
            trace = answer.headers["x-lineage-trace-id"]
            next(answer.iter_raw())
        # Until the server has noticed; each question is a round trip of its own.
        while client.get("/lineage/self").json()["recorded"] == 0:
            pass
    assert workspace.prediction(trace).status == 499


def test_kill_9_under_load_loses_no_acknowledged_prediction(served, workspace, campaign):
    acknowledged = []
    for _ in range(50 if campaign else 3):
        acknowledged += _killed_under_load(served, enough=200)
    assert workspace.ship().gaps == ()  # what the killed servers left behind
    stored = [each.trace_id for each in workspace.store.predictions(limit=10 * len(acknowledged))]
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
    assert len(acknowledged) >= 600
    assert not [entry.reason for entry in workspace.store.entries(limit=10_000) if "lost" in (entry.reason or "")]
    assert workspace.verify().ok


def _killed_under_load(served, *, enough):
    """Return the trace ids of all answers that clients had read to their end when the server was killed."""
    acknowledged = []
    reached = threading.Event()

    def load(url):
        with httpx.Client(base_url=url, timeout=30) as own, suppress(httpx.HTTPError):
            while True:
                answer = own.post("/predict", json={"hour": 1})
                assert answer.json()["delay"] == 2.0
                acknowledged.append(answer.headers["x-lineage-trace-id"])
                if len(acknowledged) >= enough:
                    reached.set()

    with served() as (process, client):
        threads = [threading.Thread(target=load, args=(client.base_url,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        reached.wait(60)
        process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    return acknowledged
