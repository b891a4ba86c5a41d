"""Names to addresses, under a deadline."""

import queue
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address

from job_tasks.errors import ConnectionFailed, FetchTimedOut
from job_tasks.pages.addresses import Address
from job_tasks.pages.deadline import Deadline

# Gives every address of a host name, as text; raises OSError.
Resolver = Callable[[str], list[str]]


def system_resolver(name: str) -> list[str]:
    """Every address that the system's resolver gives for `name`, in its order of preference."""
    # As bytes, since for text Python applies its own, older IDNA to a name that is ASCII already.
    found = socket.getaddrinfo(name.encode("ascii"), None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]


def resolve(name: str, resolver: Resolver, deadline: Deadline, timeout_seconds: float) -> list[Address]:
    """Every address of `name`, each once.

    Raises FetchTimedOut if the resolver takes too long, and ConnectionFailed if it knows no address. That is retried:
    a resolver does not tell a name that never existed from one that is gone while its service or network restarts.
    """
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()
    # getaddrinfo cannot be interrupted. A thread left behind ends with the system's own time-out and holds nothing.
    threading.Thread(target=_answer, args=(name, resolver, answers), name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.at_most(timeout_seconds))
    except queue.Empty as error:
        raise FetchTimedOut("The name server took too long.") from error
    if isinstance(answer, OSError):
        raise ConnectionFailed("The host name could not be resolved; check its spelling.") from answer
    if isinstance(answer, Exception):
        raise answer
    return [ip_address(text) for text in dict.fromkeys(answer)]


def _answer(name: str, resolver: Resolver, answers: "queue.SimpleQueue[list[str] | Exception]") -> None:
    try:
        answers.put(resolver(name))
    except Exception as error:  # noqa: BLE001 - the waiting thread raises it again
        answers.put(error)
