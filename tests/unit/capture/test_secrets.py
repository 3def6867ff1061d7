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


def shape(start: str, alphabet: str, length: int, end: str = "") -> str:
    """Return an invented key of a known shape."""
    return start + "".join(alphabet[(7 * n + 3) % len(alphabet)] for n in range(length)) + end


HEX, WORD = "0123456789abcdef", "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z"
UPPER = "A1B2C3D4E5F6G7H8J9K0"
SHAPES = [
    shape("sk-ant-api03-", WORD, 80),
    shape("sk-proj-", WORD, 60),
    shape("sk_live_", WORD, 24),
    shape("rk_test_", WORD, 24),
    shape("hf_", WORD, 34),
    shape("npm_", WORD, 36),
    shape("pypi-", WORD, 90),
    shape("glpat-", WORD, 20),
    shape("glrt-", WORD, 20),
    shape("github_pat_", WORD, 60),
    shape("gho_", WORD, 36),
    shape("gsk_", WORD, 52),
    shape("r8_", WORD, 37),
    shape("nvapi-", WORD, 64),
    shape("dapi", HEX, 32),
    shape("SG.", WORD, 22, "." + shape("", WORD, 43)),
    shape("SK", HEX, 32),
    shape("key-", HEX, 32),
    shape("", HEX, 32, "-us12"),
    shape("hvs.", WORD, 30),
    shape("dop_v1_", HEX, 64),
    shape("dckr_pat_", WORD, 27),
    shape("shpat_", HEX, 32),
    shape("sq0atp-", WORD, 22),
    shape("whsec_", WORD, 32),
    shape("ATATT3", WORD, 80),
    shape("AGE-SECRET-KEY-1", UPPER, 58),
    shape("glsa_", WORD, 32, "_0a1b2c3d"),
    shape("NRAK-", UPPER, 27),
    shape("rubygems_", HEX, 48),
    shape("pat", WORD, 14, "." + shape("", HEX, 64)),
    shape("LTAI", WORD, 20),
    shape("abc8Q~", WORD, 34),
    shape("123456789:AA", WORD, 33),
    shape("ya29.", WORD, 60),
    shape("GOCSPX-", WORD, 28),
    shape("ASIA", UPPER, 16),
    shape("xapp-1-", UPPER, 40),
    shape("lin_api_", WORD, 40),
    shape("https://discord.com/api/webhooks/123456789012/", WORD, 60),
    shape("https://hooks.slack.com/services/T0/B0/", WORD, 24),
]


def hides(text: str, secret: str) -> bool:
    """Whether nothing that helps is left: no eight characters of the secret in a row, but for its public start."""
    tail = secret[-24:]
    return not any(tail[n : n + 8] in text for n in range(len(tail) - 7))


@pytest.mark.parametrize("secret", SHAPES, ids=lambda secret: secret[:10])
def test_keys_of_every_large_service_are_known_wherever_they_stand(secret):
    for around in ("{}", "x = '{}'", "--option={}", '{{"a": "{}"}}', "a\n{}\nb", "see {}, please"):
        assert hides(redact(around.format(secret)), secret), around
    assert hides(" ".join(redact_argv(["train.py", secret, f"--x={secret}"])), secret)
    assert hides(redact_value("ANY_NAME", secret), secret)


@pytest.mark.parametrize(
    "text",
    [
        "curl -H 'Authorization: Bearer {}' https://example.org",
        "Authorization: Basic {}==",
        "https://example.org/data.csv?X-Amz-Signature={}&x=1",
        "https://example.org/x?sv=2022&sig={}",
        "https://example.org/x?token={}",
        "jdbc:postgresql://db/x?user=ada&password={}",
        "Server=db;User Id=ada;Password={};",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={}==",
        "machine example.org login ada password {}",
        "redis://:{}@cache:6379/0",
        "mongodb+srv://ada:{}@example.org/x",
        "amqp://ada:{}@mq//",
        "https://oauth2:{}@example.org/team/x.git",
        "https://example.org https://ada:{}@other.example.org/simple",
    ],
)
@pytest.mark.parametrize("secret", [RANDOM, "letmeinplease"])
def test_secrets_in_headers_urls_and_connection_strings_are_cut_out(text, secret):
    assert secret not in redact(text.format(secret))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGPASSWORD", "letmein"),
        ("SSHPASS", "letmein"),
        ("MYSQL_PWD", "letmein"),
        ("HF_TOKEN", "letmein"),
        ("WANDB_API_KEY", "letmein"),
        ("AWS_SECRET_ACCESS_KEY", "letmein"),
        ("SMTP_PASS", "letmein"),
        ("DB_PW", "letmein"),
        ("AZURE_CLIENT_SECRET", "letmein"),
        ("DATABASE_URL", "postgres://ada:letmein@example.org/x"),
        ("awsSecretKey", "letmein"),
        ("ENCRYPTION_KEY", RANDOM),
    ],
)
def test_variables_that_hold_secrets_are_known_by_name(name, value):
    assert "letmein" not in redact_value(name, value)
    assert RANDOM not in redact_value(name, value)


@pytest.mark.parametrize(
    ("argv", "clean"),
    [
        (["curl", "-u", "ada:letmein"], ["curl", "-u", f"ada:{HIDDEN}"]),
        (["x", "--pass", "letmein"], ["x", "--pass", HIDDEN]),
        (["x", "--first-pass", "3"], ["x", "--first-pass", "3"]),
        (["python", "-u", "train.py"], ["python", "-u", "train.py"]),
        (["x", "--header", f"Authorization: Bearer {RANDOM}"], ["x", "--header", f"Authorization: Bearer {HIDDEN}"]),
    ],
    ids=lambda words: " ".join(words)[:30],
)
def test_options_of_common_programs_are_known(argv, clean):
    assert redact_argv(argv) == clean


@pytest.mark.parametrize("file", ["settings.yaml", ".env", "config/app.ini", "a.properties", "db.json", ".env.local"])
def test_in_a_configuration_a_telling_name_is_enough(file):
    assert has_secret(b"password: letmein\n", file=file)
    assert not has_secret(b"password: ${PASSWORD}\npad_token: <pad>\nsort_key: day\npassword: null\n", file=file)
    assert not has_secret(b"password: letmein\n", file="train.py")
