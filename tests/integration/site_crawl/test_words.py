"""The words of a crawl are put together from those of its pages, however many there are."""

import json
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from site_crawl import words
from site_crawl.words import PLACES, put_together
from tests.integration.job_store import Store
from tests.integration.site_crawl.test_frontier import Crawl, counted, found

PAGES = 30


def counts_of(number: int) -> dict[str, int]:
    """Each page has words of its own, words of some others, and one of all."""
    own = {f"only{number}x{each}": 1 for each in range(20)}
    return own | {f"some{each}": number + each for each in range(1, number % 7)} | {"all": number % 10 + 1}


@pytest.fixture
def crawl(store: Store) -> Crawl:
    """A crawl that has counted PAGES pages."""
    crawl = Crawl(store)
    lane = crawl.lane()
    page = lane.next_page()
    for number in range(PAGES):
        assert page is not None
        end = replace(counted(page), counts=json.dumps(counts_of(number)))
        page = lane.next_page(end, [found(f"/{number + 1}")] if number < PAGES - 1 else [])
    return crawl


@pytest.mark.parametrize("at_once", [7, 10_000])
@pytest.mark.parametrize("most_words", [100, 10_000])
def test_every_word_has_its_count_its_pages_and_the_places_where_it_stands_most(
    crawl: Crawl, monkeypatch: pytest.MonkeyPatch, at_once: int, most_words: int
) -> None:
    for bound in ("WORDS_AT_ONCE", "PAGES_AT_ONCE"):
        monkeypatch.setattr(words, bound, at_once)
    monkeypatch.setattr(words, "MAX_WORDS", most_words)
    put_together(crawl.store.database, crawl.id)
    put_together(crawl.store.database, crawl.id)  # as an attempt after a crash does
    places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    ids = crawl.store.database.call("SELECT id FROM crawl_pages WHERE crawl_id = %s ORDER BY id", crawl.id)
    for number, (page_id,) in enumerate(ids):
        for word, count in counts_of(number).items():
            places[word].append((-count, page_id))
    rows = crawl.store.database.call(
        "SELECT word, count, pages, page_ids, page_counts FROM crawl_words WHERE crawl_id = %s", crawl.id
    )
    assert {word: count for word, count, *_ in rows} == dict(sum(map(Counter, map(counts_of, range(PAGES))), Counter()))
    for word, _, pages, page_ids, page_counts in rows:
        assert pages == len(places[word])
        assert [(-count, page) for count, page in zip(page_counts, page_ids, strict=True)] == sorted(places[word])[
            :PLACES
        ]
