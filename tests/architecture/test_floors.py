"""Imports only go down: the contracts of pyproject.toml hold, and each of them notices the fault it is there for."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib

import pytest

# A store imports its implementation, the workspace a room, when it is first asked (docs/decisions/0009).
# `lineal serve` imports its floor, and gRPC with it, when it runs: every other command starts without.
# The root of the commands imports what ends left runs only where there are any (docs/decisions/0043).
# The server under MLMD's flags names the packages it lacks before it imports them.
# The bootstrap of `lineal run` is no module of the package: an interpreter that has none of it runs it too.
# The root imports what is asked of it: every worker of a recorded command imports it (docs/decisions/0028), and looks
# into models only where it writes one.
DEFERRED_LIMITS = {
    "lineal/store/open.py": 5,
    "lineal/workspace.py": 14,
    "lineal/cli/serve.py": 3,
    "lineal/cli/app.py": 1,
    "lineal/server/mlmd/__main__.py": 1,
    "lineal/sdk/bootstrap/sitecustomize.py": 2,
    "lineal/__init__.py": 1,
    "lineal/sdk/beside.py": 1,
}

# The floor whose code is the example of what a user types; nothing below may know the package's root.
USERS_OF_THE_ROOT = "lineal/demo/"


LINT_IMPORTS = """
import sys
from importlinter.cli import lint_imports

sys.exit(lint_imports(config_filename=sys.argv[1], no_cache=True))
"""


def lint_imports(root, package_parent, *, cwd):
    """Run the contracts on the package in `package_parent`, as `make lint` does on src."""
    return subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, str(root / "pyproject.toml")],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(package_parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def own_imports(node):
    """Yield the names of Lineal's modules that an import, or a call of import_module, asks for."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = ["lineal." + (node.module or "")] if node.level else [node.module or ""]
    elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"}:
        names = [word.value for word in node.args if isinstance(word, ast.Constant)]
    else:
        names = []
    return [name for name in names if name.split(".")[0] in {"lineal", ""}]


def deferred_imports(tree):
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(child): child for function in functions for child in ast.walk(function)}
    return [(child.lineno, name) for child in inside.values() for name in own_imports(child)]


def test_every_contract_holds(root, tmp_path):
    result = lint_imports(root, root / "src", cwd=tmp_path)

    assert result.returncode == 0, result.stdout


def test_the_contracts_count_type_only_imports_and_unlisted_rooms(root):
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    floors = next(contract for contract in settings["contracts"] if contract["containers"] == ["lineal"])

    assert settings["exclude_type_checking_imports"] is False
    assert floors["exhaustive"] is True


@pytest.mark.parametrize(
    ("file", "fault", "contract"),
    [
        pytest.param(
            "errors.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lineal.model.nodes\n",
            "The floors: imports only go down",
            id="an upward import under TYPE_CHECKING",
        ),
        pytest.param(
            "model/nodes.py",
            "def sneak() -> None:\n    import lineal.store.protocol\n",
            "The floors: imports only go down",
            id="an upward import inside a function",
        ),
        pytest.param(
            "helpers/__init__.py", "", "The floors: imports only go down", id="a new room that no floor lists"
        ),
        pytest.param(
            "files/peek.py",
            "import lineal.store.protocol\n",
            "The floors: imports only go down",
            id="two rooms of one floor that know each other",
        ),
        pytest.param(
            "governance/peek.py",
            "import sqlalchemy\n",
            "The lower floors need no framework",
            id="a framework on a lower floor",
        ),
        pytest.param(
            "capture/twins/__init__.py",
            "import lineal.capture.peek\n",
            "No circle anywhere, at any depth",
            id="two modules of one room that need each other",
        ),
    ],
)
def test_a_planted_fault_breaks_its_contract(root, tmp_path, file, fault, contract):
    package = tmp_path / "src" / "lineal"
    shutil.copytree(root / "src" / "lineal", package, ignore=shutil.ignore_patterns("__pycache__"))
    target = package / file
    target.parent.mkdir(exist_ok=True)
    (package / "capture" / "peek.py").write_text("import lineal.capture.twins\n" if "twins" in file else "")
    with target.open("a", encoding="utf-8") as planted:
        planted.write("\n" + fault)

    result = lint_imports(root, tmp_path / "src", cwd=tmp_path)

    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout


def test_only_the_store_the_workspace_and_the_servers_starts_defer_imports_of_our_own(modules):
    deferred = {module.name: found for module in modules if (found := deferred_imports(module.tree))}

    assert set(deferred) <= set(DEFERRED_LIMITS)
    assert all(len(found) <= DEFERRED_LIMITS[name] for name, found in deferred.items())


def test_nothing_below_the_demo_imports_the_root_of_the_package(modules):
    rooms = {module.name.split("/")[1].removesuffix(".py") for module in modules}

    def names_the_root(node):
        if isinstance(node, ast.Import):
            return any(alias.name == "lineal" for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module == "lineal":
            return any(alias.name not in rooms for alias in node.names)
        return False

    users = {module.name for module in modules if any(names_the_root(node) for node in ast.walk(module.tree))}

    assert {name for name in users if not name.startswith(USERS_OF_THE_ROOT)} == set()


def test_imports_of_our_own_are_absolute(modules):
    relative = [
        f"{module.name}:{node.lineno}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert relative == []
