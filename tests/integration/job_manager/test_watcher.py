"""The thread that watches jobs for all callers of a manager's process."""

from structlog.testing import capture_logs

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.store.database import Database
from job_manager.events import Watcher
from job_manager.outages import Outages
from job_tasks.job_tasks import core
from job_tasks.settings import read_settings
from tests.integration.job_store import Store

NOTICED_SECONDS = 10.0


def test_an_error_that_nobody_foresaw_does_not_end_the_watch(servers: Servers, store: Store) -> None:
    needed = {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
    watcher = Watcher(
        Database(read_settings(needed).database_url.get_secret_value(), pool_size=1), core.kinds, Outages()
    )
    job = store.submit()
    with watcher.watching(job.id, job.step) as watch:
        store.sql("ALTER TABLE jobs RENAME COLUMN parked_at TO elsewhere")
        try:
            with capture_logs() as logged:
                eventually(lambda: any(event["log_level"] == "error" for event in logged))
        finally:
            store.sql("ALTER TABLE jobs RENAME COLUMN elsewhere TO parked_at")
        store.cancel(job.id)
        found = watch.take(NOTICED_SECONDS)
        assert found is not None
        assert found.job.state == "REVOKED"
