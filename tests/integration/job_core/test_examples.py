"""The examples of the core, on real servers, as their own docstrings run them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from dev.waiting import eventually
from embedded.servers import Servers
from tests.integration.programs import kill, running, service_environment, worker

MODULE = "job_core.examples.greetings"
GUESTS = [f"guest {number}" for number in range(40)]
RECOVERY_SECONDS = 30.0


@pytest.fixture
def environment(servers: Servers) -> Iterator[dict[str, str]]:
    """A database of its own, with the core's tables, and a Redis database that no other test uses."""
    with service_environment(servers, "greetings", broker_database=9) as environment:
        environment["DATABASE_URL"] = environment["DATABASE_URL"].replace("+psycopg2", "")  # as psql takes it
        subprocess.run([sys.executable, "-m", MODULE, "migrate"], env=environment, check=True, timeout=60)
        yield environment


def test_every_guest_is_greeted_although_the_worker_is_killed(environment: dict[str, str]) -> None:
    with running(environment, MODULE, "scheduler"):
        with worker(environment, MODULE) as first:
            client = subprocess.Popen(
                [sys.executable, "-m", MODULE, *GUESTS], env=environment, stdout=subprocess.PIPE, text=True
            )
            eventually(lambda: greeted(environment) > 0, "the first guest is greeted", seconds=30)
            kill(first)
        with worker(environment, MODULE):
            said, _ = client.communicate(timeout=60 + RECOVERY_SECONDS)
    assert said.strip() == str({"greetings": [f"Hello, {guest}!" for guest in GUESTS]})


def greeted(environment: dict[str, str]) -> int:
    """How many guests have been greeted so far."""
    with closing(psycopg2.connect(environment["DATABASE_URL"])) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM jobs WHERE kind = 'greet' AND state = 'SUCCESS'")
        ((count,),) = cursor.fetchall()
        return int(count)
