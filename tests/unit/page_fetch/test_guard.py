import socket
from ipaddress import ip_address, ip_network

import pytest

from page_fetch.errors import AddressRefused, ConnectionFailed, FetchError, FetchTimedOut, HostNotFound
from page_fetch.guard import vetted_addresses
from page_fetch.limits import Deadline, FetchLimits
from page_fetch.url import parse_url

LOOPBACK = FetchLimits(allowed_private_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")))


PRACTICE = FetchLimits(practice_site=("127.0.0.1", 8000))


def vetted(url: str, addresses: list[str], limits: FetchLimits | None = None) -> list[str]:
    found = vetted_addresses(parse_url(url), limits or FetchLimits(), Deadline(5), lambda _: addresses)
    return [str(address) for address in found]


def test_all_addresses_of_a_public_name_in_their_order_and_each_once() -> None:
    addresses = ["2606:2800:220:1:248:1893:25c8:1946", "93.184.216.34", "93.184.216.34", "1.1.1.1"]
    assert vetted("https://example.com/", addresses) == [addresses[0], "93.184.216.34", "1.1.1.1"]


def test_an_address_in_the_url_is_not_looked_up() -> None:
    assert vetted("http://0x01010101/", ["10.0.0.1"]) == ["1.1.1.1"]


def test_a_listed_network_opens_its_addresses_on_any_port() -> None:
    assert vetted("http://localhost:6379/", ["127.0.0.1", "::1"], LOOPBACK) == ["127.0.0.1", "::1"]
    assert vetted("http://127.9.9.9:1/", [], LOOPBACK) == ["127.9.9.9"]


def test_listed_and_public_addresses_may_be_mixed_on_an_allowed_port() -> None:
    assert vetted("http://example.com/", ["127.0.0.1", "1.1.1.1"], LOOPBACK) == ["127.0.0.1", "1.1.1.1"]


def test_a_special_name_needs_a_look_up_where_a_network_is_listed_and_must_pass_it() -> None:
    with pytest.raises(AddressRefused):
        vetted("http://redis/", ["172.18.0.2"], LOOPBACK)


def test_names_that_only_look_special_are_public() -> None:
    for name in ("localhost.example.com", "internal.com", "mylocal.net", "xn--local-xyz.org", "test.de"):
        assert vetted(f"http://{name}/", ["1.1.1.1"]) == ["1.1.1.1"]


def test_the_answer_about_a_name_inside_does_not_tell_whether_it_exists() -> None:
    def no_such_name(_name: str) -> list[str]:
        raise OSError("no such name")

    for resolver in (no_such_name, lambda _: ["172.18.0.2"]):
        with pytest.raises(AddressRefused) as refused:
            vetted_addresses(parse_url("http://redis/"), FetchLimits(), Deadline(5), resolver)
        assert str(refused.value).startswith("The URL leads to an address that is not public.")


@pytest.mark.parametrize("host", ["practice.test", "practice.test.", "s07.practice.test"])
def test_the_practice_site_is_reached_by_its_names(host: str) -> None:
    assert vetted(f"http://{host}/slow", ["127.0.0.1"], PRACTICE) == ["127.0.0.1"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/",
        "http://localhost:8000/",
        "http://practice.test:8000/",
        "http://practice.test:6379/",
        "https://practice.test/",
        "http://mypractice.test/",
        "http://practice.test.example.com/",
        "http://test/",
    ],
)
def test_nothing_else_leads_to_the_practice_site(url: str) -> None:
    with pytest.raises(AddressRefused):
        vetted(url, ["127.0.0.1"], PRACTICE)


def test_without_a_practice_site_its_names_are_refused() -> None:
    with pytest.raises(AddressRefused):
        vetted("http://practice.test/", ["127.0.0.1"])


def test_a_name_without_addresses_gives_none() -> None:
    assert vetted("http://example.com/", []) == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (socket.gaierror(socket.EAI_NONAME, "what the name server says"), HostNotFound),
        (socket.gaierror(socket.EAI_NODATA, "what the name server says"), HostNotFound),
        (socket.gaierror(socket.EAI_AGAIN, "what the name server says"), ConnectionFailed),
        (socket.gaierror(socket.EAI_FAIL, "what the name server says"), ConnectionFailed),
        (OSError("try again"), ConnectionFailed),
    ],
)
def test_a_name_that_cannot_be_looked_up_may_be_later(answer: OSError, error: type[FetchError]) -> None:
    def resolver(_name: str) -> list[str]:
        raise answer

    with pytest.raises(ConnectionFailed) as failed:
        vetted_addresses(parse_url("http://example.com/"), FetchLimits(), Deadline(5), resolver)
    assert (type(failed.value), failed.value.retryable) == (error, True)


def test_no_time_left_means_no_look_up() -> None:
    with pytest.raises(FetchTimedOut):
        vetted_addresses(parse_url("http://example.com/"), FetchLimits(), Deadline(0), lambda _: ["1.1.1.1"])


def test_a_defect_of_a_resolver_is_not_hidden() -> None:
    def resolver(_name: str) -> list[str]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        vetted_addresses(parse_url("http://example.com/"), FetchLimits(), Deadline(5), resolver)


def test_mapped_addresses_are_no_way_around_a_list() -> None:
    assert ip_address("::ffff:127.0.0.1").version == 6
    with pytest.raises(AddressRefused):
        vetted("http://example.com/", ["::ffff:127.0.0.1"], LOOPBACK)
