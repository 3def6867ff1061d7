"""What is committed works anywhere: no registry's host, no path of one machine, locks with fingerprints only."""

from __future__ import annotations

import re
import subprocess

import pytest

# In pieces, so that this file passes its own test.
HOSTS = re.compile(
    "|".join(["pypi" + r"\.org", "python" + r"hosted\.org", "npm" + r"js\.(org|com)", "debian" + r"\.org"])
)
HOME = re.compile(r"(?<![\w.}])/(root|home/[a-z]\w*|Users/[A-Za-z]\w*)/")


@pytest.fixture(scope="module")
def committed(root):
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.split(b"\0")
    texts = {}
    for name in filter(None, map(bytes.decode, names)):
        file = root / name
        if file.is_file() and b"\0" not in (data := file.read_bytes()):
            texts[name] = data.decode("utf-8", errors="replace")
    assert "pyproject.toml" in texts
    return texts


def lines_with(pattern, texts):
    return [
        f"{name}:{number}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_committed_file_names_a_registry(committed):
    assert lines_with(HOSTS, committed) == []


def test_no_committed_file_names_a_directory_of_one_machine(committed, root):
    assert lines_with(HOME, committed) == []
    assert lines_with(re.compile(re.escape(f"{root}/")), committed) == []


def test_every_requirement_is_pinned_and_has_a_fingerprint(committed):
    locks = {name: text for name, text in committed.items() if re.fullmatch(r"requirements/\w+\.txt", name)}
    assert {f"requirements/{name}.txt" for name in ("core", "dev", "mlmd", "uv")} <= set(locks)

    for name, text in locks.items():
        entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", text))
        loose = [entry for entry in entries if not re.match(r"[a-z0-9.-]+==[^\n]+\\\n\s+--hash=sha256:", entry)]
        assert loose == [], name


def test_pytorch_is_in_no_lock(committed):
    assert not re.search(r"(?m)^(torch|nvidia-(?!ml-py))", committed["requirements/dev.txt"])


def test_no_second_kind_of_lock_is_committed(committed):
    assert {"uv.lock", "pylock.toml"} & {name.rpartition("/")[2] for name in committed} == set()


def test_the_package_says_that_it_is_typed_and_its_wheel_takes_every_file(committed):
    assert "src/lineal/py.typed" in committed


def test_every_decision_has_a_number_of_its_own(committed):
    numbers = [found[1] for name in committed if (found := re.match(r"docs/decisions/(\d{4})-", name))]

    assert sorted(numbers) == sorted(set(numbers))
