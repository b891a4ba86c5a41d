"""The worker's connection to the broker."""

from datetime import UTC, datetime
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from embedded.servers import Servers
from job_core.job import Message
from job_core.queue import JobQueue
from job_core.worker.children import Children
from job_core.worker.connection import CappedConnection
from job_core.worker.request import AttemptRequest
from job_tasks.job_tasks import core
from tests.integration.queue import QUEUE as JOBS

QUEUE = "messages"


def forget_unacknowledged(channel: Any) -> None:
    """Else kombu tries to give them back as the process ends, and prints that it cannot."""
    channel.qos._on_collect.cancel()  # noqa: SLF001 - see above


def test_a_lost_connection_is_closed_although_its_messages_cannot_be_given_back(servers: Servers) -> None:
    connection = CappedConnection(servers.broker.url)
    with connection.SimpleQueue(QUEUE) as queue:
        queue.put("not acknowledged")
    channel = connection.default_channel
    assert channel.basic_get(QUEUE) is not None
    connection._do_close_transport()  # noqa: SLF001 - as `collect` leaves it when a channel could not be closed
    connection.close()
    assert not connection.connected
    forget_unacknowledged(channel)


@pytest.mark.parametrize("way", ["acknowledge", "reject"])
def test_a_message_whose_connection_is_gone_may_be_acknowledged_too_late(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(AttemptRequest, "children", Children(), raising=False)
    JobQueue(core.name, core.kinds, servers.broker.url, timeout_seconds=1).publish(
        [Message(kind="count", job_id=uuid7(), published_at=datetime.now(UTC))]
    )
    connection = CappedConnection(servers.broker.url)
    message = connection.default_channel.basic_get(JOBS)
    request = AttemptRequest(
        message,
        app=core.app,
        on_ack=message.ack_log_error,
        on_reject=message.reject_log_error,
        connection_errors=connection.connection_errors,
    )
    # As a broker that dies leaves them, when the channel is not closed because of that.
    message.channel._disconnect_pools()  # noqa: SLF001 - see above
    connection._do_close_transport()  # noqa: SLF001 - see above
    getattr(request, way)()
    assert request.acknowledged
    forget_unacknowledged(message.channel)
