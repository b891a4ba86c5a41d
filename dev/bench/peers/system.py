"""A running system under test: who submits to it, its servers, its processes."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import redis

from dev.bench.peers.processes import groups_of
from dev.bench.peers.tally import OWN, Books
from embedded.services import PROJECT

LOOK_SECONDS = 0.2
END_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Access:
    """How jobs get in and out: what the caller needs (see `caller.py`), and the statement for keys and times of ends.

    Its `environment` holds DATABASE_URL and REDIS_URL.
    """

    python: Path
    where: str
    environment: Mapping[str, str]
    ended: str


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What the caller measured: seconds in all, those of the processor, and when each job was submitted, by its key."""

    seconds: float
    processor: float
    sent: Mapping[str, float]


class System:
    """Processes that log into `folder`, and a caller that waits for orders."""

    def __init__(
        self, name: str, folder: Path, access: Access, caller: "subprocess.Popen[bytes]", books: Books
    ) -> None:
        self.name = name
        self.books = books
        self.jobs = 0  # so far
        self._folder = folder
        self._caller = caller
        self._ended = access.ended

    def groups(self) -> dict[str, list[int]]:
        """PIDs by group."""
        return groups_of(self._folder)

    def submit(self, urls: Sequence[str], *, batch: bool = False, rate: float = 0, callers: int = 1) -> Sent:
        """Have the jobs submitted; without waiting for their end."""
        order = json.dumps({"urls": urls, "batch": batch, "rate": rate, "callers": callers})
        if self._caller.stdin is None or self._caller.stdout is None:
            raise TypeError("the caller is spoken to by pipes")
        self._caller.stdin.write(f"{order}\n".encode())
        self._caller.stdin.flush()
        answer = self._caller.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name}: the caller failed")
        self.jobs += len(urls)
        return Sent(**json.loads(answer))

    def run(self, urls: Sequence[str], *, batch: bool = False, rate: float = 0, callers: int = 1) -> Sent:
        """Have the jobs submitted, and wait until all have ended."""
        sent = self.submit(urls, batch=batch, rate=rate, callers=callers)
        deadline = time.monotonic() + END_SECONDS
        statement = f"SELECT count(*) FROM ({self._ended}) AS ended"  # noqa: S608 - the statement is this module's caller's
        while (ended := self.books.ask(statement)[0][0]) < self.jobs:
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.name}: {ended} of {self.jobs} jobs ended within {END_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)
        return sent

    def ended(self) -> dict[str, float]:
        """When each job ended, by its key."""
        return {key: float(at) for key, at in self.books.ask(self._ended)}


@contextmanager
def connected(name: str, folder: Path, access: Access) -> Iterator[System]:
    """The system that runs in `folder`."""
    command = [str(access.python), "-m", "dev.bench.peers.caller", access.where]
    (log,) = folder.rglob("job_db.log")
    with (
        subprocess.Popen(  # noqa: S603 - our own module
            command, cwd=PROJECT, env=access.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as caller,
        closing(psycopg2.connect(access.environment["DATABASE_URL"], application_name=OWN)) as database,
        redis.Redis.from_url(access.environment["REDIS_URL"]) as broker,
    ):
        database.autocommit = True
        yield System(name, folder, access, caller, Books(database.cursor(), broker, log))
