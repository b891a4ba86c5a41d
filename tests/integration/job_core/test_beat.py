"""The worker's beat: what the main process reports is written, whatever goes wrong meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.job import State
from job_core.store import workers
from job_core.worker import beat as beat_module
from job_core.worker.beat import MAX_FAILURES, Beat
from job_core.worker.children import Children
from job_tasks.job_tasks import core
from tests.integration.job_store import DIED, PID, Store
from tests.integration.pausing import hung_database

WORKER = SimpleNamespace(pool=SimpleNamespace(_pool=SimpleNamespace(_pool=[], _state=0)), consumer=None)


class Restarted(BaseException):
    """Ends the thread where the process would start again."""


@pytest.fixture
def worker_id() -> UUID:
    return UUID(str(uuid7()))


@pytest.fixture
def healthy() -> threading.Event:
    """Set when the beat reports that all is well."""
    return threading.Event()


@pytest.fixture
def lives() -> threading.Event:
    """Set when the beat reports that the process lives."""
    return threading.Event()


@pytest.fixture
def beat(worker_id: UUID, healthy: threading.Event, lives: threading.Event) -> Iterator[Beat]:
    beat = Beat(core, worker_id, Children(), healthy.set, lives.set)
    beat.register("job_worker_01", wanted=lambda: True)
    yield beat
    beat.deregister()
    beat._wake.set()  # noqa: SLF001 - in a worker, the process ends here
    if beat._thread.is_alive():  # noqa: SLF001 - the same
        beat._thread.join(10)  # noqa: SLF001 - the same


@pytest.fixture
def restarts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The commands by which the process would have started again."""
    commands: list[Any] = []

    def restart(*command: Any) -> None:
        commands.append(command)
        raise Restarted

    monkeypatch.setattr(beat_module.os, "execv", restart)
    monkeypatch.setattr(beat_module, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    return commands


def test_it_reports_that_the_worker_lives_and_takes_messages(
    store: Store, beat: Beat, worker_id: UUID, healthy: threading.Event
) -> None:
    store.unseen(worker_id, seconds=5)
    beat.start(WORKER)
    eventually(lambda: store.sql("SELECT FROM workers WHERE seen_at > now() - interval '4 seconds'"))
    assert not healthy.is_set()  # it is not connected to the broker
    beat.consuming = True
    assert healthy.wait(10)


def test_it_reports_that_the_process_lives_while_database_and_broker_are_away(
    servers: Servers, beat: Beat, healthy: threading.Event, lives: threading.Event
) -> None:
    beat.start(WORKER)
    with hung_database(servers):
        for _ in range(3):
            lives.clear()
            assert lives.wait(10)
    assert not healthy.is_set()


def test_what_the_main_process_has_to_report_is_written_at_once(store: Store, beat: Beat, worker_id: UUID) -> None:
    died, let_go = store.claimed(worker_id), store.claimed(worker_id)
    beat.start(WORKER)
    beat.crash(died.job_id, PID, DIED)
    beat.give_back(let_go.job_id, PID)
    eventually(lambda: store.state(let_go.job_id) is State.PENDING, seconds=2)
    assert (store.outcomes(died.job_id), store.outcomes(let_go.job_id)) == (["CRASHED"], ["GIVEN BACK"])


def test_an_end_whose_row_is_locked_holds_up_neither_later_ones_nor_the_beat(
    store: Store, servers: Servers, beat: Beat, worker_id: UUID
) -> None:
    died = store.claimed(worker_id)
    store.sql("UPDATE jobs SET started_at = now() - interval '1 minute'")  # yet the beat must not give it back as idle
    let_go = store.claimed(worker_id)
    with capture_logs() as logged, closing(psycopg2.connect(servers.database.url)) as somebody:
        somebody.cursor().execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (str(died.job_id),))
        beat.crash(died.job_id, PID, DIED)
        beat.start(WORKER)
        eventually(lambda: "an end is held up" in [event["event"] for event in logged])
        beat.give_back(let_go.job_id, PID)
        eventually(lambda: store.outcomes(let_go.job_id) == ["GIVEN BACK"], seconds=5)
        store.unseen(worker_id, seconds=5)
        eventually(lambda: store.sql("SELECT FROM workers WHERE seen_at > now() - interval '4 seconds'"), seconds=8)
    eventually(lambda: store.outcomes(died.job_id) == ["CRASHED"], seconds=15)


def test_what_could_not_be_written_is_written_when_the_database_is_back(
    store: Store, servers: Servers, beat: Beat, worker_id: UUID
) -> None:
    held = store.claimed(worker_id)
    beat.start(WORKER)
    with capture_logs() as logged, hung_database(servers):
        beat.crash(held.job_id, PID, DIED)
        threading.Event().wait(6)  # the fault itself: long enough for two tries
    eventually(lambda: store.outcomes(held.job_id) == ["CRASHED"], seconds=15)
    reasons = [event["reason"] for event in logged if event["event"] == "no beat: the database is away"]
    assert reasons == ["timed out"]


def test_a_worker_that_says_goodbye_gives_back_what_it_holds(store: Store, beat: Beat, worker_id: UUID) -> None:
    held = store.claimed(worker_id)
    beat.deregister()
    assert store.outcomes(held.job_id) == ["GIVEN BACK"]


def test_a_worker_that_was_declared_lost_starts_again(
    store: Store, beat: Beat, worker_id: UUID, restarts: list[Any]
) -> None:
    store.sql("UPDATE workers SET lost_at = now() WHERE id = :id", id=worker_id)
    beat.start(WORKER)
    eventually(lambda: len(restarts) == 1)


@pytest.mark.parametrize("failures", [MAX_FAILURES - 1, MAX_FAILURES])
def test_an_error_that_nobody_foresaw_restarts_the_worker_only_if_it_stays(
    beat: Beat, restarts: list[Any], monkeypatch: pytest.MonkeyPatch, healthy: threading.Event, failures: int
) -> None:
    tries = []
    beats = workers.beat

    def fail(*arguments: Any, **options: Any) -> workers.Beat:
        tries.append(arguments)
        if len(tries) <= failures:
            raise ZeroDivisionError
        return beats(*arguments, **options)

    monkeypatch.setattr(workers, "beat", fail)
    beat.consuming = True
    with capture_logs() as logged:
        beat.start(WORKER)
        eventually(lambda: restarts or healthy.is_set())
    assert (len(restarts), healthy.is_set()) == ((1, False) if failures == MAX_FAILURES else (0, True))
    assert [event["log_level"] for event in logged if "unhandled" in event["event"]] == ["error"] * failures


def test_a_report_that_cannot_be_written_keeps_no_later_one_from_it(
    store: Store, beat: Beat, worker_id: UUID, restarts: list[Any]
) -> None:
    held = store.claimed(worker_id)
    beat.give_back("no id", PID)  # type: ignore[arg-type] # a mistake of the program's
    beat.give_back(held.job_id, PID)
    beat.start(WORKER)
    eventually(lambda: store.outcomes(held.job_id) == ["GIVEN BACK"])
    assert restarts == []
