"""Refusals: the one shape of every error of this package, with the offset and the nearest known words."""

from __future__ import annotations

from collections.abc import Iterable

from lineal.errors import FilterSyntaxError


def refusal(what: str, position: int, *, hint: str | None = None) -> FilterSyntaxError:
    """Return the error for a filter that is wrong at `position`; ML Metadata's programs match the first words."""
    return FilterSyntaxError(
        f"Invalid `filter_query`: {what} (at position {position})",
        position=position,
        hint=hint,
    )


def unknown(what: str, word: str, position: int, known: Iterable[str]) -> FilterSyntaxError:
    """Return the error for a word that is none of `known`, with the nearest of them as the hint."""
    from difflib import get_close_matches  # only a wrong filter pays for it

    choices = list(known)
    spellings = dict.fromkeys((word, word.lower(), word.upper()))
    near = [choice for choice in choices if len(word) > 2 and word.lower() in choice.lower()]  # noqa: PLR2004
    near += [choice for spelling in spellings for choice in get_close_matches(spelling, choices, n=3)]
    near = list(dict.fromkeys(near))[:3]
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(choices)}"
    return refusal(f"{what} {word!r}", position, hint=hint)
