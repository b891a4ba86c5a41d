"""The checks of a chaos run see what they are there to see: each breach is made up here, and reported."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from dev.chaos.checks import Attempt, Job, Kind, Known, Shown, check

ID, OTHER = "018bcfe5-0000-7000-8000-000000000001", "018bcfe5-0000-7000-8000-000000000002"
GOOD, MISSING, BUSY = "http://site/words/40/after/0.5/a", "http://site/missing/a", "http://site/busy/a"
LATE = "http://site/late/7/a"


def attempts(*outcomes: str | None) -> tuple[Attempt, ...]:
    return tuple(
        Attempt(number=number, outcome=outcome, started_ms=1_000 * number)
        for number, outcome in enumerate(outcomes, start=1)
    )


def job(state: str, *outcomes: str | None, url: str = GOOD, **fields: object) -> Job:
    usual = Job(
        id=ID,
        url=url,
        state=state,
        attempt=len(outcomes),
        words=40 if state == "SUCCESS" else None,
        asked_ms=1_000 * len(outcomes) + 1 if state == "SUCCESS" else None,
        error=None,
        retry_of=None,
        attempts=attempts(*outcomes),
    )
    return replace(usual, **fields)  # type: ignore[arg-type]


def found(jobs: Sequence[Job], known: Known | None = None, shown: Mapping[str, Shown] | None = None) -> list[Kind]:
    as_they_are = {each.id: Shown(state=each.state, words=each.words) for each in jobs}
    known = known or Known(promised={each.id: each.url for each in jobs})
    return [breach.kind for breach in check(known, jobs, as_they_are if shown is None else shown)]


@pytest.mark.parametrize(
    "kept",
    [
        job("SUCCESS", "SUCCESS"),
        job("SUCCESS", "LOST", "GIVEN BACK", "CRASHED", "RETRY", "SUCCESS"),
        job("SUCCESS", "RETRY", "SUCCESS", url=LATE, words=7),
        job("FAILURE", "FAILURE", url=MISSING, error="page-refused"),
        job("FAILURE", "RETRY", "LOST", "FAILURE", url=BUSY, error="server-busy"),
    ],
)
def test_a_promise_that_was_kept_is_no_breach(kept: Job) -> None:
    assert found([kept]) == []


@pytest.mark.parametrize("outcomes", [(), ("REVOKED",), ("RETRY",), ("LOST", "REVOKED")])
def test_a_cancelled_job_may_be_revoked_at_any_time(outcomes: tuple[str, ...]) -> None:
    assert found([job("REVOKED", *outcomes)], Known(promised={ID: GOOD}, cancelled=frozenset({ID}))) == []


@pytest.mark.parametrize(
    ("broken", "kinds"),
    [
        (job("PENDING"), [Kind.LOST]),
        (job("STARTED", "LOST", None), [Kind.LOST]),
        (job("RETRY", "RETRY"), [Kind.LOST]),
        (job("SUCCESS", "SUCCESS", words=39), [Kind.WRONG]),
        (job("FAILURE", "CRASHED", "CRASHED", "CRASHED", error="attempt-crashed"), [Kind.WRONG]),
        (job("FAILURE", "FAILURE", error="server-busy"), [Kind.WRONG]),
        (job("FAILURE", "FAILURE", url=BUSY, error="page-refused"), [Kind.WRONG]),
        (job("SUCCESS", "SUCCESS", url=MISSING), [Kind.WRONG]),
        (job("REVOKED", "REVOKED"), [Kind.WRONG]),
        (job("SUCCESS", "SUCCESS", "SUCCESS"), [Kind.DOUBLED, Kind.FENCE]),
        (job("SUCCESS", "LOST"), [Kind.FENCE]),
        (job("SUCCESS"), [Kind.FENCE]),
        (job("SUCCESS", None, "SUCCESS"), [Kind.FENCE]),
        (job("SUCCESS", "FAILURE", "SUCCESS"), [Kind.FENCE]),
        (job("SUCCESS", "SUCCESS", "LOST"), [Kind.FENCE, Kind.FENCE]),
        (job("SUCCESS", "LOST", "SUCCESS", attempt=3), [Kind.FENCE]),
        (job("SUCCESS", "LOST", "SUCCESS", asked_ms=1_999), [Kind.FENCE]),
        (job("FAILURE", "SUCCESS", url=MISSING, error="page-refused"), [Kind.FENCE]),
    ],
)
def test_a_row_that_breaks_a_promise_is_reported(broken: Job, kinds: list[Kind]) -> None:
    assert found([broken]) == kinds


def test_a_revoked_job_with_a_result_is_reported() -> None:
    revoked = job("REVOKED", "REVOKED", words=40)
    assert found([revoked], Known(promised={ID: GOOD}, cancelled=frozenset({ID}))) == [Kind.WRONG]


def test_a_job_that_is_gone_is_reported() -> None:
    assert found([], Known(promised={ID: GOOD})) == [Kind.LOST]


def test_an_end_that_callers_saw_otherwise_is_reported() -> None:
    known = Known(promised={ID: GOOD}, cancelled=frozenset({ID}), ends_seen={ID: frozenset({"REVOKED"})})
    assert found([job("SUCCESS", "SUCCESS")], known) == [Kind.CHANGED]
    assert found([job("REVOKED")], known) == []


@pytest.mark.parametrize(
    "shown", [{}, {ID: Shown(state="PENDING", words=None)}, {ID: Shown(state="SUCCESS", words=41)}]
)
def test_a_job_that_http_shows_otherwise_is_reported(shown: dict[str, Shown]) -> None:
    assert found([job("SUCCESS", "SUCCESS")], shown=shown) == [Kind.CHANGED]


def test_a_second_job_for_an_order_that_was_answered_is_reported() -> None:
    second = job("SUCCESS", "SUCCESS", id=OTHER)
    assert found([job("SUCCESS", "SUCCESS"), second], Known(promised={ID: GOOD})) == [Kind.DOUBLED]


@pytest.mark.parametrize("retry_of", [None, OTHER])
def test_an_order_without_an_answer_makes_one_job_or_none(retry_of: str | None) -> None:
    known = Known(promised={}, unanswered={(retry_of, GOOD): 1})
    first = job("SUCCESS", "SUCCESS", retry_of=retry_of)
    second = replace(first, id=OTHER)

    assert found([], known) == []
    assert found([first], known) == []
    assert found([first, second], known) == [Kind.DOUBLED] * 2
    assert found([replace(first, retry_of="another")], known) == [Kind.DOUBLED]
