"""Huey on Redis, without its result store."""

import os
from collections.abc import Sequence

from huey import RedisHuey

from dev.bench.peers.systems import job

huey = RedisHuey("bench", url=os.environ["REDIS_URL"], results=False)


@huey.task()
def count(url: str) -> None:
    job.run(url)


def submit(urls: Sequence[str]) -> Sequence[str]:
    for url in urls:
        count(url)
    return urls
