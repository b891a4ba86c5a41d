"""What machines ask: whether the process is alive, whether it can use database and broker, and the figures."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

from flask import Blueprint, Response, request
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from pydantic import Field

from job_core.errors import BrokerUnavailable, DatabaseUnavailable, ServiceUnavailable
from job_core.metrics import registry
from job_core.store.read import COUNTED, live_workers, overview
from job_manager.metrics import AnswerFigures
from job_manager.openapi.operation import operation
from job_manager.services import services
from job_manager.views import answer
from job_tasks.metrics import PREFIX
from job_tasks.views import ApiModel

DATABASE_SECONDS = 1.0
PING_SECONDS = 0.4  # with the broker's 0.6 at most, the answer comes within 2 s

health = Blueprint("health", __name__)


class Alive(ApiModel):
    """The process answers."""

    status: Literal["alive"]


class Checks(ApiModel):
    """What the manager needs, each by name: `ok`, or why it cannot be used, such as `not reachable` or `read-only`."""

    database: str
    broker: str


class Readiness(ApiModel):
    """Whether everything that the manager needs can be used."""

    status: Literal["ready", "not ready"]
    checks: Checks
    workers: int | None = Field(description="how many workers live, by their beats; null if the database cannot say")


@health.get("/healthz")
@operation({200: Alive}, is_open=True)
def alive() -> Response:
    """Check that the process is alive.

    Restart it if it does not answer, never because the broker or the database is away.
    """
    return answer({"status": "alive"})


@health.get("/readyz")
@operation({200: Readiness, 503: Readiness}, is_open=True)
def ready() -> Response:
    """Check that database and broker can be used.

    Without the broker, jobs are still accepted; without the database they are not. Without workers, they wait.
    """
    checks = {"database": _check(services().database.ping), "broker": _check(services().queue.ping)}
    workers = _live_workers() if checks["database"] == "ok" else None
    if set(checks.values()) == {"ok"}:
        return answer({"status": "ready", "checks": checks, "workers": workers})
    return answer({"status": "not ready", "checks": checks, "workers": workers}, 503)


def _live_workers() -> int | None:
    try:
        with services().database.reading(PING_SECONDS) as connection:
            return live_workers(connection)
    except DatabaseUnavailable as error:
        services().outages.report(error)
        return None


def _check(ping: Callable[[], None]) -> str:
    try:
        ping()
    except ServiceUnavailable as error:
        services().outages.report(error)
        return error.reason
    return "ok"


@health.get("/metrics")
@operation({200: "text/plain; version=0.0.4; charset=utf-8"}, is_open=True)
def metrics() -> Response:
    """Figures for Prometheus.

    They name no job and no URL. A scraper that accepts OpenMetrics gets that format. Where database or broker cannot be
    used, the gauges that come from it are missing and its `up` is 0.
    """
    figures = registry(PREFIX, AnswerFigures)
    figures.register(_Gauges())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(figures), content_type=content_type)


class _Gauges:
    """Gauges that are read at each scrape, so that none is out of date."""

    def collect(self) -> Iterator[Metric]:
        yield from _of_database()
        yield from _of_broker()


def _of_database() -> Iterator[Metric]:
    database, up = services().database, partial(_gauge, "database_up", "Whether the database takes jobs.")
    try:
        database.ping(PING_SECONDS)
        with database.reading(DATABASE_SECONDS) as connection:
            found = overview(connection)
    except DatabaseUnavailable as error:
        services().outages.report(error)
        yield up(0)
        return
    yield up(1)
    meaning = f"Jobs that have not ended, by state; counting stops at {COUNTED:,}."
    jobs = GaugeMetricFamily(f"{PREFIX}jobs", meaning, labels=["state"])
    for state, many in (("PENDING", found.waiting), ("STARTED", found.started), ("RETRY", found.retrying)):
        jobs.add_metric([state], many)
    yield jobs
    meaning = "The longest wait of a job for its first attempt."
    yield _gauge("longest_wait_seconds", meaning, found.longest_wait_seconds)
    yield _gauge("workers", "Live workers, by their beats.", found.workers)


def _of_broker() -> Iterator[Metric]:
    broker, up = services().queue, partial(_gauge, "broker_up", "Whether the broker takes messages.")
    try:
        broker.ping()
        messages = broker.waiting()
    except BrokerUnavailable as error:
        services().outages.report(error)
        yield up(0)
        return
    yield up(1)
    yield _gauge("messages", "Messages waiting in the broker.", messages)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}{name}", meaning, value)
