"""How many workers there should be: by what they could do, and never by what waits for something else."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Connection, NullPool, create_engine

from dev.bench.many_jobs import fill
from dev.bench.peers.processes import used_milliseconds
from embedded.programs import find_postgres
from embedded.servers import Servers
from job_core.config import Limits
from job_core.store.migrate import is_current, migrate
from job_core.store.patience import Patience, within
from tests.integration.databases import another_database
from tests.integration.job_store import NEW_JOB, Store
from tests.kubernetes import KUBERNETES, Render, queries

PASSWORDS = ("DATABASE_OWNER_PASSWORD", "DATABASE_PASSWORD", "DATABASE_SCALER_PASSWORD")
CONCURRENCY = 24  # of the manifests
AT_MOST = 6 * CONCURRENCY
FILLING_SECONDS = 600.0
MANY_PARKED = 10_000
ASKED = 20  # times: PL/pgSQL settles on its plans at the sixth
MOST_MILLISECONDS = 2.0
MOST_BUFFERS = 1_000  # of 8 KB: some for jobs that are counted, and for index entries of rows that have changed
PARK = """
    UPDATE jobs SET parked_at = published_at, limit_key = 'example.com'
    WHERE id IN (SELECT id FROM jobs WHERE state = 'PENDING' ORDER BY id LIMIT %s)
"""
SCANS = """
    SELECT relname, CASE relkind WHEN 'i' THEN pg_stat_get_xact_numscans(oid)
                                 ELSE (SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relid = pg_class.oid) END
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname ~ '^jobs' AND relkind IN ('i', 'r')
"""


@pytest.fixture
def sql(render: Render) -> dict[str, str]:
    """The questions of the ScaledObject."""
    return queries(render("production"))


@pytest.fixture
def url_of(servers: Servers) -> Iterator[Callable[[str], str]]:
    """The URL by which a role gets into a database that was made as ops/postgres says."""
    psql = [find_postgres() / "bin" / "psql", "--quiet", "--set=ON_ERROR_STOP=1"]
    files = [f"--file={KUBERNETES.parent / 'postgres' / name}" for name in ("roles.sql", "scaler.sql")]
    with closing(psycopg2.connect(servers.database.url)) as connection:
        with another_database(servers, "scaled") as url:
            by_psql = url.replace("+psycopg2", "")
            subprocess.run([*psql, *files, by_psql], env=os.environ | dict.fromkeys(PASSWORDS, "s3cret"), check=True)
            server = urlsplit(url).netloc.rsplit("@")[-1]
            migrate(urlsplit(url)._replace(netloc=f"job_owner:s3cret@{server}").geturl())
            yield lambda role: urlsplit(by_psql)._replace(netloc=f"{role}:s3cret@{server}").geturl()
        connection.autocommit = True
        connection.cursor().execute("DROP ROLE job_owner, job_service, job_scaler")


def demand(store: Store, sql: dict[str, str]) -> float:
    """How many jobs workers are at, or could be: the first question's answer is that many workers."""
    ((workers,),) = store.database.call(sql["demand"])
    return round(float(workers) * CONCURRENCY, 6)


def wait(store: Store, sql: dict[str, str]) -> float:
    """The second question's answer."""
    ((seconds,),) = store.database.call(sql["wait"])
    return float(seconds)


def test_an_empty_store_wants_none(store: Store, sql: dict[str, str]) -> None:
    assert (demand(store, sql), wait(store, sql)) == (0, 0)


def test_jobs_that_wait_and_jobs_that_run_want_workers(store: Store, sql: dict[str, str]) -> None:
    for _ in range(3):
        store.submit()
    store.accept([NEW_JOB] * 20)  # in bulk
    worker = store.worker()
    for _ in range(2):
        store.claimed(worker)
    store.succeed(store.claimed(worker))
    assert demand(store, sql) == 25


def test_parked_jobs_want_none(store: Store, sql: dict[str, str]) -> None:
    store.accept([NEW_JOB] * 500, at_once=0)
    store.sql("UPDATE jobs SET published_at = published_at - interval '1 hour'")
    assert store.count() == 500
    assert (demand(store, sql), wait(store, sql)) == (0, 0)


def test_a_parked_job_wants_one_once_it_is_released_and_has_waited_since_then(
    store: Store, sql: dict[str, str]
) -> None:
    store.accept([NEW_JOB] * 500, at_once=0)
    store.sql(
        "UPDATE jobs SET created_at = created_at - interval '1 hour', published_at = published_at - interval '1 hour'"
    )
    assert len(store.release_all(Limits(at_once=8))) == 8
    assert demand(store, sql) == 8
    assert wait(store, sql) < 60


def test_jobs_in_back_off_want_none_until_it_is_over(store: Store, sql: dict[str, str]) -> None:
    for _ in range(2):
        store.retry(store.claimed(), wait_seconds=600)
    assert (demand(store, sql), wait(store, sql)) == (0, 0)
    store.sql("UPDATE jobs SET due_at = now() - interval '30 seconds'")
    assert demand(store, sql) == 2
    assert 30 <= wait(store, sql) < 60


def test_a_parent_that_waits_for_its_children_wants_none(store: Store, sql: dict[str, str]) -> None:
    held = store.claimed()
    store.sql(
        "UPDATE jobs SET phase = 'AWAIT', worker_id = NULL, worker_pid = NULL, published_at = NULL, open_children = 1"
        " WHERE id = :id",
        id=held.job_id,
    )
    assert (demand(store, sql), wait(store, sql)) == (0, 0)


@pytest.mark.parametrize("requeued", [False, True])
@pytest.mark.parametrize("bulk", [False, True])
def test_the_oldest_is_found_in_whichever_queue_it_waits(
    store: Store, sql: dict[str, str], *, bulk: bool, requeued: bool
) -> None:
    store.submit(kind="crawl")
    oldest = store.submit()
    store.submit()
    store.sql(
        "UPDATE jobs SET bulk = :bulk, requeued = :requeued, published_at = now() - :back WHERE id = :id",
        bulk=bulk,
        requeued=requeued,
        back=timedelta(seconds=90),
        id=oldest.id,
    )
    assert 90 <= wait(store, sql) < 120


def test_one_whose_message_was_never_sent_has_not_waited_yet(store: Store, sql: dict[str, str]) -> None:
    store.submit()
    store.sql("UPDATE jobs SET published_at = NULL")
    assert (demand(store, sql), wait(store, sql)) == (1, 0)


def test_no_more_is_counted_than_all_workers_could_do(store: Store, sql: dict[str, str]) -> None:
    store.accept([NEW_JOB] * (AT_MOST + 100))
    assert demand(store, sql) == AT_MOST


def test_the_role_of_the_services_may_ask_whether_the_tables_are_current(url_of: Callable[[str], str]) -> None:
    assert is_current(url_of("job_service"))


def test_the_role_of_the_scaler_may_ask_this_and_nothing_else(
    url_of: Callable[[str], str], sql: dict[str, str]
) -> None:
    with closing(psycopg2.connect(url_of("job_scaler"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for question in sql.values():
            cursor.execute(question)
            assert cursor.fetchone() == (0,)
        for refused in ("SELECT FROM jobs", "SELECT waiting_kinds()", "SELECT make_due(1)", "CREATE TABLE mine ()"):
            with pytest.raises(InsufficientPrivilege):
                cursor.execute(refused)


@pytest.mark.parametrize("many", [20_000, pytest.param(1_000_000, marks=pytest.mark.thorough)])
def test_few_jobs_are_read_however_many_there_are(
    servers: Servers, sql: dict[str, str], many: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the statistics are those of another time."""
    with another_database(servers, "demanded") as url:
        migrate(url)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with within(Patience(FILLING_SECONDS)), engine.connect() as connection:
            fill(connection, many)
            check_reading(connection, sql, many, capsys)
            # A surge on one site, of which the statistics do not know.
            connection.exec_driver_sql(PARK, (min(MANY_PARKED, many // 10),))
            check_reading(connection, sql, many, capsys)
            connection.exec_driver_sql("ANALYZE jobs")
            check_reading(connection, sql, many, capsys)


def check_reading(connection: Connection, sql: dict[str, str], many: int, capsys: pytest.CaptureFixture[str]) -> None:
    """It reads the three indexes that are about open jobs, and little of them.

    Its time is the least that the server's processor took, as that is busy with other tests.
    """
    process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    for name, question in sql.items():
        # Index entries of dead rows are marked by the first that meets them, as the reconciler is every 2 s.
        taken = [used_by(connection, question, process) for _ in range(ASKED)]
        connection.exec_driver_sql("BEGIN")
        before = set(connection.exec_driver_sql(SCANS).all())
        (explained,) = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {question}").scalar_one()
        read = {name for name, _ in set(connection.exec_driver_sql(SCANS).all()) - before}
        connection.exec_driver_sql("COMMIT")
        buffers = explained["Plan"]["Shared Hit Blocks"] + explained["Plan"]["Shared Read Blocks"]
        with capsys.disabled():
            sys.stdout.write(
                f"\n{name} among {many:,} jobs: {min(taken):.2f} ms of processor, first {taken[0]:.2f} ms; "
            )
            sys.stdout.write(f"{explained['Execution Time']:.2f} ms by the clock, {buffers} buffers\n")
        assert min(taken) <= MOST_MILLISECONDS
        assert read == {"jobs_claimed", "jobs_due", "jobs_waiting"}
        assert buffers <= MOST_BUFFERS


def used_by(connection: Connection, question: str, process: int) -> float:
    """Milliseconds of processor time that the server took for the answer."""
    before = used_milliseconds([process])
    connection.exec_driver_sql(question)
    return used_milliseconds([process]) - before
