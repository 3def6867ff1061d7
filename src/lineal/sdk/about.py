"""About: what every process of a command is to know of its run, in a file of the handoff that costs little to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from lineal.integrations.own import OwnFiles

PREFIX = "lineal-run-"
"""How the name of such a directory begins; they lie where temporary files do."""

HANDOFF = "LINEAL_HANDOFF"
"""The variable that names the directory of the handoff (`sdk/handoff`)."""

OWNER, ABOUT = "owner", "about.json"
"""Files in it: which process records the run, and what is read here."""

About = Mapping[str, object]


def handoffs() -> Iterator[Path]:
    """Yield the directories that are there, of anybody's."""
    import tempfile  # not light, and no recorded process needs it

    yield from Path(tempfile.gettempdir()).glob(f"{PREFIX}*")


def about_in(directory: Path) -> About:
    """Return what stands there; nothing where the run is over."""
    try:
        said = json.loads((directory / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def input_in(about: About) -> tuple[int, int] | None:
    """Return which file the command has as its standard input; None where it has none, or that is not known."""
    found = about.get("stdin")
    return (int(found[0]), int(found[1])) if isinstance(found, list) else None


def project_in(about: About) -> Path | None:
    """Return the project of the command, which any of its processes may lie deep in; None where it is not known."""
    found = about.get("project")
    return Path(found) if isinstance(found, str) else None


def own_files(about: About, directory: Path) -> OwnFiles:
    """Return which files are the user's own, as every process of the command has to see it; `directory` is none."""
    places = about.get("own")
    left_out = map(str, places) if isinstance(places, list) else ()
    return OwnFiles([*left_out, str(directory)], project_in(about))


def version() -> str:
    """Return what all sides must agree on: the place this package lies in, which is its version too."""
    return str(Path(__file__).resolve().parent)  # an environment of a rebuild is lent us by a link
