"""Where a fault happens: the stack under load, and the chance that decides the details."""

import random
import time
from contextlib import closing
from dataclasses import dataclass

from dev.chaos.caller import Caller
from dev.chaos.journal import Journal, Order
from dev.chaos.orders import Orders, order_of
from dev.chaos.queue_watch import QueueWatch
from dev.chaos.stack import Member, Stack
from dev.chaos.tables import Tables
from embedded.terminal import wait_until

BUSY_PAGES = 8
STARTED_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a fault works with."""

    stack: Stack
    journal: Journal
    queue: QueueWatch
    chance: random.Random

    def worker(self) -> Member:
        """Either of them."""
        return self.chance.choice(self.stack.workers)

    def last(self, seconds: tuple[float, float]) -> None:
        """Let the fault last for a while: it is the fault's own length, and nothing is waited for."""
        time.sleep(self.chance.uniform(*seconds))

    def new_order(self, pages: int, seconds: float = 0) -> Order:
        """An order, not asked for yet, of pages that take so long."""
        names = [f"{self.chance.getrandbits(64):x}" for _ in range(pages)]
        urls = tuple(f"{self.stack.site}/words/7/after/{seconds:g}/{name}" for name in names)
        return order_of(urls, batch=pages > 1, key=f"{self.chance.getrandbits(64):x}")

    def order(self, order: Order) -> None:
        """Ask for it, once; the load does it again if there is no answer."""
        with closing(Caller(self.stack.manager_port)) as caller:
            Orders(caller, self.journal).order(order)

    def occupy(self, seconds: float) -> None:
        """Give the children of both workers pages that take so long, and wait for a moment in the middle of that."""
        order = self.new_order(BUSY_PAGES, seconds)
        with closing(Tables(self.stack.database_url)) as tables:
            self.order(order)
            wait_until(lambda: _is_started(tables, order), seconds=STARTED_SECONDS, between=lambda: None)
        time.sleep(self.chance.uniform(0, seconds / 2))


def _is_started(tables: Tables, order: Order) -> bool:
    asked = "SELECT FROM jobs WHERE url = ANY(%s) AND state = 'STARTED'"
    return len(tables.ask(asked, list(order.urls))) > BUSY_PAGES // 2
