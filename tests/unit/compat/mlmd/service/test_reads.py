"""Reads of nodes: what is found, in which order, and which absence is an error."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest

from lineal.compat.mlmd.errors import INVALID_ARGUMENT, NOT_FOUND, InvalidArgumentError
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb

KINDS = {"artifact": ("T", 10), "execution": ("E", 12), "context": ("C", 13)}


@pytest.fixture
def stored(client):
    """A client of a store with five nodes `n1` … `n5` of each kind; the first also in external ids and URIs."""
    for kind, (_, type_id) in KINDS.items():
        text = " ".join(
            f'{kind}s {{ type_id: {type_id} name: "n{number}" external_id: "x{number}" '
            f'custom_properties {{ key: "parent_dag_id" value {{ int_value: {number % 2} }} }} }}'
            for number in range(1, 6)
        )
        client(f"Put{kind.title()}s", text)
    client("PutArtifacts", 'artifacts { id: 2 uri: "u" external_id: "x2" } artifacts { type_id: 11 uri: "u" }')
    members = [f"attributions {{ artifact_id: {id_} context_id: 1 }}" for id_ in (4, 1, 3)]
    members += [f"associations {{ execution_id: {id_} context_id: 1 }}" for id_ in (5, 2, 1)]
    client("PutAttributionsAndAssociations", " ".join(members))
    return client


def ids(client, method, text=""):
    kind = next(kind for kind in KINDS if f"Get{kind.title()}" in method)
    return [node.id for node in getattr(client(method, text), f"{kind}s")]


@pytest.mark.parametrize("kind", KINDS)
def test_nodes_by_id_are_those_that_exist_each_once_by_id(stored, kind):
    method, field = f"Get{kind.title()}sByID", f"{kind}_ids"
    assert ids(stored, method, f"{field}: [3, 1, 99, 3, -1, 9223372036854775807]") == [1, 3]
    assert ids(stored, method) == []


def test_artifacts_by_id_bring_their_types_when_asked(stored):
    answer = stored("GetArtifactsByID", "artifact_ids: [6, 1, 2] populate_artifact_types: true")
    assert [type_.name for type_ in answer.artifact_types] == ["T", "T2"]
    assert answer.artifact_types[0].properties["a"] == 1
    assert list(stored("GetArtifactsByID", "artifact_ids: 6").artifact_types) == []


@pytest.mark.parametrize("kind", KINDS)
def test_nodes_by_external_id(stored, kind):
    method = f"Get{kind.title()}sByExternalIds"
    assert ids(stored, method, 'external_ids: ["x3", "nobody", "x1"]') == [1, 3]
    assert ids(stored, method) == []
    assert stored.refused(method, 'external_ids: "nobody"') == (NOT_FOUND, f"No {kind}s found for external_ids.")
    code, message = stored.refused(method, 'external_ids: ["x1", ""]')
    assert (code, message) == (INVALID_ARGUMENT, "Invalid argument because at least one empty external_id exists.")


@pytest.mark.parametrize("kind", KINDS)
def test_nodes_by_type_and_by_type_and_name(stored, kind):
    name, _ = KINDS[kind]
    by_type, by_name = f"Get{kind.title()}sByType", f"Get{kind.title()}ByTypeAndName"
    assert ids(stored, by_type, f'type_name: "{name}"') == [1, 2, 3, 4, 5]
    assert ids(stored, by_type, f'type_name: "{name}" type_version: "9"') == ids(stored, by_type, "") == []
    assert ids(stored, by_type, f'type_name: "{name.lower()}"') == []

    found = stored(by_name, f'type_name: "{name}" {kind}_name: "n2"')
    assert getattr(found, kind).id == 2
    for text in (f'type_name: "{name}" {kind}_name: "n9"', f'type_name: "nope" {kind}_name: "n2"', ""):
        assert not stored(by_name, text).HasField(kind)


def test_artifacts_by_uri(stored):
    assert ids(stored, "GetArtifactsByURI", 'uris: ["u", "v", "u"]') == [2, 6]
    assert ids(stored, "GetArtifactsByURI", 'uris: ""') == [1, 3, 4, 5]
    assert ids(stored, "GetArtifactsByURI", 'uris: "nope"') == ids(stored, "GetArtifactsByURI") == []


def test_an_old_client_s_single_uri_is_refused(stored):
    request = service_pb.GetArtifactsByURIRequest.FromString(b"\x0a\x01u")
    with pytest.raises(InvalidArgumentError, match="upgrade the client"):
        stored.service.call("GetArtifactsByURI", request)


# listing ---------------------------------------------------------------------------------------------


def pages(client, method, options, more=""):
    """Return the ids of every page; each call sends the token of the one before."""
    found, token = [], ""
    while True:
        answer = client(method, f'{more} options {{ {options} next_page_token: "{token}" }}')
        kind = next(kind for kind in KINDS if f"Get{kind.title()}" in method)
        found.append([node.id for node in getattr(answer, f"{kind}s")])
        token = answer.next_page_token
        if not token:
            return found


def order(field, *, ascending=True):
    return f"order_by_field {{ field: {field} is_asc: {str(ascending).lower()} }}"


@pytest.mark.parametrize("kind", KINDS)
def test_without_options_everything_comes_by_id_without_a_token(stored, kind):
    answer = stored(f"Get{kind.title()}s")
    assert [node.id for node in getattr(answer, f"{kind}s")][:5] == [1, 2, 3, 4, 5]
    assert answer.next_page_token == ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2, 4, 5, 6, 101, 2147483647])
@pytest.mark.parametrize("field", ["ID", "CREATE_TIME", "LAST_UPDATE_TIME"])
@pytest.mark.parametrize("ascending", [True, False])
def test_pages_give_every_node_once_in_order(stored, kind, size, field, ascending):
    name, _ = KINDS[kind]
    options = f"max_result_size: {size} {order(field, ascending=ascending)}"
    found = pages(stored, f"Get{kind.title()}sByType", options, f'type_name: "{name}"')
    flat = [id_ for page in found for id_ in page]
    assert sorted(flat) == [1, 2, 3, 4, 5]
    assert all(len(page) == size for page in found[:-1])
    if field == "ID":
        assert flat == sorted(flat, reverse=not ascending)


def test_a_page_has_twenty_nodes_unless_said_otherwise_and_more_than_a_hundred_if_asked(client):
    client("PutArtifacts", "artifacts { type_id: 10 } " * 250)
    assert [len(page) for page in pages(client, "GetArtifacts", "")] == [20] * 12 + [10]
    assert [len(page) for page in pages(client, "GetArtifacts", "max_result_size: 101")] == [101, 101, 48]
    assert [len(page) for page in pages(client, "GetArtifacts", "max_result_size: 1000")] == [250]
    assert len(client("GetArtifacts").artifacts) == 250


def test_members_of_a_context_are_listed_with_filter_order_and_pages(stored):
    more = "context_id: 1"
    assert pages(stored, "GetArtifactsByContext", "max_result_size: 2", more) == [[1, 3], [4]]
    assert pages(stored, "GetExecutionsByContext", f"max_result_size: 2 {order('ID', ascending=False)}", more) == [
        [5, 2],
        [1],
    ]
    filtered = 'filter_query: "custom_properties.parent_dag_id.int_value = 1"'
    assert pages(stored, "GetExecutionsByContext", filtered, more) == [[1, 5]]


@pytest.mark.parametrize("size", [0, -1, -2147483648])
def test_a_page_size_that_is_none_is_refused(stored, size):
    code, message = stored.refused("GetArtifacts", f"options {{ max_result_size: {size} }}")
    assert code == INVALID_ARGUMENT
    assert message.startswith(
        "max_result_size field value is required to be greater than 0 and less than or equal to 100"
    )


def test_a_token_is_a_message_of_ml_metadata_that_tells_the_order(stored):
    options = f"max_result_size: 1 {order('CREATE_TIME', ascending=False)}"
    token = stored("GetArtifacts", f"options {{ {options} }}").next_page_token
    message = pb.ListOperationNextPageToken.FromString(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    chosen = message.set_options.order_by_field
    assert (chosen.field, chosen.is_asc) == (pb.ListOperationOptions.OrderByField.CREATE_TIME, False)


@pytest.mark.parametrize("other", [order("CREATE_TIME"), order("ID", ascending=False)])
def test_a_token_belongs_to_its_order(stored, other):
    token = stored("GetArtifacts", "options { max_result_size: 1 }").next_page_token
    code, message = stored.refused("GetArtifacts", f'options {{ {other} next_page_token: "{token}" }}')
    assert code == INVALID_ARGUMENT
    assert message.startswith("ListOperationOptions mismatch between calls")


def test_a_token_belongs_to_its_filter_and_to_its_call(stored):
    token = stored("GetArtifacts", "options { max_result_size: 1 }").next_page_token
    for method, text in (
        ("GetArtifacts", 'filter_query: "id > 0"'),
        ("GetExecutions", ""),
        ("GetArtifactsByContext", ""),
    ):
        code, message = stored.refused(method, f'options {{ {text} next_page_token: "{token}" }}')
        assert code == INVALID_ARGUMENT
        assert message.startswith("ListOperationOptions mismatch between calls")
    # The size may change from page to page.
    answer = stored("GetArtifacts", f'options {{ max_result_size: 3 next_page_token: "{token}" }}')
    assert [node.id for node in answer.artifacts] == [2, 3, 4]


@pytest.mark.parametrize("token", ["xx", "!!", "A" * 5000, "CAIQAhoCCAI", "☃", "\\x00"])
def test_a_foreign_token_is_refused(stored, token):
    code, _ = stored.refused("GetArtifacts", f'options {{ next_page_token: "{token}" }}')
    assert code == INVALID_ARGUMENT


def test_an_order_that_is_none_is_refused(stored):
    code, message = stored.refused("GetArtifacts", f"options {{ {order('FIELD_UNSPECIFIED')} }}")
    assert code == INVALID_ARGUMENT
    assert message.startswith("Unsupported field: FIELD_UNSPECIFIED")


# filters ---------------------------------------------------------------------------------------------


def filtered(client, kind, query):
    escaped = query.replace("\\", "\\\\").replace('"', '\\"')
    return ids(client, f"Get{kind.title()}s", f'options {{ filter_query: "{escaped}" max_result_size: 1000 }}')


@pytest.fixture
def graph(stored):
    """The store of `stored`, with states, events and a parent of context 1."""
    stored(
        "PutExecutions", "executions { id: 1 last_known_state: CACHED } executions { id: 2 last_known_state: FAILED }"
    )
    stored(
        "PutArtifacts",
        'artifacts { id: 1 state: ABANDONED properties { key: "b" value { double_value: 0.1 } } } '
        'artifacts { id: 3 state: REFERENCE properties { key: "s" value { string_value: "__MLMD_NULL__" } } } '
        'artifacts { id: 4 state: LIVE custom_properties { key: "it\'s" value { string_value: "mlmd-struct::x" } } }',
    )
    stored(
        "PutEvents",
        "events { artifact_id: 1 execution_id: 1 type: PENDING_OUTPUT milliseconds_since_epoch: 7 } "
        "events { artifact_id: 1 execution_id: 2 type: INPUT }",
    )
    stored("PutParentContexts", "parent_contexts { child_id: 1 parent_id: 5 }")
    return stored


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("artifact", "id = 3 OR name = 'n4'", [3, 4]),
        ("artifact", "type = 'T2'", [6]),
        ("artifact", "type_id = 10 AND uri = 'u'", [2]),
        ("artifact", "external_id = 'x2'", [2]),
        ("artifact", "external_id IS NULL", [1, 3, 4, 6]),
        ("artifact", "create_time_since_epoch > 1500000000000 AND last_update_time_since_epoch > 0 AND id < 3", [1, 2]),
        ("artifact", "state = ABANDONED", [1]),
        ("artifact", "state IN (REFERENCE, LIVE)", [3, 4]),
        ("artifact", "state != LIVE", [1, 2, 3, 5, 6]),
        ("artifact", "state NOT IN (LIVE, ABANDONED)", [2, 3, 5, 6]),
        ("artifact", "state IS NULL", [2, 5, 6]),
        ("artifact", "properties.b.double_value = 0.1", [1]),
        ("artifact", "properties.b.double_value = 0.1 OR properties.s.string_value IS NOT NULL", [1, 3]),
        ("artifact", "properties.b.double_value IS NULL", [2, 3, 4, 5, 6]),
        ("artifact", "properties.s.string_value = '__MLMD_NULL__'", [3]),
        ("artifact", "custom_properties.`it's`.string_value LIKE 'mlmd-struct::%'", [4]),
        ("artifact", "contexts_x.name = 'n1' AND contexts_x.type = 'C'", [1, 3, 4]),
        ("artifact", "contexts_x.external_id = 'x1'", [1, 3, 4]),
        ("artifact", "events_e.type = PENDING_OUTPUT AND events_e.milliseconds_since_epoch = 7", [1]),
        ("artifact", "events_e.type = INPUT AND events_e.execution_id = 1", []),
        ("artifact", "events_e.type = INPUT AND events_f.execution_id = 1", [1]),
        ("artifact", "id BETWEEN 2 AND 0x3", [2, 3]),
        ("artifact", "ABS(id - 4) <= 1 AND NOT id IN (4)", [3, 5]),
        ("artifact", "UPPER(name) LIKE 'N_' AND LENGTH(name) = 2 AND id <> 1", [2, 3, 4, 5]),
        ("artifact", "CASE WHEN id = 2 THEN TRUE ELSE FALSE END", [2]),
        ("artifact", "COALESCE(uri, '-') = 'u' AND CAST(id AS STRING) = '6'", [6]),
        ("execution", "last_known_state = CACHED", [1]),
        ("execution", "last_known_state != FAILED", [1, 3, 4, 5]),
        ("execution", "events_x.artifact_id = 1 AND events_x.type = INPUT", [2]),
        ("execution", "contexts_a.id = 1 AND custom_properties.parent_dag_id.int_value = 1", [5]),
        ("context", "artifacts_a.uri = '' AND artifacts_a.state = LIVE", [1]),
        ("context", "executions_e.last_known_state = FAILED", [1]),
        ("context", "parent_contexts_p.name = 'n5'", [1]),
        ("context", "child_contexts_c.id = 1 AND child_contexts_c.create_time_since_epoch > 0", [5]),
        ("context", "parent_contexts_p.type = 'C' OR child_contexts_c.external_id = 'x1'", [1, 5]),
    ],
)
def test_a_filter_finds_what_it_says(graph, kind, query, expected):
    assert filtered(graph, kind, query) == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("query", "position"),
    [
        ("bogus = 1", 0),
        ("id", 0),
        (" ", 1),
        ("id = ", 5),
        ("id = 'x'", 3),
        ("id = 1; DROP TABLE artifact", 6),
        ("id = 1 UNION SELECT 1", 7),
        ("id = (SELECT 1)", 13),
        ("name = 'n1' -- comment", 12),
        ("REGEXP_CONTAINS(name, 'x')", 0),
        ("properties.a.struct_value IS NULL", 13),
        ("properties.`a", 11),
        ("nobody_x.id = 1", 0),
        ('name = "n1', 7),
        ("id = 1 AND (name = 'x'", 22),
        ("last_update_time_since_epoch = 99999999999999999999999", 31),
    ],
)
def test_a_wrong_filter_is_refused_with_its_position(graph, kind, query, position):
    escaped = query.replace("\\", "\\\\").replace('"', '\\"')
    code, message = graph.refused(f"Get{kind.title()}s", f'options {{ filter_query: "{escaped}" }}')
    assert code == INVALID_ARGUMENT
    assert message.startswith("Invalid `filter_query`: ")
    assert f"(at position {position})" in message


@pytest.mark.parametrize(
    "query", ["state = 2", "last_known_state = 2", "events_x.type = 3", "state < LIVE", "state = NEW"]
)
def test_an_enumeration_is_compared_by_name_only(graph, query):
    kind = "execution" if "known" in query else "artifact"
    code, message = graph.refused(f"Get{kind.title()}s", f'options {{ filter_query: "{query}" }}')
    assert (code, message.startswith("Invalid `filter_query`: ")) == (INVALID_ARGUMENT, True)


ATTACKS = [
    "'",
    "';",
    '"',
    "`",
    "\\",
    "') OR 1=1 --",
    "x' OR '1'='1",
    "?",
    "%s",
    ":x",
    "\0",
    "\\' OR 1=1",
    "); DROP TABLE type",
]


def found_or_refused(client, request):
    """Return what a filter finds: nothing also where it is refused, as a pattern of a lone backslash is."""
    try:
        return list(client.service.call("GetArtifacts", request).artifacts)
    except InvalidArgumentError as error:
        return [] if error.message.startswith("Invalid `filter_query`: ") else [error]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_name_and_no_literal_reaches_the_statement(graph, attack):
    before = graph.state()
    text = attack.replace("\\", "\\\\").replace("'", "\\'")
    name = attack.replace("\\", "\\\\").replace("`", "\\`")
    queries = [
        f"name = '{text}'",
        f"name LIKE '{text}'",
        f"name IN ('{text}', 'n1') AND uri = '{text}'",
        f"custom_properties.`{name}`.int_value = 1",
        f"properties.`{name}`.string_value = '{text}' OR custom_properties.`{name}`.bool_value",
        f"contexts_x.name = '{text}'",
    ]
    for query in queries:
        request = service_pb.GetArtifactsRequest()
        request.options.filter_query = query
        assert found_or_refused(graph, request) == []
    assert graph.state() == before


@pytest.mark.parametrize(
    "query", ["(" * 10_000, "(" * 5_000 + "id = 1" + ")" * 5_000, "NOT " * 3_000 + "TRUE", "-" * 9_999 + "1 = 1"]
)
def test_ten_thousand_parentheses_are_refused_and_harm_nobody(graph, query):
    code, message = graph.refused("GetArtifacts", f'options {{ filter_query: "{query}" }}')
    assert (code, message.startswith("Invalid `filter_query`: ")) == (INVALID_ARGUMENT, True)
    assert filtered(graph, "artifact", "id = 1") == [1]
