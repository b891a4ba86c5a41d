"""A quote is kept once, with every place where it was seen, whoever keeps what at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest

from job_core.store import retention
from page_read.page import read_page
from page_read.quote_text import normal_form
from page_read.quotes import find_quotes
from quote_store.keep import FoundQuote
from tests.integration.job_store import Store
from tests.integration.kept_quotes import PAGE, KeptQuotes, a_quote

TEXT = "Be yourself; everyone else is taken."
ELSEWHERE = "https://elsewhere.example/"

SAIL = "Nobody will ever see a sail from this window again, and the whole harbour will be closed before the winter"
BOATS = "We have never been asked by anybody what we want to do with our boats"
SPEECH = f"<p>It rained. “{SAIL},” said Anna Berg. The council met. “{BOATS},” said Peter Holm.</p>"


def read_from(html: str) -> list[FoundQuote]:
    """The quotes of a page."""
    found = find_quotes(read_page(html.encode(), "text/html; charset=utf-8"))
    return [FoundQuote(**vars(quote), normal_form=normal_form(quote.text), language="en") for quote in found]


class TestOneQuote:
    """However it is spelled, and wherever it was seen."""

    @pytest.mark.parametrize(
        "other", ["BE YOURSELF, everyone else is taken", "Be\u00a0yourself; every\u00adone else is taken"]
    )
    def test_other_spellings_are_further_sightings(self, quotes: KeptQuotes, other: str) -> None:
        quotes.keep(a_quote(TEXT))
        quotes.keep(a_quote(other), url=ELSEWHERE)
        quote = quotes.one()
        assert (quote["text"], quote["sightings"]) == (TEXT, 2)
        assert {sighting["url"] for sighting in quotes.sightings(quote)} == {PAGE, ELSEWHERE}

    def test_a_part_of_it_is_another(self, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote(TEXT), a_quote("Be yourself"))
        assert quotes.texts() == {TEXT, "Be yourself"}

    def test_found_again_on_the_page_it_has_the_same_sightings(self, quotes: KeptQuotes, store: Store) -> None:
        quotes.keep(a_quote(TEXT, "Oscar Wilde", context="before"))
        store.sql("UPDATE sightings SET first_seen = now() - interval '1 day', last_seen = now() - interval '1 day'")
        quotes.keep(a_quote(TEXT, "Oscar Wilde", context="after"))
        (sighting,) = quotes.sightings(quotes.one())
        assert sighting["context"] == "after"
        assert sighting["last_seen"] > sighting["first_seen"]

    def test_each_sighting_names_the_last_job_that_found_it_while_that_is_kept(
        self, quotes: KeptQuotes, store: Store
    ) -> None:
        first, _, last = claims = [store.claimed() for _ in range(3)]
        for held, url in zip(claims, (ELSEWHERE, PAGE, PAGE), strict=True):
            quotes.keep(a_quote(TEXT), url=url, held=held)
            store.succeed(held)
        found_by = {each["url"]: each["job_id"] for each in quotes.sightings(quotes.one())}
        assert found_by == {ELSEWHERE: first.job_id, PAGE: last.job_id}
        with store.database.transaction() as connection:
            assert retention.delete_ended(connection, timedelta(0)) == 3
        assert [each["job_id"] for each in quotes.sightings(quotes.one())] == [None, None]

    def test_its_confidence_and_page_are_those_of_the_surest_sighting(self, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote(TEXT, confidence=0.5))
        quotes.keep(a_quote(TEXT, confidence=0.95), url=ELSEWHERE)
        quotes.keep(a_quote(TEXT, confidence=0.75), url="https://third.example/")
        quote = quotes.one()
        assert (quote["confidence"], quote["found_on"]) == (0.95, ELSEWHERE)

    def test_a_source_that_was_missing_is_filled_in(self, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote(TEXT))
        quotes.keep(a_quote(TEXT, source="Letters"), url=ELSEWHERE)
        assert quotes.one()["source"] == "Letters"


class TestWhoSaidIt:
    """The author of most sightings; none is forgotten."""

    def test_two_authors_on_one_page_are_both_kept(self, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote(TEXT, "Oscar Wilde"), a_quote(TEXT, "Mark Twain"))
        assert {each["author"] for each in quotes.sightings(quotes.one())} == {"Oscar Wilde", "Mark Twain"}
        assert quotes.authors() == {"Mark Twain": 1, "Oscar Wilde": 1}
        assert quotes.texts(author="Twain, Mark") == quotes.texts(author="OSCAR WILDE") == {TEXT}

    def test_it_is_whom_most_sightings_name(self, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote(TEXT, "Mark Twain", confidence=0.95))
        quotes.keep(a_quote(TEXT, "Oscar Wilde"), url=ELSEWHERE)
        assert quotes.one()["author"] == "Mark Twain"
        quotes.keep(a_quote(TEXT, "Wilde, Oscar"), url=f"{ELSEWHERE}2")
        assert quotes.one()["author"] == "Oscar Wilde"

    def test_sightings_without_an_author_outvote_nobody(self, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote(TEXT, None))
        quotes.keep(a_quote(TEXT, None), url=f"{ELSEWHERE}2")
        assert quotes.one()["author"] is None
        quotes.keep(a_quote(TEXT, "Oscar Wilde"), url=ELSEWHERE)
        assert quotes.one()["author"] == "Oscar Wilde"

    def test_an_author_has_as_many_quotes_as_there_are_not_sightings(self, quotes: KeptQuotes) -> None:
        for page in range(3):
            quotes.keep(a_quote(TEXT, "Oscar Wilde"), a_quote("Another.", "Oscar Wilde"), url=f"{ELSEWHERE}{page}")
        assert quotes.authors() == {"Oscar Wilde": 2}


class TestAtTheSameTime:
    """Pages are kept by many processes."""

    def test_overlapping_pages_are_kept_without_deadlock_or_double(self, quotes: KeptQuotes, store: Store) -> None:
        texts = [f"Number {number} of many." for number in range(30)]
        claims = [store.claimed() for _ in range(8)]

        def keep_pages(lane: int) -> None:
            chance = Random(lane)
            for page in range(6):
                found = [a_quote(text, chance.choice(["Ada", "Grace"])) for text in chance.sample(texts, 20)]
                quotes.keep(*found, url=f"https://{lane % 3}.example/{page}", held=claims[lane])

        with ThreadPoolExecutor(8) as lanes:
            list(lanes.map(keep_pages, range(8)))
        assert len(quotes.all()) == len(quotes.texts()) == 30
        assert quotes.authors().keys() == {"Ada", "Grace"}

    def test_quotes_are_taken_down_meanwhile(self, quotes: KeptQuotes, store: Store) -> None:
        found = [a_quote(f"Number {number} of many.", author) for number in range(12) for author in ("Ada", "Grace")]
        quotes.keep(*found)
        claims = [store.claimed() for _ in range(4)]
        kept = quotes.all()

        def keep_pages(lane: int) -> None:
            for page in range(6):
                quotes.keep(*found[:: 1 - lane % 2 * 2], url=f"https://{lane}.example/{page}", held=claims[lane])

        with ThreadPoolExecutor(6) as callers:
            keeping = callers.map(keep_pages, range(4))
            assert all(callers.map(quotes.take_down, kept))
            list(keeping)
        assert quotes.all() == []
        assert quotes.authors() == {}

    def test_no_context_survives_and_nobody_waits_for_ever_where_those_beside_it_are_kept_meanwhile(
        self, quotes: KeptQuotes, store: Store
    ) -> None:
        found = [a_quote(f"Number {number} of many.", "Ada", context="all of them") for number in range(20)]
        quotes.keep(*found)
        claims = [store.claimed() for _ in range(4)]
        taken = [quote for quote in quotes.all() if int(quote["text"].split()[1]) % 2]

        def keep_page(lane: int) -> None:
            for page in range(12):  # with and without those that are taken down
                quotes.keep(*found[:: [1, -1, 2, -1][(lane + page) % 4]], held=claims[lane])
            quotes.keep(*found, held=claims[lane])

        with ThreadPoolExecutor(6) as callers:
            keeping = callers.map(keep_page, range(4))
            assert all(callers.map(quotes.take_down, taken))
            list(keeping)
        assert len(quotes.all()) == 10
        assert {sighting["context"] for quote in quotes.all() for sighting in quotes.sightings(quote)} == {""}

    def test_whose_claim_is_lost_keeps_nothing(self, quotes: KeptQuotes, store: Store) -> None:
        lost = store.claimed()
        store.give_back(store.worker_of(lost), lost.job_id)
        quotes.keep(a_quote(TEXT), held=lost)
        assert quotes.all() == []
        again = store.ask_for(lost.job_id)
        quotes.keep(a_quote(TEXT), held=lost)
        assert quotes.all() == []
        quotes.keep(a_quote(TEXT), held=again)  # type: ignore[arg-type]
        assert quotes.texts() == {TEXT}

    def test_a_claim_is_not_lost_while_a_page_is_kept(self, quotes: KeptQuotes, store: Store) -> None:
        held = store.claimed()
        keep = "SELECT keep_quotes(%s, %s, %s, '[]', '', '')"
        with store.database.transaction() as keeping:
            keeping.exec_driver_sql(keep, (held.job_id, held.job_id, held.attempt))
            waiting = store.database.call("SELECT id FROM jobs WHERE id = %s FOR UPDATE SKIP LOCKED", held.job_id)
        assert waiting == []
        assert quotes.all() == []


class TestTakingDown:
    """A quote that was taken down leaves nothing, and does not come back."""

    def test_text_sightings_and_counts_are_gone(self, quotes: KeptQuotes, store: Store) -> None:
        job_id = quotes.keep(a_quote(TEXT, "Oscar Wilde", source="Letters"), a_quote("Another.", "Oscar Wilde"))
        quote = quotes.one(text="yourself")
        assert quotes.take_down(quote)
        assert quotes.texts() == {"Another."}
        assert quotes.sightings(quote) == []
        assert quotes.authors() == {"Oscar Wilde": 1}
        assert [found["text"] for found in quotes.found_by(job_id)] == ["Another."]
        assert quotes.all(text="yourself") == []
        for table in ("quotes", "sightings", "sighting_counts", "authors", "found_quotes"):
            assert "yourself" not in str(store.sql(f"SELECT * FROM {table}"))
        assert not quotes.take_down(quote)

    def test_found_again_it_stays_away(self, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote(TEXT, "Oscar Wilde"))
        quotes.take_down(quotes.one())
        job_id = quotes.keep(a_quote(TEXT.upper(), "Oscar Wilde"), a_quote("Another."), url=ELSEWHERE)
        assert quotes.texts() == {"Another."}
        assert quotes.authors() == {}
        assert [found["text"] for found in quotes.found_by(job_id)] == ["Another."]

    def test_the_quotes_beside_it_forget_what_their_contexts_hold_of_it(self, quotes: KeptQuotes, store: Store) -> None:
        alices = KeptQuotes(store, "alice")
        for kept in (quotes, alices):
            kept.keep(*read_from(SPEECH))
        quotes.keep(a_quote("Another.", context="It stands alone."), url=ELSEWHERE)
        (half,) = quotes.sightings(quotes.one(text="boats"))
        assert SAIL[60:] in half["context"]
        assert SAIL not in half["context"]
        quotes.take_down(quotes.one(text="sail"))

        def context(kept: KeptQuotes, text: str) -> str:
            (sighting,) = kept.sightings(kept.one(text=text))
            return str(sighting["context"])

        assert context(quotes, "boats") == ""
        assert context(quotes, "another") == "It stands alone."
        assert context(alices, "boats") == half["context"]

    @pytest.mark.parametrize("url", [PAGE, ELSEWHERE])
    def test_found_again_it_comes_back_in_no_context_either(self, quotes: KeptQuotes, store: Store, url: str) -> None:
        quotes.keep(*read_from(SPEECH))
        quotes.take_down(quotes.one(text="sail"))
        job_id = quotes.keep(*read_from(SPEECH.replace("Nobody", "NOBODY")), url=url)
        assert [(found["text"], found["context"]) for found in quotes.found_by(job_id)] == [(BOATS, "")]
        assert "window" not in str(store.sql("SELECT * FROM sightings"))
        quotes.keep(*read_from(f"<p>The council met. “{BOATS},” said Peter Holm.</p>"), url=url)
        contexts = {sighting["url"]: sighting["context"] for sighting in quotes.sightings(quotes.one())}
        assert contexts[url] == f"The council met. “{BOATS},” said Peter Holm."

    def test_another_owners_cannot_be_taken_down(self, quotes: KeptQuotes, store: Store) -> None:
        alices = KeptQuotes(store, "alice")
        alices.keep(a_quote(TEXT))
        assert not quotes.take_down(alices.one())
        assert alices.texts() == {TEXT}


def test_owners_have_quotes_apart(quotes: KeptQuotes, store: Store) -> None:
    alices, bobs = KeptQuotes(store, "alice"), KeptQuotes(store, "bob")
    alices.keep(a_quote(TEXT, "Oscar Wilde"))
    bobs.keep(a_quote(TEXT, "Mark Twain"), a_quote("Another."))
    assert (alices.one()["author"], bobs.one(text="yourself")["author"]) == ("Oscar Wilde", "Mark Twain")
    assert (quotes.all(), quotes.authors(), quotes.random()) == ([], {}, None)
    assert alices.all(author="Mark Twain") == alices.all(text="another") == []
    assert alices.all(site="site.example") == alices.all()
    assert bobs.sightings(alices.one()) == []
    assert alices.take_down(alices.one())
    assert len(bobs.all()) == 2
    alices.check()
    bobs.check()


ODD = {
    "NUL": "Nothing\0 comes of nothing.",
    "half of a surrogate pair": "Half \ud83d a smile is better.",
    "2,000 characters": "word " * 399 + "words",
    "2,000 characters outside of the BMP": "\U00020000" * 2_000,
    "from right to left": "كن أنت نفسك \u202aفالكل محجوز\u202c",
    "emoji": "Keep smiling 👩‍👩‍👧 every day 🏳️‍🌈.",
    "percent and colon": "100% of :text and %s are {kept} \\ as '; they -- are\"",
    "combining marks": "Z̵͓̈a̴l̶g̷o̸ comes",
    "one long word": "x" * 2_000,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_are_kept(quotes: KeptQuotes, text: str) -> None:
    job_id = quotes.keep(a_quote(text, text[:150], source=text, context=text))
    kept = text.replace("\0", "").replace("\ud83d", "")
    assert quotes.one()["text"] == kept
    assert [found["context"] for found in quotes.found_by(job_id)] == [kept]
    assert quotes.texts(author=text[:150]) == {kept}


@pytest.mark.parametrize("text", ["?!…", "\0", "\u00ad", "x" * 2_001], ids=str)
def test_what_is_no_text_or_too_long_is_left_out_and_the_page_is_kept(quotes: KeptQuotes, text: str) -> None:
    quotes.keep(a_quote(text), a_quote(TEXT))
    assert quotes.texts() == {TEXT}


def test_names_of_any_length_are_kept(quotes: KeptQuotes) -> None:
    long = "".join(Random(1).choices("abcdefghij klmnopqrstuvwxyz", k=100_000))
    quotes.keep(a_quote(TEXT, long, source=long, language=long))
    assert len(quotes.one()["author"]) == 200
    assert quotes.texts(author=long) == {TEXT}


def test_a_job_that_is_forgotten_leaves_its_quotes(quotes: KeptQuotes, store: Store) -> None:
    held = store.claimed()
    quotes.keep(a_quote(TEXT, "Oscar Wilde"), held=held)
    store.succeed(held)
    assert len(quotes.found_by(held.job_id)) == store.count("found_quotes") == 1
    with store.database.transaction() as connection:
        assert retention.delete_ended(connection, timedelta(0)) == 1
    assert store.count("found_quotes") == 0
    assert len(quotes.sightings(quotes.one())) == 1


def test_what_a_job_found_says_what_was_new(quotes: KeptQuotes, store: Store) -> None:
    quotes.keep(a_quote("Known."))
    held = store.claimed()
    for url in (ELSEWHERE, f"{ELSEWHERE}2", ELSEWHERE):
        quotes.keep(a_quote("Known."), a_quote(TEXT), url=url, held=held)
    found = [(each["text"], each["url"], each["is_new"]) for each in quotes.found_by(held.job_id)]
    assert sorted(found) == [
        (TEXT, ELSEWHERE, True),
        (TEXT, f"{ELSEWHERE}2", False),
        ("Known.", ELSEWHERE, False),
        ("Known.", f"{ELSEWHERE}2", False),
    ]
