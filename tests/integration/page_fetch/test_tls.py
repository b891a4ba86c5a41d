"""Certificates are verified, against the name in the URL, on a connection to the vetted address."""

import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import DEFAULT_BUFFER_SIZE
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest
import trustme

from page_fetch.errors import CertificateRefused, ConnectionFailed, FetchTimedOut
from page_fetch.fetch import Page, PageFetcher
from page_fetch.limits import FetchLimits
from tests.integration.page_fetch.fetching import fetch

if TYPE_CHECKING:
    from tests.integration.page_fetch.conftest import OpenSite, Site, Visitor

HTML = "HTTP/1.1 200 OK\nContent-Type: text/html"


@pytest.fixture(autouse=True)
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """The one authority that fetches trust during the test."""
    trusted = trustme.CA()
    trusted.cert_pem.write_to_path(str(tmp_path / "trusted.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "trusted.pem"))
    return trusted


def presenting(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def fetch_by_name(site: "Site", limits: FetchLimits, name: str = "www.example.com") -> Page:
    return fetch(f"https://{name}:{site.port}/", limits, resolver=lambda _: ["127.0.0.1"])


def test_a_valid_certificate_passes_and_the_site_learns_the_name(
    open_site: "OpenSite", limits: FetchLimits, authority: trustme.CA
) -> None:
    names = []
    context = presenting(authority.issue_cert("www.example.com"))
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    site = open_site(HTML, b"secure", tls=context)

    page = fetch_by_name(site, limits)

    assert (page.body, page.final_url) == (b"secure", f"https://www.example.com:{site.port}/")
    assert names == ["www.example.com"]
    assert f"Host: www.example.com:{site.port}\r\n" in site.requests[0]


def test_what_a_site_sends_beyond_its_page_is_not_taken_for_the_next(
    open_site: "OpenSite", limits: FetchLimits, authority: trustme.CA
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
    length = DEFAULT_BUFFER_SIZE - len(head % 1_000)  # the page fills the buffer, so the rest stays in the TLS library
    first = head % length + length * b"h" + head % 2 + b"no"

    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(first if len(site.visitors) == 1 else head % 2 + b"hi")
        visitor.hang()

    site = open_site(script, tls=presenting(authority.issue_cert("www.example.com")))
    url = f"https://www.example.com:{site.port}/"
    with closing(PageFetcher(limits, lambda _: ["127.0.0.1"], keep_alive=True)) as fetcher:
        assert fetcher.fetch(url).body == length * b"h"
        assert fetcher.fetch(url).body == b"hi"
    assert len(site.visitors) == 2


def test_a_connection_is_kept_open(open_site: "OpenSite", limits: FetchLimits, authority: trustme.CA) -> None:
    def script(visitor: "Visitor") -> None:
        while visitor.read_request():
            visitor.request = b""
            visitor.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi")

    site = open_site(script, tls=presenting(authority.issue_cert("www.example.com")))
    with closing(PageFetcher(limits, lambda _: ["127.0.0.1"], keep_alive=True)) as fetcher:
        for _ in range(3):
            assert fetcher.fetch(f"https://www.example.com:{site.port}/").body == b"hi"
    assert len(site.visitors) == 1


def test_a_trailing_dot_is_not_part_of_the_certified_name(
    open_site: "OpenSite", limits: FetchLimits, authority: trustme.CA
) -> None:
    site = open_site(HTML, b"secure", tls=presenting(authority.issue_cert("www.example.com")))
    assert fetch_by_name(site, limits, "www.example.com.").body == b"secure"


def test_a_certificate_for_the_address_itself_passes(
    open_site: "OpenSite", limits: FetchLimits, authority: trustme.CA
) -> None:
    site = open_site(HTML, b"secure", tls=presenting(authority.issue_cert("127.0.0.1")))
    assert fetch(site.url, limits).body == b"secure"


def wrong_name(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("www.example.org", "127.0.0.1")


def expired(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("www.example.com", not_after=datetime.now(UTC) - timedelta(days=1))


def not_yet_valid(authority: trustme.CA) -> trustme.LeafCert:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return authority.issue_cert("www.example.com", not_before=tomorrow, not_after=tomorrow + timedelta(days=1))


def unknown_authority(_authority: trustme.CA) -> trustme.LeafCert:
    return trustme.CA().issue_cert("www.example.com")


def only_a_common_name(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("www.example.org", common_name="www.example.com")


@pytest.mark.parametrize("issue", [wrong_name, expired, not_yet_valid, unknown_authority, only_a_common_name])
def test_a_wrong_certificate_is_refused_before_anything_is_sent(
    open_site: "OpenSite", limits: FetchLimits, authority: trustme.CA, issue: Callable[[trustme.CA], trustme.LeafCert]
) -> None:
    site = open_site(HTML, b"secret", tls=presenting(issue(authority)))
    with pytest.raises(CertificateRefused) as refused:
        fetch_by_name(site, limits)
    assert str(refused.value).startswith("The site's certificate is not valid: ")
    assert not refused.value.retryable
    assert site.requests == [""]


def test_verification_cannot_be_switched_off_by_the_environment(
    open_site: "OpenSite", limits: FetchLimits, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("PYTHONHTTPSVERIFY", "CURL_CA_BUNDLE", "SSL_VERIFY"):
        monkeypatch.setenv(variable, "0")
    site = open_site(HTML, tls=presenting(unknown_authority(authority)))
    with pytest.raises(CertificateRefused):
        fetch_by_name(site, limits)


def test_a_site_that_speaks_no_tls_is_a_failed_connection(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(lambda visitor: visitor.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with pytest.raises(ConnectionFailed):
        fetch(f"https://127.0.0.1:{site.port}/", limits)


def test_a_reset_in_the_handshake_is_a_failed_connection(open_site: "OpenSite", limits: FetchLimits) -> None:
    def script(visitor: "Visitor") -> None:
        visitor.connection.recv(1)
        visitor.reset()

    with pytest.raises(ConnectionFailed):
        fetch(f"https://127.0.0.1:{open_site(script).port}/", limits)


@pytest.mark.parametrize("handshake", ["hangs", "drips"])
def test_a_handshake_that_takes_too_long_times_out(open_site: "OpenSite", limits: FetchLimits, handshake: str) -> None:
    def script(visitor: "Visitor") -> None:
        if handshake == "drips":
            visitor.drip(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03" + bytes(999))
        visitor.hang()

    hasty = replace(limits, connect_timeout_seconds=0.3, read_timeout_seconds=0.3, total_timeout_seconds=0.4)
    started = monotonic()
    with pytest.raises(FetchTimedOut):
        fetch(f"https://127.0.0.1:{open_site(script).port}/", hasty)
    assert monotonic() - started < 2.4


def test_a_drip_over_tls_ends_by_the_deadline(
    open_site: "OpenSite", limits: FetchLimits, authority: trustme.CA
) -> None:
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(b"HTTP/1.1 200 OK\r\n\r\n")
        visitor.drip(b"x" * 999)

    hasty = replace(limits, total_timeout_seconds=0.5)
    site = open_site(script, tls=presenting(authority.issue_cert("127.0.0.1")))
    with pytest.raises(FetchTimedOut, match=r"within 0\.5 seconds"):
        fetch(site.url, hasty)


def test_a_redirect_from_https_to_http_is_followed(
    open_site: "OpenSite", limits: FetchLimits, authority: trustme.CA
) -> None:
    plain = open_site(HTML, b"plain")
    secure = open_site(f"HTTP/1.1 302 Found\nLocation: {plain.url}", tls=presenting(authority.issue_cert("127.0.0.1")))
    assert fetch(secure.url, limits).final_url == plain.url
