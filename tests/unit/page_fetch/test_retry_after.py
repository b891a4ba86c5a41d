from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis.strategies import datetimes, integers, text, timezones

from page_fetch.retry_after import retry_after_seconds

NOW = datetime(2026, 11, 24, 6, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("007", 7),
        ("9" * 5_000, 1e9),
        ("Tue, 24 Nov 2026 06:02:00 GMT", 120),
        ("Tuesday, 24-Nov-26 06:02:00 GMT", 120),
        ("Tue Nov 24 06:02:00 2026", 120),
        ("Tue, 24 Nov 2026 06:02:00 -0000", 120),
        ("Tue, 24 Nov 2026 07:02:00 +0100", 120),
        ("Tue, 24 Nov 2026 05:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1e9),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("1e9", None),
        ("soon", None),
        ("٣", None),
        ("Tue, 99 Nov 2026 06:02:00 GMT", None),
    ],
)
def test_the_wait_that_a_site_asks_for(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@given(integers(0, 10**9))
def test_seconds_are_themselves(seconds: int) -> None:
    assert retry_after_seconds(str(seconds), NOW) == seconds


@given(datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1), timezones=timezones()))  # noqa: DTZ001 - bounds have no zone
def test_a_date_is_the_time_until_it(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    wait = max(timedelta(), moment.astimezone(UTC) - NOW).total_seconds()
    assert retry_after_seconds(format_datetime(moment.astimezone(UTC), usegmt=True), NOW) == wait


@given(text())
def test_anything_else_is_a_wait_within_bounds_or_none(header: str) -> None:
    seconds = retry_after_seconds(header, NOW)
    assert seconds is None or 0 <= seconds <= 1e9
