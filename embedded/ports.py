"""The ports that the stack listens on, all on loopback."""

import socket
from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle, islice
from random import SystemRandom

from embedded.errors import StackError

LOOPBACK = "127.0.0.1"
MAX_PORT = 65535
BELOW_EPHEMERAL = range(10_000, 32_768)  # ports; the ephemeral ones begin there on Linux, else at 49,152 (RFC 6335)


def choose_port(service: str, variable: str, asked: str, default: int, say: Callable[[str], None]) -> int:
    """The port of a service for people: the one `asked` for in an environment variable, or else the default one.

    If the default one is taken, another is chosen, and `say` reports it. Raises StackError if the port that was asked
    for cannot be used.
    """
    if not asked:
        if is_free(default):
            return default
        (number,) = free_ports(1)
        say(f"port {default} is taken, so {service} is on {number} ({variable} sets another)")
        return number
    if not (asked.isascii() and asked.isdecimal() and 1 <= int(asked) <= MAX_PORT):
        raise StackError(f"{variable} is {asked!r}; expected a port from 1 to {MAX_PORT}")
    if not is_free(int(asked)):
        raise StackError(f"{variable}: port {asked} is taken; stop what listens there or choose another")
    return int(asked)


def free_ports(count: int) -> list[int]:
    """Loopback ports on which nothing listens at this moment, and none of which this process was given before.

    For between the choice and the start of a service others are chosen. None is a port that a system gives to outgoing
    connections and to servers that ask for any port: one of those would take it while a service restarts.
    """
    return list(islice(filter(is_free, _ports_in_turn()), count))


@cache
def _ports_in_turn() -> Iterator[int]:
    """All of them in an order of this process's own, again and again."""
    return cycle(SystemRandom().sample(BELOW_EPHEMERAL, len(BELOW_EPHEMERAL)))


def is_free(port: int) -> bool:
    """Whether nothing listens on a loopback port."""
    with socket.socket() as listener:
        # Connections that closed a moment ago do not make a port taken; a listener does.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
