"""Dramatiq on Redis."""

import os
from collections.abc import Sequence

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from dev.bench.peers.systems import job

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"]))


@dramatiq.actor
def count(url: str) -> None:
    job.run(url)


def submit(urls: Sequence[str]) -> Sequence[str]:
    for url in urls:
        count.send(url)
    return urls
