"""The quotes of days that this process has answered with: they never change, so the database is asked once for each."""

from dataclasses import dataclass
from datetime import date
from threading import Lock

MAX_DAYS = 1_000


@dataclass(frozen=True, kw_only=True)
class DailyQuote:
    """The quote of a day, in the forms in which it is answered."""

    day: date
    json: bytes
    text: bytes


Key = tuple[str | None, date]  # an owner, and a day


class DailyQuotes:
    """Answers by owner and day, at most MAX_DAYS of them."""

    def __init__(self) -> None:
        self._answers: dict[Key, DailyQuote] = {}
        self._lock = Lock()

    def get(self, key: Key) -> DailyQuote | None:
        """The answer, if it was given before."""
        return self._answers.get(key)

    def put(self, key: Key, answer: DailyQuote) -> None:
        """Keep an answer."""
        with self._lock:
            if len(self._answers) >= MAX_DAYS:
                self._answers.clear()
            self._answers[key] = answer
