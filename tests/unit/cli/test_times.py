"""Times as people write and read them."""

from __future__ import annotations

import pytest

from lineal.cli.times import iso, parse_as_of, span
from lineal.errors import InvalidArgument

NOON = 1_772_366_400_000_000  # 2026-03-01T12:00:00Z


@pytest.mark.parametrize(
    "text", ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01 12:00+00:00", "20260301T120000Z"]
)
def test_one_moment_written_in_several_ways_is_one_moment(text):
    assert parse_as_of(text) == NOON


def test_a_plain_date_is_the_last_microsecond_of_that_day_in_utc():
    assert parse_as_of("2026-03-01") == parse_as_of("2026-03-02T00:00:00Z") - 1


def test_a_time_without_a_zone_is_refused_with_a_sentence():
    with pytest.raises(InvalidArgument, match="no time zone") as caught:
        parse_as_of("2026-03-01T12:00:00")
    assert "2026-03-01T12:00:00Z" in str(caught.value.hint)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-02-30", "12:00", "1772366400"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InvalidArgument, match="not an ISO 8601"):
        parse_as_of(text)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_the_calendar_are_moments_too(text):
    assert isinstance(parse_as_of(text), int)


def test_a_time_is_printed_in_utc_to_the_second():
    assert iso(NOON) == "2026-03-01T12:00:00Z"
    assert iso(None) == ""


@pytest.mark.parametrize(("micros", "text"), [(850_000, "850 ms"), (12_300_000, "12.3 s"), (242_000_000, "4 min 02 s")])
def test_durations_read_well(micros, text):
    assert span(micros) == text
