"""Parameters: what people pass in a configuration becomes values that can be kept."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import numpy as np
import pytest

from lineal.errors import InvalidArgument
from lineal.sdk.plain import is_plain, parameters


class Booster(Enum):
    TREE = "gbtree"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (4, 4),
        (0.1, 0.1),
        (True, True),
        ("x", "x"),
        ("", ""),
        (None, "None"),
        (Path("a/b"), str(Path("a/b"))),
        (Booster.TREE, "gbtree"),
        (np.float64(0.1), 0.1),
        (np.int32(4), 4),
        (np.bool_(True), True),  # noqa: FBT003
        ((1, 2), [1, 2]),
        ({3, 1, 2}, [1, 2, 3]),
        ({"a": {"b": None}}, {"a": {"b": None}}),
    ],
)
def test_values_are_kept_as_plain_ones(given, kept):
    found = parameters({"p": given})["param.p"]
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize("value", [object(), 2**63, 1j, {"a": object()}])
def test_what_cannot_be_kept_is_refused_by_name(value):
    with pytest.raises(InvalidArgument, match=r"param\.p"):
        parameters({"p": value})


def test_parameters_that_are_no_dict_are_refused():
    with pytest.raises(InvalidArgument, match="dict"):
        parameters(["depth"])


def test_secrets_are_left_out():
    kept = parameters({"api_token": "hunter2hunter2", "url": "postgres://me:hunter2@host/db", "tokens": "many"})
    assert "hunter2" not in str(kept)
    assert kept["param.tokens"] == "many"


def test_settings_are_told_from_data():
    assert is_plain({"a": [1, None, "x", (True, 1.5)]})
    assert not is_plain({"a": object()})
    assert not is_plain(np.zeros(3))
