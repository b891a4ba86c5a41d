"""One chaos run on a stack that is ready: load, faults one after the other, and the checks."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from dev.chaos.caller import Asked, Caller, Unanswered
from dev.chaos.checks import Breach, Kind, Shown, check
from dev.chaos.faults import Fault
from dev.chaos.journal import Journal
from dev.chaos.load import Load
from dev.chaos.queue_watch import QueueWatch
from dev.chaos.recovery import BOUND_SECONDS, Injected, Recovery
from dev.chaos.report import slow
from dev.chaos.scene import Scene
from dev.chaos.schedule import Planned, schedule
from dev.chaos.stack import Stack
from dev.chaos.tables import Tables
from embedded.terminal import Terminal, wait_until

END_SECONDS = 60.0  # from the last fault's recovery until every job has ended
LISTED = 200


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run did and found."""

    injected: Sequence[Injected]
    jobs: int
    seconds: float
    breaches: Sequence[Breach]
    queue: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run is to do."""

    seed: int
    seconds: float
    faults: Sequence[Fault]


class Run:
    """`carry_out` is called once."""

    def __init__(self, stack: Stack, plan: Plan, terminal: Terminal) -> None:
        self._stack = stack
        self._plan = plan
        self._terminal = terminal
        self._journal = Journal()
        self._queue = QueueWatch(stack.broker_url, stack.database_url)
        self._recovery = Recovery(stack, self._journal)
        self._load = Load(stack.manager_port, stack.site, self._journal, self._queue.unfinished, plan.seed)

    def carry_out(self) -> Outcome:
        """Inject faults until the time is over, then let all jobs end, and check. Raises StopRequested."""
        begun = time.monotonic()
        self._queue.start()
        self._load.start()
        try:
            injected = self._inject_all(begun + self._plan.seconds)
            self._load.finish()
            breaches = [*slow(injected, BOUND_SECONDS), *self._check()]
        finally:
            self._load.stop()
            self._queue.stop()
            self._recovery.close()
        return Outcome(
            injected=injected,
            jobs=len(self._journal.known().promised),
            seconds=time.monotonic() - begun,
            breaches=[*breaches, *self._queue.breaches(), *self._journal.breaches()],
            queue=self._queue.summary,
        )

    def _inject_all(self, deadline: float) -> list[Injected]:
        injected: list[Injected] = []
        for number, planned in enumerate(schedule(self._plan.seed, self._plan.faults), start=1):
            self._calm(planned.calm_seconds)
            if time.monotonic() > deadline:
                break
            injected.append(self._inject(number, planned))
        return injected

    def _calm(self, seconds: float) -> None:
        wait_until(lambda: False, seconds=seconds, between=self._terminal.check)

    def _inject(self, number: int, planned: Planned) -> Injected:
        name = planned.fault.name
        before = self._recovery.before()
        begun = time.monotonic()
        scene = Scene(stack=self._stack, journal=self._journal, queue=self._queue, chance=planned.chance)
        planned.fault.inject(scene)
        lasted = time.monotonic() - begun
        injected = self._recovery.after(name, before, f"probe-{self._plan.seed}-{number}")
        for service in self._stack.died():
            self._journal.breach(Breach(kind=Kind.DIED, detail=f"{service} died of {name} ({number})"))
        self._stack.wait_until_whole()
        self._terminal.progress(
            f"{number:4}  {name:<30} {lasted:5.1f} s, {len(injected.jobs):4} jobs in flight, "
            f"recovered in {injected.recovery_seconds:5.1f} s"
        )
        return injected

    def _check(self) -> list[Breach]:
        tables = Tables(self._stack.database_url)
        wait_until(lambda: not tables.unfinished(), seconds=END_SECONDS, between=self._terminal.check)
        jobs = tables.jobs()
        tables.close()
        return check(self._journal.known(), jobs, self._shown())

    def _shown(self) -> dict[str, Shown]:
        """Every job, as `GET /jobs` lists it."""
        caller = Caller(self._stack.manager_port)
        shown: dict[str, Shown] = {}
        following: str | None = f"/jobs?limit={LISTED}"
        try:
            while following:
                page = caller.ask(Asked(method="GET", path=following)).body
                for job in page["jobs"]:
                    words = job["result"] and job["result"]["words"]
                    shown[job["id"]] = Shown(state=job["status"], words=words)
                following = page["next"]
        except Unanswered as error:
            self._journal.breach(Breach(kind=Kind.ANSWER, detail=f"GET /jobs broke off: {error}"))
        finally:
            caller.close()
        return shown
