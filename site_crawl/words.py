"""The words of a whole crawl, put together when it has ended: for each its count, its pages, and where it stands most.

Pages are read in pieces, and words in parts: so a crawl of any size needs the memory of a few thousand pages.
"""

import json
from collections.abc import Iterator
from heapq import heappush, heapreplace
from uuid import UUID
from zlib import crc32

from job_core.store.database import Database

PLACES = 20  # pages that are kept for each word
PAGES_A_PART = 5_000
PAGES_AT_ONCE = 200
WORDS_AT_ONCE = 5_000

Places = list[
    tuple[int, int]
]  # a count, and the page's id as a negative number: of equal counts, earlier pages come first


class WordSum:
    """One word on the pages so far."""

    __slots__ = ("count", "pages", "places")

    def __init__(self) -> None:
        self.count = 0
        self.pages = 0
        self.places: Places = []

    def add(self, page_id: int, count: int) -> None:
        """The word stands on a further page."""
        self.count += count
        self.pages += 1
        if len(self.places) < PLACES:
            heappush(self.places, (count, -page_id))
        elif count > self.places[0][0]:
            heapreplace(self.places, (count, -page_id))


def put_together(database: Database, crawl_id: UUID) -> None:
    """Write the words of the crawl, in place of what an attempt before may have written."""
    ((pages,),) = database.call(
        "SELECT count(*) FROM crawl_pages WHERE crawl_id = %s AND outcome = 'counted'", crawl_id
    )
    while database.call(
        "DELETE FROM crawl_words WHERE ctid = ANY(ARRAY("
        "SELECT ctid FROM crawl_words WHERE crawl_id = %s LIMIT 20000)) RETURNING word",
        crawl_id,
    ):
        pass
    parts = 1 + pages // PAGES_A_PART
    for part in range(parts):
        sums: dict[str, WordSum] = {}
        for page_id, counts in _pages(database, crawl_id):
            for word, count in counts.items():
                if parts > 1 and crc32(word.encode()) % parts != part:
                    continue
                known = sums.get(word)
                if known is None:
                    known = sums[word] = WordSum()
                known.add(page_id, count)
        _write(database, crawl_id, sums)


def _pages(database: Database, crawl_id: UUID) -> Iterator[tuple[int, dict[str, int]]]:
    last = -1
    while rows := database.call(
        "SELECT id, counts::text FROM crawl_pages WHERE crawl_id = %s AND outcome = 'counted' AND id > %s"
        " ORDER BY id LIMIT %s",
        *(crawl_id, last, PAGES_AT_ONCE),
    ):
        for page_id, counts in rows:
            yield page_id, json.loads(counts)
        last = rows[-1][0]


def _write(database: Database, crawl_id: UUID, sums: dict[str, WordSum]) -> None:
    words = iter(sums.items())
    while piece := [entry for entry, _ in zip(words, range(WORDS_AT_ONCE), strict=False)]:
        rows = [
            {
                "word": word,
                "count": known.count,
                "pages": known.pages,
                "page_ids": [-place for _, place in sorted(known.places, reverse=True)],
                "page_counts": [count for count, _ in sorted(known.places, reverse=True)],
            }
            for word, known in piece
        ]
        database.call(
            "INSERT INTO crawl_words SELECT %s, word, count, pages, page_ids, page_counts"
            " FROM json_to_recordset(%s) AS one"
            " (word text, count bigint, pages integer, page_ids bigint[], page_counts integer[]) RETURNING word",
            *(crawl_id, json.dumps(rows)),
        )


def most_frequent(database: Database, crawl_id: UUID, top: int) -> tuple[int, list[tuple[str, int]]]:
    """How many different words the crawl has, and the `top` most frequent ones, as in the result of a page."""
    ((words,),) = database.call("SELECT count(*) FROM crawl_words WHERE crawl_id = %s", crawl_id)
    rows = database.call(
        "SELECT word, count FROM crawl_words WHERE crawl_id = %s ORDER BY count DESC, word LIMIT %s", *(crawl_id, top)
    )
    return words, [(word, count) for word, count in rows]
