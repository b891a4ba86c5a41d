"""Direct access to the tables of the job store."""

import time
from contextlib import suppress
from threading import Lock
from typing import Any

import psycopg2

CONNECT_SECONDS = 2
AWAY_SECONDS = 60.0
BETWEEN_SECONDS = 0.05
AWAY = (psycopg2.OperationalError, psycopg2.InterfaceError)

Rows = list[tuple[Any, ...]]


class Tables:
    """One connection, which is replaced when it breaks. Threads take turns; a paused database blocks them all."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._connection: Any = None

    def query(self, statement: str, *values: object) -> Rows:
        """The rows of a statement, which is committed. Waits up to AWAY_SECONDS for a database that is away."""
        deadline = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                with self._lock:
                    return self._ask(statement, values)
            except AWAY:
                self.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(BETWEEN_SECONDS)

    def _ask(self, statement: str, values: tuple[object, ...]) -> Rows:
        if self._connection is None:
            self._connection = psycopg2.connect(self._url, connect_timeout=CONNECT_SECONDS)
            self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """End the connection."""
        with self._lock, suppress(psycopg2.Error):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
