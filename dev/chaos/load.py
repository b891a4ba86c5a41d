"""The load of a chaos run: callers that submit, cancel, retry and look at jobs, and what they saw."""

import random
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count

from dev.chaos.checks import Breach, Flaw, Known
from dev.chaos.crawls import ALL_PAGES, SOME_PAGES, crawl_body
from dev.manager import Answer, JsonObject, Manager, Unanswered
from dev.pages import behaviour_at
from job_core.job import ENDED

CALLERS = 3
MAX_UNFINISHED = 60  # beyond that, callers wait: recovery is measured, not how long a backlog takes
MAX_BATCH = 30
BETWEEN_SECONDS = (0.15, 0.5)
KEYED = 0.85  # of the submissions
MAX_PAGE_SECONDS = 2.0
AFTERWARDS_SECONDS = 60.0
RECENT = 400


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A POST for one job per label. With an Idempotency-Key it can be sent again."""

    path: str
    labels: tuple[str, ...]  # for pages, their URLs
    body: JsonObject | None = None
    key: str | None = None
    retry_of: str | None = None  # the ended job that it repeats


def count_pages(urls: tuple[str, ...], *, key: str | None, batch: bool = False) -> Submission:
    """A submission that counts these pages."""
    # Only pages that must fail get few attempts: the others must not run out of them.
    fails = any(behaviour_at(url).error for url in urls)
    body: JsonObject = {"urls": urls} if batch else {"url": urls[0]}
    return Submission(path="/count", labels=urls, body=body | {"max_attempts": 2 if fails else 5}, key=key)


class Journal:
    """What the callers sent and received, recorded by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._promised: dict[str, str] = {}
        self._ids_of_key: dict[str, list[str]] = {}
        self._unanswered: Counter[tuple[str | None, str]] = Counter()
        self._cancelled: set[str] = set()
        self._ends_seen: defaultdict[str, set[str]] = defaultdict(set)
        self._open: dict[str, Submission] = {}  # by their keys
        self._repeatable: deque[Submission] = deque(maxlen=RECENT)
        self._recent: deque[str] = deque(maxlen=RECENT)
        self._breaches: list[Breach] = []

    def accepted(self, submission: Submission, job_ids: list[str]) -> None:
        """A 202 named `job_ids`."""
        with self._lock:
            known = self._ids_of_key.setdefault(submission.key, job_ids) if submission.key else job_ids
            if known != job_ids or len(job_ids) != len(submission.labels):
                detail = f"the submission of {known} was answered with {job_ids}"
                self._breaches.append(Breach(flaw=Flaw.DOUBLED, detail=detail, job_id=known[0]))
            self._promised.update(zip(job_ids, submission.labels, strict=False))
            self._recent.extend(job_ids)
            if submission.key:
                self._open.pop(submission.key, None)
                self._repeatable.append(submission)

    def unanswered(self, submission: Submission) -> None:
        """It may or may not have been accepted. With a key it stays open, to be sent again."""
        with self._lock:
            if submission.key:
                self._open[submission.key] = submission
            else:
                self._unanswered.update((submission.retry_of, label) for label in submission.labels)

    def take_open(self) -> Submission | None:
        """A submission to send again, if there is one."""
        with self._lock:
            return self._open.pop(next(iter(self._open))) if self._open else None

    def cancelling(self, job_id: str) -> None:
        """The job is about to be cancelled."""
        with self._lock:
            self._cancelled.add(job_id)

    def saw(self, job_id: str, state: str) -> None:
        """An answer showed the job in that state."""
        with self._lock:
            if state in ENDED:
                self._ends_seen[job_id].add(state)

    def breach(self, flaw: Flaw, detail: str) -> None:
        """A promise was not kept."""
        with self._lock:
            self._breaches.append(Breach(flaw=flaw, detail=detail))

    def recent_id(self, chance: random.Random, among: int = RECENT) -> str | None:
        """One of the latest ids in a 202."""
        with self._lock:
            last = list(self._recent)[-among:]
        return chance.choice(last) if last else None

    def repeatable(self, chance: random.Random) -> Submission | None:
        """One of the latest accepted submissions with a key."""
        with self._lock:
            return chance.choice(self._repeatable) if self._repeatable else None

    def label_of(self, job_id: str) -> str:
        """The label of a promised job."""
        with self._lock:
            return self._promised[job_id]

    def known(self) -> Known:
        """Everything, for the checks."""
        with self._lock:
            return Known(
                promised=dict(self._promised),
                unanswered=dict(self._unanswered),
                cancelled=frozenset(self._cancelled),
                ends_seen={job_id: frozenset(ends) for job_id, ends in self._ends_seen.items()},
            )

    def breaches(self) -> list[Breach]:
        """The breaches that were seen during the run."""
        with self._lock:
            return list(self._breaches)


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client that records what it sends and receives."""

    manager: Manager
    journal: Journal

    def submit(self, submission: Submission) -> bool:
        """Send it; returns whether it was accepted."""
        accepted_or_too_early = (HTTPStatus.ACCEPTED, *([HTTPStatus.CONFLICT] if submission.retry_of else []))
        answer = self._ask("POST", submission.path, submission.body, submission.key, wanted=accepted_or_too_early)
        if answer is None:
            self.journal.unanswered(submission)
        elif answer.status == HTTPStatus.ACCEPTED:
            self.journal.accepted(submission, answer.job_ids())
            return True
        return False

    def retry(self, job_id: str, key: str | None) -> None:
        """Retry the job, which must have ended."""
        labels = (self.journal.label_of(job_id),)
        self.submit(Submission(path=f"/result/{job_id}/retry", labels=labels, key=key, retry_of=job_id))

    def cancel(self, job_id: str) -> None:
        """Cancel the job."""
        self.journal.cancelling(job_id)
        self._see(self._ask("DELETE", f"/result/{job_id}"))

    def look(self, job_id: str) -> None:
        """Look at the job."""
        self._see(self._ask("GET", f"/result/{job_id}"))

    def _see(self, answer: Answer | None) -> None:
        if answer is not None and answer.status == HTTPStatus.OK:
            self.journal.saw(answer.body["id"], answer.body["status"])

    def _ask(
        self,
        method: str,
        path: str,
        body: JsonObject | None = None,
        key: str | None = None,
        *,
        wanted: tuple[HTTPStatus, ...] = (HTTPStatus.OK,),
    ) -> Answer | None:
        """None for a 503, or no answer at all: the caller can try again later."""
        try:
            answer = self.manager.ask(method, path, body, key=key)
        except Unanswered:
            return None
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return None
        if answer.status not in wanted:
            self.journal.breach(Flaw.ANSWER, f"{method} {path}: {answer.status} {answer.body}")
        return answer


class Load:
    """Callers that work from `start` to `finish`. `unfinished` returns how many jobs have not ended.

    Sites to be crawled are at `crawl_port` of every loopback address, if there are some.
    """

    def __init__(
        self, client: Client, site: str, crawl_port: int | None, unfinished: Callable[[], int], seed: int
    ) -> None:
        self._client = client
        self._site = site
        self._crawl_port = crawl_port
        self._unfinished = unfinished
        self._seed = seed
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(CALLERS, thread_name_prefix="caller")
        self._callers: list[Future[None]] = []

    def start(self) -> None:
        """Start every caller."""
        for number in range(CALLERS):
            chance = random.Random(f"{self._seed} {number}")
            caller = _Caller(self._client, self._site, self._crawl_port, number, chance)
            self._callers.append(self._threads.submit(self._call, caller))

    def stop(self) -> None:
        """Stop every caller."""
        self._stopping.set()
        self._threads.shutdown()

    def finish(self) -> None:
        """Stop, and then send open submissions until they are answered, for AFTERWARDS_SECONDS at most."""
        self.stop()
        for caller in self._callers:
            caller.result()  # raises what the caller raised
        journal, deadline = self._client.journal, time.monotonic() + AFTERWARDS_SECONDS
        while submission := journal.take_open():
            if time.monotonic() > deadline:
                detail = f"no answer but 503 within {AFTERWARDS_SECONDS:g} s, for {submission.labels[0]} and others"
                journal.breach(Flaw.ANSWER, detail)
                return
            self._client.submit(submission)
            time.sleep(min(BETWEEN_SECONDS))

    def _call(self, caller: "_Caller") -> None:
        while not self._stopping.wait(caller.chance.uniform(*BETWEEN_SECONDS)):
            if (submission := self._client.journal.take_open()) is not None:
                self._client.submit(submission)
            elif self._unfinished() < MAX_UNFINISHED:
                caller.act()


class _Caller:
    """One caller, whose acts are chosen by `chance`. For a new kind of job, add an act."""

    def __init__(self, client: Client, site: str, crawl_port: int | None, number: int, chance: random.Random) -> None:
        self.chance = chance
        self._client = client
        self._site = site
        self._crawl_port = crawl_port
        self._number = number
        self._name = f"caller-{number}"
        self._numbers = count()

    def act(self) -> None:
        acts = {
            self._submit_one: 45,
            self._submit_batch: 25,
            self._submit_scatter: 2,
            self._submit_crawl: 4 if self._crawl_port else 0,
            self._cancel: 10,
            self._retry: 5,
            self._repeat: 7,
            self._look: 8,
        }
        self.chance.choices(list(acts), list(acts.values()))[0]()

    def _submit_one(self) -> None:
        self._client.submit(count_pages((self._url(),), key=self._key()))

    def _submit_batch(self) -> None:
        urls = tuple(self._url() for _ in range(self.chance.randint(2, MAX_BATCH)))
        self._client.submit(count_pages(urls, key=self._key(), batch=True))

    def _submit_scatter(self) -> None:
        name = f"{self._name}-{next(self._numbers)}"
        self._client.submit(Submission(path="/scatter", labels=(name,), body={"name": name}, key=self._key()))

    def _submit_crawl(self) -> None:
        """Each is of a site of its own."""
        high, low = divmod(next(self._numbers), 250)
        url = f"http://127.{1 + self._number}.{high}.{1 + low}:{self._crawl_port}/"
        body = crawl_body(url, self.chance.choice((ALL_PAGES, SOME_PAGES)))
        self._client.submit(Submission(path="/crawl", labels=(url,), body=body, key=self._key()))

    def _repeat(self) -> None:
        if (submission := self._client.journal.repeatable(self.chance)) is not None:
            self._client.submit(submission)

    def _cancel(self) -> None:
        if (job_id := self._client.journal.recent_id(self.chance, among=self.chance.choice((3, 30)))) is not None:
            self._client.cancel(job_id)

    def _retry(self) -> None:
        if (job_id := self._client.journal.recent_id(self.chance)) is not None:
            self._client.retry(job_id, self._key())

    def _look(self) -> None:
        if (job_id := self._client.journal.recent_id(self.chance)) is not None:
            self._client.look(job_id)

    def _url(self) -> str:
        """A new page; most are quick."""
        name, words = f"{self._name}-{next(self._numbers)}", self.chance.randint(1, 400)
        match self.chance.choices(("quick", "slow", "late", "busy", "missing"), (870, 80, 15, 10, 25))[0]:
            case "slow":
                path = f"/stamped/{words}/{name}?seconds={self.chance.uniform(0.3, MAX_PAGE_SECONDS):.2f}"
            case "late":
                path = f"/stamped/{words}/{name}?times=1"
            case "busy" | "missing" as error:
                path = f"/{error}/{name}"
            case _:
                path = f"/stamped/{words}/{name}"
        return self._site + path

    def _key(self) -> str | None:
        return f"{self.chance.getrandbits(64):016x}" if self.chance.random() < KEYED else None
