"""Finding quotes: by words, author, language, site, kind and confidence, in lists and at random."""

from collections import Counter

import pytest

from quote_store import read
from quote_store.read import QuoteFilter
from tests.integration.job_store import Store
from tests.integration.kept_quotes import KeptQuotes, a_quote

LIFE, SEA, MEER, FALA = "Life is long.", "The sea is life, and deep.", "Das Meer ist tief.", "O mar fala."


def spread(store: Store, many: int, *, start: float = 0.0) -> None:
    """Let pivots lie at the same distance from each other, from `start` on; so many would fill an interval of 1."""
    for table in ("quotes", "sighting_counts"):
        store.sql(
            f"UPDATE {table} SET pivot = CAST(:start AS float) + place / CAST(:many AS float)"
            " FROM (SELECT number AS of, row_number() OVER (ORDER BY number) - 1 AS place FROM quotes) AS places"
            f" WHERE {table}.number = of",
            many=many,
            start=start,
        )


@pytest.fixture
def four(quotes: KeptQuotes, store: Store) -> KeptQuotes:
    """Four quotes that differ in everything."""
    quotes.keep(a_quote(LIFE, "Ada Lovelace", confidence=0.95), url="https://one.example/")
    quotes.keep(a_quote(SEA, "Grace Hopper", kind="speech", confidence=0.7), url="https://two.example/")
    quotes.keep(a_quote(MEER, "Zuse, Konrad", language="de-AT", confidence=0.5), url="https://two.example/")
    quotes.keep(a_quote(FALA, None, language="pt_BR", confidence=0.85), url="https://three.example/")
    spread(store, 4)
    return quotes


WHICH = [
    ({}, {LIFE, SEA, MEER, FALA}),
    ({"text": "life"}, {LIFE, SEA}),
    ({"text": "LIFE -deep"}, {LIFE}),
    ({"text": '"life is"'}, {LIFE}),
    ({"text": "sea or meer"}, {SEA, MEER}),
    ({"text": "-life"}, {MEER, FALA}),
    ({"text": "lif"}, set()),
    ({"author": "LOVELACE, Ada"}, {LIFE}),
    ({"author": "Konrad Zuse"}, {MEER}),
    ({"author": "***"}, set()),
    ({"language": "de"}, {MEER}),
    ({"language": "DE-at"}, {MEER}),
    ({"language": "de-CH"}, set()),
    ({"language": "pt-br"}, {FALA}),
    ({"language": "en-US"}, {LIFE, SEA}),
    ({"language": "EN-US", "author": "Ada Lovelace"}, {LIFE}),
    ({"language": "de-AT-1996"}, set()),
    ({"language": "en"}, {LIFE, SEA}),
    ({"language": "eng"}, set()),
    ({"site": "TWO.example"}, {SEA, MEER}),
    ({"site": "example"}, set()),
    ({"kind": "speech"}, {SEA}),
    ({"kind": "marked", "min_confidence": 0.85}, {LIFE, FALA}),
    ({"min_confidence": 0.95}, {LIFE}),
    ({"min_confidence": 0.7}, {LIFE, SEA, FALA}),
    ({"min_confidence": 1.0}, set()),
    ({"site": "two.example", "text": "life"}, {SEA}),
    ({"site": "two.example", "author": "Ada Lovelace"}, set()),
    ({"site": "two.example", "author": "Grace Hopper", "language": "en", "kind": "speech", "text": "deep"}, {SEA}),
]


@pytest.mark.parametrize(("which", "texts"), WHICH, ids=[str(which) for which, _ in WHICH])
def test_every_filter_finds_what_it_says(four: KeptQuotes, which: dict[str, object], texts: set[str]) -> None:
    assert four.texts(**which) == texts
    drawn = [four.random(**which) for _ in range(50 if texts else 1)]
    assert {quote and quote["text"] for quote in drawn} == (texts or {None})


ADAS, GRACES, NOBODYS = "https://ada.example/", "https://grace.example/", "https://nobody.example/"
AS_ASKED = [
    ({}, ("Ada", "Notes", ADAS)),
    ({"author": "GRACE"}, ("Grace", None, f"{GRACES}sure")),
    ({"author": "ada"}, ("Ada", "Notes", ADAS)),
    ({"author": "Grace", "site": "ada.example"}, ("Grace", None, f"{ADAS}2")),
    ({"site": "grace.example"}, ("Grace", None, f"{GRACES}sure")),
    ({"site": "nobody.example"}, (None, "Nothing", NOBODYS)),
    ({"author": "Grace", "text": "said", "kind": "marked"}, ("Grace", None, f"{GRACES}sure")),
]


@pytest.mark.parametrize(("which", "shown"), AS_ASKED, ids=[str(which) for which, _ in AS_ASKED])
def test_a_quote_is_shown_as_those_have_it_who_are_asked_for(
    quotes: KeptQuotes, which: dict[str, str], shown: tuple[str | None, ...]
) -> None:
    """Each entry names a page, and whom that page attributes it to."""
    text = "One said it, or another."
    for url, author, confidence, source in [
        (NOBODYS, None, 0.95, "Nothing"),
        (GRACES, "Grace", 0.6, None),
        (f"{GRACES}sure", "Grace", 0.9, None),
        (f"{ADAS}2", "Grace", 0.5, None),
        (ADAS, "Ada", 0.7, "Notes"),
        (f"{ADAS}3", "Ada", 0.6, None),
        (f"{ADAS}4", "Ada", 0.6, None),
        (f"{ADAS}5", "Ada", 0.6, None),
    ]:
        quotes.keep(a_quote(text, author, confidence=confidence, source=source), url=url)
    for quote in (quotes.one(**which), quotes.random(**which)):
        assert quote is not None
        assert (quote["author"], quote["source"], quote["found_on"]) == shown
        assert (quote["sightings"], quote["confidence"]) == (8, 0.95)


ODD = ["!", "-", '"', "'", "or", "- -", '"""', "a:b & !c | (d", "%", "\\", ":*", "x " * 99, "<->", "é́"]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("more", [{}, {"author": "Ada Lovelace"}], ids=["alone", "author"])
def test_odd_searches_are_answered(four: KeptQuotes, text: str, more: dict[str, str]) -> None:
    assert four.texts(text=text, **more) <= {LIFE, SEA, MEER, FALA}
    four.random(text=text, **more)


@pytest.mark.parametrize(
    "which", [{}, {"author": "Ada"}, {"site": "site.example"}, {"text": "many"}, {"language": "en"}], ids=str
)
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_of_a_list_give_each_quote_once_the_newest_first(
    quotes: KeptQuotes, store: Store, which: dict[str, str], limit: int
) -> None:
    quotes.keep_many(20, "Ada")
    quotes.keep_many(20, "Ada", kind="speech")
    quotes.keep(*(a_quote(f"Number {number} of many.", "Grace") for number in range(20)), url="https://site.example/2")
    seen: list[int] = []
    before = None
    while True:
        with store.database.reading() as connection:
            page = read.newest(connection, QuoteFilter(owner=None, **which), before=before, limit=limit)  # type: ignore[arg-type]
        seen += [number for number, _ in page]
        if len(page) < limit:
            break
        before = seen[-1]
    assert len(seen) == len(set(seen)) == 20
    assert seen == sorted(seen, reverse=True)


OF_ALL = [
    {},
    {"author": "Ada"},
    {"text": "many"},
    {"language": "en"},
    {"site": "site.example"},
    {"site": "site.example", "author": "Ada", "text": "many", "kind": "marked", "min_confidence": 0.5},
]


@pytest.mark.parametrize("which", OF_ALL, ids=str)
def test_at_random_each_comes_as_often_however_near_their_pivots_lie(
    quotes: KeptQuotes, store: Store, which: dict[str, object]
) -> None:
    quotes.keep_many(8, "Ada")
    spread(store, 8_000_000, start=0.5)
    drawn = Counter((quotes.random(**which) or {})["text"] for _ in range(400))
    assert len(drawn) == 8
    assert 12 <= min(drawn.values()) <= max(drawn.values()) <= 99  # of 50 on average; beyond that once in 10^10 times


@pytest.mark.parametrize("which", [{}, {"author": "Ada"}, {"language": "en"}, {"site": "site.example"}], ids=str)
def test_one_is_drawn_of_the_next_few_which_go_on_beyond_the_last_at_the_first(
    quotes: KeptQuotes, store: Store, which: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    quotes.keep_many(12, "Ada")
    spread(store, 12)
    in_order = [row.text for row in store.sql("SELECT text FROM quotes ORDER BY pivot")]
    monkeypatch.setattr(read, "NEXT", 5)
    for point, few in ((0.0, in_order[:5]), (0.4, in_order[5:10]), (0.8, in_order[10:] + in_order[:3])):
        monkeypatch.setattr(read, "random", lambda point=point: point)
        drawn = {(quotes.random(**which) or {})["text"] for _ in range(150)}
        assert drawn == set(few)


@pytest.mark.parametrize("more", [{}, {"author": "Ada"}, {"language": "en"}], ids=str)
def test_a_rare_one_is_drawn_though_it_is_not_near(
    quotes: KeptQuotes, more: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "NEAR", 1)
    quotes.keep_many(30, "Ada")
    quotes.keep(a_quote("The only quixotic one.", "Ada"), a_quote("The other quixotic one.", "Ada"))
    drawn = {(quotes.random(text="quixotic", **more) or {})["text"] for _ in range(30)}
    assert drawn == {"The only quixotic one.", "The other quixotic one."}


def test_authors_come_by_their_first_letters(quotes: KeptQuotes, store: Store) -> None:
    quotes.keep(
        *(a_quote(f"By {name}.", name) for name in ("Éva", "Eva Braun", "eve", "Dr. Evans", "Zoë", "a_b", "a%b"))
    )
    with store.database.reading() as connection:

        def names(prefix: str, after: str | None = None, limit: int = 10) -> list[str]:
            return [row["name"] for row in read.authors(connection, None, prefix=prefix, after=after, limit=limit)]

        assert names("EV") == ["Éva", "Eva Braun", "Dr. Evans", "eve"]
        assert names("ev", limit=2) == ["Éva", "Eva Braun"]
        assert names("ev", after="eva braun") == ["Dr. Evans", "eve"]
        assert names("zoe") == ["Zoë"]
        assert len(names("")) == 6
        for nobody in ("x", "%", "_", "<", " ", "...", "\0"):
            assert names(nobody) == []
