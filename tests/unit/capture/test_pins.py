"""Versions of data kept elsewhere, from real layouts of each system on disk and from URLs."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from lineal.capture.pins.find import pin_of_path, pin_of_url
from lineal.capture.pins.pin import Pin

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = f"sha256:{'ab' * 32}"


def written(path: Path, content: str | bytes = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_delta_table_is_at_its_newest_commit_also_after_a_checkpoint(tmp_path):
    written(tmp_path / "part-0.parquet", b"PAR1")
    for number in (0, 1, 12):
        written(tmp_path / "_delta_log" / f"{number:020}.json", "{}")
    written(tmp_path / "_delta_log" / "_last_checkpoint", "{}")
    assert pin_of_path(tmp_path) == Pin("delta", "12")
    written(tmp_path / "_delta_log" / f"{20:020}.checkpoint.parquet", b"PAR1")
    assert pin_of_path(tmp_path) == Pin("delta", "20")


@pytest.mark.parametrize("name", ["v2.metadata.json", "00002-9c12d441-03fe-4693-9a96-a0705ddf69c1.metadata.json"])
def test_an_iceberg_table_is_at_the_snapshot_of_its_newest_metadata(name, tmp_path):
    written(tmp_path / "metadata" / name.replace("2", "1", 1), json.dumps({"current-snapshot-id": 7}))
    written(tmp_path / "metadata" / name, json.dumps({"format-version": 2, "current-snapshot-id": 3051729675574597004}))
    assert pin_of_path(tmp_path) == Pin("iceberg", "3051729675574597004")


def test_compressed_metadata_of_iceberg_is_read_and_an_empty_table_has_no_snapshot(tmp_path):
    data = gzip.compress(json.dumps({"current-snapshot-id": -1}).encode())
    written(tmp_path / "metadata" / "v1.gz.metadata.json", data)
    assert pin_of_path(tmp_path) == Pin("iceberg", None, "the table has no snapshot yet")


def test_a_file_in_dvc_has_the_digest_beside_it(tmp_path):
    data = written(tmp_path / "flights.csv", "a\n1\n")
    digest = hashlib.md5(data.read_bytes(), usedforsecurity=False).hexdigest()
    written(
        tmp_path / "flights.csv.dvc",
        f"outs:\n- md5: {digest}\n  size: 4\n  hash: md5\n  path: flights.csv\nmeta:\n  owner: ada\n",
    )
    assert pin_of_path(data) == Pin("dvc", f"md5:{digest}")


def test_what_a_stage_of_dvc_made_has_the_digest_in_the_lock_above(tmp_path):
    made = written(tmp_path / "data" / "prepared" / "train.tsv")
    written(
        tmp_path / "dvc.lock",
        "schema: '2.0'\nstages:\n  prepare:\n    cmd: python prepare.py\n    deps:\n    - path: data/raw.xml\n"
        "      hash: md5\n      md5: 1111\n      size: 9\n    outs:\n    - path: data/prepared\n      hash: md5\n"
        "      md5: 2222.dir\n      size: 12\n      nfiles: 1\n",
    )
    assert pin_of_path(made.parent) == Pin("dvc", "md5:2222.dir")
    assert pin_of_path(tmp_path / "data" / "raw.xml") == Pin("dvc", "md5:1111")
    assert pin_of_path(made) is None


def test_a_link_of_git_annex_points_at_its_key_whether_or_not_the_content_is_here(tmp_path):
    key = f"SHA256E-s4--{'cd' * 32}.csv"
    (tmp_path / "flights.csv").symlink_to(f".git/annex/objects/Xk/9z/{key}/{key}")
    assert pin_of_path(tmp_path / "flights.csv") == Pin("git-annex", key)
    written(tmp_path / "unlocked.csv", f"/annex/objects/{key}\n")
    assert pin_of_path(tmp_path / "unlocked.csv") == Pin("git-annex", key)


def test_a_pointer_of_git_lfs_names_the_content_that_is_not_here(tmp_path):
    pointer = written(tmp_path / "big.bin", f"version https://example.org/spec/v1\noid {DIGEST}\nsize 12345\n")
    found = pin_of_path(pointer)
    assert found == Pin("git-lfs", DIGEST, "only the pointer is here, not the content")


def test_a_snapshot_in_the_cache_of_hugging_face_is_a_commit(tmp_path):
    file = written(tmp_path / "hub" / "datasets--ada--flights" / "snapshots" / COMMIT / "data" / "train.parquet")
    assert pin_of_path(file) == Pin("huggingface", COMMIT)
    assert pin_of_path(written(tmp_path / "snapshots" / COMMIT / "x")) is None


def test_an_image_layout_has_the_digest_of_its_one_manifest(tmp_path):
    written(tmp_path / "oci-layout", '{"imageLayoutVersion": "1.0.0"}')
    written(tmp_path / "index.json", json.dumps({"schemaVersion": 2, "manifests": [{"digest": DIGEST}]}))
    assert pin_of_path(tmp_path) == Pin("oci", DIGEST)


@pytest.mark.parametrize(
    ("url", "system", "version"),
    [
        (f"lakefs://flights/{COMMIT}{'0' * 24}/2013/01.parquet", "lakefs", f"{COMMIT}{'0' * 24}"),
        ("s3://bucket/flights.csv?versionId=3HL4kqtJlcpXroDTDmJ", "s3", "3HL4kqtJlcpXroDTDmJ"),
        ("https://bucket.example.org/flights.csv?versionId=3HL4k", "s3", "3HL4k"),
        ("gs://bucket/flights.csv#1579287380533984", "gcs", "1579287380533984"),
        ("gs://bucket/flights.csv?generation=15", "gcs", "15"),
        ("abfss://c@account.example.org/flights.csv?snapshot=2013-01-05T00:00:00Z", "azure", "2013-01-05T00:00:00Z"),
        (f"hf://datasets/ada/flights@{COMMIT}/train.parquet", "huggingface", COMMIT),
        (f"oci://registry.example.org/flights@{DIGEST}", "oci", DIGEST),
    ],
)
def test_a_url_may_name_a_version(url, system, version):
    assert pin_of_url(url) == Pin(system, version)


@pytest.mark.parametrize(
    ("url", "system"),
    [
        ("lakefs://flights/main/2013/01.parquet", "lakefs"),
        ("s3://bucket/flights.csv", "s3"),
        ("hf://datasets/ada/flights/train.parquet", "huggingface"),
        ("hf://datasets/ada/flights@main/train.parquet", "huggingface"),
        ("oci://registry.example.org/flights:latest", "oci"),
    ],
)
def test_a_name_that_moves_is_no_version_and_the_reason_is_said(url, system):
    found = pin_of_url(url)
    assert (found.system, found.version) == (system, None)
    assert found.reason


def test_places_that_no_system_is_known_by_have_no_version(tmp_path):
    assert pin_of_path(tmp_path) is None
    assert pin_of_path(written(tmp_path / "plain.csv", "a\n")) is None
    assert pin_of_path(tmp_path / "gone") is None
    assert pin_of_url("https://example.org/flights.csv") is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metadata/v1.metadata.json", b"{"),
        ("metadata/v1.metadata.json", b"[]"),
        ("metadata/v1.metadata.json", b"\x1f\x8bnot gzip"),
        ("index.json", b"[1]"),
        ("index.json", b'{"manifests": [1]}'),
        ("_delta_log/nothing.json", b""),
    ],
)
def test_damaged_metadata_is_no_version_and_no_error(name, content, tmp_path):
    written(tmp_path / "oci-layout", "{}")
    written(tmp_path / name, content)
    found = pin_of_path(tmp_path)
    assert found.version is None
    assert found.reason
