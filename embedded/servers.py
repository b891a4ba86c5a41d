"""The two servers that everything else needs, Redis and PostgreSQL. Tests use them alone."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded.account import Account, account_for, shared_folder
from embedded.data_folder import DataFolder
from embedded.guard import Guard
from embedded.ports import LOOPBACK, free_ports
from embedded.postgres import FOLDER, PostgresServer
from embedded.programs import copy_postgres, find_postgres, find_redis
from embedded.supervisor import Command, Supervisor
from embedded.terminal import Terminal

CONNECT_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class RedisServer:
    """Redis as the stack's broker: on a loopback port, with a password, its data on disk.

    Unless it is `durable`, they need not survive a crash of the machine.
    """

    data: DataFolder
    port: int
    durable: bool

    @property
    def folder(self) -> Path:
        """Its data and its settings."""
        return self.data.path / "broker"

    @property
    def url(self) -> str:
        """As `CELERY_BROKER_URL` wants it."""
        return f"redis://:{self.data.passwords().broker}@{LOOPBACK}:{self.port}/0"

    @property
    def client(self) -> str:
        """The command for a look inside; a Redis command can follow."""
        return (
            f"{find_redis().with_name('redis-cli')} --no-auth-warning -p {self.port} -a {self.data.passwords().broker}"
        )

    def command(self) -> Command:
        """How to run it. The password is in a file, since everyone can read a process's arguments."""
        self.folder.mkdir(exist_ok=True)
        settings = self.folder / "redis.conf"
        settings.touch(mode=0o600)
        settings.write_text(self._settings(), encoding="ascii")
        return Command(
            name="job_broker",
            arguments=(str(find_redis()), settings.name),
            environment={},
            folder=self.folder,
            log=self.data.logs / "job_broker.log",
            is_ready=self.is_ready,
            stops_last=True,
        )

    def is_ready(self) -> bool:
        """Whether it answers, which it does not while it loads its data."""
        try:
            with socket.create_connection((LOOPBACK, self.port), CONNECT_SECONDS) as connection:
                connection.sendall(f"AUTH {self.data.passwords().broker}\r\nPING\r\n".encode())
                answers = connection.makefile("rb")
                return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False

    def _settings(self) -> str:
        lines = (
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self.data.passwords().broker}",
            "dir .",
            "appendonly yes",
            f"appendfsync {'everysec' if self.durable else 'no'}",
            'save ""',
            "hz 1",  # it looks after itself once a second: ten times cost more than all else of a stack at rest
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
        )
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Broker and database, whose addresses are known before they start, and the supervisor that runs them."""

    folder: DataFolder
    broker: RedisServer
    database: PostgresServer
    supervisor: Supervisor

    def start(self) -> None:
        """Start both, and wait until they are ready."""
        self.supervisor.start(self.broker.command())
        self.start_database()

    def start_database(self) -> None:
        """Start the database, whose cluster is made if missing; wait for it, and for the broker if it was started."""
        self.database.prepare(self.supervisor.run)
        self.supervisor.start(self.database.command())
        self.supervisor.wait_until_ready("job_broker", "job_db")


@contextmanager
def servers_on(folder: DataFolder, terminal: Terminal, *, temporary: bool) -> Iterator[Servers]:
    """The servers with their data in a folder, which is locked. Everything stops at the end of the `with` block.

    A `temporary` folder is deleted at the end, and its data need not survive a crash of the machine.
    Raises StackError.
    """
    with (
        folder.locked() as lock,
        closing(Guard(keep_open=(lock,))) as guard,
        _postgres_programs(account := account_for(folder.path / FOLDER), guard) as programs,
        Supervisor(guard, terminal) as supervisor,
    ):
        if temporary:
            guard.remove(folder.path)
        ports, durable = free_ports(2), not temporary
        yield Servers(
            folder=folder,
            broker=RedisServer(data=folder, port=ports[0], durable=durable),
            database=PostgresServer(data=folder, programs=programs, account=account, port=ports[1], durable=durable),
            supervisor=supervisor,
        )


@contextmanager
def _postgres_programs(account: Account | None, guard: Guard) -> Iterator[Path]:
    """PostgreSQL's programs, in a place where the account can run them."""
    if account is None:
        yield find_postgres()
        return
    folder = Path(tempfile.mkdtemp(prefix="wordcount-stack-", dir=shared_folder()))
    guard.remove(folder)
    folder.chmod(0o755)
    try:
        yield copy_postgres(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
