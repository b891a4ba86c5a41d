"""The stack of ops/swarm/stack.yml on two nodes of this machine's making, as docs/swarm.md deploys it."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.containers import BUILD_SECONDS, Compose, docker, own_project
from dev.manager import Manager, Unanswered
from dev.waiting import eventually
from embedded.errors import StackError
from tests.acceptance.swarm.nodes import Node, load, running_nodes

STACK = "wordcount"
FILES = ("ops/swarm/stack.yml", "tests/acceptance/swarm/pages.yml")
RELEASES = ("1", "2")
OURS = ("job_manager", "job_worker")
OF_OTHERS = ("redis:8.0", "postgres:17")
MANAGER_PORT = 5050
SETTINGS = {"FETCH_ALLOWED_PRIVATE_NETWORKS": "10.213.0.0/24", "FETCH_MAX_PER_HOST": "200"}
SITE = "http://pages:8000"
DEPLOYED_SECONDS = 240.0


@dataclass(frozen=True, kw_only=True)
class Swarm:
    """Two nodes, of which the first commands the swarm and has the data, and the stack on them."""

    nodes: list[Node]
    environment: dict[str, str]
    passwords: list[str]

    @property
    def leader(self) -> Node:
        """The node that commands."""
        return self.nodes[0]

    @property
    def managers(self) -> list[Manager]:
        """The stack's manager at each node."""
        return [Manager(host=node.address, port=MANAGER_PORT) for node in self.nodes]

    def deploy(self, release: str) -> None:
        """Deploy the stack with the images of a release, without waiting."""
        files = [option for file in FILES for option in ("--compose-file", file)]
        environment = self.environment | {"RELEASE": release}
        self.leader.docker("stack", "deploy", *files, "--resolve-image", "never", STACK, environment=environment)

    def migrate(self, release: str) -> None:
        """Run the migration of a release, and wait for its end."""
        image = f"{self.environment['IMAGES']}/job_manager:{release}"
        options = ("--detach=false", "--quiet", "--no-resolve-image", "--image", image)
        self.leader.docker("service", "update", *options, f"{STACK}_job_migrate")

    def runs_as_told(self, workers: int) -> bool:
        """Whether every service has as many tasks as it should, and the manager all it needs and so many workers."""
        lines = self.leader.docker("service", "ls", "--format", "{{.Replicas}}").splitlines()
        tasks = [line.split()[0].split("/") for line in lines if "completed" not in line]
        return all(now == wanted for now, wanted in tasks) and self._live_workers() == workers

    def _live_workers(self) -> int | None:
        with suppress(Unanswered):
            answer = self.managers[0].ask("GET", "/readyz")
            return answer.body["workers"] if answer.status == 200 else None
        return None

    def has_updated(self, release: str) -> bool:
        """Whether every update has ended, and every service of ours runs the images of the release."""
        services = self.inspect("service", *self.leader.docker("service", "ls", "--quiet").split())
        images = {service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"].partition("@")[0] for service in services}
        states = {service["UpdateStatus"]["State"] for service in services if service.get("UpdateStatus")}
        assert states <= {"updating", "completed"}, states
        wanted = {f"{self.environment['IMAGES']}/{name}:{release}" for name in OURS}
        return wanted <= images and states == {"completed"}

    def is_down(self, node: Node) -> bool:
        """Whether the swarm has noticed that the node is gone."""
        return self.leader.docker("node", "inspect", "--format", "{{.Status.State}}", node.name) == "down"

    def sql(self, query: str) -> list[str]:
        """The rows of a query, with columns separated by `|`."""
        label = f"label=com.docker.swarm.service.name={STACK}_job_db"
        container = self.leader.docker("ps", "--quiet", "--filter", label)
        psql = ("psql", "-U", "postgres", "-d", "jobs", "-AtXc", query)
        return self.leader.docker("exec", container, *psql).splitlines()

    def attempts_at(self, node: Node) -> int:
        """How many jobs a worker on that node holds."""
        held = "SELECT count(*) FROM jobs JOIN workers ON worker_id = workers.id WHERE state = 'STARTED'"
        return int(self.sql(f"{held} AND name LIKE '%@{node.name}%'")[0])

    def unfinished(self) -> int:
        """How many jobs have not ended."""
        return int(self.sql("SELECT count(*) FROM jobs WHERE finished_at IS NULL")[0])

    def inspect(self, kind: str, *names: str) -> list[dict[str, Any]]:
        """The leader's description of things of a kind."""
        found: list[dict[str, Any]] = json.loads(self.leader.docker(kind, "inspect", *names))
        return found

    def keep_logs(self) -> str:
        """What its tasks are, and the latest of what they said, for a person who looks for the reason of a failure."""
        tasks = self.leader.docker("stack", "ps", "--no-trunc", STACK)
        services = self.leader.docker("service", "ls", "--format", "{{.Name}}").split()
        logs = [self.leader.docker("service", "logs", "--tail", "15", service) for service in services]
        return "\n".join([tasks, *logs])


@contextmanager
def running_swarm(folder: Path) -> Iterator[Swarm]:
    """Nodes, images on them, and the stack with every task running; nothing is left of it afterwards."""
    compose = Compose(environment=own_project("swarm"), files=("docker-compose.yml",))
    images = [f"{compose.project}/{name}:{release}" for name in OURS for release in RELEASES]
    try:
        compose("build", "--quiet", seconds=BUILD_SECONDS)
        for image in images:
            docker("tag", f"{image.partition(':')[0]}:latest", image)
        with running_nodes(["node-a", "node-b"]) as nodes:
            leader, other = nodes
            load(images, nodes)
            load(OF_OTHERS, [leader])
            _join(leader, other)
            leader.docker("node", "update", "--label-add", "wordcount.data=true", leader.name)
            environment = {**compose.environment, **SETTINGS} | {"IMAGES": compose.project, "SECRETS": str(folder)}
            swarm = Swarm(nodes=nodes, environment=environment, passwords=_write_secrets(folder))
            swarm.deploy(RELEASES[0])
            eventually(lambda: swarm.runs_as_told(workers=4), "the stack runs", seconds=DEPLOYED_SECONDS)
            yield swarm
    finally:
        with suppress(StackError):  # there are none after a failed build
            docker("image", "rm", "--force", *images, *(f"{compose.project}/{name}:latest" for name in OURS))


def _join(leader: Node, other: Node) -> None:
    leader.docker("swarm", "init", "--advertise-addr", leader.address)
    token = leader.docker("swarm", "join-token", "--quiet", "worker")
    other.docker("swarm", "join", "--token", token, f"{leader.address}:2377")


def _write_secrets(folder: Path) -> list[str]:
    """A file for each secret; returns the passwords in them."""
    kinds = ("broker", "database", "database_owner", "postgres")
    password = {kind: secrets.token_hex(24) for kind in kinds}
    files = {f"{kind}_password": password[kind] for kind in kinds} | {
        "broker_url": f"redis://:{password['broker']}@job_broker:6379/0",
        "database_url": f"postgresql://job_service:{password['database']}@job_db:5432/jobs",
        "migration_database_url": f"postgresql://job_owner:{password['database_owner']}@job_db:5432/jobs",
        "flower_basic_auth": f"viewer:{secrets.token_hex(8)}",
        "manager_api_keys": "",
        "webhook_secrets": "",
    }
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    return list(password.values())
