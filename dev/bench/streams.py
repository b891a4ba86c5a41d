"""How long submissions take while many event streams are open: `make bench-streams`.

Starts a Redis, a PostgreSQL and a manager of one process, opens the streams on one job, each on a connection of its
own, submits jobs one after the other, ends the job, and reads what every stream was told.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from embedded.data_folder import DataFolder
from embedded.ports import LOOPBACK, free_ports
from embedded.servers import servers_on
from embedded.services import Services
from embedded.terminal import Terminal

URL = "https://example.com/"
CROWD = 50
SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was seen. Times in milliseconds; those of submissions are with all streams open."""

    opened_in: float
    median: float
    p99: float
    longest: float
    told_within: float  # from the request that ended the job until the last stream had closed


def open_streams(port: int, job_id: str, many: int) -> list[socket.socket]:
    """Streams that were told of the job as it is. They come in crowds, since each asks the database once."""
    streams: list[socket.socket] = []
    while len(streams) < many:
        crowd = [_ask_for_stream(port, job_id) for _ in range(min(CROWD, many - len(streams)))]
        for stream in crowd:
            _read_first_event(stream)
        streams += crowd
    return streams


def _ask_for_stream(port: int, job_id: str) -> socket.socket:
    stream = socket.create_connection((LOOPBACK, port), SECONDS)
    stream.sendall(f"GET /result/{job_id}/events HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n".encode())
    return stream


def _read_first_event(stream: socket.socket) -> None:
    told = b""
    while b"data: " not in told:
        received = stream.recv(65_536)
        if not received:
            raise ConnectionError(told.decode())
        told += received


def read_to_end(streams: Sequence[socket.socket]) -> int:
    """How many streams were told that the job is cancelled, and then closed."""
    told = 0
    for stream in streams:
        received = b""
        while more := stream.recv(65_536):
            received += more
            if received.endswith(b"0\r\n\r\n"):  # the last chunk: the connection itself is kept
                break
        told += b"id: 0-REVOKED" in received
        stream.close()
    return told


def ask(port: int, method: str, path: str) -> dict[str, object]:
    """The answer of the manager, which accepts or does what it is asked."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=SECONDS)
    try:
        body = json.dumps({"url": URL}) if method == "POST" else None
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status not in {http.HTTPStatus.OK, http.HTTPStatus.ACCEPTED}:
            raise ConnectionError(text)
        found: dict[str, object] = json.loads(text)
        return found
    finally:
        connection.close()


def measure(port: int, many: int, submissions: int) -> Measured:
    """Open `many` streams, submit, cancel, and see that each stream is told."""
    job_id = str(ask(port, "POST", "/count")["id"])
    begun = time.monotonic()
    streams = open_streams(port, job_id, many)
    opened = time.monotonic()
    took = []
    for _ in range(submissions):
        asked = time.monotonic()
        ask(port, "POST", "/count")
        took.append((time.monotonic() - asked) * 1_000)
    ended = time.monotonic()
    ask(port, "DELETE", f"/result/{job_id}")
    if (told := read_to_end(streams)) != many:
        raise ConnectionError(f"only {told} of {many} streams were told of the end")
    return Measured(
        opened_in=(opened - begun) * 1_000,
        median=statistics.median(took),
        p99=statistics.quantiles(took, n=100)[98],
        longest=max(took),
        told_within=(time.monotonic() - ended) * 1_000,
    )


def report(port: int, streams: Sequence[int], submissions: int) -> None:
    """Print a line for each number of streams."""
    line = "{:>8} {:>10} {:>8} {:>8} {:>8} {:>12}\n".format
    sys.stdout.write(f"milliseconds; {submissions:,} submissions each\n")
    sys.stdout.write(line("streams", "opened in", "median", "p99", "longest", "told within"))
    for many in streams:
        found = measure(port, many, submissions)
        figures = (found.opened_in, found.median, found.p99, found.longest, found.told_within)
        sys.stdout.write(line(many, *(f"{figure:.1f}" for figure in figures)))
        sys.stdout.flush()


def main() -> None:
    """Start, measure, print, stop."""
    parser = argparse.ArgumentParser(description="Measure submissions while event streams are open.")
    parser.add_argument("--streams", type=int, default=500, metavar="N", help="how many streams to hold open")
    parser.add_argument("--submissions", type=int, default=1_000, metavar="N", help="how many jobs to submit meanwhile")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as path:
        folder = DataFolder(Path(path) / "servers")
        with folder.locked() as lock, servers_on(folder, lock, Terminal(StringIO()), temporary=True) as servers:
            servers.start_broker()
            servers.start_database()
            settings = {
                "CELERY_BROKER_URL": servers.broker.url,
                "DATABASE_URL": servers.database.url,
                "MANAGER_PROCESSES": "1",
                "MANAGER_STREAMS": str(asked.streams),
            }
            services = Services(folder=folder, environment=os.environ | settings, worker_grace_seconds=0)
            servers.supervisor.run(services.migration())
            (port,) = free_ports(1)
            servers.supervisor.start_and_wait(services.manager(port))
            report(port, (0, asked.streams), asked.submissions)


if __name__ == "__main__":
    main()
