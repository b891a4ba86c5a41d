"""`/healthz`: whether the process is alive. `/readyz`: whether it can use database and broker."""

from collections.abc import Callable
from typing import Literal

from flask import Blueprint, Response

from job_core.views import ApiModel
from job_manager.openapi.operation import operation
from job_manager.outages import Unavailable
from job_manager.services import services
from job_manager.views import answer

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

    Without the broker, jobs are still accepted; without the database they are not.
    """
    checks = {"database": _check(services().database.ping), "broker": _check(services().broker.ping)}
    if set(checks.values()) == {"ok"}:
        return answer({"status": "ready", "checks": checks})
    return answer({"status": "not ready", "checks": checks}, 503)


def _check(ping: Callable[[], None]) -> str:
    try:
        ping()
    except Unavailable as error:
        return services().outages.report(error)
    return "ok"
