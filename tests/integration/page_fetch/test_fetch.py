"""What a well-behaved site's answers become."""

import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from urllib3 import HTTPHeaderDict

from dev.waiting import eventually
from page_fetch.errors import (
    AddressRefused,
    ConnectionFailed,
    FetchTimedOut,
    InvalidRedirect,
    InvalidResponse,
    PageRefused,
    ServerBusy,
    TooManyRedirects,
)
from page_fetch.fetch import Page, PageFetcher
from page_fetch.limits import Deadline, FetchLimits
from tests.integration.page_fetch.conftest import answer
from tests.integration.page_fetch.fetching import fetch

if TYPE_CHECKING:
    from tests.integration.page_fetch.conftest import OpenSite, Script, Traffic, Visitor

HTML = "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8"


def after_head(head: str, body: bytes) -> "Script":
    """Sends these, and keeps the connection."""

    def script(visitor: "Visitor") -> None:
        answer(head, body)(visitor)
        visitor.hang()

    return script


def test_a_page_is_what_the_site_sent(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(f"{HTML}\nContent-Length: 12", b"<p>caf\xc3\xa9</p>")
    page = fetch(f"{site.url}menu?day=1#today", limits)
    assert page == Page(
        final_url=f"{site.url}menu?day=1",
        http_status=200,
        headers=HTTPHeaderDict({"Content-Type": "text/html; charset=utf-8", "Content-Length": "12"}),
        content_type="text/html; charset=utf-8",
        body=b"<p>caf\xc3\xa9</p>",
        wire_bytes=12,
        fetch_ms=page.fetch_ms,
    )
    assert 0 <= page.fetch_ms < 10_000


def test_the_request_says_who_asks_and_for_what(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(HTML)
    fetch(f"{site.url}a%20b/%zz|", replace(limits, user_agent="tester/1"), accept="text/html, text/plain;q=0.9")
    request, *headers = site.requests[0].rstrip("\r\n").split("\r\n")
    assert request == "GET /a%20b/%zz| HTTP/1.1"
    assert sorted(headers) == [
        "Accept-Encoding: gzip",
        "Accept: text/html, text/plain;q=0.9",
        "Connection: close",
        f"Host: 127.0.0.1:{site.port}",
        "User-Agent: tester/1",
    ]


def test_a_url_may_be_longer_when_percent_encoded(open_site: "OpenSite", limits: FetchLimits) -> None:
    url = f"{open_site(HTML, b'page').url}{'%E5%AD%97' * 300}"
    assert len(url) > 2_048
    assert fetch(url, limits).final_url == url


def test_a_name_of_this_machine_is_fetched_where_loopback_is_listed(
    open_site: "OpenSite", limits: FetchLimits, traffic: "Traffic"
) -> None:
    site = open_site(HTML, b"here")
    page = fetch(f"http://localhost:{site.port}/", limits, resolver=lambda _: ["127.0.0.1"])
    assert (page.body, page.final_url) == (b"here", f"http://localhost:{site.port}/")
    assert traffic.connections == ["127.0.0.1"]


def test_the_system_resolver_knows_localhost(open_site: "OpenSite", limits: FetchLimits, traffic: "Traffic") -> None:
    site = open_site(HTML, b"here")
    anywhere_here = (*limits.allowed_private_networks, ip_network("::1/128"))
    page = fetch(f"http://localhost:{site.port}/", replace(limits, allowed_private_networks=anywhere_here))
    assert page.body == b"here"
    assert traffic.lookups == ["localhost"]


@pytest.mark.parametrize("headers", ["Content-Length: {}", "Transfer-Encoding: identity", "Connection: close"])
def test_gzip_is_decompressed_and_counted_both_ways(open_site: "OpenSite", limits: FetchLimits, headers: str) -> None:
    packed = gzip.compress(b"word " * 1_000)
    site = open_site(f"{HTML}\nContent-Encoding: gzip\n{headers.format(len(packed))}", packed)
    page = fetch(site.url, limits)
    assert (page.body, page.wire_bytes) == (b"word " * 1_000, len(packed))


def test_chunks_are_put_together(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(
        f"{HTML}\nTransfer-Encoding: chunked", b'3;name="v"\r\none\r\n004\r\n two\r\n0\r\nTrailer: x\r\n\r\n'
    )
    page = fetch(site.url, limits)
    assert (page.body, page.wire_bytes) == (b"one two", 7)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", " gzip , identity"])
def test_an_empty_compressed_body_is_an_empty_page(open_site: "OpenSite", limits: FetchLimits, coding: str) -> None:
    site = open_site(f"{HTML}\nContent-Encoding: {coding}\nContent-Length: 0")
    assert fetch(site.url, limits).body == b""


@pytest.mark.parametrize("coding", ["UTF-8", "none", "iso-8859-1", "text/html", "Binary, utf8", "", "aws-chunked"])
def test_an_encoding_that_is_no_coding_is_ignored(open_site: "OpenSite", limits: FetchLimits, coding: str) -> None:
    assert fetch(open_site(f"{HTML}\nContent-Encoding: {coding}", b"page").url, limits).body == b"page"


def test_a_coding_beside_what_is_none_is_decoded(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(f"{HTML}\nContent-Encoding: utf-8\nContent-Encoding: gzip", gzip.compress(b"page"))
    assert fetch(site.url, limits).body == b"page"


CHUNKS = b"4\r\npage\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "coding",
    [
        "chunked\nTransfer-Encoding: chunked",
        "chunked, Chunked",
        "identity\nTransfer-Encoding: chunked",
        "chunked\nTransfer-Encoding:",
        "chunked\nContent-Length: 2",
    ],
)
def test_chunks_announced_twice_are_chunks(open_site: "OpenSite", limits: FetchLimits, coding: str) -> None:
    assert fetch(open_site(f"{HTML}\nTransfer-Encoding: {coding}", CHUNKS).url, limits).body == b"page"


def test_a_length_said_twice_ends_the_page(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(after_head(f"{HTML}\nContent-Length: 4\nContent-Length: 4", b"page, and more"))
    assert fetch(site.url, limits).body == b"page"


NO_HEADERS = {
    "without a colon": b"preload",
    "without a colon, folded": b"preload\r\n Content-Type: image/png",
    "without a name": b": image/png",
    "of white space": b" \r\n\t",
    "of a colon alone": b":",
    "folded before any header": b" Content-Type: image/png",
    "of a folded colon": b"Content-Type\r\n : image/png",
    "of two words": b"Content Type: image/png",
    "with a space before the colon": b"X-A : b",
    "with a byte beyond ASCII in its name": b"X-\xe9: b",
    "with UTF-8 in its name": b"X-\xc3\xa9: b",
    "with a control character in its name": b"X-\x1b: b",
    "with NUL in its name": b"Content\x00-Type: image/png",
    "with a bracket in its name": b"Content-Type(x): image/png",
    "that looks like a status line": b"HTTP/1.1 200 OK",
    "of HTML": b"<b>warning</b>: x on line 3",
    "with a bare carriage return in its value": b"X: a\rb",
    "that ends in two carriage returns": b"X: a\r",
    "with odd white space in its value": b"X: a\x0b\x0c\x1c\x85b",
    "of an mbox": b"From someone: x",
}


@pytest.mark.parametrize("line", NO_HEADERS.values(), ids=NO_HEADERS)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_a_line_that_is_no_header_costs_only_itself(
    open_site: "OpenSite", limits: FetchLimits, line: bytes, end: bytes
) -> None:
    after = [b"Content-Type: text/html; charset=utf-8", b"Content-Encoding: gzip", b"Transfer-Encoding: chunked"]
    packed = gzip.compress(b"page")
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)

    def script(visitor: "Visitor") -> None:
        path = visitor.read_request().split(b" ")[1]
        if path == b"/":
            visitor.send(end.join([b"HTTP/1.1 302 Found", line, b"Location: /b", b"", b""]))
        else:
            visitor.send(end.join([b"HTTP/1.1 200 OK", line, *after, b"", b""]), chunk)

    page = fetch(open_site(script).url, limits)
    assert (page.content_type, page.body) == ("text/html; charset=utf-8", b"page")


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type : text/plain",
        "Content-Type\t:text/plain\t",
        "Content-Type:\n text/plain",
        "X: a\rContent-Type: text/plain",
        "cOnTeNt-TyPe:\n\ttext/plain\n ",
    ],
)
def test_a_header_is_read_as_browsers_read_it(open_site: "OpenSite", limits: FetchLimits, header: str) -> None:
    assert fetch(open_site(f"HTTP/1.1 200 OK\n{header}", b"page").url, limits).content_type == "text/plain"


def test_a_site_may_send_200_headers_and_no_more(open_site: "OpenSite", limits: FetchLimits) -> None:
    cookies = "".join(f"\nSet-Cookie: c{number}=1" for number in range(199))
    assert fetch(open_site(f"{HTML}{cookies}", b"page").url, limits).body == b"page"
    with pytest.raises(InvalidResponse, match=r"^The site sends more than 200 headers\.$"):
        fetch(open_site(f"{HTML}{cookies}\nX: 1", b"page").url, limits)


def test_bytes_behind_a_gzip_member_are_ignored(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site(f"{HTML}\nContent-Encoding: gzip", gzip.compress(b"page") + b"rubbish" + gzip.compress(b"more"))
    assert fetch(site.url, limits).body == b"page"


@pytest.mark.parametrize("status", ["200 OK", "203 Non-Authoritative Information", "206 Partial Content", "299"])
def test_every_success_is_one(open_site: "OpenSite", limits: FetchLimits, status: str) -> None:
    site = open_site(f"HTTP/1.1 {status}\nContent-Type: text/plain\nContent-Length: 4", b"page")
    page = fetch(site.url, limits)
    assert (page.http_status, page.body) == (int(status[:3]), b"page")


def test_no_content_is_an_empty_page(open_site: "OpenSite", limits: FetchLimits) -> None:
    page = fetch(open_site("HTTP/1.1 204 No Content").url, limits)
    assert (page.http_status, page.content_type, page.body) == (204, None, b"")


def test_interim_responses_are_passed_over(open_site: "OpenSite", limits: FetchLimits) -> None:
    interim = "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\nLink: </a>\nContent-Type: image/png\n\n"
    site = open_site(f"{interim}{HTML}", b"page")
    page = fetch(site.url, limits)
    assert (page.http_status, page.body) == (200, b"page")


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("text/html", "text/html"),
        ("TEXT/HTML;charset=x", "TEXT/HTML;charset=x"),
        ("application/xhtml+xml ; charset=utf-8", "application/xhtml+xml ; charset=utf-8"),
        ("text/plain", "text/plain"),
        ("text/html, text/html; charset=utf-8", "text/html, text/html; charset=utf-8"),
        ("image/png\nContent-Type: text/html", "text/html"),
        ("text/html; charset=x\nContent-Type: html", "text/html; charset=x"),
        ("text/html\nContent-Type: */*\nContent-Type:", "text/html"),
        ("html\nContent-Type: */*", "*/*"),
        ("text/html; charset=\x00\x1b[1m", "text/html; charset=  [1m"),
        ("text/html; a=" + "b" * 300, "text/html; a=" + "b" * 242),
        ("", None),
    ],
)
def test_a_content_type_is_kept(open_site: "OpenSite", limits: FetchLimits, header: str, shown: str | None) -> None:
    site = open_site(f"HTTP/1.1 200 OK\nContent-Type: {header}", b"page")
    assert fetch(site.url, limits).content_type == shown


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [
        ("\nContent-Type: application/pdf", "application/pdf"),
        ("\nContent-Type: text/html\nContent-Type: image/png", "image/png"),
        ("", None),
    ],
)
def test_the_caller_may_refuse_a_content_type_with_the_body_unread(
    open_site: "OpenSite", limits: FetchLimits, headers: str, content_type: str | None
) -> None:
    class Refused(ValueError):
        """An error of the caller's own, which no error of ours replaces."""

    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        visitor.send(f"HTTP/1.1 200 OK{headers}\n\n".replace("\n", "\r\n").encode())
        visitor.hang()

    def refuse(content_type: str | None) -> None:
        raise Refused(content_type)

    with pytest.raises(Refused) as refused:
        fetch(open_site(script).url, limits, check_type=refuse)
    assert refused.value.args == (content_type,)


def test_the_content_type_of_a_refusal_does_not_matter(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site("HTTP/1.1 404 Not Found\nContent-Type: image/png")
    with pytest.raises(PageRefused):
        fetch(site.url, limits, check_type=int)


@pytest.mark.parametrize("body", [b"plain words", b"", b"\x89PNG\r\n\x1a\n"])
def test_a_page_may_have_no_content_type(open_site: "OpenSite", limits: FetchLimits, body: bytes) -> None:
    page = fetch(open_site("HTTP/1.1 200 OK", body).url, limits)
    assert (page.content_type, page.body) == (None, body)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 505, 507, 511, 520, 599])
def test_a_status_that_may_pass_is_busy(open_site: "OpenSite", limits: FetchLimits, status: int) -> None:
    with pytest.raises(ServerBusy) as busy:
        fetch(open_site(f"HTTP/1.1 {status} X\nRetry-After: 7", b"later").url, limits)
    assert (busy.value.retry_after, busy.value.retryable) == (7.0, True)
    assert str(busy.value).startswith(f"The site answered {status}")


def test_a_busy_site_that_names_no_time_leaves_it_open(open_site: "OpenSite", limits: FetchLimits) -> None:
    with pytest.raises(ServerBusy, match=r"^The site answered 503 Service Unavailable\.$") as busy:
        fetch(open_site("HTTP/1.1 503 Away").url, limits)
    assert busy.value.retry_after is None


@pytest.mark.parametrize(
    "status", [101, 300, 304, 305, 306, 309, 400, 401, 403, 404, 405, 406, 410, 418, 451, 499, 600, 999]
)
def test_any_other_status_is_final(open_site: "OpenSite", limits: FetchLimits, status: int) -> None:
    with pytest.raises(PageRefused) as refused:
        fetch(open_site(f"HTTP/1.1 {status} X\nRetry-After: 7\nLocation: /").url, limits)
    assert not refused.value.retryable
    assert str(refused.value).startswith(f"The site answered {status}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_their_bodies_left_alone(
    open_site: "OpenSite", limits: FetchLimits, status: int
) -> None:
    def script(visitor: "Visitor") -> None:
        if "GET /start" not in visitor.read_request().decode():
            visitor.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nend")
            return
        visitor.send(f"HTTP/1.1 {status} Moved\r\nLocation: /end?a#b\r\nContent-Type: image/png\r\n\r\n".encode())
        visitor.hang()

    site = open_site(script)
    page = fetch(f"{site.url}start", limits)
    assert (page.body, page.final_url) == (b"end", f"{site.url}end?a")


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("b", "a/b"),
        ("?q", "a/?q"),
        ("../b", "b"),
        ("/\u00c3\u00a9", "%C3%A9"),
        ("/\u00e9", "%E9"),
        ("/\u00c3\u00a9/\u00e9?\u00e9#\u00e9", "%C3%A9/%E9?%E9"),
        ("b\nLocation: b", "a/b"),
        ("", "a/"),
        ("//me:secret@127.0.0.1:{port}/b", "b"),
    ],
)
def test_where_a_redirect_leads(open_site: "OpenSite", limits: FetchLimits, location: str, target: str) -> None:
    def script(visitor: "Visitor") -> None:
        visitor.read_request()
        head = f"302 Found\r\nLocation: {location.format(port=site.port)}" if len(site.visitors) == 1 else "200 OK"
        visitor.send(f"HTTP/1.1 {head}\r\n\r\n".encode("latin-1"))

    site = open_site(script)
    assert fetch(f"{site.url}a/", limits).final_url == f"{site.url}{target}"


def test_as_many_redirects_as_the_limit_are_followed_and_no_more(open_site: "OpenSite", limits: FetchLimits) -> None:
    site = open_site("HTTP/1.1 302 Found\nLocation: /")
    with pytest.raises(TooManyRedirects, match=r"^The site redirects more than 3 times\.$"):
        fetch(site.url, replace(limits, max_redirects=3))
    assert len(site.visitors) == 4


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("file:///etc/passwd", "must begin with http:// or https://"),
        ("gopher://127.0.0.1:6379/_x", "must begin with http:// or https://"),
        ("data:text/html,words", "must begin with http:// or https://"),
        ("javascript:alert(1)", "must begin with http:// or https://"),
        ("ftp://example.com/", "must begin with http:// or https://"),
        ("http://", "must be a full URL with a valid host, like https://example.com/page"),
        ("http://a b/", "must be a full URL with a valid host, like https://example.com/page"),
        ("http://*/", "must have a host name that can exist, like example.com"),
        ("/" * 2_049, "must not be longer than 2,048 characters"),
    ],
)
def test_a_redirect_to_nowhere_is_final(open_site: "OpenSite", limits: FetchLimits, location: str, why: str) -> None:
    with pytest.raises(InvalidRedirect) as refused:
        fetch(open_site(f"HTTP/1.1 302 Found\nLocation: {location}").url, limits)
    assert str(refused.value) == f"The redirect target {why}."


@pytest.mark.parametrize(
    "locations", ["Location: /b\nLocation: /c", "Location: /b\nlocation:", "Location:\nLocation: /b"]
)
def test_a_redirect_to_several_targets_is_final(open_site: "OpenSite", limits: FetchLimits, locations: str) -> None:
    with pytest.raises(InvalidRedirect, match=r"^The site redirects to several targets at once\.$"):
        fetch(open_site(f"HTTP/1.1 302 Found\n{locations}").url, limits)


def test_a_redirect_without_a_target_is_final(open_site: "OpenSite", limits: FetchLimits) -> None:
    with pytest.raises(InvalidRedirect, match="without saying where to"):
        fetch(open_site("HTTP/1.1 301 Moved").url, limits)


def test_only_redirect_statuses_redirect(open_site: "OpenSite", limits: FetchLimits) -> None:
    refresh = b'<meta http-equiv="refresh" content="0;url=http://10.0.0.1/">'
    site = open_site(f"{HTML}\nRefresh: 0; url=http://10.0.0.1/\nLocation: http://10.0.0.1/", refresh)
    assert fetch(site.url, limits).body == refresh


def test_cookies_last_for_the_redirects_of_one_fetch(open_site: "OpenSite", limits: FetchLimits) -> None:
    def script(visitor: "Visitor") -> None:
        has_cookie = "Cookie: seen=1" in visitor.read_request().decode()
        head = "200 OK" if has_cookie else "302 Found\r\nLocation: /\r\nSet-Cookie: seen=1"
        visitor.send(f"HTTP/1.1 {head}\r\n\r\n".encode())

    site = open_site(script)
    fetcher = PageFetcher(limits)
    fetcher.fetch(site.url)
    fetcher.fetch(site.url)
    assert len(site.visitors) == 4  # each fetch is sent back once


def test_cookies_go_back_to_their_own_host_only(open_site: "OpenSite", limits: FetchLimits) -> None:
    other = open_site(HTML)
    target = f"http://other.example.com:{other.port}/"
    site = open_site(f"HTTP/1.1 302 Found\nLocation: {target}\nSet-Cookie: a=1\nSet-Cookie: b=2; Domain=example.org")
    fetch(f"http://www.example.com:{site.port}/", limits, resolver=lambda _: ["127.0.0.1"])
    assert "Cookie" not in other.requests[0]


def test_one_fetcher_serves_many_threads_that_know_nothing_of_one_another(
    open_site: "OpenSite", limits: FetchLimits
) -> None:
    def script(visitor: "Visitor") -> None:
        path = visitor.read_request().split(b" ")[1].decode()
        if path.startswith("/start"):
            visitor.send(
                f"HTTP/1.1 302 Found\r\nLocation: /end{path[6:]}\r\nSet-Cookie: id={path[6:]}\r\n\r\n".encode()
            )
        else:
            visitor.send(b"HTTP/1.1 200 OK\r\n\r\n", visitor.request)

    site = open_site(script)
    fetcher = PageFetcher(limits)
    with ThreadPoolExecutor(8) as threads:
        pages = list(threads.map(lambda number: fetcher.fetch(f"{site.url}start{number}"), range(100)))
    assert [re.findall(rb"Cookie: (.*)\r", page.body) for page in pages] == [[b"id=%d" % n] for n in range(100)]


def test_a_name_that_does_not_resolve_may_do_so_later(limits: FetchLimits) -> None:
    def resolver(_name: str) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(ConnectionFailed) as failed:
        fetch("http://www.example.com/", limits, resolver=resolver)
    assert str(failed.value) == "The host name could not be resolved; check its spelling."


def test_the_next_address_is_tried_when_one_refuses(
    open_site: "OpenSite", limits: FetchLimits, traffic: "Traffic"
) -> None:
    site = open_site(HTML, b"page")
    anywhere_here = replace(limits, allowed_private_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
    url = f"http://www.example.com:{site.port}/"
    assert fetch(url, anywhere_here, resolver=lambda _: ["::1", "127.0.0.1"]).body == b"page"
    assert traffic.connections in (["::1", "127.0.0.1"], ["127.0.0.1"])  # the latter on a machine without IPv6


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        ("204 No Content", (204, None)),
        ("302 Found\nLocation: /elsewhere", (302, None)),
        ("404 Not Found\nRetry-After: soon", (404, None)),
        ("503 Away\nRetry-After: 7\nContent-Length: 99999999999", (503, 7.0)),
    ],
)
def test_a_post_is_sent_once_and_only_the_head_of_its_answer_is_read(
    open_site: "OpenSite", limits: FetchLimits, head: str, answer: tuple[int, float | None]
) -> None:
    def script(visitor: "Visitor") -> None:
        while b"words" not in visitor.request:
            visitor.request += visitor.connection.recv(65_536)
        visitor.send(f"HTTP/1.1 {head}\n\n".replace("\n", "\r\n").encode())
        visitor.hang()

    site = open_site(script)
    fetcher = PageFetcher(replace(limits, user_agent="tester/1"))
    assert fetcher.post(f"{site.url}a?b=%zz", b"words", {"Content-Type": "text/plain"}) == answer
    (request,) = site.requests
    start, *headers, end, body = request.split("\r\n")
    assert (start, end, body) == ("POST /a?b=%zz HTTP/1.1", "", "words")
    assert sorted(headers) == [
        "Accept-Encoding: gzip",
        "Connection: close",
        "Content-Length: 5",
        "Content-Type: text/plain",
        f"Host: 127.0.0.1:{site.port}",
        "User-Agent: tester/1",
    ]


def test_a_post_is_guarded_too() -> None:
    with pytest.raises(AddressRefused):
        PageFetcher(FetchLimits()).post("http://127.0.0.1/", b"words", {})


def is_over(deadline: Deadline) -> bool:
    try:
        deadline.remaining()
    except FetchTimedOut:
        return True
    return False


class TestAsking:
    def test_a_site_is_asked_at_once_and_its_answer_is_read_later(
        self, open_site: "OpenSite", limits: FetchLimits
    ) -> None:
        site = open_site(f"{HTML}\nContent-Length: 2", b"hi")
        fetcher = PageFetcher(limits)
        asked = fetcher.ask(f"{site.url}later", accept="text/html")
        eventually(lambda: "GET /later HTTP/1.1" in "".join(site.requests), "the site is asked")
        page = fetcher.fetch(f"{site.url}later", asked=asked)
        assert (page.final_url, page.body) == (f"{site.url}later", b"hi")
        assert len(site.requests) == 1

    def test_time_in_which_nobody_reads_is_not_the_site_s(self, open_site: "OpenSite", limits: FetchLimits) -> None:
        site = open_site(f"{HTML}\nContent-Length: 2", b"hi")
        fetcher = PageFetcher(replace(limits, total_timeout_seconds=2))
        asked = fetcher.ask(site.url)
        eventually(lambda: is_over(asked.deadline), "nobody has read for longer than a fetch may take")
        assert fetcher.fetch(site.url, asked=asked).body == b"hi"

    def test_an_answer_that_nobody_reads_keeps_no_connection(self, open_site: "OpenSite", limits: FetchLimits) -> None:
        site = open_site(lambda visitor: visitor.read_request() and visitor.connection.recv(1))
        asked = PageFetcher(limits).ask(site.url)
        asked.close()
        eventually(lambda: [True for visitor in site.visitors if visitor.connection.fileno() < 0], "it is closed")
