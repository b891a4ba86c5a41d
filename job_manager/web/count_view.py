"""The result of counting a page, as `count.html` shows it: its most frequent words as bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from stopwordsiso import has_lang, stopwords

from job_core.job import Job, JsonObject
from job_core.store.numbers import Numbers, numbers_of_label
from job_core.store.read import WholeJob
from job_manager.services import DATABASE_SECONDS, services

BARS = 20
COUNTS = 20  # of one page over time, the newest

# Tags of languages whose words the lists have under another code: Norwegian's two written forms, the codes that
# ISO 639 withdrew, Filipino.
_LISTED_AS = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl"}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One word; `percent` is its count as a percentage of the longest bar's."""

    word: str
    count: int
    percent: float


def count_values(whole: WholeJob, query: Mapping[str, str]) -> JsonObject:
    """The values for the template. `?stop=hide` hides stop words, where those of the page's language are known.

    `too_few` says that the job asked for too few words to fill the list then, though the page has more.
    """
    result = whole.job.result or {}
    with services().database.reading(DATABASE_SECONDS) as connection:
        counts = numbers_of_label(connection, whole.job, {"words": ("words",)}, COUNTS)
    known = stop_words(result.get("language"))
    hidden = known if query.get("stop") == "hide" else frozenset[str]()
    top = result.get("top", ())
    shown = bars(top, hidden)
    return {
        "over_time": over_time(counts) if len(counts) > 1 else (),
        "bars": shown,
        "can_hide": bool(known) and bool(top),
        "is_hiding": bool(hidden),
        "too_few": bool(hidden) and len(shown) < BARS and len(top) < result.get("unique_words", 0),
    }


@dataclass(frozen=True, kw_only=True)
class Count:
    """One of several counts of a page; `change` is that of the words since the one before."""

    job: Job
    words: int
    change: int | None
    percent: float


def over_time(counts: Sequence[tuple[Job, Numbers]]) -> tuple[Count, ...]:
    """The counts of one page, the newest first."""
    words = [numbers["words"] or 0 for _, numbers in counts]
    most = max(words) or 1
    before = [*words[1:], None]
    return tuple(
        Count(
            job=job,
            words=number,
            change=None if last is None else number - last,
            percent=round(100 * number / most, 1),
        )
        for (job, _), number, last in zip(counts, words, before, strict=True)
    )


def bars(top: Sequence[Sequence[object]], hidden: frozenset[str]) -> tuple[Bar, ...]:
    """The first words of `top`, which is sorted by count, without those that are `hidden`."""
    words = ((str(word), int(str(count))) for word, count in top)
    shown = [(word, count) for word, count in words if word.replace("\u2019", "'") not in hidden][:BARS]
    longest = max((count for _, count in shown), default=1)
    return tuple(Bar(word=word, count=count, percent=round(100 * count / longest, 1)) for word, count in shown)


def stop_words(language: object) -> frozenset[str]:
    """The stop words of a language (a BCP 47 tag), in lower case; none if they are not known."""
    if not isinstance(language, str):
        return frozenset()
    code = language.replace("_", "-").split("-")[0].lower()
    code = _LISTED_AS.get(code, code)
    return _listed(code) if has_lang(code) else frozenset()


@cache
def _listed(code: str) -> frozenset[str]:
    return frozenset(word.lower() for word in stopwords(code))
