from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from job_core.job import Job, OnFailure, Outcome, Phase, State
from job_manager.web import wording

TIME = datetime(2026, 11, 24, 8, 12, 10, tzinfo=UTC)


def job(state: State, **changes: Any) -> Job:
    usual: dict[str, Any] = {
        "id": UUID(int=1),
        "kind": "count",
        "label": "https://example.com/",
        "request": {"url": "https://example.com/"},
        "on_failure": OnFailure.RETRY,
        "attempt": 1,
        "attempts_used": 0,
        "max_attempts": 5,
        "crashes": 0,
        "max_crashes": 3,
        "created_at": TIME,
        "limit_key": "example.com",
    }
    rest = dict.fromkeys(
        ("retry_of", "parked_at", "published_at", "due_at", "started_at", "finished_at", "result", "error")
    )
    return Job(state=state, **rest | usual | changes)


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (job(State.PENDING, attempt=0), "Waiting for a worker"),
        (job(State.PENDING, attempt=0, parked_at=TIME), "Waiting until its site has room"),
        (job(State.PENDING, attempt=0, parked_at=TIME, request={}), "Waiting for room under its limit"),
        (job(State.PENDING, attempts_used=1), "Waiting for a worker for attempt 2 of 5"),
        (job(State.STARTED), "Attempt 1 of 5 is running"),
        (job(State.STARTED, attempt=5, attempts_used=4), "Attempt 5 of 5 is running"),
        # Two attempts were lost with their workers, which costs none.
        (job(State.STARTED, attempt=3), "Attempt 3 of 7 is running"),
        (job(State.STARTED, phase=Phase.AWAIT), "Waiting for its children"),
        (job(State.RETRY, attempts_used=1, error={"type": "busy"}), "Attempt 1 of 5 failed; the next is due"),
        (job(State.RETRY), "Waiting for its next turn"),
        (job(State.SUCCESS), "Done"),
        (job(State.SUCCESS, attempt=4, attempts_used=3), "Done in attempt 4"),
        (job(State.FAILURE), "Failed in attempt 1"),
        (job(State.FAILURE, attempt=5, attempts_used=5), "Failed in attempt 5, the last"),
        (job(State.FAILURE, attempt=3, crashes=3), "Failed in attempt 3, the last"),
        (job(State.REVOKED), "Cancelled"),
    ],
)
def test_a_job_in_a_sentence(shown: Job, says: str) -> None:
    assert wording.sentence(shown) == says


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (job(State.SUCCESS, result={"words": 12345}), "12,345 words"),
        (job(State.SUCCESS, result={"words": 1}), "1 word"),
        (job(State.SUCCESS, kind="quotes", result={"quotes": 0, "pages": 1}), "0 quotes on 1 page"),
        (job(State.SUCCESS, kind="quotes", result={"quotes": 1, "pages": 2_000}), "1 quote on 2,000 pages"),
        (job(State.SUCCESS, kind="gone", result={"words": 3}), "words: 3"),
        (job(State.FAILURE, error={"type": "not-text", "title": "The page is not text"}), "The page is not text"),
        (job(State.FAILURE, error={"type": "not-text"}), "not-text"),
        (job(State.STARTED, attempt=2, attempts_used=1), "attempt 2 of 5"),
        (job(State.STARTED, phase=Phase.AWAIT), "waits for its children"),
        (job(State.RETRY, attempt=2, attempts_used=2), "attempt 2 of 5"),
        (job(State.PENDING, attempt=0), ""),
        (job(State.REVOKED), ""),
    ],
)
def test_a_job_in_a_few_words(shown: Job, says: str) -> None:
    assert wording.summary(shown) == says


def test_every_state_and_every_outcome_has_a_label() -> None:
    assert set(wording.STATE_LABELS) == set(State)
    assert set(wording.OUTCOME_LABELS) == set(Outcome)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (-1, "0 ms"),
        (0.0084, "8 ms"),
        (0.9994, "999 ms"),
        (1.04, "1.0 s"),
        (9.94, "9.9 s"),
        (10, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (185, "3 min 5 s"),
        (3_661, "1 h 1 min"),
        (360_000, "100 h 0 min"),
    ],
)
def test_durations(seconds: float, says: str) -> None:
    assert wording.duration(timedelta(seconds=seconds)) == says


@pytest.mark.parametrize(
    ("count", "says"), [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (2_386, "2.4 kB"), (5_000_000, "5.0 MB")]
)
def test_sizes(count: int, says: str) -> None:
    assert wording.size(count) == says


@pytest.mark.parametrize(("count", "says"), [(0, "0"), (9_999, "9,999"), (10_000, "10,000"), (10_001, "10,000+")])
def test_counts_that_stopped(count: int, says: str) -> None:
    assert wording.capped(count) == says


def test_a_moment() -> None:
    assert wording.moment(TIME) == "24 Nov, 08:12:10 UTC"
