import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from embedded.servers import Servers
from job_core.errors import BrokerUnavailable
from job_core.job import Message
from job_core.queue import MOST_LOOKED_AT, PUBLISHED_AT, Broker
from job_core.reconciler import QueueHead
from job_tasks.job_tasks import app
from tests.integration.pausing import Stopwatch, hung_broker, refused_port, silent_port, with_port
from tests.integration.queue import Queue

TIMEOUT_SECONDS = 0.3
TIME = datetime(2024, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def broker(servers: Servers) -> Broker:
    return Broker(app, servers.broker.url, timeout_seconds=TIMEOUT_SECONDS)


def message(job_id: UUID | None = None, published_at: datetime | None = TIME) -> Message:
    return Message(kind="count", job_id=job_id or uuid7(), published_at=published_at)


def opened(envelope: dict[str, Any]) -> dict[str, Any]:
    """The envelope with its body decoded."""
    return envelope | {"body": json.loads(base64.b64decode(envelope["body"]))}


class TestTheEnvelope:
    """A worker cannot tell a message of ours from one of Celery's own."""

    @pytest.fixture
    def both(self, broker: Broker, queue: Queue) -> tuple[dict[str, Any], dict[str, Any]]:
        """The message as Celery sends it, and as the broker does."""
        job_id = uuid7()
        app.tasks["job_tasks.count"].apply_async((str(job_id),), task_id=str(job_id))
        broker.publish([message(job_id)])
        theirs, ours = (opened(envelope) for envelope in queue.envelopes())
        return theirs, ours

    def test_has_the_same_body(self, both: tuple[dict[str, Any], dict[str, Any]]) -> None:
        theirs, ours = both
        assert ours["body"] == theirs["body"]

    def test_has_the_same_headers_but_for_ours(self, both: tuple[dict[str, Any], dict[str, Any]]) -> None:
        theirs, ours = both
        assert ours["headers"].pop(PUBLISHED_AT) == TIME.isoformat()
        theirs["headers"]["origin"] = ours["headers"]["origin"]
        # Celery sends the time limits of the sender along; here those of the worker count.
        assert ours["headers"]["timelimit"] == [None, None]
        theirs["headers"]["timelimit"] = [None, None]
        assert ours["headers"] == theirs["headers"]

    def test_has_the_same_properties_but_for_its_own_tag(self, both: tuple[dict[str, Any], dict[str, Any]]) -> None:
        theirs, ours = both
        for of_its_own in ("delivery_tag", "reply_to"):
            assert isinstance(ours["properties"].pop(of_its_own), str)
            del theirs["properties"][of_its_own]
        assert ours["properties"] == theirs["properties"]

    def test_has_nothing_else(self, both: tuple[dict[str, Any], dict[str, Any]]) -> None:
        theirs, ours = both
        rest = {"body", "headers", "properties"}
        assert {key: ours[key] for key in ours.keys() - rest} == {key: theirs[key] for key in theirs.keys() - rest}
        assert ours.keys() == theirs.keys()


def test_messages_are_taken_in_the_order_in_which_they_were_sent(broker: Broker, queue: Queue) -> None:
    sent = [message() for _ in range(1_000)]
    broker.publish(sent[:500])
    broker.publish(sent[500:])
    assert queue.job_ids() == [each.job_id for each in sent]


def test_tags_differ(broker: Broker, queue: Queue) -> None:
    broker.publish([message() for _ in range(100)])
    assert len({each["properties"]["delivery_tag"] for each in queue.envelopes()}) == 100


def test_one_that_jumps_the_queue_is_taken_first(broker: Broker, queue: Queue) -> None:
    waiting, urgent = message(), message(published_at=None)
    broker.publish([waiting])
    broker.publish([urgent])
    assert queue.job_ids() == [urgent.job_id, waiting.job_id]
    assert broker.head() == QueueHead(jumped=frozenset({urgent.job_id}), published_at=TIME, is_whole=False)
    queue.take()
    assert broker.head() == QueueHead(jumped=frozenset(), published_at=TIME, is_whole=False)


def test_those_that_jump_the_queue_at_once_are_taken_in_their_order(broker: Broker, queue: Queue) -> None:
    waiting, urgent = message(), [message(published_at=None) for _ in range(3)]
    broker.publish([waiting])
    broker.publish(urgent)
    assert queue.job_ids() == [each.job_id for each in (*urgent, waiting)]


def test_those_that_jumped_are_told_where_no_other_waits(broker: Broker) -> None:
    urgent = [message(published_at=None) for _ in range(3)]
    broker.publish(urgent)
    jumped = frozenset(each.job_id for each in urgent)
    assert broker.head() == QueueHead(jumped=jumped, published_at=None, is_whole=True)


def test_the_look_past_those_that_jumped_is_bounded(broker: Broker, queue: Queue) -> None:
    broker.publish([message(), *(message(published_at=None) for _ in range(MOST_LOOKED_AT))])
    head = broker.head()
    assert (len(head.jumped), head.published_at, head.is_whole) == (MOST_LOOKED_AT, None, False)
    queue.take()
    assert broker.head().published_at == TIME


def test_the_head_is_the_message_that_is_taken_next(broker: Broker, queue: Queue) -> None:
    assert broker.next_job() is None
    assert broker.head() == QueueHead(jumped=frozenset(), published_at=None, is_whole=True)
    later = TIME.replace(year=2025)
    broker.publish([message(), message(published_at=later)])
    for expected in (TIME, later):
        assert broker.next_job() == queue.job_ids()[0]
        assert broker.head() == QueueHead(jumped=frozenset(), published_at=expected, is_whole=False)
        queue.take()


@pytest.mark.parametrize(
    "foreign", ["", "not JSON", "[]", "{}", '{"headers": null}', '{"headers": {"published_at": 5}}']
)
def test_a_message_of_somebody_else_says_nothing(broker: Broker, queue: Queue, foreign: str) -> None:
    queue.redis.lpush("celery", foreign)
    assert broker.next_job() is None
    assert broker.head() == QueueHead(jumped=frozenset(), published_at=None, is_whole=True)


def test_nothing_to_send_is_no_error(broker: Broker, queue: Queue) -> None:
    broker.publish([])
    assert len(queue) == 0


def test_connections_that_the_broker_ended_are_replaced(broker: Broker, queue: Queue) -> None:
    broker.ping()
    queue.redis.client_kill_filter(_type="normal", skipme=True)
    broker.publish([message()])
    assert len(queue) == 1


def assert_unavailable_within_a_second(broker: Broker) -> None:
    for call in (lambda: broker.publish([message()]), broker.head, broker.ping):
        watch = Stopwatch()
        with pytest.raises(BrokerUnavailable):
            call()
        assert watch.seconds < 1


class TestUnavailable:
    """Every call ends within a second."""

    def test_where_nothing_listens(self, servers: Servers) -> None:
        url = with_port(servers.broker.url, refused_port())
        assert_unavailable_within_a_second(Broker(app, url, timeout_seconds=TIMEOUT_SECONDS))

    def test_where_nothing_answers(self, servers: Servers) -> None:
        with silent_port() as port:
            url = with_port(servers.broker.url, port)
            assert_unavailable_within_a_second(Broker(app, url, timeout_seconds=TIMEOUT_SECONDS))

    def test_where_the_broker_hangs(self, broker: Broker, servers: Servers) -> None:
        broker.ping()
        with hung_broker(servers):
            assert_unavailable_within_a_second(broker)
        broker.ping()

    def test_where_the_password_is_wrong(self, servers: Servers) -> None:
        url = servers.broker.url.replace("redis://:", "redis://:not-")
        assert_unavailable_within_a_second(Broker(app, url, timeout_seconds=TIMEOUT_SECONDS))

    def test_where_the_broker_is_full(self, broker: Broker, queue: Queue) -> None:
        queue.redis.config_set("maxmemory", "1")
        try:
            with pytest.raises(BrokerUnavailable):
                broker.publish([message()])
        finally:
            queue.redis.config_set("maxmemory", "0")
        assert len(queue) == 0


def test_its_errors_name_no_address(servers: Servers) -> None:
    broker = Broker(app, with_port(servers.broker.url, refused_port()), timeout_seconds=TIMEOUT_SECONDS)
    with pytest.raises(BrokerUnavailable) as raised:
        broker.ping()
    assert "127.0.0.1" not in str(raised.value)
