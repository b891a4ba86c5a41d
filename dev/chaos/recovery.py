"""How long a stack takes to recover from a fault.

The clock runs from the fault's end until all of these have ended: every job that had not ended when the fault began or
when it ended, and a probe, which is submitted at the fault's end and asked for until a 202 comes.
"""

import time
from contextlib import closing
from dataclasses import dataclass

from dev.chaos.caller import Caller
from dev.chaos.journal import Journal, Order
from dev.chaos.orders import Orders, order_of
from dev.chaos.stack import Stack
from dev.chaos.tables import Tables
from embedded.terminal import wait_until

BOUND_SECONDS = 30.0  # the promise of design.md, section 4
PATIENCE_SECONDS = 120.0  # beyond the bound, to see how long it takes, or whether it comes at all


@dataclass(frozen=True, kw_only=True)
class Injected:
    """A fault that was injected: the jobs it met, the seconds until the stack had recovered, and who took longer."""

    fault: str
    jobs: frozenset[str]
    recovery_seconds: float
    late: frozenset[str]  # had not ended BOUND_SECONDS after the fault


class Recovery:
    """Watches one fault at a time."""

    def __init__(self, stack: Stack, journal: Journal) -> None:
        self._stack = stack
        self._journal = journal
        self._tables = Tables(stack.database_url)

    def before(self) -> frozenset[str]:
        """The jobs that have not ended now."""
        return self._tables.unfinished()

    def after(self, fault: str, before: frozenset[str], name: str) -> Injected:
        """Call it at the fault's end; returns when the stack has recovered. `name` is the probe's, and its key."""
        begun = time.monotonic()
        url = f"{self._stack.site}/words/3/after/0/{name}"
        self._submit(order_of((url,), key=name), begun + PATIENCE_SECONDS)
        jobs = before | self._tables.unfinished() | self._tables.jobs_of(url)
        late = self._left(jobs, begun + BOUND_SECONDS)
        self._left(late, begun + PATIENCE_SECONDS)
        return Injected(fault=fault, jobs=jobs, recovery_seconds=time.monotonic() - begun, late=late)

    def close(self) -> None:
        """Give the connection up."""
        self._tables.close()

    def _submit(self, probe: Order, deadline: float) -> None:
        with closing(Caller(self._stack.manager_port)) as caller:
            orders = Orders(caller, self._journal)
            wait_until(lambda: orders.order(probe), seconds=deadline - time.monotonic(), between=lambda: None)

    def _left(self, jobs: frozenset[str], deadline: float) -> frozenset[str]:
        """Those of `jobs` that have not ended by the deadline."""
        left = jobs

        def all_ended() -> bool:
            nonlocal left
            left = self._tables.unfinished_among(left)
            return not left

        wait_until(all_ended, seconds=deadline - time.monotonic(), between=lambda: None)
        return left
