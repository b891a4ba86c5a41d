"""What an attempt does for the jobs behind it on the same host: it keeps the limits, and sends on the next in line."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

import structlog
from celery import current_app

from job_core.errors import BrokerUnavailable
from job_core.job import Message
from job_core.queue import Broker
from job_core.store.limits import HostLimits
from job_tasks.settings import settings

BROKER_TIMEOUT_SECONDS = 0.3  # a broker that is away must not hold a child: the reconciler sends what is missing

log = structlog.get_logger()


def host_limits() -> HostLimits:
    """The limits per host that are set."""
    return HostLimits(at_once=settings().fetch_max_per_host, gap_seconds=settings().fetch_host_gap_seconds)


def next_in_queue() -> UUID | None:
    """The job whose message is taken next; None if there is none, or the broker is away."""
    try:
        return _broker().next_job()
    except BrokerUnavailable:
        return None


def publish_released(messages: Sequence[Message]) -> None:
    """Send the messages of released jobs, or leave it to the reconciler if the broker is away."""
    if not messages:
        return
    try:
        _broker().publish(messages)
    except BrokerUnavailable:
        log.warning("the broker is away; the reconciler will publish", jobs=len(messages))


@cache
def _broker() -> Broker:
    """The connection of one child: made after the fork, and never shared."""
    return Broker(current_app, settings().celery_broker_url.get_secret_value(), timeout_seconds=BROKER_TIMEOUT_SECONDS)
