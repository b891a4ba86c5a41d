"""Names to addresses, by the system's resolver, and no longer than one is willing to wait.

getaddrinfo cannot be interrupted, and a name server that is away holds it for many seconds. That happens to the names
of the stack's own services too: Docker asks the name servers beyond for the name of a container that is down.
"""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

# Gives every address of a host name, as text; raises OSError.
Resolver = Callable[[str], list[str]]

ASK_AGAIN_SECONDS = 1.0


def system_resolver(name: str) -> list[str]:
    """Every address that the system's resolver gives for `name`, in its order of preference."""
    # As bytes, since for text Python applies its own, older IDNA to a name that is ASCII already.
    found = socket.getaddrinfo(name.encode("ascii"), None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]


def look_up(name: str, resolver: Resolver) -> "Future[list[str]]":
    """Ask `resolver` in a thread of its own. One left behind ends with the system's own time-out and holds nothing."""
    answer: Future[list[str]] = Future()
    threading.Thread(target=_answer, args=(name, resolver, answer), name="look up", daemon=True).start()
    return answer


def _answer(name: str, resolver: Resolver, answer: "Future[list[str]]") -> None:
    try:
        answer.set_result(resolver(name))
    except Exception as error:  # noqa: BLE001 - the waiting thread raises it again
        answer.set_exception(error)


class ServiceName:
    """The name of one service, asked for at most once a second while no answer comes. Not to be shared across a fork.

    Asked for again though an answer is still to come, since that one may be lost, and the service may be back.
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
                answer = self._answer = look_up(self._name, self._resolver)
                self._asked_at = time.monotonic()
        return list(dict.fromkeys(answer.result(seconds)))
