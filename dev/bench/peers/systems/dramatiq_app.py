"""Dramatiq on Redis."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from dev.bench.peers.systems import job

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"]))


@dramatiq.actor
def count(url: str) -> None:
    job.run(url)


def submit(url: str) -> str:
    count.send(url)
    return url
