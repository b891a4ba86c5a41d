"""What keeps the newest jobs cheap to count and to look through, however many there are besides."""

from functools import partial

import pytest
from sqlalchemy import NullPool, create_engine

from dev.bench.many_jobs import fill, nodes, plan_of
from embedded.servers import Servers
from job_core.store.migrate import migrate
from job_core.store.read import count_by_state, count_waiting
from tests.integration.databases import another_database
from tests.integration.job_store import Store

MANY = 20_000
LIVES = 600  # between two vacuums
SURGE = 500
# Each step is a transaction of its own, and each job waits while twenty others are submitted.
LIVE = """
    DO $$
    DECLARE
        oldest uuid;
        attempt integer;
    BEGIN
        FOR number IN {first}..{last} LOOP
            PERFORM accept_jobs(pg_temp.as_new(number, number), 8);
            COMMIT;
            oldest := pg_temp.as_id(number - 20);
            attempt := (SELECT job_attempt FROM claim_job(oldest, pg_temp.as_id(0), 1, 8, NULL, '1 minute'));
            COMMIT;
            PERFORM end_attempt(oldest, attempt, NULL, NULL, 'SUCCESS',
                                to_json(repeat('x', 300 + mod(number * 31, 400))));
            COMMIT;
        END LOOP;
    END $$
"""
HELPERS = """
    CREATE FUNCTION pg_temp.as_id(number integer) RETURNS uuid LANGUAGE sql AS $$
        SELECT lpad(to_hex(number), 32, '0')::uuid
    $$;
    CREATE FUNCTION pg_temp.as_new(first integer, last integer) RETURNS json LANGUAGE sql AS $$
        SELECT json_agg(json_build_object(
            'id', pg_temp.as_id(number), 'kind', 'count', 'label', 'https://example.com/' || number, 'bulk', false,
            'request', json_build_object('top', 25), 'on_failure', 'retry', 'max_attempts', 3, 'max_crashes', 3
        )) FROM generate_series(first, last) AS number
    $$;
    INSERT INTO workers (id, name) VALUES (pg_temp.as_id(0), 'job_worker_01');
    ALTER TABLE jobs SET (autovacuum_enabled = false)
"""
PAGES = "SELECT count(DISTINCT (ctid::text::point)[0]) FROM jobs WHERE id > pg_temp.as_id(%s)"
OPTIONS = "SELECT option_name, option_value FROM pg_class, pg_options_to_table(reloptions) WHERE oid = 'jobs'::regclass"


@pytest.mark.parametrize("changes", ["vacuum", "vacuum_insert"])
def test_autovacuum_comes_after_as_many_changes_at_ten_million_jobs_as_at_a_hundred_thousand(
    store: Store, changes: str
) -> None:
    """What it has not seen has to be visited to be counted."""
    options = {name: float(value) for name, value in store.sql(OPTIONS)}

    def awaited(jobs: int) -> float:
        """After so many changes: the formula is PostgreSQL's."""
        return options[f"autovacuum_{changes}_threshold"] + options[f"autovacuum_{changes}_scale_factor"] * jobs

    assert awaited(10_000_000) <= 1.5 * awaited(100_000)


def test_no_function_that_reads_no_table_as_a_whole_is_compiled_for_its_costs(store: Store) -> None:
    """A small table with no better way seems ruinous then, and compiling its query took 3 to 9 s instead of 3 ms."""
    settings = store.sql("SELECT proname, proconfig FROM pg_proc WHERE 'enable_seqscan=off' = ANY(proconfig)")
    assert len(settings) >= 10
    assert [name for name, config in settings if "jit=off" not in config] == []


def test_no_job_is_visited_to_be_counted_after_a_vacuum(servers: Servers) -> None:
    with another_database(servers, "counted") as url:
        migrate(url)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            fill(connection, MANY)
            connection.exec_driver_sql("VACUUM ANALYZE jobs")
            for count in (partial(count_waiting, at_most=MANY), partial(count_by_state, owner=None, at_most=MANY)):
                plan = plan_of(connection, count, run=True)
                scans = [step for step in nodes(plan["Plan"]) if "Index Name" in step]
                assert sum(step["Actual Rows"] for step in scans) > MANY / 10, count
                assert [step["Heap Fetches"] for step in scans] == [0] * len(scans), count


def test_jobs_that_come_together_are_kept_together(servers: Servers) -> None:
    """They are not put one by one into what room is left between those that have ended, which are longer."""
    with another_database(servers, "lived") as url:
        migrate(url)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(HELPERS)
            for first in range(1, 3 * LIVES, LIVES):
                last = first + LIVES - 1
                connection.exec_driver_sql(LIVE.format(first=first, last=last))
                connection.exec_driver_sql("VACUUM jobs")
            connection.exec_driver_sql("SELECT FROM accept_jobs(pg_temp.as_new(%s, %s), 8)", (last + 1, last + SURGE))
            pages = connection.exec_driver_sql(PAGES, (last,)).scalar_one()
    assert pages <= SURGE / 10
