"""Celery, tuned: no result backend, late acknowledgement, and the task writes its row itself."""

import os
from collections.abc import Sequence

from celery import Celery

from dev.bench.peers.systems import job

app = Celery("tuned", broker=os.environ["REDIS_URL"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_ignore_result=True,
    worker_enable_remote_control=False,
    worker_prefetch_multiplier=4,
)


@app.task
def count(url: str) -> None:
    job.run(url)


def submit(urls: Sequence[str]) -> Sequence[str]:
    for url in urls:
        count.delay(url)
    return urls
