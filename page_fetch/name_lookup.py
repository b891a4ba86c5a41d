"""DNS look-ups with a time-out.

getaddrinfo cannot be interrupted, and a name server that is away holds it for many seconds.
"""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future

# Gives every address of a host name, as text; raises OSError.
Resolver = Callable[[str], list[str]]


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
