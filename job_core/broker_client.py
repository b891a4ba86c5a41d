"""A client of the broker that keeps to a time, also where sentinels have to say first which Redis it is."""

import socket
from concurrent.futures import as_completed
from contextlib import suppress
from functools import cache, partial
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool

from job_core.broker_url import Sentinels, read_sentinels
from job_core.name_lookup import LookUp, ServiceName

Address = tuple[str, int]


def bounded_client(url: str, seconds: float) -> Redis:
    """A client that repeats nothing, and waits for each answer no longer than `seconds`.

    It connects when it is first used. Not to be shared across a fork.
    """
    options: dict[str, Any] = {
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),
    }
    if sentinels := read_sentinels(url):
        options |= {"username": sentinels.username, "password": sentinels.password, "db": sentinels.database}
        master = _Master(sentinels, seconds)
        pool: ConnectionPool = SentinelConnectionPool(sentinels.master_name, master, **options)  # type: ignore[no-untyped-call]
    else:
        pool = ConnectionPool.from_url(url, **options)
    pool.connection_class = _with_bounded_lookup(pool.connection_class, seconds)
    return Redis(connection_pool=pool)


class _Master:
    """Asks all sentinels at once: redis-py's own way, one after the other, waits for each that is away."""

    def __init__(self, sentinels: Sentinels, seconds: float) -> None:
        self._seconds = seconds
        self._look_ups = [LookUp(partial(_ask, each, sentinels, seconds)) for each in sentinels.addresses]

    def discover_master(self, name: str) -> Address:
        """The address by the first answer, as redis-py's pool asks for it. Raises MasterNotFoundError."""
        with suppress(TimeoutError):
            for answer in as_completed([look_up.answer() for look_up in self._look_ups], self._seconds):
                if answer.exception() is None:
                    return answer.result()
        raise MasterNotFoundError(f"No sentinel knows a master {name!r} that is up")


def _ask(sentinel: Address, sentinels: Sentinels, seconds: float) -> Address:
    options = sentinels.connecting(seconds=seconds)
    with Sentinel([sentinel], sentinel_kwargs=options) as asked:  # type: ignore[no-untyped-call]
        address: Address = asked.discover_master(sentinels.master_name)
        return address


def _with_bounded_lookup(connection_class: type[Connection], seconds: float) -> type[Connection]:
    """A connection that looks its host up first: redis-py's own look-up, which repeats it, knows no time-out."""
    name_of = cache(ServiceName)

    class BoundedLookupConnection(connection_class):  # type: ignore[misc, valid-type] # with TLS or without, as the URL says
        def _connect(self) -> socket.socket:
            name_of(self.host).addresses(seconds)
            return super()._connect()  # type: ignore[no-any-return]

    return BoundedLookupConnection
