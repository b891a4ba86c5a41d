"""Attacks on the address guard, through the whole fetch. The canary must see nothing."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from page_fetch.errors import AddressRefused, InvalidUrl
from page_fetch.limits import FetchLimits
from tests.integration.page_fetch.fetching import fetch

if TYPE_CHECKING:
    from tests.integration.page_fetch.conftest import OpenSite, Traffic, Visitor


LOOPBACK_SPELLINGS = [
    *"""
127.0.0.1 127.1 127.0.1 127.000.000.001 127.0.0.1. 127.1. 127.0.0.53 127.255.255.254 0177.1 0177.0.0.1 0177.0.0.01
017700000001 00000000177.1 0x7f.1 0x7f.0.0.1 0x7F.0X0.0.1 0x7f000001 0x7f000001. 2130706433 2130706433. 0x7f.0.1
127.0x1 0177.0x1 127.0.01 %31%32%37.0.0.1 127%2e0%2e0%2e1 %30x7f.1 １２７．０．０．１ 127。0。0。1 127．1 ①②⑦.⓪.⓪.①
𝟏𝟐𝟕.𝟎.𝟎.𝟏 0 0.0.0.0 0x0 00 0. 0x [::] [::1] [0:0:0:0:0:0:0:1] [0000::0001] [::0.0.0.1] [::ffff:127.0.0.1]
[::ffff:7f00:1] [::FFFF:7F00:0001] [0:0:0:0:0:ffff:0.0.0.0] [0:0:0:0:0:ffff:127.0.0.1] [::127.0.0.1] [::7f00:1]
[::ffff:0:127.0.0.1] [::ffff:0:7f00:1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::]
[2002:7f00:1::1] [2001:0:4136:e378:8000:63bf:80ff:fffe] [2a00::5efe:127.0.0.1]
""".split(),
    "127.0.0.1\t",
    "12\t7.0.0.1",
    "127.0.\n0.1",
    "127\xad.0.0.1",
]
OTHER_ADDRESSES = """
10.0.0.1 10.255.255.255 012.1 0xa.1 167772161 172.16.0.1 172.17.0.1 172.31.255.254 192.168.0.1 192.168.1.1 0xc0a80101
0300.0250.1.1 100.64.0.1 100.100.100.200 169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518
[::ffff:169.254.169.254] 169.254.170.2 [64:ff9b::a9fe:a9fe] [2002:a9fe:a9fe::1] [fd00:ec2::254] [fd20:ce::254]
192.0.0.192 192.0.0.8 168.63.129.16 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.250 240.0.0.1 255.255.255.255 0377.0377.0377.0377 4294967295 0xffffffff [fe80::1] [fec0::1] [fc00::1]
[fd12:3456::1] [ff02::1] [ff05::2] [2001:db8::1] [3fff::1] [5f00::1] [100::1] [2001::1] [2001:10::1] [2001:20::1]
[3ffe::1] [4000::1] [::2]
""".split()
INTERNAL_NAMES = [
    *"""
localhost LOCALHOST localhost. foo.localhost ｌocalhost loc%61lhost ⓛocalhost redis job_broker job_db postgres flower
host.docker.internal gateway.docker.internal metadata.google.internal metadata.google.internal. metadata printer.local
router.home.arpa db.test x.onion x.alt x.invalid kubernetes.default.svc.cluster.local
""".split(),
    "lo\xadcalhost",
]
DISGUISES = [
    *"""
http://example.com@127.0.0.1:{port}/ http://example.com:80@127.0.0.1:{port}/ http://a:b@127.1:{port}/
http://example.com%40@127.0.0.1:{port}/ http://127.0.0.1:{port}#@example.com/ http:127.0.0.1:{port}/
http://127.0.0.1:{port}?@example.com/ http:/127.0.0.1:{port}/ http:///127.0.0.1:{port}/ hTTp://127.1:{port}/
http://127.0.0.1:0{port}/ https://127.0.0.1:{port}/ https://[::1]:{port}/ https://localhost:{port}/
""".split(),
    "http://127.0.0.1:{port}\\@example.com/",
    "http:\\\\127.0.0.1:{port}\\",
    "http:\\/127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/",
    "\x00http://127.0.0.1:{port}/",
    "ht\ttp://127.0.0.1:{port}/",
    "http:\n//127.1:{port}",
]
NOT_WEB = [
    *"""
file:///etc/passwd file://127.0.0.1/etc/passwd ftp://127.0.0.1:{port}/ gopher://127.0.0.1:{port}/_x
dict://127.0.0.1:{port}/stat ldap://127.0.0.1:{port}/ jar:http://127.0.0.1:{port}/!/ data:text/html,x
javascript:fetch('http://127.0.0.1:{port}/') ws://127.0.0.1:{port}/ tftp://127.0.0.1:{port}/x about:blank
unix:///var/run/docker.sock http+unix://%2Fvar%2Frun%2Fdocker.sock/ netdoc:///etc/passwd //127.0.0.1:{port}/
view-source:http://127.0.0.1:{port}/ 127.0.0.1:{port} http://:{port}/ http://@:{port}/ http://
http://1.1.1.1.1:{port}/ http://0xBaaaaaaaaaaaaaaaaffffffff/ http://127.0.0.256:{port}/ http://256/x.1/
http://[fe80::1%25lo]:{port}/ http://[::1%lo]:{port}/ http://[127.0.0.1]:{port}/ http://[::1]x:{port}/
http://127.0.0.1:{port}:80/ http://127.0.0.1%00.example.com:{port}/ http://127.0.0.1%0d%0a:{port}/
http://127.0.0.1%2f.example.com/ http://*.localhost:{port}/
""".split(),
    "http://127.0.0.1 :{port}/",
]
ATTACKS = [
    *(f"http://{host}:{{port}}/" for host in LOOPBACK_SPELLINGS + OTHER_ADDRESSES + INTERNAL_NAMES),
    *DISGUISES,
    *NOT_WEB,
]


@pytest.fixture
def canary(open_site: "OpenSite", traffic: "Traffic") -> Iterator[int]:
    """The port of a server on loopback; at the end nobody may have connected, neither to it nor anywhere else."""
    site = open_site("HTTP/1.1 200 OK\nContent-Type: text/html", b"secret")
    yield site.port
    assert site.visitors == []
    assert traffic.connections == []


def only_public(port: int) -> FetchLimits:
    # The canary's port is allowed, so that nothing but the address stands in the way.
    return FetchLimits(allowed_ports=(80, 443, port), total_timeout_seconds=5)


def test_there_are_at_least_200_different_attacks() -> None:
    assert len(set(ATTACKS)) == len(ATTACKS) >= 200


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_url_that_leads_inside_is_refused_before_anything_is_sent_or_looked_up(
    canary: int, traffic: "Traffic", attack: str
) -> None:
    url = attack.replace("{port}", str(canary))
    with pytest.raises((AddressRefused, InvalidUrl)) as refused:
        fetch(url, only_public(canary))
    assert traffic.lookups == []
    assert "127." not in str(refused.value)
    assert "::1" not in str(refused.value)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.0.0.1"],
        ["fe80::1%eth0"],
        ["::ffff:127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["127.0.0.1", "93.184.216.34"],
        ["2606:2800:220:1:248:1893:25c8:1946", "127.0.0.1"],
        ["93.184.216.34", "::1"],
        ["93.184.216.34", "64:ff9b::7f00:1"],
        ["93.184.216.34"] * 20 + ["169.254.169.254"],
    ],
)
def test_a_public_name_with_one_address_that_is_not_public_is_refused(canary: int, addresses: list[str]) -> None:
    with pytest.raises(AddressRefused) as refused:
        fetch(f"http://www.example.com:{canary}/", only_public(canary), resolver=lambda _: addresses)
    assert str(refused.value) == ("The URL leads to an address that is not public. Only public web sites are fetched.")


def test_an_address_that_is_not_public_is_refused_as_such_on_any_port() -> None:
    with pytest.raises(AddressRefused, match="not public"):
        fetch("http://127.0.0.1:8000/", FetchLimits())


@pytest.mark.parametrize("port", [0, 1, 22, 25, 81, 5432, 6379, 8080, 8888, 65535])
def test_a_port_that_is_not_allowed_is_refused_without_a_look_up(traffic: "Traffic", port: int) -> None:
    for host in ("93.184.216.34", "www.example.com", "redis"):
        with pytest.raises(AddressRefused) as refused:
            fetch(f"http://{host}:{port}/", FetchLimits())
        assert str(refused.value) == f"Port {port} is not allowed."
    assert (traffic.lookups, traffic.connections) == ([], [])


def test_other_networks_stay_shut_when_one_is_listed(canary: int) -> None:
    limits = replace(only_public(canary), allowed_private_networks=(ip_network("127.0.0.0/8"),))
    for host in ("[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "0.0.0.0", "169.254.169.254"):
        with pytest.raises(AddressRefused):
            fetch(f"http://{host}:{canary}/", limits)


def test_a_listed_network_does_not_open_other_ports_elsewhere(traffic: "Traffic") -> None:
    limits = FetchLimits(allowed_private_networks=(ip_network("127.0.0.0/8"),))
    with pytest.raises(AddressRefused, match="Port 8080"):
        fetch("http://www.example.com:8080/", limits, resolver=lambda _: ["127.0.0.1", "93.184.216.34"])
    assert traffic.connections == []


def test_the_practice_site_is_fetched_under_its_name_wherever_it_listens(open_site: "OpenSite") -> None:
    site = open_site("HTTP/1.1 200 OK\nContent-Type: text/html", b"practice")

    page = fetch("http://practice.test/slow", FetchLimits(practice_site=("127.0.0.1", site.port)))

    assert (page.final_url, page.body) == ("http://practice.test/slow", b"practice")
    assert "Host: practice.test\r\n" in site.requests[0]


def test_the_practice_site_redirects_nowhere_that_others_may_not(open_site: "OpenSite") -> None:
    secret = open_site("HTTP/1.1 200 OK\nContent-Type: text/html", b"secret")
    site = open_site(f"HTTP/1.1 302 Found\nLocation: http://127.0.0.1:{secret.port}/")
    with pytest.raises(AddressRefused):
        fetch("http://practice.test/", replace(only_public(secret.port), practice_site=("127.0.0.1", site.port)))
    assert (len(site.visitors), secret.visitors) == (1, [])


def test_a_resolver_that_changes_its_answer_is_asked_once(
    open_site: "OpenSite", limits: FetchLimits, traffic: "Traffic"
) -> None:
    site = open_site("HTTP/1.1 200 OK\nContent-Type: text/html", b"public")
    answers = [["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]]

    page = fetch(f"http://rebind.example.com:{site.port}/", limits, resolver=lambda _: answers.pop(0))

    assert page.body == b"public"
    assert answers == [["10.0.0.1"], ["10.0.0.1"]]
    assert traffic.connections == ["127.0.0.1"]
    assert f"Host: rebind.example.com:{site.port}\r\n" in site.requests[0]


def test_a_resolver_that_changes_its_answer_between_hops_is_refused_at_the_second(
    open_site: "OpenSite", limits: FetchLimits, traffic: "Traffic"
) -> None:
    site = open_site("HTTP/1.1 302 Found\nLocation: /again")
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    with pytest.raises(AddressRefused):
        fetch(f"http://rebind.example.com:{site.port}/", limits, resolver=lambda _: answers.pop(0))
    assert traffic.connections == ["127.0.0.1"]


REDIRECTED_TO = [
    *("http://[::1]:{port}/", "//[::1]:{port}/", "http://10.0.0.1:{port}/", "http://169.254.169.254/latest/meta-data/"),
    *("http://0xa9fea9fe/", "http://inside.example.com:{port}/", "https://[::1]:{port}/", "http://u:p@[::1]:{port}/"),
    *("\\\\[::1]:{port}\\", "http:\\\\0:{port}/", "http://[::ffff:7f00:1]:{port}/", "//192.168.1.1/"),
]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", REDIRECTED_TO)
def test_every_hop_of_a_redirect_is_guarded(
    open_site: "OpenSite", limits: FetchLimits, traffic: "Traffic", status: int, location: str
) -> None:
    canary = open_site("HTTP/1.1 200 OK", b"secret")
    target = location.replace("{port}", str(canary.port))
    outside = open_site(f"HTTP/1.1 {status} Moved\nLocation: {target}\nContent-Type: text/html", b"<p>moved")
    names = {"outside.example.com": ["127.0.0.1"], "inside.example.com": ["::1"]}
    with pytest.raises(AddressRefused) as refused:
        fetch(
            f"http://outside.example.com:{outside.port}/",
            replace(limits, allowed_ports=(80, 443, canary.port)),
            resolver=names.__getitem__,
        )
    assert len(outside.visitors) == 1
    assert canary.visitors == []
    assert traffic.connections == ["127.0.0.1"]
    assert str(refused.value).startswith("The URL leads to an address that is not public.")


def test_the_last_hop_of_a_long_chain_is_guarded(
    open_site: "OpenSite", limits: FetchLimits, traffic: "Traffic"
) -> None:
    def script(visitor: "Visitor") -> None:
        hop = len(site.visitors)
        target = f"/{hop}" if hop < 5 else "http://10.0.0.1/"
        visitor.read_request()
        visitor.send(f"HTTP/1.1 {[301, 302, 303, 307, 308][hop - 1]} Moved\r\nLocation: {target}\r\n\r\n".encode())

    site = open_site(script)
    with pytest.raises(AddressRefused):
        fetch(site.url, limits)
    assert traffic.connections == ["127.0.0.1"] * 5


def test_proxies_and_netrc_of_the_environment_are_ignored(
    open_site: "OpenSite", limits: FetchLimits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy = open_site("HTTP/1.1 200 OK", b"from the proxy")
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(variable, proxy.url)
    monkeypatch.setenv("NO_PROXY", "")
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    site = open_site("HTTP/1.1 200 OK\nContent-Type: text/html", b"direct")

    assert fetch(site.url, limits).body == b"direct"
    assert proxy.visitors == []
    assert "authorization" not in site.requests[0].lower()


def test_credentials_of_the_url_are_neither_sent_nor_shown(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site("HTTP/1.1 200 OK\nContent-Type: text/html", b"page")
    page = fetch(f"http://me:secret@127.0.0.1:{site.port}/", limits)
    assert page.final_url == site.url
    assert "secret" not in site.requests[0]
    assert "authorization" not in site.requests[0].lower()


def test_nothing_in_a_url_adds_to_the_request(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site("HTTP/1.1 200 OK\nContent-Type: text/html", b"page")
    fetch(f"{site.url}a\r\nX-Injected: 1\r\n%0d%0aX-Injected:%201?b\nc#\r\n\r\nGET /d", limits)
    assert site.requests[0].split("\r\n")[0] == "GET /aX-Injected:%201%0d%0aX-Injected:%201?bc HTTP/1.1"
    assert "\r\nX-Injected" not in site.requests[0]
