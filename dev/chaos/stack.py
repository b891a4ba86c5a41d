"""What faults need of a stack, on processes or in containers."""

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Member(Protocol):
    """One service."""

    @property
    def name(self) -> str:
        """As the stack calls it."""

    def start(self) -> None:
        """Start it, without waiting for it to do its work."""

    def kill(self) -> None:
        """`kill -9` of all its processes (its container), and their end."""

    def kill_main(self) -> None:
        """`kill -9` of its main process alone, and the end of all."""

    def stop(self) -> object:
        """Tell it to stop, and wait for its end."""

    def pause(self) -> None:
        """It is there, and does nothing."""

    def resume(self) -> None:
        """It goes on."""


class Stack(Protocol):
    """A whole stack under test."""

    @property
    def manager_port(self) -> int:
        """On loopback."""

    @property
    def broker_url(self) -> str:
        """As this machine reaches it."""

    @property
    def database_url(self) -> str:
        """As this machine reaches it."""

    @property
    def site(self) -> str:
        """What the URL of each page begins with, as workers reach it."""

    @property
    def broker(self) -> Member:
        """Redis."""

    @property
    def database(self) -> Member:
        """PostgreSQL."""

    @property
    def manager(self) -> Member:
        """The HTTP interface."""

    @property
    def scheduler(self) -> Member:
        """The reconciler's loop."""

    @property
    def workers(self) -> tuple[Member, ...]:
        """Both."""

    def kill_child(self, worker: str, chance: random.Random) -> None:
        """`kill -9` of one of the worker's children, a busy one if that can be told."""

    def empty_broker(self) -> None:
        """Wipe what the broker keeps on disk; it must be down."""

    def cut_off(self) -> AbstractContextManager[None]:
        """Meanwhile, no byte passes between broker and workers."""

    def second_scheduler(self) -> AbstractContextManager[None]:
        """Meanwhile, another scheduler runs beside the first."""

    def wait_until_whole(self) -> None:
        """Wait until every service does its work; what has ended is started again."""

    def died(self) -> list[str]:
        """The services that have ended although nobody ended them; each is named once."""


@contextmanager
def paused(member: Member) -> Iterator[None]:
    """Paused for the length of the block."""
    member.pause()
    try:
        yield
    finally:
        member.resume()
