"""The load of a chaos run: a few callers that submit, cancel, retry, repeat themselves and look, all the time."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from urllib.parse import urlsplit

from dev.chaos.caller import Caller
from dev.chaos.checks import Breach, Kind
from dev.chaos.journal import Journal, Order
from dev.chaos.orders import Orders, order_of
from dev.chaos.pages import page_at

CALLERS = 3
MOST_UNFINISHED = 60  # beyond that, callers wait: recovery is measured, not how long a backlog takes
LARGEST_BATCH = 30
BETWEEN_SECONDS = (0.15, 0.5)
KEYED = 0.85  # of the orders
LONGEST_PAGE_SECONDS = 2.0
AFTERWARDS_SECONDS = 60.0


class Load:
    """Runs from `start` to `finish`. `unfinished` says how many jobs have not ended."""

    def __init__(self, port: int, site: str, journal: Journal, unfinished: Callable[[], int], seed: int) -> None:
        self._port = port
        self._site = site
        self._journal = journal
        self._unfinished = unfinished
        self._stopping = threading.Event()
        self._seed = seed
        self._threads = ThreadPoolExecutor(CALLERS, thread_name_prefix="caller")
        self._calls: list[Future[None]] = []

    def start(self) -> None:
        """Begin."""
        for number in range(CALLERS):
            chance = random.Random(f"{self._seed} {number}")
            self._calls.append(self._threads.submit(self._call, f"caller-{number}", chance))

    def stop(self) -> None:
        """Order nothing any more."""
        self._stopping.set()
        self._threads.shutdown()

    def finish(self) -> None:
        """Stop; but ask for what is open until it is answered, or for AFTERWARDS_SECONDS."""
        self.stop()
        for call in self._calls:
            call.result()  # raises what the caller raised
        caller = Orders(Caller(self._port), self._journal)
        deadline = time.monotonic() + AFTERWARDS_SECONDS
        while order := self._journal.take_open():
            if time.monotonic() > deadline:
                detail = f"no answer but 503 within {AFTERWARDS_SECONDS:g} s, for {order.urls[0]} and others"
                self._journal.breach(Breach(kind=Kind.ANSWER, detail=detail))
                return
            caller.order(order)
            time.sleep(min(BETWEEN_SECONDS))

    def _call(self, name: str, chance: random.Random) -> None:
        caller = Orders(Caller(self._port), self._journal)
        paths = _Paths(name, chance)
        while not self._stopping.wait(chance.uniform(*BETWEEN_SECONDS)):
            if (order := self._journal.take_open()) is not None:
                caller.order(order)
            elif self._unfinished() < MOST_UNFINISHED:
                self._act(caller, chance, paths)

    def _act(self, caller: Orders, chance: random.Random, paths: "_Paths") -> None:
        match chance.choices(("one", "batch", "cancel", "retry", "repeat", "look"), (45, 25, 10, 5, 7, 8))[0]:
            case "one":
                caller.order(_order(chance, (self._site + next(paths),)))
            case "batch":
                size = chance.randint(2, LARGEST_BATCH)
                caller.order(_order(chance, tuple(self._site + next(paths) for _ in range(size)), batch=True))
            case "repeat" if (order := self._journal.repeatable(chance)) is not None:
                caller.order(order)
            case "cancel" if (job_id := self._journal.recent_id(chance, among=chance.choice((3, 30)))) is not None:
                caller.cancel(job_id)
            case "retry" if (job_id := self._journal.recent_id(chance)) is not None:
                caller.retry(job_id, _key(chance))
            case "look" if (job_id := self._journal.recent_id(chance)) is not None:
                caller.look(job_id)


class _Paths:
    """Paths that nobody asked for yet, most of them of quick pages."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self._name = name
        self._chance = chance
        self._numbers = count()

    def __next__(self) -> str:
        name, words = f"{self._name}-{next(self._numbers)}", self._chance.randint(1, 400)
        match self._chance.choices(("quick", "slow", "late", "busy", "missing"), (870, 80, 15, 10, 25))[0]:
            case "slow":
                return f"/words/{words}/after/{self._chance.uniform(0.3, LONGEST_PAGE_SECONDS):.2f}/{name}"
            case "late":
                return f"/late/{words}/{name}"
            case "busy" | "missing" as error:
                return f"/{error}/{name}"
            case _:
                return f"/words/{words}/after/0/{name}"


def _order(chance: random.Random, urls: tuple[str, ...], *, batch: bool = False) -> Order:
    # A page that is busy for ever ends after its second attempt; others have attempts to spare.
    fails = any(page_at(urlsplit(url).path).error for url in urls)
    return order_of(urls, batch=batch, key=_key(chance), max_attempts=2 if fails else 5)


def _key(chance: random.Random) -> str | None:
    return f"{chance.getrandbits(64):016x}" if chance.random() < KEYED else None
