"""Which ports the stack listens on, all on loopback."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from embedded.errors import StackError

LOOPBACK = "127.0.0.1"
LARGEST_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class PublicPort:
    """A port that people use: the one they asked for in `variable`, or else `default` if nothing listens there."""

    service: str
    variable: str
    default: int


@dataclass(frozen=True, kw_only=True)
class ChosenPort:
    """`notice` tells the person that it is not the usual one."""

    number: int
    notice: str | None = None


def choose_port(public: PublicPort, environment: Mapping[str, str]) -> ChosenPort:
    """The port for a service; raises StackError where the person asked for one that cannot be had."""
    if asked := environment.get(public.variable, "").strip():
        return ChosenPort(number=_asked_port(public, asked))
    if _is_free(public.default):
        return ChosenPort(number=public.default)
    (number,) = free_ports(1)
    return ChosenPort(
        number=number,
        notice=f"port {public.default} is taken, so {public.service} is on {number} ({public.variable} sets another)",
    )


def free_ports(count: int) -> list[int]:
    """Distinct loopback ports on which nothing listens at this moment."""
    with ExitStack() as sockets:
        listeners = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind((LOOPBACK, 0))
        return [listener.getsockname()[1] for listener in listeners]


def _asked_port(public: PublicPort, asked: str) -> int:
    if not (asked.isascii() and asked.isdecimal() and 1 <= int(asked) <= LARGEST_PORT):
        raise StackError(f"{public.variable}: got {asked!r}; it wants a port from 1 to {LARGEST_PORT}")
    if not _is_free(int(asked)):
        raise StackError(f"{public.variable}: port {asked} is taken; stop what listens there or choose another")
    return int(asked)


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        # Connections that closed a moment ago do not make a port taken; a listener does.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
