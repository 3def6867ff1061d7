"""Input: what `run.use` gives back for a reference, a path or a URL: the artifact, and a way to read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.capture.data import fingerprint_of
from lineal.errors import FailedPrecondition, NotFound
from lineal.files import Files
from lineal.model.nodes import Artifact


@dataclass(frozen=True, slots=True)
class Input:
    """One artifact a run reads. Any reader that takes a path takes this: `pd.read_csv(run.use("data/flights.csv"))`."""

    artifact: Artifact
    files: Files

    @property
    def path(self) -> Path:
        """Where its bytes lie, verified: the kept copy, else the file it was logged from.

        Raises NotFound where the bytes are not at hand, FailedPrecondition where the file has changed since.
        """
        kept = self._kept()
        if kept is not None:
            self.files.open(kept).close()
            return self.files.path(kept)
        source = self._source()
        if source is None or not source.exists():
            raise NotFound(
                f"the bytes of {self._label} are not at hand",
                hint="log it with keep=True to keep a copy in the workspace",
            )
        if self.artifact.custom_properties.get("fingerprint_kind") in {"file", "dir"}:
            self._check_unchanged(source)
        return source

    def bytes(self) -> bytes:
        """Return its content, verified; raises what `path` raises."""
        return self.path.read_bytes()

    def __fspath__(self) -> str:
        uri = self.artifact.uri
        if uri is not None and self._kept() is None and urlsplit(uri).scheme != "file":
            return uri  # a URL: readers that know its scheme take it as it is
        return str(self.path)

    @property
    def _label(self) -> str:
        return f"{self.artifact.type} {self.artifact.name or self.artifact.id}"

    def _check_unchanged(self, source: Path) -> None:
        found = fingerprint_of(source).fingerprint
        if found != self.artifact.fingerprint:
            raise FailedPrecondition(
                f"{source} has changed since it was recorded as {self._label}: "
                f"recorded {self.artifact.fingerprint}, found {found}"
            )

    def _kept(self) -> str | None:
        kept = self.artifact.custom_properties.get("kept", self.artifact.fingerprint)
        is_kept = isinstance(kept, str) and kept.startswith("sha256:") and self.files.has(kept)
        return str(kept) if is_kept else None

    def _source(self) -> Path | None:
        parts = urlsplit(self.artifact.uri or "")
        return Path(unquote(parts.path)) if parts.scheme == "file" else None
