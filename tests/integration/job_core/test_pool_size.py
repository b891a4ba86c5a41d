"""A real worker whose children come and go."""

import random
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.client import JobClient
from job_core.store.migrate import migrate
from tests.integration.job_core import naps
from tests.integration.job_core.naps import CONCURRENCY, MIN_CONCURRENCY, Nap, nap
from tests.integration.programs import service_environment, worker

WAVES = 40
LOST_SECONDS = 8.0  # an attempt of a child that is gone begins again after 9 s


class Service:
    """The jobs of the service, and what its worker says of itself."""

    def __init__(self) -> None:
        self.client, self.database = JobClient(naps.core), naps.core.database(pool_size=1)

    def submit(self, *seconds: float) -> list[UUID]:
        return [job.id for job in self.client.submit(*(nap.job(Nap(seconds=each)) for each in seconds))]

    def await_states(self, jobs: list[UUID], state: str) -> None:
        asked = "SELECT count(*) FROM jobs WHERE id = ANY(%s) AND state = %s"
        eventually(lambda: self.database.call(asked, jobs, state) == [(len(jobs),)], f"all are {state}", seconds=60)

    def has_size(self, children: int) -> bool:
        """Whether the worker has so many children, and takes as many messages."""
        answers: dict[str, Any] = naps.app.control.inspect(timeout=2, limit=1).stats() or {}
        sizes = [(len(answer["pool"]["processes"]), answer["prefetch_count"]) for answer in answers.values()]
        return sizes == [(children, children)]


@pytest.fixture
def service(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with service_environment(servers, "naps", broker_database=8) as environment:
        for name in ("CELERY_BROKER_URL", "DATABASE_URL"):
            monkeypatch.setenv(name, environment[name])
        migrate(environment["DATABASE_URL"])
        with worker(environment, "tests.integration.job_core.naps_worker"):
            service = Service()
            service.await_states(service.submit(0.0), "SUCCESS")  # the worker has started
            yield service


def test_children_and_the_messages_taken_for_them_become_more_and_fewer_together(service: Service) -> None:
    """Celery changes both by its own commands, which the core calls."""
    sleeping = service.submit(*[5.0] * CONCURRENCY)
    eventually(lambda: service.has_size(CONCURRENCY), "more come", seconds=30)
    service.await_states(sleeping, "SUCCESS")
    eventually(lambda: service.has_size(MIN_CONCURRENCY), "the rest leave", seconds=30)


def test_no_attempt_is_lost_with_a_child_that_leaves(service: Service) -> None:
    """Each wave ends with children that leave; the next comes about then."""
    chance = random.Random(1)
    jobs: list[UUID] = []
    for _ in range(WAVES):
        wave = service.submit(*(chance.choice([0.0, 0.3]) for _ in range(CONCURRENCY)))
        service.await_states(wave, "SUCCESS")
        jobs += wave
        time.sleep(chance.random() * 0.25)
    asked = (
        "SELECT outcome, number, ended_at - jobs.created_at"
        " FROM attempts JOIN jobs ON jobs.id = job_id WHERE job_id = ANY(%s)"
    )
    attempts = service.database.call(asked, jobs)
    assert [(outcome, number) for outcome, number, _ in attempts] == [("SUCCESS", 1)] * len(jobs)
    assert max(took.total_seconds() for _, _, took in attempts) < LOST_SECONDS
