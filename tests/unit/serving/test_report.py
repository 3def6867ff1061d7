"""Reports: from any thread of a request to its own answer; never an error for the handler."""

from __future__ import annotations

import contextvars
import json
import threading

import numpy as np
import pytest

from lineal.serving.report import CURRENT, MAX_OUTPUT, Report, output_text, report


def digest(data):
    return f"h1:{len(data)}"


@pytest.fixture
def cell():
    token = CURRENT.set(Report())
    yield CURRENT.get()
    CURRENT.reset(token)


def test_outside_a_request_a_report_is_nothing():
    assert report(output=1, confidence=0.5) is None


def test_a_report_from_a_worker_thread_reaches_its_request(cell):
    context = contextvars.copy_context()
    thread = threading.Thread(target=lambda: context.run(lambda: report(output=[1], confidence=0.5)))
    thread.start()
    thread.join()
    assert (cell.output, cell.confidence) == ([1], 0.5)


def test_what_a_second_report_leaves_out_stays(cell):
    report(output=None)
    report(confidence=np.float32(0.25))
    assert (cell.output, cell.confidence) == (None, 0.25)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan"), "high", object(), 10**400])
def test_a_confidence_that_is_none_is_not_recorded_and_not_an_error(cell, wrong):
    report(confidence=wrong)
    assert cell.confidence is None


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ({"delay": np.float64(1.5)}, '{"delay":1.5}'),
        (np.array([[1, 2]]), "[[1,2]]"),
        (b"raw", '{"type":"bytes","bytes":3}'),
        (np.zeros(5000), '{"type":"ndarray","elements":5000}'),
        ({(1, 2): 3}, '{"type": "dict"}'),
        (object(), '{"type":"object"}'),
        (float("nan"), "NaN"),
    ],
)
def test_outputs_of_all_kinds_become_json(output, text):
    assert output_text(output, digest).decode() == text


def test_a_large_output_becomes_its_digest_and_size():
    text = output_text("x" * MAX_OUTPUT, digest)
    assert json.loads(text) == {"type": "str", "bytes": MAX_OUTPUT + 2, "digest": f"h1:{MAX_OUTPUT + 2}"}


def test_an_output_without_end_is_summarised():
    endless = []
    endless.append(endless)
    assert json.loads(output_text(endless, digest)) == {"type": "list"}
