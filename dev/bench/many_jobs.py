"""Fills the job store with jobs as a year of use would leave them, and looks at the plans of its questions."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, event, text

HOT_LABEL = "https://example.com/hot"  # every fifth job
COLD_LABEL = "https://example.com/cold/7"  # one of 10,000 others

# As SQL: the UUIDv7 of a time, filled up from the digits `mix`; and a result.
ID = """(lpad(to_hex((extract(epoch FROM {time}) * 1000)::bigint), 12, '0') || '7' || substr({mix}, 1, 3) || '8'
          || substr({mix}, 4, 15))::uuid"""
MADE = """(SELECT json_build_object('words', 4321, 'top', json_agg(json_build_array('word' || n, 100 - n)))
          FROM generate_series(1, 25) AS n) AS made (result)"""

_WORKER = "INSERT INTO workers (id, name) VALUES ('018bcfe5-6800-7000-8000-000000000000', 'job_worker_01')"
# Ids are UUIDv7, one a second, in the order of `number`. Of 1,000 jobs: 900 SUCCESS, 60 FAILURE, 20 REVOKED,
# 15 PENDING, 4 RETRY, 1 STARTED; every tenth is of another kind. The newest tenth waits: a surge has just come in.
_JOBS = f"""
    INSERT INTO jobs (id, kind, label, request, state, on_failure, attempt, max_attempts, max_crashes, worker_id,
                      worker_pid, created_at, published_at, started_at, due_at, finished_at, result, error, owner)
    SELECT {ID.format(time="time", mix="mix")},
           CASE WHEN number % 10 = 3 THEN 'quotes' ELSE 'count' END,
           CASE WHEN number % 5 = 1 THEN :hot ELSE 'https://example.com/cold/' || number % 10000 END,
           '{{"top": 25, "word": null, "tokenizer": "words"}}',
           state, 'retry', 1, 5, 3,
           CASE WHEN state = 'STARTED' THEN '018bcfe5-6800-7000-8000-000000000000'::uuid END,
           CASE WHEN state = 'STARTED' THEN 1 END,
           time, time, time,
           CASE WHEN state = 'RETRY' THEN time + interval '1 minute' END,
           CASE WHEN state IN ('SUCCESS', 'FAILURE', 'REVOKED') THEN time + interval '1 second' END,
           CASE WHEN state = 'SUCCESS' THEN result END,
           CASE WHEN state IN ('FAILURE', 'RETRY') THEN '{{"type": "not-text", "detail": "image/png"}}'::json END,
           CASE WHEN :owned AND number % 3 < 2 THEN 'busy' WHEN :owned AND number % 60 = 2 THEN 'small' END
    FROM generate_series(CAST(:first AS bigint), :last) AS number,
         md5(number::text) AS mix,
         LATERAL (SELECT number * 7919 % 1000) AS spread (of_thousand),
         LATERAL (SELECT CASE WHEN number > :surge THEN 'PENDING'
                              WHEN of_thousand < 900 THEN 'SUCCESS' WHEN of_thousand < 960 THEN 'FAILURE'
                              WHEN of_thousand < 980 THEN 'REVOKED' WHEN of_thousand < 995 THEN 'PENDING'
                              WHEN of_thousand < 999 THEN 'RETRY' ELSE 'STARTED' END) AS stated (state),
         LATERAL (SELECT to_timestamp(1700000000 + number)) AS timed (time),
         {MADE}
"""  # noqa: S608 - constants
_STEP = 20_000


def fill(
    connection: Connection, many: int, done: Callable[[int], None] = lambda _: None, *, owned: bool = False
) -> None:
    """Insert `many` jobs, and tell the planner; `done` hears how many are there.

    If they are `owned`, two of three are of "busy" and every sixtieth is of "small"; the others are nobody's.
    """
    connection.execute(text(_WORKER))
    in_steps(connection, (_JOBS,), many, done, {"surge": many * 9 // 10, "hot": HOT_LABEL, "owned": owned})
    connection.execute(text("ANALYZE jobs"))


def in_steps(
    connection: Connection,
    statements: Sequence[str],
    many: int,
    done: Callable[[int], None],
    values: dict[str, object],
) -> None:
    """Have the rows from 1 to `many` written, at most 20,000 by a statement; `done` hears how many are there."""
    for first in range(1, many + 1, _STEP):
        last = min(first + _STEP - 1, many)
        for statement in statements:
            connection.execute(text(statement), values | {"first": first, "last": last})
        done(last)


def plan_of(
    connection: Connection, ask: Callable[[Connection], object], *, run: bool, statement: int = -1
) -> dict[str, Any]:
    """PostgreSQL's plan for a `statement` that `ask` sends; with its times and buffers if it is to `run` again."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401 - what SQLAlchemy hands over
        seen.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    ask(connection)
    event.remove(connection, "before_cursor_execute", note)
    text_of_it, parameters = seen[statement]
    options = "ANALYZE, BUFFERS, FORMAT JSON" if run else "FORMAT JSON"
    explained = connection.exec_driver_sql(f"EXPLAIN ({options}) {text_of_it}", parameters).scalar_one()
    plan: dict[str, Any] = explained[0]
    return plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a plan, from the outermost in."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)
