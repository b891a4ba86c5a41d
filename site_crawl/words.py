"""The words of a whole crawl, put together when it has ended: for each its count, its pages, and where it stands most.

Pages are read in pieces. A run over them that meets too many different words goes on with half of them, and a further
run takes the other half: so a crawl of any size needs bounded memory.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final
from uuid import UUID
from zlib import crc32

from pydantic import TypeAdapter

from job_core.store.database import Database

PLACES = 20  # pages that are kept for each word
MAX_WORDS = 300_000  # of a run
PAGES_AT_ONCE = 200
WORDS_AT_ONCE = 5_000

# A place is a count and a page in one number, `(count << PAGE_BITS) - page`: the larger, the larger the count, or the
# earlier the page. Of a sum of places, the upper bits are the sum of the counts, since pages have numbers far smaller.
PAGE_BITS = 56

_COUNTS: Final = TypeAdapter(Mapping[str, int])  # in a third to a half of the time that `json` takes


def stored(counts: Mapping[str, int]) -> str:
    """The counts of a page's words as the frontier keeps them: a JSON object."""
    return _COUNTS.dump_json(counts).decode()


class WordSum:
    """One word on the pages so far. Of `places`, the largest PLACES are kept."""

    __slots__ = ("count", "pages", "places")

    def __init__(self) -> None:
        self.count = 0
        self.pages = 0
        self.places: list[int] = []

    def add(self, places: list[int]) -> None:
        """The word stands in these places, too."""
        self.count += _count(sum(places))
        self.pages += len(places)
        self.places += places
        if len(self.places) > PLACES:
            self.places.sort(reverse=True)
            del self.places[PLACES:]


def _count(places: int) -> int:
    """The count of a place, or of a sum of places."""
    return -(-places >> PAGE_BITS)


def put_together(database: Database, crawl_id: UUID) -> None:
    """Write the words of the crawl, in place of what an attempt before may have written."""
    database.call("UPDATE crawls SET words_at = NULL WHERE job_id = %s RETURNING job_id", crawl_id)
    while database.call(
        "DELETE FROM crawl_words WHERE ctid = ANY(ARRAY("
        "SELECT ctid FROM crawl_words WHERE crawl_id = %s LIMIT 20000)) RETURNING word",
        crawl_id,
    ):
        pass
    runs = [(1, 0)]  # each over the words whose checksum divided by the one number leaves the other
    while runs:
        divisor, rest = runs.pop()
        sums: defaultdict[str, WordSum] = defaultdict(WordSum)
        for places in _pieces(database, crawl_id):
            for word, these in places.items():
                if divisor == 1 or crc32(word.encode()) % divisor == rest:
                    sums[word].add(these)
            while len(sums) > MAX_WORDS:
                runs.append((2 * divisor, rest + divisor))
                divisor *= 2
                for word in [word for word in sums if crc32(word.encode()) % divisor != rest]:
                    del sums[word]
        _write(database, crawl_id, sums)
    database.call("UPDATE crawls SET words_at = now() WHERE job_id = %s RETURNING job_id", crawl_id)


def _pieces(database: Database, crawl_id: UUID) -> Iterator[dict[str, list[int]]]:
    """The places of each word, of some pages at a time."""
    last = -1
    while rows := database.call(
        "SELECT id, counts::text FROM crawl_pages WHERE crawl_id = %s AND outcome = 'counted' AND id > %s"
        " ORDER BY id LIMIT %s",
        *(crawl_id, last, PAGES_AT_ONCE),
    ):
        places: defaultdict[str, list[int]] = defaultdict(list)
        for page_id, counts in rows:
            count_of = _COUNTS.validate_json(counts)
            place_of = {count: (count << PAGE_BITS) - page_id for count in set(count_of.values())}
            for word, count in count_of.items():
                places[word].append(place_of[count])
        yield places
        last = rows[-1][0]


def _write(database: Database, crawl_id: UUID, sums: dict[str, WordSum]) -> None:
    words = iter(sums.items())
    while piece := list(islice(words, WORDS_AT_ONCE)):
        rows = []
        for word, known in piece:
            places = sorted(known.places, reverse=True)
            rows.append(
                {
                    "word": word,
                    "count": known.count,
                    "pages": known.pages,
                    "page_ids": [-place % (1 << PAGE_BITS) for place in places],
                    "page_counts": [_count(place) for place in places],
                }
            )
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
