"""A running system under test: its caller, its servers and its processes."""

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import redis
from psycopg2.extensions import cursor

from dev.bench.peers.processes import groups_of, memory_megabytes, used_milliseconds
from embedded.services import PROJECT

LOOK_SECONDS = 0.2
END_SECONDS = 300.0
OWN = "bench-peers"  # the name of our connection, whose statements do not count
STATEMENT = re.compile(
    rf"^(?!{OWN}\|)[^|\t]*\|LOG:  (?:statement|execute [^:]*): (?!BEGIN|COMMIT|ROLLBACK)", re.MULTILINE
)
NEXT_TRANSACTION = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What the caller measured: seconds in all, those of the processor, and when each job was submitted, by its key."""

    seconds: float
    processor: float
    sent: Mapping[str, float]


class System:
    """Processes that log into `folder`, and a caller that waits for orders."""

    def __init__(
        self, folder: Path, ended: str, caller: "subprocess.Popen[str]", database: cursor, broker: redis.Redis
    ) -> None:
        self.jobs = 0  # submitted so far
        self._folder, self._ended, self._caller = folder, ended, caller
        self._database, self._broker = database, broker
        (self._database_log,) = folder.rglob("job_db.log")
        ((self._own_backend,),) = self._ask("SELECT pg_backend_pid()")

    def groups(self) -> dict[str, list[int]]:
        """PIDs by group, without PostgreSQL's process for our own connection."""
        groups = groups_of(self._folder).items()
        return {name: [pid for pid in pids if pid != self._own_backend] for name, pids in groups}

    def used(self) -> dict[str, float]:
        """Processor milliseconds of each group so far."""
        return {name: used_milliseconds(pids) for name, pids in self.groups().items()}

    def memory(self) -> dict[str, float]:
        """Megabytes of each group."""
        return {name: memory_megabytes(pids) for name, pids in self.groups().items()}

    def submit(self, submissions: Sequence[Sequence[str]], *, rate: float = 0, callers: int = 1) -> Sent:
        """Have jobs submitted, without waiting for their end."""
        order = json.dumps({"submissions": submissions, "rate": rate, "callers": callers})
        if self._caller.stdin is None or self._caller.stdout is None:
            raise TypeError("the caller is spoken to by pipes")
        self._caller.stdin.write(f"{order}\n")
        self._caller.stdin.flush()
        answer = self._caller.stdout.readline()
        if not answer:
            raise SystemExit("the caller failed")
        self.jobs += sum(map(len, submissions))
        return Sent(**json.loads(answer))

    def run(self, submissions: Sequence[Sequence[str]], *, rate: float = 0, callers: int = 1) -> Sent:
        """Have jobs submitted, and wait until all have ended."""
        sent = self.submit(submissions, rate=rate, callers=callers)
        deadline = time.monotonic() + END_SECONDS
        count = f"SELECT count(*) FROM ({self._ended}) AS ended"  # noqa: S608 - the statement is our own
        while (ended := self._ask(count)[0][0]) < self.jobs:
            if time.monotonic() > deadline:
                raise SystemExit(f"{self._folder}: {ended} of {self.jobs} jobs ended within {END_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)
        return sent

    def ended(self) -> dict[str, float]:
        """When each job ended, by its key."""
        return {key: float(at) for key, at in self._ask(self._ended)}

    @contextmanager
    def counted_statements(self) -> Iterator[None]:
        """PostgreSQL logs every statement within the block."""
        self._configure("log_line_prefix = '%a|'", "log_statement = 'all'")
        try:
            yield
        finally:
            self._configure("log_statement = 'none'")

    def requests(self) -> dict[str, float]:
        """Totals so far: logged statements except BEGIN, COMMIT and ROLLBACK; transactions that wrote; commands."""
        commands = self._broker.info("commandstats").items()
        return {
            "statements": len(STATEMENT.findall(self._database_log.read_text(encoding="utf-8", errors="replace"))),
            "commits": self._ask(NEXT_TRANSACTION)[0][0],
            "Redis": sum(counted["calls"] for name, counted in commands if name != "cmdstat_info"),
        }

    def _configure(self, *settings: str) -> None:
        for setting in settings:
            self._database.execute(f"ALTER SYSTEM SET {setting}")
        self._database.execute("SELECT pg_reload_conf()")

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        self._database.execute(statement)
        return self._database.fetchall()


@contextmanager
def connected(folder: Path, servers: Mapping[str, str], ended: str, caller: Sequence[str]) -> Iterator[System]:
    """The system that runs in `folder`, on DATABASE_URL and REDIS_URL.

    `caller` is the Python and the argument for `caller.py`; `ended` the SQL for keys of jobs that ended well, and when.
    """
    python, where = caller
    command, pipe = [python, "-m", "dev.bench.peers.caller", where], subprocess.PIPE
    with (
        subprocess.Popen(command, cwd=PROJECT, env=servers, stdin=pipe, stdout=pipe, text=True) as process,  # noqa: S603 - our own module
        closing(psycopg2.connect(servers["DATABASE_URL"], application_name=OWN)) as database,
        redis.Redis.from_url(servers["REDIS_URL"]) as broker,
    ):
        database.autocommit = True
        yield System(folder, ended, process, database.cursor(), broker)
