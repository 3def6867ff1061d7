"""One program in a world of its own: a project, an environment, what lies beside them; recorded once, changed often.

A world is made below a directory: `project` with the program and its data, `venv` with the small packages that it
uses (whatever else it needs is lent by the environment of the tests), `shared` and `reckon` with modules outside of the
project, and `elsewhere`, from where questions are asked. `changed` puts everything back afterwards.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import lineal
from tests.planted import data
from tests.projects import IDENTITY
from tests.unit.rebuild.wheels import make_wheel, repack

PROGRAMS = Path(__file__).parent / "programs"

CLIP = (
    "LEAST = 0.3\n\n\ndef clipped(values):\n"
    "    if hasattr(values, 'clip'):\n        return values.clip(LEAST)\n"
    "    return [max(value, LEAST) for value in values]\n"
)
FLIGHTKIT = {"flightkit/__init__.py": "from flightkit.clip import clipped\n", "flightkit/clip.py": CLIP}
LOGGIT = {"loggit.py": "import sys\n\n\ndef note(*words):\n    print(*words, file=sys.stderr)\n"}
TRINKET = {"trinket.py": "SHINE = 1\n"}
RECKON = (
    "import os\n\nimport polars\n\nUNIT = 2\n\n\ndef reckoned(rows):\n"
    "    unit = UNIT / 4 if os.environ.get('RECKON_MODE') == 'fine' else UNIT\n"
    "    return rows.group_by('hour', maintain_order=True).agg(polars.col('delay', 'distance').mean() * unit)\n"
)
ROUNDING = "DIGITS = 3\n\n\ndef rounded(number):\n    return round(number, DIGITS)\n"

SCRIPTS = {
    "forest": "train.py",
    "linear": "train.py",
    "numbers": "fit.py",
    "boost": "boost.py",
    "light": "light.py",
    "net": "net.py",
    "plain": "means.py",
    "declared": "declared.py",
    "packaged": "table.py",
    "draws": "draws.py",
}
OUTPUTS = {
    "forest": ("forest.joblib",),
    "linear": ("line.joblib",),
    "numbers": ("weights.npz",),
    "boost": ("boosted.ubj",),
    "light": ("light.txt",),
    "net": ("net.pt",),
    "plain": ("means.json",),
    "declared": ("declared.txt",),
    "packaged": ("table.csv",),
    "draws": ("drawn.json",),
}
REAL = {"linear": "python-dateutil", "plain": "sortedcontainers"}
"""Real packages that a program's own environment has, so that they can be edited there."""


@dataclass
class World:
    """A program, where it lies and how it is started: what a fault and its decoys change."""

    root: Path
    program: str
    words: list[str]
    variables: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    place: str = "project"

    @property
    def project(self) -> Path:
        return self.root / self.place

    @property
    def python(self) -> Path:
        return self.root / "venv" / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        return next((self.root / "venv" / "lib").glob("python3*/site-packages"))

    @property
    def script(self) -> Path:
        return self.project / SCRIPTS[self.program]

    def run(self) -> str:
        """Run the program as a recorded one, and return a reference to its run."""
        words = [str(self.python), *self.words]
        done = self._start(words if self.program == "declared" else [*self._lineal, "run", "--", *words], self.project)
        assert done.returncode == 0, done.stderr
        with lineal.open(self.root / "project") as workspace:
            return f"run:{workspace.resolve('run:latest').external_id}"

    def outputs(self) -> list[bytes]:
        """Return what the program wrote."""
        return [(self.project / name).read_bytes() for name in OUTPUTS[self.program]]

    def reproduce(self, reference: str, *options: str) -> Any:
        """Return what `lineal reproduce` says in the world as it is now."""
        return self._answer("reproduce", reference, *options)

    def diff(self, before: str, after: str) -> Any:
        """Return what `lineal diff` says of two runs."""
        return self._answer("diff", before, after)

    def install(self, name: str, version: str, files: dict[str, str]) -> None:
        """Install a package as an installer does, in place of what it was."""
        self.remove(name)
        self._unpack(make_wheel(self.root / "wheels", name, version, files))

    def remove(self, name: str) -> None:
        """Take a package away."""
        for info in self.site_packages.glob(f"{name.replace('-', '_')}-*.dist-info"):
            for line in csv.reader((info / "RECORD").read_text(encoding="utf-8").splitlines()):
                (self.site_packages / line[0]).unlink(missing_ok=True)
            shutil.rmtree(info, ignore_errors=True)

    @contextmanager
    def changed(self) -> Iterator[World]:
        """Give the world to change, and put back whatever was changed."""
        kept = self.root.with_name(f"{self.root.name}-kept")
        shutil.copytree(self.root, kept, symlinks=True)
        try:
            yield replace(self, words=list(self.words), variables=dict(self.variables))
        finally:
            shutil.rmtree(self.root)
            kept.rename(self.root)

    @property
    def _lineal(self) -> list[str]:
        return [str(self.python), "-m", "lineal"]

    def _answer(self, *words: str) -> Any:
        done = self._start([*self._lineal, *words, "--format", "json"], self.root / "elsewhere")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def _start(self, words: list[str], where: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.prefix, *words],
            cwd=where,
            env=self._environment() | self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def _environment(self) -> dict[str, str]:
        kept = ("PATH", "LANG", "LD_LIBRARY_PATH")
        known = {name: value for name, value in os.environ.items() if name in kept}
        return known | {
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "temporary"),
            "LINEAL_URL": str(self.root / "project"),
            "PYTHONPATH": str(self.root / "shared"),
        }

    def _unpack(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.site_packages)


def make(directory: Path, program: str, *words: str) -> World:
    """Return a new world of a program, which is not recorded yet."""
    root = directory / program
    for name in ("project", "shared", "elsewhere", "home", "temporary", "wheels", "reckon"):
        (root / name).mkdir(parents=True)
    shutil.copytree(
        PROGRAMS / program, root / "project", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    data.MAKERS.get(program, data.nothing)(root / "project")
    venv.create(root / "venv", symlinks=True, with_pip=False)
    world = World(root, program, [SCRIPTS[program], *words])
    _fill(world)
    if program != "plain":
        _commit(world.project)
    return world


def _fill(world: World) -> None:
    ours = Path(sys.prefix) / "lib" / world.site_packages.parent.name / "site-packages"
    (world.site_packages / "lent.pth").write_text(f"import site; site.addsitedir({str(ours)!r})\n", encoding="utf-8")
    world.install("flightkit", "1.0.0", FLIGHTKIT)
    world.install("loggit", "2.1", LOGGIT)
    world.install("trinket", "0.3", TRINKET)
    if world.program in REAL:
        world._unpack(repack(world.root / "wheels", distribution(REAL[world.program])))
    if world.program == "plain":
        (world.root / "shared" / "rounding.py").write_text(ROUNDING, encoding="utf-8")
    if world.program == "packaged":
        data.write_rows(world.root / "rows.csv", 60)
        world.install(
            "flightrows",
            "5.0",
            {
                "flightrows/__init__.py": "",
                "flightrows/rows.csv": (world.root / "rows.csv").read_text(encoding="utf-8"),
            },
        )
        _link(world)


def _link(world: World) -> None:
    """Install a package that lies in a directory, as `pip install --editable` does."""
    place = world.root / "reckon"
    (place / "reckon.py").write_text(RECKON, encoding="utf-8")
    world.install("reckon", "0.1", {"reckon.pth": f"{place}\n"})
    info = world.site_packages / "reckon-0.1.dist-info"
    (info / "direct_url.json").write_text(json.dumps({"url": place.as_uri(), "dir_info": {"editable": True}}))


def _commit(project: Path) -> None:
    (project / ".gitignore").write_text(".lineal/\n__pycache__/\n", encoding="utf-8")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "a state"]):
        subprocess.run(["git", *IDENTITY, *words], cwd=project, check=True, capture_output=True)
