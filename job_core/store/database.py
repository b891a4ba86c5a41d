"""Transactions that end within a deadline, whatever the database does.

A psycopg2 call on a database that hangs (paused, or cut off) never returns, and no signal gets through to it. So all
waiting for libpq goes through a callback of ours, which gives up when the time of the transaction is over.
"""

import math
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import psycopg2
from psycopg2 import errors, extensions
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from job_core.errors import DatabaseUnavailable
from job_core.name_lookup import ServiceName
from job_core.store.patience import Patience

TRANSACTION_SECONDS = 5.0
CHECKOUT_SECONDS = 1.0

# A transaction whose caller is frozen keeps its locks no longer than this; a caller that is short of processor time has
# to get through what it does between two statements meanwhile.
IDLE_IN_TRANSACTION_MS = 2_000

# A COMMIT that waits unread in the socket of a paused database would be carried out later, though its caller was told
# that the database is away. So the database is told, right before, to refuse one that comes this long after its answer;
# and none is sent with less time left than that.
COMMIT_WITHIN_MS = 700
COMMIT_RESERVE_SECONDS = 0.8

_patience: ContextVar[Patience] = ContextVar("database_patience")
_ONCE_COMMITTED = "once_committed"


class DeadlineOver(psycopg2.OperationalError):
    """The database did not answer in time. The connection is closed."""


class Database:
    """A pool of connections to the job store. Not to be shared across a fork."""

    def __init__(self, url: str, *, pool_size: int) -> None:
        self._engine = _engine(url, pool_size)
        self._reading_engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def transaction(
        self, seconds: float = TRANSACTION_SECONDS, *, first_answer_seconds: float = math.inf
    ) -> Iterator[Connection]:
        """One transaction, committed at the end of the block, connecting included.

        Raises DatabaseUnavailable if the database cannot be reached, if it answers nothing at all within
        `first_answer_seconds`, or if `seconds` are over. Then nothing is committed, unless the database was already at
        it: see COMMIT_WITHIN_MS.
        """
        with self._bounded(Patience(seconds, first_answer_seconds)), self._engine.begin() as connection:
            calls: list[Callable[[], object]] = []
            connection.info[_ONCE_COMMITTED] = calls
            yield connection
        for call in calls:
            call()

    @contextmanager
    def reading(self, seconds: float = TRANSACTION_SECONDS) -> Iterator[Connection]:
        """A connection to read by, each statement for itself. Raises DatabaseUnavailable like `transaction`."""
        with self._bounded(Patience(seconds)), self._reading_engine.connect() as connection:
            yield connection

    @contextmanager
    def _bounded(self, patience: Patience) -> Iterator[None]:
        token = _patience.set(patience)
        try:
            yield
        except (OperationalError, InterfaceError, DisconnectionError, PoolTimeoutError) as error:
            raise DatabaseUnavailable("The job store did not answer in time.") from error
        except ProgrammingError as error:
            if isinstance(error.orig, errors.UndefinedTable):
                raise DatabaseUnavailable("The job store is being set up.") from error
            raise
        finally:
            _patience.reset(token)

    def ping(self, seconds: float = 1.0) -> None:
        """Do nothing but raise DatabaseUnavailable if the database does not answer."""
        with self.reading(seconds) as connection:
            connection.execute(text("SELECT FROM jobs LIMIT 1"))


def once_committed(connection: Connection, call: Callable[[], object]) -> None:
    """Let `call` run when the `transaction` of `connection` is committed, and not at all if it fails."""
    connection.info[_ONCE_COMMITTED].append(call)


def _engine(url: str, pool_size: int) -> Engine:
    extensions.set_wait_callback(_wait)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CHECKOUT_SECONDS,
        pool_recycle=1_800,
        pool_pre_ping=True,
        connect_args={
            # A query whose caller gave up ends, too.
            "options": "-c client_connection_check_interval=1000"
            f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS}"
        },
    )
    if engine.url.host:
        event.listen(engine, "do_connect", _look_up_in_time(ServiceName(engine.url.host)))
    event.listen(engine, "commit", _refuse_late_commit)
    event.listen(engine, "handle_error", _drop_closed_connection)
    return engine


def _look_up_in_time(name: ServiceName) -> Callable[[Dialect, ConnectionPoolEntry, object, dict[str, str]], None]:
    """Give libpq the addresses of its host: its own look-up waits in no callback."""

    def look_up(_dialect: Dialect, _entry: ConnectionPoolEntry, _arguments: object, options: dict[str, str]) -> None:
        try:
            addresses = name.addresses(max(0, _current_patience().left_to_wait()))
        except TimeoutError as error:
            raise _over() from error
        except OSError as error:
            raise psycopg2.OperationalError("no address of the host is known") from error
        options |= {"host": ",".join([options["host"]] * len(addresses)), "hostaddr": ",".join(addresses)}

    return look_up


def _current_patience() -> Patience:
    return _patience.get(None) or Patience(TRANSACTION_SECONDS)


def _wait(connection: extensions.connection) -> None:
    """Wait for libpq, as long as there is patience. psycopg2 closes the connection when this raises."""
    patience = _current_patience()
    try:
        while (state := connection.poll()) != extensions.POLL_OK:
            seconds = patience.left_to_wait()
            if seconds <= 0:
                raise _over()
            poller = select.poll()  # a new one each time: connecting may change the descriptor
            poller.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
            poller.poll(math.ceil(seconds * 1_000))
        patience.answered()
    finally:
        del connection  # else the traceback keeps the socket of a half-made connection


def _over() -> DeadlineOver:
    # By these words SQLAlchemy sees a disconnect, also where no connection exists yet.
    return DeadlineOver("deadline over: could not receive data from server")


def _refuse_late_commit(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {COMMIT_WITHIN_MS}")
    if _current_patience().left() < COMMIT_RESERVE_SECONDS:
        error = _over()
        connection.invalidate(error)
        raise OperationalError("COMMIT", None, error, connection_invalidated=True)


def _drop_closed_connection(context: ExceptionContext) -> None:
    """See a disconnect in whatever closed the connection: a time limit's signal may hit while waiting, too."""
    connection = context.connection
    if connection is None or connection.closed or connection.invalidated:
        return
    if getattr(connection.connection.dbapi_connection, "closed", False):
        context.is_disconnect = True
