import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import FrameType

import pytest
from sqlalchemy import Connection, event, text

from embedded.servers import Servers
from job_core.errors import DatabaseUnavailable
from job_core.store.database import COMMIT_RESERVE_SECONDS, Database
from job_core.store.submissions import accept
from tests.integration.job_store import NEW_JOB, Store
from tests.integration.pausing import Stopwatch, hung_database, refused_port, silent_port, with_port
from tests.waiting import eventually

ROOM_SECONDS = 1.0  # for a machine that does other things, too


@pytest.fixture
def url(servers: Servers) -> str:
    return servers.database.url.replace("postgresql", "postgresql+psycopg2", 1)


@pytest.fixture
def database(url: str) -> Database:
    """One of its own, with connections to lose."""
    return Database(url, pool_size=4)


def ping_all(database: Database, connections: int = 4) -> None:
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(lambda _: database.ping(5), range(connections)))


def assert_unavailable_within(database: Database, seconds: float) -> None:
    watch = Stopwatch()
    with pytest.raises(DatabaseUnavailable), database.transaction(seconds) as connection:
        connection.execute(text("SELECT 1"))
    assert watch.seconds < seconds + ROOM_SECONDS


class TestAHungDatabase:
    """Its processes are stopped; whoever asks gets an answer in time all the same."""

    def test_ends_a_transaction_on_a_connection_that_was_there(self, database: Database, servers: Servers) -> None:
        database.ping(5)
        with hung_database(servers):
            assert_unavailable_within(database, 0.7)

    def test_ends_a_transaction_that_must_connect(self, database: Database, servers: Servers) -> None:
        with hung_database(servers):
            assert_unavailable_within(database, 0.7)

    def test_ends_a_transaction_that_is_under_way(self, database: Database, servers: Servers) -> None:
        watch = Stopwatch()
        with pytest.raises(DatabaseUnavailable), database.transaction(1.0) as connection:
            connection.execute(text("SELECT 1"))
            with hung_database(servers):
                connection.execute(text("SELECT 2"))
        assert watch.seconds < 1.0 + ROOM_SECONDS

    def test_ends_a_transaction_that_may_take_longer_when_the_first_answer_does_not_come(
        self, database: Database, servers: Servers
    ) -> None:
        database.ping(5)
        watch = Stopwatch()
        with (
            hung_database(servers),
            pytest.raises(DatabaseUnavailable),
            database.transaction(10, first_answer_seconds=0.7) as connection,
        ):
            connection.execute(text("SELECT 1"))
        assert watch.seconds < 0.7 + ROOM_SECONDS

    def test_keeps_no_connection_of_the_pool(self, database: Database, servers: Servers) -> None:
        ping_all(database)
        with hung_database(servers), ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: assert_unavailable_within(database, 0.7), range(4)))
        ping_all(database)

    def test_is_the_same_as_one_that_never_speaks(self, url: str) -> None:
        with silent_port() as port:
            assert_unavailable_within(Database(with_port(url, port), pool_size=1), 0.5)


def test_a_database_that_is_down_is_unavailable_at_once(url: str) -> None:
    assert_unavailable_within(Database(with_port(url, refused_port()), pool_size=1), 5)


def test_a_database_that_has_answered_once_has_the_whole_time(database: Database) -> None:
    database.ping(5)
    with database.transaction(20, first_answer_seconds=1) as connection:
        connection.execute(text("SELECT 1"))
        connection.execute(text("SELECT pg_sleep(1.5)"))
        assert connection.execute(text("SELECT 2")).scalar_one() == 2


def test_a_query_is_ended_by_the_deadline_here_and_there(database: Database, store: Store) -> None:
    with pytest.raises(DatabaseUnavailable), database.transaction(0.3) as connection:
        connection.execute(text("SELECT pg_sleep(600)"))
    slow = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'"
    eventually(lambda: store.sql(slow) == [])


def test_connections_that_the_server_ended_are_replaced(database: Database, store: Store) -> None:
    others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
    ping_all(database)
    ended = {row.pid for row in store.sql(f"SELECT pid, pg_terminate_backend(pid) {others}")}
    assert ended
    ping_all(database)
    assert {row.pid for row in store.sql(f"SELECT pid {others}")} - ended


def test_who_finds_no_free_connection_is_told_so(url: str, store: Store) -> None:
    database = Database(url, pool_size=1)

    def hold() -> None:
        with database.reading() as connection:
            connection.execute(text("SELECT pg_sleep(1.7)"))

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        eventually(lambda: store.sql("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(1.7)'"))
        assert_unavailable_within(database, 1.4)
        holding.result(10)
    database.ping(5)


def test_who_reads_may_take_its_time_over_the_rows(database: Database, store: Store) -> None:
    with database.reading() as connection:
        backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        (row,) = store.sql("SELECT state FROM pg_stat_activity WHERE pid = :pid", pid=backend)
    assert row.state == "idle"  # in no transaction, which the server would end


class Interrupted(Exception):
    """What a time limit's signal raises, wherever the process is."""


@pytest.fixture
def _interrupted_soon() -> Iterator[None]:
    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("_interrupted_soon")
def test_a_wait_that_a_signal_ends_spoils_no_later_one(url: str) -> None:
    database = Database(url, pool_size=1)
    with pytest.raises(Interrupted), database.transaction() as connection:
        connection.execute(text("SELECT pg_sleep(5)"))
    database.ping(5)


class TestTheCommitGuard:
    """Who was told that the database is unavailable finds nothing committed later."""

    def settled(self, store: Store) -> None:
        """Wait until the server has ended what was left to it."""
        others = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        eventually(lambda: store.sql(f"{others} AND state <> 'idle'") == [])

    @pytest.mark.parametrize("turn", range(3))
    def test_a_commit_that_met_a_hung_server(
        self,
        database: Database,
        store: Store,
        servers: Servers,
        turn: int,  # noqa: ARG002 - again and again, since it is a race
    ) -> None:
        hanging = ExitStack()

        def hang(_: Connection) -> None:
            hanging.enter_context(hung_database(servers))

        with hanging, pytest.raises(DatabaseUnavailable), database.transaction(1.0) as connection:
            accept(connection, [NEW_JOB], at_once_per_host=8)
            event.listen(connection.engine, "commit", hang)  # comes last: the next that is sent is the COMMIT
        self.settled(store)
        assert store.count() == 0

    def test_a_transaction_that_met_a_hung_server_before_its_commit(
        self, database: Database, store: Store, servers: Servers
    ) -> None:
        hanging = ExitStack()
        with hanging, pytest.raises(DatabaseUnavailable), database.transaction(1.0) as connection:
            accept(connection, [NEW_JOB], at_once_per_host=8)
            hanging.enter_context(hung_database(servers))
        self.settled(store)
        assert store.count() == 0

    def test_one_whose_caller_was_busy_before_its_commit_is_committed(self, database: Database, store: Store) -> None:
        with database.transaction() as connection:
            accept(connection, [NEW_JOB], at_once_per_host=8)
            time.sleep(COMMIT_RESERVE_SECONDS)  # the caller's own time is what is tried
        assert store.count() == 1

    def test_a_commit_that_came_too_late(self, database: Database, store: Store) -> None:
        with pytest.raises(DatabaseUnavailable), database.transaction(COMMIT_RESERVE_SECONDS * 0.9) as connection:
            accept(connection, [NEW_JOB], at_once_per_host=8)
        self.settled(store)
        assert store.count() == 0

    def test_a_commit_after_an_idle_while(self, database: Database, store: Store) -> None:
        with pytest.raises(DatabaseUnavailable), database.transaction() as connection:
            accept(connection, [NEW_JOB], at_once_per_host=8)
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            gone = "SELECT 1 FROM pg_stat_activity WHERE pid = :pid"
            eventually(lambda: store.sql(gone, pid=backend) == [])
        assert store.count() == 0
        assert store.accept([NEW_JOB]).is_new
