"""Fingerprints in the background: right, in time, and without a thread where there is nothing to do."""

from __future__ import annotations

import hashlib
import os
import threading

import pytest

from lineal.capture.worker import Answer, settled
from lineal.files import Files
from lineal.sdk.background import Fingerprints

DIGITS = "sha256:" + hashlib.sha256(b"delay\n4\n").hexdigest()


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path / "files")


def test_an_input_is_fingerprinted_and_its_bytes_are_kept(tmp_path, files):
    path = tmp_path / "flights.csv"
    path.write_bytes(b"delay\n4\n")
    answer = settled(Fingerprints(files).of_input(str(path)))
    assert answer.value.fingerprint == DIGITS
    assert files.get(answer.value.fingerprint) == b"delay\n4\n"


def test_what_cannot_be_read_has_a_reason(tmp_path, files):
    answer = settled(Fingerprints(files).of_input(str(tmp_path / "gone.csv")))
    assert (answer.value, "gone.csv" in answer.reason) == (None, True)


def test_a_fork_waits_for_no_file_and_its_fingerprint_comes_afterwards(tmp_path, files):
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(1 << 26))
    fingerprints = Fingerprints(files)
    answers = [fingerprints.of_path(str(path)) for _ in range(50)]
    child = os.fork()
    if child == 0:
        names = [thread.name for thread in threading.enumerate()]
        os._exit(1 if "lineal-fingerprints" in names or answers[-1].is_there.is_set() else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    wanted = "sha256:" + hashlib.sha256(bytes(1 << 26)).hexdigest()
    assert {settled(answer).value.fingerprint for answer in answers} == {wanted}


def test_a_forked_process_does_not_wait_for_what_its_parent_asked_for():
    answer = Answer()  # the work at hand took longer than a fork waits
    child = os.fork()
    if child == 0:
        told = settled(answer)
        os._exit(0 if told.value is None and "forked" in told.reason else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_wait_for_an_answer_can_have_an_end():
    answer = Answer()

    assert settled(answer, 0.01) is answer
    assert not answer.is_there.is_set()
