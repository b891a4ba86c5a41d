"""What a crawl has found and counted, for whoever asks: its sums, its pages and its words.

Lists come by keyset: a page of a list begins after the last entry of the page before. Words are looked up where
`site_crawl.words` has put them together; of a crawl that goes on or was cancelled, the answer puts them together, which
suits MAX_SUMMED pages.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import Connection, text

from job_core.job import JsonObject
from job_core.store.database import Database
from site_crawl.asked_word import (
    NotOneWord,
    is_made_of,
    is_same,
    is_without_spaces,
    kept_form,
    parts,
    pieces,
    spellings,
)
from site_crawl.words import PLACES, stored

PageOrder = Literal["found", "words", "word"]
WordOrder = Literal["count", "word"]


@dataclass(frozen=True, kw_only=True)
class FoundPage:
    """A discovered URL. `outcome` is None until it has one; `word_count` is that of the word that was asked for."""

    id: int
    url: str
    depth: int | None
    found_on: str | None
    outcome: str | None
    reason: str | None
    detail: str | None
    http_status: int | None
    words: int | None
    word_count: int | None

    def after(self, order: PageOrder) -> tuple[int, int]:
        """Where a list goes on after this page: the value that it is sorted by, and the id."""
        return {"found": 0, "words": self.words or 0, "word": self.word_count or 0}[order], self.id


@dataclass(frozen=True, kw_only=True)
class FoundWord:
    """A word, how often it stands on the site, and on how many pages."""

    word: str
    count: int
    pages: int

    def after(self) -> tuple[int, str]:
        """Where a list goes on after this word."""
        return self.count, self.word


@dataclass(frozen=True, kw_only=True)
class WordPlace:
    """A page, and how often a word stands on it."""

    url: str
    count: int


def sums_of(connection: Connection, crawl_ids: Collection[UUID]) -> dict[UUID, JsonObject]:
    """How far the crawls are, by their counters alone; those that have not begun are left out."""
    asked = text("SELECT job_id, crawl_sums(job_id) FROM crawls WHERE job_id = ANY(:crawls)")
    return {UUID(str(crawl_id)): sums for crawl_id, sums in connection.execute(asked, {"crawls": list(crawl_ids)})}


def incomplete_pages(connection: Connection, crawl_id: UUID) -> int:
    """On how many pages there are more different words than were kept."""
    asked = text("SELECT count(*) FROM crawl_pages WHERE crawl_id = :crawl AND words_left_out > 0")
    return int(connection.execute(asked, {"crawl": crawl_id}).scalar_one())


def urls_being_read(connection: Connection, crawl_id: UUID, limit: int) -> list[str]:
    """Some of the URLs that lanes are at work on."""
    running = text("SELECT url FROM crawl_pages WHERE crawl_id = :crawl AND state = 'RUNNING' ORDER BY id LIMIT :limit")
    return list(connection.execute(running, {"crawl": crawl_id, "limit": limit}).scalars())


_SORTED = {
    "found": ("true", "page.id"),
    "words": ("page.outcome = 'counted'", "page.words DESC, page.id"),
    "word": ("page.word_count IS NOT NULL", "page.word_count DESC, page.id"),
}
_AFTER = {
    "found": "page.id > :id",
    "words": "(page.words < :value OR (page.words = :value AND page.id > :id))",
    "word": "(page.word_count < :value OR (page.word_count = :value AND page.id > :id))",
}


def pages_of(
    connection: Connection,
    crawl_id: UUID,
    *,
    outcomes: Collection[str] = (),
    word: str | None = None,
    order: PageOrder = "found",
    after: tuple[int, int] | None = None,
    limit: int,
) -> list[FoundPage]:
    """The discovered URLs, or those with one of the outcomes; sorted by words or by word, the counted ones.

    Each has its count of `word`, a word as crawls keep it; if None, of the crawl's own, by which alone they are sorted.
    """
    condition, sorting = _SORTED[order]
    value, last = after or (0, -1)
    return _found_pages(
        connection,
        f"{condition} AND {_AFTER[order] if after else 'true'}"
        " AND (:any_outcome OR page.outcome = ANY(:outcomes)"
        "      OR ('not-read' = ANY(:outcomes) AND page.outcome IS NULL AND jobs.finished_at IS NOT NULL))"
        f" ORDER BY {sorting} LIMIT :limit",
        word,
        {
            "crawl": crawl_id,
            "any_outcome": not outcomes,
            "outcomes": list(outcomes),
            "value": value,
            "id": last,
            "limit": limit,
        },
    )


def ranked_pages(connection: Connection, crawl_id: UUID, ranked: Sequence[tuple[int, int]]) -> list[FoundPage]:
    """The pages of a piece of a `ranking`, with these counts."""
    condition = "page.id = ANY(:ids) ORDER BY array_position(:ids, page.id)"
    asked = {"crawl": crawl_id, "ids": [page_id for _, page_id in ranked]}
    pages = _found_pages(connection, condition, None, asked)
    return [replace(page, word_count=count) for page, (count, _) in zip(pages, ranked, strict=True)]


def _found_pages(connection: Connection, condition: str, word: str | None, parameters: JsonObject) -> list[FoundPage]:
    """The pages are chosen first, since statistics may have it that the words of all are to be counted before."""
    count, asked = _count_of(word)
    rows = connection.execute(
        text(f"""
        SELECT id, url, depth, found_on_url, coalesce(outcome, CASE WHEN has_ended THEN 'not-read' END),
               CASE WHEN outcome <> 'counted' THEN reason END, detail, http_status, words, {count}
        FROM (
            SELECT page.*, from_page.url AS found_on_url, jobs.finished_at IS NOT NULL AS has_ended
            FROM crawl_pages AS page
            JOIN jobs ON jobs.id = page.crawl_id
            LEFT JOIN crawl_pages AS from_page ON from_page.crawl_id = page.crawl_id AND from_page.id = page.found_on
            WHERE page.crawl_id = :crawl AND {condition}
        ) AS page
        """),  # noqa: S608 - the parts are constants
        parameters | asked,
    )
    names = [field.name for field in fields(FoundPage)]
    return [FoundPage(**dict(zip(names, row, strict=True))) for row in rows]


def _count_of(word: str | None) -> tuple[str, JsonObject]:
    """What selects how often a word stands on `page`, in any of its spellings, and the parameters for that.

    To look for the word in the text of the counts takes a tenth of the time of reading them.
    """
    if word is None:
        return "page.word_count", {}
    parameters, counts = {}, []
    for number, spelling in enumerate(spellings(word)):
        entry = stored({spelling: 0}).removeprefix("{").removesuffix("0}")  # "word":
        parameters[f"entry{number}"] = entry
        # Only where a name begins, and no quotation mark that is part of a word, is it right after one of these.
        parameters[f"pattern{number}"] = "[{,]" + re.sub(r"[][\\.*+?(){}|^$]", r"\\\g<0>", entry) + "([0-9]+)"
        counts.append(
            f"coalesce(CASE WHEN strpos(page.counts::text, :entry{number}) > 0"
            f" THEN substring(page.counts::text FROM :pattern{number})::integer END, 0)"
        )
    return f"CASE WHEN page.outcome = 'counted' THEN {' + '.join(counts)} END", parameters


def ranking(database: Database, crawl_id: UUID, word: str | None, seconds: float) -> list[tuple[int, int]]:
    """The counted pages, each as its count of `word` and its id; where it stands most often first.

    `seconds` are for PAGES_AT_ONCE pages.
    """
    count, asked = _count_of(word)
    statement = text(f"""
        SELECT page.id, {count} FROM crawl_pages AS page
        WHERE page.crawl_id = :crawl AND page.outcome = 'counted' AND page.id > :last ORDER BY page.id LIMIT :limit
    """)  # noqa: S608 - the parts are constants
    counts: list[tuple[int, int]] = []
    last = -1
    while True:
        with database.reading(seconds) as connection:
            rows = connection.execute(
                statement, {"crawl": crawl_id, "last": last, "limit": PAGES_AT_ONCE} | asked
            ).all()
        counts += [(count or 0, page_id) for page_id, count in rows]
        if len(rows) < PAGES_AT_ONCE:
            return sorted(counts, key=lambda each: (-each[0], each[1]))
        last = rows[-1][0]


PAGES_AT_ONCE = 10_000  # whose counts are looked through by one statement
MAX_SUMMED = 2_000  # pages whose words can be put together by an answer


def counted_so_far(connection: Connection, crawl_id: UUID) -> int | None:
    """How many pages of a crawl are counted; None once its words were put together, or if it has not begun."""
    asked = text("SELECT (outcomes ->> 'counted')::integer FROM crawls WHERE job_id = :crawl AND words_at IS NULL")
    return connection.execute(asked, {"crawl": crawl_id}).scalar()


def words_of(
    connection: Connection,
    crawl_id: UUID,
    *,
    prefix: str = "",
    order: WordOrder = "count",
    after: tuple[int, str] | None = None,
    limit: int,
) -> list[FoundWord]:
    """The words that begin with `prefix`, in lower case; the most frequent first, or in the order of the alphabet."""
    count, word = after or (0, "")
    following = "true"
    if after:
        by_count = "(count < :count OR (count = :count AND word > :word))"
        following = by_count if order == "count" else "word > :word"
    rows = connection.execute(
        text(f"""
        SELECT word, count, pages FROM {_words(connection, crawl_id)} AS known
        WHERE crawl_id = :crawl AND word >= :prefix AND starts_with(word, :prefix) AND {following}
        ORDER BY {"count DESC, word" if order == "count" else "word"} LIMIT :limit
        """),  # noqa: S608 - the parts are constants
        {"crawl": crawl_id, "prefix": normalize("NFC", prefix).lower(), "count": count, "word": word, "limit": limit},
    )
    return [FoundWord(word=word, count=count, pages=pages) for word, count, pages in rows]


def word_asked_for(connection: Connection, crawl_id: UUID, asked: str, own: str | None, tokenizer: str) -> str | None:
    """The word to look up, as crawls keep it, for the text that is asked for; None for the crawl's own.

    Raises NotOneWord.
    """
    if own is not None and is_same(asked, own):
        return None
    word = kept_form(asked.strip())
    cut = [kept_form(piece) for piece in pieces(asked, tokenizer)]
    one = cut[0] if len(cut) == 1 and any(map(str.isalpha, cut[0])) else None
    # What is written without spaces stands on the site only if it can be made of words that do.
    wanted = {word, *(parts(one) if one and is_without_spaces(one) else ())}
    statement = text("SELECT word FROM crawl_words WHERE crawl_id = :crawl AND word = ANY(:words)")
    known = set(connection.execute(statement, {"crawl": crawl_id, "words": list(wanted)}).scalars())
    if word in known or one in known:
        return word if word in known else one
    if one and not is_made_of(one, known):
        return one
    raise NotOneWord(
        "is several words, which a crawl counts together only where they are its own `word`"
        if one or len(cut) > 1
        else "holds no word"
    )


def word_of(
    database: Database, crawl_id: UUID, word: str | None, *, own: str | None, seconds: float
) -> tuple[FoundWord, list[WordPlace]]:
    """The count of a word that `word_asked_for` gave, and the pages where it stands most often, those first.

    A word that stands nowhere counts 0. `seconds` are for each look into the database.
    """
    with database.reading(seconds) as connection:
        if word is None:
            sums = sums_of(connection, [crawl_id]).get(crawl_id, {"word_count": 0, "word_pages": 0})
            pages = pages_of(connection, crawl_id, order="word", limit=PLACES)
            found = FoundWord(word=kept_form(own or ""), count=sums["word_count"], pages=sums["word_pages"])
            return found, [WordPlace(url=page.url, count=page.word_count) for page in pages if page.word_count]
        is_known = _is_put_together(connection, crawl_id)
        rows = connection.execute(_KEPT, {"crawl": crawl_id, "spellings": spellings(word)}).all() if is_known else []
    if is_known and not rows:
        return FoundWord(word=word, count=0, pages=0), []
    if len({row.word for row in rows}) == 1:
        found = FoundWord(word=rows[0].word, count=rows[0].total, pages=rows[0].pages)
        return found, [WordPlace(url=row.url, count=row.place) for row in rows]
    ranked = [each for each in ranking(database, crawl_id, word, seconds) if each[0]]
    with database.reading(seconds) as connection:
        pages = ranked_pages(connection, crawl_id, ranked[:PLACES])
    found = FoundWord(word=word, count=sum(count for count, _ in ranked), pages=len(ranked))
    return found, [WordPlace(url=page.url, count=page.word_count or 0) for page in pages]


_KEPT = text("""
    SELECT known.word, known.count AS total, known.pages, page.url, place.count AS place
    FROM crawl_words AS known
    LEFT JOIN LATERAL unnest(page_ids, page_counts) WITH ORDINALITY AS place (id, count, number) ON true
    LEFT JOIN crawl_pages AS page ON page.crawl_id = known.crawl_id AND page.id = place.id
    WHERE known.crawl_id = :crawl AND known.word = ANY(:spellings) ORDER BY place.number
""")

_WORDS_SO_FAR = """(
    SELECT crawl_id, entry.key COLLATE "C" AS word, sum(entry.value::bigint)::bigint AS count,
           count(*)::integer AS pages,
           (array_agg(page.id ORDER BY entry.value::integer DESC, page.id))[1:20] AS page_ids,
           (array_agg(entry.value::integer ORDER BY entry.value::integer DESC, page.id))[1:20] AS page_counts
    FROM crawl_pages AS page, json_each_text(page.counts) AS entry
    WHERE page.crawl_id = :crawl AND page.outcome = 'counted'
    GROUP BY crawl_id, entry.key
)"""


def _words(connection: Connection, crawl_id: UUID) -> str:
    """The table of the crawl's words, or what stands for it as long as they were not put together."""
    return "crawl_words" if _is_put_together(connection, crawl_id) else _WORDS_SO_FAR


def _is_put_together(connection: Connection, crawl_id: UUID) -> bool:
    asked = text("SELECT words_at IS NOT NULL FROM crawls WHERE job_id = :crawl")
    return bool(connection.execute(asked, {"crawl": crawl_id}).scalar())
