"""The recorded image: which one it was, and how the run would be repeated in it. Lineal starts no containers itself."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence

from lineal.lineage.capture_record import Item, item
from lineal.rebuild.verdict import Missing

_ENGINES = ("podman", "docker", "nerdctl")


def image_missing(record: Mapping[str, Item]) -> Missing:
    """Return why a rebuild cannot run in the recorded image, with the command that would run it there."""
    found = item(record, "container")
    if not found.captured:
        why = found.reason or found.status
        return Missing(
            kind="image",
            what="container",
            sentence=f"no image is recorded: {why}",
            advice="rebuild with --env locked",
        )
    digest = str(found.value)
    engine = next((name for name in _ENGINES if shutil.which(name)), None)
    command = image_command(digest, record, engine=engine or _ENGINES[0])
    if engine is None:
        sentence = f"it ran in the image {digest}, and there is no container engine here ({', '.join(_ENGINES)})"
        return Missing(kind="tool", what="container engine", sentence=sentence, advice=f"with one: {command}")
    sentence = f"it ran in the image {digest}; a rebuild is started inside of it, not from here"
    return Missing(kind="image", what=digest, sentence=sentence, advice=f"run: {command}")


def image_command(digest: str, record: Mapping[str, Item], *, engine: str) -> str:
    """Return the command that runs the recorded program in its image, in the current directory, without network."""
    cwd = item(record, "cwd").value
    path = str(cwd.get("path", ".")) if isinstance(cwd, Mapping) else "."
    argv = item(record, "argv").value
    words = [str(word) for word in argv] if isinstance(argv, Sequence) and not isinstance(argv, str) else []
    inside = "/work" if path.startswith("/") or path == "." else f"/work/{path}"
    told = [engine, "run", "--rm", "--network", "none", "--volume", "$PWD:/work", "--workdir", inside, digest]
    return " ".join(word if word == "$PWD:/work" else shlex.quote(word) for word in [*told, *words])
