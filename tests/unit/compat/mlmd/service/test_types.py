"""Types as ML Metadata registers, widens, refuses and answers them."""

from __future__ import annotations

import pytest

from lineal.compat.mlmd.errors import ALREADY_EXISTS, INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.model.types import NodeType
from lineal.model.values import PropertyType

KINDS = ("artifact", "execution", "context")
STORED = 'name: "S" properties { key: "a" value: INT } properties { key: "b" value: DOUBLE }'


def put(client, fields, flags="", kind="artifact"):
    return client(f"Put{kind.title()}Type", f"{kind}_type {{ {fields} }} {flags}").type_id


def get(client, name, version="", kind="artifact"):
    answer = client(f"Get{kind.title()}Type", f'type_name: "{name}" type_version: "{version}"')
    return getattr(answer, f"{kind}_type")


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_comes_back_as_it_was_put_and_keeps_its_id(bare, kind):
    fields = f'{STORED} version: "v" description: "d" external_id: "e"'
    id_ = put(bare, fields, kind=kind)
    assert put(bare, fields, kind=kind) == id_ == 10

    stored = get(bare, "S", "v", kind)
    assert (stored.id, stored.version, stored.description, stored.external_id) == (10, "v", "d", "e")
    assert dict(stored.properties) == {"a": 1, "b": 2}
    by_id = bare(f"Get{kind.title()}TypesByID", "type_ids: [10, 99, 10]")
    assert list(getattr(by_id, f"{kind}_types")) == [stored, stored]
    by_external_id = bare(f"Get{kind.title()}TypesByExternalIds", 'external_ids: ["e", "x"]')
    assert list(getattr(by_external_id, f"{kind}_types")) == [stored]
    assert list(getattr(bare(f"Get{kind.title()}Types"), f"{kind}_types")) == [stored]


@pytest.mark.parametrize(
    ("fields", "flags", "names"),
    [
        (STORED, "", "ab"),
        (f'{STORED} properties {{ key: "c" value: INT }}', "can_add_fields: true", "abc"),
        ('name: "S"', "can_omit_fields: true", "ab"),
        ('name: "S" properties { key: "c" value: INT }', "can_add_fields: true can_omit_fields: true", "abc"),
        (STORED, "can_delete_fields: true", "ab"),
    ],
)
def test_a_stored_type_is_widened_only_as_asked_and_loses_nothing(bare, fields, flags, names):
    id_ = put(bare, STORED)
    assert put(bare, fields, flags) == id_
    assert sorted(get(bare, "S").properties) == list(names)


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        (f'{STORED} properties {{ key: "c" value: INT }}', "can_omit_fields: true"),
        ('name: "S" properties { key: "a" value: INT }', "can_add_fields: true"),
        ('name: "S" properties { key: "a" value: STRING }', "can_add_fields: true can_omit_fields: true"),
    ],
)
def test_another_schema_is_refused(bare, fields, flags):
    put(bare, STORED)
    code, message = bare.refused("PutArtifactType", f"artifact_type {{ {fields} }} {flags}")
    assert code == ALREADY_EXISTS
    assert message.startswith("Type already exists with different properties: ")


@pytest.mark.parametrize(
    ("text", "code", "begins"),
    [
        ("", INVALID_ARGUMENT, "No type name is specified."),
        ('artifact_type { name: "" }', INVALID_ARGUMENT, "No type name is specified."),
        (
            'artifact_type { name: "X" properties { key: "p" value: UNKNOWN } }',
            INVALID_ARGUMENT,
            "Property p is UNKNOWN.",
        ),
        ('artifact_type { name: "X" } all_fields_match: false', UNIMPLEMENTED, "Must match all fields."),
        ('artifact_type { name: "X" base_type: UNSET }', UNIMPLEMENTED, "base_type deletion is not supported yet"),
        ('artifact_type { name: "M" base_type: DATASET }', UNIMPLEMENTED, "base_type update is not supported yet"),
        ('artifact_type { name: "X" external_id: "taken" }', ALREADY_EXISTS, "Conflict of external_id: "),
        ('artifact_type { name: "T" external_id: "taken" }', ALREADY_EXISTS, "Conflict of external_id: "),
    ],
)
def test_a_wrong_type_is_refused_with_the_known_text(client, text, code, begins):
    put(client, 'name: "M" base_type: MODEL')
    put(client, 'name: "W" external_id: "taken"', kind="execution")
    omits = " can_omit_fields: true" if "all_fields_match" not in text else ""
    found, message = client.refused("PutArtifactType", text + omits)
    assert (found, message.startswith(begins)) == (code, True), message


def test_one_wrong_type_of_several_registers_none(bare):
    code, _ = bare.refused("PutTypes", 'artifact_types { name: "X" } context_types { name: "" }')
    assert code == INVALID_ARGUMENT


def test_types_of_one_call_share_one_sequence_of_ids_after_the_simple_ones(bare):
    answer = bare("PutTypes", 'context_types { name: "X" } artifact_types { name: "X" } execution_types { name: "X" }')
    assert [*answer.artifact_type_ids, *answer.execution_type_ids, *answer.context_type_ids] == [10, 11, 12]
    assert len(bare.store.entries()) == 1


def test_a_type_given_twice_in_one_call_is_widened(bare):
    text = 'artifact_types { name: "D" } artifact_types { name: "D" properties { key: "n" value: INT } }'
    assert list(bare("PutTypes", f"{text} can_add_fields: true").artifact_type_ids) == [10, 10]
    assert dict(get(bare, "D").properties) == {"n": 1}


def test_a_base_type_is_set_once_and_kept(bare):
    id_ = put(bare, 'name: "S"')
    put(bare, 'name: "S" base_type: STATISTICS')
    put(bare, 'name: "S"')
    assert get(bare, "S").base_type == bare("GetArtifactTypesByID", f"type_ids: {id_}").artifact_types[0].base_type == 4
    put(bare, 'name: "S" base_type: DEPLOY', kind="execution")
    assert get(bare, "S", kind="execution").base_type == 5


def test_an_artifact_of_a_dataset_like_type_is_found_as_a_dataset(bare):
    put(bare, 'name: "Examples" base_type: DATASET')
    bare("PutArtifacts", 'artifacts { type_id: 10 name: "x" }')
    assert [node.name for node in bare.store.named(Artifact, "Dataset", "x")] == ["x"]


def test_the_description_stays_and_the_external_id_moves_unless_it_is_empty(bare):
    put(bare, 'name: "S" description: "d" external_id: "e"')
    put(bare, 'name: "S" description: "other" external_id: "f"')
    put(bare, 'name: "S" external_id: ""')
    assert (get(bare, "S").description, get(bare, "S").external_id) == ("d", "f")


def test_input_and_output_types_come_back(bare):
    signature = """
        input_type { dict { properties { key: "x" value { union_type { candidates { any {} } candidates { none {} } } }
                            }
                            none_type_not_required: true extra_properties_type { list { element { any {} } } } } }
        output_type { tuple { elements { simple { name: "S" properties { key: "a" value: INT } } } } }"""
    put(bare, f'name: "E" {signature}', kind="execution")
    put(bare, 'name: "E" input_type { any {} }', kind="execution")
    stored = get(bare, "E", kind="execution")
    assert stored.input_type.dict.properties["x"].union_type.candidates[1].HasField("none")
    assert stored.input_type.dict.extra_properties_type.list.element.HasField("any")
    assert stored.output_type.tuple.elements[0].simple.properties["a"] == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("version", "shown"), [("", "nullopt"), ("3", "3")])
def test_an_unknown_type_is_not_found(client, kind, version, shown):
    text = f'type_name: "N" type_version: "{version}"'
    code, message = client.refused(f"Get{kind.title()}Type", text)
    assert code == NOT_FOUND
    assert message == f"No type found for query, name: `N`, version: `{shown}`"


@pytest.mark.parametrize("kind", KINDS)
def test_types_by_external_ids_that_nobody_has_are_not_found(client, kind):
    method = f"Get{kind.title()}TypesByExternalIds"
    assert client.refused(method, 'external_ids: "x"') == (NOT_FOUND, "No types found for external_ids.")
    code, message = client.refused(method, 'external_ids: ["x", ""]')
    assert code == INVALID_ARGUMENT
    assert message == "Invalid argument because at least one empty external_id exists."
    assert list(getattr(client(method), f"{kind}_types")) == []


def test_the_simple_types_can_be_asked_for_but_are_not_listed(bare):
    artifact = bare("GetArtifactTypesByID", "type_ids: [1, 2, 3, 4, 5]").artifact_types
    execution = bare("GetExecutionTypesByID", "type_ids: [4, 5, 6, 7, 8, 9, 10]").execution_types
    names = ["Dataset", "Model", "Metrics", "Statistics", "Train", "Transform", "Process", "Evaluate", "Deploy"]
    assert [(type_.id, type_.name) for type_ in [*artifact, *execution]] == [
        (id_, f"mlmd.{name}") for id_, name in enumerate(names, start=1)
    ]
    assert get(bare, "mlmd.Model").id == 2
    bare("PutArtifacts", "artifacts { type_id: 2 }")
    assert put(bare, 'name: "mlmd.Dataset"') == 1
    assert list(bare("GetArtifactTypes").artifact_types) == list(bare("GetExecutionTypes").execution_types) == []
    assert bare("GetArtifactsByType", 'type_name: "mlmd.Model"').artifacts[0].type == "mlmd.Model"


def test_another_client_s_types_are_seen_at_once(client):
    by = Origin(actor="ada", action="test")
    other = NodeType(kind=NodeKind.ARTIFACT, name="T", properties={"new": PropertyType.INT})
    client("PutArtifacts", "artifacts { type_id: 10 }")
    client.store.put_types([other], by=by, can_add_fields=True, can_omit_fields=True)
    client("PutArtifacts", 'artifacts { type_id: 10 properties { key: "new" value { int_value: 1 } } }')
    assert "new" in get(client, "T").properties


def test_a_type_that_an_undone_call_registered_is_not_remembered(bare):
    bare.refused("PutTypes", 'artifact_types { name: "X" } artifact_types { name: "mlmd.Dataset" base_type: UNSET }')
    code, _ = bare.refused("PutArtifacts", "artifacts { type_id: 10 }")
    assert code == NOT_FOUND
