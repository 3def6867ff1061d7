"""Item 4: what differs from the commit, as a patch git can apply, without the secrets in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, withheld
from lineal.capture.fingerprints.files import of_file
from lineal.capture.git import LIMIT, ask
from lineal.capture.secrets import redact_counted
from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.values import Json

_NAMED = 100
"""Changed files that are named one by one where the patch itself is too large."""

_START = b"diff --git "


def diff_item(files: Files, root: Path, changed: Sequence[bytes], *, base: str) -> Captured:
    """Keep the patch from `base` to the working tree in `files` and return its fingerprint and size.

    A patch over the cap is withheld, its files are named by fingerprint. Secrets are cut out of text, and counted:
    such a patch shows what was changed but gives other bytes when applied.
    """
    if not changed:
        return not_applicable("nothing differs from the commit")
    arguments = ("diff", "--binary", "--full-index", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color")
    patch, cut = ask(root, *arguments, base, "--")
    if cut:
        return withheld(f"the diff is too large: over {LIMIT >> 20} MiB", _by_file(root, changed))
    clean, secrets = _without_secrets(patch)
    value: dict[str, Json] = {"fingerprint": files.put_bytes(clean), "bytes": len(clean), "files": len(changed)}
    if base != "HEAD":
        value["base"] = "the empty tree, for there is no commit yet"
    if not secrets:
        return captured(value)
    return withheld(f"secrets cut out of the diff: {secrets}", value | {"redacted": secrets})


def _without_secrets(patch: bytes) -> tuple[bytes, int]:
    parts: list[bytes] = []
    total = 0
    for section in (b"\n" + patch).split(b"\n" + _START)[1:]:
        if b"\nGIT binary patch\n" in section:
            parts.append(_START + section)  # base 85, which one changed letter would spoil
            continue
        text, count = redact_counted(section.decode("latin-1"), file=_name_in(section))
        parts.append(_START + text.encode("latin-1"))
        total += count
    return b"\n".join(parts), total


def _name_in(section: bytes) -> str:
    """Return the name of the file a section is about: the second of the two at its head."""
    return section.partition(b"\n")[0].decode("latin-1").rpartition(" b/")[2].rstrip('"')


def _by_file(root: Path, changed: Sequence[bytes]) -> Json:
    named: dict[str, Json] = {}
    for name in changed[:_NAMED]:
        try:
            found = of_file(root / os.fsdecode(name))
            named[name.decode("utf-8", "backslashreplace")] = found.fingerprint
        except LinealError as error:
            named[name.decode("utf-8", "backslashreplace")] = f"unknown: {error.message}"
    return {"files": len(changed), "fingerprints": named}
