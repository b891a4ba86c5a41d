"""PostgreSQL as the stack's database: on a loopback port, with a password, under a user that is not root."""

import shutil
import signal
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import psycopg2

from embedded.account import Account, change_owner, shared_folder
from embedded.data_folder import DataFolder
from embedded.ports import LOOPBACK
from embedded.programs import find_postgres
from embedded.supervisor import Command

FOLDER = "database"
USER = "jobs"
NAME = "postgres"
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
WORKING_FOLDER = "/proc/self/cwd"
CONNECT_SECONDS = 2
# A query whose caller gave up ends, too. In the containers, ops/postgres/roles.sql says so.
CHECK_CLIENTS = ("-c", "client_connection_check_interval=1s")
# A small stack on one machine needs no replication, and no processes that read ahead or write behind.
SMALL = (
    *("-c", "shared_buffers=64MB"),
    *("-c", "max_connections=200"),
    *("-c", "wal_level=minimal"),
    *("-c", "max_wal_senders=0"),
    *("-c", "max_logical_replication_workers=0"),
    *("-c", "io_method=sync"),
    *("-c", "bgwriter_lru_maxpages=0"),
    *("-c", "dynamic_shared_memory_type=mmap"),  # in its folder, so that nothing is left of it when it is killed
    *("-c", "wal_writer_delay=10s"),  # it writes for those who do not wait for the disk, and all here do
)
INITDB = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--auth=scram-sha-256",
    f"--username={USER}",
    "--no-instructions",
)
NOT_DURABLE = (
    "-c",
    "fsync=off",
    "-c",
    "full_page_writes=off",
)  # data survive a crash of the server, but not of the machine


@dataclass(frozen=True, kw_only=True)
class PostgresServer:
    """`programs` holds PostgreSQL's `bin`; `account` owns and runs the cluster (None: the caller does).

    Unless it is `durable`, its data need not survive a crash of the machine.
    """

    data: DataFolder
    programs: Path
    account: Account | None
    port: int
    durable: bool

    @property
    def folder(self) -> Path:
        """The cluster."""
        return self.data.path / FOLDER

    @property
    def url(self) -> str:
        """As `DATABASE_URL` wants it."""
        return f"postgresql://{USER}:{self.data.passwords().database}@{LOOPBACK}:{self.port}/{NAME}"

    @property
    def client(self) -> str:
        """The command for a look inside; `-c` and a statement can follow."""
        return f"{find_postgres() / 'bin' / 'psql'} {self.url}"

    def prepare(self, run: Callable[[Command], None]) -> None:
        """Make an empty cluster in `folder` unless there is one; never half of one. `run` runs a command to its end.

        The caller must hold the lock of the data folder.
        """
        if self.folder.exists():
            self._forget_killed_server()
            return
        draft = self.folder.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)  # left by an interrupted start
        draft.mkdir(mode=0o700)
        sync = () if self.durable else ("--no-sync",)
        change_owner(draft, self.account)
        with NamedTemporaryFile("w", dir=shared_folder(), encoding="ascii") as password_file:
            password_file.write(self.data.passwords().database)
            password_file.flush()
            change_owner(Path(password_file.name), self.account)
            run(self._command(draft, "initdb", *INITDB, *sync, f"--pwfile={password_file.name}"))
        draft.rename(self.folder)

    def command(self) -> Command:
        """How to run the server on a cluster that exists."""
        return self._command(
            self.folder,
            "postgres",
            *("-c", f"listen_addresses={LOOPBACK}"),
            *("-c", f"port={self.port}"),
            *("-c", "unix_socket_directories="),
            *CHECK_CLIENTS,
            *SMALL,
            *(() if self.durable else NOT_DURABLE),
        )

    def is_ready(self) -> bool:
        """Whether it lets a client in."""
        return lets_in(self.url)

    def _forget_killed_server(self) -> None:
        """Remove the PID file of a server that was killed, if the PID now belongs to another program.

        If there is no such process, PostgreSQL does so itself.
        """
        file = self.folder / "postmaster.pid"
        with suppress(OSError, IndexError):
            pid = file.read_text(encoding="utf-8").split("\n", 1)[0]
            if Path("/proc", pid, "comm").read_text(encoding="utf-8").strip() != "postgres":
                file.unlink()

    def _command(self, data: Path, program: str, *arguments: str) -> Command:
        place = WORKING_FOLDER if self.account else str(data)
        return Command(
            name="job_db",
            arguments=(str(self.programs / "bin" / program), "-D", place, *arguments),
            environment=ENVIRONMENT,
            folder=data,
            log=self.data.logs / "job_db.log",
            account=self.account,
            stop_signal=signal.SIGINT,  # a fast shutdown: disconnects the clients
            is_ready=self.is_ready,
            stops_last=True,
        )


def lets_in(url: str) -> bool:
    """Whether a database lets a client in, and answers: a pooler lets in whom it knows, whatever the database does."""
    try:
        with closing(psycopg2.connect(url, connect_timeout=CONNECT_SECONDS)) as connection:
            connection.cursor().execute("SELECT 1")
    except psycopg2.OperationalError:
        return False
    return True
