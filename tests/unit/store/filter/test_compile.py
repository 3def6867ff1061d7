"""Compile: nothing of the filter's text in the SQL, the index used, and no filter too large for the database."""

from __future__ import annotations

import re
import sqlite3

import pytest

from lineal.errors import FilterSyntaxError
from lineal.model.ids import NodeKind
from lineal.store.filter import compile_filter

EVIL = [
    "'; DROP TABLE artifact; --",
    '" OR 1=1 --',
    "x`y",
    "x') OR (1=1",
    "?",
    "%s",
    "{}",
    "\\",
    "\0",
    "p.value",
    "a.b",
]
OURS = re.compile(r"[A-Za-z0-9_.,()<>=+\-*/?|'\[\]^ ]+")


def quoted(text, quote):
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\0", "\\x00") + quote


@pytest.mark.parametrize("evil", EVIL)
def test_no_literal_or_property_name_enters_the_sql(tables, evil):
    tables.artifact(1, name=evil, uri=evil, custom={evil: evil, "n": 1})
    tables.artifact(2, name="other", uri=None, custom={"n": 1})
    name = f"custom_properties.{quoted(evil, '`')}.string_value"
    texts = [
        f"name = {quoted(evil, chr(39))}",
        f"uri IN ({quoted(evil, chr(34))}, 'zz')",
        f"{name} = {quoted(evil, chr(39))}",
        f"COALESCE({name}, 'none') = {quoted(evil, chr(39))}",
        f"{name} IS NOT NULL",
        f"{name} BETWEEN {quoted(evil, chr(39))} AND {quoted(evil, chr(34))}",
    ]
    for text in texts:
        compiled = compile_filter(text, NodeKind.ARTIFACT)

        assert OURS.fullmatch(compiled.sql), compiled.sql
        assert evil in compiled.parameters
        assert compiled.sql.count("?") == len(compiled.parameters)
        assert tables.find(text) == [1]
    assert tables.find("custom_properties.n.int_value = 1") == [1, 2]


@pytest.mark.parametrize("name", ["id; DROP", "name--", "`id = 1 OR 1`", "contexts_a); --.id", "rowid", "entry"])
def test_a_name_that_is_not_on_the_list_is_refused(name):
    with pytest.raises(FilterSyntaxError):
        compile_filter(f"{name} = 1", NodeKind.ARTIFACT)


def test_an_alias_is_not_in_the_sql_either():
    compiled = compile_filter("`contexts_a`.name = 'x' AND `contexts_'; DROP TABLE x`.type = 'y'", NodeKind.ARTIFACT)

    assert "DROP" not in compiled.sql
    assert compiled.parameters == ("x", "y")


def test_the_caller_names_the_table_and_the_placeholder():
    compiled = compile_filter("id = 1 AND name = '?'", NodeKind.ARTIFACT, alias="a", placeholder="%s")

    assert compiled.sql == "(a.id = %s) AND (a.name = %s)"
    assert compiled.parameters == (1, "?")


def test_a_division_by_zero_is_kept_from_databases_that_stop_at_it():
    assert "/ NULLIF(?, 0)" in compile_filter("1 / 0 = 1", NodeKind.ARTIFACT).sql


def test_the_sql_of_an_unchanged_filter_is_the_same():
    text = "properties.x.int_value = 1 OR contexts_a.name LIKE 'b%'"

    assert compile_filter(text, NodeKind.ARTIFACT) == compile_filter(text, NodeKind.ARTIFACT)


# ---------------------------------------------------------------- the index


@pytest.mark.parametrize(
    ("condition", "range_"),
    [
        ("double_value > 0.5", "value>?"),
        ("double_value = 0.5", "value=?"),
        ("double_value BETWEEN 0.5 AND 0.6", "value>? AND value<?"),
        ("double_value IN (0.5, 0.6)", "value=?"),
        ("double_value != 0.5", ""),
        ("int_value < 5", "value<?"),
        ("int_value >= 1.5", "value>?"),
        ("string_value = 'a'", "value=?"),
        (f"string_value = '{'a' * 300}'", "value=?"),
        (f"string_value < '{'a' * 300}'", "value<?"),
        ("string_value LIKE 'abc%'", "value>? AND value<?"),
        ("bool_value = true", "value=?"),
        ("bool_value", "value=?"),
        ("int_value IS NOT NULL", ""),
        ("int_value + 1 > 5", ""),
        ("string_value LIKE '%a'", ""),
    ],
)
@pytest.mark.parametrize("form", ["{} ", "NOT (NOT {})", "{} AND name IS NOT NULL"])
def test_a_test_of_one_property_reads_the_index_and_not_the_nodes(tables, condition, range_, form):
    plan = tables.plan(form.format(f"properties.x.{condition}"))
    key = "map=? AND name=?" + (f" AND {range_}" if range_ else "")

    assert any(step.startswith("SEARCH p USING PRIMARY KEY") and key in step for step in plan), plan
    assert "SEARCH node USING INTEGER PRIMARY KEY (rowid=?)" in plan
    assert not reads_all(plan), plan


def test_properties_joined_by_or_read_the_index_and_not_the_nodes(tables):
    plan = tables.plan("properties.x.int_value = 1 OR custom_properties.y.double_value < 2")

    assert not reads_all(plan), plan


def reads_all(plan):
    """Whether a table is read from end to end. The blocks of the index are few, and no table."""
    return any(step.startswith("SCAN") and step != "SCAN block" for step in plan)


def test_columns_are_compared_where_their_own_index_can_answer(tables):
    for text in (
        "uri = 'x'",
        "fingerprint LIKE 'sha256:ab%'",
        "external_id = 'x'",
        "type = 'Model' AND name = 'm'",
        "id IN (1, 2)",
    ):
        plan = tables.plan(text)

        assert not any(step.startswith("SCAN node") for step in plan), plan


# ---------------------------------------------------------------- what a database can take

SHAPES = [
    "({} IS NULL)",
    "(true = {})",
    "({} = (id = 1))",
    "(id = 1 OR (uri = 'x' AND {}))",
    "CASE WHEN {} THEN true END",
    "CASE WHEN id = 1 THEN false WHEN id = 2 THEN {} END",
    "CASE WHEN id = 1 THEN false ELSE {} END",
    "CASE {} WHEN true THEN false WHEN false THEN {} END",
    "COALESCE(NULL, {})",
    "COALESCE({}, true)",
    "CAST(CAST({} AS STRING) AS BOOL)",
    "(CAST(CAST(CAST(CAST({} AS INT64) AS STRING) AS FLOAT64) AS INT64) = 1)",
    "(true IN (false, {}))",
    "(contexts_a.id = 1 AND contexts_a.name = uri AND {})",
    "(1 + LENGTH(CAST({} AS STRING)) * 2 > 3 / (4 - 5))",
    "(properties.x.int_value > properties.y.int_value AND NOT {})",
]
LISTING = """
SELECT node.id FROM artifact AS node
WHERE node.type_id IN (1, 2) AND ({})
  AND (node.entry <= 1 OR EXISTS (SELECT 1 FROM revision AS old WHERE old.table_number = 1 AND (old.entry = node.id)))
ORDER BY node.id
"""


def ever_deeper(shape):
    text = "(uri = 'x')"
    while True:
        try:
            yield compile_filter(text, NodeKind.ARTIFACT)
        except FilterSyntaxError:
            return
        text = shape.replace("{}", text)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_deepest_filter_that_is_accepted_runs(tables, shape):
    accepted = list(ever_deeper(shape))

    assert len(accepted) > 2
    tables.connection.execute(LISTING.format(accepted[-1].sql), accepted[-1].parameters)


@pytest.mark.parametrize(
    "text",
    [
        "id IN (" + ", ".join(map(str, range(29_000))) + ")",
        " OR ".join(f"id = {number}" for number in range(9_000)),
        " AND ".join(f"properties.p{number}.int_value = 1" for number in range(5_000)),
        " + ".join(["id"] * 800) + " = 1",
        " AND ".join(f"contexts_c{number}.name = 'x'" for number in range(16)),
        " AND ".join(f"contexts_c{number}.name = contexts_c{number + 1}.name" for number in range(15)),
        " AND ".join(f"properties.p{number}.int_value = properties.p{number + 1}.int_value" for number in range(39)),
        f"name LIKE '{'%a' * 5_000}'",
    ],
    ids=["choices", "or", "and", "sum", "neighbours", "joined neighbours", "joined properties", "pattern"],
)
def test_a_wide_filter_runs(tables, text):
    tables.artifact(1)

    found = tables.connection.execute(*tables.statement(text, NodeKind.ARTIFACT)).fetchall()
    assert len(found) <= 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id IN (" + ", ".join(map(str, range(31_000))) + ")", "at most 30000"),
        (" + ".join(["id"] * 2_000) + " = 1", "too deeply"),
        (" AND ".join(f"properties.p{n}.int_value = properties.p{n + 1}.int_value" for n in range(60)), "properties"),
        (f"name LIKE '{'a' * 10_001}'", "at most 10000"),
    ],
    ids=["choices", "sum", "joined properties", "pattern"],
)
def test_a_filter_too_wide_for_a_database_is_refused(text, words):
    with pytest.raises(FilterSyntaxError, match=words):
        compile_filter(text, NodeKind.ARTIFACT)


def test_the_limits_are_those_of_the_oldest_sqlite():
    connection = sqlite3.connect(":memory:")
    levels = connection.getlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH)
    values = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)

    assert levels >= 1_000
    assert values >= 32_766
