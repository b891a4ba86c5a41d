"""Names to addresses, under a deadline."""

from ipaddress import ip_address

from page_fetch.addresses import Address
from page_fetch.deadline import Deadline
from page_fetch.errors import ConnectionFailed, FetchTimedOut
from page_fetch.name_lookup import Resolver, look_up


def resolve(name: str, resolver: Resolver, deadline: Deadline, timeout_seconds: float) -> list[Address]:
    """Every address of `name`, each once.

    Raises FetchTimedOut if the resolver takes too long, and ConnectionFailed if it knows no address. That is retried:
    a resolver does not tell a name that never existed from one that is gone while its service or network restarts.
    """
    try:
        found = look_up(name, resolver).result(deadline.at_most(timeout_seconds))
    except TimeoutError as error:
        raise FetchTimedOut("The name server took too long.") from error
    except OSError as error:
        raise ConnectionFailed("The host name could not be resolved; check its spelling.") from error
    return [ip_address(text) for text in dict.fromkeys(found)]
