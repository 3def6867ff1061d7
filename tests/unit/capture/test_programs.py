"""What a command line says of other programs than Python, and of the files that these may read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lineal.capture.programs import started_by, started_by_text

SCRIPT = """
set -e
mkdir -p work/parts
for name in data/*.csv; do
    grep -v ',UA,' "$name" >> work/clean.csv
done
RAW="data/raw.txt"
clean() {
    rm -f old.csv
}
clean
awk '{
    print $1
}' < $RAW > work/first.txt 2> log.txt
python - <<EOF
import pandas
EOF
env OMP_NUM_THREADS=1 python fit.py --data work/clean.csv | tee fit.log
"""


def test_the_text_of_a_shell_names_its_programs_their_files_and_the_directories_it_makes():
    found = started_by_text(SCRIPT)
    assert found.programs == ("grep", "awk")
    assert {"data/*.csv", "data/raw.txt"} <= set(found.words)
    assert not {"work/clean.csv", "work/first.txt", "log.txt", "old.csv"} & set(found.words)
    assert found.made == ("work/parts",)


@pytest.mark.parametrize(
    "words",
    [
        [sys.executable, "train.py", "--data", "flights.csv"],
        ["nice", "-n", "10", "python3", "train.py"],
        ["uv", "run", "python", "train.py"],
        ["git", "describe", "--always"],
        ["bash", "-ec", "cd src && python train.py && echo done"],
        [str(Path(sys.executable).with_name("pytest")), "-q"],
    ],
    ids=lambda words: Path(words[0]).name,
)
def test_python_and_programs_that_read_no_data_are_not_named(words):
    assert started_by(words).programs == ()


@pytest.mark.parametrize(
    ("words", "programs", "named"),
    [
        (["cp", "a.csv", "b.csv"], ("cp",), ("a.csv", "b.csv")),
        (["sh", "-c", "sort -t, a.csv > b.csv; gzip -k b.csv"], ("sort", "gzip"), ("-t,", "a.csv", "-k", "b.csv")),
        (["timeout", "60", "./fit", "a.csv"], ("fit",), ("a.csv",)),
    ],
)
def test_other_programs_are_named_with_their_words(words, programs, named):
    assert (started_by(words).programs, started_by(words).words) == (programs, named)


def test_a_makefile_names_what_its_targets_are_made_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = "RAW := data/flights.csv\nclean.csv: $(RAW)\n\t@mkdir work\n\tgrep -v UA $< > $@\n"
    (tmp_path / "Makefile").write_text(recipe, encoding="utf-8")
    found = started_by(["make", "clean.csv"])
    assert (found.programs, found.made) == (("grep",), ("work",))
    assert "data/flights.csv" in found.words


def test_a_script_that_starts_itself_is_read_to_an_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "again.sh").write_text("sort a.csv\nbash again.sh\n$PYTHON train.py\n", encoding="utf-8")
    assert started_by(["bash", "again.sh"]).programs == ("sort",)


def test_a_makefile_that_makes_its_own_targets_is_read_once_however_many_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    steps = "".join(f"\tmake step{number}\n" for number in range(50))
    (tmp_path / "Makefile").write_text(f"all:\n{steps}step0:\n\tsort a.csv\n", encoding="utf-8")
    assert started_by(["make", "all"]).programs == ("sort",)


def test_a_script_that_is_started_twice_may_read_what_both_times_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "step.sh").write_text('sort "$1"\n', encoding="utf-8")
    assert {"a.csv", "b.csv"} <= set(started_by_text("sh step.sh a.csv; sh step.sh b.csv").words)
