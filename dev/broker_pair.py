"""A broker that fails over: two Redis servers, and three sentinels that put one in the place of the other."""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from dev.service import ServiceProcess
from dev.waiting import eventually
from embedded.ports import LOOPBACK, free_ports
from embedded.programs import find_redis
from embedded.servers import RedisServer, Servers
from embedded.supervisor import Command

MASTER_NAME = "jobs"
SENTINELS = 3
SENTINEL_PASSWORD = "of-the-sentinels"  # noqa: S105 - they live as long as a test
DOWN_AFTER_SECONDS = 5  # as docs/operations.md advises,
FAILOVER_TIMEOUT_SECONDS = 5  # so that sentinels that elected nobody vote again after 10 s
FAILED_OVER_SECONDS = 25.0
JOINED_SECONDS = 60.0  # sentinels wait a while before they make an old master a copy


@dataclass(frozen=True, kw_only=True)
class PairedServer(RedisServer):
    """One of the two. It starts as a copy of the server at the port `copies`, if there is one."""

    name: str
    copies: int | None = None

    @property
    def folder(self) -> Path:
        """Its data and its settings."""
        return self.data.path / self.name

    def command(self) -> Command:
        """How to run it."""
        return replace(super().command(), name=self.name, log=self.data.logs / f"{self.name}.log")

    def role(self) -> str:
        """`master`, or `slave` for one that copies, as Redis says it; empty while it does neither."""
        with suppress(RedisError), Redis.from_url(self.url, socket_timeout=1) as client:
            info: dict[str, Any] = client.info("replication")
            return str(info["role"]) if info.get("master_link_status", "up") == "up" else ""
        return ""

    def _settings(self) -> str:
        copies = f"replicaof {LOOPBACK} {self.copies}\n" if self.copies else ""
        return f"{super()._settings()}masterauth {self.data.passwords().broker}\n{copies}"


class BrokerPair:
    """The two servers beside the database of `servers`, and their sentinels."""

    def __init__(self, servers: Servers) -> None:
        data, broker = servers.folder, servers.broker
        self.first = PairedServer(data=data, port=broker.port, durable=broker.durable, name="job_broker")
        second_port, *self._ports = free_ports(1 + SENTINELS)
        self.second = replace(self.first, port=second_port, name="job_broker_2", copies=broker.port)
        process = partial(ServiceProcess, guard=servers.supervisor.guard)
        self.job_broker_2 = process(self.second.command)
        self.job_sentinels = tuple(process(partial(self._sentinel, port)) for port in self._ports)

    @property
    def url(self) -> str:
        """As `CELERY_BROKER_URL` wants it."""
        login = f":{self.first.data.passwords().broker}@"
        hosts = ";".join(f"sentinel://{login * (port == self._ports[0])}{LOOPBACK}:{port}" for port in self._ports)
        return f"{hosts}/0?master_name={MASTER_NAME}&sentinel_password={SENTINEL_PASSWORD}"

    def master(self) -> PairedServer:
        """The one that is the master, once all sentinels say so and the other copies it."""

        def look() -> PairedServer | None:
            for master, copy in ((self.first, self.second), (self.second, self.first)):
                if self._is_by_all(master) and copy.role() == "slave":
                    return master
            return None

        return eventually(look, "one is the master and the other copies it", seconds=JOINED_SECONDS)

    def wait_for_master(self, wanted: PairedServer) -> None:
        """Wait until the sentinels have put this one in the place of the other."""
        eventually(lambda: self._is_by_all(wanted), f"{wanted.name} is the master", seconds=FAILED_OVER_SECONDS)

    def _is_by_all(self, server: PairedServer) -> bool:
        return server.role() == "master" and all(self._ask(port).get("port") == server.port for port in self._ports)

    def _sentinel(self, port: int) -> Command:
        folder = self.first.data.path / f"sentinel-{port}"
        folder.mkdir(exist_ok=True)
        settings = folder / "sentinel.conf"
        if not settings.exists():  # else it is what the sentinel has learnt
            settings.touch(mode=0o600)
            settings.write_text(self._sentinel_settings(port), encoding="ascii")
        return Command(
            name=f"job_sentinel_{1 + self._ports.index(port)}",
            arguments=(str(find_redis()), settings.name, "--sentinel"),
            environment={},
            folder=folder,
            log=self.first.data.logs / f"job_sentinel_{1 + self._ports.index(port)}.log",
            is_ready=lambda: self._knows_all(port),
        )

    def _sentinel_settings(self, port: int) -> str:
        lines = (
            f"bind {LOOPBACK}",
            f"port {port}",
            "dir .",
            f"requirepass {SENTINEL_PASSWORD}",
            f"sentinel sentinel-pass {SENTINEL_PASSWORD}",
            f"sentinel monitor {MASTER_NAME} {LOOPBACK} {self.first.port} 2",
            f"sentinel auth-pass {MASTER_NAME} {self.first.data.passwords().broker}",
            f"sentinel down-after-milliseconds {MASTER_NAME} {1_000 * DOWN_AFTER_SECONDS}",
            f"sentinel failover-timeout {MASTER_NAME} {1_000 * FAILOVER_TIMEOUT_SECONDS}",
        )
        return "\n".join(lines) + "\n"

    def _knows_all(self, port: int) -> bool:
        state = self._ask(port)
        return state.get("num-other-sentinels") == SENTINELS - 1 and state.get("num-slaves") == 1

    def _ask(self, port: int) -> dict[str, Any]:
        """What the sentinel at that port says of the master; empty while it does not answer, or the master is down."""
        with suppress(RedisError), Redis(port=port, password=SENTINEL_PASSWORD, socket_timeout=1) as client:
            state: dict[str, Any] = client.sentinel_masters()[MASTER_NAME]
            return {} if state["is_sdown"] or state["is_odown"] else state
        return {}
