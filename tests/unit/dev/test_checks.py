"""The checks of a chaos run see what they are there to see: each breach is made up here, and reported."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from dev.chaos.checks import AttemptRow, Flaw, JobRow, Known, Shown, check
from dev.chaos.family import CHILDREN, FAILED, FAILING
from job_core.job import JsonObject

ID, OTHER = "018bcfe5-0000-7000-8000-000000000001", "018bcfe5-0000-7000-8000-000000000002"
GOOD, MISSING, BUSY = "http://site/stamped/40/a?seconds=0.5", "http://site/missing/a", "http://site/busy/a"
LATE = "http://site/stamped/7/a?times=1"


def attempts(*outcomes: str | None) -> tuple[AttemptRow, ...]:
    return tuple(
        AttemptRow(number=number, outcome=outcome, started_ms=1_000 * number)
        for number, outcome in enumerate(outcomes, start=1)
    )


def counted(words: int = 40, asked_ms: int = 1_000_000) -> JsonObject:
    """The result of a page that was requested then."""
    return {"words": words, "top": [["word", words - 1], [f"at{asked_ms}", 1]]}


def job(state: str, *outcomes: str | None, label: str = GOOD, **fields: object) -> JobRow:
    usual = JobRow(
        id=ID,
        kind="count",
        label=label,
        state=state,
        attempt=len(outcomes),
        result=counted(asked_ms=1_000 * len(outcomes) + 1) if state == "SUCCESS" else None,
        error=None,
        retry_of=None,
        parent=None,
        attempts=attempts(*outcomes),
    )
    return replace(usual, **fields)  # type: ignore[arg-type]


def found(jobs: Sequence[JobRow], known: Known | None = None, shown: Mapping[str, Shown] | None = None) -> list[Flaw]:
    as_they_are = {each.id: Shown(state=each.state, result=each.result) for each in jobs}
    known = known or Known(promised={each.id: each.label for each in jobs if each.parent is None})
    return [breach.flaw for breach in check(known, jobs, as_they_are if shown is None else shown)]


@pytest.mark.parametrize(
    "kept",
    [
        job("SUCCESS", "SUCCESS"),
        job("SUCCESS", "LOST", "GIVEN BACK", "CRASHED", "RETRY", "SUCCESS"),
        job("SUCCESS", "RETRY", "SUCCESS", label=LATE, result=counted(7)),
        job("FAILURE", "FAILURE", label=MISSING, error="page-refused"),
        job("FAILURE", "RETRY", "LOST", "FAILURE", label=BUSY, error="server-busy"),
    ],
)
def test_a_promise_that_was_kept_is_no_breach(kept: JobRow) -> None:
    assert found([kept]) == []


@pytest.mark.parametrize("outcomes", [(), ("REVOKED",), ("RETRY",), ("LOST", "REVOKED")])
def test_a_cancelled_job_may_be_revoked_at_any_time(outcomes: tuple[str, ...]) -> None:
    assert found([job("REVOKED", *outcomes)], Known(promised={ID: GOOD}, cancelled=frozenset({ID}))) == []


@pytest.mark.parametrize(
    ("broken", "flaws"),
    [
        (job("PENDING"), [Flaw.LOST]),
        (job("STARTED", "LOST", None), [Flaw.LOST]),
        (job("RETRY", "RETRY"), [Flaw.LOST]),
        (job("SUCCESS", "SUCCESS", result=counted(39)), [Flaw.WRONG]),
        (job("FAILURE", "CRASHED", "CRASHED", "CRASHED", error="attempt-crashed"), [Flaw.WRONG]),
        (job("FAILURE", "FAILURE", error="server-busy"), [Flaw.WRONG]),
        (job("FAILURE", "FAILURE", label=BUSY, error="page-refused"), [Flaw.WRONG]),
        (job("SUCCESS", "SUCCESS", label=MISSING), [Flaw.WRONG]),
        (job("REVOKED", "REVOKED"), [Flaw.WRONG]),
        (job("SUCCESS", "SUCCESS", "SUCCESS"), [Flaw.DOUBLED, Flaw.FENCE]),
        (job("SUCCESS", "LOST"), [Flaw.FENCE]),
        (job("SUCCESS"), [Flaw.FENCE]),
        (job("SUCCESS", None, "SUCCESS"), [Flaw.FENCE]),
        (job("SUCCESS", "FAILURE", "SUCCESS"), [Flaw.FENCE]),
        (job("SUCCESS", "SUCCESS", "LOST"), [Flaw.FENCE, Flaw.FENCE]),
        (job("SUCCESS", "LOST", "SUCCESS", attempt=3), [Flaw.FENCE]),
        (job("SUCCESS", "LOST", "SUCCESS", result=counted(asked_ms=1_999)), [Flaw.FENCE]),
        (job("FAILURE", "SUCCESS", label=MISSING, error="page-refused"), [Flaw.FENCE]),
    ],
)
def test_a_row_that_breaks_a_promise_is_reported(broken: JobRow, flaws: list[Flaw]) -> None:
    assert found([broken]) == flaws


def test_a_revoked_job_with_a_result_is_reported() -> None:
    revoked = job("REVOKED", "REVOKED", result=counted())
    assert found([revoked], Known(promised={ID: GOOD}, cancelled=frozenset({ID}))) == [Flaw.WRONG]


def test_a_job_that_is_gone_is_reported() -> None:
    assert found([], Known(promised={ID: GOOD})) == [Flaw.LOST]


def test_an_end_that_callers_saw_otherwise_is_reported() -> None:
    known = Known(promised={ID: GOOD}, cancelled=frozenset({ID}), ends_seen={ID: frozenset({"REVOKED"})})
    assert found([job("SUCCESS", "SUCCESS")], known) == [Flaw.CHANGED]
    assert found([job("REVOKED")], known) == []


@pytest.mark.parametrize(
    "shown", [{}, {ID: Shown(state="PENDING", result=None)}, {ID: Shown(state="SUCCESS", result=counted(41))}]
)
def test_a_job_that_http_shows_otherwise_is_reported(shown: dict[str, Shown]) -> None:
    assert found([job("SUCCESS", "SUCCESS")], shown=shown) == [Flaw.CHANGED]


def test_a_second_job_for_an_order_that_was_answered_is_reported() -> None:
    second = job("SUCCESS", "SUCCESS", id=OTHER)
    assert found([job("SUCCESS", "SUCCESS"), second], Known(promised={ID: GOOD})) == [Flaw.DOUBLED]


@pytest.mark.parametrize("retry_of", [None, OTHER])
def test_an_order_without_an_answer_makes_one_job_or_none(retry_of: str | None) -> None:
    known = Known(promised={}, unanswered={(retry_of, GOOD): 1})
    first = job("SUCCESS", "SUCCESS", retry_of=retry_of)
    second = replace(first, id=OTHER)

    assert found([], known) == []
    assert found([first], known) == []
    assert found([first, second], known) == [Flaw.DOUBLED] * 2
    assert found([replace(first, retry_of="another")], known) == [Flaw.DOUBLED]


SCATTERED = ("CONTINUED", "LOST", "FANNED OUT", "CRASHED", "SUCCESS")


def family(state: str = "SUCCESS", *outcomes: str, cancelled: int = 0) -> list[JobRow]:
    """A parent, and its children, of which the first so many were cancelled."""
    children = []
    for number in range(CHILDREN):
        fails = number % FAILING == 0
        end, result = ("FAILURE", None) if fails else ("SUCCESS", {"number": number})
        if number < cancelled:
            end, result = "REVOKED", None
        child = job(end, end, label=f"a/{number}", id=f"{ID}-{number}", kind="piece", parent=ID, result=result)
        children.append(replace(child, error=FAILED if end == "FAILURE" else None))
    failed = CHILDREN // FAILING
    ended = {"ended": {"FAILURE": failed, "SUCCESS": CHILDREN - failed}}
    made = outcomes or SCATTERED
    parent = job(state, *made, label="a", kind="scatter", result=ended if state == "SUCCESS" else None)
    return [parent, *children]


def test_children_that_ended_once_and_were_joined_once_are_no_breach() -> None:
    assert found(family()) == []


def test_a_cancelled_family_is_no_breach() -> None:
    known = Known(promised={ID: "a"}, cancelled=frozenset({ID}))
    assert found(family("REVOKED", "CONTINUED", "REVOKED", cancelled=60), known) == []


def test_a_child_that_was_cancelled_alone_is_reported() -> None:
    assert found(family(cancelled=1)) == [Flaw.WRONG, Flaw.WRONG]  # of the child, and of the join that did not see it


def test_a_missing_child_and_one_that_was_made_twice_are_reported() -> None:
    parent, *children = family()
    assert found([parent, *children[:-1]]) == [Flaw.WRONG, Flaw.DOUBLED]
    twice = replace(children[-1], id=OTHER)
    assert found([parent, *children, twice]) == [Flaw.WRONG, Flaw.DOUBLED]


def test_a_parent_that_is_stuck_and_a_second_join_are_reported() -> None:
    assert found(family("STARTED", "CONTINUED", "FANNED OUT")) == [Flaw.LOST]
    assert found(family("SUCCESS", "FANNED OUT", "FANNED OUT", "SUCCESS")) == [Flaw.DOUBLED]
    assert Flaw.DOUBLED in found(family("SUCCESS", "FANNED OUT", "SUCCESS", "SUCCESS"))


def test_a_child_with_the_wrong_end_is_reported() -> None:
    parent, child, *others = family()
    succeeded = replace(child, state="SUCCESS", result={"number": 0}, error=None, attempts=attempts("SUCCESS"))
    assert found([parent, succeeded, *others]) == [Flaw.WRONG, Flaw.WRONG]
