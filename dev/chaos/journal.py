"""What the callers of a chaos run ordered, and what they were told. Many threads write it."""

import random
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from threading import Lock

from dev.chaos.caller import Asked
from dev.chaos.checks import ENDED, Breach, Kind, Known

RECENT = 400


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request for one job for each of `urls`; `retry_of` names the ended job that it repeats."""

    asked: Asked
    urls: tuple[str, ...]
    retry_of: str | None = None


class Journal:
    """Grows only."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._promised: dict[str, str] = {}
        self._ids_of_key: dict[str, tuple[str, ...]] = {}
        self._unanswered: Counter[tuple[str | None, str]] = Counter()
        self._cancelled: set[str] = set()
        self._ends_seen: defaultdict[str, set[str]] = defaultdict(set)
        self._open: dict[str, Order] = {}  # by their keys
        self._repeatable: deque[Order] = deque(maxlen=RECENT)
        self._recent: deque[str] = deque(maxlen=RECENT)
        self._breaches: list[Breach] = []

    def accepted(self, order: Order, job_ids: tuple[str, ...]) -> None:
        """A 202 named `job_ids`."""
        with self._lock:
            known = self._ids_of_key.setdefault(order.asked.key, job_ids) if order.asked.key else job_ids
            if known != job_ids or len(job_ids) != len(order.urls):
                detail = f"the order of {known} was answered with {job_ids}"
                self._breaches.append(Breach(kind=Kind.DOUBLED, detail=detail, job_id=known[0]))
            self._promised.update(zip(job_ids, order.urls, strict=False))
            self._recent.extend(job_ids)
            if order.asked.key:
                self._open.pop(order.asked.key, None)
                self._repeatable.append(order)

    def unanswered(self, order: Order) -> None:
        """Nobody knows whether the order was accepted. With a key it stays open, and is asked for again."""
        with self._lock:
            if order.asked.key:
                self._open[order.asked.key] = order
            else:
                self._unanswered.update((order.retry_of, url) for url in order.urls)

    def take_open(self) -> Order | None:
        """An order to be asked for again, if there is one."""
        with self._lock:
            return self._open.pop(next(iter(self._open))) if self._open else None

    def cancelling(self, job_id: str) -> None:
        """The job is about to be cancelled."""
        with self._lock:
            self._cancelled.add(job_id)

    def saw(self, job_id: str, state: str) -> None:
        """An answer showed the job in that state."""
        if state in ENDED:
            with self._lock:
                self._ends_seen[job_id].add(state)

    def breach(self, breach: Breach) -> None:
        """A promise was not kept."""
        with self._lock:
            self._breaches.append(breach)

    def recent_id(self, chance: random.Random, among: int = RECENT) -> str | None:
        """One of the ids that were promised last."""
        with self._lock:
            last = list(self._recent)[-among:]
        return chance.choice(last) if last else None

    def repeatable(self, chance: random.Random) -> Order | None:
        """An order with a key that was accepted lately."""
        with self._lock:
            return chance.choice(self._repeatable) if self._repeatable else None

    def url_of(self, job_id: str) -> str:
        """The URL that a job was promised for."""
        with self._lock:
            return self._promised[job_id]

    def known(self) -> Known:
        """All of it, for the checks."""
        with self._lock:
            return Known(
                promised=dict(self._promised),
                unanswered=dict(self._unanswered),
                cancelled=frozenset(self._cancelled),
                ends_seen={job_id: frozenset(ends) for job_id, ends in self._ends_seen.items()},
            )

    def breaches(self) -> list[Breach]:
        """What was seen to be wrong on the way."""
        with self._lock:
            return list(self._breaches)
