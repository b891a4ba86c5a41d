"""A name server that is away holds nobody longer than they are willing to wait."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev.waiting import eventually
from job_core.name_lookup import ASK_AGAIN_SECONDS, ServiceName

ADDRESSES = ("192.0.2.1", "192.0.2.2", "192.0.2.1")


class NameServer:
    """Answers when the test lets it, with what the test set."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.asked: list[str] = []

    def __call__(self, name: str) -> list[str]:
        self.asked.append(name)
        assert self.answers.wait(30)
        if name == "unknown":
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return list(ADDRESSES)


@pytest.fixture
def server() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.answers.set()


def test_every_address_is_given_once(server: NameServer) -> None:
    server.answers.set()
    assert ServiceName("job_db", server).addresses(30) == ["192.0.2.1", "192.0.2.2"]


def test_a_name_that_is_not_known_says_so(server: NameServer) -> None:
    server.answers.set()
    with pytest.raises(socket.gaierror):
        ServiceName("unknown", server).addresses(30)


def test_who_waits_too_long_goes_on(server: NameServer) -> None:
    with pytest.raises(TimeoutError):
        ServiceName("job_db", server).addresses(0.01)


def test_many_callers_ask_once_a_second(server: NameServer) -> None:
    name = ServiceName("job_db", server)
    began = time.monotonic()
    with ThreadPoolExecutor(16) as callers:
        waits = [callers.submit(name.addresses, 0.3) for _ in range(16)]
        assert {type(wait.exception(30)) for wait in waits} == {TimeoutError}
    assert 1 <= len(server.asked) <= 1 + (time.monotonic() - began) // ASK_AGAIN_SECONDS


def test_a_question_without_an_answer_is_put_again_after_a_second(server: NameServer) -> None:
    name = ServiceName("job_db", server)
    until = time.monotonic() + ASK_AGAIN_SECONDS
    with pytest.raises(TimeoutError):
        name.addresses(0.01)
    while time.monotonic() < until:
        assert len(server.asked) == 1
        with pytest.raises(TimeoutError):
            name.addresses(0.05)

    def is_put_again() -> bool:
        with pytest.raises(TimeoutError):
            name.addresses(0.05)
        return len(server.asked) == 2

    eventually(is_put_again)


def test_an_answer_is_not_kept_for_the_next_caller(server: NameServer) -> None:
    server.answers.set()
    name = ServiceName("job_db", server)
    for _ in range(2):
        name.addresses(30)
    assert server.asked == ["job_db", "job_db"]


def test_the_system_knows_localhost() -> None:
    assert "127.0.0.1" in ServiceName("localhost").addresses(30)
