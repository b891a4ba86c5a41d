"""The stack of ops/swarm/stack.yml on two nodes of this machine's making, as docs/swarm.md deploys it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.containers import BUILD_SECONDS, Compose, docker, own_project
from dev.manager import Manager, Unanswered
from dev.waiting import NotInTime, eventually
from embedded.errors import StackError
from embedded.services import PROJECT
from tests.acceptance.swarm.nodes import Node, made_nodes

STACK = "wordcount"
DOCUMENT = (PROJECT / "docs" / "swarm.md").read_text(encoding="utf-8")
# There is no registry, and there is a site beside the stack.
OPTIONS = {
    "docker service update": "--quiet --no-resolve-image",
    "docker stack deploy": "--resolve-image never",
    "ops/swarm/stack.yml": "--compose-file tests/acceptance/swarm/pages.yml",
    "docker service ls": "--quiet",
}
RELEASES = ("1", "2")
OURS = ("job_manager", "job_worker")
UPDATED = ("job_manager", "job_worker_01", "job_worker_02", "job_scheduler", "job_viewer")
OF_OTHERS = ("redis:8.0", "postgres:17")
MANAGER_PORT = 5050
SETTINGS = {
    "FETCH_ALLOWED_PRIVATE_NETWORKS": "10.213.0.0/24",
    "FETCH_MAX_PER_HOST": "32",
    "WORKER_CONCURRENCY": "8",
    "WORKER_MIN_CONCURRENCY": "8",
}
SITE = "http://pages:8000"
DEPLOYED_SECONDS = 240.0


@dataclass(frozen=True, kw_only=True)
class Swarm:
    """Two nodes, of which the first commands the swarm and has the data, and the stack on them."""

    nodes: list[Node]
    environment: dict[str, str]

    @property
    def leader(self) -> Node:
        """The node that commands."""
        return self.nodes[0]

    @property
    def passwords(self) -> list[str]:
        """What nobody may see."""
        return [
            file.read_text(encoding="ascii").strip() for file in Path(self.environment["SECRETS"]).glob("*_password")
        ]

    @property
    def managers(self) -> list[Manager]:
        """The stack's manager at each node."""
        return [Manager(host=node.address, port=MANAGER_PORT) for node in self.nodes]

    def run(self, heading: str, **variables: str) -> str:
        """The output of the commands that docs/swarm.md has under a heading, run on the leader."""
        script = re.search(rf"^## {heading}\n.*?^```sh\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
        assert script, heading
        commands = script[1]
        for without_options, options in OPTIONS.items():
            commands = commands.replace(without_options, f"{without_options} {options}")
        return self.leader.shell(commands, self.environment | variables)

    def runs_as_told(self, workers: int) -> bool:
        """Whether all tasks that should run do, and the manager reaches all it needs and counts so many workers."""
        of_tasks = ("--filter", "desired-state=running", "--format", "{{.Name}} {{.CurrentState}}")
        tasks = [line.split()[:2] for line in self.leader.docker("stack", "ps", *of_tasks, STACK).splitlines()]
        services = {name.split(".")[0].removeprefix(f"{STACK}_") for name, _ in tasks}
        return (
            services >= {"job_broker", "job_db", "pages", *UPDATED}
            and {state for _, state in tasks} == {"Running"}
            and self._live_workers() == workers
        )

    def _live_workers(self) -> int | None:
        with suppress(Unanswered):
            answer = self.managers[0].ask("GET", "/readyz")
            return answer.body["workers"] if answer.status == 200 else None
        return None

    def has_updated(self, release: str) -> bool:
        """Whether the update to a release has ended at every service that it concerns."""
        services = self.inspect("service", *(f"{STACK}_{name}" for name in UPDATED))
        states = [(service.get("UpdateStatus") or {}).get("State") for service in services]
        assert set(states) <= {None, "updating", "completed"}, states
        images = [service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] for service in services]
        return set(states) == {"completed"} and all(image.endswith(f":{release}") for image in images)

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

    def tasks(self) -> str:
        """What has become of every task."""
        columns = "{{.Name}} {{.Node}} {{.CurrentState}} {{.Error}}"
        return self.leader.docker("stack", "ps", "--no-trunc", "--format", columns, STACK)


@contextmanager
def running_swarm(home: Path) -> Iterator[Swarm]:
    """Nodes, images on them, and the stack with every task running; nothing is left of it afterwards.

    `home` is a folder for the secrets.
    """
    compose = Compose(environment=own_project("swarm"), files=("docker-compose.yml",))
    images = [f"{compose.project}/{name}:{release}" for name in OURS for release in RELEASES]
    try:
        compose("build", "--quiet", seconds=BUILD_SECONDS)
        compose("pull", "--quiet", "--policy", "missing", "job_broker", "job_db", seconds=BUILD_SECONDS)
        for image in images:
            docker("tag", f"{image.partition(':')[0]}:latest", image)
        with made_nodes(["node-a", "node-b"]) as nodes:
            leader, other = nodes
            leader.start()
            leader.load([*images, *OF_OTHERS])
            leader.share_images(other)
            other.start()
            environment = {**compose.environment, **SETTINGS, "IMAGES": compose.project, "RELEASE": RELEASES[0]}
            environment |= {"HOME": str(home), "SECRETS": str(home / "wordcount-secrets")}
            swarm = Swarm(nodes=nodes, environment=environment)
            (join,) = re.findall("docker swarm join .*", swarm.run("The nodes", FIRST_ADDRESS=leader.address))
            other.shell(join, environment)
            swarm.run("The secrets")
            swarm.run("Deploy")
            try:
                eventually(lambda: swarm.runs_as_told(workers=4), "the stack runs", seconds=DEPLOYED_SECONDS)
            except NotInTime as error:
                raise AssertionError(swarm.tasks()) from error
            yield swarm
    finally:
        with suppress(StackError):  # there are none after a failed build
            docker("image", "rm", "--force", *images, *(f"{compose.project}/{name}:latest" for name in OURS))
