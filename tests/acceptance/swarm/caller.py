"""A caller that goes on submitting pages while something happens to the swarm."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dev.manager import Manager, Unanswered
from tests.acceptance.repeating import repeated
from tests.acceptance.swarm.stack import SITE

BETWEEN_SECONDS = 0.1
WORDS = 5


class Caller:
    """It asks the nodes in turn, and the next one where one does not answer, as a load balancer does."""

    def __init__(self, managers: Sequence[Manager]) -> None:
        self._managers = managers
        self.accepted: list[str] = []
        self.failed: list[str] = []  # submissions that no node took, and what they said
        self.passed_on = 0  # submissions that one node did not take, and the next did

    def submit(self, number: int) -> None:
        """Submit one page."""
        key, said = uuid.uuid4().hex, []
        page = {"url": f"{SITE}/words/{WORDS}/called/{number}?seconds=0.2"}
        first = number % len(self._managers)
        for manager in (*self._managers[first:], *self._managers[:first]):
            try:
                answer = manager.ask("POST", "/count", page, key=key)
            except Unanswered as error:
                said.append(str(error))
                continue
            if answer.status == 202:
                self.accepted += answer.job_ids()
                self.passed_on += bool(said)
                return
            said.append(f"{answer.status} {answer.body}")
        self.failed.append("; ".join(said))


@contextmanager
def calling(managers: Sequence[Manager]) -> Iterator[Caller]:
    """A caller that submits during the block."""
    caller = Caller(managers)
    with repeated(caller.submit, every=BETWEEN_SECONDS):
        yield caller
