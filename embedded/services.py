"""The services of this project, as the embedded stack runs them; the containers run the same commands."""

import http.client
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from embedded.data_folder import DataFolder
from embedded.ports import LOOPBACK, free_ports
from embedded.supervisor import Command
from job_worker.health import is_fresh

PROJECT = Path(__file__).resolve().parent.parent
WORKERS = ("job_worker_01", "job_worker_02")
SCHEDULER = "job_scheduler"
PRACTICE = PROJECT / "embedded" / "practice"
VIEWER_USER = "flower"
ROOM_SECONDS = 10.0
PROBE_SECONDS = 2.0


def _metrics_ports() -> Mapping[str, int]:
    """Where Prometheus can scrape the services without a port for people."""
    names = (*WORKERS, SCHEDULER)
    return dict(zip(names, free_ports(len(names)), strict=True))


@dataclass(frozen=True, kw_only=True)
class Services:
    """The command of each service. `environment` holds the settings of all, including the two URLs."""

    folder: DataFolder
    environment: Mapping[str, str]
    worker_grace_seconds: float = 0
    metrics_ports: Mapping[str, int] = field(default_factory=_metrics_ports)

    def migration(self) -> Command:
        """Brings the database's tables up to date, and ends."""
        return self._command("job_migrate", "job_manager.migrate")

    def manager(self, port: int) -> Command:
        """The HTTP interface."""
        options = ("--config", "job_manager/gunicorn.conf.py", "--bind", f"{LOOPBACK}:{port}")
        command = self._command("job_manager", "gunicorn", *options, "job_manager.wsgi:app")
        return replace(command, is_ready=lambda: _answers(port, "/readyz"))

    def worker(self, name: str) -> Command:
        """One Celery worker with its children. Its own grace ends well before it would be killed."""
        health_file = self._health_file(name)
        command = self._command(
            name,
            *("celery", "--app", "job_worker.worker", "worker", "--hostname", f"{name}@%h"),
            *("--without-mingle", "--without-gossip", "--heartbeat-interval=10"),  # Flower's; the core has its own
            WORKER_HEALTH_FILE=str(health_file),
            METRICS_PORT=str(self.metrics_ports[name]),
        )
        grace_seconds = self.worker_grace_seconds + ROOM_SECONDS
        return replace(_watched_by(health_file, command), grace_seconds=grace_seconds)

    def scheduler(self, name: str = SCHEDULER) -> Command:
        """The loop of the reconciler and of retention. A second one, under another `name`, is harmless."""
        health_file = self._health_file(name)
        port = str(self.metrics_ports[SCHEDULER])
        command = self._command(name, "job_worker.scheduler", SCHEDULER_HEALTH_FILE=str(health_file), METRICS_PORT=port)
        return _watched_by(health_file, command)

    def viewer(self, port: int) -> Command:
        """Flower. It is read-only, as in the containers, unless FLOWER_READ_ONLY says otherwise."""
        command = self._command(
            "job_viewer",
            *("celery", "--app", "job_worker.viewer", "flower", f"--address={LOOPBACK}", f"--port={port}"),
            "--enable-events=False",  # which would ask workers for their events every 5 s, and they send them anyway
            "--max-tasks=1000",  # that it remembers, at 6 KB each: its own 100,000 need more than its container has
            FLOWER_BASIC_AUTH=f"{VIEWER_USER}:{self.folder.passwords().viewer}",
            FLOWER_READ_ONLY=self.environment.get("FLOWER_READ_ONLY") or "true",
        )
        return replace(command, is_ready=lambda: _answers(port, "/healthcheck"))

    def practice_site(self, port: int) -> Command:
        """The pages to practise on. It needs nothing of the stack, and gets none of its settings."""
        return Command(
            name="practice_site",
            arguments=(sys.executable, "-I", "-S", "-u", str(PRACTICE / "serve.py"), LOOPBACK, str(port)),
            environment={},
            folder=PRACTICE,
            log=self.folder.logs / "practice_site.log",
            is_ready=lambda: _answers(port, "/"),
        )

    def _command(self, name: str, module: str, *arguments: str, **settings: str) -> Command:
        own = {"PYTHONUNBUFFERED": "1", "METRICS_FOLDER": str(self.folder.path / f"{name}.metrics"), **settings}
        return Command(
            name=name,
            arguments=(sys.executable, "-m", module, *arguments),
            environment={**self.environment, **own},
            folder=PROJECT,
            log=self.folder.logs / f"{name}.log",
        )

    def _health_file(self, name: str) -> Path:
        """The file by which the service shows that it is alive."""
        return self.folder.path / f"{name}.health"


def _watched_by(health_file: Path, command: Command) -> Command:
    """The command, ready once it touches its file; one left by an earlier run is removed."""
    return replace(
        command,
        before_start=lambda: health_file.unlink(missing_ok=True),
        is_ready=lambda: is_fresh(health_file),
    )


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
