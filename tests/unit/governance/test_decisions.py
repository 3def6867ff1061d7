"""Decisions hold for content, not for names."""

from __future__ import annotations

import pytest

from lineal.errors import FailedPrecondition, InvalidArgument, NotFound
from lineal.governance import approve, reject
from lineal.model.decisions import DecisionAction
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin


def test_an_approval_says_who_when_why_and_on_which_content(store, train):
    model = train()
    made = approve(
        store, "model:delay@v1.0", actor="ada", reason="backtest is fine", regulation="SR 26-2", details={"ticket": 7}
    )
    assert (made.action, made.artifact_id, made.fingerprint) == (DecisionAction.APPROVE, model.id, model.fingerprint)
    assert (made.actor, made.reason) == ("ada", "backtest is fine")
    assert made.details == {"ticket": 7, "regulation": "SR 26-2"}
    assert made.time is not None
    assert store.decisions(artifacts=[model.id]) == [made]


def test_a_decision_is_in_the_ledger(store, train):
    train()
    made = reject(store, "model:delay", actor="ada", reason="biased")
    (entry,) = store.entries(newest_first=True, limit=1)
    assert (entry.seq, entry.actor, entry.action, entry.reason) == (made.entry, "ada", "reject", "biased")
    assert store.verify().ok


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("ada", ""), (" ", "why"), ("ada", "\ud800")])
def test_a_decision_without_a_person_or_a_reason_is_refused(store, train, actor, reason):
    model = train()
    with pytest.raises(InvalidArgument):
        approve(store, "model:delay", actor=actor, reason=reason)
    assert store.decisions(artifacts=[model.id]) == []


def test_a_decision_needs_an_artifact_with_content(store, train):
    train()
    store.put([Artifact(type="Model", name="empty@v1")], by=Origin(actor="t", action="put"))
    with pytest.raises(FailedPrecondition, match="no fingerprint"):
        approve(store, "model:empty", actor="ada", reason="x")
    with pytest.raises(InvalidArgument, match="Execution"):
        approve(store, "run:latest", actor="ada", reason="x")
    with pytest.raises(NotFound):
        approve(store, "model:delai", actor="ada", reason="x")
