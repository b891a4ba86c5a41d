"""The address guard: where a URL may lead. Everything that leaves goes through it, each redirect anew."""

from page_fetch.addresses import Address, is_listed, is_public
from page_fetch.deadline import Deadline
from page_fetch.errors import AddressRefused
from page_fetch.limits import FetchLimits
from page_fetch.name_lookup import Resolver
from page_fetch.resolver import resolve
from page_fetch.url import WebUrl

# Names that no public site has (RFC 6761, 6762, 7686, 8375, 9476, and `.internal`, which ICANN keeps for private use).
_SPECIAL_NAMES = ("alt", "home.arpa", "internal", "invalid", "local", "localhost", "onion", "test")


def vetted_addresses(url: WebUrl, limits: FetchLimits, deadline: Deadline, resolver: Resolver) -> list[Address]:
    """The addresses of `url`'s host, all of them allowed; connect to one of these and resolve no more.

    Raises AddressRefused if any is not, or if the port is not; it never tells which address or what kind. Raises
    ConnectionFailed or FetchTimedOut if the name does not resolve.
    """
    check_unresolved(url, limits)
    addresses = _addresses(url, limits, deadline, resolver)
    _check(addresses, url, limits)
    return addresses


def check_unresolved(url: WebUrl, limits: FetchLimits) -> None:
    """Raises AddressRefused for what can be refused without a look-up, so that it tells nobody which names exist."""
    if url.address is not None:
        _check([url.address], url, limits)
    elif not limits.allowed_private_networks:
        if url.port not in limits.allowed_ports:
            raise _refused_port(url)
        if _is_special_name(url):
            raise _refused()


def _check(addresses: list[Address], url: WebUrl, limits: FetchLimits) -> None:
    elsewhere = [address for address in addresses if not is_listed(address, limits.allowed_private_networks)]
    if not all(map(is_public, elsewhere)):
        raise _refused()
    if elsewhere and url.port not in limits.allowed_ports:
        raise _refused_port(url)


def _addresses(url: WebUrl, limits: FetchLimits, deadline: Deadline, resolver: Resolver) -> list[Address]:
    if (address := url.address) is not None:
        return [address]
    return resolve(url.host, resolver, deadline, limits.read_timeout_seconds)


def _is_special_name(url: WebUrl) -> bool:
    name = url.host.removesuffix(".")
    return "." not in name or name.endswith(tuple(f".{special}" for special in _SPECIAL_NAMES))


def _refused() -> AddressRefused:
    return AddressRefused("The URL leads to an address that is not public. Only public web sites are fetched.")


def _refused_port(url: WebUrl) -> AddressRefused:
    return AddressRefused(f"Port {url.port} is not allowed.")
