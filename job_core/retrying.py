"""When a job is tried again, and when it is not."""

import random

from job_core.errors import CoreError, TransientError
from job_core.job import Claim, OnFailure

MAX_RETRY_AFTER_SECONDS = 3600.0


def may_retry(held: Claim, error: CoreError) -> bool:
    """Whether a job whose attempt ended in `error` is tried again."""
    attempts_left = held.max_attempts - held.attempts_used - 1
    return error.retryable and held.on_failure is OnFailure.RETRY and attempts_left > 0


def retry_wait(attempts_used: int, error: CoreError, *, base_seconds: float, cap_seconds: float) -> float:
    """Seconds until the next attempt, after `attempts_used` earlier ones ended in transient errors.

    Exponential back-off with full jitter: anything from 0 to `base * 2 ** attempts_used`, at most `cap`. What
    `asked_wait` says is the least wait.

    With a base of 2 s and a cap of 300 s, the longest waits are 2, 4, 8, 16 ... 256, 300, 300 s.
    """
    longest = min(cap_seconds, base_seconds * 2 ** min(attempts_used, 32))
    wait = random.uniform(0, longest)  # noqa: S311 - spreads load, hides nothing
    return max(wait, asked_wait(error))


def asked_wait(error: CoreError) -> float:
    """Seconds to wait that the error asks for, as by Retry-After (RFC 9110, 10.2.3): up to an hour; 0 for none."""
    asked = error.retry_after if isinstance(error, TransientError) else None
    return min(asked or 0.0, MAX_RETRY_AFTER_SECONDS)
