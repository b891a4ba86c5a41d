"""500 open event streams do not keep the manager from accepting jobs, and cost the database no connection."""

import socket
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

from dev.manager import Manager
from embedded.ports import LOOPBACK, free_ports
from embedded.servers import Servers
from tests.integration.job_manager.conftest import deployed_manager
from tests.integration.job_store import Store

URL = "https://example.com/"
STREAMS = 500
THREADS = 8
SUBMISSIONS = 200
CROWD = 50
SECONDS = 30.0


def test_500_streams_keep_no_submission_out(servers: Servers, store: Store, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    settings = {"MANAGER_STREAMS": str(STREAMS), "MANAGER_THREADS": str(THREADS), "MANAGER_WAIT_CALLERS": "4"}
    with deployed_manager(servers, port, tmp_path / "log", **settings):
        before = connections(store)
        manager = Manager(port=port)
        job_id = manager.submit(URL)
        streams = open_streams(port, job_id)
        answers = [manager.ask("POST", "/count", {"url": URL}) for _ in range(SUBMISSIONS)]
        assert [answer.status for answer in answers] == [202] * SUBMISSIONS
        assert quantiles([answer.seconds for answer in answers], n=100)[98] < 0.25  # 0.031 beside other work
        assert store.count() == 1 + SUBMISSIONS
        assert connections(store) <= before + THREADS
        manager.cancel(job_id)
        assert read_to_end(streams) == STREAMS


def open_streams(port: int, job_id: str) -> list[socket.socket]:
    """Streams that have heard of the job as it is. They come in crowds, since each asks the database once."""
    streams: list[socket.socket] = []
    while len(streams) < STREAMS:
        crowd = [ask_for_stream(port, job_id) for _ in range(CROWD)]
        for stream in crowd:
            heard = b""
            while b"data: " not in heard:
                received = stream.recv(65_536)
                assert received, heard
                heard += received
        streams += crowd
    return streams


def ask_for_stream(port: int, job_id: str) -> socket.socket:
    stream = socket.create_connection((LOOPBACK, port), SECONDS)
    stream.sendall(f"GET /result/{job_id}/events HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n".encode())
    return stream


def read_to_end(streams: Sequence[socket.socket]) -> int:
    """How many streams heard that the job is cancelled, and then closed."""
    heard = 0
    for stream in streams:
        received = b""
        while more := stream.recv(65_536):
            received += more
            if received.endswith(b"0\r\n\r\n"):  # the last chunk: the connection itself is kept
                break
        heard += b"id: 0-REVOKED" in received
        stream.close()
    return heard


def connections(store: Store) -> int:
    return store.count("pg_stat_activity WHERE backend_type = 'client backend'")
