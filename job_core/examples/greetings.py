"""A small service. Its jobs greet somebody, or all guests of a party, each by a job of its own.

With CELERY_BROKER_URL and DATABASE_URL set, to a Redis and a PostgreSQL that no other service uses:

    python -m job_core.examples.greetings migrate
    celery --app job_core.examples.greetings worker &
    python -m job_core.examples.greetings scheduler &
    python -m job_core.examples.greetings Ada Grace Edsger
"""

import os
import sys
from collections.abc import Iterator

from pydantic import BaseModel

from job_core import CoreConfig, EndedChild, FanOut, JobCore
from job_core.client import JobClient
from job_core.logs import configure_logs
from job_core.scheduler import Scheduler, run_scheduler
from job_core.store.migrate import migrate
from job_core.worker.program import install_worker

core = JobCore(
    "greetings",
    config=lambda: CoreConfig(
        broker_url=os.environ["CELERY_BROKER_URL"], database_url=os.environ["DATABASE_URL"], worker_concurrency=2
    ),
)
app = core.app
install_worker(core)


class Guest(BaseModel):
    """Who is greeted."""

    name: str


class Party(BaseModel):
    """All who are greeted."""

    names: list[str]


@core.task()
def greet(guest: Guest) -> dict[str, str]:
    """Greet one guest."""
    return {"greeting": f"Hello, {guest.name}!"}


def welcome(_party: Party, guests: Iterator[EndedChild]) -> dict[str, list[str]]:
    """Gather the greetings when the last guest has been greeted."""
    return {"greetings": [guest.result["greeting"] for guest in guests if guest.result]}


@core.task(join=welcome)
def party(party: Party) -> FanOut:
    """Greet each guest by a job of its own."""
    return FanOut([greet.job(Guest(name=name)) for name in party.names])


if __name__ == "__main__":
    configure_logs("terminal", "INFO")
    if sys.argv[1:] == ["migrate"]:
        migrate(core.config.database_url)
    elif sys.argv[1:] == ["scheduler"]:
        run_scheduler(Scheduler(core))
    else:
        client = JobClient(core)
        (job,) = client.submit(party.job(Party(names=sys.argv[1:])))
        sys.stdout.write(f"{client.wait(job.id, seconds=60).result}\n")
