from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses

from page_fetch.guard import is_listed, is_public

PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0
192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255
198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255
2000:: 2001:200:: 2001:4860:4860::8888 2001:db7:ffff:: 2001:db9:: 2003:: 2606:2800:220:1:248:1893:25c8:1946
2620:4f:7fff:: 2620:4f:8001:: 2a00:1450:4001:81b::200e 3fff:1000:: 3ffd:: 2a00::5eff:7f00:1
""".split()

NOT_PUBLIC = """
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255 127.0.0.1 127.0.0.53
127.255.255.255 168.63.129.16 169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255 172.16.0.0 172.17.0.1
172.31.255.255 192.0.0.0 192.0.0.8 192.0.0.9 192.0.0.10 192.0.0.170 192.0.0.192 192.0.0.255 192.0.2.1 192.31.196.1
192.52.193.1 192.88.99.1 192.168.0.0 192.168.255.255 192.175.48.1 198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.1
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255
:: ::1 ::2 ::7f00:1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:7f00:1 ::ffff:0:8.8.8.8
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::8.8.8.8 64:ff9b:1::1 64:ff9b:1:ffff::7f00:1 100::1 100:0:0:1::1 1fff::1
2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:1::1 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1
2001:30::1 2001:1ff:ffff::1 2001:db8::1 2002::1 2002:7f00:1::1 2002:a9fe:a9fe::1 2002:808:808::1 2620:4f:8000::1
3ffe::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0
febf::1 fec0::1 feff::1 ff00::1 ff02::1 ff05::1:3 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
2a00::5efe:7f00:1 2a00::200:5efe:127.0.0.1
""".split()


@pytest.mark.parametrize("text", PUBLIC)
def test_public_unicast_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_everything_special_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@given(ip_addresses(v=4))
def test_an_ipv4_address_is_never_public_inside_of_an_ipv6_one(inner: IPv4Address) -> None:
    number = int(inner)
    carriers = {
        "mapped": 0xFFFF << 32 | number,
        "compatible": number,
        "translated": 0xFFFF << 48 | number,
        "NAT64": 0x64_FF9B << 96 | number,
        "local NAT64": 0x64_FF9B_0001 << 80 | number,
        "6to4": 0x2002 << 112 | number << 80 | 1,
        "Teredo": 0x2001_0000 << 96 | (number ^ 0xFFFF_FFFF),
        "ISATAP": 0x2A00 << 112 | 0x5EFE << 32 | number,
    }
    assert {form: is_public(IPv6Address(value)) for form, value in carriers.items()} == dict.fromkeys(carriers, False)


@given(ip_addresses())
def test_nothing_is_public_that_python_calls_private_or_special(address: IPv4Address | IPv6Address) -> None:
    is_special = address.is_multicast or address.is_loopback or address.is_link_local or address.is_unspecified
    assert not (is_public(address) and (is_special or not address.is_global))


def test_a_listed_network_holds_its_own_family_only() -> None:
    networks = (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    texts = ["127.0.0.1", "126.255.255.255", "fd12::1", "::ffff:127.0.0.1", "::1"]
    assert [is_listed(ip_address(text), networks) for text in texts] == [True, False, True, False, False]
