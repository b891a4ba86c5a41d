from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_tasks.views import timestamp

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=OFFSETS)  # noqa: DTZ001 - bounds have none


@given(TIMES)
def test_a_timestamp_is_the_same_moment_to_the_millisecond(time: datetime) -> None:
    text = timestamp(time)
    assert text is not None
    assert timedelta(0) <= time - datetime.fromisoformat(text) < timedelta(milliseconds=1)


@given(TIMES, TIMES)
def test_timestamps_sort_as_their_moments_do(one: datetime, other: datetime) -> None:
    first, second = timestamp(one), timestamp(other)
    assert first is not None
    assert second is not None
    assert (first <= second) or one > other


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (None, None),
        (datetime(2024, 5, 1, 12, 0, 0, 999, tzinfo=UTC), "2024-05-01T12:00:00.000Z"),
        (datetime(2024, 5, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))), "2024-04-30T22:30:00.000Z"),
    ],
)
def test_a_timestamp_is_rfc_3339_in_utc(time: datetime | None, text: str | None) -> None:
    assert timestamp(time) == text
