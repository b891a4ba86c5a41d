"""What a crawl has found and counted, for whoever asks: its sums, its pages and its words.

Lists come by keyset: a page of a list begins after the last entry of the page before. Words are looked up where
`site_crawl.words` has put them together; of a crawl that goes on or was cancelled, the answer puts them together, which
suits MAX_SUMMED pages.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from job_core.job import JsonObject

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


def urls_being_read(connection: Connection, crawl_id: UUID, limit: int) -> list[str]:
    """Some of the URLs that lanes are at work on."""
    running = text("SELECT url FROM crawl_pages WHERE crawl_id = :crawl AND state = 'RUNNING' ORDER BY id LIMIT :limit")
    return list(connection.execute(running, {"crawl": crawl_id, "limit": limit}).scalars())


APOSTROPHES = [*map(ord, "'\u2019\u02bc\uff07")]  # which are one where a word is asked for

_SORTED = {
    "found": ("true", "page.id"),
    "words": ("page.outcome = 'counted'", "page.words DESC, page.id"),
    "word": ("page.word_count > 0", "page.word_count DESC, page.id"),
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
    outcome: str | None = None,
    order: PageOrder = "found",
    after: tuple[int, int] | None = None,
    limit: int,
) -> list[FoundPage]:
    """The discovered URLs; sorted by words, the counted ones, and by word, those where the asked word stands."""
    condition, sorting = _SORTED[order]
    value, last = after or (0, -1)
    rows = connection.execute(
        text(f"""
        SELECT page.id, page.url, page.depth, from_page.url,
               coalesce(page.outcome, CASE WHEN jobs.finished_at IS NOT NULL THEN 'not-read' END),
               CASE WHEN page.outcome <> 'counted' THEN page.reason END, page.detail,
               page.http_status, page.words, page.word_count
        FROM crawl_pages AS page
        JOIN jobs ON jobs.id = page.crawl_id
        LEFT JOIN crawl_pages AS from_page ON from_page.crawl_id = page.crawl_id AND from_page.id = page.found_on
        WHERE page.crawl_id = :crawl AND {condition} AND {_AFTER[order] if after else "true"}
          AND (:outcome IS NULL OR page.outcome = :outcome
               OR (:outcome = 'not-read' AND page.outcome IS NULL AND jobs.finished_at IS NOT NULL))
        ORDER BY {sorting} LIMIT :limit
        """),  # noqa: S608 - the parts are constants above
        {"crawl": crawl_id, "outcome": outcome, "value": value, "id": last, "limit": limit},
    )
    names = [field.name for field in fields(FoundPage)]
    return [FoundPage(**dict(zip(names, row, strict=True))) for row in rows]


MAX_SUMMED = 2_000  # pages whose words can be put together by an answer


def counted_so_far(connection: Connection, crawl_id: UUID) -> int | None:
    """How many pages of a crawl are counted; None once its words were put together, or if it has not begun."""
    asked = text("SELECT (outcomes ->> 'counted')::integer FROM crawls WHERE job_id = :crawl AND finished_at IS NULL")
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
        {"crawl": crawl_id, "prefix": prefix.lower(), "count": count, "word": word, "limit": limit},
    )
    return [FoundWord(word=word, count=count, pages=pages) for word, count, pages in rows]


def word_of(connection: Connection, crawl_id: UUID, word: str) -> tuple[FoundWord, list[WordPlace]]:
    """The word's count, whichever apostrophe it has, and the pages where it stands most often, those first.

    A word that stands nowhere counts 0.
    """
    asked = word.lower()
    spellings = list({asked.translate(dict.fromkeys(APOSTROPHES, each)) for each in map(chr, APOSTROPHES)})
    parameters = {"crawl": crawl_id, "spellings": spellings}
    rows = connection.execute(
        text(f"""
        SELECT known.word, known.count, known.pages, page.url, place.count
        FROM {_words(connection, crawl_id)} AS known
        LEFT JOIN LATERAL unnest(page_ids, page_counts) WITH ORDINALITY AS place (id, count, number) ON true
        LEFT JOIN crawl_pages AS page ON page.crawl_id = known.crawl_id AND page.id = place.id
        WHERE known.crawl_id = :crawl AND known.word = ANY(:spellings) ORDER BY place.number
        """),  # noqa: S608 - a constant
        parameters,
    ).all()
    if len({row[0] for row in rows}) > 1:
        rows = connection.execute(_OF_ALL_SPELLINGS, parameters | {"word": asked}).all()
    if not rows:
        return FoundWord(word=asked, count=0, pages=0), []
    known, count, pages = rows[0][:3]
    return FoundWord(word=known, count=count, pages=pages), [WordPlace(url=row[3], count=row[4]) for row in rows]


_OF_ALL_SPELLINGS = text("""
    SELECT :word, (sum(counted.count) OVER ())::bigint, count(*) OVER (), url, counted.count
    FROM (
        SELECT page.id, page.url, sum((page.counts ->> spelling)::integer)::integer AS count
        FROM crawl_pages AS page, unnest(CAST(:spellings AS text[])) AS spelling
        WHERE page.crawl_id = :crawl AND page.outcome = 'counted' GROUP BY page.crawl_id, page.id
    ) AS counted
    WHERE counted.count > 0 ORDER BY counted.count DESC, id LIMIT 20
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
    is_finished = text("SELECT finished_at IS NOT NULL FROM crawls WHERE job_id = :crawl")
    return "crawl_words" if connection.execute(is_finished, {"crawl": crawl_id}).scalar() else _WORDS_SO_FAR
