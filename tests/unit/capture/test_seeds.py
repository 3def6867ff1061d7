"""Every generator in use: which seed it has, heard, asked or proved, and which state it ends in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lineal.capture import record

CAPTURED = """
from pathlib import Path
from lineal.capture.record import as_struct, at_end, at_start
from lineal.files import Files
from lineal.integrations.watch import watch_program
watch_program()
files = Files(Path(__file__).parent / "kept")
start = at_start(files)
{during}
import json
print(json.dumps(as_struct(at_end(files, start))))
"""


@pytest.fixture
def run(tmp_path):
    """Run a script that captures itself, in a process of its own, and return the record."""

    def run(before: str, during: str = "pass", **variables: str) -> dict:
        script = tmp_path / "train.py"
        script.write_text(before + CAPTURED.format(during=during), encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(Path(record.__file__).parents[2]), **variables}
        done = subprocess.run(
            [sys.executable, str(script)], env=environment, check=True, capture_output=True, text=True
        )
        return json.loads(done.stdout)

    return run


def seeds(found: dict) -> dict:
    return found["seeds"]["value"]


def test_a_seeding_call_is_heard_with_its_line(run):
    found = seeds(run("", "import random, numpy\nrandom.seed(5)\nnumpy.random.seed(6)\nnumpy.random.rand()"))
    assert (found["random"], found["numpy"]) == (5, 6)
    assert [call["generator"] for call in found["calls"]] == ["random", "numpy"]
    assert all(call["where"].startswith("train.py:") for call in found["calls"])


def test_a_seed_of_the_programs_own_comes_after_one_given_through_lineal(run):
    during = "set_seed(1)\nnumpy.random.seed(2)\nnumpy.random.rand()"
    found = seeds(run("import numpy\nfrom lineal.capture.seeds import set_seed\n", during))
    assert (found["random"], found["numpy"]) == (1, 2)


def test_a_name_that_was_imported_before_is_heard_too(run):
    found = seeds(run("from numpy.random import default_rng\n", "made = default_rng(8)"))
    assert found["generators"][0]["seed"] == 8


def test_a_seed_given_before_anybody_listened_is_proved_by_the_state_it_leaves(run):
    found = run("import random, numpy\nrandom.seed(1234)\nnumpy.random.seed(77)\n", "random.random()")
    assert seeds(found)["random"] == 1234
    assert seeds(found)["numpy"] == 77


def test_a_seed_that_cannot_be_proved_is_unknown_and_never_guessed(run):
    found = run("import random\nrandom.seed(1234)\nrandom.random()\n", "random.random()")
    assert found["seeds"]["status"] == "unknown"
    assert "not hooked" in found["seeds"]["reason"]
    assert "random" in found["rng_states"]["value"]["end"]


def test_a_generator_nobody_drew_from_needs_no_seed(run):
    assert seeds(run("import random\n"))["random"] == "not drawn from"


def test_numpys_generators_tell_their_seed_also_from_before(run):
    found = run("import numpy\nrng = numpy.random.default_rng(11)\n", "rng.random()")
    assert seeds(found)["generators"] == [{"name": "__main__.rng", "seed": 11}]
    states = found["rng_states"]["value"]
    assert states["start"]["__main__.rng"] != states["end"]["__main__.rng"]


def test_an_unseeded_generator_of_numpy_leaves_the_seed_it_drew(run):
    found = seeds(run("", "import numpy\nmade = numpy.random.default_rng()"))
    (entry,) = found["generators"]
    assert entry["asked"] is None
    assert int(entry["seed"]) > 2**32


def test_pythons_own_generators_are_named_and_their_seed_is_unknown(run):
    found = run("import random\nmine = random.Random(3)\n", "mine.random()")
    assert {"name": "__main__.mine", "seed": None} in seeds(found)["generators"]
    assert "__main__.mine" in found["rng_states"]["value"]["end"]


def test_pythons_own_generators_tell_the_seed_they_were_given_last_and_that_they_were_given_none(run):
    during = "import random\nlate = random.Random()\nlate.seed(42)\nnone = random.Random()"
    late, none = seeds(run("", during))["generators"]
    assert (late["name"], late["asked"], late["seed"]) == ("random.Random#1", 42, 42)
    assert (none["asked"], none["seed"]) == (None, "the system's entropy")


def test_what_scikit_learn_draws_and_makes_no_use_of_says_nothing(run):
    before = "import numpy, sklearn.linear_model as m, sklearn.svm as s\nX = numpy.eye(6)\n"
    idle = "m.Lasso().fit(X, X[0]); m.LassoCV(cv=2).fit(X, X[0]); s.SVR().fit(X, X[0])"
    assert seeds(run(before, idle))["numpy"] == "drawn from to no effect"
    assert "numpy" not in seeds(run(before, f"{idle}; m.Lasso(selection='random').fit(X, X[0])"))


def test_lines_that_ask_the_system_for_numbers_are_named_also_through_secrets_and_numpy(run):
    during = "import numpy, secrets, tempfile\nsecrets.token_hex()\nnumpy.random.RandomState()\ntempfile.mkdtemp()"
    found = seeds(run("", during))
    asked = [int(line.removeprefix("train.py:")) for line in found["entropy"]]
    assert len(asked) == 2
    assert asked[1] == asked[0] + 1


def test_a_seed_that_is_the_time_of_day_is_told_by_its_line_and_not_where_a_variable_gives_it(run):
    given = "import os, random, time\nrandom.seed(int(os.environ['GIVEN']))\n"
    found = seeds(run("", given + "random.seed(time.time_ns() // 1_000_000)", GIVEN=str(int(time.time()))))
    assert found["clock"] == [found["calls"][1]["where"]]


def test_equal_seeds_end_in_equal_states_and_other_draws_in_others(run):
    def ends(draws: int) -> dict:
        before = "import random\nfrom numpy.random import RandomState, default_rng, seed\nseed(4)\nrandom.seed(1)\n"
        before += "rng = default_rng(2)\nold = RandomState(3)\n"
        during = f"for _ in range({draws}): rng.random(); old.rand(); random.random()"
        return run(before, during)["rng_states"]["value"]["end"]

    first, second = ends(3), ends(4)
    assert first == ends(3)
    assert all(first[name] != second[name] for name in ("random", "__main__.rng", "__main__.old"))


def test_what_only_libraries_drew_from_says_nothing(run):
    found = run("", "import sklearn.linear_model\n__import__('ran' + 'dom').random()")
    assert seeds(found)["random"] == "drawn from by libraries only"
    assert found["rng_states"]["value"]["end"]["random"] == "drawn from by libraries only"


def test_generators_that_libraries_make_for_themselves_are_not_the_programs(run):
    found = run(
        "", "import scipy.stats, numpy\nmine = numpy.random.default_rng(3)\nscipy.stats.norm.rvs(random_state=5)"
    )
    assert [one["seed"] for one in seeds(found)["generators"]] == [3]


def test_modules_and_objects_that_load_or_raise_when_asked_are_not_asked(run):
    before = """
import sys, types
class Lazy(types.ModuleType):
    def __getattr__(self, name):
        raise RuntimeError("loads a gigabyte")
class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("outside of a request")
sys.modules["lazy"] = Lazy("lazy")
sys.modules["odd"] = Proxy()
sys.modules["none"] = None
proxy = Proxy()
"""
    found = run(before)
    lost = {name for name, item in found.items() if item["status"] == "unknown"}
    assert lost <= {"container", "inputs", "outputs"}


def test_more_generators_than_anybody_reads_are_counted(run):
    found = seeds(run("", "import numpy\nmany = [numpy.random.default_rng(n) for n in range(40)]"))
    assert len(found["generators"]) == 33
    assert found["generators"][-1]["name"] == "8 more"


def test_odd_seeds_are_recorded_as_what_they_are(run):
    during = "for seed in (None, 2**70, 'text', b'x', 1.5): random.seed(seed)\nnumpy.random.seed([1, 2])"
    calls = [call["seed"] for call in seeds(run("import random, numpy\n", during))["calls"]]
    assert calls[:2] == [None, str(2**70)]
    assert calls[2].startswith("sha256:")
    assert calls[3].startswith("sha256:")
    assert calls[4:] == [1.5, [1, 2]]


def test_hooks_are_taken_out_again(run):
    hooked = "(random.seed, random.Random.seed, random._urandom, type(os.environ).__getitem__)"
    found = run(f"import random, os\nplain = {hooked}\n", f"watch_program().undo(); assert plain == {hooked}")
    assert found["seeds"]["status"] in ("captured", "unknown")


# ---------------------------------------------------------------- variables


def test_variables_the_programs_own_code_reads_are_recorded(run):
    during = "os.environ.get('RATE'); os.getenv('UNSET_ONE'); os.environ['MODE']; os.getenv('_'.join(['BUILT', 'UP']))"
    found = run("import os\n", during, RATE="0.1", MODE="fast", BUILT_UP="1", NOT_READ="1")["variables"]["value"]
    assert (found["RATE"], found["UNSET_ONE"], found["MODE"], found["BUILT_UP"]) == ("0.1", None, "fast", "1")
    assert "NOT_READ" not in found


def test_what_was_read_before_anybody_listened_is_found_in_the_text(run):
    found = run("import os\nrate = os.environ.get('EARLY', '1')\n", EARLY="7")["variables"]["value"]
    assert found["EARLY"] == "7"


def test_a_variable_has_the_value_the_process_was_started_with(run):
    before = "import os\nos.environ['OMP_NUM_THREADS'] = '9'\n"
    found = run(before, OMP_NUM_THREADS="2")
    assert found["variables"]["value"]["OMP_NUM_THREADS"] == "2"
    assert found["thread_variables"]["value"]["OMP_NUM_THREADS"] == "9"


def test_a_secret_variable_is_named_and_its_value_left_out(run):
    found = run("", "import os; os.getenv('API_TOKEN')", API_TOKEN="hunter2-and-more", HF_TOKEN="hf_" + "a1" * 20)
    assert "API_TOKEN, HF_TOKEN" in found["variables"]["reason"]
    assert found["variables"]["value"]["API_TOKEN"] == "[redacted]"
    assert found["variables"]["value"]["HF_TOKEN"] == "[redacted]"


def test_lineals_own_bootstrap_is_no_part_of_the_variables(run):
    ours = "/x/lineal/sdk/bootstrap"
    source = str(Path(record.__file__).parents[2])
    found = run("", PYTHONPATH=os.pathsep.join([ours, source]), LINEAL_URL="")["variables"]["value"]
    assert found["PYTHONPATH"] == source
    assert not [name for name in found if name.startswith("LINEAL_")]


def test_variables_a_library_reads_by_itself_are_not_the_programs(run):
    found = run("", "import tempfile; tempfile.gettempdir()", TMPDIR="/tmp")["variables"]["value"]
    assert "TMPDIR" not in found


# ---------------------------------------------------------------- determinism


def test_switches_of_loaded_frameworks_are_recorded(run):
    found = run("import sklearn\n", MKL_CBWR="COMPATIBLE")["determinism"]["value"]
    assert found["variables"] == {"MKL_CBWR": "COMPATIBLE"}
    assert found["sklearn"]["assume_finite"] is False


def test_numpy_with_a_generator_that_is_no_mersenne_twister_is_looked_at_all_the_same(run):
    chosen = "import numpy as np\nnp.random.set_bit_generator(np.random.PCG64(1))\nseed = 'seed 7'\n"
    drawn = "from lineal.capture.draws import Draws; draws = Draws(); np.random.random(); draws.unseeded()"
    found = run(chosen, drawn)
    assert "Error" not in str(found["seeds"].get("reason"))
    assert found["rng_states"]["value"]["end"]["numpy"].startswith("sha256:")
