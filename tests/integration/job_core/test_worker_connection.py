"""The worker's connection to the broker."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from uuid_utils.compat import uuid7

from dev.proxy import Proxy
from dev.waiting import eventually
from embedded.ports import LOOPBACK, free_ports
from embedded.servers import Servers
from job_core.celery_app import celery_app
from job_core.core import JobCore
from job_core.errors import BrokerUnavailable
from job_core.job import Message
from job_core.queue import JobQueue
from job_core.worker.children import Children
from job_core.worker.connection import CappedAMQP, CappedConnection
from job_core.worker.request import AttemptRequest
from job_tasks.job_tasks import core
from tests.integration.pausing import babbling_port, with_port
from tests.integration.queue import QUEUE, Queue


@pytest.fixture
def connection(servers: Servers) -> CappedConnection:
    """With a message in the queue."""
    JobQueue(core.name, core.kinds, servers.broker.url, timeout_seconds=1).publish(
        [Message(kind="count", job_id=uuid7(), label="", published_at=datetime.now(UTC))]
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


def test_events_are_sent_again_once_a_broker_that_hung_answers(servers: Servers, queue: Queue) -> None:
    (port,) = free_ports(1)
    with closing(Proxy(port, servers.broker.port)) as proxy, queue.redis.pubsub() as events:
        events.psubscribe("*celeryev*")
        connection = CappedConnection(with_port(servers.broker.url, port), transport_options={"socket_timeout": 0.5})
        dispatcher = core.app.events.Dispatcher(connection)
        dispatcher.send("worker-heartbeat", retry=True)
        with proxy.cut():
            dispatcher.send("worker-heartbeat", retry=True)
        dispatcher.send("worker-online", retry=True)
        eventually(lambda: "online" in str(events.get_message()), "an event is sent")
        connection.close()


class TestOverTls:
    @pytest.fixture
    def authority(self) -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def url(self, servers: Servers, authority: trustme.CA) -> Iterator[str]:
        """Of the broker, over TLS, with a certificate by `authority`, whom nobody trusts."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(LOOPBACK).configure_cert(context)
        (port,) = free_ports(1)
        proxy = Proxy(port, urlsplit(servers.broker.url).port or 0, tls=context)
        yield with_port(servers.broker.url, port).replace("redis:", "rediss:", 1)
        proxy.close()

    @staticmethod
    def connect(url: str) -> None:
        """As a worker does, whose settings say no more about it than the URL."""
        changed = JobCore(core.name, config=lambda: replace(core.config, broker_url=url))
        changed.kinds = core.kinds
        app = celery_app(changed)
        app.amqp_cls = CappedAMQP
        with app.connection_for_read() as connection:
            connection.connect()

    def test_a_certificate_that_is_not_trusted_is_refused_and_the_error_says_so(self, url: str) -> None:
        with pytest.raises(CappedConnection("redis://").connection_errors, match="certificate verify failed"):
            self.connect(url)
        with pytest.raises(BrokerUnavailable) as raised:
            JobQueue(core.name, core.kinds, url, timeout_seconds=2).ping()
        assert raised.value.reason == "certificate not trusted"

    def test_one_that_the_url_trusts_is_taken(self, url: str, authority: trustme.CA, tmp_path: Path) -> None:
        trusted = tmp_path / "trusted.pem"
        authority.cert_pem.write_to_path(str(trusted))
        url += f"?ssl_ca_certs={trusted}"
        self.connect(url)
        JobQueue(core.name, core.kinds, url, timeout_seconds=2).ping()

    def test_none_is_looked_at_where_the_url_says_so(self, url: str) -> None:
        self.connect(f"{url}?ssl_cert_reqs=none")


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
