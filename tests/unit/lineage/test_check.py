"""Check: pass, fail or unknown, never a guess; and what is missing, run by run."""

from __future__ import annotations

import pytest

from lineal.lineage.check import Rebuildable, check
from lineal.lineage.checklist import Outcome
from lineal.lineage.foresight import Reach
from lineal.model.capture_items import ITEMS, SYSTEM_ENTROPY
from lineal.model.nodes import ExecutionState
from lineal.model.publication import Origin


def captured(value: object):
    return {"status": "captured", "value": value, "reason": None}


def unknown(reason: str):
    return {"status": "unknown", "value": None, "reason": reason}


def withheld(reason: str):
    return {"status": "withheld", "value": None, "reason": reason}


CLEAN, DIRTY = captured(value=False), captured(value=True)


def full_record(**changes):
    record = {fact: captured(fact) for one in ITEMS for fact in one.facts} | {
        "argv": captured(["python", "train.py"]),
        "commit": captured("0123456789abcdef0123"),
        "dirty": CLEAN,
        "diff": {"status": "not_applicable", "value": None, "reason": "clean"},
        "untracked": captured([]),
        "environment": captured({"fingerprint": "sha256:" + "a" * 64, "packages": 90}),
        "seeds": captured({"random": 42, "numpy": 42}),
        "cpu_memory": captured({"cores": 8}),
        "gpu": {"status": "not_applicable", "value": None, "reason": "no driver"},
        "container": {"status": "not_applicable", "value": None, "reason": "no sign of a container"},
    }
    return {"capture": record | changes}


def trained(pen, **facts):
    pen.run("Ingest", [], ["RawData a@1"], facts=full_record())
    pen.run("Train", ["RawData a@1"], ["Model m@1"], params={"rate": 0.1}, facts=full_record() | facts)
    return check(pen.store, "model:m")


def outcome(answer, item):
    return next(finding.outcome for finding in answer.findings if finding.item == item)


def sentence(answer, item):
    return next(finding.sentence for finding in answer.findings if finding.item == item)


def test_a_model_whose_runs_are_fully_recorded_is_rebuildable(pen):
    answer = trained(pen)
    assert answer.rebuildable is Rebuildable.YES
    assert {finding.outcome for finding in answer.findings} == {Outcome.PASS}
    assert answer.reach == Reach("BIT_EXACT")
    assert (answer.captured, answer.items, answer.missing) == (60, 60, ())
    assert len(answer.runs) == 2


def test_a_run_logged_without_capture_cannot_be_rebuilt(pen):
    pen.run("Ingest", [], ["RawData a@1"])
    pen.run("Train", ["RawData a@1"], ["Model m@1"], params={"rate": 0.1})
    answer = check(pen.store, "model:m")
    assert answer.rebuildable is Rebuildable.NO
    assert outcome(answer, "code") is Outcome.UNKNOWN
    assert outcome(answer, "environment") is Outcome.UNKNOWN
    assert answer.missing == ("nothing was captured: in all 2 runs",)


NOT_KEPT = {"status": "unknown", "value": None, "reason": "it holds a secret"}


@pytest.mark.parametrize(
    ("item", "changes", "expected", "told"),
    [
        ("code", {"dirty": DIRTY, "diff": captured("sha256:1")}, Outcome.PASS, "which are stored"),
        (
            "code",
            {"dirty": DIRTY, "diff": withheld("too large"), "script": NOT_KEPT},
            Outcome.FAIL,
            "the diff beside it is not stored",
        ),
        ("code", {"dirty": DIRTY, "diff": withheld("too large")}, Outcome.UNKNOWN, "the diff beside it is not stored"),
        ("code", {"commit": unknown("git timed out")}, Outcome.ADVICE, "git timed out"),
        ("code", {"commit": unknown("git timed out"), "script": NOT_KEPT}, Outcome.FAIL, "git timed out"),
        ("code", {"untracked": withheld("not kept: a.py"), "script": NOT_KEPT}, Outcome.FAIL, "untracked code"),
        ("environment", {"environment": captured({"packages": 3})}, Outcome.UNKNOWN, "no lock"),
        ("seed", {"seeds": captured({"numpy": SYSTEM_ENTROPY})}, Outcome.UNKNOWN, "numpy was drawn from"),
        ("seed", {"seeds": unknown("broken")}, Outcome.UNKNOWN, "broken"),
        ("hardware", {"gpu": unknown("no library")}, Outcome.UNKNOWN, "no library"),
        ("image", {"container": unknown("a tag")}, Outcome.ADVICE, "a tag"),
    ],
)
def test_each_gap_is_named_with_its_reason_and_decides_only_where_a_rebuild_needs_it(
    pen, item, changes, expected, told
):
    answer = trained(pen, **full_record(**changes))
    assert outcome(answer, item) is expected
    assert told in sentence(answer, item)
    assert answer.rebuildable is {Outcome.FAIL: Rebuildable.NO, Outcome.UNKNOWN: Rebuildable.UNKNOWN}.get(
        expected, Rebuildable.YES
    )


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        ({"terminal": ["input()"]}, "asked a person at a terminal (input())"),
        ({"stdin": ["a pipe"]}, "read its standard input (a pipe)"),
        ({"network": ["example.org:443"]}, "reached example.org:443 over the network"),
    ],
)
def test_what_a_rebuild_will_not_have_is_foreseen_from_the_record(pen, reached, told):
    answer = trained(pen, **full_record(reached=captured(reached)))
    assert answer.rebuildable is Rebuildable.NO
    assert told in answer.sentence


def test_a_program_that_asks_for_a_terminal_may_come_out_otherwise(pen):
    answer = trained(pen, **full_record(reached=captured({"isatty": ["sys.stdin.isatty()"]})))
    assert answer.rebuildable is Rebuildable.UNKNOWN
    assert answer.reach.verdict == "NUMERIC"


def test_the_plan_of_a_rebuild_decides_where_it_is_handed_in(pen):
    trained(pen)
    answer = check(pen.store, "model:m", reach=Reach("NOT_RUNNABLE", ("the input a@1 is gone",)))
    assert answer.rebuildable is Rebuildable.NO
    assert answer.sentence.startswith("m@1 cannot be rebuilt: the input a@1 is gone.")
    train = next(run for run in answer.runs if run.run.node.type == "Train")
    assert train.completeness.best == "NOT_RUNNABLE"


def test_files_git_does_not_know_are_not_called_no_changes(pen):
    answer = trained(pen, **full_record(untracked=captured({"files": {"train.py": {}, "helper.py": {}}})))
    assert outcome(answer, "code") is Outcome.PASS
    assert sentence(answer, "code").startswith(
        "commit 0123456789ab and 2 untracked files, stored; nothing else was changed"
    )


def test_without_a_repository_the_stored_script_is_code_enough(pen):
    nothing = {"status": "not_applicable", "value": None, "reason": "not a repository"}
    answer = trained(
        pen, **full_record(commit=nothing, dirty=nothing, script=captured("sha256:1"), modules=captured([]))
    )
    assert outcome(answer, "code") is Outcome.PASS


def test_a_stated_seed_and_commit_count_without_capture(pen):
    pen.run("Train", [], ["Model m@1"], facts={"seed": 42, "commit": "abc", "dirty": False})
    answer = check(pen.store, "model:m")
    assert outcome(answer, "seed") is Outcome.PASS
    assert outcome(answer, "code") is Outcome.PASS


def test_that_a_run_failed_is_advice_for_a_rebuild_fails_in_the_same_place(pen):
    pen.run("Ingest", [], ["RawData a@1"], facts=full_record())
    pen.run(
        "Train",
        ["RawData a@1"],
        ["Model m@1"],
        state=ExecutionState.FAILED,
        facts={**full_record(), "error": "boom\nat x.py:3"},
    )
    answer = check(pen.store, "model:m")
    assert outcome(answer, "completed") is Outcome.ADVICE
    assert "boom, at x.py:3" in sentence(answer, "completed")


def test_a_run_that_still_runs_cannot_be_rebuilt(pen):
    pen.run("Ingest", [], ["RawData a@1"], facts=full_record())
    pen.run("Train", ["RawData a@1"], ["Model m@1"], state=ExecutionState.RUNNING, facts=full_record())
    assert check(pen.store, "model:m").rebuildable is Rebuildable.NO


def test_a_bad_run_upstream_is_advice_for_a_rebuild_takes_its_inputs_as_they_were(pen):
    pen.run("Ingest", [], ["RawData a@1"], facts=full_record(environment=captured({})))
    pen.run("Train", ["RawData a@1"], ["Model m@1"], params={"rate": 1}, facts=full_record())
    answer = check(pen.store, "model:m")
    assert answer.rebuildable is Rebuildable.YES
    assert outcome(answer, "upstream") is Outcome.ADVICE
    assert sentence(answer, "upstream").startswith("ingest: the packages are not recorded")


def test_a_model_that_no_run_made_cannot_be_rebuilt(pen):
    pen.store.put([pen.artifact("Model m@1", {})], by=Origin(actor="ada", action="test"))
    answer = check(pen.store, "model:m")
    assert answer.rebuildable is Rebuildable.NO
    assert "no recorded run made m@1" in sentence(answer, "origin")


def test_an_endpoint_is_checked_through_its_model_and_the_deployment_is_no_step(flights):
    answer = check(flights.store, "endpoint:delay-api")
    assert "Deploy" not in {one.run.node.type for one in answer.runs}
    assert len(answer.runs) == 6


def test_params_and_a_seed_are_asked_of_training_only(pen):
    pen.run("Ingest", [], ["RawData a@1"], facts=full_record(seeds=captured({})))
    answer = check(pen.store, "rawdata:a")
    assert {finding.item for finding in answer.findings} == {
        "rebuild",
        "origin",
        "completed",
        "code",
        "data",
        "environment",
        "hardware",
        "image",
    }
    assert answer.rebuildable is Rebuildable.YES
