"""Faults in what lies around a program: rows, their order, versions of packages, packages edited by hand."""

from __future__ import annotations

from tests.planted import changes as do
from tests.planted.fault import INPUT, PACKAGE, again, rebuilt
from tests.planted.world import CLIP, FLIGHTKIT

PATCHED = {"flightkit/__init__.py": FLIGHTKIT["flightkit/__init__.py"], "flightkit/clip.py": CLIP.replace("0.3", "0.7")}
HIGHER = CLIP.replace("0.3", "2.5")
FAR = {"flightkit/__init__.py": FLIGHTKIT["flightkit/__init__.py"], "flightkit/clip.py": HIGHER}

AROUND_THEM = (
    # ------------------------------------------------------------ rows
    again(
        "row",
        "forest",
        "one cell of 240 rows",
        do.cell("data/flights.csv", 100, 1, "0.9"),
        INPUT,
        "flights",
        "comment",
        "package",
    ),
    again(
        "row", "forest", "one row less", do.without_row("data/flights.csv", 57), INPUT, "flights", "touched", "variable"
    ),
    again(
        "row",
        "linear",
        "one cell in Parquet",
        do.parquet_cell("weather.parquet", 7, "rain", 9.5),
        INPUT,
        "weather",
        "comment",
    ),
    again("row", "numbers", "one number of an array", do.number("rows.npy", 60, 0.99), INPUT, "rows", "edited"),
    again("row", "boost", "one cell", do.cell("rows.csv", 12, 3, "90.0"), INPUT, "rows", "moved"),
    again(
        "row",
        "light",
        "one cell that the library reads itself",
        do.cell("rows.csv", 200, 3, "90"),
        INPUT,
        "rows",
        "comment",
    ),
    again("row", "net", "one number of an array", do.number("rows.npy", 3, 0.5), INPUT, "rows", "touched", "notes"),
    again("row", "plain", "one cell of the second day", do.cell("day-2.csv", 20, 4, "41.5"), INPUT, "day-2", "comment"),
    again(
        "row",
        "plain",
        "a day more",
        lambda world: (world.project / "day-4.csv").write_text(
            "date,hour,distance,wind,delay\nx,3,1,1,9\nx,3,1,1,7\nx,3,1,1,8\n"
        ),
        INPUT,
        "day-4",
        "package",
    ),
    again("row", "declared", "one cell", do.cell("flights.csv", 50, 3, "33.3"), INPUT, "flights", "listed", "comment"),
    rebuilt(
        "row",
        "forest",
        "one cell, and the kept files lost",
        do.both(do.cell("data/flights.csv", 100, 1, "0.9"), do.files_lost),
        INPUT,
        "flights",
        "package",
    ),
    rebuilt(
        "row",
        "boost",
        "one row less, and the kept files lost",
        do.both(do.without_row("rows.csv", 57), do.files_lost),
        INPUT,
        "rows",
        "variable",
    ),
    rebuilt(
        "row",
        "packaged",
        "one cell in a package's table",
        do.in_site_packages("flightrows/rows.csv", ",3,", ",4,"),
        PACKAGE,
        "flightrows",
        "package",
    ),
    # ------------------------------------------------------------ order
    again("shuffle", "linear", "rows in another order", do.shuffled("flights.csv"), INPUT, "flights", "comment"),
    again(
        "shuffle",
        "forest",
        "rows in another order",
        do.shuffled("data/flights.csv"),
        INPUT,
        "flights",
        "package",
        "touched",
    ),
    again("shuffle", "boost", "rows in another order", do.shuffled("rows.csv"), INPUT, "rows", "another"),
    again("shuffle", "light", "rows in another order", do.shuffled("rows.csv"), INPUT, "rows", "variable"),
    again(
        "shuffle", "net", "rows of an array in another order", do.rows_shuffled("rows.npy"), INPUT, "rows", "comment"
    ),
    again("shuffle", "plain", "rows of one day in another order", do.shuffled("day-3.csv"), INPUT, "day-3", "moved"),
    # ------------------------------------------------------------ versions of packages
    rebuilt(
        "package",
        "forest",
        "flightkit 1.0.1",
        do.version("flightkit", "1.0.1", FAR),
        PACKAGE,
        "flightkit",
        "package",
        "comment",
    ),
    rebuilt(
        "package", "boost", "flightkit 1.0.1", do.version("flightkit", "1.0.1", FAR), PACKAGE, "flightkit", "edited"
    ),
    rebuilt(
        "package",
        "light",
        "flightkit 1.0.1",
        do.version("flightkit", "1.0.1", PATCHED),
        PACKAGE,
        "flightkit",
        "variable",
        "another",
    ),
    rebuilt(
        "package", "net", "flightkit 1.0.1", do.version("flightkit", "1.0.1", PATCHED), PACKAGE, "flightkit", "package"
    ),
    rebuilt(
        "package",
        "plain",
        "flightkit 1.0.1",
        do.version("flightkit", "1.0.1", FAR),
        PACKAGE,
        "flightkit",
        "used_package",
    ),
    rebuilt(
        "package", "declared", "flightkit 1.0.1", do.version("flightkit", "1.0.1", FAR), PACKAGE, "flightkit", "touched"
    ),
    again(
        "package",
        "numbers",
        "flightkit 1.0.1",
        do.version("flightkit", "1.0.1", PATCHED),
        PACKAGE,
        "flightkit",
        "comment",
        "package",
    ),
    again(
        "package", "linear", "flightkit 1.0.1", do.version("flightkit", "1.0.1", FAR), PACKAGE, "flightkit", "comment"
    ),
    rebuilt("package", "linear", "flightkit gone", do.removed("flightkit"), PACKAGE, "flightkit", "package"),
    # ------------------------------------------------------------ edited packages
    rebuilt(
        "edited",
        "forest",
        "flightkit/clip.py",
        do.in_site_packages("flightkit/clip.py", "0.3", "2.5"),
        PACKAGE,
        "flightkit",
        "package",
    ),
    rebuilt(
        "edited",
        "numbers",
        "flightkit/clip.py",
        do.in_site_packages("flightkit/clip.py", "0.3", "0.6"),
        PACKAGE,
        "flightkit",
        "comment",
        "edited",
    ),
    rebuilt(
        "edited",
        "linear",
        "dateutil's parser",
        do.in_site_packages(
            "dateutil/parser/_parser.py",
            "ret = self._build_naive(res, default)",
            "ret = self._build_naive(res, default) + datetime.timedelta(days=1)",
        ),
        PACKAGE,
        "dateutil",
        "package",
    ),
    rebuilt(
        "edited",
        "plain",
        "sortedcontainers",
        do.in_site_packages(
            "sortedcontainers/sorteddict.py",
            "def setdefault(self, key, default=None):",
            "def setdefault(self, key, default=None):\n        key = key[:1]",
        ),
        PACKAGE,
        "sortedcontainers",
        "touched",
        "another",
    ),
    rebuilt(
        "edited",
        "net",
        "flightkit/clip.py",
        do.in_site_packages("flightkit/clip.py", "0.3", "0.6"),
        PACKAGE,
        "flightkit",
        "used_package",
    ),
    again(
        "edited",
        "boost",
        "flightkit/clip.py",
        do.in_site_packages("flightkit/clip.py", "0.3", "2.5"),
        PACKAGE,
        "flightkit",
        "comment",
    ),
)
