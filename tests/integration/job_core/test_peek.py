"""A look at the queues, in words."""

import pytest

from job_core.queue import JobQueue, bulk
from job_tasks.job_tasks import core
from job_worker.peek import SHOWN, lines, show
from tests.integration.job_core.test_queue import TIME, message
from tests.integration.queue import QUEUE, Queue


def test_a_message_is_shown_by_its_name_its_input_and_what_happens_with_its_output(
    broker: JobQueue, queue: Queue
) -> None:
    sent = message()
    broker.publish([sent])
    said = "\n".join(lines(broker))
    assert "celery: 1 waiting\n  job_tasks.count  https://example.com/" in said
    assert f"GET /result/{sent.job_id}" in said
    assert TIME.isoformat() in said
    assert "secret" not in said
    assert queue.job_ids(QUEUE) == [sent.job_id], "a look takes nothing out"


def test_of_many_the_next_ones_are_shown_in_their_order(broker: JobQueue, queue: Queue) -> None:
    sent = [message(bulk(QUEUE)) for _ in range(SHOWN + 1)]
    broker.publish(sent)
    said = list(lines(broker))
    assert f"celery.bulk: {SHOWN + 1} waiting; the first {SHOWN}, the next one before all" in said
    shown = [line.split("job ")[1].split(",")[0] for line in said if "input" in line]
    assert shown == [str(each.job_id) for each in sent[:SHOWN]]
    assert len(queue) == len(sent)


def test_what_is_no_message_is_counted_and_not_shown(broker: JobQueue, queue: Queue) -> None:
    queue.redis.lpush(QUEUE, "\x1b[2Jgarbage")
    broker.set_aside(b"garbage")
    said = list(lines(broker))
    assert "  no message: 11 bytes" in said
    assert any("set aside" in line for line in said)
    assert "garbage" not in "".join(said)


def test_a_broker_that_is_away_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(JobQueue(core.name, core.kinds, "redis://127.0.0.1:1/0", timeout_seconds=1)) == 1
    assert capsys.readouterr().err == "The broker is not reachable: not reachable\n"
