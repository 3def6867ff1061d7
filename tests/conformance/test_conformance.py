"""Programs that run unchanged on the real ML Metadata and on ours see the same, but where it is wrong.

What the real one answers is recorded in `expected.json` (`make conformance`), so the comparison needs no peer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.mariadb import find_program
from tests.servers.postgresql import find_binaries
from tests.servers.process import NotInstalled

HERE = Path(__file__).parent
RUN = HERE / "run.py"
RECORDED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))

REFUSED = {"refused": "InvalidArgumentError", "code": 3}
TAKEN = {"refused": "AlreadyExistsError", "code": 6}
PLAIN = {"type": "A", "type_id": "10", "create_time_since_epoch": "a time", "last_update_time_since_epoch": "a time"}


def text_property(id_, text):
    return [{**PLAIN, "id": id_, "uri": "", "custom_properties": {"s": {"string_value": text}}}]


# What ours sees, and why it may: `defect N` is one of ML Metadata's that we do not copy (docs/moving-from-mlmd.md).
DIFFERENCES = {
    "edges: a dangling event": {
        "an event to nothing": ("defect 9: an event to an artifact that does not exist", REFUSED),
        "no execution came of it": ("defect 9", 1),
    },
    "edges: dangling edges": {
        "an unknown artifact": ("defect 9: an event to an artifact that does not exist", REFUSED),
        "an unknown execution": ("defect 9", REFUSED),
        "what came of it": ("defect 9", [2, 1]),
    },
    "edges: forcing the update time": {
        "an equal update moves nothing": (
            "ML Metadata compares with its own times, which a client need not send",
            True,
        ),
    },
    "edges: reusing in a subgraph": {
        "an artifact's id without a type": ("an update needs no type, as everywhere else", [[], [1], []]),
        "an execution's id without a type": ("an update needs no type, as everywhere else", [[1], [], []]),
    },
    "lineage: an event between two at the limit": {
        "found": (
            "ML Metadata leaves out an event between two nodes of its answer that the next hop would follow",
            {
                "artifacts": [1, 2],
                "executions": [1],
                "contexts": [1],
                "events": [[1, 1, 3], [1, 2, 4]],
                "attributions": [[1, 1]],
                "associations": [[1, 1]],
            },
        )
    },
    "lineage: long chains": {"artifacts of a chain of 121": ("defect 5: cut after 100 hops", 121)},
    "lineage: many starts": {"of 151 starting nodes": ("defect 5: cut after 101 starting nodes", 151)},
    "lineage: parents of contexts": {"parent contexts": ("ML Metadata never fills parent_contexts", [[1, 2]])},
    "listing: filters that ml metadata gets wrong": {
        "a neighbour's external id": ("parses in ML Metadata, but has no column", [1, 2, 3]),
        "a pending output": ("ML Metadata forgets PENDING_OUTPUT", []),
        "a property that is not there": ("defect 4: IS NULL finds nothing", [6]),
        "a reference": ("ML Metadata forgets REFERENCE", [1, 2, 3, 4, 5, 6]),
        "an abandoned state": ("ML Metadata forgets ABANDONED", []),
        "either of two properties": ("defect 4: OR finds nothing", [2, 4]),
    },
    "nodes: a zero byte": {"text with a zero byte": ("ML Metadata cuts text at a zero byte", ["before\0after"])},
    "nodes: doubles": {
        "0.3333333333333333 comes back": ("defect 1: six decimals", 0.3333333333333333),
        "123456.7890123 comes back": ("defect 1", 123456.7890123),
        "1e-07 comes back": ("defect 1", 1e-07),
        "nan": ("defect 1: NaN is an internal error", [4]),
        "infinity": ("defect 1", [5]),
    },
    "nodes: dropping one of two equal names": {
        "the declared one stays": (
            "defect 11: both properties go",
            [{**PLAIN, "id": "1", "uri": "", "properties": {"p": {"int_value": "1"}}}],
        ),
    },
    "nodes: external ids are unique in their kind": {
        "by an update": ("ML Metadata lets the database's error out as INTERNAL", TAKEN),
    },
    "nodes: magic strings": {
        "text that begins as a struct": ("defect 7", text_property("1", "mlmd-struct::CgQKAWESABoA")),
        "text that stands for nothing": ("defect 7", text_property("2", "__MLMD_NULL__")),
    },
    "nodes: masked updates": {
        "property": (
            "defect 11: a mask reaches a property of that name in the other map",
            [
                {
                    **PLAIN,
                    "id": "1",
                    "uri": "new",
                    "state": "LIVE",
                    "properties": {"p": {"int_value": "10"}, "q": {"int_value": "2"}},
                    "custom_properties": {"p": {"int_value": "1"}, "q": {"int_value": "2"}},
                }
            ],
        ),
        "custom properties": (
            "defect 11",
            [
                {
                    **PLAIN,
                    "id": "1",
                    "uri": "new",
                    "state": "LIVE",
                    "properties": {"p": {"int_value": "10"}, "q": {"int_value": "2"}},
                    "custom_properties": {"p": {"int_value": "10"}},
                }
            ],
        ),
    },
    "nodes: names never change": {
        "for a context": ("ML Metadata renames contexts, though nothing else", REFUSED),
        "is not ignored there": (
            "and ours keeps the name",
            [{**PLAIN, "id": "1", "type": "C", "type_id": "12", "name": "first"}],
        ),
    },
    "nodes: states are free": {
        "artifact UNKNOWN": ("an unknown state reads back as an unset one", [{**PLAIN, "id": "1", "uri": ""}]),
    },
    "nodes: update times": {
        "an equal update moves nothing": (
            "ML Metadata compares with its own times, which a client need not send",
            True,
        ),
    },
    "types: describing a type": {
        "listed": (
            "ML Metadata leaves external ids out of a list of all types",
            [{"id": "10", "name": "C", "description": "first", "external_id": "c-2"}],
        ),
    },
    "types: one external id for types of all kinds": {
        "an execution type": ("ML Metadata lets the database's error out as INTERNAL", TAKEN),
    },
    "wire: more than a hundred": {"found, or a token": ("101 rows and no token: the rest is lost", True)},
}

DATABASES = HERE / "our_databases.py"
ON = {
    "on PostgreSQL": {
        "nodes: a zero byte": {
            "put": ("PostgreSQL holds no zero byte, and says so", REFUSED),
            "text with a zero byte": ("nothing was put", []),
        }
    }
}

STORES = {
    "in this process": [],
    "through gRPC": [sys.executable, HERE / "our_server.py"],
    "on PostgreSQL": [sys.executable, DATABASES, "postgresql"],
    "on MariaDB": [sys.executable, DATABASES, "mariadb"],
}
SEEN = {}  # tests come in random order, so pytest would make a fixture of a store again and again
NEEDS = {"on PostgreSQL": find_binaries, "on MariaDB": find_program}


def observed(python, *arguments, directory):
    done = subprocess.run([python, RUN, *arguments], cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=sorted(STORES))
def ours(request, tmp_path_factory):
    """What our programs saw, and which differences their store may have beside those that all have."""
    try:
        NEEDS.get(request.param, list)()
    except NotInstalled as missing:
        pytest.skip(str(missing))
    if request.param not in SEEN:
        directory = tmp_path_factory.mktemp("ours")
        SEEN[request.param] = observed(sys.executable, "--ours", *STORES[request.param], directory=directory)
    return SEEN[request.param], ON.get(request.param, {})


@pytest.mark.parametrize("program", sorted(RECORDED))
def test_a_program_sees_what_it_saw_on_ml_metadata(ours, program):
    seen, more = ours
    allowed = DIFFERENCES.get(program, {}) | more.get(program, {})

    assert seen[program] == RECORDED[program] | {step: ours for step, (_why, ours) in allowed.items()}


def test_every_difference_is_one():
    same = [
        (program, step)
        for program, steps in DIFFERENCES.items()
        for step, (_why, seen) in steps.items()
        if RECORDED[program][step] == seen
    ]

    assert same == []


def test_every_program_was_recorded(ours):
    assert set(ours[0]) == set(RECORDED)


@pytest.mark.peer
def test_the_record_is_what_the_real_package_answers(peer, tmp_path):
    assert observed(peer.python, directory=tmp_path) == RECORDED


@pytest.mark.peer
def test_our_client_sees_the_same_of_the_real_engine_behind_a_server(peer, tmp_path):
    """The package ships no server binary; its engine behind the real messages stands in for one."""
    seen = observed(sys.executable, "--ours", peer.python, HERE / "real_server.py", directory=tmp_path)

    assert seen == RECORDED


@pytest.mark.peer
def test_the_real_client_sees_of_our_server_what_ours_does(peer, tmp_path):
    command = [sys.executable, HERE / "our_server.py"]
    seen = observed(peer.python, "--theirs", *command, directory=tmp_path)
    allowed = {
        program: {step: ours for step, (_why, ours) in steps.items()}
        for program, steps in DIFFERENCES.items()
        if program != "lineage: parents of contexts"  # which that client drops from the answer
    }

    assert seen == {program: steps | allowed.get(program, {}) for program, steps in RECORDED.items()}
