"""What a system asks of PostgreSQL and Redis: statements, transactions that write, commands."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor
from redis import Redis

OWN = "bench-peers"  # our connection's application_name, so that our own statements can be left out
STATEMENT = re.compile(
    rf"^(?!{OWN}\|)[^|\t]*\|LOG:  (?:statement|execute [^:]*): (?!BEGIN|COMMIT|ROLLBACK)", re.MULTILINE
)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Numbers so far, or a job."""

    statements: float
    commits: float
    commands: float

    def each(self, earlier: "Tally", jobs: float) -> "Tally":
        """What came since `earlier`, divided by `jobs`."""
        return Tally(
            statements=(self.statements - earlier.statements) / jobs,
            commits=(self.commits - earlier.commits) / jobs,
            commands=(self.commands - earlier.commands) / jobs,
        )

    def less(self, idle: "Tally", seconds: float) -> "Tally":
        """Without what an idle system does in `seconds`."""
        return Tally(
            statements=self.statements - seconds * idle.statements,
            commits=self.commits - seconds * idle.commits,
            commands=self.commands - seconds * idle.commands,
        )


NOTHING = Tally(statements=0, commits=0, commands=0)


class Books:
    """What one system asked of its servers; not counted are BEGIN, COMMIT, ROLLBACK and our own statements."""

    def __init__(self, database: cursor, broker: Redis, log: Path) -> None:
        self._database, self._broker, self._log = database, broker, log

    @contextmanager
    def opened(self) -> Iterator[None]:
        """While open, PostgreSQL logs every statement."""
        self._set("log_line_prefix = '%a|'", "log_statement = 'all'")
        try:
            yield
        finally:
            self._set("log_statement = 'none'")

    def tally(self) -> Tally:
        """The numbers so far. A transaction that writes takes a number; the next one is known."""
        commands = self._broker.info("commandstats").items()
        return Tally(
            statements=len(STATEMENT.findall(self._log.read_text(encoding="utf-8", errors="replace"))),
            commits=self.ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")[0][0],
            commands=sum(counted["calls"] for name, counted in commands if name != "cmdstat_info"),
        )

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of one of our own statements, which are not counted."""
        self._database.execute(statement)
        return self._database.fetchall()

    def _set(self, *settings: str) -> None:
        for setting in settings:
            self._database.execute(f"ALTER SYSTEM SET {setting}")
        self._database.execute("SELECT pg_reload_conf()")
