"""The examples of the core, on real servers, as their own docstrings run them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import psutil
import psycopg2
import pytest

from dev.waiting import eventually
from embedded.servers import Servers
from tests.integration.databases import another_database

PROJECT = Path(__file__).parents[3]
MODULE = "job_core.examples.greetings"
GUESTS = [f"guest {number}" for number in range(40)]
RECOVERY_SECONDS = 30.0


@pytest.fixture
def environment(servers: Servers) -> Iterator[dict[str, str]]:
    """A database of its own, with the core's tables, and a Redis database that no other test uses."""
    with another_database(servers, "greetings") as url:
        broker = f"{servers.broker.url.rsplit('/', 1)[0]}/9"
        environment = {**os.environ, "CELERY_BROKER_URL": broker, "DATABASE_URL": url, "PYTHONPATH": str(PROJECT)}
        subprocess.run([sys.executable, "-m", MODULE, "migrate"], env=environment, check=True, timeout=60)
        yield environment


@contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment)
    try:
        yield process
    finally:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill it and all its children by a signal that nobody can catch."""
    if process.poll() is None:
        whole = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for each in whole:
            each.send_signal(signal.SIGKILL)
        process.wait(10)


def worker(environment: dict[str, str]) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    return running(environment, "celery", "--app", MODULE, "worker", "--without-mingle", "--without-gossip")


def test_every_guest_is_greeted_although_the_worker_is_killed(environment: dict[str, str]) -> None:
    with running(environment, MODULE, "scheduler"):
        with worker(environment) as first:
            client = subprocess.Popen(
                [sys.executable, "-m", MODULE, *GUESTS], env=environment, stdout=subprocess.PIPE, text=True
            )
            eventually(lambda: greeted(environment) > 0, "the first guest is greeted", seconds=30)
            kill(first)
        with worker(environment):
            said, _ = client.communicate(timeout=60 + RECOVERY_SECONDS)
    assert said.strip() == str({"greetings": [f"Hello, {guest}!" for guest in GUESTS]})


def greeted(environment: dict[str, str]) -> int:
    """How many guests have been greeted so far."""
    url = environment["DATABASE_URL"].replace("+psycopg2", "")
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM jobs WHERE kind = 'greet' AND state = 'SUCCESS'")
        ((count,),) = cursor.fetchall()
        return int(count)
