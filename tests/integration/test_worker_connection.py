"""The worker's connection to the broker."""

from embedded.servers import Servers
from job_worker.connection import CappedConnection

QUEUE = "messages"


def test_a_lost_connection_is_closed_although_its_messages_cannot_be_given_back(servers: Servers) -> None:
    connection = CappedConnection(servers.broker.url)
    with connection.SimpleQueue(QUEUE) as queue:
        queue.put("not acknowledged")
    channel = connection.default_channel
    assert channel.basic_get(QUEUE) is not None
    connection._do_close_transport()  # noqa: SLF001 - as `collect` leaves it when a channel could not be closed
    connection.close()
    assert not connection.connected
