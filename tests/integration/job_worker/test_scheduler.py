"""The scheduler's loop: on a database that hangs, and with much to forget."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.servers import Servers
from job_core.job import State
from job_core.store import retention
from job_core.store.workers import LOST_AFTER
from job_tasks.settings import settings
from job_worker.scheduler import Scheduler
from tests.integration.job_store import MANY_ENDED, Store
from tests.integration.pausing import hung_database
from tests.waiting import eventually

HANG_SECONDS = 9.0  # a round that gives up, and one that waits when the database goes on
PROMPT_SECONDS = 1.0


@pytest.fixture
def scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduler]:
    monkeypatch.setenv("SCHEDULER_HEALTH_FILE", str(tmp_path / "health"))
    scheduler = Scheduler(settings())
    yield scheduler
    scheduler.stop()


def test_a_worker_has_its_time_to_beat_again_after_the_database_was_away(
    scheduler: Scheduler, servers: Servers, store: Store
) -> None:
    store.worker()
    loop = threading.Thread(target=scheduler.run)
    with hung_database(servers):
        loop.start()
        time.sleep(HANG_SECONDS)  # the fault itself
    back = time.monotonic()
    eventually(lambda: store.sql("SELECT FROM workers WHERE lost_at IS NOT NULL"), seconds=30)
    assert time.monotonic() - back > LOST_AFTER.total_seconds() - PROMPT_SECONDS
    scheduler.stop()
    loop.join()


def test_rounds_go_on_while_much_is_forgotten(scheduler: Scheduler, store: Store) -> None:
    store.sql(MANY_ENDED, many=3 * retention.BATCH, age="31 days")
    held = store.claimed()
    store.retry(held, wait_seconds=3_600)
    loop = threading.Thread(target=scheduler.run)
    loop.start()
    eventually(lambda: store.count() == 2 * retention.BATCH + 1)
    store.sql("UPDATE jobs SET due_at = now() WHERE id = :id", id=held.job_id)
    eventually(lambda: store.state(held.job_id) is State.PENDING)
    assert store.count() > 1
    eventually(lambda: store.count() == 1)
    scheduler.stop()
    loop.join()
