"""The two servers that everything else needs, broker and database. Tests use them alone."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded.account import Account, account_for, shared_folder
from embedded.broker import Broker
from embedded.data_folder import DataFolder
from embedded.database import Database
from embedded.guard import Guard
from embedded.ports import free_ports
from embedded.programs import copy_postgres, find_postgres
from embedded.supervisor import Service, Supervisor
from embedded.terminal import Terminal


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Broker and database, whose addresses are known before they run, and who keeps them running."""

    broker: Broker
    database: Database
    guard: Guard
    supervisor: Supervisor

    def start_broker(self) -> None:
        """Start the broker and wait until it is ready."""
        self.supervisor.start_and_wait(
            Service(command=self.broker.command(), is_ready=self.broker.is_ready, stops_last=True),
        )

    def start_database(self) -> None:
        """Start the database, which is made where there is none, and wait until it is ready."""
        if self.database.folder.exists():
            self.database.forget_killed_server()
        else:
            self.database.initialise(self.supervisor.run)
        self.supervisor.start_and_wait(
            Service(command=self.database.command(), is_ready=self.database.is_ready, stops_last=True),
        )


@contextmanager
def servers_on(folder: DataFolder, lock: int, terminal: Terminal, *, temporary: bool) -> Iterator[Servers]:
    """The servers with their data in a folder that is held by `lock`. What was started stops with the `with` block.

    A `temporary` folder is deleted at the end, and its data need not survive a crash of the machine.
    Raises StackError.
    """
    cluster = folder.path / "database"
    account = account_for(cluster)
    passwords = folder.passwords()
    broker_port, database_port = free_ports(2)
    with (
        closing(Guard(keep_open=(lock,))) as guard,
        _postgres_programs(account, guard) as programs,
        Supervisor(guard, terminal) as supervisor,
    ):
        if temporary:
            guard.remove(folder.path)
        broker = Broker(
            folder=folder.path / "broker",
            log=folder.logs / "job_broker.log",
            port=broker_port,
            password=passwords.broker,
            durable=not temporary,
        )
        database = Database(
            programs=programs,
            folder=cluster,
            log=folder.logs / "job_db.log",
            port=database_port,
            password=passwords.database,
            account=account,
            durable=not temporary,
        )
        yield Servers(broker=broker, database=database, guard=guard, supervisor=supervisor)


@contextmanager
def _postgres_programs(account: Account | None, guard: Guard) -> Iterator[Path]:
    """PostgreSQL's programs, where the account can run them."""
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
