"""The worker's connection to the broker."""

from datetime import UTC, datetime

import pytest
from uuid_utils.compat import uuid7

from embedded.servers import Servers
from job_core.job import Message
from job_core.queue import JobQueue
from job_core.worker.children import Children
from job_core.worker.connection import CappedConnection
from job_core.worker.request import AttemptRequest
from job_tasks.job_tasks import core
from tests.integration.pausing import babbling_port, with_port
from tests.integration.queue import QUEUE, Queue


@pytest.fixture
def connection(servers: Servers) -> CappedConnection:
    """With a message in the queue."""
    JobQueue(core.name, core.kinds, servers.broker.url, timeout_seconds=1).publish(
        [Message(kind="count", job_id=uuid7(), published_at=datetime.now(UTC))]
    )
    return CappedConnection(servers.broker.url, transport_options=core.app.conf.broker_transport_options)


def test_what_was_taken_and_not_done_is_not_put_back(connection: CappedConnection, queue: Queue) -> None:
    channel = connection.default_channel
    assert channel.basic_get(QUEUE) is not None
    connection.close()
    assert len(queue) == 0


def test_what_was_taken_and_is_refused_is_not_put_back(connection: CappedConnection, queue: Queue) -> None:
    message = connection.default_channel.basic_get(QUEUE)
    message.reject(requeue=True)
    connection.close()
    assert len(queue) == 0


def test_a_lost_connection_is_closed_although_it_has_messages(connection: CappedConnection) -> None:
    assert connection.default_channel.basic_get(QUEUE) is not None
    connection._do_close_transport()  # noqa: SLF001 - as `collect` leaves it when a channel could not be closed
    connection.close()
    assert not connection.connected


def test_what_is_no_broker_is_as_one_that_is_away(servers: Servers) -> None:
    with babbling_port() as port:
        connection = CappedConnection(with_port(servers.broker.url, port))
        with pytest.raises(connection.connection_errors):
            connection.connect()


@pytest.mark.parametrize("way", ["acknowledge", "reject"])
def test_a_message_whose_connection_is_gone_may_be_acknowledged_too_late(
    connection: CappedConnection, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(AttemptRequest, "children", Children(), raising=False)
    message = connection.default_channel.basic_get(QUEUE)
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
