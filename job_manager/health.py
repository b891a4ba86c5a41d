"""`/healthz`: the process lives. `/readyz`: what it needs can be reached."""

from collections.abc import Callable
from typing import Literal

from flask import Blueprint, Response

from job_core.views import ApiModel
from job_manager.outages import Unavailable
from job_manager.services import services
from job_manager.views import answer

health = Blueprint("health", __name__)


class Alive(ApiModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Checks(ApiModel):
    """What the manager needs, each by name: `ok`, or why it cannot be used, such as `not reachable` or `read-only`."""

    database: str
    broker: str


class Readiness(ApiModel):
    """Whether everything that the manager needs can be used."""

    status: Literal["ready", "not ready"]
    checks: Checks


@health.get("/healthz")
def alive() -> Response:
    """200 as long as the process answers. Restart it when it does not; never for a broker or database that is away."""
    return answer(Alive())


@health.get("/readyz")
def ready() -> Response:
    """200 if database and broker take jobs, else 503; each is named, with the reason.

    With the broker away, jobs are still accepted; with the database away they are not.
    """
    checks = Checks(database=_check(services().database.ping), broker=_check(services().broker.ping))
    if checks.database == checks.broker == "ok":
        return answer(Readiness(status="ready", checks=checks))
    return answer(Readiness(status="not ready", checks=checks), 503)


def _check(ping: Callable[[], None]) -> str:
    try:
        ping()
    except Unavailable as error:
        return services().outages.report(error)
    return "ok"
