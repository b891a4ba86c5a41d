"""DNS look-ups with a time-out, of the stack's own services.

getaddrinfo cannot be interrupted, and a name server that is away holds it for many seconds. That happens to names
inside of the stack too: for the name of a container that is down, Docker asks the name servers beyond.
"""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

ASK_AGAIN_SECONDS = 1.0

# Returns every address of a host name, as text; raises OSError.
Resolver = Callable[[str], list[str]]


def system_resolver(name: str) -> list[str]:
    """Every address that the system's resolver returns for `name`, in its order of preference."""
    found = socket.getaddrinfo(name.encode("ascii"), None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]


class ServiceName:
    """The name of one service, looked up at most once a second while no answer comes. Not to be shared across a fork.

    After a second a new look-up is started even while one is pending: the pending one may never return.
    """

    def __init__(self, name: str, resolver: Resolver = system_resolver) -> None:
        self._name = name
        self._resolver = resolver
        self._answer: Future[list[str]] | None = None
        self._asked_at = 0.0
        self._asking = threading.Lock()

    def addresses(self, seconds: float) -> list[str]:
        """Every address of the name, each once. Raises TimeoutError if that takes longer, OSError if it has none."""
        with self._asking:
            answer = self._answer
            if answer is None or answer.done() or time.monotonic() - self._asked_at > ASK_AGAIN_SECONDS:
                answer = self._answer = Future()
                self._asked_at = time.monotonic()
                # A thread left behind ends with the system's own time-out and holds nothing.
                threading.Thread(target=self._look_up, args=(answer,), name="look up", daemon=True).start()
        return list(dict.fromkeys(answer.result(seconds)))

    def _look_up(self, answer: "Future[list[str]]") -> None:
        try:
            answer.set_result(self._resolver(self._name))
        except Exception as error:  # noqa: BLE001 - raised again by the threads that wait
            answer.set_exception(error)
