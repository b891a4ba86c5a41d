from urllib.parse import quote

from dev.manager import SUCCESS, Manager, Outcome
from dev.pages import PageServer


def test_a_page_is_counted_from_end_to_end(manager: Manager, pages: PageServer) -> None:
    url = pages.url("/words/61/end-to-end")
    accepted = manager.ask("POST", "/count", {"url": url, "word": "Word", "top": 1})
    job_id = accepted.body["id"]
    assert (accepted.status, accepted.headers["Location"]) == (202, f"/result/{job_id}")
    assert manager.ended(job_id) == SUCCESS
    job = manager.job(job_id)
    result = {key: value for key, value in job["result"].items() if not key.endswith("_ms")}
    assert result == {
        "words": 61,
        "unique_words": 1,
        "top": [["word", 61]],
        "word": {"word": "Word", "count": 61},
        "final_url": url,
        "http_status": 200,
        "content_type": "text/html; charset=utf-8",
        "charset": "utf-8",
        "charset_source": "header",
        "bytes": len("<!doctype html><title>Page</title><p>") + 61 * len("word "),
        "language": None,
    }
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]
    assert pages.requests("/words/61/end-to-end") == 1


def test_a_url_that_is_long_without_its_credentials_is_counted(manager: Manager, pages: PageServer) -> None:
    job_id = manager.submit(pages.url(f"/words/5/{'字' * 300}").replace("http://", "http://user:hunter2@"))
    assert manager.ended(job_id) == SUCCESS
    assert manager.job(job_id)["url"] == pages.url(f"/words/5/{quote('字' * 300)}")


def test_an_id_that_was_never_given_is_unknown(manager: Manager) -> None:
    answer = manager.ask("GET", "/result/01890000-0000-7000-8000-000000000000")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.body["type"] == "urn:job-manager:unknown-job"


def test_a_page_that_is_not_there_fails_its_job_at_once(manager: Manager, pages: PageServer) -> None:
    assert manager.ended(manager.submit(pages.url("/missing"))) == Outcome(
        status="FAILURE", attempts=["FAILURE: page-refused"], error="page-refused"
    )
