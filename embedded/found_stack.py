"""The stack that runs on this machine, as processes or as containers, and the commands by which a person handles it."""

import os
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embedded.control import FOLDER, Status, ask
from embedded.errors import StackError
from embedded.services import PROJECT

PRACTICE = "practice_site"
COMPOSE = "docker compose"
LOOK_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class FoundStack:
    """Where the manager is, and commands for a shell in the project's folder.

    `broker` and `database` make the command for a Redis command or a statement; `peek` shows the messages that wait;
    `stop` and `start` make the command for the name of a part, and `kill` for its end by `kill -9`.
    """

    what: str
    manager: str
    broker: Callable[[str], str]
    database: Callable[[str], str]
    peek: str
    stop: Callable[[str], str]
    start: Callable[[str], str]
    kill: Callable[[str], str]


def find_stack(folder: Path) -> FoundStack:
    """The stack of `make up` on that data folder, or else of `docker compose`; raises StackError if there is none."""
    try:
        return _processes(folder, ask(folder, "status"))
    except StackError as error:
        running = _running_containers()
        if "job_manager" not in running:
            raise StackError(
                "no stack runs here; start one in another terminal, by `make up` or by "
                f"`{COMPOSE} --profile practice up --build --wait`"
            ) from error
    if PRACTICE not in running:
        raise StackError(f"the practice site does not run; `{COMPOSE} --profile practice up --wait` starts it")
    return _containers()


def _processes(folder: Path, status: Status) -> FoundStack:
    data = "" if folder == FOLDER else f" DATA={shlex.quote(str(folder))}"

    def pid(name: str) -> int | None:
        return next(part.pid for part in ask(folder, "status").parts if part.name == name)

    return FoundStack(
        what="the stack of `make up`",
        manager=status.where["manager"],
        broker=lambda command: f'make broker ASK="{command}"{data}',
        database=lambda statement: f'make database ASK="{statement}"{data}',
        peek=f"make peek{data}",
        stop=lambda name: f"make stop PART={name}{data}",
        start=lambda name: f"make start PART={name}{data}",
        kill=lambda name: f"kill -9 {pid(name)}",
    )


def _containers() -> FoundStack:
    return FoundStack(
        what="the containers of `docker compose`",
        manager=f"http://{_compose('port', 'job_manager', '5000')}",
        broker=lambda command: f"{COMPOSE} exec -T job_broker redis-cli {command}",
        database=lambda statement: f'{COMPOSE} exec -T job_db psql -U postgres -d jobs -c "{statement}"',
        peek=f"{COMPOSE} exec -T job_scheduler python -m job_worker.peek",
        stop=lambda name: f"{COMPOSE} stop {name}",
        start=lambda name: f"{COMPOSE} start {name}",
        kill=lambda name: f"{COMPOSE} kill {name}",
    )


def _running_containers() -> list[str]:
    try:
        return _compose("ps", "--services", "--status", "running").split()
    except (OSError, subprocess.SubprocessError):
        return []  # no engine, or no Compose


def _compose(*arguments: str) -> str:
    asked = subprocess.run(  # noqa: S603 - as a person at a terminal runs it
        [*COMPOSE.split(), *arguments],
        cwd=PROJECT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=LOOK_SECONDS,
    )
    return asked.stdout.strip()
