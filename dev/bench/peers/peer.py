"""The peers: how each is installed and started, and on which servers."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import psycopg2

from dev.bench.peers.environments import make_environment
from dev.bench.peers.system import System, connected
from embedded.data_folder import DataFolder
from embedded.ports import free_ports
from embedded.servers import servers_on
from embedded.services import PROJECT
from embedded.supervisor import Command
from embedded.terminal import Terminal

SYSTEMS = "dev.bench.peers.systems"
RESULTS = """
CREATE TABLE results (url text PRIMARY KEY, result json NOT NULL, ended_at timestamptz DEFAULT clock_timestamp())
"""
ENDED = "SELECT url, extract(epoch FROM ended_at) FROM results"
ENDED_BY_CELERY = """
SELECT task_id, extract(epoch FROM date_done AT TIME ZONE 'UTC') FROM celery_taskmeta WHERE status = 'SUCCESS'
"""
LECTURE = f"{SYSTEMS}.celery_lecture"
PROCRASTINATE = f"--app={SYSTEMS}.procrastinate_app.app"
QUIET = ("--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Commands run in the peer's environment; `prepare` before all others. With a `manager`, jobs come by HTTP."""

    packages: tuple[str, ...]
    module: str
    worker: tuple[str, ...]
    workers: int = 1
    prepare: tuple[str, ...] = ()
    manager: tuple[str, ...] = ()
    ended: str = ENDED


CELERY = ("celery[redis]", "flask", "gunicorn", "sqlalchemy")
PEERS: Mapping[str, Peer] = {
    "celery-tuned": Peer(
        packages=CELERY,
        module="celery_tuned",
        worker=("celery", f"--app={SYSTEMS}.celery_tuned", "worker", "--concurrency=2", *QUIET),
    ),
    "celery-lecture": Peer(
        packages=CELERY,
        module="celery_lecture",
        worker=("celery", f"--app={LECTURE}:app", "worker", "--loglevel=INFO"),
        prepare=("python", "-c", f"from {LECTURE} import make_tables; make_tables()"),
        manager=("gunicorn", "--workers=2", "--threads=32", f"{LECTURE}:manager"),
        ended=ENDED_BY_CELERY,
    ),
    "rq": Peer(
        packages=("rq==3.0.0",),
        module="rq_app",
        worker=("rq", "worker-pool", "--num-workers=2", "--worker-class=rq.SimpleWorker", "--quiet"),
    ),
    "dramatiq": Peer(
        packages=("dramatiq[redis]==2.2.1",),
        module="dramatiq_app",
        worker=("dramatiq", f"{SYSTEMS}.dramatiq_app", "--processes=2", "--threads=4"),
    ),
    "huey": Peer(
        packages=("huey[redis]==3.5.4",),
        module="huey_app",
        worker=("huey_consumer", f"{SYSTEMS}.huey_app.huey", "-k", "process", "-w", "2", "-n", "-q"),
    ),
    "procrastinate": Peer(
        packages=("procrastinate==3.10.0", "psycopg[binary]"),
        module="procrastinate_app",
        worker=("procrastinate", PROCRASTINATE, "worker", "--concurrency=4"),
        workers=2,
        prepare=("procrastinate", PROCRASTINATE, "schema", "--apply"),
    ),
}


@contextmanager
def running_peer(name: str, folder: Path) -> Iterator[System]:
    """Start the peer on a Redis and a PostgreSQL of its own, configured as this stack's are."""
    peer = PEERS[name]
    programs = make_environment(name, peer.packages)
    data = DataFolder(folder)
    with servers_on(data, Terminal(StringIO()), temporary=False) as servers:
        servers.start()
        broker, database = servers.broker.url, servers.database.url
        with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(RESULTS)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": database,
            "REDIS_URL": broker,
            "RQ_REDIS_URL": broker,
        }

        def command(service: str, program: str, *arguments: str) -> Command:
            return Command(
                name=service,
                arguments=(str(programs / program), *arguments),
                environment=environment,
                folder=PROJECT,
                log=data.logs / f"{service}.log",
            )

        def start(service: str, *parts: str) -> None:
            servers.supervisor.start(command(service, *parts))

        if peer.prepare:
            servers.supervisor.run(command("prepare", *peer.prepare))
        for number in range(peer.workers):
            start(f"job_worker_{number}", *peer.worker)
        where = f"{SYSTEMS}.{peer.module}"
        if peer.manager:
            (port,) = free_ports(1)
            where = str(port)
            start("job_manager", *peer.manager, f"--bind=127.0.0.1:{port}")
        with connected(data.path, environment, peer.ended, (str(programs / "python"), where)) as system:
            yield system
