"""Huey on Redis, with no results of its own."""

import os

from huey import RedisHuey

from dev.bench.peers.systems import job

huey = RedisHuey("bench", url=os.environ["REDIS_URL"], results=False)


@huey.task()
def count(url: str) -> None:
    job.run(url)


def submit(url: str) -> str:
    count(url)
    return url
