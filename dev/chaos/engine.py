"""Docker and Compose, as a person at a terminal runs them."""

import ipaddress
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.chaos.errors import ChaosError

PROJECT = Path(__file__).resolve().parents[2]
FILES = ("docker-compose.yml", "dev/chaos/docker-compose.pages.yml")
COMMAND_SECONDS = 120.0
BUILD_SECONDS = 420.0


def has_engine() -> bool:
    """Whether an engine with Compose answers here."""
    try:
        for command in (["docker", "info"], ["docker", "compose", "version"]):
            subprocess.run(command, check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def docker(*arguments: str, seconds: float = COMMAND_SECONDS) -> str:
    """What the command prints; raises ChaosError with its errors if it fails."""
    return _run(["docker", *arguments], None, seconds)


def _run(command: list[str], environment: Mapping[str, str] | None, seconds: float) -> str:
    ended = subprocess.run(
        command, cwd=PROJECT, env=environment, check=False, capture_output=True, text=True, timeout=seconds
    )
    if ended.returncode != 0:
        raise ChaosError(f"{' '.join(command)}\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}")
    return ended.stdout.strip()


@dataclass(frozen=True, kw_only=True)
class Compose:
    """One project of Compose: the stack, under a name of its own. Its containers see only what `environment` holds."""

    environment: Mapping[str, str]
    files: tuple[str, ...] = FILES

    def __call__(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> str:
        files = [option for file in self.files for option in ("--file", file)]
        return _run(["docker", "compose", *files, *arguments], self.environment, seconds)

    def up(self, *arguments: str) -> None:
        """Start what does not run, and return when all of it is healthy."""
        self("up", "--wait", *arguments, seconds=BUILD_SECONDS)

    def containers(self, service: str) -> list[str]:
        """Ids of the service's containers, running or not."""
        return self("ps", "--all", "--quiet", service).split()

    def container(self, service: str) -> str:
        """Id of the service's only container."""
        (only,) = self.containers(service)
        return only

    def inspect(self, service: str) -> dict[str, Any]:
        """What the engine knows of the service's container."""
        found: list[dict[str, Any]] = json.loads(docker("inspect", self.container(service)))
        return found[0]

    def health(self, service: str) -> str:
        """What the health check of the service's container says."""
        return str(self.inspect(service)["State"]["Health"]["Status"])

    def run_in(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the service's container, as its user."""
        return subprocess.run(
            ["docker", "exec", self.container(service), *command],
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )

    def sql(self, query: str) -> list[str]:
        """The rows that the query gives, columns separated by `|`."""
        rows = self("exec", "-T", "job_db", "psql", "-U", "postgres", "-d", "jobs", "-AtXc", query)
        return rows.splitlines()


def free_subnet() -> str:
    """A small network that none of the engine's overlaps."""
    taken = [
        ipaddress.ip_network(config["Subnet"])
        for network in json.loads(docker("network", "inspect", *docker("network", "ls", "--quiet").split()))
        for config in network["IPAM"]["Config"] or []
        if ":" not in config["Subnet"]
    ]
    candidates = ipaddress.ip_network("10.213.0.0/16").subnets(new_prefix=24)
    return str(next(subnet for subnet in candidates if not any(subnet.overlaps(other) for other in taken)))
