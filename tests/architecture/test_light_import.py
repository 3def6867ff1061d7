"""`import lineal` is cheap, judged by the modules it loads, and the command starts with the core packages alone."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib

import pytest

import lineal

# Standard modules that cost more to import than all of Lineal should.
HEAVY = (
    "asyncio",
    "ctypes",
    "email",
    "http",
    "importlib.metadata",
    "multiprocessing",
    "pydoc",
    "ssl",
    "subprocess",
    "tempfile",
    "unittest",
    "urllib.request",
)

# Looked at if the user's own program uses them; never required, so in no extra.
GUESTS = {
    "pytest",
    "torch",
    "tensorflow",
    "jax",
    "keras",
    "h5py",
    "onnx",
    "xgboost",
    "lightgbm",
    "joblib",
    "onnxruntime",
    "IPython",
    "ipykernel",
    "cloudpickle",
    "sitecustomize",
}

# Declared ahead of its first use: the ledger's signed checkpoints.
AWAITED = {"cryptography"}

REFUSE_OPTIONAL_PARTS = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {roots!r}:
            raise ImportError(f"{{name}} is an optional part")

sys.meta_path.insert(0, Refuse())
sys.argv = ["lineal", "--help"]
from lineal.cli import main
main()
"""


def modules_after(statement):
    program = f"{statement}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def requirements(lines):
    return {re.split(r"[\s<>=!~;\[]", line, maxsplit=1)[0].lower() for line in lines} - {"lineal"}


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def loaded():
    return modules_after("import lineal") - modules_after("")


def third_party_roots(modules):
    found = {}
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in names:
                found.setdefault(name.partition(".")[0], module.name)
    return {
        name: user for name, user in found.items() if name not in sys.stdlib_module_names | {"lineal", "__future__"}
    }


def distributions_of(name):
    return {dist.lower().replace("_", "-") for dist in importlib.metadata.packages_distributions().get(name, [])}


def test_importing_lineal_loads_no_third_party_module(loaded):
    roots = {name.partition(".")[0] for name in loaded}

    assert roots - sys.stdlib_module_names == {"lineal"}


def test_importing_lineal_loads_no_heavy_standard_module(loaded):
    assert loaded & set(HEAVY) == set()


def test_the_root_exports_twelve_names_or_fewer():
    assert 0 < len(lineal.__all__) <= 12
    assert all(hasattr(lineal, name) for name in lineal.__all__)


def test_the_command_starts_without_any_optional_part(project):
    core = requirements(project["dependencies"])
    optional = set().union(*map(requirements, project["optional-dependencies"].values())) - core
    roots = {
        root
        for root, dists in importlib.metadata.packages_distributions().items()
        if optional & {*map(str.lower, dists)}
    }
    assert "pandas" in roots

    program = REFUSE_OPTIONAL_PARTS.format(roots=roots | GUESTS)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout


def test_every_package_that_the_source_imports_is_declared(modules, project):
    declared = requirements(project["dependencies"])
    declared |= set().union(*map(requirements, project["optional-dependencies"].values()))

    undeclared = {
        name: user
        for name, user in third_party_roots(modules).items()
        if name not in GUESTS and not distributions_of(name) & declared
    }

    assert undeclared == {}


def test_every_core_package_is_imported_somewhere(modules, project):
    used = set().union(*map(distributions_of, third_party_roots(modules)))

    assert requirements(project["dependencies"]) - used <= AWAITED


def test_the_extra_all_holds_every_other_extra_and_no_pytorch(project):
    extras = project["optional-dependencies"]
    named = re.search(r"\[(.*)\]", extras["all"][0]).group(1)

    assert set(named.split(",")) == set(extras) - {"all"}
    assert "torch" not in set().union(*map(requirements, extras.values()))
