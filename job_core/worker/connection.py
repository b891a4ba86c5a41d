"""The worker's connection to the broker: it comes back within 2 s of the broker, and hands on messages of ours alone.

Celery's own waits grow to 30 s, and no setting reaches the consumer's. It ends at a broker that answers and refuses, as
a replica does, and at most messages whose form is wrong. Hence the subclasses.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import Empty
from typing import Any

import structlog
from celery.app.amqp import AMQP
from kombu.connection import Connection
from kombu.transport import redis
from redis.exceptions import RedisError, ResponseError

from job_core.errors import BrokerUnavailable
from job_core.metrics import count_set_aside
from job_core.queue import PROBE_KEY, WRONG_TYPE, JobQueue

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 2.0
RENEW_SECONDS = 60.0
MAX_SHOWN = 200  # characters of an error

log = structlog.get_logger()


class CheckedChannel(redis.Channel):
    """Sets aside whatever is no message of ours, and puts nothing back: what was not done, the reconciler sends again.

    Kombu would put it back in another form, behind all others, and fails over it where the broker has died.
    """

    queue: JobQueue  # set by `install_worker`, once for the process
    do_restore = False

    def _restore(self, *args: Any, **options: Any) -> None:
        pass

    def _create_client(self, *args: Any, **options: Any) -> Any:
        client = super()._create_client(*args, **options)
        client.set_response_callback("BRPOP", self._checked)
        return client

    def _checked(self, reply: tuple[bytes, bytes] | None, **_: Any) -> tuple[bytes, bytes] | None:
        """What was taken from a queue; None, as when nothing came in time, if it is no message."""
        if reply is None:
            return None
        name, envelope = reply[0].decode(), reply[1]
        if self.queue.published_at(name, envelope) is not None:
            return reply
        self._queue_cycle.rotate(name)  # else the other queues would wait until this one has no more of them
        count_set_aside()
        try:
            self.queue.set_aside(envelope)
            log.warning("set aside what is no message", queue=name, bytes=len(envelope))
        except BrokerUnavailable as error:
            log.warning("dropped what is no message", queue=name, bytes=len(envelope), reason=error.reason)
        return None

    def _receive_one(self, *args: Any) -> Any:
        """Hand on what was sent to all workers, as by Flower: a question about what they do, or anything else."""
        try:
            return super()._receive_one(*args)
        except (Empty, *self.connection_errors):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker goes on
            log.warning("dropped a broadcast that cannot be read", error=repr(error)[:MAX_SHOWN])
            return None

    def _queue_bind(self, *args: Any) -> None:
        with _though_refused():
            super()._queue_bind(*args)

    def _size(self, queue: str) -> int:
        size = 0
        with _though_refused():
            size += int(super()._size(queue))
        return size


@contextmanager
def _though_refused() -> Iterator[None]:
    """Do without it: it is Celery's own book-keeping, which a full broker refuses, and one with a key of another type.

    A full one gets room when workers take messages.
    """
    try:
        yield
    except ResponseError as error:  # also from a script, which has no type of its own
        if "'maxmemory'" not in str(error) and WRONG_TYPE not in str(error):
            raise


class PatientTransport(redis.Transport):
    """Takes a broker that refuses, or is none, for one that is away, and tries again."""

    Channel = CheckedChannel
    brpop_timeout = 5  # seconds for which it waits for a message, before it asks again
    connection_errors = (*redis.Transport.connection_errors, RedisError)

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Wake up less often to renew what stands for an hour."""
        super().register_with_event_loop(connection, loop)
        cycle: Any = self.cycle
        cycle._binding_expiry_tref.cancel()  # noqa: SLF001 - kombu's own, every second
        cycle._binding_expiry_tref = loop.call_repeatedly(RENEW_SECONDS, cycle.maybe_refresh_binding_expiry)  # noqa: SLF001 - see above

    def establish_connection(self) -> Any:
        connection = super().establish_connection()
        try:
            # As taking a message, it is refused where nothing can be written, and carried out where there is no room.
            self._avail_channels[-1].client.delete(PROBE_KEY)
        except BaseException:
            self.close_connection(connection)
            raise
        return connection


class CheckedMasterChannel(CheckedChannel, redis.SentinelChannel):
    """The same by way of sentinels.

    How to connect to them is no transport option: the worker shows those to whoever asks, and secrets with them.
    """

    sentinel_kwargs: Mapping[str, Any]  # set by `install_worker`, once for the process


class PatientMasterTransport(PatientTransport):
    """The same by way of sentinels: they are asked for the master at each new connection."""

    Channel = CheckedMasterChannel


class CappedConnection(Connection):
    """Tries again after 0.5, 1, 1.5, 2, 2, 2 ... seconds."""

    def get_transport_cls(self) -> type[PatientTransport]:
        return PatientMasterTransport if self.transport_cls == "sentinel" else PatientTransport

    def _ensure_connection(
        self, errback: Any = None, max_retries: int | None = None, *_waits: Any, **options: Any
    ) -> Any:
        options |= {
            "interval_start": FIRST_WAIT_SECONDS,
            "interval_step": FIRST_WAIT_SECONDS,
            "interval_max": LONGEST_WAIT_SECONDS,
        }
        return super()._ensure_connection(errback, max_retries, **options)

    def ensure(
        self, obj: Any, fun: Any, errback: Any = None, max_retries: int | None = None, *args: Any, **options: Any
    ) -> Any:
        """One retry where the caller sets no bound, as Celery's event of being alive: it would hold the main thread."""
        return super().ensure(obj, fun, errback, 1 if max_retries is None else max_retries, *args, **options)


class CappedAMQP(AMQP):
    """Celery makes its connections by this."""

    Connection = CappedConnection
