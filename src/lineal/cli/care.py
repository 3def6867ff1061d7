"""`lineal upgrade`: bring a workspace to the schema of this Lineal."""

from __future__ import annotations

from lineal.cli.options import AnswerFormat, AsAnswer, Url, Verbose
from lineal.cli.output import print_json, print_text
from lineal.store.location import locate
from lineal.store.open import upgrade_store


def upgrade(
    url: Url = None,
    format: AsAnswer = AnswerFormat.TABLE,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Bring a workspace to the schema of this Lineal. Embedded ones do it by themselves when opened for writing."""
    location = locate(url)
    before, after = upgrade_store(location)
    if format is AnswerFormat.JSON:
        print_json({"url": location.shown, "before": before, "after": after, "changed": before != after})
    elif before == after:
        print_text(f"ok: {location.shown} has schema {after}, the newest")
    else:
        print_text(f"upgraded {location.shown} from schema {before} to {after}")
