"""Programs of a service on the core, as processes of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil

from embedded.servers import Servers
from tests.integration.databases import another_database

PROJECT = Path(__file__).parents[2]


@contextmanager
def service_environment(servers: Servers, database: str, broker_database: int) -> Iterator[dict[str, str]]:
    """The addresses of a new database and of a Redis database that no other test uses."""
    with another_database(servers, database) as url:
        broker = f"{servers.broker.url.rsplit('/', 1)[0]}/{broker_database}"
        yield {**os.environ, "CELERY_BROKER_URL": broker, "DATABASE_URL": url, "PYTHONPATH": str(PROJECT)}


@contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m` with these arguments; killed at the end."""
    process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment)
    try:
        yield process
    finally:
        kill(process)


def worker(environment: dict[str, str], module: str) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    """A worker of the app in `module`."""
    return running(environment, "celery", "--app", module, "worker", "--without-mingle", "--without-gossip")


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill it and all its children by a signal that nobody can catch."""
    if process.poll() is None:
        whole = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for each in whole:
            each.send_signal(signal.SIGKILL)
        process.wait(10)
