"""Resolve: ML Metadata's own list of good and bad filters, and where each bad one is wrong."""

from __future__ import annotations

import pytest

from lineal.errors import Code, FilterSyntaxError
from lineal.model.ids import NodeKind
from lineal.store.filter import compile_filter

A, E, C = NodeKind

GOOD = {
    "id != 1": (A, E, C),
    "ID IN (1, 3)": (A, E, C),
    "type_id + 1 > 1": (A, E, C),
    "type = 'Dataset'": (A, E, C),
    "type IS NOT NULL": (A, E, C),
    "external_id = 'a'": (A, E, C),
    "create_time_since_epoch + 1 > 1": (A, E, C),
    "created_at > 5 AND updated_at < 1.5": (A, E, C),
    "uri like 'abc'": (A,),
    "fingerprint = 'sha256:ab'": (A,),
    "started_at < ended_at": (E,),
    "contexts_abc.type = 'foo'": (A, E),
    "contexts_a_b.last_update_time_since_epoch = 1": (A, E),
    "contexts_a.external_id IS NULL": (A, E),
    "events_0.execution_id = 1": (A,),
    "events_0.artifact_id = 1": (E,),
    "events_0.milliseconds_since_epoch = 1": (A, E),
    "events_0.type IN (OUTPUT, PENDING_OUTPUT)": (A, E),
    "artifacts_0.uri = 'x' AND artifacts_0.state = ABANDONED": (C,),
    "executions_x.last_known_state = COMPLETE": (C,),
    "parent_contexts_0.external_id = 'x' OR child_contexts_0.create_time_since_epoch = 1": (C,),
    "properties.0.int_value = 1": (A, E, C),
    "Properties.`0:b`.INT_VALUE = 1": (A, E, C),
    "custom_properties.3.bool_value != false": (A, E, C),
    "properties.p.bool_value": (A, E, C),
    "properties.p.int_value > 1.5 AND properties.q.double_value = 1": (A, E, C),
    "custom_properties.parent_dag_id.int_value = 7": (A, E, C),
    "state=PENDING": (A,),
    "state NOT IN (DELETED, REFERENCE)": (A,),
    "LIVE = state": (A,),
    "state = NULL": (A,),
    "state IS NULL": (A,),
    "last_known_state!=COMPLETE": (E,),
    "last_known_state IS NOT NULL": (E,),
    "true": (A, E, C),
    "COALESCE(NULL, NULL) OR CASE WHEN true THEN NULL END": (A, E, C),
    "ABS(NULL) = -NULL": (A, E, C),
}

BAD = [
    (A, "a = 'a'", 0),
    (A, "'a'", 0),
    (A, " (NULL)", 2),
    (A, "type_id", 0),
    (A, "id + 1", 3),
    (A, "id = 'a'", 3),
    (A, "type = 1", 5),
    (A, "name = a", 7),
    (E, "uri = 1", 0),
    (E, "state = NEW", 0),
    (A, "last_known_state = NEW", 0),
    (C, "started_at = 1", 0),
    (A, "id = 1 OR name", 10),
    (A, "id = 1 AND NOT name", 15),
    (A, "name = 1 + 'a'", 11),
    (A, "UPPER(id) = 'a'", 6),
    (A, "LENGTH(1) = 1", 7),
    (A, "ABS(name) = 1", 4),
    (A, "- name = 1", 2),
    (A, "id LIKE 'a'", 0),
    (A, "name LIKE uri", 10),
    (A, "name LIKE 'a\\\\'", 10),
    (A, "name LIKE '\\x00'", 10),
    (A, "id IN (1, 'a')", 3),
    (A, "id BETWEEN 1 AND 'a'", 3),
    (A, "COALESCE(id, name) = 1", 0),
    (A, "CASE WHEN id THEN 1 END = 1", 10),
    (A, "CASE id WHEN 'a' THEN 1 END = 1", 0),
    (A, "CASE WHEN true THEN 1 ELSE 'a' END = 1", 0),
    (A, "CAST(1.5 AS BOOL)", 0),
    (A, "CAST(true AS FLOAT64) = 1", 0),
    (A, "true = 1", 5),
    (A, "contexts", 0),
    (A, "contexts_0", 0),
    (A, "contexts_.id = 1", 0),
    (A, "contexts_0.foo = 1", 11),
    (A, "contexts_0.id.bar = 1", 14),
    (A, "contexts_0.properties.x.int_value = 1", 11),
    (A, "artifacts_0.id = 1", 0),
    (C, "contexts_0.id = 1", 0),
    (C, "events_0.artifact_id = 1", 0),
    (A, "events_0.artifact_id = 1", 9),
    (E, "events_0.execution_id = 1", 9),
    (A, "properties", 0),
    (A, "properties.foo", 11),
    (A, "properties.foo.int = 1", 15),
    (A, "properties.foo.struct_value = 1", 15),
    (A, "properties.a.b.int_value = 1", 13),
    (A, "properties.a.int_value.b = 1", 23),
    (A, "state", 0),
    (A, "state = 2", 8),
    (A, "state = 'LIVE'", 8),
    (A, "state = live", 8),
    (A, "state = RUNNING", 8),
    (A, "state < LIVE", 0),
    (A, "state IN (LIVE, 2)", 16),
    (A, "state LIKE 'L%'", 0),
    (A, "state BETWEEN LIVE AND LIVE", 0),
    (A, "COALESCE(state, 1) = 1", 9),
    (A, "LIVE = LIVE", 0),
    (A, "events_0.type = SOME", 16),
    (A, "events_0.type = state", 16),
    (E, "last_known_state NOT IN (PENDING)", 25),
]


@pytest.mark.parametrize(("text", "kind"), [(text, kind) for text, kinds in GOOD.items() for kind in kinds])
def test_a_good_filter_runs(tables, text, kind):
    assert tables.find(text, kind) == []


@pytest.mark.parametrize(("kind", "text", "position"), BAD)
def test_a_wrong_name_type_or_use_is_refused_at_its_offset(kind, text, position):
    with pytest.raises(FilterSyntaxError) as caught:
        compile_filter(text, kind)

    assert caught.value.position == position
    assert caught.value.message.startswith("Invalid `filter_query`: ")
    assert caught.value.code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        (A, "nme = 'a'", "did you mean name?"),
        (A, "URII = 'a'", "did you mean uri"),
        (E, "state = FAILED", "did you mean last_known_state"),
        (A, "state = live", "did you mean LIVE?"),
        (A, "state = 'LIVE'", "without quotes"),
        (A, "state < LIVE", "use it with ="),
        (A, "context_a.name = 'x'", "did you mean contexts_x"),
        (A, "contexts.name = 'x'", "contexts_a.id"),
        (A, "contexts_a.nam = 'x'", "did you mean name"),
        (A, "properties.acc > 1", "properties.acc.int_value"),
        (A, "properties.acc.float_value > 1", "double_value"),
        (A, "properties.a.b.int_value > 1", "int_value"),
    ],
)
def test_the_hint_says_what_to_write(kind, text, hint):
    with pytest.raises(FilterSyntaxError) as caught:
        compile_filter(text, kind)

    assert hint in caught.value.hint
