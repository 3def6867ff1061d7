"""How complete a record is, and which verdict it still allows."""

from __future__ import annotations

import pytest

from lineal.lineage.capture_record import Item
from lineal.lineage.completeness import completeness_of
from lineal.model.capture_items import ITEMS, NOT_DRAWN, SYSTEM_ENTROPY


def whole(**changes: Item) -> dict[str, Item]:
    """Return a record with every fact, as far as it is not changed."""
    record = {fact: Item("captured", fact) for one in ITEMS for fact in one.facts}
    known = {
        "argv": Item("captured", ["python", "train.py"]),
        "environment": Item("captured", {"fingerprint": "sha256:1", "unhashed": 0}),
        "seeds": Item("captured", {"random": 1, "numpy": NOT_DRAWN}),
        "gpu": Item("not_applicable", None, "no driver"),
        "notebook": Item("not_applicable", None, "no notebook"),
    }
    return record | known | changes


def test_there_are_thirty_items_each_with_facts_of_its_own():
    facts = [fact for one in ITEMS for fact in one.facts]
    assert [one.number for one in ITEMS] == list(range(1, 31))
    assert len(set(facts)) == len(facts)


def test_a_whole_record_is_thirty_of_thirty_and_allows_equality_to_the_bit():
    found = completeness_of(whole())
    assert (found.captured, found.not_applicable, found.best, found.because) == (30, 2, "BIT_EXACT", ())
    assert found.sentence == "30 of 30 captured (2 of them do not apply)"


def test_nothing_captured_is_none_of_thirty_and_not_runnable():
    found = completeness_of({})
    assert (found.captured, found.best, found.because) == (
        0,
        "NOT_RUNNABLE",
        ("it was recorded after the fact: nothing was captured of how it ran",),
    )


@pytest.mark.parametrize("status", ["unknown", "withheld"])
def test_an_item_is_as_good_as_its_worst_fact_and_says_which(status):
    found = completeness_of(whole(modules=Item(status, None, "too large")))
    (lost,) = found.missing
    assert (lost.item.number, lost.status, lost.reason) == (7, status, "modules: too large")
    assert found.captured == 29


def test_a_fact_an_older_record_does_not_have_is_unknown():
    record = whole()
    del record["bundle"]
    (lost,) = completeness_of(record).missing
    assert (lost.item.title, lost.reason) == ("remote", "bundle: bundle was not captured")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"commit": Item("unknown"), "script": Item("unknown")}, "the code is not recorded"),
        ({"argv": Item("unknown")}, "the command is not known"),
        ({"argv": Item("captured", ["python"]), "script": Item("unknown")}, "the program was typed or piped"),
        ({"argv": Item("captured", ["python", "t.py", "[redacted]"])}, "argument 2 of the command was a secret"),
        ({"variables": Item("captured", {"TOKEN": "[redacted]"})}, "the variable TOKEN was a secret"),
        (
            {"diff": Item("withheld", None, "too large"), "script": Item("unknown")},
            "the uncommitted changes are not kept: too large",
        ),
    ],
)
def test_what_a_rebuild_cannot_do_without(changes, told):
    found = completeness_of(whole(**changes))
    assert found.best == "NOT_RUNNABLE"
    assert found.because[0].startswith(told)


OWN = {"name": "default_rng#1", "asked": None, "seed": "9", "where": "a.py:2"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seeds": Item("unknown", None, "not hooked")}, "seeds are not known: not hooked"),
        ({"seeds": Item("captured", {"numpy": SYSTEM_ENTROPY})}, "numpy was drawn from without a seed"),
        (
            {"seeds": Item("captured", {"generators": [OWN], "entropy": ["a.py:2", "a.py:9"], "clock": ["a.py:3"]})},
            "default_rng at a.py:2 was given no seed; a.py:3 seeds with the time of day; a.py:9 asks the system for",
        ),
        ({"seeds": Item("captured", {"random": 1}, "numpy late")}, "not every seed is known: numpy late"),
        ({"environment": Item("captured", {"packages": 3})}, "the packages are not recorded"),
        ({"edited_packages": Item("withheld", None, "numpy")}, "packages were edited: numpy"),
        (
            {"edited_packages": Item("unknown", None, "interrupted")},
            "whether packages were edited is not known: interrupted",
        ),
        ({"gpu": Item("unknown", None, "no library")}, "the accelerators are not known: no library"),
    ],
)
def test_what_equality_to_the_bit_needs_beside(changes, told):
    found = completeness_of(whole(**changes))
    assert found.best == "NUMERIC"
    assert found.because[0].startswith(told)


def test_a_notebook_is_code_and_command_enough():
    nothing = Item("not_applicable", None, "no repository")
    cells = Item("captured", {"cells": 3})
    found = completeness_of(whole(commit=nothing, script=nothing, argv=Item("unknown"), notebook=cells))
    assert found.best == "BIT_EXACT"
