"""Fills the tables of jobs and crawls with a month of use, of any length, and what is under way at its end.

What has ended is as long as it is asked to be. What is open is the same, however long that is. As jobs that lived leave
none (tests/integration/store/test_upkeep.py), no room for a waiting job is left in the pages of those that have ended.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from dev.bench.many_jobs import HOT_LABEL, ID, MADE, in_steps

HISTORY = timedelta(days=30)
LABEL = "https://example.com/7"  # of one job in 10,000
OWNER = "busy"  # of every fourth
PARENT_EACH = 20  # of so many jobs one is a parent, and the four after it are its children
CRAWL_PAGES = 1_000  # pages of a crawl
WAITING, PARKED, RETRYING, STARTED = 5_000, 5_000, 500, 48

_TIME = "CAST(:since AS timestamptz) + {number} * (CAST(:lasts AS interval) / :many)"
_HISTORY_ID = ID.format(time=_TIME.format(number="{number}"), mix="md5(({number})::text)")


def _id(number: str) -> str:
    """The id of a job of the history, as SQL: UUIDv7, in the order of `number`."""
    return _HISTORY_ID.format(number=number)


_WORKERS = """
    INSERT INTO workers (id, name, seen_at, stopped_at)
    SELECT md5(number::text)::uuid, 'job_worker_' || number, now(), CASE WHEN number > 1 THEN now() END
    FROM generate_series(1, 100) AS number
"""


def _jobs(state: str) -> str:
    """Jobs that ended so: 880 of 1,000 as SUCCESS, 80 as FAILURE, 40 as REVOKED.

    Every tenth is of another kind, and each has had one attempt.
    """
    return f"""
    INSERT INTO jobs (id, kind, label, request, state, on_failure, attempt, max_attempts, max_crashes, limit_key,
                      created_at, published_at, started_at, finished_at, result, error, owner, parent_id)
    SELECT {_id("number")}, CASE WHEN number % 10 = 7 THEN 'quotes' ELSE 'count' END,
           CASE WHEN number % 5 = 1 THEN '{HOT_LABEL}' ELSE 'https://example.com/' || number % 10000 END,
           CASE WHEN state = 'SUCCESS' THEN '{{"top": 25, "word": null, "tokenizer": "words"}}'::json
                ELSE '{{"top": 25}}' END,
           state, 'retry', 1, 5, 3, 'host' || number % 1000 || '.example', time, time, time, time + interval '1 second',
           CASE WHEN state = 'SUCCESS' THEN result END,
           CASE WHEN state = 'FAILURE' THEN '{{"type": "not-text", "detail": "It is image/png."}}'::json END,
           CASE WHEN number % 4 = 0 THEN '{OWNER}' END,
           CASE WHEN number % {PARENT_EACH} BETWEEN 1 AND 4 THEN {_id(f"(number - number % {PARENT_EACH})")} END
    FROM generate_series(CAST(:first AS bigint), :last) AS number,
         LATERAL (SELECT number * 7919 % 1000) AS spread (of_thousand),
         LATERAL (SELECT CASE WHEN of_thousand < 880 THEN 'SUCCESS' WHEN of_thousand < 960 THEN 'FAILURE'
                              ELSE 'REVOKED' END) AS stated (state),
         LATERAL (SELECT {_TIME.format(number="number")}) AS timed (time),
         {MADE}
    WHERE state = '{state}'
"""  # noqa: S608 - constants


_ATTEMPTS = f"""
    INSERT INTO attempts (job_id, number, worker_id, started_at, ended_at, outcome)
    SELECT {_id("number")}, 1, md5((2 + number % 99)::text)::uuid, {_TIME.format(number="number")},
           {_TIME.format(number="number")}, 'SUCCESS'
    FROM generate_series(CAST(:first AS bigint), :last) AS number
"""  # noqa: S608 - constants
_OPEN = f"""
    INSERT INTO jobs (id, kind, label, request, state, on_failure, attempt, max_attempts, max_crashes, limit_key,
                      worker_id, worker_pid, created_at, published_at, parked_at, started_at, overdue_at, due_at, error)
    SELECT {ID.format(time="now() - interval '1 minute'", mix="md5(:state || number)")}, 'count',
           'https://example.com/' || number, '{{"top": 25}}', :state, 'retry',
           CASE WHEN :state = 'PENDING' THEN 0 ELSE 1 END, 5, 3,
           CASE WHEN :parked THEN 'busy' || number % 10 || '.example' ELSE 'open' || number || '.example' END,
           CASE WHEN :state = 'STARTED' THEN md5('1')::uuid END, CASE WHEN :state = 'STARTED' THEN number END,
           now(), now(), CASE WHEN :parked THEN now() END,
           CASE WHEN :state <> 'PENDING' THEN now() END, now() + interval '1 day',
           CASE WHEN :state = 'RETRY' THEN now() + interval '1 day' END,
           CASE WHEN :state = 'RETRY' THEN '{{"type": "server-busy"}}'::json END
    FROM generate_series(1, CAST(:many AS bigint)) AS number
"""  # noqa: S608 - constants
# A crawl for each thousand rows of pages. Each is a job; a crawl is as old as its job.
_CRAWLS = f"""
    WITH made AS (
        INSERT INTO jobs (id, kind, label, request, state, on_failure, attempt, max_attempts, max_crashes,
                          created_at, started_at, finished_at, result)
        SELECT {_id("number")}, 'crawl', 'http://site.example/', '{{"max_pages": 1000}}', 'SUCCESS', 'retry', 1, 5, 3,
               time, time, time + interval '10 seconds', '{{"pages": 700}}'
        FROM generate_series(1, CAST(:many AS bigint)) AS number,
             LATERAL (SELECT {_TIME.format(number="number")}) AS timed (time)
        RETURNING id, created_at, finished_at
    )
    INSERT INTO crawls (job_id, max_pages, max_urls, max_bytes, ends_at, started_at, finished_at, discovered)
    SELECT id, 1000, 10000, 2000000000, finished_at, created_at, finished_at, {CRAWL_PAGES} FROM made
"""  # noqa: S608 - constants
# The counts of a page's words are in TOAST by themselves; they are short here, so that many rows fit.
_PAGES = f"""
    INSERT INTO crawl_pages (crawl_id, key, url, host, depth, found_on, state, outcome, http_status, words, bytes,
                             text_hash, counts)
    SELECT {_id("crawl")}, decode(md5(number::text), 'hex'), 'http://site.example/section/page-' || number,
           'site.example', 3, number, 'ENDED', outcome, 200,
           CASE WHEN outcome = 'counted' THEN 900 END, 22000,
           CASE WHEN outcome = 'counted' THEN decode(md5('text' || number), 'hex') END,
           CASE WHEN outcome = 'counted' THEN '{{"the": 61, "count": 3}}'::json END
    FROM generate_series(CAST(:first AS bigint), :last) AS number,
         LATERAL (SELECT (number - 1) / {CRAWL_PAGES} + 1) AS of_crawl (crawl),
         LATERAL (SELECT CASE WHEN number % 10 < 7 THEN 'counted' WHEN number % 10 < 9 THEN 'duplicate'
                              ELSE 'failed' END) AS ended (outcome)
"""  # noqa: S608 - constants


def fill_jobs(connection: Connection, many: int, until: datetime, done: Callable[[int], None]) -> None:
    """So many jobs that have ended, each with an attempt, and those that are open. `done` hears how many are there."""
    _without_triggers(connection)
    connection.execute(text(_WORKERS))
    vacuum = "VACUUM jobs"  # from then on, short rows go into the room that is left in the pages of long ones
    jobs = (_jobs("SUCCESS"), vacuum, _jobs("FAILURE"), _jobs("REVOKED"))
    in_steps(connection, jobs, many, done, _times(until, many))
    in_steps(connection, (_ATTEMPTS,), many, done, _times(until, many))
    for state, parked, number in (
        ("PENDING", False, WAITING),
        ("PENDING", True, PARKED),
        ("RETRY", False, RETRYING),
        ("STARTED", False, STARTED),
    ):
        connection.execute(text(_OPEN), {"state": state, "parked": parked, "many": number})


def fill_crawls(connection: Connection, many: int, until: datetime, done: Callable[[int], None]) -> None:
    """So many rows of pages, of crawls that have ended. `done` hears how many are there."""
    _without_triggers(connection)
    crawls = -(-many // CRAWL_PAGES)
    connection.execute(text(_CRAWLS), _times(until, crawls))
    in_steps(connection, (_PAGES,), many, done, _times(until, crawls))


def _without_triggers(connection: Connection) -> None:
    """Foreign keys are not looked up for each row: what refers to what is known here."""
    connection.execute(text("SET session_replication_role = replica"))


def _times(until: datetime, many: int) -> dict[str, object]:
    """What places so many jobs in the history."""
    return {"since": until - HISTORY, "lasts": HISTORY, "many": many}
