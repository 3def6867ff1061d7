"""PutArtifacts, PutExecutions, PutContexts: what an insert needs, what an update replaces, what is refused."""

from __future__ import annotations

import pytest

from lineal.compat.mlmd.errors import ALREADY_EXISTS, FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Origin
from lineal.model.types import NodeType
from lineal.model.values import PropertyType

BY = Origin(actor="ada", action="test")
KINDS = {"artifact": 10, "execution": 12, "context": 13}
PLAIN = 'properties { key: "a" value { int_value: 1 } } custom_properties { key: "a" value { string_value: "x" } }'


def put(client, kind, *nodes, more=""):
    text = " ".join(f"{kind}s {{ {node} }}" for node in nodes)
    return list(getattr(client(f"Put{kind.title()}s", f"{text} {more}"), f"{kind}_ids"))


def get(client, kind, id_):
    (node,) = getattr(client(f"Get{kind.title()}sByID", f"{kind}_ids: {id_}"), f"{kind}s")
    return node


def refused(client, kind, node, more=""):
    return client.refused(f"Put{kind.title()}s", f"{kind}s {{ {node} }} {more}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_node_comes_back_as_it_was_put_with_what_the_server_adds(client, kind):
    given = f'type_id: {KINDS[kind]} name: "n" external_id: "e" {PLAIN}'
    state = {"artifact": "state: REFERENCE", "execution": "last_known_state: CACHED", "context": ""}[kind]
    (id_,) = put(client, kind, f"{given} {state} create_time_since_epoch: 5 last_update_time_since_epoch: 5")

    node = get(client, kind, id_)
    assert (node.id, node.type_id, node.name, node.external_id) == (1, KINDS[kind], "n", "e")
    assert node.type == {"artifact": "T", "execution": "E", "context": "C"}[kind]
    assert (node.properties["a"].int_value, node.custom_properties["a"].string_value) == (1, "x")
    assert node.create_time_since_epoch == node.last_update_time_since_epoch > 5
    assert not node.HasField("system_metadata")
    if kind != "context":
        assert getattr(node, "state" if kind == "artifact" else "last_known_state") in {5, 6}


def test_the_ids_come_in_the_order_given(client):
    assert put(client, "artifact", "type_id: 10", "type_id: 11", "type_id: 10") == [1, 2, 3]
    assert put(client, "artifact", "type_id: 10", "id: 2", "id: 1") == [4, 2, 1]
    assert put(client, "artifact") == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_replaces_everything_but_id_type_name_and_creation(client, kind):
    (id_,) = put(client, kind, f'type_id: {KINDS[kind]} name: "n" external_id: "e" {PLAIN}')
    before = get(client, kind, id_)
    put(client, kind, f'id: {id_} name: "{"n" if kind == "context" else "other"}"')

    after = get(client, kind, id_)
    assert (after.type_id, after.name) == (before.type_id, "n")
    assert after.create_time_since_epoch == before.create_time_since_epoch
    assert not after.HasField("external_id")
    assert dict(after.properties) == dict(after.custom_properties) == {}


def test_an_update_that_leaves_out_uri_and_state_erases_them(client):
    put(client, "artifact", 'type_id: 10 uri: "u" state: LIVE')
    put(client, "artifact", "id: 1")
    assert (get(client, "artifact", 1).uri, get(client, "artifact", 1).HasField("state")) == ("", False)
    put(client, "execution", "type_id: 12 last_known_state: RUNNING")
    put(client, "execution", "id: 1")
    assert not get(client, "execution", 1).HasField("last_known_state")


@pytest.mark.parametrize("kind", KINDS)
def test_the_update_time_moves_only_with_a_change(client, kind):
    name = 'name: "n"'
    (id_,) = put(client, kind, f"type_id: {KINDS[kind]} {name} {PLAIN}")
    entries = len(client.store.entries())
    put(client, kind, f"id: {id_} {name} {PLAIN}")
    assert len(client.store.entries()) == entries
    put(client, kind, f"id: {id_} {name}")
    assert len(client.store.entries()) == entries + 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("node", "code", "text"),
    [
        ('name: "n"', INVALID_ARGUMENT, "Type id is missing."),
        ('type_id: 99 name: "n"', NOT_FOUND, "No type found for query, type_id: 99"),
        ('id: 77 name: "n"', INVALID_ARGUMENT, "Cannot find the given id 77"),
        ('id: 0 name: "n"', INVALID_ARGUMENT, "Cannot find the given id 0"),
        ('id: -9223372036854775808 name: "n"', INVALID_ARGUMENT, "Cannot find the given id -9223372036854775808"),
        ('id: 1 type_id: 11 name: "n"', INVALID_ARGUMENT, "Given type_id 11 is different from the one known before"),
        (
            '{type} name: "x" properties { key: "z" value { int_value: 1 } }',
            INVALID_ARGUMENT,
            "Cannot validate properties of {type} (",
        ),
        (
            '{type} name: "x" properties { key: "a" value { double_value: 1 } }',
            INVALID_ARGUMENT,
            "named 'x'). Found unmatched property type: a",
        ),
        (
            'id: 1 name: "n" properties { key: "z" value { int_value: 1 } }',
            INVALID_ARGUMENT,
            "Found unknown property: z",
        ),
        ('{type} name: "x" custom_properties { key: "a" value {} }', INVALID_ARGUMENT, "Property 'a' has no value"),
        ('{type} name: "n"', ALREADY_EXISTS, "Given node already exists: "),
        ('{type} name: "x" external_id: "e"', ALREADY_EXISTS, "Given node already exists: "),
        ('{type} name: "x" external_id: ""', ALREADY_EXISTS, "Given node already exists: "),
        ('id: 1 name: "n" external_id: ""', ALREADY_EXISTS, "Given node already exists: "),
    ],
)
def test_a_wrong_node_is_refused_with_the_known_text_and_all_with_it(client, kind, node, code, text):
    type_ = f"type_id: {KINDS[kind]}"
    put(client, kind, f'{type_} name: "n" external_id: "e"', f'{type_} name: "m" external_id: ""')
    good = f'{kind}s {{ {type_} name: "good" }}'
    found, message = refused(client, kind, node.replace("{type}", type_), good)
    assert found == code
    assert text.replace("{type}", type_) in message


def test_the_empty_name_is_a_name(client):
    put(client, "artifact", 'type_id: 10 name: ""', 'type_id: 11 name: ""', "type_id: 10", "type_id: 10")
    assert refused(client, "artifact", 'type_id: 10 name: ""')[0] == ALREADY_EXISTS


@pytest.mark.parametrize("node", ["type_id: 13", 'type_id: 13 name: ""', "id: 1", 'id: 1 name: ""'])
def test_a_context_needs_a_name(client, node):
    put(client, "context", 'type_id: 13 name: "n"')
    assert refused(client, "context", node) == (
        INVALID_ARGUMENT,
        f"{'' if node.startswith('id') else 'Cannot create node for type_id: 13. '}Context name should not be empty",
    )


@pytest.mark.parametrize("more", ["", 'update_mask { paths: "name" }'])
def test_a_context_is_not_renamed(client, more):
    put(client, "context", 'type_id: 13 name: "n"')
    code, message = refused(client, "context", 'id: 1 name: "x"', more)
    assert (code, message[:44]) == (INVALID_ARGUMENT, "Context 1 is named 'n' and cannot become 'x'")
    assert put(client, "context", 'id: 1 name: "x"', more='update_mask { paths: "properties" }') == [1]
    assert get(client, "context", 1).name == "n"


def test_one_external_id_may_stand_for_a_node_of_each_kind(client):
    for kind, type_id in KINDS.items():
        put(client, kind, f'type_id: {type_id} name: "n" external_id: "e"')
    assert get(client, "execution", 1).external_id == get(client, "context", 1).external_id == "e"


def test_a_node_given_twice_has_its_last_state(client):
    put(client, "artifact", "type_id: 10")
    assert put(client, "artifact", 'id: 1 uri: "1"', 'id: 1 uri: "2"') == [1, 1]
    assert get(client, "artifact", 1).uri == "2"
    code, _ = refused(client, "artifact", 'id: 1 properties { key: "z" value { int_value: 1 } }', "artifacts { id: 1 }")
    assert code == INVALID_ARGUMENT


def test_a_custom_property_may_change_its_kind(client):
    put(client, "artifact", 'type_id: 10 custom_properties { key: "k" value { int_value: 1 } }')
    put(client, "artifact", 'id: 1 custom_properties { key: "k" value { string_value: "s" } }')
    assert get(client, "artifact", 1).custom_properties["k"].string_value == "s"


def test_what_only_lineal_knows_of_a_node_outlives_an_update(client):
    artifact = Artifact(type="Model", name="m", fingerprint="sha256:1", uri="u")
    run = Execution(type="Train", started_at=1, ended_at=2, properties={"capture": {"n": 3, "raw": b"\x00"}})
    client.store.put([artifact, run], by=BY)
    client("PutArtifacts", 'artifacts { id: 1 uri: "v" }')
    sent = get(client, "execution", 1)
    sent.custom_properties["k"].int_value = 1
    client("PutExecutions", f"executions {{ {sent!s} }}")
    stored, run = client.store.get(Artifact, [1])[0], client.store.get(Execution, [1])[0]
    assert (stored.uri, stored.fingerprint) == ("v", "sha256:1")
    assert (run.started_at, run.ended_at) == (1, 2)
    assert run.properties == {"capture": {"n": 3, "raw": b"\x00"}}
    assert run.custom_properties == {"k": 1}


def test_a_type_of_a_standard_name_takes_only_what_it_declares(client):
    own = NodeType(kind=NodeKind.ARTIFACT, name="Model", properties={"loss": PropertyType.DOUBLE})
    (type_id,) = client.store.put_types([own], by=BY)
    code, message = refused(
        client, "artifact", f'type_id: {type_id} properties {{ key: "framework" value {{ string_value: "x" }} }}'
    )
    assert (code, "Found unknown property: framework" in message) == (INVALID_ARGUMENT, True)


# optimistic concurrency ------------------------------------------------------------------------------

CHECKED = "options { abort_if_latest_updated_time_changed: true }"


def test_an_update_goes_through_only_on_the_time_it_was_read_at_and_a_change_moves_it(client):
    put(client, "artifact", "type_id: 10")
    times = [get(client, "artifact", 1).last_update_time_since_epoch]
    for uri in ("u", "v", "v"):
        put(client, "artifact", f'id: 1 uri: "{uri}" last_update_time_since_epoch: {times[-1]}', more=CHECKED)
        times.append(get(client, "artifact", 1).last_update_time_since_epoch)
    assert times[0] < times[1] < times[2] == times[3]

    for stale in (f"last_update_time_since_epoch: {times[0]}", ""):
        code, message = refused(client, "artifact", f'id: 1 uri: "w" {stale}', CHECKED)
        assert code == FAILED_PRECONDITION
        assert "has a different last_update_time_since_epoch" in message
    assert put(client, "artifact", "type_id: 10 last_update_time_since_epoch: 5", more=CHECKED) == [2]


# field masks -----------------------------------------------------------------------------------------

FULL = """type_id: 10 name: "n" uri: "u" state: LIVE external_id: "e"
    properties { key: "a" value { int_value: 1 } } properties { key: "s" value { string_value: "s" } }
    custom_properties { key: "a" value { string_value: "x" } } custom_properties { key: "c" value { int_value: 2 } }"""


def masked(client, paths, node):
    put(client, "artifact", FULL)
    before = get(client, "artifact", 1)
    mask = " ".join(f'paths: "{path}"' for path in paths)
    put(client, "artifact", f"id: 1 {node}", more=f"update_mask {{ {mask} }}")
    return before, get(client, "artifact", 1)


def differing(before, after):
    """Return which fields changed; of maps, which keys."""
    found = {
        field
        for field in ("name", "type_id", "uri", "state", "external_id", "create_time_since_epoch")
        if (getattr(before, field), before.HasField(field)) != (getattr(after, field), after.HasField(field))
    }
    for name in ("properties", "custom_properties"):
        old, new = getattr(before, name), getattr(after, name)
        found |= {f"{name}.{key}" for key in {*old, *new} if (key in old, old[key]) != (key in new, new[key])}
    return found


@pytest.mark.parametrize(
    ("paths", "node", "changed"),
    [
        (["uri"], 'uri: "v" state: DELETED external_id: "f"', {"uri"}),
        (["uri"], "", {"uri"}),
        (["state", "external_id"], "", {"state", "external_id"}),
        (["properties.a"], 'properties { key: "a" value { int_value: 9 } }', {"properties.a"}),
        (["properties.a"], 'properties { key: "s" value { string_value: "t" } }', {"properties.a"}),
        (["properties"], 'properties { key: "a" value { int_value: 1 } }', {"properties.s"}),
        (["custom_properties.a"], 'custom_properties { key: "a" value { int_value: 1 } }', {"custom_properties.a"}),
        (["custom_properties"], "", {"custom_properties.a", "custom_properties.c"}),
        (["name", "id", "type_id", "bogus", "uri.x", "", "create_time_since_epoch"], 'name: "m" uri: "v"', set()),
        (["last_known_state"], "state: DELETED", set()),
        # What a mask leaves out is not looked at, even if it is no value.
        (["uri"], 'uri: "v" properties { key: "a" value {} }', {"uri"}),
    ],
)
def test_only_the_listed_paths_change(client, paths, node, changed):
    assert differing(*masked(client, paths, node)) == changed


def test_a_mask_on_an_insert_is_ignored(client):
    put(client, "artifact", FULL, more='update_mask { paths: "state" }')
    assert get(client, "artifact", 1).uri == "u"


def test_masked_updates_of_one_node_in_one_call_add_up(client):
    put(client, "artifact", FULL)
    put(client, "artifact", 'id: 1 uri: "v"', 'id: 1 uri: "w"', more='update_mask { paths: "uri" }')
    assert get(client, "artifact", 1).uri == "w"
    assert get(client, "artifact", 1).external_id == "e"


def test_executions_and_contexts_take_masks_too(client):
    put(client, "execution", "type_id: 12 last_known_state: RUNNING")
    put(client, "execution", "id: 1 last_known_state: COMPLETE", more='update_mask { paths: "last_known_state" }')
    assert get(client, "execution", 1).last_known_state == 3
    put(client, "context", f'type_id: 13 name: "n" {PLAIN}')
    put(client, "context", "id: 1", more='update_mask { paths: "properties.a" }')
    assert list(get(client, "context", 1).properties) == []
    assert list(get(client, "context", 1).custom_properties) == ["a"]
