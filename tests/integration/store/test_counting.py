"""Jobs are counted by indexes alone, and autovacuum sees to it that those suffice, however many there are."""

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
