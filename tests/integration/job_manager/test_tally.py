"""The totals of a database that hangs: those who ask for them do not queue behind each other."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from embedded.servers import Servers
from job_core.errors import DatabaseUnavailable
from job_core.job import State
from job_manager import admission
from job_manager.admission import COUNT_SECONDS, Tally
from tests.integration.job_store import Store
from tests.integration.pausing import Stopwatch, hung_database

CALLERS = 6
ROOM_SECONDS = 0.5


def all_at_once(call: Callable[[], object]) -> list["Future[object]"]:
    """The ends of CALLERS calls that were made at the same time."""
    with ThreadPoolExecutor(CALLERS) as callers:
        return [callers.submit(call) for _ in range(CALLERS)]


def test_the_last_counts_are_given_while_one_caller_counts_anew(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "FRESH_SECONDS", 0.0)
    store.submit()
    counts = Tally(store.database)
    known = counts.counts(None)
    assert known[State.PENDING] == 1
    with hung_database(servers):
        watch = Stopwatch()
        ended = all_at_once(lambda: counts.counts(None))
        assert watch.seconds < COUNT_SECONDS + ROOM_SECONDS
    failed = [each.exception() for each in ended if each.exception()]
    assert [type(error) for error in failed] == [DatabaseUnavailable]
    assert [each.result() for each in ended if not each.exception()] == [known] * (CALLERS - 1)


def test_those_who_find_no_counts_wait_for_one_another_no_longer_than_a_count(store: Store, servers: Servers) -> None:
    counts = Tally(store.database)
    with hung_database(servers):
        watch = Stopwatch()
        ended = all_at_once(lambda: counts.counts(None))
        assert watch.seconds < 2 * COUNT_SECONDS + ROOM_SECONDS
    assert {type(each.exception()) for each in ended} == {DatabaseUnavailable}


def test_the_first_callers_all_get_the_counts_of_one(store: Store) -> None:
    store.submit()
    counts = Tally(store.database)
    ended = all_at_once(lambda: counts.counts(None))
    assert len({id(each.result()) for each in ended}) == 1
