"""The address guard: where a URL may lead. All that leaves passes it, and each redirect passes it again.

The table of special blocks is our own: `ipaddress.is_global` differs between Pythons. IPv4 is allowed except for these
blocks; IPv6 is refused except for the block that global unicast addresses are allocated from. Sources: IANA's
special-purpose registries (RFC 6890 and its updates), RFC 5771, RFC 4291.
"""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from page_fetch.errors import AddressRefused, ConnectionFailed, FetchTimedOut, HostNotFound
from page_fetch.limits import Deadline, FetchLimits
from page_fetch.url import WebUrl

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared by carriers (RFC 6598); some clouds' metadata
        "127.0.0.0/8",  # loopback (RFC 1122)
        "168.63.129.16/32",  # Azure's host services, although the block is public
        "169.254.0.0/16",  # link-local (RFC 3927); most clouds' metadata
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890); Oracle's metadata
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 sinks (RFC 7535)
        "192.52.193.0/24",  # multicast tunnelling relays (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "192.175.48.0/24",  # AS112 sinks (RFC 7534)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, and broadcast (RFC 1112, RFC 919)
        "2001::/23",  # protocol assignments (RFC 2928), Teredo (RFC 4380) and ORCHID (RFC 7343) among them
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4, which carries an IPv4 address (RFC 3056)
        "2620:4f:8000::/48",  # AS112 sinks (RFC 7534)
        "3ffe::/16",  # the former 6bone (RFC 3701)
        "3fff::/20",  # documentation (RFC 9637)
    )
)

# Outside of it lie loopback, link-local, site-local, unique local, multicast, and the forms that carry an IPv4 address:
# mapped, compatible, translated (RFC 2765) and NAT64 (RFC 6052, RFC 8215).
_GLOBAL_UNICAST_IPV6 = IPv6Network("2000::/3")

# Bits 32 to 63 of an ISATAP address, which carries an IPv4 address below them; the masked bit may be 0 or 1 (RFC 5214).
_ISATAP = 0x0000_5EFE
_ISATAP_MASK = 0xFDFF_FFFF


def is_public(address: Address) -> bool:
    """Whether `address` is a unicast one of the public internet and carries no other address inside."""
    if is_listed(address, _SPECIAL):
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in _GLOBAL_UNICAST_IPV6 and (int(address) >> 32) & _ISATAP_MASK != _ISATAP


def is_listed(address: Address, networks: tuple[Network, ...]) -> bool:
    """Whether one of `networks` holds `address`."""
    return any(address in network for network in networks)


# Returns every address of a host name, as text; raises OSError.
Resolver = Callable[[str], list[str]]


def system_resolver(name: str) -> list[str]:
    """Every address that the system's resolver returns for `name`, in its order of preference."""
    # As bytes, since for text Python applies its own, older IDNA to a name that is ASCII already.
    found = socket.getaddrinfo(name.encode("ascii"), None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]


def _resolve(name: str, resolver: Resolver, seconds: float) -> list[Address]:
    """Every address of `name`, each once.

    Raises FetchTimedOut if the resolver takes longer, HostNotFound if it knows no address, and ConnectionFailed if it
    cannot say. All are retried: it does not tell whether a name never existed or is gone while its service restarts.
    """
    answer: Future[list[str]] = Future()

    def ask() -> None:
        try:
            answer.set_result(resolver(name))
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            answer.set_exception(error)

    # getaddrinfo cannot be interrupted. A thread left behind ends with the system's own time-out and holds nothing.
    threading.Thread(target=ask, name="look up", daemon=True).start()
    try:
        found = answer.result(seconds)
    except TimeoutError as error:
        raise FetchTimedOut("The name server took too long.") from error
    except OSError as error:
        detail = "The host name could not be resolved; check its spelling."
        is_not_there = isinstance(error, socket.gaierror) and error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}
        raise (HostNotFound(detail) if is_not_there else ConnectionFailed(detail)) from error
    return [ip_address(text) for text in dict.fromkeys(found)]


# Names that no public site has (RFC 6761, 6762, 7686, 8375, 9476, and `.internal`, which ICANN keeps for private use).
_SPECIAL_NAMES = ("alt", "home.arpa", "internal", "invalid", "local", "localhost", "onion", "test")


def vetted_addresses(url: WebUrl, limits: FetchLimits, deadline: Deadline, resolver: Resolver) -> list[Address]:
    """The addresses of `url`'s host, all of them allowed; connect to one of these and resolve no more.

    Raises AddressRefused if any of them or the port is not allowed; it never says which address or what kind. Raises
    ConnectionFailed or FetchTimedOut if the name does not resolve.
    """
    check_unresolved(url, limits)
    if url.address is not None:
        return [url.address]
    addresses = _resolve(url.host, resolver, deadline.at_most(limits.read_timeout_seconds))
    _check(addresses, url, limits)
    return addresses


def check_unresolved(url: WebUrl, limits: FetchLimits) -> None:
    """Raise AddressRefused for all that can be refused without a look-up, which would show which names exist."""
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


def _is_special_name(url: WebUrl) -> bool:
    return "." not in url.host_name or url.host_name.endswith(tuple(f".{special}" for special in _SPECIAL_NAMES))


def _refused() -> AddressRefused:
    return AddressRefused("The URL leads to an address that is not public. Only public web sites are fetched.")


def _refused_port(url: WebUrl) -> AddressRefused:
    return AddressRefused(f"Port {url.port} is not allowed.")
