"""`import lineal` in fresh processes: CPU, memory and third-party modules, beside a bare interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from benchmarks.fresh import Interpreter
from benchmarks.timing import Figure, Spread

ROUNDS = 15
BARE = "python -c pass"

_PROGRAM = """
{statement}
used, peak = cpu(), peak_mib()
foreign = {{name.partition(".")[0] for name in sys.modules}} - sys.stdlib_module_names - {{"lineal", "__main__"}}
print(json.dumps([used * 1e3, peak, sorted(foreign)]))
"""


def measure(directory: Path, *, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Yield CPU and memory of an import, with the bare interpreter beside it."""
    python = Interpreter(directory / "bytecode")
    with_lineal, without = _PROGRAM.format(statement="import lineal"), _PROGRAM.format(statement="pass")
    python.run(with_lineal)
    both = [(python.run(with_lineal), python.run(without)) for _ in range(rounds)]
    # The interpreter's own start-up hooks may load modules; only what the import adds is counted.
    foreign = set(cast("list[str]", both[0][0][2])) - set(cast("list[str]", both[0][1][2]))
    conditions: dict[str, str | int | float] = {
        "third-party modules": ", ".join(sorted(foreign)) or "none",
        "processes": rounds,
        "bytecode": "compiled",
    }
    for position, name, unit in ((0, "import lineal: CPU", "ms"), (1, "import lineal: peak memory", "MiB")):
        ours = [cast("float", one[position]) for one, _ in both]
        bare = [cast("float", other[position]) for _, other in both]
        yield Figure(
            name=f"{name} (third-party modules: {conditions['third-party modules']})",
            unit=unit,
            lineal=Spread.of(ours),
            others={BARE: Spread.of(bare)},
            ratios={BARE: Spread.of([one / other for one, other in zip(ours, bare, strict=True)])},
            rounds=rounds,
            conditions=conditions,
        )
