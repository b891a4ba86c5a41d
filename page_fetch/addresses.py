"""Which addresses are public unicast ones. The table is our own: `ipaddress.is_global` differs between Pythons.

IPv4 is allowed except for the special blocks; IPv6 is refused except for the block that global unicast addresses are
allocated from. Sources: IANA's special-purpose registries (RFC 6890 and its updates), RFC 5771, RFC 4291.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL_IPV4 = tuple(
    map(
        IPv4Network,
        (
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
        ),
    )
)

# Outside of it lie loopback, link-local, site-local, unique local, multicast, and the forms that carry an IPv4 address:
# mapped, compatible, translated (RFC 2765) and NAT64 (RFC 6052, RFC 8215).
_GLOBAL_UNICAST_IPV6 = IPv6Network("2000::/3")

_SPECIAL_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments (RFC 2928), Teredo (RFC 4380) and ORCHID (RFC 7343) among them
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4, which carries an IPv4 address (RFC 3056)
            "2620:4f:8000::/48",  # AS112 sinks (RFC 7534)
            "3ffe::/16",  # the former 6bone (RFC 3701)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)

# Bits 32 to 63 of an ISATAP address, which carries an IPv4 address below them; the masked bit may be 0 or 1 (RFC 5214).
_ISATAP = 0x0000_5EFE
_ISATAP_MASK = 0xFDFF_FFFF


def is_public(address: Address) -> bool:
    """Whether `address` is a unicast one of the public internet and carries no other address inside."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    return (
        address in _GLOBAL_UNICAST_IPV6
        and not any(address in network for network in _SPECIAL_IPV6)
        and (int(address) >> 32) & _ISATAP_MASK != _ISATAP
    )


def is_listed(address: Address, networks: tuple[Network, ...]) -> bool:
    """Whether one of `networks` holds `address`."""
    return any(address in network for network in networks)
