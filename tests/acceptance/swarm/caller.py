"""A caller that goes on submitting pages while something happens to the swarm."""

import itertools
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dev.manager import Manager, Unanswered
from tests.acceptance.swarm.stack import SITE

BETWEEN_SECONDS = 0.1
WORDS = 5


class Caller:
    """It asks the nodes in turn, and the next one where one does not answer, as a load balancer does."""

    def __init__(self, managers: Sequence[Manager]) -> None:
        self._managers = managers
        self._stopped = threading.Event()
        self.accepted: list[str] = []
        self.failed: list[str] = []  # submissions that no node took, and what they said
        self.passed_on = 0  # submissions that one node did not take, and the next did

    def run(self) -> None:
        """Submit pages until `stop`."""
        for number in itertools.count():
            if self._stopped.wait(BETWEEN_SECONDS):
                return
            self._submit(number)

    def stop(self) -> None:
        """End after the submission that is under way."""
        self._stopped.set()

    def _submit(self, number: int) -> None:
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
    thread = threading.Thread(target=caller.run)
    thread.start()
    try:
        yield caller
    finally:
        caller.stop()
        thread.join()
