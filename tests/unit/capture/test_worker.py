"""Work beside the program: a fork does not wait for it, and the end of a run only as long as the user wants."""

from __future__ import annotations

import _thread
import os
import threading

import pytest

from lineal.capture import waiting
from lineal.capture.steps import Steps, at_once, finished
from lineal.capture.waiting import INTERRUPTED, driven, patience
from lineal.capture.worker import Worker, settled
from lineal.errors import Aborted, NotFound


@pytest.fixture
def worker() -> Worker:
    return Worker("lineal-work", "reading")


class Endless:
    """Work that is never done by itself; it says when its thread has begun."""

    def __init__(self) -> None:
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def steps(self) -> Steps[str]:
        while not self.may_end.is_set():
            self.has_begun.set()
            yield
        return "done"


def interrupting() -> Steps[str]:
    """Press Ctrl-C, once, while the main thread waits."""
    _thread.interrupt_main()
    while True:
        yield


def not_found() -> Steps[str]:
    yield
    raise NotFound("there is no file gone.csv")


def test_an_answer_comes_with_its_value_or_its_reason(worker):
    asked = [worker.ask(lambda: at_once(lambda: 7), what="x"), worker.ask(not_found, what="y")]
    assert [(answer.value, answer.reason) for answer in map(settled, asked)] == [
        (7, None),
        (None, "there is no file gone.csv"),
    ]


def test_steps_can_be_taken_at_once():
    assert finished(at_once(lambda: 7)) == 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="platform: no fork")
def test_a_fork_leaves_the_work_as_it_stands_and_the_parent_goes_on_with_it(worker):
    work = Endless()
    answer = worker.ask(work.steps, what="x")
    work.has_begun.wait()
    child = os.fork()
    if child == 0:
        told = settled(answer)
        new = settled(worker.ask(lambda: at_once(lambda: 7), what="y"))
        is_alone = "lineal-work" not in [thread.name for thread in threading.enumerate()]
        os._exit(0 if "forked" in (told.reason or "") and new.value == 7 and is_alone else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    work.may_end.set()
    assert settled(answer).value == "done"


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch):
    monkeypatch.setattr(waiting, "GRACE_S", 0.0)


def test_ctrl_c_after_the_line_leaves_it_unknown_and_goes_no_further(worker, capsys, monkeypatch):
    monkeypatch.setattr(waiting, "SAID_AFTER_S", 0.0)

    def pressed_when_told() -> Steps[str]:
        while not ours.is_told:
            yield
        yield from interrupting()

    with patience() as ours:
        answer = settled(worker.ask(pressed_when_told, what="flights.parquet", size=12_000_000_000))
        later = settled(worker.ask(Endless().steps, what="other"))
    assert (answer.reason, later.reason, ours.is_told) == (INTERRUPTED, INTERRUPTED, True)


def test_after_ctrl_c_what_is_quick_is_done_all_the_same(worker, monkeypatch):
    monkeypatch.setattr(waiting, "GRACE_S", 60.0)
    told = []

    def end_of_a_run() -> None:
        with patience():
            told.append(settled(worker.ask(interrupting, what="large")).reason)
            told.append(settled(worker.ask(lambda: at_once(lambda: 7), what="small")).value)

    with pytest.raises(KeyboardInterrupt):
        end_of_a_run()
    assert told == [INTERRUPTED, 7]


def test_the_line_says_what_is_waited_for_and_what_ctrl_c_does(worker, capsys, monkeypatch):
    monkeypatch.setattr(waiting, "SAID_AFTER_S", 0.0)

    def until_told() -> Steps[None]:
        while not ours.is_told:
            yield

    with patience() as ours:
        answer = worker.ask(until_told, what="flights.parquet", size=12_000_000_000)
        worker.ask(lambda: at_once(lambda: 7), what="x")
        settled(answer)
    assert capsys.readouterr().err == "lineal: reading 12 GB (flights.parquet and 1 more), Ctrl-C leaves it unknown\n"


def test_the_line_is_said_once_in_one_ending(capsys, monkeypatch):
    monkeypatch.setattr(waiting, "SAID_AFTER_S", 0.0)
    monkeypatch.setattr(waiting, "_LOOKED_AT_S", 0.0)

    def looked_at(times: int) -> None:
        left = iter(range(times))
        waiting.wait(lambda _seconds: next(left, None) is None, lambda: "reading x")

    with patience():
        looked_at(5)
        looked_at(5)
    assert capsys.readouterr().err == "lineal: reading x, Ctrl-C leaves it unknown\n"


def test_ctrl_c_before_the_line_was_meant_for_the_program_and_reaches_it_when_all_is_written(worker):
    written = []

    def end_of_a_run() -> None:
        with patience():
            written.append(settled(worker.ask(interrupting, what="x")).reason)
            written.append(settled(worker.ask(Endless().steps, what="y")).reason)

    with pytest.raises(KeyboardInterrupt):
        end_of_a_run()
    assert written == [INTERRUPTED, INTERRUPTED]


def test_outside_of_an_ending_ctrl_c_is_the_programs_own(worker):
    answer = worker.ask(interrupting, what="x")
    with pytest.raises(KeyboardInterrupt):
        settled(answer)
    answer.is_dropped = True


def test_where_no_thread_can_be_started_who_waits_does_the_work(worker, monkeypatch):
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")  # what an interpreter says that ends, and a machine that is full

    monkeypatch.setattr(threading.Thread, "start", start)
    answer = worker.ask(lambda: at_once(lambda: 7), what="x")
    assert not worker.is_at_work
    assert settled(answer).value == 7


def test_a_wait_has_an_end_where_one_is_given(worker):
    work = Endless()
    answer = worker.ask(work.steps, what="x")
    assert settled(answer, 0.01) is answer
    assert not answer.is_there.is_set()
    work.may_end.set()
    assert settled(answer).value == "done"


def test_who_waits_in_the_program_is_told_what_for_and_keeps_their_ctrl_c(capsys, monkeypatch):
    monkeypatch.setattr(waiting, "SAID_AFTER_S", 0.0)
    monkeypatch.setattr(waiting, "_LOOKED_AT_S", 0.001)

    def until_told() -> Steps[str]:
        told = ""
        while not told:
            told = capsys.readouterr().err
            yield
        return told

    assert driven(until_told(), lambda: "fingerprinting 12 GB (x)") == "lineal: fingerprinting 12 GB (x)\n"


def test_what_is_done_in_the_program_fails_with_its_own_error():
    with pytest.raises(NotFound, match="gone"):
        driven(not_found(), lambda: "reading")


def test_what_is_done_at_the_end_of_a_run_is_given_up_by_ctrl_c(monkeypatch):
    def end_of_a_run() -> None:
        with patience(), pytest.raises(Aborted, match=INTERRUPTED):
            driven(interrupting(), lambda: "reading")

    with pytest.raises(KeyboardInterrupt):
        end_of_a_run()
