"""Why the database or the broker cannot be used, logged once rather than for each request that fails by it."""

import threading
import time

import structlog

from job_core.errors import BrokerUnavailable, DatabaseUnavailable, TransientError

REPEAT_SECONDS = 60.0

Unavailable = (DatabaseUnavailable, BrokerUnavailable)

log = structlog.get_logger()


class Outages:
    """Logs why the database or the broker cannot be used: once a reason and minute, however many requests fail."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logged: dict[str, tuple[str, float]] = {}  # by type of error: the reason, and when it was logged

    def report(self, error: TransientError) -> str:
        """Log the reason, unless it is known. Returns it: a few words, without an address or a secret."""
        reason: str = getattr(error, "reason", "not reachable")
        now = time.monotonic()
        with self._lock:
            last, at = self._logged.get(error.type, ("", 0.0))
            is_known = last == reason and now - at < REPEAT_SECONDS
            if not is_known:
                self._logged[error.type] = (reason, now)
        if not is_known:
            cause = getattr(error.__cause__, "orig", error.__cause__)  # SQLAlchemy wraps the driver's error
            log.warning(error.type, reason=reason, cause=str(cause or error).partition("\n")[0])
        return reason
