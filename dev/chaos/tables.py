"""The tables of a chaos run, read past the manager."""

import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import psycopg2

from dev.chaos.checks import Attempt, Job

CONNECT_SECONDS = 2
AWAY_SECONDS = 60.0
BETWEEN_SECONDS = 0.05

_JOBS = """
    SELECT id::text, url, state, attempt, (result ->> 'words')::int,
           (SELECT substr(top ->> 0, 3)::bigint FROM json_array_elements(result -> 'top') AS top
            WHERE top ->> 0 ~ '^at[0-9]+$'),
           error ->> 'type', retry_of::text,
           coalesce((SELECT json_agg(json_build_array(
                                number, outcome, floor(1000 * extract(epoch FROM started_at))::bigint) ORDER BY number)
                     FROM attempts WHERE job_id = jobs.id), '[]')
    FROM jobs ORDER BY id
"""


class Tables:
    """A connection that is made anew when it broke. For one thread; a question to a paused database waits with it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = None

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows; raises psycopg2.Error while the database is away."""
        try:
            if self._connection is None:
                self._connection = psycopg2.connect(self._url, connect_timeout=CONNECT_SECONDS)
                self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values)
                rows: list[tuple[Any, ...]] = cursor.fetchall()
                return rows
        except psycopg2.Error:
            self.close()
            raise

    def insist(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows, once the database gives them; raises psycopg2.Error after AWAY_SECONDS."""
        deadline = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                return self.ask(statement, *values)
            except psycopg2.Error:
                if time.monotonic() > deadline:
                    raise
                time.sleep(BETWEEN_SECONDS)

    def unfinished(self) -> frozenset[str]:
        """The ids of the jobs that have not ended."""
        return frozenset(job_id for (job_id,) in self.insist("SELECT id::text FROM jobs WHERE finished_at IS NULL"))

    def jobs_of(self, url: str) -> frozenset[str]:
        """The ids of the jobs for a URL."""
        return frozenset(job_id for (job_id,) in self.insist("SELECT id::text FROM jobs WHERE url = %s", url))

    def unfinished_among(self, job_ids: Collection[str]) -> frozenset[str]:
        """Those of `job_ids` that have not ended, or do not exist."""
        asked = "SELECT id::text FROM jobs WHERE id = ANY(%s::uuid[]) AND finished_at IS NOT NULL"
        return frozenset(job_ids) - {job_id for (job_id,) in self.insist(asked, list(job_ids))}

    def jobs(self) -> list[Job]:
        """Every job with its attempts."""
        return [
            Job(
                id=job_id,
                url=url,
                state=state,
                attempt=attempt,
                words=words,
                asked_ms=asked_ms,
                error=error,
                retry_of=retry_of,
                attempts=tuple(
                    Attempt(number=number, outcome=outcome, started_ms=started_ms)
                    for number, outcome, started_ms in attempts
                ),
            )
            for job_id, url, state, attempt, words, asked_ms, error, retry_of, attempts in self.insist(_JOBS)
        ]

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            with suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None
