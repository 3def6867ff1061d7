from __future__ import annotations

import pytest

from lineal.capture.secrets import HIDDEN, has_secret, redact, redact_argv, redact_value

# Written in two parts, so that no scanner takes this file for a leak.
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
SLACK = "xoxb-" + "123456789012-abcdefABCDEF"
GOOGLE = "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\nAAAA\n-----END RSA " + "PRIVATE KEY-----"
RANDOM = "q7Zp4Xw9" + "Lk2Vb8Nt6Rm3"


@pytest.mark.parametrize(
    "secret", [AWS, GITHUB, SLACK, GOOGLE, JWT, KEY], ids=["aws", "github", "slack", "google", "jwt", "key"]
)
def test_known_shapes_are_cut_out_wherever_they_stand(secret):
    text = redact(f"before {secret} after")
    assert text == f"before {HIDDEN} after"
    assert has_secret(f"\x00{secret}".encode())


def test_a_private_key_that_is_cut_off_is_hidden_to_its_end():
    assert redact(KEY[:45]) == HIDDEN
    assert "MIIEow" not in redact("+" + KEY.replace("\n", "\n+"))


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://user:pa55@example.org/x.git", f"https://{HIDDEN}@example.org/x.git"),
        ("https://sometoken@example.org/x", f"https://{HIDDEN}@example.org/x"),
        ("https://u:p@ss@example.org/x", f"https://{HIDDEN}@example.org/x"),
        ("postgresql://u:p@example.org:5432/db", f"postgresql://{HIDDEN}@example.org:5432/db"),
        ("https://example.org:8080/a@b", "https://example.org:8080/a@b"),
        ("git@example.org:team/x.git", "git@example.org:team/x.git"),
        ("ssh://git@example.org/x.git", "ssh://git@example.org/x.git"),
    ],
)
def test_credentials_are_cut_out_of_urls_and_nothing_else(url, clean):
    assert redact(url) == clean


@pytest.mark.parametrize(
    ("argv", "clean"),
    [
        (["--password", "hunter2"], ["--password", HIDDEN]),
        (["--db-password=hunter2"], [f"--db-password={HIDDEN}"]),
        (["--token", RANDOM], ["--token", HIDDEN]),
        (["--key", RANDOM], ["--key", HIDDEN]),
        (["API_KEY=abc"], [f"API_KEY={HIDDEN}"]),
        (["--url", "https://u:p@example.org"], ["--url", f"https://{HIDDEN}@example.org"]),
        (["--sort-key", "departure"], ["--sort-key", "departure"]),
        (["--max-tokens", "100"], ["--max-tokens", "100"]),
        (["--pad-token", "<pad>"], ["--pad-token", "<pad>"]),
        (["--tokenizer", "words"], ["--tokenizer", "words"]),
        (["--password", "--verbose"], ["--password", "--verbose"]),
        (["train.py", "--rate", "0.1"], ["train.py", "--rate", "0.1"]),
    ],
    ids=" ".join,
)
def test_a_command_line_loses_its_secrets_and_keeps_the_rest(argv, clean):
    assert redact_argv(argv) == clean


@pytest.mark.parametrize(
    "line",
    [
        'password = "hunter2hunter2"',
        "DB_PASSWORD=hunter2",
        f"api_key: {RANDOM}",
        f'"secret": "{RANDOM}"',
        f"aws_secret_access_key = {RANDOM}{RANDOM}",
        f"+export AUTH_TOKEN={RANDOM}",
    ],
)
def test_named_secrets_are_found_in_files_and_diffs(line):
    assert has_secret(line.encode())
    assert redact(redact(line)) == redact(line)


@pytest.mark.parametrize(
    "line",
    [
        "password = os.environ['DB_PASSWORD']",
        "password: str",
        "token = tokenizer.encode(text)",
        "for key in sorted(keys):",
        "sort_key = 'departure_time'",
        "password = getpass.getpass()",
        "PASSWORD=${PASSWORD}",
        "def is_secret(name: str, value: str) -> bool:",
        "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "max_tokens = 128",
    ],
)
def test_plain_code_is_left_alone(line):
    assert redact(line) == line


def test_a_variable_is_judged_by_its_name_and_by_its_shape():
    assert redact_value("MY_SECRET", "abc") == HIDDEN
    assert redact_value("ANY", AWS) == HIDDEN
    assert redact_value("OMP_NUM_THREADS", "4") == "4"


@pytest.mark.parametrize(
    "part",
    ["a", "0.123,4.5,", "token_", "token ", "token= ", "k=key,", "eyJ-", "a://", "token\n", "-----BEGIN "],
    ids=repr,
)
def test_long_text_without_a_secret_comes_back_as_it_was_and_soon(part):
    # With one pattern that looks again from every letter, this would take hours.
    text = part * (400_000 // len(part))
    assert redact(text) == text
