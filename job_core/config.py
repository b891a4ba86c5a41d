"""What a service hands to the core: where its servers are, and what its jobs may cost."""

import os
from dataclasses import dataclass, field

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

BY_SERVER = frozenset({"host", "hostaddr", "port"})  # where a URL names several servers, lists with commas

MIN_CONCURRENCY = max(2, os.cpu_count() or 1)  # attempts that wait for nothing keep every processor busy


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What holds for each limit key: attempts at a time, and the least time between two starts."""

    at_once: int
    gap_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How long a job waits after a transient error: exponential back-off with full jitter, from `base` up to `cap`."""

    base_seconds: float = 2.0
    cap_seconds: float = 300.0


@dataclass(frozen=True, kw_only=True)
class CoreConfig:
    """The defaults suit a small service; a kind may have time limits, attempts and a retry policy of its own."""

    broker_url: str
    database_url: str
    limits: Limits = field(default_factory=lambda: Limits(at_once=8))
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    soft_time_limit_seconds: float = 60.0
    hard_time_limit_seconds: float = 90.0
    max_crashes: int = 3
    retention_hours: float = 24 * 30
    worker_concurrency: int = 4
    worker_min_concurrency: int = MIN_CONCURRENCY
    worker_child_memory_mb: int = 512
    worker_stop_grace_seconds: float = 20.0

    @property
    def min_children(self) -> int:
        """How many children a worker has at least: more come while attempts take long."""
        return min(self.worker_min_concurrency, self.worker_concurrency)


def database_options(url: str) -> dict[str, str]:
    """What the URL of a database says, by libpq's names. Raises ValueError, without the URL, if it cannot be read.

    It is libpq's own form, or has SQLAlchemy's name of the driver besides. Where it names several servers, the one that
    takes writes is wanted: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    """
    try:
        options = dict(parse_dsn(url.replace("+psycopg2", "", 1)))
    except ProgrammingError:
        raise ValueError("libpq cannot read it") from None
    ports = options.get("port", "").split(",")
    many = {len(options[key].split(",")) for key in BY_SERVER & options.keys()} - {1}
    if len(many) > 1 or not all(port.isdecimal() for port in ports if port):
        raise ValueError("its ports do not fit its hosts")
    return {"target_session_attrs": "read-write"} | options if many else options
