"""Redis as the stack's broker: on a loopback port, with a password, keeping what it was given on disk."""

import signal
from dataclasses import dataclass
from pathlib import Path

import redis

from embedded.ports import LOOPBACK
from embedded.processes import Command
from embedded.programs import find_redis

CONNECT_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Broker:
    """`folder` holds the data. Where `durable` is false nothing is made to survive a crash of the machine."""

    folder: Path
    log: Path
    port: int
    password: str
    durable: bool

    @property
    def url(self) -> str:
        """As `CELERY_BROKER_URL` wants it."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    @property
    def client(self) -> str:
        """What a person types to look inside, or with a command of Redis' after it."""
        return f"{find_redis().with_name('redis-cli')} --no-auth-warning -p {self.port} -a {self.password}"

    def command(self) -> Command:
        """How to run it. The password goes by a file, since everyone may read a process' arguments."""
        self.folder.mkdir(exist_ok=True)
        settings = self.folder / "redis.conf"
        settings.touch(mode=0o600)
        settings.write_text(self._settings(), encoding="ascii")
        return Command(
            name="job_broker",
            arguments=(str(find_redis()), settings.name),
            environment={},
            folder=self.folder,
            log=self.log,
            stop_signal=signal.SIGTERM,
        )

    def is_ready(self) -> bool:
        """Whether it answers with its data loaded."""
        with redis.Redis.from_url(self.url, socket_timeout=CONNECT_SECONDS) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def _settings(self) -> str:
        lines = (
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self.password}",
            "dir .",
            "appendonly yes",
            f"appendfsync {'everysec' if self.durable else 'no'}",
            'save ""',
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
        )
        return "\n".join(lines) + "\n"
