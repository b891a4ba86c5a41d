"""The bound on waiting jobs, and the counts of a database that hangs: those who ask do not queue behind each other."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from embedded.servers import Servers
from job_core.errors import DatabaseUnavailable
from job_core.job import State
from job_manager import admission
from job_manager.admission import COUNT_SECONDS, Backlog, StateCounts
from job_manager.errors import BacklogFull
from job_manager.outages import Outages
from tests.integration.job_store import Store
from tests.integration.pausing import Stopwatch, hung_database

CALLERS = 6
ROOM_SECONDS = 0.5


class TestBacklog:
    """At most so many jobs wait."""

    @pytest.fixture(autouse=True)
    def _counted_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(admission, "FRESH_SECONDS", 60.0)

    def test_jobs_that_wait_or_are_arriving_take_room(self, store: Store) -> None:
        store.submit()
        backlog = Backlog(store.database, 4)
        with backlog.room_for(2), pytest.raises(BacklogFull), backlog.room_for(2):
            pass
        with backlog.room_for(1):
            pass
        with pytest.raises(BacklogFull, match="4 jobs are waiting already"), backlog.room_for(1):
            pass

    def test_jobs_whose_insert_failed_take_none(self, store: Store) -> None:
        backlog = Backlog(store.database, 3)
        for _ in range(5):
            with pytest.raises(DatabaseUnavailable), backlog.room_for(3):
                raise DatabaseUnavailable("It is away.")
        with backlog.room_for(3):
            pass

    @pytest.mark.usefixtures("_eager_threads")
    def test_callers_at_once_never_take_more_than_there_is(self, store: Store) -> None:
        backlog = Backlog(store.database, 101)
        with backlog.room_for(1):  # counts
            pass

        def accept_some(attempts: int = 200) -> int:
            accepted = 0
            for _ in range(attempts):
                with suppress(BacklogFull), backlog.room_for(1):
                    accepted += 1
                with suppress(BacklogFull, DatabaseUnavailable), backlog.room_for(1):
                    raise DatabaseUnavailable("It is away.")
            return accepted

        with ThreadPoolExecutor(CALLERS) as callers:
            assert sum(callers.map(lambda _: accept_some(), range(CALLERS))) == 100

    @pytest.fixture
    def _eager_threads(self) -> Iterator[None]:
        """Threads take turns all the time, as they do under load."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        yield
        sys.setswitchinterval(before)


class TestStateCounts:
    """Counted once a second at most, however many look."""

    def test_old_counts_are_better_than_none(
        self, store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(admission, "FRESH_SECONDS", 0.0)
        store.submit()
        counts = StateCounts(store.database, Outages())
        known = counts.of(None)
        assert known[State.PENDING] == 1
        with hung_database(servers), capture_logs() as logged:
            watch = Stopwatch()
            ended = all_at_once(lambda: counts.of(None))
            assert watch.seconds < COUNT_SECONDS + ROOM_SECONDS
        assert [each.result() for each in ended] == [known] * CALLERS
        assert [(line["event"], line["log_level"]) for line in logged] == [("a service is away", "warning")]

    def test_those_who_find_none_wait_for_one_another_no_longer_than_a_count(
        self, store: Store, servers: Servers
    ) -> None:
        counts = StateCounts(store.database, Outages())
        with hung_database(servers):
            watch = Stopwatch()
            ended = all_at_once(lambda: counts.of(None))
            assert watch.seconds < 2 * COUNT_SECONDS + ROOM_SECONDS
        assert {type(each.exception()) for each in ended} == {DatabaseUnavailable}

    def test_the_first_callers_all_get_the_counts_of_one(self, store: Store) -> None:
        store.submit()
        counts = StateCounts(store.database, Outages())
        ended = all_at_once(lambda: counts.of(None))
        assert len({id(each.result()) for each in ended}) == 1


def all_at_once(call: Callable[[], object]) -> list["Future[object]"]:
    """The ends of CALLERS calls that were made at the same time."""
    with ThreadPoolExecutor(CALLERS) as callers:
        return [callers.submit(call) for _ in range(CALLERS)]
