"""How things stand, truly, and by indexes alone."""

from datetime import timedelta

from sqlalchemy import NullPool, create_engine

from dev.bench.many_jobs import fill, nodes, plan_of
from embedded.servers import Servers
from job_core.reconciler import Reconciler
from job_core.store.migrate import migrate
from job_core.store.read import Overview, overview
from tests.integration.databases import another_database
from tests.integration.job_store import Store

MANY = 20_000
AT_MOST = 500
NOT_ENDED = "SELECT count(*) FROM jobs WHERE finished_at IS NULL"


def standing(store: Store, at_most: int = 100) -> Overview:
    with store.database.reading() as connection:
        return overview(connection, at_most=at_most)


def since(store: Store, seconds: float, job_id: object) -> None:
    """Let the job have been accepted that long ago."""
    store.sql("UPDATE jobs SET created_at = now() - :back WHERE id = :id", back=timedelta(seconds=seconds), id=job_id)


def test_an_empty_store(store: Store) -> None:
    assert standing(store) == Overview(waiting=0, started=0, retrying=0, longest_wait_seconds=0, workers=0)


def test_each_state_is_counted_up_to_the_bound(store: Store) -> None:
    for _ in range(3):
        store.submit()
    worker = store.worker()
    store.claimed(worker)
    for _ in range(2):
        store.retry(store.claimed(worker))
    store.succeed(store.claimed(worker))
    found = standing(store)
    assert (found.waiting, found.started, found.retrying, found.workers) == (3, 1, 2, 1)
    assert standing(store, at_most=2).waiting == 2


def test_only_workers_that_live_are_counted(store: Store, reconciler: Reconciler) -> None:
    store.worker()
    store.stop(store.worker())
    store.unseen(store.worker())
    assert reconciler.round(judge_workers=True).workers_lost == 1
    assert standing(store).workers == 1


def test_the_longest_wait_is_that_of_a_job_that_no_error_made_wait(store: Store) -> None:
    tried = store.claimed()
    store.retry(tried)
    store.sql("UPDATE jobs SET state = 'PENDING', due_at = NULL")
    since(store, 1_000, tried.job_id)
    since(store, 60, store.submit().id)
    store.submit()
    assert 60 <= standing(store).longest_wait_seconds < 70


def test_no_job_that_has_ended_is_read(servers: Servers) -> None:
    with another_database(servers, "standing") as url:
        migrate(url)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            fill(connection, MANY)
            not_ended = connection.exec_driver_sql(NOT_ENDED).scalar_one()
            plan = plan_of(connection, lambda asked: overview(asked, at_most=AT_MOST), run=True)
    of_jobs = [step for step in nodes(plan["Plan"]) if step.get("Relation Name") == "jobs"]
    assert len(of_jobs) == 4
    assert not_ended < MANY / 5
    assert "Seq Scan" not in {step["Node Type"] for step in of_jobs}
    assert max(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in of_jobs) <= not_ended
