"""One chaos run on a stack that is ready: load, one fault after the other, checks, and a report."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from dev.chaos import crawls
from dev.chaos.checks import JOBS, Breach, Flaw, Shown, check, job_of
from dev.chaos.faults import Fault, Planned, Scene, schedule
from dev.chaos.load import Client, Journal, Load, Submission
from dev.chaos.watch import Injected, QueueWatch, recover, slow
from dev.containers import ContainerStack
from dev.crawl_site import CrawlSite
from dev.manager import Unanswered
from dev.stack import Stack
from embedded.terminal import Terminal, wait_until

CALM_SECONDS = 120.0
END_SECONDS = 60.0  # from the last fault's recovery until every job has ended
LISTED = 200
MAX_SHOWN = 50
COLUMNS = ("fault", "times", "in flight", "lost", "doubled", "worst recovery s")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The parameters of a run."""

    seed: int
    seconds: float
    faults: Sequence[Fault]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The faults of a run, and the breaches that it found."""

    injected: Sequence[Injected]
    jobs: int
    seconds: float
    breaches: Sequence[Breach]
    queue: str

    def table(self) -> str:
        """One line per fault, and one for all. A breach of a job counts for every fault that met the job."""
        by_fault = {name: [each for each in self.injected if each.fault == name] for name in self._names()}
        rows = [COLUMNS, *(self._row(name, some) for name, some in (by_fault | {"all": self.injected}).items() if some)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
        return "\n".join(_line(row, widths) for row in rows)

    def report(self) -> str:
        """The table, the figures, and the breaches."""
        faults = f"{len(self.injected)} faults and {self.jobs:,} jobs in {self.seconds:.0f} s; {self.queue}"
        breaches = [str(breach) for breach in self.breaches[:MAX_SHOWN]]
        if len(self.breaches) > MAX_SHOWN:
            breaches.append(f"... and {len(self.breaches) - MAX_SHOWN} more")
        end = f"{len(self.breaches)} breaches" if self.breaches else "every promise was kept"
        return "\n".join(("", self.table(), "", faults, *breaches, end))

    def _names(self) -> list[str]:
        return sorted({each.fault for each in self.injected})

    def _row(self, name: str, injected: Sequence[Injected]) -> tuple[str, ...]:
        jobs = frozenset().union(*(each.jobs for each in injected))
        return (
            name,
            str(len(injected)),
            f"{sum(len(each.jobs) for each in injected):,}",
            *(str(len(self._jobs_of(flaw) & jobs)) for flaw in (Flaw.LOST, Flaw.DOUBLED)),
            f"{max(each.recovery_seconds for each in injected):.1f}",
        )

    def _jobs_of(self, flaw: Flaw) -> frozenset[str]:
        return frozenset(breach.job_id for breach in self.breaches if breach.flaw is flaw)


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    name, *figures = row
    cells = [figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True)]
    return "  ".join((name.ljust(widths[0]), *cells))


class Run:
    """`carry_out` is called once. Without a `site`, nothing is crawled."""

    def __init__(
        self, stack: Stack | ContainerStack, plan: Plan, terminal: Terminal, site: CrawlSite | None = None
    ) -> None:
        self._stack = stack
        self._plan = plan
        self._terminal = terminal
        self._journal = Journal()
        self._client = Client(manager=stack.manager, journal=self._journal)
        self._queue = QueueWatch(stack)
        self._site = site
        port = site.port if site else None
        self._load = Load(self._client, stack.site, port, self._queue.unfinished, plan.seed)

    def carry_out(self) -> Outcome:
        """Inject faults until the time is up, let all jobs end, and check them. Raises StopRequested."""
        if self._site:
            self._crawl_in_calm(self._site)
        begun = time.monotonic()
        self._queue.start()
        self._load.start()
        try:
            injected = self._inject_all(begun + self._plan.seconds)
            self._load.finish()
            breaches = [*slow(injected), *self._check()]
        finally:
            self._load.stop()
            self._queue.stop()
        return Outcome(
            injected=injected,
            jobs=len(self._journal.known().promised),
            seconds=time.monotonic() - begun,
            breaches=[*breaches, *self._queue.breaches(), *self._journal.breaches()],
            queue=self._queue.summary,
        )

    def _crawl_in_calm(self, site: CrawlSite) -> None:
        """What later crawls are compared with."""
        url = f"http://{crawls.CALM_ADDRESS}:{site.port}/"
        body = crawls.crawl_body(url, crawls.ALL_PAGES)
        self._client.submit(Submission(path="/crawl", labels=(url,), body=body))
        (crawl_id,) = self._journal.known().promised
        self._stack.manager.ended_job(crawl_id, within=CALM_SECONDS)

    def _inject_all(self, deadline: float) -> list[Injected]:
        injected: list[Injected] = []
        for number, planned in enumerate(schedule(self._plan.seed, self._plan.faults), start=1):
            wait_until(lambda: False, seconds=planned.calm_seconds, between=self._terminal.check)
            if time.monotonic() > deadline:
                break
            injected.append(self._inject(number, planned))
        return injected

    def _inject(self, number: int, planned: Planned) -> Injected:
        name, begun = planned.fault.name, time.monotonic()
        scene = Scene(stack=self._stack, client=self._client, queue=self._queue, chance=planned.chance)
        probe = f"probe-{self._plan.seed}-{number}"
        injected = recover(self._stack, self._client, name, probe, during=lambda: planned.fault.inject(scene))
        lasted = time.monotonic() - begun - injected.recovery_seconds
        for service in self._stack.died():
            self._journal.breach(Flaw.DIED, f"{service} died of {name} ({number})")
        self._stack.make_whole()
        self._terminal.progress(
            f"{number:4}  {name:<30} {lasted:5.1f} s, {len(injected.jobs):4} jobs in flight, "
            f"recovered in {injected.recovery_seconds:5.1f} s"
        )
        return injected

    def _check(self) -> list[Breach]:
        unfinished = "SELECT 1 FROM jobs WHERE finished_at IS NULL LIMIT 1"
        wait_until(lambda: not self._stack.query(unfinished), seconds=END_SECONDS, between=self._terminal.check)
        jobs = [job_of(row) for row in self._stack.query(JOBS)]
        parents = sorted({job.parent for job in jobs if job.parent})
        lists = [f"/jobs?limit={LISTED}", *(f"/jobs?limit={LISTED}&parent={parent}" for parent in parents)]
        breaches = check(self._journal.known(), jobs, dict(chain.from_iterable(map(self._shown, lists))))
        if self._site:
            found = [crawls.crawl_of(row) for row in self._stack.query(crawls.CRAWLS)]
            self._terminal.progress(f"{len(found)} crawls have ended by themselves")
            breaches += crawls.check(found, self._site.log)
        return breaches

    def _shown(self, path: str) -> Iterator[tuple[str, Shown]]:
        """The jobs of a list, as HTTP shows them."""
        following: str | None = path
        try:
            while following:
                page = self._stack.manager.ask("GET", following).body
                for job in page["jobs"]:
                    yield job["id"], Shown(state=job["status"], result=job["result"])
                following = page["next"]
        except Unanswered as error:
            self._journal.breach(Flaw.ANSWER, f"GET {path} broke off: {error}")
