"""The stack of docker-compose.yml as faults find it."""

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from dev.chaos.caller import Asked, Caller, Unanswered
from dev.chaos.container import Container
from dev.chaos.engine import Compose, docker
from dev.chaos.tables import Tables
from dev.chaos.waiting import wait_for

WHOLE_SECONDS = 120.0
_ALIVE = "SELECT seen_at > now() - interval '6 s' FROM workers WHERE stopped_at IS NULL AND lost_at IS NULL"


@dataclass(frozen=True, kw_only=True)
class ContainerStack:
    """A `Stack` of containers. Flower is left out: it only looks."""

    compose: Compose
    manager_port: int
    broker_url: str
    database_url: str
    broker: Container
    database: Container
    manager: Container
    scheduler: Container
    workers: tuple[Container, ...]
    site: str = "http://pages:8000"

    def kill_child(self, worker: str, chance: random.Random) -> None:
        """Any of them."""
        next(each for each in self.workers if each.name == worker).kill_child(chance.randrange(1 << 16))

    def empty_broker(self) -> None:
        """Wipe its volume."""
        volume = f"{self._project}_job_broker:/data"
        wipe = (
            "run",
            "--rm",
            "--user",
            "root",
            "--volume",
            volume,
            "redis:8.0",
            "find",
            "/data",
            "-mindepth",
            "1",
            "-delete",
        )
        docker(*wipe)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Workers leave the broker's network."""
        network = f"{self._project}_broker"
        for worker in self.workers:
            docker("network", "disconnect", network, worker.container)
        yield
        for worker in self.workers:
            docker("network", "connect", network, worker.container)

    @contextmanager
    def second_scheduler(self) -> Iterator[None]:
        """Another container of the service."""
        self._scale_scheduler(2)
        yield
        self._scale_scheduler(1)

    def wait_until_whole(self) -> None:
        """Wait until the workers of now beat, and no others are thought to, and the manager reaches all it needs.

        Docker's health checks say the same, but only every ten seconds, and on a busy machine not even then.
        """
        with closing(Tables(self.database_url)) as tables, closing(Caller(self.manager_port)) as caller:
            wait_for(
                lambda: self._all_beat(tables) and _is_ready(caller), "workers and manager work", seconds=WHOLE_SECONDS
            )

    def _all_beat(self, tables: Tables) -> bool:
        return [beats for (beats,) in tables.insist(_ALIVE)] == [True] * len(self.workers)

    def died(self) -> list[str]:
        """Those that ended although nobody ended them, and that Docker has started again since this was last asked."""
        return [each.name for each in self._members if each.died_by_itself()]

    @property
    def _members(self) -> tuple[Container, ...]:
        return (self.broker, self.database, self.manager, self.scheduler, *self.workers)

    def keep(self, folder: Path) -> None:
        """Write what all containers have logged, and what the database holds."""
        logs = self.compose("--ansi", "never", "logs", "--no-color", "--timestamps")
        folder.joinpath("containers.log").write_text(logs, encoding="utf-8")
        dump = self.compose("exec", "-T", "job_db", "pg_dump", "-U", "postgres", "jobs")
        folder.joinpath("jobs.sql").write_text(dump, encoding="utf-8")

    @property
    def _project(self) -> str:
        return self.compose.environment["COMPOSE_PROJECT_NAME"]

    def _scale_scheduler(self, number: int) -> None:
        self.compose(
            "up", "--detach", "--no-recreate", "--no-deps", "--scale", f"job_scheduler={number}", "job_scheduler"
        )


def _is_ready(caller: Caller) -> bool:
    try:
        return caller.ask(Asked(method="GET", path="/readyz")).status is HTTPStatus.OK
    except Unanswered:
        return False
