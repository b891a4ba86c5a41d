"""What is wrong with a page becomes the error of its job."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from job_core.errors import PermanentError, TransientError
from job_tasks.count import CountRequest, count_words
from job_tasks.fetching import fetch_page, fetcher, frequencies_of


@pytest.fixture(autouse=True)
def _may_fetch_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FETCH_ALLOWED_PRIVATE_NETWORKS", "127.0.0.0/8")
    fetcher.cache_clear()
    yield
    fetcher.cache_clear()


def test_a_page_is_counted(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("<p>One two, two.", content_type="text/html")
    page = fetch_page(httpserver.url_for("/"))
    assert frequencies_of(page) == {"one": 1, "two": 2}
    result = count_words(page, CountRequest(url=httpserver.url_for("/"), word="Two", top=1))
    assert (result["words"], result["unique_words"], result["top"], result["word"]) == (
        3,
        2,
        (("two", 2),),
        {"word": "Two", "count": 2},
    )
    ((request, _),) = httpserver.log
    assert request.headers["Accept"] == "text/html, application/xhtml+xml, text/plain;q=0.9"


def test_a_page_of_another_type_is_a_permanent_error_that_names_it(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("%PDF", content_type="application/pdf")
    with pytest.raises(PermanentError) as refused:
        fetch_page(httpserver.url_for("/"))
    assert (refused.value.type, refused.value.title) == ("not-text", "The page is not text")
    assert str(refused.value) == "The page is 'application/pdf'. Only HTML and plain text are counted."


def test_binary_without_a_type_is_a_permanent_error(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"\x89PNG\r\n\x1a\n", content_type="")
    page = fetch_page(httpserver.url_for("/"))
    for read in (frequencies_of, lambda page: count_words(page, CountRequest(url=page.final_url))):
        with pytest.raises(PermanentError) as refused:
            read(page)
        assert refused.value.type == "not-text"


def test_a_busy_site_is_a_transient_error_with_its_wait_and_the_host_that_answered(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(status=302, headers={"Location": httpserver.url_for("/busy")})
    httpserver.expect_request("/busy").respond_with_data(status=503, headers={"Retry-After": "7"})
    with pytest.raises(TransientError) as busy:
        fetch_page(f"http://127.0.0.1:{httpserver.port}/")
    assert (busy.value.type, busy.value.retry_after, busy.value.limit_key) == ("server-busy", 7.0, "localhost")


def test_an_address_inside_is_a_permanent_error() -> None:
    with pytest.raises(PermanentError) as refused:
        fetch_page("http://10.0.0.1/")
    assert refused.value.type == "address-refused"
