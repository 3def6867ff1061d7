"""A rebuild as evidence: signed, kept, and verified by people who have no workspace."""

from __future__ import annotations

import base64
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import lineal
from lineal.errors import FailedPrecondition, FileCorrupt, InvalidArgument
from lineal.files.secret import secret_at
from lineal.rebuild.envelope import SigningKey, opened, public_key
from lineal.rebuild.statement import payload_of

KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)
DOCUMENTED = (Path(__file__).resolve().parents[3] / "docs" / "rebuild-statements.md").read_text(encoding="utf-8")


@pytest.fixture
def rebuilt(trained):
    trained.reproduce("model:delay", status=0)
    return trained


def statement(project, *words, status=0):
    done = project.start("-m", "lineal", "audit", "statement", *words)
    assert done.returncode == status, done.stderr
    return done


def test_a_rebuild_has_a_signed_statement_about_the_model(rebuilt):
    said = json.loads(statement(rebuilt, "model:delay", "--format", "json").stdout)

    with lineal.open(rebuilt.root) as workspace:
        model = workspace.resolve("model:delay")
    [subject] = said["subject"]
    assert (said["_type"], said["predicateType"]) == ("https://in-toto.io/Statement/v1", "urn:lineal:rebuild:v1")
    assert (subject["name"], f"sha256:{subject['digest']['sha256']}") == ("model:delay@v1", model.fingerprint)
    assert said["predicate"]["verdict"] == "BIT_EXACT"
    assert said["predicate"]["platform"]["rebuilt"]["python.version"] == ".".join(map(str, sys.version_info[:3]))


def test_a_file_that_is_not_there_is_said_to_be_that(project, tmp_path):
    gone = tmp_path / "nope.json"
    assert statement(project, str(gone), status=3).stderr.startswith(f"error: there is no file {gone}\n")


def test_who_rebuilt_it_is_told_in_words(rebuilt):
    told = statement(rebuilt, "model:delay").stdout
    assert "actor " in told
    assert "{" not in told


def test_the_documented_lines_verify_it_where_there_is_no_workspace(rebuilt, tmp_path):
    statement(rebuilt, "model:delay", "--out", str(tmp_path / "rebuild.json"))
    (tmp_path / "key.pem").write_text(rebuilt.run("-m", "lineal", "audit", "key").stdout)
    lines = DOCUMENTED.split("```python\n# verify.py\n")[1].split("```")[0]
    (tmp_path / "verify.py").write_text(lines)

    good = subprocess.run([sys.executable, "verify.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    envelope = json.loads((tmp_path / "rebuild.json").read_text())
    changed = base64.b64decode(envelope["payload"]).replace(b"BIT_EXACT", b"DIVERGED!")
    (tmp_path / "rebuild.json").write_text(json.dumps(envelope | {"payload": base64.b64encode(changed).decode()}))
    bad = subprocess.run([sys.executable, "verify.py"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (good.returncode, "BIT_EXACT" in good.stdout) == (0, True)
    assert (bad.returncode, "InvalidSignature" in bad.stderr) == (1, True)


def test_the_command_verifies_a_file_with_a_key_and_no_workspace(rebuilt, tmp_path):
    statement(rebuilt, "model:delay", "--out", str(tmp_path / "rebuild.json"))
    (tmp_path / "key.pem").write_text(rebuilt.run("-m", "lineal", "audit", "key").stdout)
    shutil.rmtree(rebuilt.root / ".lineal")

    done = statement(rebuilt, str(tmp_path / "rebuild.json"), "--key", str(tmp_path / "key.pem"))

    assert "BIT_EXACT" in done.stdout
    assert "signed by" in done.stdout


def test_a_changed_statement_is_refused_by_the_command(rebuilt, tmp_path):
    path = tmp_path / "rebuild.json"
    statement(rebuilt, "model:delay", "--out", str(path))
    envelope = json.loads(path.read_text())
    envelope["payload"] = base64.b64encode(base64.b64decode(envelope["payload"]) + b" ").decode()
    path.write_text(json.dumps(envelope))

    assert "does not fit" in statement(rebuilt, str(path), status=12).stderr


def test_what_diverged_or_could_not_run_is_signed_too(trained):
    (trained.root / "data.csv").unlink()
    trained.reproduce("model:delay", status=25)

    said = json.loads(statement(trained, "model:delay", "--format", "json").stdout)

    assert said["predicate"]["verdict"] == "NOT_RUNNABLE"
    assert said["predicate"]["missing"][0]["kind"] == "input"


def test_which_of_several_statements_it_is_and_what_the_others_say_is_told(rebuilt):
    (rebuilt.root / "data.csv").unlink()
    newest = rebuilt.reproduce("model:delay", status=25)["recorded_as"]

    told = statement(rebuilt, "model:delay", "--format", "json")

    assert json.loads(told.stdout)["predicate"]["verdict"] == "NOT_RUNNABLE"
    assert told.stderr.startswith(f"the statement of {newest}; older: BIT_EXACT (run:")


def test_the_badge_tells_verdict_platform_and_the_last_time_it_was_the_same(rebuilt):
    (rebuilt.root / "data.csv").unlink()
    rebuilt.reproduce("model:delay", status=25)

    shown = rebuilt.run("-m", "lineal", "show", "model:delay").stdout
    facts = json.loads(rebuilt.run("-m", "lineal", "show", "model:delay", "--format", "json").stdout)

    newest, before = (
        next(line for line in shown.splitlines() if label in line) for label in ("rebuilt", "before that")
    )
    assert "NOT_RUNNABLE" in newest
    assert "the newest of 2 rebuilds" in newest
    assert "BIT_EXACT" in before
    assert "Python 3." in before
    assert "signed" in before
    assert [each["verdict"] for each in facts["answers"]["rebuildable"]["rebuilds"]] == ["NOT_RUNNABLE", "BIT_EXACT"]


def test_an_attempt_that_this_machine_could_not_start_does_not_replace_the_verdict(rebuilt):
    verdict = rebuilt.reproduce("model:delay", "--env", "image", status=25)
    assert {missing["kind"] for missing in verdict["missing"]} <= {"image", "tool"}

    shown = rebuilt.run("-m", "lineal", "show", "model:delay").stdout
    facts = json.loads(rebuilt.run("-m", "lineal", "show", "model:delay", "--format", "json").stdout)

    badge, attempt = (next(line for line in shown.splitlines() if label in line) for label in ("rebuilt ", "not start"))
    assert "BIT_EXACT" in badge
    assert "image" in attempt
    assert [one["says_something"] for one in facts["answers"]["rebuildable"]["rebuilds"]] == [False, True]
    said = json.loads(statement(rebuilt, "model:delay", "--format", "json").stdout)
    assert said["predicate"]["verdict"] == "BIT_EXACT"


def test_a_key_that_cannot_be_read_does_not_cost_the_verdict(trained):
    keys = trained.root / ".lineal" / "keys"
    keys.mkdir(exist_ok=True)
    (keys / "statements.key").write_bytes(b"short")

    verdict = trained.reproduce("model:delay", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    assert any("the rebuild is not signed" in note for note in verdict["notes"])
    assert verdict["recorded_as"]


def test_the_key_is_readable_by_its_owner_alone_and_stays_the_same(tmp_path):
    first = secret_at(tmp_path / "keys" / "a.key", lost="")

    assert secret_at(tmp_path / "keys" / "a.key", lost="") == first
    assert stat.S_IMODE((tmp_path / "keys" / "a.key").stat().st_mode) == 0o600
    assert len(first) == 32


def test_a_statement_of_another_key_is_not_taken_for_ours():
    with pytest.raises(FailedPrecondition, match="is signed by sha256:"):
        opened(OTHER.sign(b"{}"), KEY.public)


def test_a_signature_under_our_name_by_another_key_is_refused():
    envelope = json.loads(OTHER.sign(b"{}"))
    envelope["signatures"][0]["keyid"] = KEY.public.id

    with pytest.raises(FileCorrupt):
        opened(json.dumps(envelope).encode(), KEY.public)


def test_the_type_of_what_is_signed_is_signed_too():
    envelope = json.loads(KEY.sign(b"{}")) | {"payloadType": "text/plain"}

    with pytest.raises(FileCorrupt):
        opened(json.dumps(envelope).encode(), KEY.public)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"null", b'{"payload": 1}', b'{"payload": "a", "signatures": []}', b"\xff" * 9, b"[" * 99_999]
)
def test_what_is_no_envelope_is_refused(text):
    with pytest.raises(InvalidArgument, match="no DSSE envelope"):
        opened(text, KEY.public)


def test_numbers_that_json_has_not_are_signed_as_text():
    payload = payload_of({"nan": float("nan"), "deep": [{"inf": float("-inf"), "bytes": b"\x00\xff", "one": 1.5}]})

    assert json.loads(payload) == {"nan": "nan", "deep": [{"inf": "-inf", "bytes": "00ff", "one": 1.5}]}


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_public_key_is_refused(pem):
    with pytest.raises(InvalidArgument):
        public_key(pem)
