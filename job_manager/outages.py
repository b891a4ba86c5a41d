"""Why the database or the broker cannot be used, logged once rather than for each request that fails by it."""

import threading
import time

import structlog

from job_core.errors import DatabaseUnavailable, ServiceUnavailable

REPEAT_SECONDS = 60.0

log = structlog.get_logger()


class Outages:
    """Logs why a service cannot be used: once a reason and minute, however many requests fail."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logged: dict[str, tuple[str, float]] = {}  # by service: the reason, and when it was logged

    def report(self, error: ServiceUnavailable) -> None:
        """Log the reason and its cause, unless that was done within the last minute."""
        service = "database" if isinstance(error, DatabaseUnavailable) else "broker"
        now = time.monotonic()
        with self._lock:
            reason, at = self._logged.get(service, ("", 0.0))
            if reason == error.reason and now - at < REPEAT_SECONDS:
                return
            self._logged[service] = (error.reason, now)
        cause = str(getattr(error.__cause__, "orig", error.__cause__) or error)  # SQLAlchemy wraps the driver's error
        log.warning("a service is away", service=service, reason=error.reason, cause=cause.partition("\n")[0])
