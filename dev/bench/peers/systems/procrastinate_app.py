"""procrastinate, whose queue is PostgreSQL itself."""

import os
from functools import cache

from procrastinate import App, PsycopgConnector

from dev.bench.peers.systems import job

database = os.environ["DATABASE_URL"]
app = App(connector=PsycopgConnector(conninfo=database))


@app.task
def count(url: str) -> None:
    job.run(url)


@cache
def opened() -> App:
    """The caller's side, connected at its first job."""
    return app.open()


def submit(url: str) -> str:
    opened()
    count.defer(url=url)
    return url
