"""procrastinate, whose queue is PostgreSQL itself."""

import os
from collections.abc import Sequence
from functools import cache

from procrastinate import App, PsycopgConnector

from dev.bench.peers.systems import job

app = App(connector=PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))
open_once = cache(app.open)  # the caller's side; workers open theirs


@app.task
def count(url: str) -> None:
    job.run(url)


def submit(urls: Sequence[str]) -> Sequence[str]:
    open_once()
    for url in urls:
        count.defer(url=url)
    return urls
