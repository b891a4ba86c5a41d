from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_core.errors import BrokerUnavailable, CoreError, PermanentError, TransientError
from job_core.job import Claim, OnFailure, Phase
from job_core.retrying import MAX_RETRY_AFTER_SECONDS, may_retry, retry_wait

HELD = Claim(
    job_id=UUID(int=1),
    attempt=1,
    phase=Phase.WORK,
    request={},
    progress=None,
    parent_id=None,
    owner=None,
    attempts_used=0,
    max_attempts=5,
    on_failure=OnFailure.RETRY,
)

uses = st.integers(0, 200)
seconds = st.floats(0.001, 86_400)
asked = st.floats(0, 1e9)


@given(uses, seconds, seconds)
def test_a_wait_lies_between_nothing_and_the_doubled_base_or_the_cap(used: int, base: float, cap: float) -> None:
    wait = retry_wait(used, TransientError("slow"), base_seconds=base, cap_seconds=cap)
    assert 0 <= wait <= min(cap, base * 2**used)


@given(uses, asked)
def test_what_the_error_asks_for_is_the_least_wait_up_to_the_bound(used: int, retry_after: float) -> None:
    wait = retry_wait(used, TransientError("busy", retry_after=retry_after), base_seconds=2, cap_seconds=300)
    assert min(retry_after, MAX_RETRY_AFTER_SECONDS) <= wait <= max(300, MAX_RETRY_AFTER_SECONDS)


@given(asked.filter(lambda value: value > 300))
def test_what_the_error_asks_for_beyond_the_cap_is_the_wait(retry_after: float) -> None:
    wait = retry_wait(0, TransientError("busy", retry_after=retry_after), base_seconds=2, cap_seconds=300)
    assert wait == min(retry_after, MAX_RETRY_AFTER_SECONDS)


def test_waits_are_spread_over_the_whole_range() -> None:
    waits = [retry_wait(3, TransientError("slow"), base_seconds=2, cap_seconds=300) for _ in range(400)]
    quarters = {int(wait // 4) for wait in waits}
    assert quarters >= {0, 1, 2, 3}


@given(st.integers(1, 100), st.integers(0, 100))
def test_a_transient_error_is_retried_while_attempts_are_left(most: int, used: int) -> None:
    held = replace(HELD, max_attempts=most, attempts_used=used)
    assert may_retry(held, TransientError("slow")) is (used + 1 < most)


@pytest.mark.parametrize(
    "error",
    [
        TransientError("slow"),
        TransientError("busy", retry_after=3.0),
        BrokerUnavailable("away"),
    ],
)
def test_discard_ends_a_job_at_its_first_transient_error(error: CoreError) -> None:
    assert may_retry(HELD, error)
    assert not may_retry(replace(HELD, on_failure=OnFailure.DISCARD), error)


@pytest.mark.parametrize("error", [PermanentError("an image"), PermanentError("404")])
def test_a_permanent_error_is_never_retried(error: CoreError) -> None:
    assert not may_retry(HELD, error)
