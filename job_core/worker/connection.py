"""The worker's connection to the broker: it comes back within 2 s of the broker, however long that was away.

Celery's own waits grow to 30 s, and no setting reaches the consumer's; hence the subclass.
"""

from contextlib import suppress
from typing import Any

from celery.app.amqp import AMQP
from kombu.connection import Connection

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 2.0


class CappedConnection(Connection):
    """Tries again after 0.5, 1, 1.5, 2, 2, 2 ... seconds."""

    def _ensure_connection(self, *args: Any, **options: Any) -> Any:
        options |= {
            "interval_start": FIRST_WAIT_SECONDS,
            "interval_step": FIRST_WAIT_SECONDS,
            "interval_max": LONGEST_WAIT_SECONDS,
        }
        return super()._ensure_connection(*args, **options)

    def maybe_close_channel(self, channel: Any) -> None:
        """Forget a channel that cannot be closed any more.

        When its broker dies, kombu sometimes closes a channel twice, the second time without a transport, and fails
        over the messages that it wants to give back. That would end the worker; the reconciler brings them back.
        """
        with suppress(AttributeError):
            super().maybe_close_channel(channel)

    def ensure(
        self, obj: Any, fun: Any, errback: Any = None, max_retries: int | None = None, *args: Any, **options: Any
    ) -> Any:
        """One retry where the caller sets no bound, as Celery's event of being alive: it would hold the main thread."""
        return super().ensure(obj, fun, errback, 1 if max_retries is None else max_retries, *args, **options)


class CappedAMQP(AMQP):
    """Celery makes its connections by this."""

    Connection = CappedConnection
