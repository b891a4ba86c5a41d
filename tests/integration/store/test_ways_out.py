"""However a block leaves the database, its place in the pool is free again, and its error is its own."""

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from typing import Any

import pytest
from sqlalchemy import Connection, text

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.errors import DatabaseUnavailable
from job_core.store.database import Database
from tests.integration.job_store import Store

Block = Callable[[Database, float], AbstractContextManager[Connection]]
every_block = pytest.mark.parametrize("block", [Database.reading, Database.transaction])
SECONDS = 1.0
TIMES = 3  # more often than the pool has places


@pytest.fixture
def database(servers: Servers) -> Database:
    """One of its own, with few places to lose."""
    return Database(servers.database.url.replace("postgresql", "postgresql+psycopg2", 1), pool_size=2)


@pytest.fixture(autouse=True)
def _all_places_are_free_afterwards(database: Database) -> Iterator[None]:
    yield
    together = threading.Barrier(2)

    def use() -> None:
        with database.reading() as connection:
            connection.execute(text("SELECT 1"))
            together.wait(10)  # which only two connections at the same time get past

    with ThreadPoolExecutor(2) as pool:
        for used in [pool.submit(use) for _ in range(2)]:
            used.result()


class Stopped(BaseException):
    """Like GreenletExit: no Exception, and nothing that Python or a library knows."""


def close_beneath(connection: Connection) -> None:
    """What psycopg2 does when a wait is given up."""
    connection.connection.dbapi_connection.close()  # type: ignore[union-attr]


def outlive(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))
    time.sleep(SECONDS)  # its own work


class TestABlockThatOutlivesItsTimeByItsOwnWork:
    def test_keeps_what_it_has_read(self, database: Database) -> None:
        for _ in range(TIMES):
            with database.reading(SECONDS / 10) as connection:
                outlive(connection)

    def test_commits_nothing(self, database: Database) -> None:
        for _ in range(TIMES):
            with pytest.raises(DatabaseUnavailable), database.transaction(SECONDS) as connection:
                outlive(connection)

    @every_block
    def test_is_answered_nothing_more(self, database: Database, block: Block) -> None:
        for _ in range(TIMES):
            with pytest.raises(DatabaseUnavailable), block(database, SECONDS) as connection:
                outlive(connection)
                connection.execute(text("SELECT pg_sleep(1)"))

    @every_block
    def test_neither_by_the_driver_itself(self, database: Database, block: Block) -> None:
        for _ in range(TIMES):
            with pytest.raises(DatabaseUnavailable), block(database, SECONDS) as connection:
                outlive(connection)
                connection.connection.cursor().execute("SELECT pg_sleep(1)")


class TestAConnectionThatClosesInTheBlock:
    def test_costs_a_reader_nothing_that_was_read(self, database: Database) -> None:
        for _ in range(TIMES):
            with database.reading() as connection:
                connection.execute(text("SELECT 1"))
                close_beneath(connection)

    def test_ends_a_transaction(self, database: Database) -> None:
        for _ in range(TIMES):
            with pytest.raises(DatabaseUnavailable), database.transaction() as connection:
                close_beneath(connection)

    @every_block
    def test_hides_no_error_of_the_block(self, database: Database, block: Block) -> None:
        for _ in range(TIMES):
            with pytest.raises(Stopped), block(database, 5) as connection:
                connection.execute(text("SELECT 1"))
                close_beneath(connection)
                raise Stopped

    @pytest.mark.direct("the server's process of one transaction may be that of the next one, which ends it")
    @every_block
    def test_may_be_the_servers_doing(self, database: Database, store: Store, block: Block) -> None:
        for _ in range(TIMES):
            with pytest.raises(Stopped), block(database, 5) as connection:
                backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
                store.sql("SELECT pg_terminate_backend(:pid)", pid=backend)
                raise Stopped


@every_block
@pytest.mark.parametrize("kind", [ValueError, Stopped, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError])
def test_what_a_block_raises_comes_out(database: Database, block: Block, kind: type[BaseException]) -> None:
    for _ in range(TIMES):
        with pytest.raises(kind), block(database, 5) as connection:
            connection.execute(text("SELECT 1"))
            raise kind


@every_block
@pytest.mark.parametrize("kind", [Stopped, KeyboardInterrupt, SystemExit, ValueError])
def test_a_thread_may_be_ended_while_it_waits(
    database: Database, store: Store, block: Block, kind: type[BaseException]
) -> None:
    ended: list[type[BaseException]] = []

    def wait() -> None:
        try:
            with block(database, 20) as connection:
                for _ in range(100):
                    connection.execute(text("SELECT pg_sleep(0.1)"))
        except BaseException as error:  # noqa: BLE001 - whatever it is
            ended.append(type(error))

    waiting = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(0.1)' AND state = 'active'"
    for _ in range(TIMES):
        thread = threading.Thread(target=wait)
        thread.start()
        eventually(lambda: store.sql(waiting))
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(kind))
        thread.join(20)
    assert ended == [kind] * TIMES


class TestAGenerator:
    def numbers(self, database: Database, block: Block) -> Iterator[Any]:
        with block(database, 5) as connection:
            yield from connection.execute(text("SELECT generate_series(1, 3)"))

    @every_block
    def test_may_be_closed(self, database: Database, block: Block) -> None:
        for _ in range(TIMES):
            numbers = self.numbers(database, block)
            next(numbers)
            numbers.close()  # type: ignore[attr-defined]

    @every_block
    def test_may_be_closed_by_another_thread(self, database: Database, block: Block) -> None:
        with ThreadPoolExecutor(1) as pool:
            for _ in range(TIMES):
                numbers = self.numbers(database, block)
                pool.submit(next, numbers).result()
                numbers.close()  # type: ignore[attr-defined]

    @every_block
    def test_may_be_forgotten(self, database: Database, block: Block) -> None:
        for _ in range(TIMES):
            next(self.numbers(database, block))


@pytest.mark.parametrize("ask", [Database.call, Database.commit])
def test_a_single_statement_gives_its_place_back_too(database: Database, ask: Callable[..., object]) -> None:
    for _ in range(TIMES):
        with suppress(DatabaseUnavailable):
            ask(database, "SELECT pg_sleep(3)", seconds=0.3)
        with pytest.raises(TypeError):
            ask(database, "SELECT %s", "one", "too many")
