"""The middleware on plain ASGI applications, one message at a time: no server, no framework."""

from __future__ import annotations

import asyncio
import json
import os
import resource

import pytest

from lineal.errors import InvalidArgument
from lineal.serving import LinealMiddleware, report
from lineal.serving.keys import input_key, text_of
from lineal.serving.shipper import ship
from lineal.store.identifiers import is_uuid7

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
TRACE = b"x-lineage-trace-id"


def answering(*pieces, status=200, headers=START["headers"], then=None):
    """Return an application that reads the request and answers in these pieces."""

    async def app(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})
        if then:
            then()

    return app


class Client:
    """Calls an application as a server would, and keeps what it sends."""

    def __init__(self, app):
        self.app = app
        self.sent = []

    def call(self, *chunks, method="POST", path="/predict", query=b"", seen=None, **scope):
        self.sent = []
        messages = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
            for number, chunk in enumerate(chunks or (b"",), 1)
        ]

        async def receive():
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message):
            if seen:
                seen(message)
            self.sent.append(message)

        request = {"type": "http", "method": method, "path": path, "query_string": query, "headers": [], **scope}
        asyncio.run(self.app(request, receive, send))
        return dict(self.sent[0]["headers"]) if self.sent else {}

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    def json(self, path):
        self.call(method="GET", path=path)
        return json.loads(self.body)


@pytest.fixture
def serve(workspace):
    """Return a function that puts the middleware around an application; each is ended afterwards."""
    made = []

    def wrap(app, **options):
        made.append(LinealMiddleware(app, "api", **{"url": workspace.location.url, **options}))
        return Client(made[-1])

    yield wrap
    for each in made:
        each._recorder.stop()


@pytest.fixture
def recorded(workspace):
    """Return a function that ships and gives all predictions, oldest first."""

    def read():
        ship(workspace.location, workspace.store, wait=10)
        return workspace.store.predictions(limit=1000)[::-1]

    return read


def test_an_answer_is_stamped_and_passed_on_untouched(serve, recorded, workspace):
    client = serve(answering(b'{"delay": 3.5, ', b'"confidence": 0.75}'))
    headers = client.call(b'{"x"', b": 1}")
    assert client.body == b'{"delay": 3.5, "confidence": 0.75}'
    assert is_uuid7(headers[TRACE].decode())
    assert headers[b"x-model-version"] == headers[b"x-dataset-version"] == b"unknown"
    assert headers[b"x-reproducible"] == b"false"
    (only,) = recorded()
    assert only.trace_id == headers[TRACE].decode()
    assert (only.endpoint, only.status, only.output) == ("api", 200, {"delay": 3.5, "confidence": 0.75})
    assert only.confidence == 0.75
    key = input_key(workspace.location)
    assert (only.input_digest, only.key_id) == (text_of(key.digest(b'{"x": 1}')), key.key_id)


def test_a_record_is_in_the_spool_before_the_last_piece_leaves(serve, workspace):
    on_disk = []

    def seen(message):
        size = sum(path.stat().st_size for path in workspace.location.spool.glob("*.spool"))
        on_disk.append((message["type"], message.get("more_body"), size))

    client = serve(answering(b"a", b"b"))
    client.call(b"x", seen=seen)
    assert [(kind, more) for kind, more, _ in on_disk] == [
        ("http.response.start", None),
        ("http.response.body", True),
        ("http.response.body", False),
    ]
    assert on_disk[1][2] == 0
    assert on_disk[2][2] > 0


def test_what_was_loaded_is_stamped(serve, recorded, workspace, train):
    train({"mean": 1})
    made = workspace.deploy("model:delay", endpoint="api", actor="a", reason="r", unapproved=True)
    client = serve(answering(b"1"))
    assert client.call()[b"x-model-version"] == b"delay@v1"
    assert client.json("/lineage/self")["source"] == "declared"
    workspace.load_model("endpoint:api")
    headers = client.call()
    assert (headers[b"x-model-version"], headers[b"x-dataset-version"]) == (b"delay@v1", b"flights@v1")
    state = client.json("/lineage/self")
    assert (state["source"], state["model"], state["revision"]) == ("loaded", "model:delay@v1", "endpoint:api@r1")
    assert state["failed_checks"]
    assert {each.revision_id for each in recorded()} == {made.revision.id}


def test_reproducible_is_true_only_while_everything_is_known_and_deployed(serve, workspace, train):
    train({"mean": 1}, whole=True)
    kept = workspace.load_model("model:delay")
    client = serve(answering(b"1"))
    assert client.call()[b"x-reproducible"] == b"false"
    assert client.json("/lineage/self")["failed_checks"] == ["the loaded model was never deployed to api"]
    workspace.deploy("model:delay", endpoint="api", actor="a", reason="r", unapproved=True)
    again = workspace.load_model("model:delay")
    headers = client.call()
    assert headers[b"x-reproducible"] == b"true"
    assert headers[b"x-dataset-version"] == b"flights@v1"
    state = client.json("/lineage/self")
    assert (state["reproducible"], state["failed_checks"]) == (True, [])
    assert client.json("/lineage/" + headers[TRACE].decode())["reproducible"] is True
    assert kept.fingerprint == again.fingerprint


def test_a_handler_says_which_of_several_models_answered(serve, recorded, workspace, train):
    models = {}

    async def app(scope, receive, send):
        if scope["query_string"]:
            report(output={"by": "handler"}, confidence=0.5, model=models[scope["query_string"].decode()])
        await answering(b'{"body": 1}')(scope, receive, send)

    revisions = {}
    for version in ("v1", "v2"):
        train({"mean": version}, f"delay@{version}")
        deployment = workspace.deploy(f"model:delay@{version}", endpoint="api", actor="a", reason="r", unapproved=True)
        revisions[version] = deployment.revision.id
        models[version] = workspace.load_model(f"model:delay@{version}")
    client = serve(app)
    assert client.call()[b"x-model-version"] == b"unknown"
    assert client.call(query=b"v1")[b"x-model-version"] == b"delay@v1"
    assert client.call(query=b"v2")[b"x-model-version"] == b"delay@v2"
    found = recorded()
    assert [each.revision_id for each in found] == [None, revisions["v1"], revisions["v2"]]
    assert [each.output for each in found] == [{"body": 1}, {"by": "handler"}, {"by": "handler"}]
    assert [each.confidence for each in found] == [None, 0.5, 0.5]


def test_the_facts_of_an_answer_can_be_asked_for(serve, workspace, train):
    train({"mean": 1})
    workspace.deploy("model:delay", endpoint="api", actor="a", reason="r", unapproved=True)
    kept = workspace.load_model("model:delay")
    client = serve(answering(b'{"secret": 1}'))
    trace = client.call()[TRACE].decode()
    document = client.json(f"/lineage/{trace}")
    assert (document["trace_id"], document["model"]) == (trace, "model:delay@v1")
    assert document["model_fingerprint"] == kept.fingerprint
    assert document["reproducible"] is False
    assert document["failed_checks"]
    assert "secret" not in json.dumps(document)
    client.call(method="GET", path="/lineage/" + trace[:-8] + "00000000")
    assert client.status == 404


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "HEAD"},
        {"method": "OPTIONS"},
        {"path": "/healthz"},
        {"path": "/docs/oauth2-redirect"},
        {"path": "/openapi.json"},
        {"path": "/lineage/other"},
        {"method": "POST", "path": "/lineage/self"},
    ],
)
def test_what_is_no_prediction_is_not_touched(serve, recorded, request_):
    client = serve(answering(b"1"))
    assert TRACE not in client.call(**request_)
    assert recorded() == []


@pytest.mark.parametrize("status", [307, 404, 405])
def test_an_answer_without_a_handler_is_no_prediction_and_one_with_it_is(serve, recorded, status):
    client = serve(answering(b"1", status=status))
    assert TRACE not in client.call()
    assert recorded() == []
    assert TRACE in client.call(endpoint=object())
    assert [each.status for each in recorded()] == [status]


def test_an_application_can_exclude_paths_of_its_own(serve, recorded):
    client = serve(answering(b"1"), exclude=("/admin",))
    assert TRACE not in client.call(path="/admin/x")
    assert TRACE in client.call(path="/healthz")
    assert len(recorded()) == 1


def test_nobody_else_sets_our_headers(serve):
    headers = [(b"X-Model-Version", b"forged"), (b"x-lineage-trace-id", b"forged"), (b"x-own", b"kept")]
    client = serve(answering(b"1", headers=headers))
    client.call()
    names = [name.lower() for name, _ in client.sent[0]["headers"]]
    assert len(names) == len(set(names))
    assert b"forged" not in dict(client.sent[0]["headers"]).values()
    assert (b"x-own", b"kept") in client.sent[0]["headers"]


def test_a_name_with_line_breaks_cannot_add_a_header(serve, workspace, train):
    train({"mean": 1}, "delay\r\nx-evil: 1@v1")
    kept = workspace.load_model("artifact#2")
    client = serve(answering(b"1"))
    assert client.call()[b"x-model-version"] == b"delay%0D%0Ax-evil: 1@v1"
    assert kept.reference.startswith("model:delay")


def test_a_handler_that_fails_is_recorded_and_still_fails(serve, recorded):
    async def app(scope, receive, send):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        serve(app).call(b"x")
    assert [(each.status, each.output) for each in recorded()] == [(500, None)]


def test_a_failure_in_the_middle_of_a_stream_is_a_500_in_the_record(serve, recorded):
    async def app(scope, receive, send):
        await send(START)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        serve(app).call()
    assert [each.status for each in recorded()] == [500]


def test_a_client_that_leaves_is_recorded(serve, recorded):
    async def app(scope, receive, send):
        await receive()
        await send(START)
        assert (await receive())["type"] == "http.disconnect"

    async def cancelled(scope, receive, send):
        raise asyncio.CancelledError

    serve(app).call()
    with pytest.raises(asyncio.CancelledError):
        serve(cancelled).call()
    assert [each.status for each in recorded()] == [499, 499]


@pytest.mark.parametrize(
    ("pieces", "headers", "output"),
    [
        ((b"[" + b"1," * 3000 + b"1]",), START["headers"], {"bytes": 6003}),
        ((b"\x00" * 10, b"\x01"), [(b"content-type", b"image/png")], {"bytes": 11}),
        ((b"gzip",), [*START["headers"], (b"content-encoding", b"gzip")], {"bytes": 4}),
    ],
)
def test_a_large_or_strange_answer_is_recorded_by_its_digest(serve, recorded, workspace, pieces, headers, output):
    serve(answering(*pieces, headers=headers)).call()
    (only,) = recorded()
    digest = text_of(input_key(workspace.location).digest(b"".join(pieces)))
    assert only.output == {**output, "digest": digest}


def test_a_request_without_a_body_is_digested_by_its_query(serve, recorded, workspace):
    client = serve(answering(b"1"))
    client.call(method="GET", query=b"x=1")
    assert recorded()[0].input_digest == text_of(input_key(workspace.location).digest(b"x=1"))


def test_a_body_that_was_not_read_to_its_end_has_no_digest(serve, recorded):
    async def app(scope, receive, send):
        await receive()
        await send(START)
        await send({"type": "http.response.body", "body": b"1"})

    serve(app).call(b"first", b"second")
    assert recorded()[0].input_digest is None


def test_the_input_is_nowhere_on_disk(serve, recorded, workspace):
    serve(answering(b"1")).call(b'{"name": "a-very-secret-person"}')
    recorded()
    paths = [path for path in workspace.location.home.rglob("*") if path.is_file()]
    assert paths
    assert not any(b"a-very-secret-person" in path.read_bytes() for path in paths)


@pytest.fixture
def full_disk():
    """Let no file grow; the limit on a file's size stands for the disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))

    yield fill
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def spooled(workspace):
    return sum(path.stat().st_size for path in workspace.location.spool.glob("*.spool"))


def test_a_full_disk_does_not_stop_serving_and_the_loss_is_counted(serve, recorded, workspace, full_disk, caplog):
    client = serve(answering(b"1"))
    client.call()
    full_disk(spooled(workspace))
    for _ in range(3):
        assert TRACE in client.call()
        assert client.status == 200
    full_disk(resource.RLIM_INFINITY)
    client.call()
    assert client.json("/lineage/self")["lost"] == 3
    found = recorded()
    assert [each.sequence for each in found] == [1, 5]
    reasons = [entry.reason for entry in workspace.store.entries() if entry.reason]
    assert any("records 2 to 4" in reason for reason in reasons)
    assert len([record for record in caplog.records if "not recorded" in record.message]) == 1


def test_a_policy_can_refuse_what_cannot_be_recorded(serve, recorded, workspace, full_disk):
    async def app(scope, receive, send):
        pieces = (b"1", b"2") if scope["query_string"] == b"stream" else (b"1",)
        await answering(*pieces)(scope, receive, send)

    client = serve(app, on_failure="refuse")
    client.call()
    assert client.status == 200
    full_disk(spooled(workspace))
    client.call()
    assert (client.status, b"could not be recorded" in client.body) == (503, True)
    with pytest.raises(ConnectionAbortedError):
        client.call(query=b"stream")  # its beginning is out; its end never comes
    assert client.sent[-1]["more_body"] is True
    full_disk(resource.RLIM_INFINITY)
    client.call()
    assert [each.sequence for each in recorded()] == [1, 2]


def test_without_a_workspace_answers_go_out_and_say_unknown(serve, tmp_path, caplog):
    client = serve(answering(b"1"), url=tmp_path / "nothing" / "here.db")
    assert client.call()[b"x-model-version"] == b"unknown"
    assert client.status == 200
    state = client.json("/lineage/self")
    assert (state["workspace"], state["recorded"]) == ("unavailable", 1)
    client.call(method="GET", path="/lineage/" + "0" * 12 + "7" + "0" * 3 + "8" + "0" * 15)
    assert client.status == 503


def test_without_any_place_to_record_answers_go_out_or_are_refused(serve, tmp_path):
    (tmp_path / "file").write_text("in the way")
    nowhere = tmp_path / "file" / "x.db"
    client = serve(answering(b"1"), url=nowhere)
    client.call()
    assert client.status == 200
    assert client.json("/lineage/self")["lost"] == 1
    strict = serve(answering(b"1"), url=nowhere, on_failure="refuse")
    strict.call()
    assert strict.status == 503


def test_other_connections_pass_and_the_life_of_the_application_is_ours(serve, recorded):
    kinds = []

    async def app(scope, receive, send):
        kinds.append(scope["type"])

    client = serve(app)

    async def run():
        for kind in ("websocket", "lifespan"):
            await client.app({"type": kind, "path": "/predict"}, None, None)

    asyncio.run(run())
    assert kinds == ["websocket", "lifespan"]


@pytest.mark.parametrize("options", [{"on_failure": "maybe"}, {"durability": "none"}])
def test_an_option_that_is_none_is_refused_by_name(workspace, options):
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        LinealMiddleware(answering(), "api", **options)


def test_an_endpoint_needs_a_name():
    with pytest.raises(InvalidArgument):
        LinealMiddleware(answering(), "")


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # forking with threads is the point
def test_a_forked_worker_records_for_itself(serve, recorded, workspace):
    client = serve(answering(b"1"))
    client.call()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            client.call()
            status = 0 if client.json("/lineage/self")["recorded"] == 1 else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    client.call()
    assert client.json("/lineage/self")["recorded"] == 2
    found = recorded()
    assert len(found) == 3
    assert len({each.spool for each in found}) == 2
    assert workspace.verify().ok
