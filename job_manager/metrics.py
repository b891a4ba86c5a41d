"""`GET /metrics`: the figures of all the manager's processes, and how things stand in database and broker."""

from collections.abc import Iterator

from flask import Blueprint, Response, request
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder

from job_core.errors import BrokerUnavailable, DatabaseUnavailable
from job_core.metrics import registry
from job_core.store.overview import COUNTED, overview
from job_manager.openapi.operation import operation
from job_manager.services import services

DATABASE_SECONDS = 1.0  # with the broker's 0.6 at most, the answer comes within 2 s

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@operation({200: "text/plain; version=0.0.4; charset=utf-8"}, is_open=True)
def metrics() -> Response:
    """Figures for Prometheus.

    They name no job and no URL. A scraper that accepts OpenMetrics gets that format. Where database or broker cannot be
    used, the gauges that come from it are missing and its `up` is 0.
    """
    figures = registry()
    figures.register(_Standing())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(figures), content_type=content_type)


class _Standing:
    """Gauges that are asked for at each scrape, so that no process holds one that has become old."""

    def collect(self) -> Iterator[Metric]:
        yield from _of_database()
        yield from _of_broker()


def _of_database() -> Iterator[Metric]:
    try:
        with services().database.reading(DATABASE_SECONDS) as connection:
            found = overview(connection)
    except DatabaseUnavailable:
        yield _gauge("wordcount_database_up", "Whether the database answers.", 0)
        return
    yield _gauge("wordcount_database_up", "Whether the database answers.", 1)
    jobs = GaugeMetricFamily(
        "wordcount_jobs",
        f"Jobs that have not ended, by state; counting stops at {COUNTED:,}.",
        labels=["state"],
    )
    for state, many in (("PENDING", found.waiting), ("STARTED", found.started), ("RETRY", found.retrying)):
        jobs.add_metric([state], many)
    yield jobs
    yield _gauge(
        "wordcount_longest_wait_seconds",
        "How long the job that waits longest for its first attempt has waited.",
        found.longest_wait_seconds,
    )
    yield _gauge("wordcount_workers", "Workers that live, by their beats.", found.workers)


def _of_broker() -> Iterator[Metric]:
    try:
        messages = services().broker.waiting()
    except BrokerUnavailable:
        yield _gauge("wordcount_broker_up", "Whether the broker answers.", 0)
        return
    yield _gauge("wordcount_broker_up", "Whether the broker answers.", 1)
    yield _gauge("wordcount_messages", "Messages that wait in the broker.", messages)


def _gauge(name: str, tells: str, value: float) -> Metric:
    return GaugeMetricFamily(name, tells, value)
