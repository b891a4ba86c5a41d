"""`/healthz`: the process lives. `/readyz`: what it needs can be reached."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from job_manager.services import services
from job_tasks.errors import TryLater

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """200 as long as the process answers. Restart it when it does not; never for a broker or database that is away."""
    return jsonify(status="alive")


@health.get("/readyz")
def ready() -> Response:
    """200 if database and broker can be reached, else 503; each is named.

    With the broker away, jobs are still accepted; with the database away they are not.
    """
    checks = {"database": _check(services().database.ping), "broker": _check(services().broker.ping)}
    all_well = all(found == "ok" for found in checks.values())
    answer = jsonify(status="ready" if all_well else "not ready", checks=checks)
    answer.status_code = 200 if all_well else 503
    return answer


def _check(ping: Callable[[], None]) -> str:
    try:
        ping()
    except TryLater:
        return "unreachable"
    return "ok"
