"""Look-ups with a time-out, of the stack's own services: of their names by DNS, and of what else only others know.

getaddrinfo cannot be interrupted, and a name server that is away holds it for many seconds. That happens to names
inside of the stack too: for the name of a container that is down, Docker asks the name servers beyond.
"""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

ASK_AGAIN_SECONDS = 1.0

# Returns every address of a host name, as text; raises OSError.
Resolver = Callable[[str], list[str]]

Answer = TypeVar("Answer")


def system_resolver(name: str) -> list[str]:
    """Every address that the system's resolver returns for `name`, in its order of preference."""
    found = socket.getaddrinfo(name.encode("ascii"), None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]


class LookUp(Generic[Answer]):
    """One question, which `ask` puts at most once a second while no answer comes. Not to be shared across a fork.

    After a second it is put again even while one is pending: the pending one may never return.
    """

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self._ask = ask
        self._answer: Future[Answer] | None = None
        self._asked_at = 0.0
        self._asking = threading.Lock()

    def answer(self) -> "Future[Answer]":
        """The answer that is to come: that of a pending question, or of a new one."""
        with self._asking:
            answer = self._answer
            if answer is None or answer.done() or time.monotonic() - self._asked_at > ASK_AGAIN_SECONDS:
                answer = self._answer = Future()
                self._asked_at = time.monotonic()
                # A thread left behind ends with the system's own time-out and holds nothing.
                threading.Thread(target=self._look_up, args=(answer,), name="look up", daemon=True).start()
        return answer

    def _look_up(self, answer: "Future[Answer]") -> None:
        try:
            answer.set_result(self._ask())
        except Exception as error:  # noqa: BLE001 - raised again by the threads that wait
            answer.set_exception(error)


class ServiceName:
    """The name of one service. Not to be shared across a fork."""

    def __init__(self, name: str, resolver: Resolver = system_resolver) -> None:
        self._look_up = LookUp(lambda: resolver(name))

    def addresses(self, seconds: float) -> list[str]:
        """Every address of the name, each once. Raises TimeoutError if that takes longer, OSError if it has none."""
        return list(dict.fromkeys(self._look_up.answer().result(seconds)))
