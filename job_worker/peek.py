"""The messages that wait in the queues, in words: `python -m job_worker.peek` in a container, or `make peek`."""

import json
import sys
from collections.abc import Iterator

from job_core.errors import BrokerUnavailable
from job_core.queue import JobQueue
from job_tasks.job_tasks import core

SHOWN = 5  # of each list
BROKER_SECONDS = 2.0


def lines(queue: JobQueue) -> Iterator[str]:
    """What waits in `queue`, line by line. Raises BrokerUnavailable."""
    waiting, set_aside = queue.look(SHOWN)
    for each in waiting:
        of_them = f"; the first {SHOWN}, the next one before all" if each.count > SHOWN else ""
        yield f"{each.name}: {each.count:,} waiting{of_them}"
        for envelope in each.first:
            yield from _described(queue, each.name, envelope)
    if set_aside:
        yield f"{set_aside:,} entries were no messages, and set aside"
    yield "Jobs that wait for room at their site have no message yet; the page and GET /jobs show them, too."


def _described(queue: JobQueue, name: str, envelope: bytes) -> Iterator[str]:
    if queue.published_at(name, envelope) is None:
        yield f"  no message: {len(envelope):,} bytes"
        return
    headers = json.loads(envelope)["headers"]
    yield f"  {headers['task']}  {headers['argsrepr']}"
    yield f"    input   the request of job {headers['id']}, which is on its row"
    yield f"    output  to the same row: GET /result/{headers['id']} (ignore_result: Celery keeps none)"
    yield f"    sent    {headers['published_at']} by {headers['origin']}"


def show(queue: JobQueue) -> int:
    """Print what waits in `queue`; returns the exit code: 1, with the reason on standard error, if it is away."""
    try:
        sys.stdout.writelines(f"{line}\n" for line in lines(queue))
    except BrokerUnavailable as error:
        sys.stderr.write(f"{error.title}: {error.reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(show(core.queue(timeout_seconds=BROKER_SECONDS)))
