"""Calls and transactions that end within a deadline, whatever the database does.

A psycopg2 call on a database that hangs (paused, or cut off) never returns, and no signal gets through to it. So all
waiting for libpq goes through a callback of ours, which gives up when the time is over.
"""

import math
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg2
from psycopg2 import errors, extensions
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from job_core.errors import DatabaseLocked, DatabaseUnavailable
from job_core.name_lookup import ServiceName

TRANSACTION_SECONDS = 5.0
CHECKOUT_SECONDS = 1.0

# A transaction whose caller is frozen keeps its locks no longer than this; a caller that is short of processor time has
# to get through what it does between two statements meanwhile.
IDLE_IN_TRANSACTION_MS = 2_000

# A COMMIT that waits unread in the socket of a paused database would be carried out later, though its caller was told
# that the database is away. So a setting, sent right before, makes the database refuse one that comes this much later;
# and none is sent with less time left than that.
COMMIT_WITHIN_MS = 700
COMMIT_RESERVE_SECONDS = 0.8
REFUSE_LATE_COMMIT = f"SET LOCAL idle_in_transaction_session_timeout = {COMMIT_WITHIN_MS}"

Row = tuple[Any, ...]


class DeadlineOver(psycopg2.OperationalError):
    """The database did not answer in time. The connection is closed."""


class Patience:
    """How long a block waits for the database: until its time is over, and less as long as nothing was answered at all.

    A database that is away or hangs is known by its silence, and soon. One that has answered is busy at worst.
    """

    def __init__(self, seconds: float, first_answer_seconds: float = math.inf) -> None:
        now = time.monotonic()
        self._ends = now + seconds
        self._waiting_ends = min(self._ends, now + first_answer_seconds)

    def left(self) -> float:
        """Seconds until the time is over."""
        return self._ends - time.monotonic()

    def left_to_wait(self) -> float:
        """Seconds for which an answer is worth waiting."""
        return self._waiting_ends - time.monotonic()

    def answered(self) -> None:
        """The database has answered."""
        self._waiting_ends = self._ends


_patience: ContextVar[Patience | None] = ContextVar("database_patience", default=None)


class Database:
    """A pool of connections to the job store. Not to be shared across a fork.

    Connections are in autocommit, so that a call is one round trip; a transaction begins and commits by itself. All
    methods raise DatabaseUnavailable if the database cannot be reached, is read-only, or the time is over, and
    DatabaseLocked, which is one of them, after waiting `lock_ms` for a lock (0: as long as for anything else).
    """

    def __init__(self, url: str, *, pool_size: int, lock_ms: int = 0) -> None:
        self._engine = _engine(url, pool_size, lock_ms)

    def call(self, statement: str, *parameters: object, seconds: float = TRANSACTION_SECONDS) -> list[Row]:
        """The rows of one statement, a transaction of its own.

        After DatabaseUnavailable it may still be carried out, even later: so it is for what may come late or twice.
        """
        with _bounded(Patience(seconds)), self._borrowed() as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def commit(
        self,
        statement: str,
        *parameters: object,
        seconds: float = TRANSACTION_SECONDS,
        first_answer_seconds: float = math.inf,
    ) -> list[Row]:
        """The rows of one statement, committed; after DatabaseUnavailable it is not, and will not be.

        But for one case: the database was already at it. It counts as away if nothing is answered within
        `first_answer_seconds`.
        """
        patience = Patience(seconds, first_answer_seconds)
        with _bounded(patience), self._borrowed() as connection, connection.cursor() as cursor:
            begin = f"BEGIN; {REFUSE_LATE_COMMIT};"
            if first_answer_seconds < seconds:  # a statement that takes long is answered late
                cursor.execute(begin)
                begin = ""
            cursor.execute(begin + statement, parameters)
            rows = cursor.fetchall()
            _check_commit_is_in_time(patience)
            cursor.execute("COMMIT")
            return rows

    @contextmanager
    def transaction(
        self, seconds: float = TRANSACTION_SECONDS, *, first_answer_seconds: float = math.inf
    ) -> Iterator[Connection]:
        """One transaction, committed at the end of the block; it fails like `commit`."""
        patience = Patience(seconds, first_answer_seconds)
        with _bounded(patience), self._lent() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection
            connection.exec_driver_sql(REFUSE_LATE_COMMIT)
            _check_commit_is_in_time(patience)
            connection.exec_driver_sql("COMMIT")

    @contextmanager
    def reading(self, seconds: float = TRANSACTION_SECONDS) -> Iterator[Connection]:
        """A connection to read by, each statement for itself."""
        with _bounded(Patience(seconds)), self._lent() as connection:
            yield connection

    def ping(self, seconds: float = 1.0) -> None:
        """Do nothing but raise DatabaseUnavailable if jobs could not be written."""
        with self.reading(seconds) as connection:
            asked = text("SELECT current_setting('transaction_read_only')::boolean, EXISTS (SELECT FROM jobs)")
            if connection.execute(asked).scalar():
                raise DatabaseUnavailable("The job store is read-only.", reason="read-only")

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        """A connection of the pool, which is thrown away after an exception: that ends whatever it was at."""
        with self._engine.connect() as connection:
            try:
                yield connection
            except BaseException:
                connection.invalidate()
                raise

    @contextmanager
    def _borrowed(self) -> Iterator[extensions.connection]:
        """A plain connection of the pool, which is given back as it was, or thrown away."""
        borrowed = self._engine.raw_connection()
        try:
            yield borrowed.dbapi_connection  # type: ignore[misc]  # psycopg2's, as the engine was made
        except BaseException:
            borrowed.invalidate()
            raise
        finally:
            borrowed.close()


@contextmanager
def _bounded(patience: Patience) -> Iterator[None]:
    before = _patience.get()
    _patience.set(patience)
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseUnavailable("The job store did not answer in time.", reason="no free connection") from error
    except (DBAPIError, DisconnectionError, psycopg2.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if (found := _unavailable(cause)) is None:
            raise
        raise found from error
    finally:
        if _patience.get() is patience:  # not where a generator is closed by another thread than began it
            _patience.set(before)


def _unavailable(cause: BaseException | None) -> DatabaseUnavailable | None:
    """How the database is away, if `cause` means that; else it is a mistake of the program's."""
    if isinstance(cause, errors.UndefinedTable | errors.UndefinedFunction):
        return DatabaseUnavailable("The job store is being set up.", reason="its tables are missing or too old")
    if isinstance(cause, errors.LockNotAvailable):
        return DatabaseLocked("The job store did not answer in time.", reason="a lock is held for long")
    if isinstance(cause, errors.ReadOnlySqlTransaction):
        return DatabaseUnavailable("The job store is read-only.", reason="read-only")
    if isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError | DisconnectionError):
        return DatabaseUnavailable("The job store did not answer in time.", reason=_reason(cause))
    return None


# What libpq says in its messages, which carry no code before a connection exists.
_REASONS = {
    "password authentication failed": "wrong password",
    "does not exist": "no such database or user",
    "too many": "too many connections",
    "remaining connection slots": "too many connections",
    "starting up": "starting up",
    "shutting down": "shutting down",
    "Connection refused": "connection refused",
    "No space left": "disk full",
    "deadlock detected": "deadlock",
    DeadlineOver.__name__: "timed out",
}


def _reason(cause: BaseException) -> str:
    """Why, in a few words that name neither address nor secret."""
    if isinstance(cause, DeadlineOver):
        return "timed out"
    said = str(cause)
    return next((reason for part, reason in _REASONS.items() if part in said), type(cause).__name__)


def _check_commit_is_in_time(patience: Patience) -> None:
    if patience.left() < COMMIT_RESERVE_SECONDS:
        raise _deadline_error()


def _engine(url: str, pool_size: int, lock_ms: int) -> Engine:
    extensions.set_wait_callback(_wait)
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CHECKOUT_SECONDS,
        pool_recycle=1_800,
        pool_reset_on_return=None,
        skip_autocommit_rollback=True,  # there is nothing to roll back, and a connection that is closed would refuse it
        connect_args={
            # A query whose caller gave up ends, too.
            "options": "-c client_connection_check_interval=1000"
            f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS} -c lock_timeout={lock_ms}"
        },
    )
    if engine.url.host:
        event.listen(engine, "do_connect", _look_up_in_time(ServiceName(engine.url.host)))
    event.listen(engine, "checkout", _refuse_dead_connection)
    event.listen(engine, "handle_error", _drop_closed_connection)
    return engine


def _look_up_in_time(name: ServiceName) -> Any:  # noqa: ANN401 - a listener, as SQLAlchemy calls it
    """Give libpq the addresses of its host: its own look-up waits in no callback."""

    def look_up(_dialect: Dialect, _entry: ConnectionPoolEntry, _arguments: object, options: dict[str, str]) -> None:
        try:
            addresses = name.addresses(max(0, _current_patience().left_to_wait()))
        except TimeoutError as error:
            raise _deadline_error() from error
        except OSError as error:
            raise psycopg2.OperationalError("no address of the host is known") from error
        options |= {"host": ",".join([options["host"]] * len(addresses)), "hostaddr": ",".join(addresses)}

    return look_up


def _current_patience() -> Patience:
    return _patience.get() or Patience(TRANSACTION_SECONDS)


def _wait(connection: extensions.connection) -> None:
    """Wait for libpq, as long as there is patience. psycopg2 closes the connection when this raises."""
    patience = _current_patience()
    try:
        while (state := connection.poll()) != extensions.POLL_OK:
            seconds = patience.left_to_wait()
            if seconds <= 0:
                raise _deadline_error()
            poller = select.poll()  # a new one each time: connecting may change the descriptor
            poller.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
            poller.poll(math.ceil(seconds * 1_000))
        patience.answered()
    finally:
        del connection  # else the traceback keeps the socket of a half-made connection


def _deadline_error() -> DeadlineOver:
    # By these words SQLAlchemy sees a disconnect, also where no connection exists yet.
    return DeadlineOver("deadline over: could not receive data from server")


def _refuse_dead_connection(connection: extensions.connection, _entry: object, _proxy: object) -> None:
    """Have the pool make a new connection in place of one that is closed, or on which something has come, unasked.

    That is its end, as a rule. It asks the system, not the database, and so costs no round trip.
    """
    if connection.closed:
        raise DisconnectionError
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    if poller.poll(0):
        raise DisconnectionError


def _drop_closed_connection(context: ExceptionContext) -> None:
    """See a disconnect in whatever closed the connection: a time limit's signal may hit while waiting, too."""
    connection = context.connection
    if connection is None or connection.closed or connection.invalidated:
        return
    if getattr(connection.connection.dbapi_connection, "closed", False):
        context.is_disconnect = True
