"""RQ, with workers that do not fork for each job (`SimpleWorker`)."""

import os
from collections.abc import Sequence

from redis import Redis
from rq import Queue

from dev.bench.peers.systems import job

queue = Queue(connection=Redis.from_url(os.environ["REDIS_URL"]))


def submit(urls: Sequence[str]) -> Sequence[str]:
    if len(urls) == 1:
        queue.enqueue(job.run, urls[0], result_ttl=0)
    else:
        queue.enqueue_many([Queue.prepare_data(job.run, (url,), result_ttl=0) for url in urls])
    return urls
