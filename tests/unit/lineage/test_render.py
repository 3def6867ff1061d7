"""Every format holds every fact, says what is missing, and is harmless whatever things are called."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import xml.etree.ElementTree as ET

import pytest

from lineal.errors import InvalidArgument
from lineal.lineage.check import check
from lineal.lineage.diff import diff
from lineal.lineage.impact import impact
from lineal.lineage.notebook import Lineage, mimebundle
from lineal.lineage.paths import paths
from lineal.lineage.query import trace
from lineal.lineage.render.choose import formats_of, render, table_of
from lineal.lineage.render.look import DARK_GROUND, EXECUTION, LIGHT_GROUND, LOOKS, OTHER, TONES
from lineal.lineage.render.part import nearest
from lineal.lineage.render.words import safe, when
from lineal.model.traversal import Direction

TRACE = "019a4f02111172228333444455550001"
ALL = ("tree", "table", "json", "csv", "mermaid", "dot", "svg", "html")
HOSTILE = [
    "<script>alert(1)</script>",
    "a\"b'c`d",
    "line\nbreak\r\ttab",
    "\x1b[31mred\x1b[0m\x07",
    "=cmd()|' /C calc'!A0",
    "\u202eevil\u2066\u200b",
    "]]> --> */ }} %% end #quot; &amp; \\N \\",
    "größe 数据 🛫",
]


@pytest.fixture
def graph(flights):
    return trace(flights.store, f"prediction:{TRACE}")


@pytest.fixture
def answers(flights):
    return {
        "lineage": trace(flights.store, "model:delay"),
        "impact": impact(flights.store, "rawdata:weather"),
        "paths": paths(flights.store, "rawdata:weather", "model:delay"),
        "diff": diff(flights.store, "model:forest", "model:boost"),
        "check": check(flights.store, "model:delay"),
    }


def test_a_graph_and_its_relatives_have_all_formats_and_the_others_those_of_words(answers):
    assert formats_of(answers["lineage"]) == ALL
    assert formats_of(answers["impact"]) == ALL
    assert formats_of(answers["paths"]) == ALL
    assert formats_of(answers["diff"]) == formats_of(answers["check"]) == ALL[:4]


def test_every_answer_is_written_in_each_of_its_formats(answers):
    for answer in answers.values():
        for format_ in formats_of(answer):
            text = render(answer, format_)
            assert text.endswith("\n")
            assert text.strip()


def test_a_format_that_there_is_not_is_refused_with_those_there_are(answers):
    with pytest.raises(InvalidArgument) as caught:
        render(answers["check"], "svg")
    assert caught.value.hint == "formats: tree, table, json, csv"


def test_the_tree_of_a_prediction_reads_from_the_answer_to_the_raw_data(graph):
    text = render(graph, "tree")
    lines = text.splitlines()
    assert lines[0].startswith(f"prediction {TRACE}  delay-api  2023-11-14T22:13:20Z  HTTP 200  confidence 0.75")
    assert re.match(r"EndpointRevision delay-api@r1 · [0-9a-f]{8} \[✓ live\]$", lines[1])
    assert re.match(r"   └─ Model delay@v1.0 · [0-9a-f]{8} · hop 2 \[✓ approved, @production\]$", lines[3])
    assert "grace" in lines[4]
    assert "it is good" in lines[4]


def test_a_node_reached_twice_is_shown_once_and_referred_to(graph):
    text = render(graph, "tree")
    assert len(re.findall(r"train@2013-01-01 .*↑ see above", text)) == 1
    assert text.count("RawData weather@1") == 1


def test_the_tree_can_be_plain_ascii(graph):
    text = render(graph, "tree", ascii_only=True)
    assert text.isascii()
    assert "`- Model delay@v1.0" in text


def test_siblings_beyond_the_fold_are_counted(pen):
    pen.run("Ingest", [], ["RawData a@1"])
    for number in range(9):
        pen.run("Transform", ["RawData a@1"], [f"Dataset d@{number}"])
    graph = trace(pen.store, "rawdata:a", Direction.DOWNSTREAM)
    folded = render(graph, "tree", fold=4)
    assert "… 5 more Transform" in folded
    assert folded.count("Dataset d@") == 4
    assert render(graph, "tree").count("Dataset d@") == 9


def test_both_directions_are_two_trees(flights):
    text = render(trace(flights.store, "model:forest", None), "tree")
    assert "upstream of\nModel forest@v1.0" in text
    assert "downstream of\nModel forest@v1.0" in text


def test_a_chain_of_a_thousand_hops_is_a_tree_without_endless_blanks(pen):
    pen.run("Ingest", [], ["Dataset d@0"])
    for number in range(500):
        pen.run("Transform", [f"Dataset d@{number}"], [f"Dataset d@{number + 1}"])
    text = render(trace(pen.store, "dataset:d@500"), "tree")
    assert len(text.splitlines()) == 1002
    assert max(map(len, text.splitlines())) < 300


@pytest.mark.parametrize("format_", ["tree", "table", "json", "mermaid", "dot", "svg", "html"])
def test_a_cut_answer_says_so_in_every_format_for_people(flights, format_):
    cut = trace(flights.store, "model:delay", hops=1)
    assert cut.truncated is not None
    text = render(cut, format_)
    assert cut.truncated.reason[:20] in text


def test_the_document_holds_every_fact_and_reads_back(graph):
    document = json.loads(render(graph, "json"))
    assert document["answer"] == "lineage"
    assert document["roots"] == [str(key) for key in graph.roots]
    assert len(document["nodes"]) == len(graph.nodes)
    assert len(document["edges"]) == len(graph.edges)
    model = next(node for node in document["nodes"] if node["name"] == "delay@v1.0")
    assert model["decisions"][0]["actor"] == "grace"
    assert model["aliases"] == ["production"]
    assert document["predictions"][0]["output"] == {"delay": 3.5}
    assert document["truncated"] is None


def test_doubles_come_back_bit_for_bit_and_what_json_lacks_is_named(pen):
    values = {"third": 1 / 3, "tiny": 1e-7, "huge": 1e308, "minus": -0.0, "max": 2**63 - 1}
    odd = {"nan": math.nan, "inf": math.inf, "ninf": -math.inf, "deep": [math.nan]}
    pen.run("Train", [], ["Model m@1"], about={"Model m@1": {}}, params={**values, "odd": odd})
    document = json.loads(render(trace(pen.store, "model:m"), "json"))
    found = next(node for node in document["nodes"] if node["kind"] == "execution")["custom_properties"]
    for name, value in values.items():
        assert repr(found[f"param.{name}"]) == repr(value)
    assert found["param.odd"] == {"nan": "NaN", "inf": "Infinity", "ninf": "-Infinity", "deep": ["NaN"]}


def test_csv_has_a_row_a_node_under_stable_columns(graph):
    rows = list(csv.reader(io.StringIO(render(graph, "csv"))))
    assert rows[0] == ["hop", "id", "type", "name", "fingerprint", "status", "decisions", "from", "created"]
    assert len(rows) == len(graph.nodes) + 1


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1", "  =1", "\n=1", "\uff1d1"])
def test_csv_texts_are_never_formulas(pen, name):
    pen.run("Train", [], [f"Model {name}@1"])
    rows = list(csv.DictReader(io.StringIO(render(trace(pen.store, "artifact#1"), "csv"))))
    assert rows[0]["name"] == f"'{name}@1"


def test_numbers_in_csv_stay_numbers(flights):
    rows = list(csv.DictReader(io.StringIO(render(trace(flights.store, "model:delay"), "csv"))))
    assert rows[1]["hop"] == "1"


@pytest.fixture
def hostile(pen):
    pen.run(f"Ingest {HOSTILE[0]}", [], [f"RawData {name}" for name in HOSTILE])
    pen.run(f"Train {HOSTILE[3]}", [f"RawData {name}" for name in HOSTILE], ["Model m@1", f"Model {HOSTILE[6]}@1"])
    pen.alias("Model m@1", HOSTILE[0])
    pen.decide("Model m@1", actor=HOSTILE[3] + HOSTILE[0])
    return pen


@pytest.mark.parametrize("format_", ["tree", "table", "mermaid", "dot", "svg", "html"])
def test_hostile_names_move_no_cursor_and_hide_no_text_in_any_format(hostile, format_):
    for direction in (Direction.UPSTREAM, None):
        text = render(trace(hostile.store, "model:m@1", direction), format_)
        assert not set(text) & {"\x1b", "\x07", "\r", "\t", "\u202e", "\u2066", "\u200b"}
        assert "script>" in text if format_ in ("tree", "table", "dot") else "<script" not in text


@pytest.mark.parametrize("format_", ["svg", "html"])
def test_pictures_with_hostile_names_are_well_formed_and_hold_no_script(hostile, format_):
    text = render(trace(hostile.store, "model:m@1"), format_)
    picture = text[text.index("<svg") : text.index("</svg>") + 6]
    root = ET.fromstring(picture)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "text", "path", "g"}
    assert not any(name.startswith("on") or name == "href" for element in root.iter() for name in element.attrib)


def test_mermaid_labels_hold_no_sign_of_its_grammar(hostile):
    text = render(trace(hostile.store, "model:m@1"), "mermaid")
    labels = re.findall(r'"([^"]*)"', text)
    assert len(labels) >= len(HOSTILE)
    for label in labels:
        assert re.fullmatch(r"(?:[^\W_]|[ _.,/+\-@·…→]|#\d+;|<br/>)*", label), label


def test_dot_quotes_are_closed(hostile):
    text = render(trace(hostile.store, "model:m@1"), "dot")
    for line in text.splitlines():
        assert re.fullmatch(r'(?:[^"]|"(?:[^"\\]|\\.)*")*', line), line


def test_names_in_other_scripts_stay_readable():
    assert safe("größe 数据 🛫") == "größe 数据 🛫"
    assert safe("a\x1b[0m\nb\u202ec\x00") == "a\\x1b[0m\\nb\\u202ec\\x00"


def test_the_picture_tells_a_screen_reader_what_it_shows(graph):
    root = ET.fromstring(render(graph, "svg"))
    space = "{http://www.w3.org/2000/svg}"
    title, desc = root.find(f"{space}title"), root.find(f"{space}desc")
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {desc.attrib['id']}"
    assert title.text == "Upstream lineage of delay-api@r1"
    assert "3 Model" in desc.text
    nodes = [group for group in root.iter(f"{space}g") if group.attrib.get("class", "").startswith("node")]
    assert len(nodes) == len(graph.nodes) + 1
    assert all(node.find(f"{space}title").text for node in nodes)


def test_the_picture_says_type_in_words_and_shows_approval_and_live(graph):
    text = render(graph, "svg")
    for word in ("Model · v1.0", "RawData · 1", "✓ approved", "✓ live", "RAW DATA", "PREDICTION"):
        assert f">{word}<" in text


def test_the_page_is_self_contained_with_the_picture_and_its_table(graph):
    text = render(graph, "html")
    assert "default-src &#39;none&#39;" in text
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "").replace(
        "HTTP 200", ""
    )
    assert text.count("<tr>") == len(graph.nodes) + 1


def test_a_picture_of_too_many_nodes_shows_the_nearest_and_counts_the_rest(pen):
    pen.run("Ingest", [], ["RawData a@1"])
    for number in range(300):
        pen.run("Transform", ["RawData a@1"], [f"Dataset d@{number}"])
    graph = trace(pen.store, "rawdata:a", Direction.DOWNSTREAM)
    assert "showing 400 of 601 nodes" in render(graph, "svg")
    mermaid = render(graph, "mermaid")
    assert mermaid.count("-->") == 200
    assert "of 600 edges" in mermaid
    assert render(graph, "dot").count("->") == 600


def test_the_nearest_part_keeps_its_reason_to_be_cut(flights):
    cut = trace(flights.store, "model:delay", hops=3)
    part = nearest(cut, nodes=2)
    assert len(part.nodes) == 2
    assert cut.truncated.reason in part.truncated.reason
    assert nearest(cut, nodes=100) is cut


def test_the_impact_text_begins_with_the_sentence_and_the_live_endpoint(answers):
    lines = render(answers["impact"], "tree").splitlines()
    assert lines[0].startswith("The impact of weather@1 is medium: 1 live endpoint, 3 versions of 3 models")
    assert lines[1] == "live endpoints (1)"
    assert "delay-api@r1" in lines[2]
    assert "approvals to look at again" in lines


def test_the_impact_document_has_names_that_a_script_can_rely_on(answers):
    document = json.loads(render(answers["impact"], "json"))
    assert document["has_live"] is True
    assert document["size"] == "medium"
    assert document["live_endpoints"][0]["name"] == "delay-api@r1"
    assert document["live_endpoints"][0]["hops"] == 10


def test_paths_are_written_one_node_a_line(answers):
    text = render(answers["paths"], "tree")
    assert text.startswith("2 paths from weather@1 to delay@v1.0, shortest first\n1. 8 hops\n     RawData weather@1")


def test_no_path_is_said(flights):
    answer = paths(flights.store, "model:forest", "model:boost")
    assert "do not depend on each other" in render(answer, "tree")
    assert "do not depend on each other" in render(answer, "table")
    assert json.loads(render(answer, "json"))["paths"] == []


def test_the_diff_text_marks_added_removed_and_unknown(answers):
    text = render(answers["diff"], "tree")
    assert "  - trees: 100" in text
    assert "  + rate: 0.1" in text
    assert "  ? commit: not known" in text


def test_the_check_text_shows_the_open_items_with_advice(answers):
    text = render(answers["check"], "tree")
    assert text.startswith("delay@v1.0 cannot be rebuilt: it was recorded after the fact")
    assert re.search(r"\? code +the commit is not known", text)
    assert "→ run inside a git repository" in text
    assert re.search(r"· upstream +", text)
    document = json.loads(render(answers["check"], "json"))
    assert (document["rebuildable"], document["verdict"]) == ("no", "NOT_RUNNABLE")


def test_the_table_of_an_answer_has_one_cell_a_column(answers):
    for answer in answers.values():
        table = table_of(answer)
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_times_are_exact_and_in_utc():
    assert when(1_700_000_000_000_000) == "2023-11-14T22:13:20Z"
    assert when(1_700_000_000_000_001) == "2023-11-14T22:13:20.000001Z"
    assert when(-1) == "1969-12-31T23:59:59.999999Z"
    assert when(None) == ""
    assert when(2**62) == f"{2**62} µs"


def test_a_graph_shows_itself_in_a_notebook(graph):
    shown = Lineage.of(graph)
    assert shown.nodes == graph.nodes
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/svg+xml", "application/json"}
    assert bundle["text/plain"] == render(graph, "tree", fold=12)
    assert "<svg" in bundle["text/html"]
    assert "<table>" in bundle["text/html"]
    assert json.loads(json.dumps(bundle["application/json"])) == json.loads(render(graph, "json"))
    assert str(shown) == render(graph, "tree").rstrip()


def test_a_notebook_draws_at_most_sixty_nodes_and_says_so(pen):
    pen.run("Ingest", [], [f"RawData a{number}@1" for number in range(100)])
    bundle = mimebundle(trace(pen.store, "execution#1", Direction.DOWNSTREAM))
    assert "showing 60 of 101 nodes" in bundle["image/svg+xml"]
    assert "41 more rows" in bundle["text/html"]
    assert "88 more RawData" in bundle["text/plain"]


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_every_colour_can_be_read_on_its_ground():
    pairs = [(look.light, look.dark) for look in (*LOOKS.values(), EXECUTION, OTHER)] + list(TONES.values())
    assert min(contrast(light, LIGHT_GROUND) for light, _ in pairs) >= 4.5
    assert min(contrast(dark, DARK_GROUND) for _, dark in pairs) >= 7


def test_types_are_told_apart_without_colour():
    glyphs = [look.glyph for look in (*LOOKS.values(), EXECUTION, OTHER)]
    assert len(set(glyphs)) == len(glyphs)
