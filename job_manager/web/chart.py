"""The most frequent words as bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from job_manager.web.stop_words import stop_words

BARS = 20


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One word; `percent` is its count in hundredths of the longest bar's."""

    word: str
    count: int
    percent: float


def bars(top: Sequence[Sequence[object]], hidden: frozenset[str]) -> tuple[Bar, ...]:
    """The first words of `top`, which is sorted by count, without those that are `hidden`."""
    shown = [(str(word), int(str(count))) for word, count in top if word not in hidden][:BARS]
    longest = max((count for _, count in shown), default=1)
    return tuple(Bar(word=word, count=count, percent=round(100 * count / longest, 1)) for word, count in shown)


def hideable(language: object) -> frozenset[str]:
    """The stop words of a page in that language (a BCP 47 tag); none if the service knows none."""
    return stop_words(language.split("-")[0].lower()) if isinstance(language, str) else frozenset()
