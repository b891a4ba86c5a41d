"""RQ, whose workers run jobs in their own process (`SimpleWorker`)."""

import os
from collections.abc import Sequence

from redis import Redis
from rq import Queue

from dev.bench.peers.systems import job

queue = Queue(connection=Redis.from_url(os.environ["REDIS_URL"]))


def submit(url: str) -> str:
    queue.enqueue(job.run, url, result_ttl=0)
    return url


def submit_batch(urls: Sequence[str]) -> Sequence[str]:
    queue.enqueue_many([Queue.prepare_data(job.run, (url,), result_ttl=0) for url in urls])
    return urls
