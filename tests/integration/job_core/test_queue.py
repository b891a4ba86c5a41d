import base64
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from uuid_utils.compat import uuid7

from dev.service import ServiceProcess
from dev.waiting import eventually
from embedded.ports import LOOPBACK, free_ports, is_free
from embedded.programs import find_redis
from embedded.servers import Servers
from embedded.supervisor import Command
from job_core.errors import BrokerUnavailable
from job_core.job import JsonObject, Message
from job_core.kinds import Kind
from job_core.queue import (
    MAX_KEPT_BYTES,
    MAX_LOOKED_AT,
    MAX_SET_ASIDE,
    PUBLISHED_AT,
    SET_ASIDE_KEY,
    JobQueue,
    Oldest,
    lists,
    requeued,
)
from job_core.shown import MAX_ESCAPED
from job_tasks.job_tasks import core
from tests.broken_messages import BROKEN, mutations
from tests.integration.pausing import Stopwatch, hung_broker, refused_port, silent_port, with_port
from tests.integration.queue import QUEUE, Queue, full, replica, without_its_replicas

TIMEOUT_SECONDS = 0.3
TIME = datetime(2024, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)
LABEL = 'https://example.com/"Zoë"/\\🐍/<delivery tag>?token=secret'
SHOWN = 'https://example.com/"Zoë"/\\🐍/<delivery tag>?…'
NEPAL = timezone(timedelta(hours=5, minutes=45))
LATER = TIME.replace(year=2025)
EMPTY = Oldest(published_at=None)
every_list = pytest.mark.parametrize("name", lists(QUEUE))


@pytest.fixture
def broker(servers: Servers) -> JobQueue:
    return queue_at(servers.broker.url)


def queue_at(url: str) -> JobQueue:
    return JobQueue(core.name, core.kinds, url, timeout_seconds=TIMEOUT_SECONDS)


def message(name: str = QUEUE, *, kind: str = "count", published_at: datetime = TIME) -> Message:
    """One for the list `name`."""
    place = lists(QUEUE).index(name)
    is_bulk, is_requeued = place in {2, 3}, place in {1, 3}
    return Message(
        kind=kind, job_id=uuid7(), label=LABEL, published_at=published_at, bulk=is_bulk, requeued=is_requeued
    )


def ids(messages: list[Message]) -> list[UUID]:
    return [each.job_id for each in messages]


def opened(envelope: dict[str, Any]) -> dict[str, Any]:
    """The envelope with its body decoded."""
    return envelope | {"body": json.loads(base64.b64decode(envelope["body"]))}


@every_list
class TestTheEnvelope:
    """A worker cannot tell a message of ours from one of Celery's own."""

    @pytest.fixture
    def both(self, name: str, broker: JobQueue, queue: Queue) -> tuple[dict[str, Any], dict[str, Any]]:
        """The message as Celery sends it, and as we do."""
        ours = message(name)
        job_id = str(ours.job_id)
        core.app.tasks["job_tasks.count"].apply_async((job_id,), argsrepr=SHOWN, task_id=job_id, queue=name)
        broker.publish([ours])
        first, second = (opened(envelope) for envelope in queue.envelopes(name))
        return first, second

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
        del theirs["properties"]["argsrepr"]  # Celery sends it there as well, and reads the header
        assert ours["properties"] == theirs["properties"]

    def test_has_nothing_else(self, both: tuple[dict[str, Any], dict[str, Any]]) -> None:
        theirs, ours = both
        rest = {"body", "headers", "properties"}
        assert {key: ours[key] for key in ours.keys() - rest} == {key: theirs[key] for key in theirs.keys() - rest}
        assert ours.keys() == theirs.keys()


class TestOrder:
    """Each list of a queue is first in, first out, and workers take from them in turn."""

    @every_list
    def test_messages_of_a_list_are_taken_in_the_order_in_which_they_were_sent(
        self, broker: JobQueue, queue: Queue, name: str
    ) -> None:
        sent = [message(name) for _ in range(1_000)]
        broker.publish(sent[:500])
        broker.publish(sent[500:])
        assert queue.job_ids(name) == ids(sent)
        assert broker.waiting() == 1_000

    def test_messages_of_all_lists_can_be_sent_at_once(self, broker: JobQueue, queue: Queue) -> None:
        sent = [message(name) for name in (*lists(QUEUE), QUEUE, *lists(QUEUE))]
        broker.publish(sent)
        assert [queue.job_ids(name) for name in lists(QUEUE)] == [
            ids([sent[0], sent[4], sent[5]]),
            ids([sent[1], sent[6]]),
            ids([sent[2], sent[7]]),
            ids([sent[3], sent[8]]),
        ]
        assert broker.waiting() == 9

    @every_list
    def test_no_message_is_overtaken_by_more_than_one_of_each_other_list(
        self, broker: JobQueue, queue: Queue, name: str
    ) -> None:
        broker.publish([message(other) for other in lists(QUEUE) if other != name for _ in range(50)])
        with queue.consumer() as take:
            for _ in range(5):
                take()
            waiting = message(name)
            broker.publish([waiting])
            assert waiting.job_id in [take() for _ in range(4)]

    def test_a_message_in_the_queue_is_not_overtaken_without_end(self, broker: JobQueue, queue: Queue) -> None:
        first = [message() for _ in range(5)]
        broker.publish(first)
        with queue.consumer() as take:
            taken = []
            for _ in range(2 * len(first)):
                broker.publish([message(requeued(QUEUE)) for _ in range(3)])
                taken.append(take())
        assert [job_id for job_id in taken if job_id in ids(first)] == ids(first)


class Nothing(BaseModel):
    """A request without fields."""


def work(_: Nothing) -> JsonObject:
    return {}


class TestKindsWithAQueueOfTheirOwn:
    """A kind of long jobs need not stand before others."""

    @pytest.fixture
    def broker(self, servers: Servers) -> JobQueue:
        kinds = [
            Kind(name="quick", request=Nothing, work=work),
            Kind(name="slow", request=Nothing, work=work, queue="s"),
        ]
        return JobQueue(
            core.name, {kind.name: kind for kind in kinds}, servers.broker.url, timeout_seconds=TIMEOUT_SECONDS
        )

    def test_their_messages_go_there(self, broker: JobQueue, queue: Queue) -> None:
        quick, slow, again = message(kind="quick"), message(kind="slow"), message(requeued(QUEUE), kind="slow")
        broker.publish([quick, slow, again])
        assert broker.names == [QUEUE, "s"]
        assert [queue.job_ids(name) for name in (QUEUE, requeued(QUEUE), "s", requeued("s"))] == [
            [quick.job_id],
            [],
            [slow.job_id],
            [again.job_id],
        ]
        assert broker.waiting() == 3

    def test_those_of_a_kind_that_is_not_known_here_go_to_the_first(self, broker: JobQueue, queue: Queue) -> None:
        gone = message(kind="gone")
        broker.publish([gone])
        assert queue.job_ids(QUEUE) == [gone.job_id]


@pytest.mark.parametrize("character", ["a", '"', "漢", "🐍", "\x00"])
def test_no_label_makes_a_message_long(broker: JobQueue, queue: Queue, character: str) -> None:
    broker.publish([message(), replace(message(), label=1_000 * character)])
    short, long = queue.taken(QUEUE), queue.taken(QUEUE)
    assert len(long) - len(short) <= MAX_ESCAPED
    assert broker.published_at(QUEUE, long) == TIME


def test_tags_differ(broker: JobQueue, queue: Queue) -> None:
    broker.publish([message() for _ in range(100)])
    assert len({each["properties"]["delivery_tag"] for each in queue.envelopes()}) == 100


def test_nothing_to_send_is_no_error(broker: JobQueue, queue: Queue) -> None:
    broker.publish([])
    assert len(queue) == 0


class TestWhatIsAMessage:
    """Only what has, byte by byte, the form of what is sent here."""

    @pytest.mark.parametrize("name", [QUEUE, requeued(QUEUE), "s"])
    @pytest.mark.parametrize("kind", ["count", "gone", "zählen"])
    @pytest.mark.parametrize("published_at", [TIME, LATER.replace(microsecond=0), TIME.astimezone(NEPAL)])
    def test_a_message_of_any_kind_is_one(self, queue: Queue, name: str, kind: str, published_at: datetime) -> None:
        kinds = {kind: Kind(name=kind, request=Nothing, work=work, queue=name)}
        broker = JobQueue(core.name, kinds, queue.url, timeout_seconds=TIMEOUT_SECONDS)
        broker.publish([message(QUEUE, kind=kind, published_at=published_at)])
        assert broker.published_at(name, queue.taken(name)) == published_at

    @pytest.mark.parametrize("name", ["vm-1.example.org", "Zoë's (new) machine"])
    def test_a_message_from_any_machine_is_one(
        self, broker: JobQueue, queue: Queue, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setattr(socket, "gethostname", lambda: name)
        broker.publish([message()])
        assert broker.published_at(QUEUE, queue.taken(QUEUE)) == TIME

    def test_one_of_a_release_that_showed_its_id_is_one(self, broker: JobQueue, queue: Queue) -> None:
        ours = message()
        broker.publish([ours])
        envelope = queue.taken(QUEUE).replace(json.dumps(SHOWN).encode(), f"\"('{ours.job_id}',)\"".encode())
        assert str(ours.job_id).encode() + b"',)" in envelope
        assert broker.published_at(QUEUE, envelope) == TIME

    def test_one_of_another_app_or_queue_is_none(self, broker: JobQueue, queue: Queue) -> None:
        broker.publish([message()])
        envelope = queue.taken(QUEUE)
        assert broker.published_at(requeued(QUEUE), envelope) is None
        other = JobQueue("other", core.kinds, queue.url, timeout_seconds=TIMEOUT_SECONDS)
        assert other.published_at(QUEUE, envelope) is None

    @pytest.mark.parametrize("name", BROKEN)
    def test_a_broken_one_is_none(self, broker: JobQueue, queue: Queue, name: str) -> None:
        broker.publish([message()])
        assert broker.published_at(QUEUE, BROKEN[name](queue.taken(QUEUE))) is None

    @given(st.data())
    def test_whatever_is_made_of_one_is_none_or_says_the_same_to_a_worker(self, data: st.DataObject) -> None:
        ours = message()
        broker = queue_at("redis://127.0.0.1:1/0")
        envelope = broker._envelope(ours, QUEUE).encode()  # noqa: SLF001 - without going through Redis
        changed = data.draw(mutations(envelope))
        if broker.published_at(QUEUE, changed) is not None:
            same = json.loads(envelope)
            only_shown = (PUBLISHED_AT, "task", "origin", "argsrepr")
            same["headers"] |= {each: json.loads(changed)["headers"][each] for each in only_shown}
            same["properties"]["delivery_tag"] = json.loads(changed)["properties"]["delivery_tag"]
            assert json.loads(changed) == same

    def test_what_is_set_aside_is_bounded(self, broker: JobQueue, queue: Queue) -> None:
        for number in range(MAX_SET_ASIDE + 1):
            broker.set_aside(b"%d" % number)
        broker.set_aside(b"x" * (MAX_KEPT_BYTES + 1))
        kept = queue.redis.lrange(SET_ASIDE_KEY, 0, -1)
        assert kept == ["x" * MAX_KEPT_BYTES, *(str(number) for number in range(MAX_SET_ASIDE, 1, -1))]


class TestTheOldest:
    """The message that is taken next says since when a queue is whole."""

    @every_list
    def test_is_the_message_that_is_taken_next(self, broker: JobQueue, queue: Queue, name: str) -> None:
        assert broker.oldest(name) == EMPTY
        broker.publish([message(name), message(name, published_at=LATER)])
        for expected in (TIME, LATER):
            assert broker.oldest(name) == Oldest(published_at=expected)
            queue.take()
        assert [broker.oldest(each) for each in lists(QUEUE)] == [EMPTY] * 4

    @pytest.mark.parametrize(
        "foreign",
        [
            "",
            "not JSON",
            "[]",
            "{}",
            '{"headers": null}',
            '{"headers": {"published_at": 5}}',
            "[" * 10_000,
            '{"headers": {"id": "01a20c9c-c451-726f-a7db-dc9eca01d34e"}}',
        ],
    )
    def test_is_none_of_somebody_else(self, broker: JobQueue, queue: Queue, foreign: str) -> None:
        queue.redis.lpush(QUEUE, foreign)
        assert broker.oldest(QUEUE) == EMPTY
        broker.publish([message()])
        assert broker.oldest(QUEUE) == Oldest(published_at=TIME)

    def test_is_not_known_where_too_many_of_somebody_else_come_before(self, broker: JobQueue, queue: Queue) -> None:
        queue.redis.rpush(QUEUE, *["not JSON"] * MAX_LOOKED_AT)
        broker.publish([message()])
        assert broker.oldest(QUEUE) == Oldest(published_at=None, is_known=False)
        queue.redis.rpop(QUEUE)
        assert broker.oldest(QUEUE) == Oldest(published_at=TIME)


def test_connections_that_the_broker_ended_are_replaced(broker: JobQueue, queue: Queue) -> None:
    broker.ping()
    queue.redis.client_kill_filter(_type="normal", skipme=True)
    broker.publish([message()])
    assert len(queue) == 1


CALLS: list[Callable[[JobQueue], object]] = [
    lambda broker: broker.publish([message()]),
    lambda broker: broker.oldest(QUEUE),
    JobQueue.waiting,
    JobQueue.ping,
]


def assert_unavailable_within_a_second(broker: JobQueue, reason: str) -> None:
    for call in CALLS:
        watch = Stopwatch()
        with pytest.raises(BrokerUnavailable) as raised:
            call(broker)
        assert watch.seconds < 1
        assert raised.value.reason == reason


def said_to_sender(broker: JobQueue) -> str | None:
    try:
        broker.publish([message()])
    except BrokerUnavailable as error:
        return error.reason
    return None


@every_list
class TestAKeyOfAnotherTypeInTheQueuesPlace:
    @pytest.fixture(autouse=True)
    def key(self, queue: Queue, name: str) -> None:
        queue.redis.set(name, "somebody's")

    @pytest.mark.parametrize(
        "ask",
        [lambda broker, name: broker.publish([message(name)]), JobQueue.oldest, lambda broker, _: broker.look(1)],
        ids=["publish", "oldest", "look"],
    )
    def test_is_set_aside_and_said_once(
        self, broker: JobQueue, queue: Queue, name: str, ask: Callable[[JobQueue, str], object]
    ) -> None:
        with pytest.raises(BrokerUnavailable) as raised:
            ask(broker, name)
        assert raised.value.reason == "a queue is no list"
        ask(broker, name)
        assert queue.redis.get(f"{SET_ASIDE_KEY}.{name}") == "somebody's"

    def test_harms_no_queue(self, broker: JobQueue, queue: Queue, name: str) -> None:
        queue.redis.delete(name)
        sent = message(name)
        broker.publish([sent])
        other = QUEUE if name != QUEUE else requeued(QUEUE)
        queue.redis.set(other, "somebody's")
        with pytest.raises(BrokerUnavailable):
            broker.oldest(other)
        assert broker.oldest(name) == Oldest(published_at=sent.published_at)


class TestUnavailable:
    """Every call ends within a second, and says why."""

    def test_where_nothing_listens(self, servers: Servers) -> None:
        assert_unavailable_within_a_second(
            queue_at(with_port(servers.broker.url, refused_port())), reason="not reachable"
        )

    def test_where_nothing_answers(self, servers: Servers) -> None:
        with silent_port() as port:
            assert_unavailable_within_a_second(queue_at(with_port(servers.broker.url, port)), reason="timed out")

    def test_where_the_broker_hangs(self, broker: JobQueue, servers: Servers) -> None:
        broker.ping()
        with hung_broker(servers):
            assert_unavailable_within_a_second(broker, reason="timed out")
        broker.ping()

    def test_one_caller_waits_for_a_silent_broker_and_the_others_are_told_at_once(
        self, broker: JobQueue, queue: Queue, servers: Servers
    ) -> None:
        for _ in range(2):
            with hung_broker(servers):
                watch = Stopwatch()
                said = set(map(said_to_sender, [broker] * 20))
                assert said == {"timed out"}
                assert watch.seconds < 2 * TIMEOUT_SECONDS
            eventually(lambda: said_to_sender(broker) is None, "the broker is asked again")
        assert len(queue) >= 2  # it may also have kept what it got while it hung

    def test_where_the_password_is_wrong(self, servers: Servers) -> None:
        url = servers.broker.url.replace("redis://:", "redis://:not-")
        assert_unavailable_within_a_second(queue_at(url), reason="wrong password")

    @pytest.mark.parametrize("write", [CALLS[0], JobQueue.ping], ids=["publish", "ping"])
    def test_where_the_broker_is_full(
        self, broker: JobQueue, queue: Queue, write: Callable[[JobQueue], object]
    ) -> None:
        with full(queue), pytest.raises(BrokerUnavailable) as raised:
            write(broker)
        assert raised.value.reason == "out of memory"
        assert len(queue) == 0
        write(broker)

    @pytest.mark.parametrize("write", [CALLS[0], JobQueue.ping], ids=["publish", "ping"])
    @pytest.mark.parametrize(("refuses", "reason"), [(replica, "read-only"), (without_its_replicas, "refused")])
    def test_where_the_broker_takes_no_writes(
        self,
        broker: JobQueue,
        queue: Queue,
        write: Callable[[JobQueue], object],
        refuses: Callable[[Queue], AbstractContextManager[None]],
        reason: str,
    ) -> None:
        with refuses(queue), pytest.raises(BrokerUnavailable) as raised:
            write(broker)
        assert raised.value.reason == reason
        assert len(queue) == 0
        write(broker)


class TestBySentinels:
    """Sentinels say which Redis is the master, and are asked all at once."""

    @pytest.fixture
    def sentinel(self, servers: Servers, tmp_path: Path) -> Iterator[str]:
        """The address of one that watches the broker."""
        folder, (port,) = tmp_path, free_ports(1)
        password, watched = servers.folder.passwords().broker, servers.broker.port
        lines = (f"port {port}", f"sentinel monitor jobs {LOOPBACK} {watched} 1", f"sentinel auth-pass jobs {password}")
        (folder / "sentinel.conf").write_text("\n".join((f"bind {LOOPBACK}", *lines)))
        command = Command(
            name="sentinel",
            arguments=(str(find_redis()), "sentinel.conf", "--sentinel"),
            environment={},
            folder=folder,
            log=folder / "log",
            is_ready=lambda: not is_free(port),
        )
        process = ServiceProcess(lambda: command, servers.supervisor.guard)
        process.restart()
        yield f"sentinel://{LOOPBACK}:{port}"
        process.kill()

    @staticmethod
    def url(servers: Servers, *addresses: str, master_name: str = "jobs") -> str:
        login = f":{servers.folder.passwords().broker}@"
        return f"{';'.join(addresses)}/0?master_name={master_name}".replace("://", f"://{login}", 1)

    def test_messages_go_to_the_master(self, servers: Servers, queue: Queue, sentinel: str) -> None:
        sent = message()
        queue_at(self.url(servers, sentinel)).publish([sent])
        assert queue.job_ids() == [sent.job_id]

    def test_those_that_hang_or_are_gone_hold_nobody_up(self, servers: Servers, queue: Queue, sentinel: str) -> None:
        with silent_port() as silent:
            others = (f"sentinel://{LOOPBACK}:{port}" for port in (silent, refused_port()))
            broker = queue_at(self.url(servers, *others, sentinel))
            watch = Stopwatch()
            broker.publish([message()])
            assert watch.seconds < TIMEOUT_SECONDS
        assert len(queue) == 1

    def test_where_all_hang(self, servers: Servers) -> None:
        with silent_port() as one, silent_port() as two:
            url = self.url(servers, *(f"sentinel://{LOOPBACK}:{port}" for port in (one, two)))
            assert_unavailable_within_a_second(queue_at(url), reason="no master")

    def test_where_all_are_gone(self, servers: Servers) -> None:
        url = self.url(servers, f"sentinel://{LOOPBACK}:{refused_port()}")
        assert_unavailable_within_a_second(queue_at(url), reason="no master")

    def test_where_they_know_no_master_of_that_name(self, servers: Servers, sentinel: str) -> None:
        url = self.url(servers, sentinel, master_name="other")
        assert_unavailable_within_a_second(queue_at(url), reason="no master")

    def test_where_the_master_hangs(self, servers: Servers, sentinel: str) -> None:
        broker = queue_at(self.url(servers, sentinel))
        broker.ping()
        with hung_broker(servers):
            assert_unavailable_within_a_second(broker, reason="timed out")
        broker.ping()

    def test_a_master_that_became_a_copy_is_left(self, servers: Servers, queue: Queue, sentinel: str) -> None:
        broker = queue_at(self.url(servers, sentinel))
        broker.ping()
        with replica(queue), pytest.raises(BrokerUnavailable) as raised:
            broker.ping()
        assert raised.value.reason == "read-only"
        broker.ping()


def test_its_errors_name_no_address(servers: Servers) -> None:
    port = refused_port()
    broker = queue_at(with_port(servers.broker.url, port))
    with pytest.raises(BrokerUnavailable) as raised:
        broker.ping()
    said = f"{raised.value} {raised.value.reason}"
    assert not [secret for secret in ("127.0.0.1", str(port)) if secret in said]
