"""The scheduler's loop: on services that are away or hang, on unexpected errors, and with much to forget."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from dev.waiting import eventually
from embedded.servers import Servers
from job_core import scheduler as scheduler_module
from job_core.core import JobCore
from job_core.errors import BrokerUnavailable, DatabaseUnavailable
from job_core.job import State
from job_core.reconciler import Reconciler, Repairs
from job_core.scheduler import Scheduler
from job_core.store import retention
from job_core.store.workers import LOST_AFTER
from job_tasks.job_tasks import core
from tests.integration.job_store import MANY_ENDED, Store
from tests.integration.pausing import hung_database, refused_port, with_port

HANG_SECONDS = 9.0  # a round that gives up, and one that waits when the database goes on
PROMPT_SECONDS = 1.0


@contextmanager
def running(scheduler: Scheduler) -> Iterator[None]:
    loop = threading.Thread(target=scheduler.run)
    loop.start()
    try:
        yield
    finally:
        scheduler.stop()
        loop.join()


@pytest.fixture
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler_module, "ROUND_SECONDS", 0.05)


def core_with(**changes: str) -> JobCore:
    """The core with other addresses."""
    changed = JobCore(core.name, config=lambda: replace(core.config, **changes))  # type: ignore[arg-type] # they are texts
    changed.kinds = core.kinds
    return changed


def test_a_worker_has_its_time_to_beat_again_after_the_database_was_away(servers: Servers, store: Store) -> None:
    store.worker()
    scheduler = Scheduler(core)
    with hung_database(servers):
        loop = threading.Thread(target=scheduler.run)
        loop.start()
        time.sleep(HANG_SECONDS)  # the fault itself
    back = time.monotonic()
    eventually(lambda: store.sql("SELECT FROM workers WHERE lost_at IS NOT NULL"), seconds=30)
    assert time.monotonic() - back > LOST_AFTER.total_seconds() - PROMPT_SECONDS
    scheduler.stop()
    loop.join()


def test_rounds_go_on_while_much_is_forgotten(store: Store) -> None:
    store.sql(MANY_ENDED, many=3 * retention.BATCH, age="31 days")
    held = store.claimed()
    store.retry(held, wait_seconds=3_600)
    with running(Scheduler(core)):
        eventually(lambda: store.count() == 2 * retention.BATCH + 1)
        store.sql("UPDATE jobs SET due_at = now() WHERE id = :id", id=held.job_id)
        eventually(lambda: store.state(held.job_id) is State.PENDING)
        assert store.count() > 1
        eventually(lambda: store.count() == 1)


@pytest.mark.usefixtures("quick_rounds")
def test_workers_are_judged_though_forgetting_does_not_end_in_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_too_long(*_: object) -> int:
        raise DatabaseUnavailable("away", reason="timed out")

    monkeypatch.setattr(retention, "delete_ended", take_too_long)
    store.unseen(store.worker())
    with running(Scheduler(core)):
        eventually(lambda: store.sql("SELECT FROM workers WHERE lost_at IS NOT NULL"), seconds=30)


@pytest.mark.usefixtures("quick_rounds")
def test_why_a_service_is_away_is_logged_once_and_again_when_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    no_database = [DatabaseUnavailable("away", reason=reason) for reason in ("wrong password", "starting up")]
    no_broker = BrokerUnavailable("away", reason="out of memory")
    wrong, starting = no_database
    rounds = [*[wrong] * 3, *[starting] * 2, *[no_broker] * 3, None, no_broker]
    going_on = iter(rounds)
    ended = threading.Event()

    def fail(_: Reconciler, *, judge_workers: bool) -> Repairs:  # noqa: ARG001 - the loop's to say
        if (error := next(going_on, ended)) is ended:
            ended.set()
        elif error is not None:
            raise error
        return Repairs()

    monkeypatch.setattr(Reconciler, "round", fail)
    with capture_logs() as logged, running(Scheduler(core)):
        assert ended.wait(20)
    assert [(event["service"], event["reason"]) for event in logged if event["event"] == "a service is away"] == [
        ("database", "wrong password"),
        ("database", "starting up"),
        ("broker", "out of memory"),
        ("broker", "out of memory"),
    ]


@pytest.mark.usefixtures("quick_rounds")
def test_an_error_that_nobody_foresaw_is_logged_and_ends_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = []
    good = threading.Event()

    def fail_twice(_: Reconciler, *, judge_workers: bool) -> Repairs:
        rounds.append(judge_workers)
        if len(rounds) < 3:
            raise ZeroDivisionError
        return Repairs()

    monkeypatch.setattr(Reconciler, "round", fail_twice)
    with capture_logs() as logged, running(Scheduler(core, report_health=good.set)):
        assert good.wait(10)
        assert len(rounds) >= 3
    assert [event["log_level"] for event in logged if "unhandled" in event["event"]] == ["error", "error"]


@pytest.mark.usefixtures("quick_rounds")
def test_it_counts_as_healthy_without_a_broker_and_only_as_alive_without_a_database(servers: Servers) -> None:
    healthy = threading.Event()
    without_broker = core_with(broker_url=with_port(servers.broker.url, refused_port()))
    with running(Scheduler(without_broker, report_health=healthy.set)):
        assert healthy.wait(10)
    healthy.clear()
    lives = threading.Event()
    without_database = core_with(database_url=with_port(core.config.database_url, refused_port()))
    with running(Scheduler(without_database, report_health=healthy.set, report_life=lives.set)):
        for _ in range(3):
            lives.clear()
            assert lives.wait(10)
        assert not healthy.is_set()
