"""The broker beside the job store, the reconciler between them, and what goes to the database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg2.extensions import connection as psycopg2_connection
from psycopg2.extensions import cursor as psycopg2_cursor
from sqlalchemy import event
from sqlalchemy.pool import Pool

from job_core.queue import JobQueue
from job_core.reconciler import Reconciler
from tests.integration.job_store import KINDS, UNLIMITED, Store


@pytest.fixture
def reconciler(store: Store, broker: JobQueue) -> Reconciler:
    return Reconciler(database=store.database, queue=broker, limits=UNLIMITED, kinds=KINDS)


class Sent(list[str]):
    """The statements that were sent, in order. `before` is called with each, right before."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[str], object] = lambda _: None


@pytest.fixture
def sent() -> Iterator[Sent]:
    """What goes by connections that are made from now on; each statement is a round trip."""
    seen = Sent()

    class Recorded(psycopg2_cursor):
        def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - psycopg2's name
            seen.before(query)
            seen.append(query)
            super().execute(query, vars)

    def record(connection: psycopg2_connection, _: object) -> None:
        connection.cursor_factory = Recorded

    event.listen(Pool, "connect", record)
    yield seen
    event.remove(Pool, "connect", record)
