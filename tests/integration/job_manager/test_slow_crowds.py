"""Crowds of callers that are slow, or do not go: others get their answers meanwhile."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import requests

from dev.waiting import eventually
from embedded.ports import free_ports
from embedded.servers import Servers
from tests.integration.job_manager.conftest import deployed_manager
from tests.integration.job_manager.test_gunicorn import is_watched, submit
from tests.integration.job_manager.test_raw_requests import connected, post, read
from tests.integration.job_store import Store

STAYING = 50
DRIPPING = 48
DRIP_SECONDS = 0.2
ANSWER_SECONDS = 1.0
BESIDE_DRIPS_SECONDS = 5.0  # a thread is free after a second, and those who came before are served first
HTTP_1_0 = b"GET /healthz HTTP/1.0\r\n\r\n"
HEAD = b"GET /jobs?url="
BODY = post(b"Content-Length: 50000\r\n", b'{"url": "')


def test_callers_of_http_1_0_that_do_not_close_cut_nobody(manager_url: str, store: Store) -> None:
    """Gunicorn's loop must not wait for each of them: it would be ended for it after 30 s, with all its connections."""
    job = store.submit()
    answers: list[requests.Response] = []

    def wait_for_the_end() -> None:
        answers.append(requests.get(f"{manager_url}/result/{job.id}?wait=20", timeout=40))

    waiting = threading.Thread(target=wait_for_the_end)
    waiting.start()
    eventually(is_watched(store, job))
    with ExitStack() as stay, requests.get(f"{manager_url}/result/{job.id}/events", stream=True, timeout=40) as stream:
        for _ in range(STAYING):
            caller = stay.enter_context(connected(manager_url))
            caller.sendall(HTTP_1_0)
            said = read(caller)
            assert said is not None
            assert said.status == 200
        seconds, answer = submit(manager_url)
        assert answer.status_code == 202
        assert seconds < ANSWER_SECONDS
        store.cancel(job.id)
        assert b"REVOKED" in b"".join(stream.iter_content(None))
        waiting.join(30)
    assert [answer.json()["status"] for answer in answers] == ["REVOKED"]


def test_an_answer_reaches_who_is_still_sending(manager_url: str) -> None:
    with connected(manager_url) as caller:
        caller.sendall(b"POST /count HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n")
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(20):
                caller.sendall(b" " * 10_000)
        said = read(caller)
    assert said is not None
    assert said.status == 413


@contextmanager
def dripping(manager_url: str, start: bytes) -> Iterator[None]:
    """So many callers send a byte of their request now and then, and begin again when they are sent off."""
    over = threading.Event()

    def drip() -> None:
        while not over.is_set():
            with suppress(OSError), connected(manager_url) as connection:
                connection.sendall(start)
                connection.settimeout(DRIP_SECONDS)
                while not over.is_set() and not _is_over(connection):
                    connection.sendall(b"x")

    callers = [threading.Thread(target=drip) for _ in range(DRIPPING)]
    for caller in callers:
        caller.start()
    try:
        yield
    finally:
        over.set()
        for caller in callers:
            caller.join(30)


def _is_over(connection: socket.socket) -> bool:
    """Whether an answer comes, or the end."""
    try:
        connection.recv(1)
    except TimeoutError:
        return False
    return True


@pytest.fixture
def patient_url(servers: Servers, tmp_path: Path) -> Iterator[str]:
    """A manager with the deployed one's patience, and fewer threads than callers that drip."""
    (port,) = free_ports(1)
    few = {"MANAGER_THREADS": "24", "MANAGER_STREAMS": "8"}
    worker = "job_manager.gunicorn_worker.DeadlineWorker"
    with deployed_manager(servers, port, tmp_path / "log", worker, **few):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("start", [HEAD, BODY], ids=["the head", "the body"])
def test_callers_that_drip_their_requests_keep_nobody_out(patient_url: str, store: Store, start: bytes) -> None:
    with dripping(patient_url, start):
        took = _times(patient_url, seconds=8)
    assert max(took) < BESIDE_DRIPS_SECONDS
    assert store.count() == len(took)


def _times(manager_url: str, *, seconds: float) -> Sequence[float]:
    """How long each submission took, one after the other for so many seconds."""
    took = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        each, answer = submit(manager_url)
        assert answer.status_code == 202
        took.append(each)
    return took
