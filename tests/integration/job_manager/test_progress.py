"""How far a job is that goes on for long: in its answer, and as events."""

import time
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from job_core.store.read import find_whole
from job_manager.events import PROGRESS_SECONDS
from tests.integration.job_manager.crawling import Crawl
from tests.integration.job_manager.test_events import Stream, opened, shown
from tests.integration.job_store import KINDS, Store
from tests.integration.pausing import Stopwatch

QUIET_SECONDS = 2.5  # in which a job that does not go on gets no event
BUSY_SECONDS = 3.5


def progress_in(stream: Stream) -> dict[str, object]:
    event = stream.next()
    assert event.id == "1-STARTED"
    return dict(event.job["progress"])


def test_a_job_shows_how_far_it_is_once_it_has_begun(client: FlaskClient, store: Store) -> None:
    crawl = Crawl(store, word="Pear")
    path = f"/result/{crawl.id}"
    assert client.get(path).get_json()["progress"] is None
    crawl.begin()
    crawl.count({"pear": 2, "tree": 1}, "/a", "/b", "/c")
    crawl.fail("page-refused", "The site answered 404 Not Found.")
    progress = client.get(path).get_json()["progress"]
    assert progress.pop("seconds") >= 0
    assert progress == {
        "discovered": 4,
        "waiting": 1,
        "running": 1,
        "outcomes": {"counted": 1, "failed": 1},
        "asked_for": 3,
        "words": 3,
        "word_count": 2,
        "bytes": 100,
    }


def test_a_cancelled_job_still_shows_how_far_it_came(client: FlaskClient, store: Store) -> None:
    crawl = Crawl(store)
    crawl.begin()
    crawl.count({"pear": 2}, "/a")
    cancelled = client.delete(f"/result/{crawl.id}").get_json()
    assert (cancelled["status"], cancelled["result"], cancelled["progress"]["words"]) == ("REVOKED", None, 2)


def test_a_kind_that_does_not_say_has_none(client: FlaskClient, store: Store) -> None:
    held = store.claimed()
    assert client.get(f"/result/{held.job_id}").get_json()["progress"] is None


def test_many_jobs_are_asked_about_by_one_question(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    crawls = [Crawl(store) for _ in range(3)]
    for crawl in crawls[:2]:
        crawl.begin()
    ask, asked = KINDS["crawl"].progress, []
    assert ask is not None
    monkeypatch.setitem(vars(KINDS["crawl"]), "progress", lambda *given: asked.append(given) or ask(*given))
    with store.database.reading() as connection:
        found = find_whole(connection, [*(crawl.id for crawl in crawls), store.claimed().job_id, uuid4()], KINDS)
    assert len(asked) == 1
    assert [found[crawl.id].progress is not None for crawl in crawls] == [True, True, False]


class TestEvents:
    """Of a job that goes on, between its steps."""

    def test_tell_that_it_has_gone_on_at_most_once_a_second(self, manager_url: str, store: Store) -> None:
        crawl = Crawl(store, max_pages=100_000)
        crawl.begin()
        with opened(manager_url, crawl.id) as stream:
            assert progress_in(stream)["discovered"] == 1
            watch, pages = Stopwatch(), 0
            while watch.seconds < BUSY_SECONDS:
                pages += 1
                crawl.count({"pear": pages}, f"/{pages}")
            seconds = watch.seconds
            store.cancel(crawl.id)
            told = [event.job["progress"]["outcomes"].get("counted", 0) for event in stream.events()]
        assert told[-1] == pages > len(told)
        assert 2 < len(told) <= 2 + seconds / PROGRESS_SECONDS

    def test_tell_nothing_while_only_time_passes(self, manager_url: str, store: Store) -> None:
        crawl = Crawl(store)
        crawl.begin()
        with opened(manager_url, crawl.id) as stream:
            first = progress_in(stream)
            time.sleep(QUIET_SECONDS)
            assert shown(manager_url, crawl.id)["progress"]["seconds"] > first["seconds"]
            crawl.count({"pear": 1})
            assert progress_in(stream)["words"] == 1

    def test_tell_one_who_comes_back_how_far_it_is_by_now(self, manager_url: str, store: Store) -> None:
        crawl = Crawl(store)
        crawl.begin()
        with opened(manager_url, crawl.id, last_seen="1-STARTED") as stream:
            assert progress_in(stream)["waiting"] == 0

    def test_tell_a_step_at_once_all_the_same(self, manager_url: str, store: Store) -> None:
        crawl = Crawl(store)
        crawl.begin()
        with opened(manager_url, crawl.id) as stream:
            progress_in(stream)
            watch = Stopwatch()
            store.cancel(crawl.id)
            assert [event.id for event in stream.events()] == ["1-REVOKED"]
            assert watch.seconds < PROGRESS_SECONDS
