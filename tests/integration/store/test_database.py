import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import FrameType
from urllib.parse import urlsplit

import pytest
from psycopg2 import errors
from sqlalchemy import text

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.errors import DatabaseUnavailable
from job_core.store.database import COMMIT_RESERVE_SECONDS, COMMIT_WITHIN_MS, REFUSE_LATE_COMMIT, Database
from job_core.store.submissions import accept
from tests.integration.databases import another_database, new_connections
from tests.integration.job_store import NEW_JOB, Store
from tests.integration.pausing import Stopwatch, hung_database, refused_port, silent_port, with_port
from tests.integration.store.conftest import Sent

ROOM_SECONDS = 3.0  # for a busy machine: what is not ended takes 10 s, or for ever
NO_ROW = "SELECT 1 WHERE false"


@pytest.fixture
def url(servers: Servers) -> str:
    return servers.database.url.replace("postgresql", "postgresql+psycopg2", 1)


@pytest.fixture
def database(url: str) -> Database:
    """One of its own, with connections to lose."""
    return Database(url, pool_size=4)


def by_transaction(database: Database, statement: str, seconds: float = 5) -> None:
    with database.transaction(seconds) as connection:
        connection.execute(text(statement))


def by_reading(database: Database, statement: str, seconds: float = 5) -> None:
    with database.reading(seconds) as connection:
        connection.execute(text(statement))


def by_call(database: Database, statement: str, seconds: float = 5) -> None:
    database.call(statement, seconds=seconds)


def by_commit(database: Database, statement: str, seconds: float = 5) -> None:
    database.commit(statement, seconds=seconds)


Way = Callable[[Database, str, float], None]
every_way = pytest.mark.parametrize("ask", [by_transaction, by_reading, by_call, by_commit])


def ping_all(database: Database, connections: int = 4) -> None:
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(lambda _: database.ping(5), range(connections)))


def backends(database: Database, connections: int = 4) -> set[int]:
    """The server's processes behind that many connections, all lent at the same time."""
    with ExitStack() as lent:
        held = [lent.enter_context(database.reading()) for _ in range(connections)]
        return {connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for connection in held}


def assert_unavailable_within(
    database: Database, seconds: float, ask: Way = by_transaction, *, reason: str = "timed out"
) -> None:
    watch = Stopwatch()
    with pytest.raises(DatabaseUnavailable) as raised:
        ask(database, "SELECT 1", seconds)
    assert watch.seconds < seconds + ROOM_SECONDS
    assert raised.value.reason == reason


class TestAHungDatabase:
    """Its processes are stopped; whoever asks gets an answer in time all the same."""

    @every_way
    def test_ends_what_asks_on_a_connection_that_was_there(
        self, database: Database, servers: Servers, ask: Way
    ) -> None:
        database.ping(5)
        with hung_database(servers):
            assert_unavailable_within(database, 0.7, ask)

    def test_ends_what_must_connect(self, database: Database, servers: Servers) -> None:
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

    @pytest.mark.parametrize("is_connected", [True, False])
    def test_ends_a_commit_that_may_take_longer_when_the_first_answer_does_not_come(
        self, database: Database, servers: Servers, *, is_connected: bool
    ) -> None:
        if is_connected:
            database.ping(5)
        watch = Stopwatch()
        with hung_database(servers), pytest.raises(DatabaseUnavailable):
            database.commit("SELECT 1", seconds=10, first_answer_seconds=0.7)
        assert watch.seconds < 0.7 + ROOM_SECONDS

    @pytest.mark.parametrize("ask", [by_transaction, by_call])
    def test_keeps_no_connection_of_the_pool(self, database: Database, servers: Servers, ask: Way) -> None:
        ping_all(database)
        with hung_database(servers), ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: assert_unavailable_within(database, 0.7, ask), range(4)))
        ping_all(database)

    def test_is_the_same_as_one_that_never_speaks(self, url: str) -> None:
        with silent_port() as port:
            assert_unavailable_within(Database(with_port(url, port), pool_size=1), 0.5)


class TestTheReason:
    """Whoever has to repair it learns why, at once, without an address or a secret."""

    def reason(self, url: str, statement: str = NO_ROW) -> str:
        watch = Stopwatch()
        with pytest.raises(DatabaseUnavailable) as raised:
            Database(url, pool_size=1).call(statement)
        assert watch.seconds < ROOM_SECONDS  # it does not wait for what will not come
        said = f"{raised.value} {raised.value.reason}"
        parts = urlsplit(url)
        assert not [secret for secret in (parts.hostname, parts.password, str(parts.port)) if str(secret) in said]
        return raised.value.reason

    def test_nothing_listens(self, url: str) -> None:
        assert self.reason(with_port(url, refused_port())) == "connection refused"

    def test_a_wrong_password(self, url: str) -> None:
        password = str(urlsplit(url).password)
        assert self.reason(url.replace(password, f"not-{password}", 1)) == "wrong password"

    def test_no_such_database(self, url: str) -> None:
        assert self.reason(urlsplit(url)._replace(path="/elsewhere").geturl()) == "no such database or user"

    def test_too_many_connections(self, url: str, store: Store) -> None:
        store.sql("CREATE ROLE crowd LOGIN PASSWORD 'crowded' CONNECTION LIMIT 0")
        try:
            netloc = urlsplit(url).netloc.rpartition("@")[2]
            crowded = urlsplit(url)._replace(netloc=f"crowd:crowded@{netloc}").geturl()
            assert self.reason(crowded) == "too many connections"
        finally:
            store.sql("DROP ROLE crowd")

    def test_tables_that_are_missing(self, servers: Servers) -> None:
        with another_database(servers, "unmigrated") as url:
            assert self.reason(url, "SELECT FROM jobs") == "its tables are missing or too old"
            assert self.reason(url, "SELECT make_due(1)") == "its tables are missing or too old"

    @new_connections
    def test_a_database_that_takes_no_writes(self, url: str, store: Store) -> None:
        store.sql("ALTER ROLE CURRENT_USER SET default_transaction_read_only = on")  # for new connections
        try:
            assert self.reason(url, "UPDATE jobs SET kind = kind RETURNING id") == "read-only"
        finally:
            store.sql("ALTER ROLE CURRENT_USER RESET default_transaction_read_only")

    def test_a_mistake_of_the_program_is_none(self, database: Database) -> None:
        with pytest.raises(errors.SyntaxError):
            database.call("SELEC 1")
        with pytest.raises(errors.DivisionByZero):
            database.commit("SELECT 1 / 0")
        ping_all(database)


def test_a_database_that_has_answered_once_has_the_whole_time(database: Database) -> None:
    database.ping(5)
    with database.transaction(20, first_answer_seconds=1) as connection:
        connection.execute(text("SELECT 1"))
        connection.execute(text("SELECT pg_sleep(1.5)"))
        assert connection.execute(text("SELECT 2")).scalar_one() == 2
    assert database.commit("SELECT 3 FROM pg_sleep(1.5)", seconds=20, first_answer_seconds=1) == [(3,)]


@every_way
def test_a_query_is_ended_by_the_deadline_here_and_there(database: Database, store: Store, ask: Way) -> None:
    with pytest.raises(DatabaseUnavailable):
        ask(database, "SELECT pg_sleep(600)", 0.3)
    slow = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%SELECT pg_sleep(600)' AND state = 'active'"
    eventually(lambda: store.sql(slow) == [])


def test_a_call_is_one_round_trip_and_a_commit_two(database: Database, sent: Sent) -> None:
    database.ping(5)
    sent.clear()
    database.call("SELECT 1")
    assert sent == ["SELECT 1"]
    sent.clear()
    database.commit("SELECT 1")
    assert sent == [f"BEGIN; {REFUSE_LATE_COMMIT};SELECT 1", "COMMIT"]


@pytest.mark.direct("the pooler replaces connections of the server's")
def test_connections_that_the_server_ended_are_replaced(database: Database, store: Store) -> None:
    """Those of `database` alone: what the store asks on one that is about to end would fail."""
    ended = backends(database)
    store.sql("SELECT pg_terminate_backend(pid, 4000) FROM unnest(:ended) pid", ended=list(ended))
    assert not backends(database) & ended


def test_who_finds_no_free_connection_is_told_so(url: str, store: Store) -> None:
    database = Database(url, pool_size=1)

    def hold() -> None:
        with database.reading() as connection:
            connection.execute(text("SELECT pg_sleep(1.7)"))

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        eventually(lambda: store.sql("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(1.7)'"))
        assert_unavailable_within(database, 1.4, reason="no free connection")
        holding.result(10)
    database.ping(5)


@pytest.mark.parametrize("is_written", [False, True])
def test_who_reads_or_calls_leaves_no_transaction_open(database: Database, store: Store, *, is_written: bool) -> None:
    """The server would end it: who reads may take its time over the rows."""
    if is_written:
        ((backend,),) = database.call("SELECT pg_backend_pid() FROM pg_sleep(0)")
        (row,) = store.sql("SELECT state FROM pg_stat_activity WHERE pid = :pid", pid=backend)
    else:
        with database.reading() as connection:
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            (row,) = store.sql("SELECT state FROM pg_stat_activity WHERE pid = :pid", pid=backend)
    assert row.state == "idle"


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


@every_way
@pytest.mark.usefixtures("_interrupted_soon")
def test_a_wait_that_a_signal_ends_spoils_no_later_one(url: str, ask: Way) -> None:
    database = Database(url, pool_size=1)
    with pytest.raises(Interrupted):
        ask(database, "SELECT pg_sleep(5)", 5)
    database.ping(5)


def accept_one(database: Database, seconds: float = 5) -> None:
    accept(database, [NEW_JOB], at_once=8, seconds=seconds)


def write_by_transaction(database: Database, seconds: float = 5) -> None:
    by_transaction(database, "INSERT INTO workers (id, name) VALUES (gen_random_uuid(), 'a')", seconds)


class TestTheCommitGuard:
    """A caller who got DatabaseUnavailable finds nothing committed later."""

    every_write = pytest.mark.parametrize("write", [accept_one, write_by_transaction])

    def written(self, store: Store) -> int:
        """How much there is, once the server has ended what was left to it."""
        others = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        eventually(lambda: store.sql(f"{others} AND state <> 'idle'") == [])
        return store.count() + store.count("workers")

    @every_write
    @pytest.mark.parametrize(("statement", "turn"), [("BEGIN", 0), *(("COMMIT", turn) for turn in range(3))])
    def test_a_server_that_hangs_when_it_gets_a_statement(
        self,
        database: Database,
        store: Store,
        servers: Servers,
        sent: Sent,
        write: Callable[[Database, float], None],
        statement: str,
        turn: int,  # noqa: ARG002 - again and again, since it is a race
    ) -> None:
        hanging = ExitStack()

        def hang(query: str) -> None:
            if query.startswith(statement):
                hanging.enter_context(hung_database(servers))

        sent.before = hang
        with hanging, pytest.raises(DatabaseUnavailable):
            write(database, 1.0)
        sent.before = lambda _: None
        assert self.written(store) == 0

    def test_a_transaction_that_met_a_hung_server_before_its_commit(
        self, database: Database, store: Store, servers: Servers
    ) -> None:
        hanging = ExitStack()
        with hanging, pytest.raises(DatabaseUnavailable), database.transaction(1.0) as connection:
            connection.execute(text("INSERT INTO workers (id, name) VALUES (gen_random_uuid(), 'a')"))
            hanging.enter_context(hung_database(servers))
        assert self.written(store) == 0

    def test_one_whose_caller_was_busy_before_its_commit_is_committed(self, database: Database, store: Store) -> None:
        with database.transaction() as connection:
            connection.execute(text("INSERT INTO workers (id, name) VALUES (gen_random_uuid(), 'a')"))
            time.sleep(COMMIT_RESERVE_SECONDS)  # the caller's own time is what is tried
        assert self.written(store) == 1

    @every_write
    def test_a_commit_that_came_too_late(
        self, database: Database, store: Store, write: Callable[[Database, float], None]
    ) -> None:
        with pytest.raises(DatabaseUnavailable):
            write(database, COMMIT_RESERVE_SECONDS * 0.9)
        assert self.written(store) == 0

    @every_write
    def test_a_caller_that_is_frozen_before_its_commit(
        self, database: Database, store: Store, sent: Sent, write: Callable[[Database, float], None]
    ) -> None:
        sent.before = lambda query: time.sleep(2 * COMMIT_WITHIN_MS / 1_000) if query == "COMMIT" else None
        with pytest.raises(DatabaseUnavailable):
            write(database, 5)
        assert self.written(store) == 0
        sent.before = lambda _: None
        write(database, 5)
        assert self.written(store) == 1

    def test_a_transaction_that_its_caller_leaves_alone_is_ended(self, database: Database, store: Store) -> None:
        with pytest.raises(DatabaseUnavailable), database.transaction() as connection:
            connection.execute(text("INSERT INTO workers (id, name) VALUES (gen_random_uuid(), 'a')"))
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            gone = "SELECT 1 FROM pg_stat_activity WHERE pid = :pid"
            eventually(lambda: store.sql(gone, pid=backend) == [])
        assert self.written(store) == 0
        assert store.accept([NEW_JOB]).is_new
