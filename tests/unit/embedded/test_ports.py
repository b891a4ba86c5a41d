import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from embedded.errors import StackError
from embedded.ports import BELOW_EPHEMERAL, LOOPBACK, choose_port, free_ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        yield listener.getsockname()[1]


def choose(asked: str, default: int) -> tuple[int, list[str]]:
    """The port that is chosen, and what is said of it."""
    said: list[str] = []
    return choose_port("the manager", "MANAGER_PORT", asked, default, said.append), said


def test_the_usual_port_is_chosen_without_a_word() -> None:
    (free,) = free_ports(1)
    assert choose("", free) == (free, [])


def test_a_taken_port_is_answered_by_a_free_one_and_a_line_that_says_so(taken: int) -> None:
    number, said = choose("", taken)
    assert number != taken
    assert said == [f"port {taken} is taken, so the manager is on {number} (MANAGER_PORT sets another)"]
    with socket.create_server((LOOPBACK, number)):
        pass


def test_the_port_that_was_asked_for_is_chosen(taken: int) -> None:
    (free,) = free_ports(1)
    assert choose(str(free), taken) == (free, [])


def test_a_taken_port_that_was_asked_for_is_an_error(taken: int) -> None:
    with pytest.raises(StackError, match=f"MANAGER_PORT: port {taken} is taken"):
        choose(str(taken), 5050)


@pytest.mark.parametrize("asked", ["0", "65536", "-1", "http", "5050.0", "\u0665\u0660"])
def test_what_is_no_port_is_an_error(asked: str) -> None:
    with pytest.raises(StackError, match=re.escape(f"MANAGER_PORT is {asked!r}; expected a port from 1 to 65535")):
        choose(asked, 5050)


def test_no_port_is_given_twice() -> None:
    given = [port for _ in range(50) for port in free_ports(20)]
    assert len(given) == len(set(given)) == 1_000


def test_none_of_them_is_given_to_a_server_that_asks_for_any_port() -> None:
    with ExitStack() as servers:
        given = {servers.enter_context(socket.create_server((LOOPBACK, 0))).getsockname()[1] for _ in range(200)}
    assert set(free_ports(20)) <= set(BELOW_EPHEMERAL)
    assert given.isdisjoint(BELOW_EPHEMERAL)
