"""A PostgreSQL and its copy, which takes its place when a test says so: the first may die for good."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from dev.service import ServiceProcess
from dev.tables import Rows, Tables
from dev.waiting import eventually
from embedded.account import change_owner
from embedded.ports import LOOPBACK, free_ports
from embedded.postgres import PostgresServer, lets_in
from embedded.servers import Servers
from embedded.supervisor import Command

COPY = "copy"  # the name by which the primary knows who copies it
REPLICATED = (
    *("-c", "wal_level=replica"),
    *("-c", "max_wal_senders=4"),
    *("-c", "hot_standby=on"),
)
IN_STEP = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
IN_STEP_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class PairedServer(PostgresServer):
    """One of two, of which one is the primary. Its `url` names both, this one first."""

    name: str
    other_port: int

    @property
    def folder(self) -> Path:
        """The cluster."""
        return self.data.path / self.name

    @property
    def own_url(self) -> str:
        """Where this one is, whether it takes writes or not."""
        return super().url

    @property
    def url(self) -> str:
        """As `DATABASE_URL` wants it."""
        here = f"{LOOPBACK}:{self.port}"
        return f"{self.own_url.replace(here, f'{here},{LOOPBACK}:{self.other_port}')}?target_session_attrs=read-write"

    def is_ready(self) -> bool:
        """Whether this one lets a client in."""
        return lets_in(self.own_url)

    def command(self) -> Command:
        """How to run it, once it has data."""
        command = super().command()
        log = self.data.logs / f"{self.name}.log"
        return replace(command, name=f"job_db ({self.name})", arguments=(*command.arguments, *REPLICATED), log=log)

    def copying(self, primary: "PairedServer") -> Command:
        """The program that makes this one's data a copy of the primary's, and this one its standby."""
        source = f"{primary.own_url}?application_name={COPY}"
        options = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync", f"--dbname={source}")
        return self._command(self.folder, "pg_basebackup", *options)


class DatabasePair:
    """Both servers. The first is the primary in the beginning; a commit is answered once the other one has it."""

    def __init__(self, servers: Servers) -> None:
        given = vars(servers.database)
        ports = (servers.database.port, *free_ports(1))
        self.primary, self.standby = (
            PairedServer(**given | {"port": port}, name=name, other_port=other)
            for name, port, other in zip(("database", "database_2"), ports, reversed(ports), strict=True)
        )
        self._run = servers.supervisor.run
        self._processes = {
            server: ServiceProcess(server.command, servers.supervisor.guard) for server in (self.primary, self.standby)
        }

    def process(self, server: PairedServer) -> ServiceProcess:
        """The process of one of them."""
        return self._processes[server]

    def kill_all(self) -> None:
        """`kill -9` for both."""
        for process in self._processes.values():
            if process.is_running():
                process.kill()

    def copy(self) -> None:
        """Have the standby begin from nothing as a synchronous copy of the primary, which runs."""
        if self.process(self.standby).is_running():
            self.process(self.standby).kill()
        shutil.rmtree(self.standby.folder, ignore_errors=True)
        self.standby.folder.mkdir(mode=0o700)
        change_owner(self.standby.folder, self.standby.account)
        self._run(self.standby.copying(self.primary))
        self.process(self.standby).restart()
        self.configure("synchronous_standby_names", COPY)
        eventually(self.is_in_step, "the copy is in step", seconds=IN_STEP_SECONDS)

    def is_in_step(self) -> bool:
        """Whether the standby has all that the primary has answered."""
        return bool(self.ask(self.primary, IN_STEP))

    def configure(self, name: str, value: str) -> None:
        """Give a setting of the primary that value at once, also where connections are open."""
        self.ask(self.primary, f"ALTER SYSTEM SET {name} = '{value}'")
        self.ask(self.primary, "SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Make the standby the primary."""
        self.ask(self.standby, "SELECT pg_promote()")
        self.primary, self.standby = self.standby, self.primary

    @staticmethod
    def ask(server: PairedServer, statement: str) -> Rows:
        """The rows of a statement on that server, whichever it is."""
        tables = Tables(server.own_url)
        try:
            return tables.query(statement)
        finally:
            tables.close()
