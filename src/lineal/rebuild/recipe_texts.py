"""The texts of an exported recipe: README, Dockerfile, list of requirements, SHA256SUMS.

Names come from other people's records: none of them can add a line or an instruction to a text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence

from lineal.lineage.capture_record import Item
from lineal.model.values import Json

_PULLABLE = re.compile(r"[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}")
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?[A-Za-z0-9]*")

_NOBODY = "65534:65534"

_INTRODUCTION = """\
Everything that is needed to make {of} again, from the record of {run}. Python is enough; Lineal is not needed.

```text
./run.sh            # or: python rebuild.py
```

It checks code and inputs, makes a virtual environment from the list of requirements (`--env current` takes the
interpreter it is started with), runs the recorded command in a copy (`work/`), and compares: bytes, and where those
differ the values with the recorded file's in `recorded/`, if the packages that read it are there. Exit 0: the same; 1:
something differs; 2: something is missing; 3: nothing could be compared.

Recorded with Python {python}. With a container: `docker build -t recipe . && docker run --network none recipe`."""


def dockerfile(image: Item, python: str, lists: Sequence[str], inputs: Sequence[Mapping[str, Json]]) -> str:
    """Return a Dockerfile: from the recorded image by its digest, else from a tag, and then it says so."""
    said = str(image.value) if image.captured else ""
    if _PULLABLE.fullmatch(said):
        head = ["# The image the run was recorded in, by its digest.", f"FROM {said}"]
    else:
        known = f"only its id is known, {_plain(said)}" if said else _plain(image.reason or image.status)
        version = python if _VERSION.fullmatch(python) else "3"
        head = [
            f"# The recorded image is unknown: {known}.",
            "# This is a tag: what it names changes, and it may differ from what the run was recorded in.",
            f"FROM python:{version}-slim",
        ]
    body = ["USER 0", "WORKDIR /recipe"]
    for name in lists:
        pinned = "--require-hashes " if name == "requirements.txt" else ""
        body += [f"COPY {name} .", f"RUN python -m pip install --no-cache-dir --no-deps {pinned}-r {name}"]
    body += ["COPY . ."]
    outside = [one for one in inputs if one["place"] and one["at"]]
    body += [f"RUN {_copy_command(str(one['at']), str(one['place']))}" for one in outside]
    # The program is somebody else's: it runs as nobody in particular, and may write where it works.
    body += [f"RUN chown -R {_NOBODY} /recipe", f"USER {_NOBODY}"]
    body += ['ENTRYPOINT ["python", "rebuild.py", "--env", "current"]']
    return "\n".join([*head, "", *body, ""])


def sums(digests: Iterable[tuple[str, str]]) -> bytes:
    """Return a list that `sha256sum --check` reads; a name with a line break or a backslash is escaped as it wants."""
    lines: list[bytes] = []
    for name, digest in digests:
        if name == "SHA256SUMS":
            continue
        escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        mark = "\\" if escaped != name else ""
        lines.append(os.fsencode(f"{mark}{digest}  {escaped}\n"))
    return b"".join(lines)


def readme(document: Mapping[str, Json], notes: Sequence[str]) -> str:
    """Return the README of a recipe."""
    outputs, inputs = _rows(document["outputs"]), _rows(document["inputs"])
    of, run = _code(document["of"]), _code(document["run"])
    parts = [
        f"# How {_plain(document['of'])} was made",
        _INTRODUCTION.format(of=of, run=run, python=_plain(document["python"])),
        _table("Expected", ("made", "SHA-256 of its bytes"), [(_code(one["name"]), _bytes(one)) for one in outputs]),
        "Values are compared exactly. `lineal reproduce` also says how far apart two models are, and why.",
        _table(
            "Inputs",
            ("input", "SHA-256", "where"),
            [(_code(one["name"]), _bytes(one), _where(one)) for one in inputs],
        ),
        "## To know\n\n" + "\n".join(f"- {_plain(note)}" for note in notes) if notes else "",
        "`recipe.json` is the same for programs, `SHA256SUMS` lists every file (`sha256sum --check SHA256SUMS`).",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (columns, ["---"] * len(columns), *rows)]
    return "\n".join([f"## {title}", "", *lines])


def _bytes(one: Mapping[str, Json]) -> str:
    return str(one["sha256"] or f"of its content, which only Lineal takes: {_plain(one['fingerprint'])}")


def _where(one: Mapping[str, Json]) -> str:
    place = f", is read from {_code(one['place'])}" if one["place"] else ""
    if one["is_there"]:
        return _code(one["at"]) + place
    if one["by_itself"]:
        return "the program makes or gets it itself"
    if one["at"]:
        return f"not kept: put it at {_code(one['at'])}"
    return f"not kept{place}"


def _copy_command(source: str, target: str) -> str:
    script = f"import pathlib, shutil; p = pathlib.Path({target!r}); p.parent.mkdir(parents=True, exist_ok=True); "
    script += f"shutil.copyfile({source!r}, p)"
    words = ",".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in ("python", "-c", script))
    return f"[{words}]"


def _rows(listed: Json) -> list[Mapping[str, Json]]:
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []


def _plain(text: object) -> str:
    """Return a text on one line, without what Markdown or a Dockerfile would take for its own."""
    return re.sub(r"[^\w\s.,:;@#/+()=\[\]'-]", "?", " ".join(str(text).split()))


def _code(text: object) -> str:
    return "`" + re.sub(r"[`|]|[^\S ]", "?", str(text)) + "`"
