"""Types: versioned, inherited, only ever widened, and the standard ones by themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineal.errors import AlreadyExists, InvalidArgument, PropertyTypeMismatch, UnknownType
from lineal.model.ids import NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.types import NodeType
from lineal.model.values import PropertyType, Proto
from lineal.model.vocabulary import STANDARD_TYPES

KINDS = dict(zip(NodeKind, (Artifact, Execution, Context), strict=True))


def table(version="", *, kind=NodeKind.ARTIFACT, base=None, **properties):
    return NodeType(kind=kind, name="Table", version=version, properties=properties, base=base)


@pytest.mark.parametrize("kind", NodeKind)
def test_a_type_comes_back_as_it_was_put(store, by, clean, kind):
    given = NodeType(
        kind=kind,
        name="Zürich ☃",
        version="v2",
        properties={f"p {declared.name}": declared for declared in PropertyType},
        description="a description",
        external_id="ext",
        input_type='{"any":{}}',
        output_type='{"none":{}}',
    )
    (id_,) = store.put_types([given], by=by)

    (stored,) = store.list_types(kind)
    assert replace(stored, id=None, created_at=None) == given
    assert stored.id == id_
    clean()


def test_an_equal_type_gives_the_id_it_has_and_writes_nothing(store, backend, by):
    first = store.put_types([table(rows=PropertyType.INT)], by=by)
    before = backend.dump()

    assert store.put_types([table(rows=PropertyType.INT)], by=by) == first
    assert backend.dump() == before


def test_a_changed_schema_is_refused_and_shows_both(store, by):
    store.put_types([table(rows=PropertyType.INT)], by=by)

    with pytest.raises(AlreadyExists, match=r"rows: INT.*rows: DOUBLE") as caught:
        store.put_types([table(rows=PropertyType.DOUBLE)], by=by)
    assert "another version" in caught.value.hint


def test_a_new_version_is_a_type_of_its_own(store, by):
    ids = store.put_types([table(), table("2", rows=PropertyType.INT), table(kind=NodeKind.EXECUTION)], by=by)
    store.put([Artifact(type="Table", type_version="2", properties={"rows": 3}), Artifact(type="Table")], by=by)

    assert len(set(ids)) == 3
    assert [node.type_version for node in store.list(Artifact).items] == ["2", ""]
    with pytest.raises(PropertyTypeMismatch, match="declares no property 'rows'"):
        store.put([Artifact(type="Table", properties={"rows": 3})], by=by)


def test_a_failed_call_registers_no_type_at_all(store, by):
    with pytest.raises(InvalidArgument):
        store.put_types([table(), NodeType(kind=NodeKind.ARTIFACT, name="")], by=by)

    assert store.list_types() == []
    with pytest.raises(UnknownType):
        store.put([Artifact(type="Table")], by=by)


@pytest.mark.parametrize(("kind", "name"), STANDARD_TYPES)
def test_a_standard_type_appears_when_it_is_first_used(store, by, clean, kind, name):
    node = KINDS[kind](type=name, name="first")
    (key,) = store.put([node], by=by)

    (stored,) = store.get(KINDS[kind], [key.id])
    assert stored.type == name
    standard = STANDARD_TYPES[kind, name]
    assert [dict(found.properties) for found in store.list_types() if found.name == name] == [standard.properties]
    clean()


def test_a_type_finds_what_inherits_from_it_at_any_depth(store, by):
    store.put_types(
        [
            NodeType(kind=NodeKind.ARTIFACT, name="Cleaned", base="RawData"),
            NodeType(kind=NodeKind.ARTIFACT, name="Cleaner", version="7", base="Cleaned"),
        ],
        by=by,
    )
    made = [Artifact(type=name, name=f"{name}@1") for name in ("Dataset", "RawData", "Features", "Cleaned", "Model")]
    made.append(Artifact(type="Cleaner", type_version="7", name="x"))
    store.put(made, by=by)

    def names(type_):
        return [node.name for node in store.list(Artifact, ListOptions(type=type_)).items]

    assert names("Dataset") == ["Dataset@1", "RawData@1", "Features@1", "Cleaned@1", "x"]
    assert names("RawData") == ["RawData@1", "Cleaned@1", "x"]
    assert names("Cleaner") == ["x"]
    assert names("Model") == ["Model@1"]
    assert [node.name for node in store.named(Artifact, "Dataset", "x")] == ["x"]
    assert store.named(Artifact, "Model", "x") == []
    assert [node.name for node in store.versions("Dataset", "Cleaned")] == ["Cleaned@1"]


@pytest.mark.parametrize("type_", ["Modell", "model ", ""])
def test_an_unknown_type_is_refused_with_the_known_ones(store, by, type_):
    store.put_types([table()], by=by)

    with pytest.raises(UnknownType, match=r"Dataset, .*Model, .*Table") as caught:
        store.put([Artifact(type=type_)], by=by)
    assert "Train" not in caught.value.message
    assert "put_types" in caught.value.hint


def test_an_unknown_version_and_an_unknown_base_are_refused(store, by):
    with pytest.raises(UnknownType, match="'Model' version '9'"):
        store.put([Artifact(type="Model", type_version="9")], by=by)
    with pytest.raises(UnknownType, match="'Nothing'"):
        store.put_types([table(base="Nothing")], by=by)
    with pytest.raises(UnknownType, match="'Table'"):
        store.put_types([table(base="Table")], by=by)


@pytest.mark.parametrize("declared", PropertyType)
def test_a_value_of_the_wrong_type_names_the_property_both_types_and_what_to_do(store, by, declared):
    values = {
        PropertyType.INT: 3,
        PropertyType.DOUBLE: 3.0,
        PropertyType.STRING: "3",
        PropertyType.STRUCT: {"a": 3},
        PropertyType.PROTO: Proto("type.example/T", b"3"),
        PropertyType.BOOLEAN: True,
    }
    store.put_types([table(size=declared)], by=by)
    store.put([Artifact(type="Table", properties={"size": values.pop(declared)})], by=by)

    for kind, value in values.items():
        with pytest.raises(PropertyTypeMismatch) as caught:
            store.put([Artifact(type="Table", properties={"size": value})], by=by)
        assert f"Table.size is {declared.name}, got" in caught.value.message
        assert f"({kind.name})" in caught.value.message
        assert "pass a" in caught.value.hint


def test_an_undeclared_property_is_refused_but_a_custom_one_is_kept(store, by):
    with pytest.raises(PropertyTypeMismatch, match="Model declares no property 'colour'") as caught:
        store.put([Artifact(type="Model", properties={"colour": "red"})], by=by)
    assert "custom_properties" in caught.value.hint

    (key,) = store.put([Artifact(type="Model", custom_properties={"colour": "red"})], by=by)
    assert store.get(Artifact, [key.id])[0].custom_properties == {"colour": "red"}


@pytest.mark.parametrize("what", ["name", "version", "base", "description", "external_id", "input_type"])
def test_a_type_with_a_lone_surrogate_is_refused(store, by, what):
    with pytest.raises(InvalidArgument, match="Unicode"):
        store.put_types([replace(table(), **{what: "\ud800"})], by=by)
    assert store.list_types() == []


def schema(store, name="Table"):
    (found,) = [type_ for type_ in store.list_types() if type_.name == name]
    return dict(found.properties)


def test_a_type_gains_properties_when_that_is_asked_for(store, backend, by, clean):
    first = store.put_types([table(rows=PropertyType.INT)], by=by)
    wide = table(rows=PropertyType.INT, size=PropertyType.DOUBLE)
    with pytest.raises(AlreadyExists, match=r"rows: INT; .*rows: INT, size: DOUBLE") as caught:
        store.put_types([wide], by=by)
    assert "can_add_fields" in caught.value.hint

    assert store.put_types([wide], by=by, can_add_fields=True) == first
    assert schema(store) == schema(backend.open()) == {"rows": PropertyType.INT, "size": PropertyType.DOUBLE}
    store.put([Artifact(type="Table", properties={"size": 1.5})], by=by)
    clean()


def test_a_put_that_omits_properties_deletes_none(store, by, clean):
    store.put_types([table(rows=PropertyType.INT, size=PropertyType.DOUBLE)], by=by)
    with pytest.raises(AlreadyExists):
        store.put_types([table(rows=PropertyType.INT)], by=by, can_add_fields=True)
    with pytest.raises(AlreadyExists):
        store.put_types([table(name_=PropertyType.STRING)], by=by, can_omit_fields=True)

    store.put_types([table(name_=PropertyType.STRING)], by=by, can_add_fields=True, can_omit_fields=True)
    assert schema(store).keys() == {"rows", "size", "name_"}
    clean()


def test_a_property_never_changes_its_kind(store, backend, by):
    store.put_types([table(rows=PropertyType.INT)], by=by)
    before = backend.dump()
    with pytest.raises(AlreadyExists) as caught:
        store.put_types([table(rows=PropertyType.DOUBLE)], by=by, can_add_fields=True, can_omit_fields=True)
    assert "can_add_fields" not in caught.value.hint
    assert backend.dump() == before


def test_a_type_given_twice_in_one_call_is_widened_once(store, by, clean):
    given = [table(a=PropertyType.INT), table(b=PropertyType.INT), table(a=PropertyType.INT)]
    ids = store.put_types(given, by=by, can_add_fields=True, can_omit_fields=True)

    assert len(set(ids)) == 1
    assert schema(store).keys() == {"a", "b"}
    assert len(store.entries()) == 1
    clean()


def test_another_client_sees_a_widened_type(store, backend, by):
    other = backend.open()
    store.put_types([table(rows=PropertyType.INT)], by=by)
    other.put([Artifact(type="Table", properties={"rows": 1})], by=by)
    store.put_types([table(size=PropertyType.INT)], by=by, can_add_fields=True, can_omit_fields=True)

    other.put([Artifact(type="Table", properties={"size": 1})], by=by)
    assert schema(other).keys() == {"rows", "size"}
    with pytest.raises(AlreadyExists):
        other.put_types([table(rows=PropertyType.INT)], by=by)


def test_an_external_id_of_a_type_is_replaced_and_belongs_to_one_type(store, by, clean):
    store.put_types([replace(table(), external_id="old", description="kept")], by=by)
    store.put_types([replace(table(), external_id="new", description="other")], by=by)
    store.put_types([table()], by=by)

    (stored,) = store.list_types()
    assert (stored.external_id, stored.description) == ("new", "kept")
    for taken in (NodeType(kind=NodeKind.CONTEXT, name="Other", external_id="new"), table("2")):
        with pytest.raises(AlreadyExists, match="external id 'new'"):
            store.put_types([replace(taken, external_id="new")], by=by)
    clean()


def test_a_base_is_set_once(store, by, clean):
    store.put_types([table()], by=by)
    store.put([Artifact(type="Table", name="t")], by=by)
    store.put_types([table(base="Dataset")], by=by)

    assert [node.name for node in store.list(Artifact, ListOptions(type="Dataset")).items] == ["t"]
    store.put_types([table()], by=by)
    with pytest.raises(AlreadyExists, match="base Dataset"):
        store.put_types([table(base="Model")], by=by)
    clean()


def test_a_base_that_inherits_from_the_type_is_refused(store, by):
    store.put_types([table(), NodeType(kind=NodeKind.ARTIFACT, name="Below", base="Table")], by=by)
    for base in ("Below", "Table"):
        with pytest.raises(InvalidArgument, match="inherits from Table"):
            store.put_types([table(base=base)], by=by)


def test_a_former_node_reads_the_same_after_its_type_was_widened(store, by, clock):
    store.put_types([table(rows=PropertyType.INT)], by=by)
    (key,) = store.put([Artifact(type="Table", name="t", properties={"rows": 1})], by=by)
    then = clock.now()
    before = store.get(Artifact, [key.id], as_of=then)
    store.put_types([table(size=PropertyType.INT)], by=by, can_add_fields=True, can_omit_fields=True)
    store.put([Artifact(type="Table", id=key.id, properties={"size": 1})], by=by)
    assert store.get(Artifact, [key.id], as_of=then) == before


def test_a_standard_name_is_free_for_a_type_of_ones_own(store, by, clean):
    (id_,) = store.put_types(
        [NodeType(kind=NodeKind.ARTIFACT, name="Model", properties={"loss": PropertyType.INT})], by=by
    )
    store.put([Artifact(type="Model", properties={"loss": 1})], by=by)
    assert schema(store, "Model") == {"loss": PropertyType.INT}

    store.put([Artifact(type="Model", properties={"framework": "sklearn"})], by=by)
    standard = STANDARD_TYPES[NodeKind.ARTIFACT, "Model"].properties
    assert schema(store, "Model") == {"loss": PropertyType.INT, **standard}
    assert store.put_types([replace(STANDARD_TYPES[NodeKind.ARTIFACT, "Model"])], by=by, can_omit_fields=True) == [id_]
    with pytest.raises(PropertyTypeMismatch, match="'colour'"):
        store.put([Artifact(type="Model", properties={"colour": "red"})], by=by)
    clean()


def test_a_type_of_ones_own_that_clashes_with_the_standard_one_keeps_its_kinds(store, by):
    store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="Model", properties={"framework": PropertyType.INT})], by=by)
    with pytest.raises(PropertyTypeMismatch, match=r"Model\.framework is INT, got 'sklearn'"):
        store.put([Artifact(type="Model", properties={"framework": "sklearn", "format": "pickle"})], by=by)


def test_a_type_named_like_a_standard_one_inherits_like_it(store, by):
    store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="RawData")], by=by)
    store.put([Artifact(type="RawData", name="r")], by=by)
    assert [node.name for node in store.list(Artifact, ListOptions(type="Dataset")).items] == ["r"]


def test_the_simple_types_have_the_first_nine_ids_and_appear_when_they_are_needed(store, by, clean):
    ids = store.put_types([table(), table("2", base="mlmd.Dataset")], by=by)
    assert ids == [10, 11]
    assert [(type_.id, type_.name) for type_ in store.list_types()] == [
        (1, "mlmd.Dataset"),
        (10, "Table"),
        (11, "Table"),
    ]
    store.put([Execution(type="mlmd.Deploy"), Artifact(type="Table", type_version="2", name="t")], by=by)
    assert [type_.id for type_ in store.list_types(NodeKind.EXECUTION)] == [9]
    assert [node.name for node in store.list(Artifact, ListOptions(type="Dataset")).items] == ["t"]
    clean()
