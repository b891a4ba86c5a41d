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
class RunningServers:
    """What to connect to, as `CELERY_BROKER_URL` and `DATABASE_URL` want it, and who keeps the servers running."""

    broker_url: str
    database_url: str
    supervisor: Supervisor


@contextmanager
def running_servers(
    folder: DataFolder,
    lock: int,
    terminal: Terminal,
    *,
    temporary: bool,
) -> Iterator[RunningServers]:
    """Broker and database on loopback ports, ready for use. The folder is held by `lock` meanwhile.

    A `temporary` folder is deleted at the end, and its data need not survive a crash of the machine.
    Raises StackError and StopRequested.
    """
    with (
        closing(Guard(keep_open=(lock,))) as guard,
        described_servers(folder, guard, temporary=temporary) as (broker, database),
        Supervisor(guard, terminal) as supervisor,
    ):
        _start(broker, database, supervisor)
        yield RunningServers(broker_url=broker.url, database_url=database.url, supervisor=supervisor)


@contextmanager
def described_servers(folder: DataFolder, guard: Guard, *, temporary: bool) -> Iterator[tuple[Broker, Database]]:
    """Broker and database as they would run on free loopback ports; nothing is started. For `temporary` see above."""
    cluster = folder.path / "database"
    if temporary:
        guard.remove(folder.path)
    with _postgres_programs(account := account_for(cluster), guard) as programs:
        broker_port, database_port = free_ports(2)
        passwords = folder.passwords()
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
        yield broker, database


def _start(broker: Broker, database: Database, supervisor: Supervisor) -> None:
    supervisor.start(Service(command=broker.command(), is_ready=broker.is_ready, stops_last=True))
    if database.folder.exists():
        database.forget_killed_server()
    else:
        database.initialise(supervisor.run)
    supervisor.start(Service(command=database.command(), is_ready=database.is_ready, stops_last=True))
    supervisor.wait_until_ready()


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
